package servertest

import (
	"testing"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

func TestSiteServes(t *testing.T) {
	t.Parallel()
	site := NewSite(t, nil)
	replica := site.Start(nil)
	self, err := registerv1.NewDirectoryServiceClient(replica.Dial("")).GetSelf(site.As(t.Context(), "investigator-33"), &registerv1.GetSelfRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if self.GetForce() != "forces/33" {
		t.Errorf("force %q", self.GetForce())
	}
	system, err := registerv1.NewDirectoryServiceClient(replica.Dial("33")).GetSelf(t.Context(), &registerv1.GetSelfRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got := system.GetSubject(); got != "register://forces/33/systems/crime" {
		t.Errorf("subject %q", got)
	}
}
