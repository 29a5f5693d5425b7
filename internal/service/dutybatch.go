package service

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// raised is a critical prompt that one force must act upon.
type raised struct {
	conduct.Prompt
	force string
	// nominal is the force's own, by which the duty is known; officer is that in the
	// case, if one is named.
	nominal identity.ID
	officer string
	owners  map[conduct.ID]conduct.ID
	rule    conduct.Rule
	// loaded says that all it rests on was loaded as history.
	loaded bool
}

// fill writes what a prompt says now into a duty.
func (r *raised) fill(stored *storev1.StoredDuty) {
	duty := stored.GetDuty()
	duty.Code, duty.RuleVersion, duty.Key, duty.Title, duty.Message = r.Code, r.Version, r.Key, r.rule.Title, r.Reason
	duty.Unconfirmed, duty.ClosingActions = r.Unconfirmed || r.Level == conduct.Possible, r.rule.Closes
	duty.SinceTime, duty.DueTime = timestamppb.New(r.Since), timestamppb.New(r.Due)
	stored.Loaded = r.loaded
	stored.NominalId, stored.CourseId, stored.MeasureId, stored.Evidence = r.nominal[:], nil, nil, nil
	if r.Course != (conduct.ID{}) {
		stored.CourseId = r.Course[:]
	}
	if r.Measure != (conduct.ID{}) {
		stored.MeasureId = r.Measure[:]
	}
	for _, e := range r.Evidence {
		owner, ok := r.owners[e.Record]
		if !ok {
			owner = conduct.ID(r.nominal)
		}
		s := &storev1.StoredEvidence{Kind: e.Kind, Nominal: owner[:], Item: e.Item, Force: e.Force}
		if e.Record != (conduct.ID{}) {
			s.Record = e.Record[:]
		}
		if !e.Time.IsZero() {
			s.Time = timestamppb.New(e.Time)
		}
		stored.Evidence = append(stored.Evidence, s)
	}
}

// dutyWritten is a version of a duty, stored or being written.
type dutyWritten struct {
	record  postgres.Record
	version postgres.Version
	stored  *storev1.StoredDuty
}

// openDuty adds a new duty, or one that another force hands over.
func (b *batch) openDuty(ctx context.Context, r *raised) error {
	stored := &storev1.StoredDuty{Duty: &registerv1.Duty{State: registerv1.DutyState_DUTY_STATE_OPEN}}
	if handed, ok, err := b.handed(ctx, r); err != nil {
		return err
	} else if ok {
		stored = handed
	} else {
		r.fill(stored)
		begin(stored, b.d.ladder(r.Code), r.officer, b.now)
		happened(stored.GetDuty(), eventOpened, byRegister, "", b.now)
	}
	// The key of the prompt makes a second duty of the force by it impossible.
	change, err := b.d.First(postgres.KindDuty, r.force, b.d.Keys.SourceHMAC(r.force, systemDuty, r.Code+"/"+r.Key, systemDuty), 1, stored)
	if err != nil {
		return err
	}
	b.changes = append(b.changes, change)
	b.duties = append(b.duties, dutyWritten{change.Record, change.Version, stored})
	return b.tellDuty(change, stored, eventOpened)
}

// readDuty reads a duty as the view knows it; one that has changed since, or was
// erased, is a conflict.
func (d *Deps) readDuty(ctx context.Context, known *view.Duty) (postgres.Current, seal.DataKey, *storev1.StoredDuty, error) {
	stored := &storev1.StoredDuty{}
	cur, key, err := d.OpenRecord(ctx, postgres.KindDuty, uuid.UUID(known.ID), stored)
	if IsNotFound(err) || err == nil && cur.Version.N != known.Version {
		err = accesslog.ErrConflict
	}
	return cur, key, stored, err
}

// reviseDuty adds the next version of a duty, as edit makes it, and tells of it.
func (b *batch) reviseDuty(ctx context.Context, known *view.Duty, event string, edit func(*storev1.StoredDuty)) error {
	cur, key, stored, err := b.d.readDuty(ctx, known)
	if err != nil {
		return err
	}
	keepIndex(cur, stored)
	edit(stored)
	change, err := b.d.Next(cur, key, cur.Version.Revision+1, stored)
	if err != nil {
		return err
	}
	b.changes = append(b.changes, change)
	b.duties = append(b.duties, dutyWritten{change.Record, change.Version, stored})
	return b.tellDuty(change, stored, event)
}

// openAgain opens a duty that the register had closed and that has come to hold again.
func (b *batch) openAgain(ctx context.Context, known *view.Duty, r *raised) error {
	handed, ok, err := b.handed(ctx, r)
	if err != nil {
		return err
	}
	return b.reviseDuty(ctx, known, eventAgain, func(stored *storev1.StoredDuty) {
		if ok { // it had it before, and takes it over again
			index := stored.GetDuty().GetLogIndex()
			proto.Reset(stored)
			proto.Merge(stored, handed)
			stored.Duty.LogIndex = index
			return
		}
		r.fill(stored)
		duty := stored.GetDuty()
		duty.State, duty.Closing, stored.ByRegister, stored.Proposer = registerv1.DutyState_DUTY_STATE_OPEN, nil, false, ""
		begin(stored, b.d.ladder(r.Code), r.officer, b.now)
		happened(duty, eventAgain, byRegister, "", b.now)
	})
}

// bring brings an open duty level with its prompt: a deadline that has moved, or a
// link that has been confirmed. Nobody is alerted.
func (b *batch) bring(ctx context.Context, known *view.Duty, r *raised) error {
	return b.reviseDuty(ctx, known, "", func(stored *storev1.StoredDuty) {
		r.fill(stored)
		stored.Duty.ClimbTime = climbTime(stored, b.d.ladder(r.Code))
	})
}

// closeDuty closes a duty whose prompt no longer holds: done if a record shows the
// action, else fallen away.
func (b *batch) closeDuty(ctx context.Context, known *view.Duty, answer *answer) error {
	event := eventFellAway
	if answer != nil {
		event = eventDone
	}
	return b.reviseDuty(ctx, known, event, func(stored *storev1.StoredDuty) {
		duty := stored.GetDuty()
		duty.ClimbTime, stored.ByRegister, stored.Proposer = nil, true, ""
		duty.Closing = &registerv1.DutyClosing{By: byRegister, Time: timestamppb.New(b.now)}
		duty.State = registerv1.DutyState_DUTY_STATE_FELL_AWAY
		if answer != nil {
			duty.State = registerv1.DutyState_DUTY_STATE_DONE
			duty.Closing.Action, duty.Closing.Record = answer.action, answer.record
		}
		happened(duty, event, byRegister, "", b.now)
	})
}

// climb lets a duty climb.
func (b *batch) climb(ctx context.Context, known *view.Duty) error {
	return b.reviseDuty(ctx, known, eventClimbed, func(stored *storev1.StoredDuty) {
		climb(stored, b.d.ladder(stored.GetDuty().GetCode()), b.now)
	})
}
