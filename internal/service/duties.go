package service

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// Duties implements register.v1.DutyService.
type Duties struct {
	registerv1.UnimplementedDutyServiceServer
	*Deps
}

// seesDuty reports whether a caller may learn of a duty: its nominal is not SILENT
// to him, nor is all that it rests on.
func (d *Deps) seesDuty(c *call.Call, duty *view.Duty) bool {
	if d.Hides(c, duty.Nominal) {
		return false
	}
	return len(duty.Rests) == 0 || slices.ContainsFunc(duty.Rests, func(id identity.ID) bool { return !d.Hides(c, id) })
}

// meetDuty notes the nominals of a duty that the caller must not learn of.
func (s *sight) meetDuty(duty *view.Duty) {
	for _, id := range append([]identity.ID{duty.Nominal}, duty.Rests...) {
		if s.Hides(s.c, id) {
			s.note(id, "", false)
		}
	}
}

// dutyPlace is a place in the list of duties: deadline and id of the last one.
type dutyPlace struct {
	due time.Time
	id  identity.ID
}

func (p dutyPlace) bytes() []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(p.due.UnixNano())), p.id[:]...)
}

func readDutyPlace(b []byte) dutyPlace {
	return dutyPlace{time.Unix(0, int64(binary.BigEndian.Uint64(b))), identity.ID(b[8:])} //nolint:gosec // as bytes wrote it
}

// ListDuties implements the RPC.
func (s *Duties) ListDuties(ctx context.Context, req *registerv1.ListDutiesRequest) (*registerv1.ListDutiesResponse, error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	binding := AskedOf("duties", req)
	place := dutyPlace{}.bytes()
	if err := s.readToken(req.GetPageToken(), binding, place); err != nil {
		return nil, err
	}
	if err := s.View.Pull(ctx); err != nil {
		return nil, err
	}
	see := s.sight(c, force)
	size := PageSize(req.GetPageSize(), 50)
	resp := &registerv1.ListDutiesResponse{}
	var ids []uuid.UUID
	var last *view.Duty
	for _, duty := range s.View.Duties(force, req.GetClosed()) {
		if req.GetPageToken() != "" && beforeOrAt(duty, readDutyPlace(place)) || !wantedDuty(req, duty, s.Now()) || !s.seesDuty(c, duty) {
			continue
		}
		if len(ids) == size {
			resp.NextPageToken = s.token(binding, dutyPlace{last.Due, last.ID}.bytes())
			break
		}
		ids, last = append(ids, uuid.UUID(duty.ID)), duty
	}
	current, err := s.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		cur, ok := current[id]
		if !ok || cur.Wrapped == nil {
			continue
		}
		var stored storev1.StoredDuty
		if _, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
			return nil, err
		}
		resp.Duties = append(resp.Duties, see.shownDuty(cur.Record, cur.Version, &stored))
	}
	return resp, nil
}

func beforeOrAt(duty *view.Duty, p dutyPlace) bool {
	return view.ByDeadline(duty, &view.Duty{Due: p.due, ID: p.id}) <= 0
}

// wantedDuty applies the filters of a listing.
func wantedDuty(req *registerv1.ListDutiesRequest, duty *view.Duty, now time.Time) bool {
	switch {
	case req.GetOverdue() && (!duty.Open() || now.Before(duty.Due)),
		req.GetRole() != registerv1.DutyRole_DUTY_ROLE_UNSPECIFIED && duty.Role != req.GetRole(),
		req.GetOfficer() != "" && duty.Officer != req.GetOfficer(),
		req.GetCode() != "" && duty.Code != req.GetCode(),
		len(req.GetCodes()) > 0 && !slices.Contains(req.GetCodes(), duty.Code),
		req.GetNominal() != "" && uuid.UUID(duty.Nominal).String() != call.RecordID(req.GetNominal()),
		req.GetDueBefore() != nil && !duty.Due.Before(req.GetDueBefore().AsTime()):
		return false
	}
	return true
}

// shownDuty completes a stored duty as the caller may see it, and notes it.
func (s *sight) shownDuty(r postgres.Record, v postgres.Version, stored *storev1.StoredDuty) *registerv1.Duty {
	out := stored.GetDuty()
	out.Name, out.Version = ResourceName(postgres.KindDuty, r.Force, r.ID), int64(v.N)
	if out.GetLogIndex() == 0 {
		out.LogIndex = v.LogIndex
	}
	s.c.Show(r.ID, r.Force)
	if len(stored.GetTransferId()) > 0 { // the nominal is the offering force's
		out.Transfer = recordNamed(postgres.KindTransfer, r.Force, stored.GetTransferId())
		return out
	}
	out.Nominal = recordNamed(postgres.KindNominal, r.Force, stored.GetNominalId())
	s.note(identity.ID(stored.GetNominalId()), r.Force, false)
	out.Course = recordNamed(postgres.KindCourse, r.Force, stored.GetCourseId())
	out.Measure = recordNamed(postgres.KindMeasure, r.Force, stored.GetMeasureId())
	for _, e := range stored.GetEvidence() {
		if id, err := uuid.FromBytes(e.GetNominal()); err == nil && !s.opens(identity.ID(id), e.GetForce()) {
			continue
		}
		shown := &registerv1.DutyEvidence{Kind: e.GetKind(), Force: "forces/" + e.GetForce(), Time: e.GetTime()}
		if e.GetForce() == s.force {
			shown.Item = e.GetItem()
			shown.Record = recordNamed(evidenceKinds[e.GetKind()], e.GetForce(), e.GetRecord())
		}
		out.Evidence = append(out.Evidence, shown)
	}
	return out
}

