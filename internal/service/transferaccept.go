package service

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// AcceptTransfer implements the RPC. A record names its force in its key, its digests
// and the log, so none is given another force: the matter is registered anew by the
// force that takes over, with all that the register kept of it, and the records that
// it had are closed. Both happen at one entry of the log.
func (s *Transfers) AcceptTransfer(ctx context.Context, req *registerv1.AcceptTransferRequest) (answer *registerv1.Transfer, err error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetName())
	err = Retry(ctx, func() error {
		c.Requires = nil
		o, err := s.openOffer(ctx, c, req.GetName(), (*registerv1.Transfer).GetToForce)
		if err != nil {
			return err
		}
		m, err := s.matterOf(ctx, uuid.UUID(o.stored.GetCourseId()))
		if err != nil {
			return err
		}
		if s.Hides(c, identity.ID(m.stored.GetNominalId())) {
			return NotFound("transfer") // it hangs on another nominal by now
		}
		if m.stored.GetCourse().GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED {
			return NewProblem(codes.FailedPrecondition, ReasonRecordCancelled, "the course was cancelled: there is nothing to take over")
		}
		hmacs := s.Keys.SourceHMACs(force, req.GetSource().GetSystem(), req.GetSource().GetReference(), spaceCourse)
		if _, taken, err := s.BySource(ctx, hmacs); err != nil || taken {
			if err == nil {
				err = NewProblem(codes.FailedPrecondition, ReasonSourceTaken, "your force has a course under this reference: give the matter another")
			}
			return err
		}
		nominal, err := s.hangsOn(ctx, c, req, identity.ID(m.stored.GetNominalId()))
		if err != nil {
			return err
		}
		t := &taking{Transfers: s, c: c, batch: newBatch(s.Deps), offer: o, matter: m, force: force, nominal: nominal, req: req}
		if err := t.take(ctx); err != nil {
			return err
		}
		c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Explanation: req.GetAnswer(), Reference: req.GetName()})
		if err := s.Commit(ctx, c, o.cur.Record, t.changes...); err != nil {
			return err
		}
		answer, err = s.shown(ctx, c, force, postgres.Current{Record: o.cur.Record, Version: postgres.Version{N: o.cur.Version.N + 1}}, o.stored, false)
		if err == nil {
			answer.NewNominal = ResourceName(postgres.KindNominal, force, uuid.UUID(nominal))
		}
		return err
	})
	return answer, err
}

// taking is the taking over of one matter.
type taking struct {
	*Transfers
	batch
	c       *call.Call
	offer   openTransfer
	matter  *matterInHand
	force   string
	nominal identity.ID
	req     *registerv1.AcceptTransferRequest

	course  uuid.UUID // as it is from now on
	renamed map[uuid.UUID]uuid.UUID
	written []written
}

// take makes all that commits with the acceptance.
func (t *taking) take(ctx context.Context) error {
	from := t.matter.cur.Record.Force
	t.course, t.renamed = uuid.Must(uuid.NewV7()), map[uuid.UUID]uuid.UUID{}
	t.handing = &handing{
		from: from, to: t.force, course: identity.ID(t.matter.cur.Record.ID), measures: map[conduct.ID]bool{},
		by: t.c.Actor.Collar, why: t.forceTitle(t.force) + " took the matter over from " + t.forceTitle(from),
	}
	if err := t.takeCourse(); err != nil {
		return err
	}
	for i, p := range t.matter.parts {
		if p.cur.Record.Kind == postgres.KindMeasure {
			t.handing.measures[conduct.ID(p.cur.Record.ID)] = true
		}
		if err := t.takePart(i, p); err != nil {
			return err
		}
	}
	if err := t.conclude(ctx); err != nil {
		return err
	}
	if err := t.tell(); err != nil {
		return err
	}
	return t.duties(ctx)
}

// moved notes that a record has moved, and the two versions that say so.
func (t *taking) moved(before, after accesslog.Change, was, is proto.Message) {
	old, fresh := before.Record.ID, after.Record.ID
	t.offer.stored.Moved = append(t.offer.stored.Moved, &storev1.StoredMove{Collection: collection(before.Record.Kind), Before: old[:], After: fresh[:]})
	t.renamed[old] = fresh
	t.changes = append(t.changes, before, after)
	t.written = append(t.written,
		written{change: before, content: was, of: identity.ID(t.matter.stored.GetNominalId())},
		written{change: after, content: is, of: t.nominal})
}

