package service

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/uktime"
	"github.com/perpetrator-register/register/internal/view"
)

// answer is an action that a record shows, by which a duty is done.
type answer struct{ action, record string }

// written is a record of conduct that is being written and not stored yet; content is
// its stored form, nil when it is erased or goes to another person. Those in with are
// erased beside it.
type written struct {
	change  accesslog.Change
	content proto.Message
	with    []accesslog.Change
	// of is the nominal that it hangs on, if that is not the one asked about.
	of identity.ID
	// check, if not nil, is the check of the person that its entry is too.
	check *conduct.Check
}

func (w *written) nominal(asked identity.ID) identity.ID {
	if w.of == (identity.ID{}) {
		return asked
	}
	return w.of
}

// leaves takes what goes away out of what is recorded of a person.
func (w *written) leaves(read *recorded) {
	if w.content == nil {
		read.exclude(w.change.Record.ID)
	}
	for i := range w.with {
		read.exclude(w.with[i].Record.ID)
	}
}

// consequences adds what a person's conduct, as it now is, means for duties: those
// that are new, those that are done, and those that have fallen away. nominal is one
// of the person's; all is what is being written about it. It returns what
// was read, so that a change meanwhile is a conflict, and when to look again though
// nothing is written.
//
// The view must have been pulled.
func (b *batch) consequences(ctx context.Context, nominal identity.ID, all ...written) (*recorded, time.Time, error) {
	// What comes in after this moment may be a duty without the record that raised it.
	level := b.d.View.Head()
	read, err := b.d.readHistory(ctx, nominal, b.personOf)
	if err != nil {
		return nil, time.Time{}, err
	}
	for i := range all {
		all[i].leaves(read)
	}
	var next time.Time
	for _, force := range read.forces() {
		h := read.seenBy(force)
		for i := range all {
			w := &all[i]
			if w.content == nil || force != w.change.Record.Force && !b.d.opens(force, w.nominal(nominal)) {
				continue
			}
			if err := b.d.include(h, w.change.Record, w.change.Version.N, w.content, read.confirmed[force]); err != nil {
				return nil, time.Time{}, err
			}
			read.read[w.change.Record.ID] = postgres.Current{Record: w.change.Record}
			if w.check != nil {
				h.Checks = append(h.Checks, *w.check)
			}
		}
		prompts, at := b.d.Rules.Evaluate(h, b.now)
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
		if err := b.settleDuties(ctx, force, level, read, h, prompts); err != nil {
			return nil, time.Time{}, err
		}
	}
	return read, next, nil
}

// patience is how often a call waits for others that write about the same person.
const patience = 3

// conduct adds the consequences of a record of conduct that a call writes, and lets
// the call be tried again if anything that they rest on changes meanwhile. Where many
// write about one person at a time, nobody waits for ever: what two of them miss of
// each other, the register's clock finds within a second.
func (b *batch) conduct(ctx context.Context, c *call.Call, nominal identity.ID, w written) error {
	if err := b.d.View.Pull(ctx); err != nil {
		return err
	}
	c.Tries++
	return b.about(ctx, c, nominal, w)
}

// corrected is conduct for a next version of a record: where it belonged to another
// person, was being his nominal, it leaves that person in the same entry.
func (b *batch) corrected(ctx context.Context, c *call.Call, was, nominal identity.ID, w written) error {
	if err := b.conduct(ctx, c, nominal, w); err != nil {
		return err
	}
	if was == nominal || slices.Contains(b.d.View.Person(nominal).Members, was) {
		return nil
	}
	return b.about(ctx, c, was, written{change: w.change})
}

// personOf is the person of a nominal without that which is being erased, if one is.
func (b *batch) personOf(id identity.ID) identity.Person {
	if b.gone == (identity.ID{}) {
		return b.d.View.Person(id)
	}
	return b.d.View.PersonWithout(id, b.gone)
}

// bereft adds what the erasure of a nominal, with all that hangs on it, means for the duties
// about those who are one person with it, of other forces too.
func (b *batch) bereft(ctx context.Context, c *call.Call, nominal identity.ID, w written) error {
	if _, stands := b.d.View.Nominal(nominal); !stands || b.d.silent(nominal) {
		return nil // nobody else has seen anything of it
	}
	c.Tries++
	b.gone = nominal
	done := map[identity.ID]bool{nominal: true}
	for _, id := range inOrder(b.d.View.Person(nominal).Members) {
		if done[id] {
			continue
		}
		for _, m := range b.personOf(id).Members {
			done[m] = true
		}
		if err := b.about(ctx, c, id, w); err != nil {
			return err
		}
	}
	return nil
}

