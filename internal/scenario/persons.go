package scenario

import (
	"crypto/sha256"
	"strings"

	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/conduct/victim"
)

// Histories are what a case has recorded.
type Histories struct {
	// All is all of it; Own is that of the case's own suspect, Others those of other
	// men, by whom they are.
	All, Own *conduct.History
	Others   []*conduct.History
}

// Persons are the histories of all who are persons to the register.
func (h *Histories) Persons() []*conduct.History {
	return append([]*conduct.History{h.Own}, h.Others...)
}

// split gives each man what is recorded of him.
func (w *world) split() *Histories {
	out := &Histories{All: &w.h, Own: &conduct.History{}}
	by := map[string]*conduct.History{"": out.Own}
	of := func(course conduct.ID) *conduct.History {
		who := w.owner[course]
		if by[who] == nil {
			by[who] = &conduct.History{}
			out.Others = append(out.Others, by[who])
		}
		return by[who]
	}
	measures := map[conduct.ID]*conduct.History{}
	references := map[string]*conduct.History{}
	for _, m := range w.h.Matters {
		h := of(m.ID)
		h.Matters = append(h.Matters, m)
		for _, r := range m.Reports {
			references[r.Reference] = h
		}
	}
	for _, m := range w.h.Measures {
		h := of(m.Courses[0])
		h.Measures, measures[m.ID] = append(h.Measures, m), h
	}
	for _, b := range w.h.Breaches {
		measures[b.Measure].Breaches = append(measures[b.Measure].Breaches, b)
	}
	for _, a := range w.h.Assessments {
		of(a.Course).Assessments = append(of(a.Course).Assessments, a)
	}
	for _, p := range w.h.Plans {
		of(p.Course).Plans = append(of(p.Course).Plans, p)
	}
	for _, c := range w.h.Checks {
		h := references[c.Reference]
		if h == nil {
			h = out.Own
		}
		h.Checks = append(h.Checks, c)
	}
	for _, c := range w.h.Counters {
		of(c.Course).Counters = append(of(c.Course).Counters, c)
	}
	return out
}

// CourseName is the case's name of a course by its identity in the replay; empty when
// there is none.
func CourseName(c *Case, rules *conduct.Rules, id conduct.ID) string {
	w := &world{c: c, rules: rules, ids: map[string]conduct.ID{}, owner: map[conduct.ID]string{}}
	for i := range c.Steps {
		w.step(&c.Steps[i])
	}
	for name, known := range w.ids {
		if course, ok := strings.CutPrefix(name, "course "); ok && known == id {
			return course
		}
	}
	return ""
}

// Tokens are stand-ins for the keyed tokens of a victim.
func Tokens(p Person) []victim.Token {
	d := victim.Details{Given: p.Given, Surname: p.Surname, DOB: p.Born}
	if p.Phone != "" {
		d.Phones = []string{p.Phone}
	}
	var out []victim.Token
	for _, m := range victim.Materials(d) {
		sum := sha256.Sum256([]byte(m.Value))
		out = append(out, victim.Token{Kind: m.Kind, Layer: 1, Sum: [victim.Size]byte(sum[:victim.Size])})
	}
	return out
}
