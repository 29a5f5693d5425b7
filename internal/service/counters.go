package service

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// counters are the accusations both ways that one's courses are part of, as the
// rules of conduct take them; only those that the caller may learn of. To whoever
// registered one, and to those who do not review, there is none: a prompt would
// tell that the other side has come forward.
func (s *sight) counters(courses []*opened) []conduct.Counter {
	var out []conduct.Counter
	for _, o := range courses {
		id := identity.ID(o.cur.Record.ID)
		seen := map[identity.ID]bool{}
		for _, a := range s.View.AlertsOf(id) {
			other := s.View.Now(a.Subject)
			if other == id {
				other = s.View.Now(a.Related)
			}
			theirs, ok := s.View.CourseByID(other)
			mine, ok2 := s.View.CourseByID(id)
			if a.Kind != registerv1.AlertKind_ALERT_KIND_COUNTER_ALLEGATION || !ok || !ok2 || seen[other] || a.Force != s.force || !s.shows(a) {
				continue
			}
			seen[other] = true
			c := conduct.Counter{
				Course: conduct.ID(id), Other: conduct.ID(other), Force: mine.Force, OtherForce: theirs.Force,
				Possible: a.Possible, Later: later(mine, theirs), Time: a.Created,
			}
			for _, r := range o.course.GetCounterReviews() {
				if s.View.Now(identity.ID(r.GetOther())) == other {
					c.Reviewed, c.Upheld = r.GetReviewTime().AsTime(), r.GetUpheld()
				}
			}
			out = append(out, c)
		}
	}
	return out
}

// later reports whether one accusation is the later of two: by the first incident
// that it reports, whichever was registered first.
func later(a, b *conduct.Course) bool {
	first := func(c *conduct.Course) conduct.Day {
		day := conduct.NoDay
		for _, i := range c.Incidents {
			if day == conduct.NoDay || i.Day < day {
				day = i.Day
			}
		}
		return day
	}
	if x, y := first(a), first(b); x != y {
		return x > y
	}
	return slices.Compare(a.ID[:], b.ID[:]) > 0
}

// ReviewCounter implements the RPC. The review is kept on the course that is the
// later accusation, by the force that recorded it.
func (s *Alerts) ReviewCounter(ctx context.Context, req *registerv1.ReviewCounterRequest) (*registerv1.ReviewCounterResponse, error) {
	c := call.From(ctx)
	err := Retry(ctx, func() error {
		if err := s.View.Pull(ctx); err != nil {
			return err
		}
		see := s.sight(c, call.ForceCode(req.GetName()))
		var alert storev1.StoredAlert
		cur, _, err := s.Current(ctx, postgres.KindAlert, req.GetName(), &alert)
		if err != nil {
			return err
		}
		a, ok := s.View.Alert(identity.ID(cur.Record.ID))
		if !ok || !see.shows(a) || a.Kind != registerv1.AlertKind_ALERT_KIND_COUNTER_ALLEGATION {
			return NotFound("alert")
		}
		mine, other, err := s.accusation(a)
		if err != nil {
			return err
		}
		var stored storev1.StoredCourse
		course, key, err := s.OpenRecord(ctx, postgres.KindCourse, uuid.UUID(mine), &stored)
		if err != nil {
			return err
		}
		if stored.GetRegistrant() == call.Subject(c.Actor) {
			return NewProblem(codes.FailedPrecondition, ReasonSecondPerson, "whoever registered the accusation does not review it: somebody else must")
		}
		stored.CounterReviews = slices.DeleteFunc(stored.GetCounterReviews(), func(r *storev1.CounterReview) bool { return slices.Equal(r.GetOther(), other[:]) })
		stored.CounterReviews = append(stored.CounterReviews, &storev1.CounterReview{Other: other[:], ReviewTime: s.Timestamp(), Upheld: req.GetUpheld()})
		change, err := s.Next(course, key, course.Version.Revision, &stored)
		if err != nil {
			return err
		}
		code := "NOT_UPHELD"
		if req.GetUpheld() {
			code = "UPHELD"
		}
		c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Code: code, Explanation: req.GetReason(), Reference: req.GetName()})
		c.Requires = []accesslog.Requirement{{Record: cur.Record.ID, N: cur.Version.N}}
		return s.Commit(ctx, c, course.Record, change)
	})
	if err != nil {
		return nil, err
	}
	return &registerv1.ReviewCounterResponse{}, nil
}

// accusation is the course of an accusation both ways that is the later one, and
// the other. It must be of the force that is alerted.
func (s *Alerts) accusation(a *view.Alert) (mine, other identity.ID, err error) {
	x, okX := s.View.CourseByID(s.View.Now(a.Subject))
	y, okY := s.View.CourseByID(s.View.Now(a.Related))
	if !okX || !okY {
		return mine, other, NewProblem(codes.FailedPrecondition, ReasonRecordCancelled, "one of the two courses was withdrawn: there is nothing to review")
	}
	if !later(x, y) {
		x, y = y, x
	}
	if x.Force != a.Force {
		return mine, other, NewProblem(codes.FailedPrecondition, ReasonOtherForce, "the later of the two accusations is the other force's: it reviews it")
	}
	return identity.ID(x.ID), identity.ID(y.ID), nil
}