func (t *taking) takeCourse() error {
	m, d := t.matter, t.Deps
	now := d.Timestamp()
	is, ok := proto.Clone(m.stored).(*storev1.StoredCourse)
	if !ok {
		return errors.New("service: clone")
	}
	old := m.cur.Record.ID
	is.NominalId, is.UpdateTime, is.Offer = t.nominal[:], now, nil
	is.Former = append(is.GetFormer(), old[:])
	course := is.GetCourse()
	course.Nominal, course.Source, course.Officer = ResourceName(postgres.KindNominal, t.force, uuid.UUID(t.nominal)), t.req.GetSource(), t.req.GetOfficer()
	if len(course.GetOwners()) == 0 {
		course.Owners = []*registerv1.OwnedSince{{Force: "forces/" + m.cur.Record.Force, SinceTime: m.stored.GetCreateTime()}}
	}
	course.Owners = append(course.Owners, &registerv1.OwnedSince{Force: "forces/" + t.force, SinceTime: now})
	var err error
	if is.ContentHash, err = ContentHash(asSent(course)); err != nil {
		return err
	}
	if err := d.keepFallen(m.cur, m.stored, is); err != nil {
		return err
	}
	after, err := d.FirstWith(t.course, postgres.KindCourse, t.force,
		d.Keys.SourceHMAC(t.force, t.req.GetSource().GetSystem(), t.req.GetSource().GetReference(), spaceCourse), t.req.GetSource().GetRevision(), is)
	if err != nil {
		return err
	}
	was := m.stored
	was.TransferredTo, was.Offer, was.UpdateTime = t.course[:], nil, now
	was.Course.State, was.Course.TransferredTo = registerv1.RecordState_RECORD_STATE_TRANSFERRED, ResourceName(postgres.KindCourse, t.force, t.course)
	before, err := d.Next(m.cur, m.key, m.cur.Version.Revision, was)
	if err != nil {
		return err
	}
	t.moved(before, after, was, is)
	return nil
}

// takePart takes over one part. Its reference in the own force is that of the transfer
// with a number: GetTransfer tells which record has become which.
func (t *taking) takePart(i int, p partInHand) error {
	d, id := t.Deps, uuid.Must(uuid.NewV7())
	is, ok := proto.Clone(p.stored).(partStored)
	if !ok {
		return errors.New("service: clone")
	}
	old := p.cur.Record.ID
	part := is.GetPart()
	part.NominalId, part.UpdateTime, part.Former = t.nominal[:], d.Timestamp(), append(part.GetFormer(), old[:])
	source := &registerv1.SourceKey{System: t.req.GetSource().GetSystem(), Reference: fmt.Sprintf("%s/%d", t.offer.cur.Record.ID, i+1), Revision: 1}
	nominal, course := ResourceName(postgres.KindNominal, t.force, uuid.UUID(t.nominal)), ResourceName(postgres.KindCourse, t.force, t.course)
	var record proto.Message
	switch s := is.(type) {
	case *storev1.StoredMeasure:
		s.Measure.Nominal, s.Measure.Source, s.Measure.Courses = nominal, source, []string{course}
		record = s.GetMeasure()
	case *storev1.StoredBreach:
		measure := t.renamed[uuid.UUID(s.GetMeasureId())]
		s.Breach.Nominal, s.Breach.Source, s.Breach.Measure = nominal, source, ResourceName(postgres.KindMeasure, t.force, measure)
		s.MeasureId = measure[:]
		record = s.GetBreach()
	case *storev1.StoredAssessment:
		s.Assessment.Nominal, s.Assessment.Source, s.Assessment.Course = nominal, source, course
		record = s.GetAssessment()
	case *storev1.StoredPlan:
		s.Plan.Nominal, s.Plan.Source, s.Plan.Course = nominal, source, course
		record = s.GetPlan()
	}
	var err error
	if part.ContentHash, err = ContentHash(record); err != nil {
		return err
	}
	after, err := d.FirstWith(id, p.cur.Record.Kind, t.force, d.Keys.SourceHMAC(t.force, source.GetSystem(), source.GetReference(), string(p.cur.Record.Kind)), source.GetRevision(), is)
	if err != nil {
		return err
	}
	p.stored.GetPart().TransferredTo, p.stored.GetPart().UpdateTime = id[:], d.Timestamp()
	before, err := d.Next(p.cur, p.key, p.cur.Version.Revision, p.stored)
	if err != nil {
		return err
	}
	t.moved(before, after, p.stored, is)
	return nil
}