// opens reports whether what is recorded of a nominal may be shown to the force.
func (s *sight) opens(nominal identity.ID, force string) bool {
	if s.Hides(s.c, nominal) {
		return false
	}
	n, ok := s.View.Nominal(nominal)
	return force == s.force || !ok || n.Restriction == registerv1.Restriction_RESTRICTION_UNSPECIFIED
}

// evidenceKinds are the kinds of the records that hold what prompts rest on.
var evidenceKinds = map[string]postgres.Kind{
	"incident": postgres.KindCourse, "course": postgres.KindCourse, "statement": postgres.KindCourse, "exhibit": postgres.KindCourse,
	"counter": postgres.KindCourse, "measure": postgres.KindMeasure, "breach": postgres.KindBreach, "assessment": postgres.KindAssessment, "plan": postgres.KindPlan,
}

// recordNamed is the resource name of a stored record id; empty when there is none.
func recordNamed(kind postgres.Kind, force string, id []byte) string {
	u, err := uuid.FromBytes(id)
	if err != nil || u == uuid.Nil || kind == "" {
		return ""
	}
	return ResourceName(kind, force, u)
}

// openedDuty is a duty that the caller may see, as it stands.
type openedDuty struct {
	cur    postgres.Current
	key    seal.DataKey
	stored *storev1.StoredDuty
}

// open reads a duty of the force in its name; one that the caller may not know of is
// not found.
func (s *Duties) open(ctx context.Context, see *sight, name string) (out openedDuty, err error) {
	if err := s.View.Pull(ctx); err != nil {
		return out, err
	}
	out.stored = &storev1.StoredDuty{}
	if out.cur, out.key, err = s.Current(ctx, postgres.KindDuty, name, out.stored); err != nil {
		return out, err
	}
	duty, err := view.NewDuty(out.cur.Record, out.cur.Version, out.stored)
	if err != nil {
		return out, err
	}
	if !s.seesDuty(see.c, duty) {
		see.meetDuty(duty)
		return out, NotFound("duty")
	}
	return out, nil
}

// GetDuty implements the RPC.
func (s *Duties) GetDuty(ctx context.Context, req *registerv1.GetDutyRequest) (*registerv1.Duty, error) {
	c := call.From(ctx)
	see := s.sight(c, call.ForceCode(req.GetName()))
	o, err := s.open(ctx, see, req.GetName())
	if err != nil {
		return nil, err
	}
	return see.shownDuty(o.cur.Record, o.cur.Version, o.stored), nil
}

// change stores the next version of an open duty, as edit makes it.
func (s *Duties) change(ctx context.Context, name string, edit func(*call.Call, openedDuty) error) (answer *registerv1.Duty, err error) {
	c := call.From(ctx)
	err = Retry(ctx, func() error {
		c.Afresh()
		c.Requires = nil
		see := s.sight(c, call.ForceCode(name))
		o, err := s.open(ctx, see, name)
		if err != nil {
			return err
		}
		if !openState(o.stored.GetDuty().GetState()) {
			return NewProblem(codes.FailedPrecondition, ReasonDutyClosed, "the duty is closed")
		}
		if err := edit(c, o); err != nil {
			return err
		}
		keepIndex(o.cur, o.stored)
		next, err := s.Next(o.cur, o.key, o.cur.Version.Revision+1, o.stored)
		if err != nil {
			return err
		}
		answer = see.shownDuty(next.Record, next.Version, o.stored)
		return c.Commit(ctx, OutcomeName(codes.OK), next)
	})
	return answer, err
}

func openState(state registerv1.DutyState) bool {
	return state == registerv1.DutyState_DUTY_STATE_OPEN || state == registerv1.DutyState_DUTY_STATE_PROPOSED_CLOSURE
}

// keepIndex keeps the place in the log that a duty has by its first version.
func keepIndex(cur postgres.Current, stored *storev1.StoredDuty) {
	if stored.GetDuty().GetLogIndex() == 0 {
		stored.Duty.LogIndex = cur.Version.LogIndex
	}
}

// AssignDuty implements the RPC.
func (s *Duties) AssignDuty(ctx context.Context, req *registerv1.AssignDutyRequest) (*registerv1.Duty, error) {
	return s.change(ctx, req.GetName(), func(c *call.Call, o openedDuty) error {
		duty := o.stored.GetDuty()
		owner := &registerv1.DutyOwner{Role: req.GetRole(), Officer: req.GetOfficer()}
		if owner.GetRole() == registerv1.DutyRole_DUTY_ROLE_UNSPECIFIED {
			owner.Role = duty.GetOwner().GetRole()
		}
		duty.Owner = owner
		happened(duty, eventAssigned, c.Actor.Collar, req.GetReason(), s.Now())
		return nil
	})
}
