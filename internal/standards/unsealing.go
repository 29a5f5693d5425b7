package standards

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/service"
)

// unsealingTTL is how long a request waits for approval, and then for its asker.
const unsealingTTL = 24 * time.Hour

// national reports whether the caller is of no force: the national auditor.
func national(a access.Actor) bool { return a.Force == "" }

func notYours(message string) *service.Problem {
	return service.NewProblem(codes.PermissionDenied, service.ReasonNotYours, message)
}

// sealedEntry reads an entry of a force's caller with its sealed part.
func (s *Standards) sealedEntry(ctx context.Context, force string, index int64) (postgres.StoredBody, accesslog.Metadata, error) {
	body, err := s.DB.BodyByIndex(ctx, index)
	if errors.Is(err, postgres.ErrNotFound) {
		return body, accesslog.Metadata{}, service.NotFound("entry of the force with a sealed part; retention may have dropped it")
	}
	if err != nil {
		return body, accesslog.Metadata{}, err
	}
	meta, err := accesslog.ParseMetadata(body.Entry.Meta)
	if err == nil && meta.Actor.Force != force {
		err = service.NotFound("entry of the force with a sealed part; retention may have dropped it")
	}
	return body, meta, err
}

// RequestUnsealing implements the RPC.
func (s *Standards) RequestUnsealing(ctx context.Context, req *registerv1.RequestUnsealingRequest) (*registerv1.Unsealing, error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	c.Entry.Reason = purposeName(req.GetPurpose())
	s.noteReason(c, c.Actor.Force, &storev1.StoredReason{Code: req.GetPurpose().String(), Explanation: req.GetReason(), Reference: req.GetReference()})
	if err := s.checkCaseAccess(ctx, c, force, req.GetCaseAccess()); err != nil {
		return nil, err
	}
	_, meta, err := s.sealedEntry(ctx, force, req.GetEntry())
	if err != nil {
		return nil, err
	}
	check, err := reviewerOf(s.Deps, c).check(ctx, callersOf(&meta)...)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	u := &registerv1.Unsealing{
		Entry: req.GetEntry(), Subject: meta.Actor.Sub, State: registerv1.UnsealingState_UNSEALING_STATE_REQUESTED,
		Purpose: req.GetPurpose(), Reference: req.GetReference(), Reason: req.GetReason(), CaseAccess: req.GetCaseAccess(),
		Asker: call.Subject(c.Actor), AskerCheck: check, AskTime: timestamppb.New(now), ExpireTime: timestamppb.New(now.Add(unsealingTTL)),
	}
	id := uuid.Must(uuid.NewV7())
	source := s.Keys.SourceHMAC(force, "standards", id.String(), string(postgres.KindUnsealing))
	change, err := s.FirstWith(id, postgres.KindUnsealing, force, source, 1, &storev1.StoredUnsealing{Unsealing: u, AskerCollar: c.Actor.Collar})
	if err != nil {
		return nil, err
	}
	u.Name = service.ResourceName(postgres.KindUnsealing, force, id)
	return u, s.Commit(ctx, c, change.Record, change)
}

// openedUnsealing is an unsealing with what is needed to write its next version.
type openedUnsealing struct {
	cur    postgres.Current
	key    seal.DataKey
	stored *storev1.StoredUnsealing
	u      *registerv1.Unsealing
}

// unsealing reads one that the caller may know of: the auditor's are the auditor's
// alone, a force's the force's.
func (s *Standards) unsealing(ctx context.Context, c *call.Call, name string) (o openedUnsealing, err error) {
	o.stored = &storev1.StoredUnsealing{}
	if o.cur, o.key, err = s.Current(ctx, postgres.KindUnsealing, name, o.stored); err != nil {
		return o, err
	}
	o.u = o.stored.GetUnsealing()
	if (o.u.GetCaseAccess() != "") != national(c.Actor) {
		return o, service.NotFound("unsealing")
	}
	return o, nil
}