// about adds the consequences of a record for one person.
func (b *batch) about(ctx context.Context, c *call.Call, nominal identity.ID, w written) error {
	read, _, err := b.consequences(ctx, nominal, w)
	if err != nil || c.Tries > patience {
		return err
	}
	if read.overtaken { // by a duty that is to end with what is written
		return accesslog.ErrConflict
	}
	for _, r := range read.requires(w.change.Record.ID) {
		c.Require(r)
	}
	return nil
}

// revises reports whether the batch has a version of a record already.
func (b *batch) revises(id identity.ID) bool {
	return slices.ContainsFunc(b.changes, func(c accesslog.Change) bool { return identity.ID(c.Record.ID) == id })
}

// settleDuties brings one force's duties about a person level with what it may see of
// his history, which was read after level, a log index: no newer duty is ended.
func (b *batch) settleDuties(ctx context.Context, force string, level int64, read *recorded, h *conduct.History, prompts []conduct.Prompt) error {
	wanted := b.d.raisedBy(force, read, h, prompts)
	holds := map[identity.ID]bool{}
	for i := range wanted {
		r := &wanted[i]
		known, ok := b.d.View.DutyFor(force, r.Code, r.Key)
		var err error
		switch {
		case !ok:
			err = b.openDuty(ctx, r)
		case known.Open():
			holds[known.ID] = true
			if r.moves(known) {
				err = b.bring(ctx, known, r)
			}
		case known.ByRegister:
			err = b.openAgain(ctx, known, r)
		}
		if err != nil {
			return err
		}
	}
	for _, own := range read.own(force) {
		for _, known := range b.d.View.DutiesOf(own) {
			if !known.Open() || known.Force != force || known.Transfer != (identity.ID{}) || holds[known.ID] || b.revises(known.ID) || slices.ContainsFunc(wanted, func(r raised) bool { return r.Code == known.Code && r.Key == known.Key }) {
				continue
			}
			if known.Index > level {
				read.overtaken = true
				continue
			}
			if b.handing.takes(known) {
				if err := b.handOver(ctx, known); err != nil {
					return err
				}
				continue
			}
			if err := b.endDuty(ctx, known, read, h); err != nil {
				return err
			}
		}
	}
	return nil
}

// moves reports whether an open duty is to be brought level with its prompt.
func (r *raised) moves(known *view.Duty) bool {
	return !known.Due.Equal(r.Due) || known.Nominal != r.nominal || known.Unconfirmed != (r.Unconfirmed || r.Level == conduct.Possible)
}

// endDuty closes a duty that no prompt raises any more. Of what rests on a nominal
// that has become SILENT nothing changes: that it fell away would tell of it.
func (b *batch) endDuty(ctx context.Context, known *view.Duty, read *recorded, h *conduct.History) error {
	for _, id := range known.Rests {
		if _, veiled := b.d.View.Veil(id); veiled {
			return nil
		}
	}
	cur, _, stored, err := b.d.readDuty(ctx, known)
	if err != nil {
		return err
	}
	return b.closeDuty(ctx, known, b.d.answered(stored.GetDuty().GetClosingActions(), beganWith(stored), cur.Record.Force, read, h))
}

// beganWith is when the first report that a duty rests on was made, or it began to
// hold: what was done since answers it, though it may be recorded late.
func beganWith(stored *storev1.StoredDuty) time.Time {
	began := stored.GetDuty().GetSinceTime().AsTime()
	for _, e := range stored.GetEvidence() {
		if k := e.GetKind(); (k == "incident" || k == "breach") && e.GetTime() != nil && e.GetTime().AsTime().Before(began) {
			began = e.GetTime().AsTime()
		}
	}
	return began
}

