package service

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// Transfers implements register.v1.TransferService.
type Transfers struct {
	registerv1.UnimplementedTransferServiceServer
	*Deps
	// Courses opens the matters, Nominals those on whom they hang.
	Courses  *Courses
	Nominals *Nominals
}

// systemTransfer is the source system of transfers.
const systemTransfer = "transfer"

// OfferTransfer implements the RPC. The course keeps that it is offered: so there is
// one offer of it at a time, whoever else writes it.
func (s *Transfers) OfferTransfer(ctx context.Context, req *registerv1.OfferTransferRequest) (answer *registerv1.Transfer, err error) {
	c := call.From(ctx)
	from, to := call.ForceCode(req.GetParent()), call.ForceCode(req.GetToForce())
	if err := s.mayOffer(req, from, to); err != nil {
		return nil, err
	}
	err = Retry(ctx, func() error {
		c.Requires = nil
		if err := s.View.Pull(ctx); err != nil {
			return err
		}
		cur, stored, err := s.Courses.open(ctx, c, req.GetCourse())
		if err != nil {
			return err
		}
		nominal := identity.ID(stored.GetNominalId())
		switch {
		case len(stored.GetTransferredTo()) > 0:
			return mayRevise(stored.GetTransferredTo())
		case len(stored.GetOffer()) > 0:
			return s.errOffered(from, stored.GetOffer())
		case stored.GetCourse().GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED:
			return NewProblem(codes.FailedPrecondition, ReasonRecordCancelled, "the course was cancelled: there is nothing to hand over")
		}
		if err := s.require(c, nominal); err != nil {
			return err
		}
		id := uuid.Must(uuid.NewV7())
		offer := &storev1.StoredTransfer{
			Transfer: &registerv1.Transfer{
				FromForce: req.GetParent(), ToForce: req.GetToForce(), State: registerv1.TransferState_TRANSFER_STATE_OFFERED,
				Reason: req.GetReason(), OfferTime: s.Timestamp(), OfferedBy: c.Actor.Collar,
				DueTime: timestamppb.New(s.Now().Add(answerTransferWithin)),
			},
			CourseId: cur.Record.ID[:], NominalId: nominal[:],
		}
		change, err := s.FirstWith(id, postgres.KindTransfer, from, s.Keys.SourceHMAC(from, systemTransfer, id.String(), systemTransfer), 1, offer)
		if err != nil {
			return err
		}
		stored.Offer = id[:]
		course, err := s.nextCourse(cur, stored)
		if err != nil {
			return err
		}
		b := newBatch(s.Deps)
		if err := b.tellTransfer(change.Record, offer, to, registerv1.AlertKind_ALERT_KIND_TRANSFER_OFFERED,
			s.forceTitle(from)+" offers to hand a matter over to your force. Until you accept, it stays theirs."); err != nil {
			return err
		}
		if err := b.openTransferDuty(change.Record, offer); err != nil {
			return err
		}
		c.Entry.Recipients = []string{req.GetToForce()}
		c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Explanation: req.GetReason(), Reference: req.GetCourse()})
		if err := s.Commit(ctx, c, change.Record, append(b.changes, change, course)...); err != nil {
			return err
		}
		answer, err = s.shown(ctx, c, from, postgres.Current{Record: change.Record, Version: change.Version}, offer, false)
		return err
	})
	return answer, err
}

func (s *Transfers) mayOffer(req *registerv1.OfferTransferRequest, from, to string) error {
	var faults []Violation
	if call.ForceCode(req.GetCourse()) != from {
		faults = append(faults, Violation{"course", "must be one of the force in `parent`"})
	}
	switch _, known := s.Ref.Force(to); {
	case to == from:
		faults = append(faults, Violation{"to_force", "is your own force: name another"})
	case !known:
		faults = append(faults, Violation{"to_force", "is no force of the directory"})
	}
	if len(faults) > 0 {
		return Invalid(ReasonInvalidFields, faults)
	}
	return nil
}

// nextCourse makes the next version of a course that its force's system has not
// revised.
func (d *Deps) nextCourse(cur postgres.Current, stored *storev1.StoredCourse) (accesslog.Change, error) {
	key, err := d.Keys.Unwrap(cur.Wrapped, cur.Record.ID[:])
	if err != nil {
		return accesslog.Change{}, err
	}
	return d.Next(cur, key, cur.Version.Revision, stored)
}

// openTransfer is a transfer that the caller may read, as it stands.
type openTransfer struct {
	cur    postgres.Current
	key    seal.DataKey
	stored *storev1.StoredTransfer
}