// revise commits the next version.
func (s *Standards) reviseUnsealing(ctx context.Context, c *call.Call, o *openedUnsealing) error {
	change, err := s.Next(o.cur, o.key, o.cur.Version.Revision+1, o.stored)
	if err != nil {
		return err
	}
	o.u.Name = service.ResourceName(o.cur.Record.Kind, o.cur.Record.Force, o.cur.Record.ID)
	return s.Commit(ctx, c, o.cur.Record, change)
}

// decideUnsealing has a second person approve or refuse what another has asked for.
func (s *Standards) decideUnsealing(ctx context.Context, name string, decide func(o *openedUnsealing, me string, check registerv1.ConflictCheck) (changes bool, err error)) (answer *registerv1.Unsealing, err error) {
	c := call.From(ctx)
	err = service.Retry(ctx, func() error {
		o, err := s.unsealing(ctx, c, name)
		if err != nil {
			return err
		}
		u, me := o.u, call.Subject(c.Actor)
		_, meta, err := s.sealedEntry(ctx, o.cur.Record.Force, u.GetEntry())
		if err != nil {
			return err
		}
		r := reviewerOf(s.Deps, c)
		if err := r.apart(ctx, user{force: c.Actor.Force, subject: u.GetAsker(), collar: o.stored.GetAskerCollar()}); err != nil {
			return err
		}
		check, err := r.check(ctx, callersOf(&meta)...)
		if err != nil {
			return err
		}
		changes, err := decide(&o, me, check)
		if err != nil {
			return err
		}
		answer = u
		if !changes {
			u.Name = name
			return s.Commit(ctx, c, o.cur.Record)
		}
		return s.reviseUnsealing(ctx, c, &o)
	})
	return answer, err
}

// ApproveUnsealing implements the RPC.
func (s *Standards) ApproveUnsealing(ctx context.Context, req *registerv1.ApproveUnsealingRequest) (*registerv1.Unsealing, error) {
	return s.decideUnsealing(ctx, req.GetName(), func(o *openedUnsealing, me string, check registerv1.ConflictCheck) (bool, error) {
		u := o.u
		switch {
		case u.GetState() == registerv1.UnsealingState_UNSEALING_STATE_APPROVED && u.GetApprover() == me:
			return false, nil
		case u.GetState() == registerv1.UnsealingState_UNSEALING_STATE_REFUSED:
			return false, errUnsealingRefused()
		case u.GetState() != registerv1.UnsealingState_UNSEALING_STATE_REQUESTED:
			return false, service.NewProblem(codes.FailedPrecondition, service.ReasonAlreadyOpened, "it was approved before")
		case !s.Now().Before(u.GetExpireTime().AsTime()):
			return false, service.NewProblem(codes.FailedPrecondition, service.ReasonTooLate, "it was not approved in time: ask anew")
		}
		u.State, u.Approver, u.ApproverCheck = registerv1.UnsealingState_UNSEALING_STATE_APPROVED, me, check
		u.ApproveTime, u.ExpireTime = s.Timestamp(), timestamppb.New(s.Now().Add(unsealingTTL))
		return true, nil
	})
}

// RefuseUnsealing implements the RPC. Whoever approved may take it back, and so may any
// other, until it is opened.
func (s *Standards) RefuseUnsealing(ctx context.Context, req *registerv1.RefuseUnsealingRequest) (*registerv1.Unsealing, error) {
	c := call.From(ctx)
	s.noteReason(c, c.Actor.Force, &storev1.StoredReason{Explanation: req.GetReason()})
	return s.decideUnsealing(ctx, req.GetName(), func(o *openedUnsealing, me string, check registerv1.ConflictCheck) (bool, error) {
		u := o.u
		switch {
		case u.GetState() == registerv1.UnsealingState_UNSEALING_STATE_REFUSED:
			return false, nil
		case u.GetState() == registerv1.UnsealingState_UNSEALING_STATE_OPENED:
			return false, service.NewProblem(codes.FailedPrecondition, service.ReasonAlreadyOpened, "it was opened before: it cannot be refused any more")
		case !s.Now().Before(u.GetExpireTime().AsTime()):
			return false, service.NewProblem(codes.FailedPrecondition, service.ReasonTooLate, "it has lapsed: nothing can be opened by it")
		}
		u.State, u.Refuser, u.RefuserCheck = registerv1.UnsealingState_UNSEALING_STATE_REFUSED, me, check
		u.RefuseTime, u.RefuseReason = s.Timestamp(), req.GetReason()
		return true, nil
	})
}

