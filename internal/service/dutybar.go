package service

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// lapse is a change by which something would be closed, downgraded or let lapse.
type lapse struct {
	// record is what is changed, at the version that stands.
	record postgres.Record
	// nominal is the force's own; about says which of its duties stand in the way.
	nominal identity.ID
	about   func(*view.Duty) bool
	// courses are those that it is about.
	courses []conduct.ID
	// without is the stored form as it would be without the lapse, but with all else
	// that is written: an action recorded with it does close a duty.
	without proto.Message
}

// mayLapse says which open duties stand in the way of a change, or an offer to another
// force. Nothing is closed, downgraded or left to lapse over either.
func (d *Deps) mayLapse(ctx context.Context, l lapse) error {
	if err := d.View.Pull(ctx); err != nil {
		return err
	}
	for _, course := range l.courses {
		if offer, ok := d.View.OfferOf(l.nominal, identity.ID(course)); ok {
			return d.errOffered(l.record.Force, offer.ID[:])
		}
	}
	var open []*view.Duty
	for _, known := range d.View.DutiesOf(l.nominal) {
		if known.Open() && known.Force == l.record.Force && l.about(known) {
			open = append(open, known)
		}
	}
	if len(open) == 0 {
		return nil
	}
	read, err := d.readHistory(ctx, l.nominal, d.View.Person)
	if err != nil {
		return err
	}
	force := l.record.Force
	h := read.seenBy(force)
	if err := d.include(h, l.record, 0, l.without, read.confirmed[force]); err != nil {
		return err
	}
	holds := map[string]bool{}
	for _, r := range d.raisedBy(force, read, h, d.Rules.Prompts(h, d.Now())) {
		holds[r.Code+"/"+r.Key] = true
	}
	open = slices.DeleteFunc(open, func(known *view.Duty) bool { return !holds[known.Code+"/"+known.Key] })
	if len(open) == 0 {
		return nil
	}
	slices.SortFunc(open, view.ByDeadline)
	return dutyOpen(open)
}

// dutyOpen names the duties that stand in the way.
func dutyOpen(open []*view.Duty) *Problem {
	p := NewProblem(codes.FailedPrecondition, ReasonDutyOpen, "")
	var names []string
	for _, known := range open {
		names = append(names, known.Code+" due "+clockTime(known.Due))
		p.Violations = append(p.Violations, Violation{
			ResourceName(postgres.KindDuty, known.Force, uuid.UUID(known.ID)),
			known.Code + " is open: record the action that closes it, or have a supervisor approve why it needs none",
		})
	}
	p.Message = "nothing is closed or downgraded over an open duty: " + strings.Join(names, "; ")
	return p
}

// closing is the lapse that closing a course is: it stands as it stood.
func closing(r postgres.Record, old, content *storev1.StoredCourse) lapse {
	without := &storev1.StoredCourse{}
	proto.Merge(without, content)
	without.Course.Standing, without.Course.Standings = old.GetCourse().GetStanding(), old.GetCourse().GetStandings()
	without.Course.Closure, without.Course.StandingTime = old.GetCourse().GetClosure(), old.GetCourse().GetStandingTime()
	return lapse{
		record: r, nominal: identity.ID(content.GetNominalId()), without: without, courses: []conduct.ID{conduct.ID(r.ID)},
		about: func(known *view.Duty) bool { return known.Course == identity.ID(r.ID) },
	}
}

