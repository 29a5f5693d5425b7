package service

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
)

// CloseDuty implements the RPC.
func (s *Duties) CloseDuty(ctx context.Context, req *registerv1.CloseDutyRequest) (*registerv1.Duty, error) {
	return s.change(ctx, req.GetName(), func(c *call.Call, o openedDuty) error {
		duty := o.stored.GetDuty()
		if len(o.stored.GetTransferId()) > 0 {
			return NewProblem(codes.FailedPrecondition, ReasonDutyAction, "accept or decline what is offered: the answer alone closes this duty")
		}
		closing := &registerv1.DutyClosing{
			Action: req.GetAction(), Record: req.GetRecord(), Reason: req.GetReason(), By: c.Actor.Collar, Time: s.Timestamp(),
		}
		duty.Closing = closing
		if req.GetAction() == "" {
			duty.State, o.stored.Proposer = registerv1.DutyState_DUTY_STATE_PROPOSED_CLOSURE, call.Subject(c.Actor)
			happened(duty, eventProposed, c.Actor.Collar, req.GetReason(), s.Now())
			return nil
		}
		if err := s.held(ctx, c, o, req); err != nil {
			return err
		}
		duty.State, duty.ClimbTime = registerv1.DutyState_DUTY_STATE_DONE, nil
		happened(duty, eventDone, c.Actor.Collar, "", s.Now())
		return nil
	})
}

// held fails unless an own record holds the action since what the duty is about began,
// and the action closes duties of its kind. The record must stand unchanged.
func (s *Duties) held(ctx context.Context, c *call.Call, o openedDuty, req *registerv1.CloseDutyRequest) error {
	missing := func(why string) error { return NewProblem(codes.FailedPrecondition, ReasonDutyAction, why) }
	duty := o.stored.GetDuty()
	if !slices.Contains(duty.GetClosingActions(), req.GetAction()) {
		return missing("this action closes no such duty: see its `closing_actions`")
	}
	id, err := uuid.Parse(call.RecordID(req.GetRecord()))
	if err != nil || call.ForceCode(req.GetRecord()) != o.cur.Record.Force {
		return missing("there is no such record of the own force about the person")
	}
	if err := s.View.Pull(ctx); err != nil {
		return err
	}
	read, err := s.readHistory(ctx, identity.ID(o.stored.GetNominalId()), s.View.Person)
	if err != nil {
		return err
	}
	history := read.seenBy(o.cur.Record.Force)
	owner, known := history.Owners()[conduct.ID(id)]
	n, stands := s.View.Nominal(identity.ID(owner))
	switch {
	case !known || !stands || n.Force != o.cur.Record.Force:
		return missing("there is no such record of the own force about the person")
	case !history.Shows(conduct.ID(id), req.GetAction(), duty.GetSinceTime().AsTime()):
		return missing("the record does not hold this action since the duty arose: record it first")
	}
	c.Requires = append(c.Requires, accesslog.Requirement{Record: id, N: read.read[id].Version.N})
	c.Met(id, o.cur.Record.Force)
	return nil
}

// decide is change for a duty whose closure is proposed, at the version decided upon.
func (s *Duties) decide(ctx context.Context, name string, version int64, edit func(*call.Call, openedDuty) error) (*registerv1.Duty, error) {
	return s.change(ctx, name, func(c *call.Call, o openedDuty) error {
		switch {
		case int64(o.cur.Version.N) != version:
			return NewProblem(codes.Aborted, ReasonDutyChanged, "the duty has changed since you read it: read it again, and decide on what stands")
		case o.stored.GetDuty().GetState() != registerv1.DutyState_DUTY_STATE_PROPOSED_CLOSURE:
			return NewProblem(codes.FailedPrecondition, ReasonDutyClosed, "nobody has proposed to close the duty")
		}
		return edit(c, o)
	})
}

// ApproveClosure implements the RPC.
func (s *Duties) ApproveClosure(ctx context.Context, req *registerv1.ApproveClosureRequest) (*registerv1.Duty, error) {
	return s.decide(ctx, req.GetName(), req.GetVersion(), func(c *call.Call, o openedDuty) error {
		duty := o.stored.GetDuty()
		if o.stored.GetProposer() == call.Subject(c.Actor) || access.SameCollar(duty.GetClosing().GetBy(), c.Actor.Collar) {
			return NewProblem(codes.FailedPrecondition, ReasonSecondPerson, "another person must approve what you have proposed")
		}
		duty.State, duty.ClimbTime = registerv1.DutyState_DUTY_STATE_OVERRIDDEN, nil
		duty.Closing.ApprovedBy, duty.Closing.Time = c.Actor.Collar, timestamppb.New(s.Now())
		happened(duty, eventOverridden, c.Actor.Collar, req.GetReason(), s.Now())
		return nil
	})
}

// RefuseClosure implements the RPC.
func (s *Duties) RefuseClosure(ctx context.Context, req *registerv1.RefuseClosureRequest) (*registerv1.Duty, error) {
	return s.decide(ctx, req.GetName(), req.GetVersion(), func(c *call.Call, o openedDuty) error {
		duty := o.stored.GetDuty()
		duty.State, duty.Closing, o.stored.Proposer = registerv1.DutyState_DUTY_STATE_OPEN, nil, ""
		happened(duty, eventRefused, c.Actor.Collar, req.GetReason(), s.Now())
		return nil
	})
}