// conclude makes the version of the transfer that says so, and closes the duty to
// answer it.
func (t *taking) conclude(ctx context.Context) error {
	tr := t.offer.stored.GetTransfer()
	tr.State, tr.Answer, tr.AnsweredBy = registerv1.TransferState_TRANSFER_STATE_ACCEPTED, t.req.GetAnswer(), t.c.Actor.Collar
	tr.AnswerTime = t.Timestamp()
	change, err := t.Next(t.offer.cur, t.offer.key, t.offer.cur.Version.Revision+1, t.offer.stored)
	if err != nil {
		return err
	}
	t.changes = append(t.changes, change)
	return t.closeTransferDuty(ctx, t.offer.cur.Record, t.force, eventDone)
}

// tell alerts both forces, and those that own a nominal of the person. An accusation
// both ways of which the other force's reviewers were told is told to those who review
// it now.
func (t *taking) tell() error {
	d, r, from := t.Deps, t.offer.cur.Record, t.matter.cur.Record.Force
	kind := registerv1.AlertKind_ALERT_KIND_TRANSFER_ACCEPTED
	if err := t.tellTransfer(r, t.offer.stored, from, kind, d.forceTitle(t.force)+" has taken a matter over from your force, and answers for its duties from now on."); err != nil {
		return err
	}
	if err := t.tellTransfer(r, t.offer.stored, t.force, kind, "Your force has taken a matter over from "+d.forceTitle(from)+", and answers for its duties from now on."); err != nil {
		return err
	}
	course := postgres.Record{ID: t.course, Kind: postgres.KindCourse, Force: t.force}
	concerned, _ := d.concernedBy(t.nominal)
	for _, force := range sortedKeys(concerned) {
		if force == from || force == t.force {
			continue
		}
		if err := t.alert(force, conductAlert{
			kind: kind, key: fmt.Sprintf("%s/%d/%s", r.ID, kind, force), subject: course, nominals: concerned[force].nominals,
			about: []identity.ID{t.nominal, identity.ID(t.matter.stored.GetNominalId())}, other: t.force,
			message: d.forceTitle(t.force) + " has taken over from " + d.forceTitle(from) + " a matter of a person of whom your force holds a record.",
		}); err != nil {
			return err
		}
	}
	for _, a := range d.View.AlertsAbout(identity.ID(t.matter.cur.Record.ID)) {
		if err := t.tellCounter(a, course); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) tellCounter(a *view.Alert, course postgres.Record) error {
	other := a.Subject
	if other == identity.ID(t.matter.cur.Record.ID) {
		other = a.Related
	}
	theirs, ok := t.View.CourseByID(t.View.Now(other))
	if !ok || a.Force != t.matter.cur.Record.Force || a.Kind != registerv1.AlertKind_ALERT_KIND_COUNTER_ALLEGATION || a.Audience != registerv1.AlertAudience_ALERT_AUDIENCE_REVIEWERS {
		return nil
	}
	return t.alert(t.force, conductAlert{
		kind: a.Kind, audience: a.Audience, key: fmt.Sprintf("%s/%d/%s", t.offer.cur.Record.ID, a.Kind, uuid.UUID(a.ID)),
		subject: courseRecord(theirs), related: course, nominals: []identity.ID{t.nominal}, about: []identity.ID{identity.ID(theirs.Nominal)},
		other: theirs.Force, unconfirmed: a.Possible, message: counterMessage, cause: cause{subject: a.Cause, collar: a.CauseCollar},
	})
}

// duties moves the open duties, with what the matter means for them where it is now.
// All that they rest on must stand unchanged when it commits.
func (t *taking) duties(ctx context.Context) error {
	read, _, err := t.consequences(ctx, t.nominal, t.written...)
	if err != nil {
		return err
	}
	changed := map[uuid.UUID]bool{}
	for i := range t.changes {
		changed[t.changes[i].Record.ID] = true
	}
	for _, r := range read.requires(uuid.Nil) {
		if !changed[r.Record] {
			t.c.Require(r)
		}
	}
	return t.require(t.c, t.View.Person(t.nominal).Members...)
}
