package service

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// account is what a force is told of a person. It is made once, kept while none of the
// records changes and no moment comes at which more is due, and shared by all of the force
// who ask: nothing of it is ever changed. Only the last check, the ranking and what is
// noted in the log are each caller's.
type account struct {
	// What it was made of, beside the versions that stand.
	set      recordSet
	warnings []bornWarning
	counters []conduct.Counter
	h        *history
	sought   *sought
	card     *conduct.KeptCard
	// until is when the timeline has more; zero if never.
	until time.Time

	// What is shown: all of the history but the last check and the ranking.
	history *registerv1.History
	pattern *registerv1.Pattern
	courses []*registerv1.CourseOfConduct
	// noted are the records shown, by id.
	noted []*opened
}

// account tells what is recorded of the nominals that were added at a moment, with the
// searches for him but for that of the entry without.
func (d *detail) account(ctx context.Context, now time.Time, without int64) (*account, []postgres.Check, error) {
	t := &account{set: d.recordsOf(d.force, d.of), warnings: d.warnings.warnings}
	keeps := d.asOf == asOfNow && len(d.of) > 0
	var kept *account
	var epoch uint64
	if keeps {
		var what any
		what, epoch = d.View.Told(d.force, d.of[0].id)
		kept, _ = what.(*account)
	}
	if kept != nil && kept.set.equal(t.set) && slices.Equal(kept.warnings, t.warnings) && slices.Equal(kept.counters, d.counters(kept.h)) {
		checks, err := d.checks(ctx, kept.sought, without)
		if err != nil {
			return nil, nil, err
		}
		if kept.holds(checks, now) {
			return kept, checks, nil
		}
	}
	var err error
	if t.h, err = d.openHistory(ctx, t.set, d.asOf); err != nil {
		return nil, nil, err
	}
	t.sought = soughtBy(t.set.nominals, t.h.courses)
	checks, err := d.checks(ctx, t.sought, without)
	if err != nil {
		return nil, nil, err
	}
	t.counters = d.counters(t.h)
	t.tell(d.Deps, d.force, checks, now)
	if keeps && !slices.Contains(t.h.read, nil) {
		d.View.KeepTold(epoch, d.force, d.of[0].id, t.versions(), t, t.bytes())
	}
	return t, checks, nil
}

// counters are those that the caller may learn of. That she came forward elsewhere is told
// to nobody who reads of him, but for those who review it.
func (d *detail) counters(h *history) []conduct.Counter {
	if d.asOf != asOfNow {
		return nil
	}
	return d.sight(d.c, d.force).counters(h.courses)
}

// checks are the searches for him but for that of the entry without: it is the one by
// which the reader came here.
func (d *detail) checks(ctx context.Context, s *sought, without int64) ([]postgres.Check, error) {
	all, err := s.checks(ctx, d.Deps, d.asOf)
	return slices.DeleteFunc(all, func(c postgres.Check) bool { return c.Index == without }), err
}

// equal reports whether two are of the same records in the same order.
func (s *recordSet) equal(o recordSet) bool {
	return slices.Equal(s.nominals, o.nominals) && slices.Equal(s.ids, o.ids) && slices.Equal(s.unconfirmed, o.unconfirmed)
}

// holds reports whether what is told is the same at a moment, with these searches.
func (t *account) holds(checks []postgres.Check, now time.Time) bool {
	return (t.until.IsZero() || now.Before(t.until)) && t.card.Holds(t.sought.of(checks), now)
}

// tell makes what is told.
func (t *account) tell(d *Deps, force string, checks []postgres.Check, now time.Time) {
	t.h.Checks, t.h.Counters, t.h.warnings = t.sought.of(checks), t.counters, t.warnings
	t.card = d.Rules.Keep(t.h.History, now)
	t.history = d.shownHistory(force, t.h, &t.card.Card)
	t.history.Timeline, t.until = d.timeline(force, t.h, now)
	if len(t.h.courses) > 0 {
		t.pattern = pattern(t.card.Card.Pattern)
	}
	courses := slices.Clone(t.h.courses)
	slices.SortStableFunc(courses, func(a, b *opened) int { return lastIncident(b.course).Compare(lastIncident(a.course)) })
	t.courses = shownTo[*registerv1.CourseOfConduct](force, courses)
	t.noted = t.h.sorted()
}

// versions are those that it was made of.
func (t *account) versions() []view.RecordVersion {
	out := make([]view.RecordVersion, len(t.h.read))
	for i, o := range t.h.read {
		out[i] = view.RecordVersion{ID: identity.ID(o.cur.Record.ID), N: o.cur.Version.N}
	}
	return out
}

// bytes is how much memory it takes beside its records, about.
func (t *account) bytes() int {
	return 8<<10 + 1024*len(t.h.read) + 1024*len(t.history.GetPrompts()) + 16*len(t.history.GetTimeline()) + 200*len(t.sought.hmacs)
}

// shown is the history with what is each caller's.
func (t *account) shown(checks []postgres.Check, now time.Time) *registerv1.History {
	out := &registerv1.History{}
	t.history.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		out.ProtoReflect().Set(f, v) // shared, as the records are
		return true
	})
	if len(checks) > 0 {
		out.LastCheck = &registerv1.HistoryCheck{Force: "forces/" + checks[0].Force, CheckTime: timestamppb.New(checks[0].Time)}
	}
	out.Ranking = rankingOf(t.card.Ranking(now))
	return out
}

// note notes in a call that the records were shown.
func (t *account) note(d *Deps, c *call.Call) { d.noteShown(c, t.noted) }

// sorted are the records of a history by id.
func (h *history) sorted() []*opened {
	return slices.SortedFunc(maps.Values(h.records), func(a, b *opened) int { return bytes.Compare(a.cur.Record.ID[:], b.cur.Record.ID[:]) })
}

// noteShown notes in a call that records were shown; of those of a SILENT nominal the
// owner's PSD alone is to learn.
func (d *Deps) noteShown(c *call.Call, all []*opened) {
	for _, o := range all {
		if _, veiled := d.View.Veil(o.nominal); veiled {
			c.ShowSilent(o.cur.Record.ID, o.cur.Record.Force)
		} else {
			c.Show(o.cur.Record.ID, o.cur.Record.Force)
		}
	}
}
