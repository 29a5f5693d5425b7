package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/uktime"
)

// Texts puts prompts as the cases do, sorted: "NO_ACTION 33", "SERIAL alleged",
// "UNACTIONED_BREACH 33 x3".
func Texts(prompts []conduct.Prompt) []string {
	count := map[string]int{}
	for _, p := range prompts {
		text := p.Code
		if p.Force != "" {
			text += " " + p.Force
		}
		if p.Code == "SERIAL" {
			tier, _, _ := strings.Cut(p.Key, "/")
			text += " " + tier
		}
		if p.Level == conduct.Possible {
			text += " possible"
		}
		if p.Unconfirmed {
			text += " unconfirmed"
		}
		count[text]++
	}
	out := []string{}
	for text, n := range count {
		if n > 1 {
			text += fmt.Sprintf(" x%d", n)
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

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
	if h := at.In(uktime.London).Hour(); h < 8 || h >= 20 {
		return s.Night
	}
	return s.Day
}