// ending is the lapse that ending a measure before its time or letting it run out is;
// ok is false when it does not end. One that is replaced goes on.
func ending(r postgres.Record, old, content *storev1.StoredMeasure) (l lapse, ok bool) {
	was, is := old.GetMeasure(), content.GetMeasure()
	ended := func(s registerv1.MeasureStatus) bool {
		return s == registerv1.MeasureStatus_MEASURE_STATUS_DISCHARGED || s == registerv1.MeasureStatus_MEASURE_STATUS_EXPIRED
	}
	shorter := is.GetUntilTime() != nil && (was.GetUntilTime() == nil || is.GetUntilTime().AsTime().Before(was.GetUntilTime().AsTime()))
	if ended(was.GetStatus()) || !ended(is.GetStatus()) && !shorter {
		return lapse{}, false
	}
	without := &storev1.StoredMeasure{}
	proto.Merge(without, content)
	without.Measure.Status, without.Measure.UntilTime = was.GetStatus(), was.GetUntilTime()
	var courses []conduct.ID
	for _, name := range was.GetCourses() {
		courses = append(courses, recordIn(name))
	}
	return lapse{
		record: r, nominal: identity.ID(content.GetPart().GetNominalId()), without: without, courses: courses,
		about: func(known *view.Duty) bool { return known.Measure == identity.ID(r.ID) },
	}, true
}

// downgrade is the lapse that a lower grade of risk is: the grade stands as it stood.
func (d *Deps) downgrade(ctx context.Context, r postgres.Record, content *storev1.StoredAssessment) (l lapse, lower bool, err error) {
	nominal := identity.ID(content.GetPart().GetNominalId())
	course := recordIn(content.GetAssessment().GetCourse())
	before, err := d.gradeBefore(ctx, nominal, course)
	if err != nil {
		return lapse{}, false, err
	}
	if gradeIn(content).Stands() >= before {
		return lapse{}, false, nil
	}
	without := &storev1.StoredAssessment{}
	proto.Merge(without, content)
	without.Assessment.Grade, without.Assessment.Regrades, without.Regrades = registerv1.RiskGrade(before), nil, nil
	return lapse{
		record: r, nominal: nominal, without: without, courses: []conduct.ID{course},
		about: func(known *view.Duty) bool { return known.Course == identity.ID(course) },
	}, true, nil
}

// partMayLapse says which open duties stand in the way of a version of a measure or an
// assessment; old is nil for the first. What is withdrawn as an error is not barred.
func (d *Deps) partMayLapse(ctx context.Context, r postgres.Record, old, content partStored) error {
	if content.GetPart().GetCancelled() || content.GetPart().GetLoadTime() != nil && old == nil {
		return nil
	}
	if err := d.View.Pull(ctx); err != nil {
		return err
	}
	switch now := content.(type) {
	case *storev1.StoredMeasure:
		was, ok := old.(*storev1.StoredMeasure)
		if !ok {
			return nil
		}
		if l, ends := ending(r, was, now); ends {
			return d.mayLapse(ctx, l)
		}
	case *storev1.StoredAssessment:
		l, lower, err := d.downgrade(ctx, r, now)
		if err != nil || !lower {
			return err
		}
		return d.mayLapse(ctx, l)
	}
	return nil
}

// gradeBefore is the grade of risk of a course that stands as stored: that of the last
// assessment, the one that is written now included as it was.
func (d *Deps) gradeBefore(ctx context.Context, nominal identity.ID, course conduct.ID) (conduct.Grade, error) {
	var ids []uuid.UUID
	for _, id := range d.View.PartIDs(nominal, postgres.KindAssessment) {
		ids = append(ids, uuid.UUID(id))
	}
	if len(ids) == 0 {
		return conduct.GradeNone, nil
	}
	all, err := d.DB.CurrentByID(ctx, ids)
	if err != nil {
		return conduct.GradeNone, err
	}
	var last time.Time
	var grade conduct.Grade
	for _, cur := range all {
		if cur.Wrapped == nil {
			continue
		}
		var stored storev1.StoredAssessment
		if _, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
			return conduct.GradeNone, err
		}
		a := gradeIn(&stored)
		if a.Cancelled || a.Course != course || a.Time.Before(last) {
			continue
		}
		last, grade = a.Time, a.Stands()
	}
	return grade, nil
}

// gradeIn is a stored assessment as its grade is read.
func gradeIn(stored *storev1.StoredAssessment) *conduct.Assessment {
	a := assessmentIn(openPart[*storev1.StoredAssessment]{stored: stored}, false)
	return &a
}