func (s *Transfers) open(ctx context.Context, c *call.Call, name string) (out openTransfer, err error) {
	p, err := s.paper(ctx, c, postgres.KindTransfer, name)
	if err != nil {
		return out, err
	}
	out.stored = &storev1.StoredTransfer{}
	out.cur, out.key, err = s.OpenRecord(ctx, postgres.KindTransfer, uuid.UUID(p.ID), out.stored)
	return out, err
}

// openOffer opens a transfer that still waits for an answer. acting is the force that
// may act on it.
func (s *Transfers) openOffer(ctx context.Context, c *call.Call, name string, acting func(*registerv1.Transfer) string) (openTransfer, error) {
	o, err := s.open(ctx, c, name)
	if err != nil {
		return o, err
	}
	t := o.stored.GetTransfer()
	switch {
	case call.ForceCode(acting(t)) != call.ForceCode(name):
		return o, NewProblem(codes.FailedPrecondition, ReasonOtherForce, "this is for the other force of the transfer to do")
	case t.GetState() != registerv1.TransferState_TRANSFER_STATE_OFFERED:
		return o, NewProblem(codes.FailedPrecondition, ReasonTransferClosed, "the offer was accepted, declined or withdrawn: nothing was changed")
	}
	return o, nil
}

// DeclineTransfer implements the RPC.
func (s *Transfers) DeclineTransfer(ctx context.Context, req *registerv1.DeclineTransferRequest) (*registerv1.Transfer, error) {
	return s.end(ctx, req, (*registerv1.Transfer).GetToForce, outcome{
		state: registerv1.TransferState_TRANSFER_STATE_DECLINED, kind: registerv1.AlertKind_ALERT_KIND_TRANSFER_REFUSED,
		told: (*registerv1.Transfer).GetFromForce, message: " has declined to take a matter over. It stays your force's.", event: eventDone,
	})
}

// WithdrawTransfer implements the RPC.
func (s *Transfers) WithdrawTransfer(ctx context.Context, req *registerv1.WithdrawTransferRequest) (*registerv1.Transfer, error) {
	return s.end(ctx, req, (*registerv1.Transfer).GetFromForce, outcome{
		state: registerv1.TransferState_TRANSFER_STATE_WITHDRAWN, kind: registerv1.AlertKind_ALERT_KIND_TRANSFER_WITHDRAWN,
		told: (*registerv1.Transfer).GetToForce, message: " has taken back a matter that it had offered to your force.", event: eventFellAway,
	})
}

// outcome is how an offer ends without being accepted.
type outcome struct {
	state   registerv1.TransferState
	kind    registerv1.AlertKind
	told    func(*registerv1.Transfer) string
	message string
	// event is what becomes of the duty to answer.
	event string
}

// reasoned is a request that names a transfer and says why.
type reasoned interface {
	GetName() string
	GetReason() string
}

// end ends an offer: the matter stays where it is.
func (s *Transfers) end(ctx context.Context, req reasoned, acting func(*registerv1.Transfer) string, how outcome) (answer *registerv1.Transfer, err error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetName())
	err = Retry(ctx, func() error {
		c.Requires = nil
		o, err := s.openOffer(ctx, c, req.GetName(), acting)
		if err != nil {
			return err
		}
		t := o.stored.GetTransfer()
		t.State, t.Answer, t.AnswerTime, t.AnsweredBy = how.state, req.GetReason(), s.Timestamp(), c.Actor.Collar
		change, err := s.Next(o.cur, o.key, o.cur.Version.Revision+1, o.stored)
		if err != nil {
			return err
		}
		b := newBatch(s.Deps)
		if err := b.tellTransfer(change.Record, o.stored, call.ForceCode(how.told(t)), how.kind, s.forceTitle(force)+how.message); err != nil {
			return err
		}
		if err := b.closeTransferDuty(ctx, change.Record, call.ForceCode(t.GetToForce()), how.event); err != nil {
			return err
		}
		var course storev1.StoredCourse
		switch cur, _, err := s.OpenRecord(ctx, postgres.KindCourse, uuid.UUID(o.stored.GetCourseId()), &course); {
		case IsNotFound(err): // erased meanwhile
		case err != nil:
			return err
		default:
			course.Offer = nil
			next, err := s.nextCourse(cur, &course)
			if err != nil {
				return err
			}
			b.changes = append(b.changes, next)
		}
		c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Code: how.state.String(), Explanation: req.GetReason(), Reference: req.GetName()})
		if err := s.Commit(ctx, c, change.Record, append(b.changes, change)...); err != nil {
			return err
		}
		answer, err = s.shown(ctx, c, force, postgres.Current{Record: change.Record, Version: change.Version}, o.stored, false)
		return err
	})
	return answer, err
}

