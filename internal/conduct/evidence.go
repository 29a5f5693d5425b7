package conduct

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

func compareEvidence(a, b Evidence) int {
	return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Kind, b.Kind), compareIDs(a.Record, b.Record), strings.Compare(a.Item, b.Item))
}

func (r *report) evidence() Evidence {
	return Evidence{Kind: "incident", Record: r.matter.ID, Item: r.Reference, Force: r.matter.Force, Time: r.Reported}
}

func evidenceOf(reports []*report) []Evidence {
	out := make([]Evidence, len(reports))
	for i, r := range reports {
		out[i] = r.evidence()
	}
	return out
}

func (m *matter) evidence(at time.Time) Evidence {
	return Evidence{Kind: "course", Record: m.ID, Force: m.Force, Time: at}
}

func measureEvidence(m *Measure) Evidence {
	return Evidence{Kind: "measure", Record: m.ID, Force: m.Force, Time: m.From}
}

func breachEvidence(b *Breach) Evidence {
	return Evidence{Kind: "breach", Record: b.ID, Force: b.Force, Time: b.Reported}
}

func assessmentEvidence(a *Assessment) Evidence {
	return Evidence{Kind: "assessment", Record: a.ID, Force: a.Force, Time: a.Time}
}

// deed is an action on a matter, or on one of its reports by its reference.
type deed struct {
	Action
	item string
	at   time.Time
}

// deeds are the actions on a matter as a whole and on its reports.
func (m *matter) deeds() []deed {
	var out []deed
	for _, a := range m.Actions {
		out = append(out, deed{a, "", a.Time})
	}
	for i := range m.reports {
		for _, a := range m.reports[i].Actions {
			out = append(out, deed{a, m.reports[i].Reference, m.reports[i].Reported})
		}
	}
	return out
}

// evidenceOf is the evidence for a deed: the report, or the matter as a whole.
func (m *matter) evidenceOf(d deed) Evidence {
	e := m.evidence(d.at)
	if d.item != "" {
		e.Kind, e.Item = "incident", d.item
	}
	return e
}

// week names the week of a moment, "2026W07".
func week(t time.Time) string {
	y, w := t.UTC().ISOWeek()
	return fmt.Sprintf("%04dW%02d", y, w)
}
