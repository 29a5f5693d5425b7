package scenario

import (
	"slices"
	"time"

	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/refdata"
)

// Telling is when a role is told of a duty that is not done by then.
type Telling struct {
	// Text is as the cases put it: "NO_ACTION 33 SUPERVISOR".
	Text string
	Code string
	At   time.Time
}

// Tellings are all steps of the ladders of the critical prompts, by time. A duty of an
// officer in the case begins a step higher where the matter names none.
func Tellings(data *refdata.Set, h *conduct.History, prompts []conduct.Prompt) []Telling {
	var out []Telling
	for _, p := range prompts {
		if !p.Critical {
			continue
		}
		for i, s := range data.Ladder(p.Code) {
			at := p.Since.Add(turn(s, p.Since).After)
			role := turn(s, at).Role
			if role == "OFFICER_IN_CASE" && i == 0 && !hasOfficer(h, p.Course) {
				continue
			}
			out = append(out, Telling{p.Code + " " + p.Force + " " + role, p.Code, at})
		}
	}
	slices.SortStableFunc(out, func(a, b Telling) int { return a.At.Compare(b.At) })
	return out
}

func hasOfficer(h *conduct.History, course conduct.ID) bool {
	return slices.ContainsFunc(h.Matters, func(m conduct.Matter) bool { return m.ID == course && m.Officer != "" })
}

// turn is the step by day or by night, in London.
func turn(s refdata.Step, at time.Time) refdata.Turn {
	if h := at.In(london).Hour(); h < 8 || h >= 20 {
		return s.Night
	}
	return s.Day
}

var london = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		return time.UTC
	}
	return l
}()
