package console_test

import (
	"net/http"
	"testing"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// The administrator sees all that may call, on the page of the service; professional
// standards see what concerns their force, and nobody else sees any of it.
func TestClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, force := range []string{"33", "10"} {
		if _, err := registerv1.NewDirectoryServiceClient(w.replica.Dial(force)).GetSelf(t.Context(), &registerv1.GetSelfRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	admin := w.as("admin")
	for _, path := range []string{"/administration", "/clients"} {
		admin.get(path).must(t, http.StatusOK, "Sign-in services", "register-console", "No force, in national roles", "aal2 or stronger", "valid for 1 hour at most",
			"O=Development only", "2 systems have called", "Leicestershire: crime", "last did less than a minute ago", "National auditor").mustNot(t, "Ended", "Ends soon")
	}
	mine := w.as("psd-33")
	mine.get("/standards").must(t, http.StatusOK, `href="/clients"`)
	mine.get("/clients").must(t, http.StatusOK, "on behalf of Leicestershire", "1 system has called; it last did less than a minute ago", "Leicestershire: crime", "single point of contact").mustNot(t, "national roles", "Northumbria")
	w.as("psd-43").get("/clients").must(t, http.StatusOK, "None has called.")
	w.as("auditor").get("/clients").must(t, http.StatusOK, "every force", "No force, in national roles", "Leicestershire: crime")
	for _, account := range []string{"investigator-33", "control_room-33", "spoc-33", "supervisor-33", "dpo-33"} {
		w.as(account).get("/clients").must(t, http.StatusForbidden).mustNot(t, "register-console")
	}
}
