package standards

import (
	"context"
	"time"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/service"
	"github.com/perpetrator-register/register/internal/view"
)

// toldKinds are the records that tell the rules what explains a search: what forces say of
// their work, and what the register knows itself, the questions that forces ask each other.
var toldKinds = []postgres.Kind{postgres.KindFact, postgres.KindQuestion}

// toldFeed hands over what was told in a range of the log, beside its entries.
type toldFeed struct {
	kind        postgres.Kind
	from, until int64 // what was not read yet
	rows        []postgres.FeedRow
	read        bool // to the end of the range
}

// upTo hands over what was told with the entries up to an index.
func (t *toldFeed) upTo(ctx context.Context, db *postgres.DB, index int64, take func(*postgres.FeedRow) error) error {
	for {
		if len(t.rows) == 0 && !t.read {
			rows, err := db.FeedOfKind(ctx, t.kind, t.from, t.until, misusePage)
			if err != nil {
				return err
			}
			t.rows, t.read = rows, len(rows) < misusePage
			if len(rows) > 0 {
				t.from = rows[len(rows)-1].Version.LogIndex + 1
			}
		}
		if len(t.rows) == 0 || t.rows[0].Version.LogIndex > index {
			return nil
		}
		if err := take(&t.rows[0]); err != nil {
			return err
		}
		t.rows = t.rows[1:]
	}
}

// tell gives the engine a version of a fact.
func (w *Watcher) tell(f *misuse.Facts, row *postgres.FeedRow, at time.Time) error {
	if row.Wrapped == nil || row.Version.Erased {
		return nil
	}
	if row.Record.Kind == postgres.KindQuestion {
		return w.tellQuestion(f, row)
	}
	var stored storev1.StoredFact
	if _, err := view.OpenVersion(w.Keys, row.Record, row.Version, row.Wrapped, &stored); err != nil {
		return err
	}
	switch v := stored.GetFact().(type) {
	case *storev1.StoredFact_Staff:
		if v.Staff.GetLeft() {
			f.DropStaff(v.Staff.GetSubject())
			return nil
		}
		f.PutStaff(staffOf(row.Record.Force, v.Staff))
	case *storev1.StoredFact_Case:
		c := v.Case
		out := misuse.Case{
			References: misuse.ParseCodes(c.GetReferences()), Force: row.Record.Force, Incident: c.GetIncident(),
			Allocated: c.GetAllocated(), Parties: c.GetParties(), People: misuse.ParseCodes(c.GetPeople()), Around: misuse.ParseCodes(c.GetAround()), Opened: c.GetOpenTime().AsTime(),
		}
		if c.GetCloseTime() != nil {
			out.Closed = c.GetCloseTime().AsTime()
		}
		f.PutCase(out, at)
	case *storev1.StoredFact_Roster:
		r := v.Roster
		var shifts []misuse.Shift
		for i := range min(len(r.GetStarts()), len(r.GetEnds())) {
			shifts = append(shifts, misuse.Shift{From: r.GetStarts()[i].AsTime(), Until: r.GetEnds()[i].AsTime()})
		}
		first := r.GetFirstDay().AsTime()
		f.PutShifts(r.GetSubject(), first, first.AddDate(0, 0, int(r.GetDays())-1), shifts)
	}
	return nil
}

// tellQuestion gives the engine a question that one force has put to another.
func (w *Watcher) tellQuestion(f *misuse.Facts, row *postgres.FeedRow) error {
	var stored storev1.StoredQuestion
	if _, err := view.OpenVersion(w.Keys, row.Record, row.Version, row.Wrapped, &stored); err != nil {
		return err
	}
	q := stored.GetQuestion()
	if q.GetReference() == "" {
		return nil
	}
	asked := call.ForceCode(q.GetAskedForce())
	out := misuse.Question{ID: misuse.CodeOf(row.Record.ID[:]), Force: asked, References: misuse.ParseCodes(w.Keys.ReferenceHMACs(asked, q.GetReference()))}
	for _, id := range stored.GetNominals() {
		out.Records = append(out.Records, misuse.CodeOf(id))
		if n, ok := w.View.Nominal(identity.ID(id)); ok {
			out.People = append(out.People, w.named(n, service.TermName, service.TermIdentity)...)
		}
	}
	if t := q.GetAnswerTime(); t != nil {
		out.Answered = t.AsTime()
	}
	f.PutQuestion(out)
	return nil
}
