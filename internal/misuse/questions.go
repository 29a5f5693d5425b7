package misuse

import (
	"slices"
	"time"
)

// Question is one that another force has put to a force through the register. Whoever
// answers it looks up whom it is about, under the reference of the force that asks:
// the force's own systems know none such.
type Question struct {
	// ID tells it from others.
	ID Code
	// Force is the code of the force that is asked.
	Force string
	// References are the codes of the reference as the force asked would give it, one
	// for each key version.
	References []Code
	// People are the codes of those whom it is about, by name …
	People []Code
	// … and Records those of their records, which are met however the name is spelt. It
	// explains no search for others.
	Records []Code
	// Answered is when it was answered; zero while it was not.
	Answered time.Time
}

// answerers are the roles that answer the questions of other forces.
var answerers = []string{"spoc", "supervisor"}

// PutQuestion takes in a question; it replaces what was known of it. It is a fact of the
// register, not of the force: it does not say that the force tells of its work.
func (f *Facts) PutQuestion(q Question) {
	for _, r := range q.References {
		same := func(o *Question) bool { return o.ID == q.ID }
		f.questions[r] = append(slices.DeleteFunc(f.questions[r], same), &q)
	}
}

// answers reports whether a search is what a question takes that was put to the force of
// the one who searches, and that was not answered more than the days of grace before.
func (f *Facts) answers(ev *Event, grace day) bool {
	return slices.ContainsFunc(f.questions[ev.Reference], func(q *Question) bool {
		return q.Force == ev.Force && (q.Answered.IsZero() || dayOf(ev.Time) <= dayOf(q.Answered)+grace) &&
			slices.ContainsFunc(answerers, ev.hasRole) &&
			(overlap(ev.Terms, q.People) || slices.Contains(q.Records, ev.record()))
	})
}

// forgetQuestions drops those that were answered before a day.
func (f *Facts) forgetQuestions(before day) {
	for r, list := range f.questions {
		list = slices.DeleteFunc(list, func(q *Question) bool { return !q.Answered.IsZero() && dayOf(q.Answered) < before })
		if f.questions[r] = list; len(list) == 0 {
			delete(f.questions, r)
		}
	}
}