// answered finds the action by which a duty is done: one that closes it, held by a
// record of the force since what it is about began.
func (d *Deps) answered(closes []string, since time.Time, force string, read *recorded, h *conduct.History) *answer {
	for _, code := range closes {
		if code == codeChecked && slices.ContainsFunc(h.Checks, func(c conduct.Check) bool { return c.Force == force && !c.Time.Before(since) }) {
			return &answer{action: code}
		}
		for _, r := range read.records(h, force) {
			if h.Shows(conduct.ID(r.ID), code, since) {
				return &answer{action: code, record: ResourceName(r.Kind, r.Force, r.ID)}
			}
		}
	}
	return nil
}

// raisedBy are the critical prompts of a history that a force must act upon: those
// that name it, and those that name none and are about its own course or measure, or
// about the person as a whole.
func (d *Deps) raisedBy(force string, read *recorded, h *conduct.History, prompts []conduct.Prompt) []raised {
	owners, loaded := h.Owners(), h.LoadedRecords()
	own := read.own(force)
	var out []raised
	for _, p := range prompts {
		subject := p.Course
		if subject == (conduct.ID{}) {
			subject = p.Measure
		}
		owner, has := owners[subject]
		mine := has && slices.Contains(own, identity.ID(owner))
		if !p.Critical || p.Force != "" && p.Force != force || p.Force == "" && has && !mine {
			continue
		}
		rule, _ := d.Rules.Rule(p.Code)
		r := raised{Prompt: p, force: force, nominal: own[0], owners: owners, rule: rule}
		r.loaded = len(p.Evidence) > 0 && !slices.ContainsFunc(p.Evidence, func(e conduct.Evidence) bool { return !loaded[e.Record] })
		if mine {
			r.nominal = identity.ID(owner)
		}
		if !mine && has { // another force's record: it is not named
			r.Course, r.Measure = conduct.ID{}, conduct.ID{}
		}
		for i := range h.Matters { // another force's officer is not in this one's case
			if mine && h.Matters[i].ID == p.Course {
				r.officer = h.Matters[i].Officer
			}
		}
		out = append(out, r)
	}
	return out
}

// tellDuty alerts the force of what became of its duty. What is done is told to nobody.
func (b *batch) tellDuty(change accesslog.Change, stored *storev1.StoredDuty, event string) error {
	if stored.GetLoaded() && event != eventFellAway {
		return nil // of loaded history there is one digest
	}
	duty := stored.GetDuty()
	a := conductAlert{
		key: fmt.Sprintf("%s/%d", change.Record.ID, change.Version.N), subject: change.Record,
		nominals: []identity.ID{identity.ID(stored.GetNominalId())}, code: duty.GetCode(), unconfirmed: duty.GetUnconfirmed(),
	}
	if len(stored.GetTransferId()) > 0 { // its nominal is the other force's
		a.nominals, a.about = nil, a.nominals
	}
	for _, e := range stored.GetEvidence() {
		if id := identity.ID(e.GetNominal()); !slices.Contains(a.nominals, id) && !slices.Contains(a.about, id) {
			a.about = append(a.about, id)
		}
	}
	switch event {
	case eventOpened, eventAgain:
		a.kind = registerv1.AlertKind_ALERT_KIND_DUTY_OPENED
		a.message = duty.GetTitle() + ". " + duty.GetMessage() + " Due " + clockTime(duty.GetDueTime().AsTime()) + "."
	case eventClimbed:
		a.kind = registerv1.AlertKind_ALERT_KIND_DUTY_ESCALATED
		a.message = duty.GetTitle() + ": it was not done in time and is now for the " + roleTitle(duty.GetOwner().GetRole()) + "."
		if stored.GetOverdue() {
			a.message = duty.GetTitle() + ": its deadline, " + clockTime(duty.GetDueTime().AsTime()) + ", has passed, and it is now for the " + roleTitle(duty.GetOwner().GetRole()) + "."
		}
	case eventFellAway:
		a.kind = registerv1.AlertKind_ALERT_KIND_DUTY_FELL_AWAY
		a.message = duty.GetTitle() + ": what it rested on no longer holds."
	default:
		return nil
	}
	return b.alert(change.Record.Force, a)
}

// clockTime is a time as people in the force read it.
func clockTime(t time.Time) string { return t.In(uktime.London).Format("2 January 2006, 15:04") }

func roleTitle(r registerv1.DutyRole) string {
	if r == registerv1.DutyRole_DUTY_ROLE_SPOC {
		return "single point of contact"
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(r.String(), "DUTY_ROLE_"), "_", " "))
}
