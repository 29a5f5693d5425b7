package console

import (
	"errors"
	"net/http"

	"google.golang.org/grpc/codes"

	"github.com/perpetrator-register/register/internal/client"
)

// problemView is a page that says why there is no other.
type problemView struct {
	Frame
	// NotChecked says that a person was to be looked up, and was not.
	NotChecked bool
	Heading    string
	Paragraphs []string
	Points     []string // what to do
	Link       string
	LinkText   string
}

var notAllowed = problemView{
	Heading:    "Your role does not allow this",
	Paragraphs: []string{"Nothing was shown or changed. What you may do is in the menu."},
	Points: []string{
		"If a victim or an officer needs an answer, ask your force’s single point of contact for stalking to look.",
		"If your work needs this page, ask your service desk about your role.",
	},
}

var notAnswered = problemView{
	Heading:    "The register cannot answer now",
	Paragraphs: []string{"Nothing was looked up, and nothing was stored."},
	Points:     []string{"Try again in a minute.", "If it is urgent, telephone the force concerned: its control room can be reached at any time."},
}

// notChecked is shown when a search could not be made: never an empty list.
var notChecked = problemView{
	NotChecked: true,
	Heading:    "NOT CHECKED",
	Paragraphs: []string{"The register could not answer. The person was not looked up. This does not mean that there is no record."},
	Points: []string{
		"Treat the person as unchecked: grade the risk on all else you know.",
		"Try again in a minute. What you typed is still in the form behind this page.",
		"If you cannot wait, ask the control room for a check of local systems, PNC and PND, and telephone the forces where the person has lived.",
		"Write down that the register was not available, and the time. Check again before any decision to close or to release.",
	},
}

// whatFailed is the page for a call that failed.
func whatFailed(p *client.Problem) (int, problemView) {
	switch {
	case p == nil:
		return http.StatusInternalServerError, notAnswered
	case p.Code == codes.PermissionDenied && p.Reason == "SELF_SEARCH":
		return http.StatusForbidden, problemView{Heading: "You may not search for yourself", Paragraphs: []string{"This holds for everybody, whether there is a record or not. The attempt is recorded under your name."}}
	case p.Code == codes.PermissionDenied:
		return http.StatusForbidden, notAllowed
	case p.Code == codes.NotFound:
		return http.StatusNotFound, problemView{Heading: "There is nothing here to show", Paragraphs: []string{"The record or search does not exist, or is not yours to open."}}
	case p.Reason == "SEARCH_EXPIRED":
		return http.StatusGone, problemView{Heading: "This search is too old to open records with", Paragraphs: []string{"Search again, with the reason that you have now."}, Link: "/search", LinkText: "Search"}
	case p.Code == codes.Aborted || p.Code == codes.FailedPrecondition:
		return http.StatusConflict, problemView{Heading: "This could not be done", Paragraphs: []string{sentence(p.Message)}}
	case p.Code == codes.ResourceExhausted:
		return http.StatusTooManyRequests, problemView{Heading: "Too many requests", Paragraphs: []string{"Wait a minute and try again."}}
	case client.Unanswered(p.Code):
		return http.StatusServiceUnavailable, notAnswered
	}
	return http.StatusBadRequest, problemView{Heading: "The register did not accept this", Paragraphs: []string{sentence(p.Message)}}
}

// fail answers a visit that came to an error.
func (c *Console) fail(v *visit, err error) {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		c.problem(v.w, v.s, http.StatusRequestEntityTooLarge, problemView{Heading: "This form is too long"})
		return
	}
	if errors.Is(err, errSignedOut) {
		c.turnAway(v.w, v.r, err)
		return
	}
	p := client.AsProblem(err)
	if p == nil {
		c.fault(v.w, v.r, err)
		return
	}
	if p.Code == codes.Unauthenticated { // the token was withdrawn, or the person suspended
		if err := c.db.DeleteConsoleSession(v.r.Context(), v.s.row.ID); err != nil {
			c.log.WarnContext(v.r.Context(), "session not ended", "err", err)
		}
		c.turnAway(v.w, v.r, errSignedOut)
		return
	}
	status, view := whatFailed(p)
	c.problem(v.w, v.s, status, view)
}

// fault answers a fault of the console itself.
func (c *Console) fault(w http.ResponseWriter, r *http.Request, err error) {
	c.log.ErrorContext(r.Context(), "page failed", "err", err)
	c.problem(w, nil, http.StatusServiceUnavailable, notAnswered)
}

func (c *Console) problem(w http.ResponseWriter, s *session, status int, view problemView) {
	view.Frame = c.frameOf(s, "", view.Heading)
	c.render(w, status, "problem", &view)
}