// GetTransfer implements the RPC.
func (s *Transfers) GetTransfer(ctx context.Context, req *registerv1.GetTransferRequest) (*registerv1.Transfer, error) {
	c := call.From(ctx)
	o, err := s.open(ctx, c, req.GetName())
	if err != nil {
		return nil, err
	}
	c.Show(o.cur.Record.ID, o.cur.Record.Force)
	return s.shown(ctx, c, call.ForceCode(req.GetName()), o.cur, o.stored, true)
}

// ListTransfers implements the RPC.
func (s *Transfers) ListTransfers(ctx context.Context, req *registerv1.ListTransfersRequest) (*registerv1.ListTransfersResponse, error) {
	c := call.From(ctx)
	resp := &registerv1.ListTransfersResponse{}
	var err error
	resp.NextPageToken, err = listPapers(ctx, s.Deps, c, postgres.KindTransfer, req, func(p *view.Paper) bool { return !req.GetOpen() || !p.Answered },
		func(cur postgres.Current, m *storev1.StoredTransfer) error {
			one, err := s.shown(ctx, c, call.ForceCode(req.GetParent()), cur, m, false)
			resp.Transfers = append(resp.Transfers, one)
			return err
		})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// shown is a transfer as one of its forces reads it; matter says that what is offered
// is to be shown too, while it is.
func (s *Transfers) shown(ctx context.Context, c *call.Call, force string, cur postgres.Current, stored *storev1.StoredTransfer, matter bool) (*registerv1.Transfer, error) {
	out := stored.GetTransfer()
	from, to := call.ForceCode(out.GetFromForce()), call.ForceCode(out.GetToForce())
	out.Name, out.Version = recordName(inNameOf(cur.Record, force)), int64(cur.Version.N)
	out.Course = recordNamed(postgres.KindCourse, from, stored.GetCourseId())
	out.Nominal = recordNamed(postgres.KindNominal, from, stored.GetNominalId())
	for _, m := range stored.GetMoved() {
		out.Moved = append(out.Moved, &registerv1.MovedRecord{
			FromRecord: fmt.Sprintf("forces/%s/%s/%s", from, m.GetCollection(), uuid.UUID(m.GetBefore())),
			ToRecord:   fmt.Sprintf("forces/%s/%s/%s", to, m.GetCollection(), uuid.UUID(m.GetAfter())),
		})
	}
	if len(out.GetMoved()) > 0 {
		out.NewCourse = out.GetMoved()[0].GetToRecord()
		if now, ok := s.View.CourseByID(identity.ID(stored.GetMoved()[0].GetAfter())); ok && force == to && !s.Hides(c, identity.ID(now.Nominal)) {
			out.NewNominal = ResourceName(postgres.KindNominal, to, uuid.UUID(now.Nominal))
		}
	}
	if !matter || out.GetState() != registerv1.TransferState_TRANSFER_STATE_OFFERED {
		return out, nil
	}
	m, err := s.matterOf(ctx, uuid.UUID(stored.GetCourseId()))
	if IsNotFound(err) || err == nil && s.Hides(c, identity.ID(m.stored.GetNominalId())) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.Matter = m.shown(s.Deps)
	m.note(c)
	if force == to {
		for _, own := range s.heldOf(c, force, identity.ID(m.stored.GetNominalId())) {
			out.Matter.Nominals = append(out.Matter.Nominals, ResourceName(postgres.KindNominal, force, uuid.UUID(own)))
			c.Show(uuid.UUID(own), force)
		}
	}
	return out, nil
}

// mayRevise refuses to write a record that another force has taken over.
func mayRevise(to []byte) error {
	if len(to) == 0 {
		return nil
	}
	return NewProblem(codes.FailedPrecondition, ReasonTransferred, "another force has taken this record over, and it alone revises it: ask that force, or offer it what is new")
}

// errOffered says that a matter is offered to another force.
func (d *Deps) errOffered(force string, offer []byte) error {
	return NewProblem(codes.FailedPrecondition, ReasonTransferOpen,
		"the matter is offered to another force: withdraw the offer first: "+recordNamed(postgres.KindTransfer, force, offer))
}

// answerTransferWithin is how soon an offer is to be answered.
const answerTransferWithin = 24 * time.Hour