func errUnsealingRefused() error {
	return service.NewProblem(codes.FailedPrecondition, service.ReasonRefused, "a second person refused it: its reason stands there")
}

// OpenUnsealing implements the RPC. That it was opened commits with the entry of
// this call, before anything is disclosed: so it cannot be opened twice.
func (s *Standards) OpenUnsealing(ctx context.Context, req *registerv1.OpenUnsealingRequest) (answer *registerv1.UnsealedEntry, err error) {
	c := call.From(ctx)
	err = service.Retry(ctx, func() error {
		c.Afresh()
		o, err := s.unsealing(ctx, c, req.GetName())
		if err != nil {
			return err
		}
		u := o.u
		switch {
		case u.GetAsker() != call.Subject(c.Actor):
			return notYours("it is opened by whoever asked for it")
		case u.GetState() == registerv1.UnsealingState_UNSEALING_STATE_OPENED:
			return service.NewProblem(codes.FailedPrecondition, service.ReasonAlreadyOpened, "it was opened before: ask anew")
		case u.GetState() == registerv1.UnsealingState_UNSEALING_STATE_REFUSED:
			return errUnsealingRefused()
		case u.GetState() != registerv1.UnsealingState_UNSEALING_STATE_APPROVED:
			return service.NewProblem(codes.FailedPrecondition, service.ReasonNotApproved, "it waits for a second person's approval")
		case !s.Now().Before(u.GetExpireTime().AsTime()):
			return service.NewProblem(codes.FailedPrecondition, service.ReasonTooLate, "it was not opened in time: ask anew")
		}
		if err := s.checkCaseAccess(ctx, c, o.cur.Record.Force, u.GetCaseAccess()); err != nil {
			return err
		}
		body, meta, err := s.sealedEntry(ctx, o.cur.Record.Force, u.GetEntry())
		if err != nil {
			return err
		}
		if _, err := reviewerOf(s.Deps, c).check(ctx, callersOf(&meta)...); err != nil {
			return err // forces may have told more since he asked
		}
		if answer, err = s.unseal(ctx, c, body); err != nil {
			return err
		}
		c.Entry.Reason = purposeName(u.GetPurpose())
		c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Code: u.GetPurpose().String(), Reference: u.GetReference(), Subject: u.GetSubject()})
		if national(c.Actor) {
			c.Entry.Recipients = []string{"iopc"}
		}
		noteAbout(c, o.cur.Record.Force)
		u.State, u.OpenTime = registerv1.UnsealingState_UNSEALING_STATE_OPENED, s.Timestamp()
		change, err := s.Next(o.cur, o.key, o.cur.Version.Revision+1, o.stored)
		if err != nil {
			return err
		}
		c.Met(o.cur.Record.ID, o.cur.Record.Force)
		return c.Commit(ctx, service.OutcomeName(codes.OK), change)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// ListUnsealings implements the RPC.
func (s *Standards) ListUnsealings(ctx context.Context, req *registerv1.ListUnsealingsRequest) (*registerv1.ListUnsealingsResponse, error) {
	c := call.From(ctx)
	out := &registerv1.ListUnsealingsResponse{}
	wanted := func(m *storev1.StoredUnsealing) (bool, error) {
		return (m.GetUnsealing().GetCaseAccess() != "") == national(c.Actor), nil
	}
	var err error
	out.NextPageToken, err = service.ListRecords(ctx, s.Deps, service.PageOf(postgres.KindUnsealing, req), wanted, func(cur postgres.Current, m *storev1.StoredUnsealing) {
		m.Unsealing.Name = service.ResourceName(cur.Record.Kind, cur.Record.Force, cur.Record.ID)
		c.Show(cur.Record.ID, cur.Record.Force)
		out.Unsealings = append(out.Unsealings, m.GetUnsealing())
	})
	return out, err
}
