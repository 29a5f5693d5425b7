package service

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/view"
)

// handing is a matter that one force hands over to another in the entry being made:
// its course and measures as the force has them.
type handing struct {
	from, to string
	course   identity.ID
	measures map[conduct.ID]bool
	// by is who accepts it; why says in words what happened.
	by, why string
}

// takes reports whether an open duty goes over with the matter.
func (h *handing) takes(known *view.Duty) bool {
	return h != nil && known.Force == h.from && known.Transfer == (identity.ID{}) &&
		(known.Course == h.course || h.measures[conduct.ID(known.Measure)])
}

// handOver closes a duty of the force that hands its matter over.
func (b *batch) handOver(ctx context.Context, known *view.Duty) error {
	return b.reviseDuty(ctx, known, eventMoved, func(stored *storev1.StoredDuty) {
		duty := stored.GetDuty()
		duty.State, duty.ClimbTime, stored.ByRegister, stored.Proposer = registerv1.DutyState_DUTY_STATE_TRANSFERRED, nil, true, ""
		duty.Closing = &registerv1.DutyClosing{By: b.handing.by, Reason: b.handing.why, Time: timestamppb.New(b.now)}
		happened(duty, eventMoved, b.handing.by, b.handing.why, b.now)
	})
}

// handed is the duty that a force takes over with a matter, as it goes on there: with
// its deadline, its steps and what has happened to it. ok is false when the prompt is
// none of those that were the other force's duties.
func (b *batch) handed(ctx context.Context, r *raised) (out *storev1.StoredDuty, ok bool, err error) {
	if b.handing == nil || r.force != b.handing.to {
		return nil, false, nil
	}
	known, found := b.d.View.DutyFor(b.handing.from, r.Code, r.Key)
	if !found || !known.Open() || !b.handing.takes(known) {
		return nil, false, nil
	}
	_, _, stored, err := b.d.readDuty(ctx, known)
	if err != nil {
		return nil, false, err
	}
	due := stored.GetDuty().GetDueTime()
	r.fill(stored)
	duty := stored.GetDuty()
	duty.DueTime, duty.LogIndex = due, 0
	duty.State, duty.Closing, stored.Proposer, stored.ByRegister = registerv1.DutyState_DUTY_STATE_OPEN, nil, "", false
	owner := &registerv1.DutyOwner{Role: duty.GetOwner().GetRole()}
	if owner.GetRole() == registerv1.DutyRole_DUTY_ROLE_OFFICER_IN_CASE {
		owner.Officer = r.officer
	}
	duty.Owner = owner
	duty.ClimbTime = climbTime(stored, b.d.ladder(r.Code))
	happened(duty, eventMoved, b.handing.by, b.handing.why, b.now)
	return stored, true, nil
}
