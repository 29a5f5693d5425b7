package service

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// closes reports whether a standing closes a matter without a court.
func closes(s registerv1.Standing) bool {
	return s == registerv1.Standing_STANDING_NO_FURTHER_ACTION || s == registerv1.Standing_STANDING_VICTIM_DOES_NOT_SUPPORT ||
		s == registerv1.Standing_STANDING_CANCELLED
}

// mayClose says what stands in the way of closing a matter: of a serial person, of
// high risk, violent or with a threat to kill, it needs a reason, a second person
// and the victim informed. What was closed before the register had it, is loaded as
// it is. id is that of the course, old the version that stands; nil for a first one.
func (s *Courses) mayClose(ctx context.Context, c *call.Call, id uuid.UUID, old, content *storev1.StoredCourse) error {
	course := content.GetCourse()
	if !closes(course.GetStanding()) || old == nil && course.GetLoadTime() != nil ||
		old != nil && old.GetCourse().GetStanding() == course.GetStanding() {
		return nil
	}
	missing := closureFaults(c, course)
	if len(missing) == 0 {
		return nil
	}
	grave, err := s.grave(ctx, id, content)
	if err != nil || !grave {
		return err
	}
	return &Problem{
		Code: codes.FailedPrecondition, Reason: ReasonClosure, Violations: missing,
		Message: "a matter of a serial person, of high risk, violent or with a threat to kill is closed only with a reason, a second person and the victim informed",
	}
}

// closureFaults names what a closure lacks.
func closureFaults(c *call.Call, course *registerv1.CourseOfConduct) []Violation {
	closure := course.GetClosure()
	var out []Violation
	if closure.GetReason() == "" {
		out = append(out, Violation{"course.closure.reason", "is required to close this matter: see codeLists/closures"})
	}
	if closure.GetRationale() == "" {
		out = append(out, Violation{"course.closure.rationale", "is required to close this matter"})
	}
	switch second := closure.GetSecondPerson(); {
	case second == "":
		out = append(out, Violation{"course.closure.second_person", "is required to close this matter: the collar number of the second person who agreed"})
	case access.SameCollar(second, course.GetOfficer()), access.SameCollar(second, c.Actor.Collar):
		out = append(out, Violation{"course.closure.second_person", "must be another than the officer in the case and than whoever registers the closing"})
	}
	if closure.GetVictimInformTime() == nil {
		out = append(out, Violation{"course.closure.victim_inform_time", "is required to close this matter: the victim must have been told"})
	}
	return out
}

// grave reports whether a matter may not be closed by one person: he is serial, or
// the matter is violent, has a threat to kill or an assessment of high risk.
func (s *Courses) grave(ctx context.Context, id uuid.UUID, content *storev1.StoredCourse) (bool, error) {
	nominal := uuid.UUID(content.GetNominalId())
	force := call.ForceCode(content.GetCourse().GetNominal())
	this, err := s.View.Course(postgres.Record{ID: id, Kind: postgres.KindCourse, Force: force}, 0, content)
	if err != nil {
		return false, err
	}
	// That it is closed now makes it no less grave.
	this.Standing, this.Cancelled = view.Standing(registerv1.Standing_STANDING_UNDER_INVESTIGATION), false
	for _, w := range s.Rules.Summarise([]conduct.Course{*this}).Warnings {
		if warning, ok := s.Ref.Warning(w.Code); ok && warning.Gravity >= safetyGravity {
			return true, nil
		}
	}
	if err := s.View.Pull(ctx); err != nil {
		return false, err
	}
	all := []conduct.Course{*this}
	person := s.View.Person(identity.ID(nominal))
	for _, m := range person.Members {
		n, ok := s.View.Nominal(m)
		if !ok || m != identity.ID(nominal) && (n.Silent() || n.Restriction != registerv1.Restriction_RESTRICTION_UNSPECIFIED && n.Force != force) {
			continue
		}
		for _, course := range s.View.Courses(m) {
			if course.ID != this.ID {
				all = append(all, *course)
			}
		}
	}
	if s.Rules.Summarise(all).Serial.Level == conduct.Yes {
		return true, nil
	}
	return s.highRisk(ctx, id, identity.ID(nominal))
}

// highRisk reports whether the last assessment of a course that stands is of high
// risk.
func (s *Courses) highRisk(ctx context.Context, course uuid.UUID, nominal identity.ID) (bool, error) {
	var ids []uuid.UUID
	for _, id := range s.View.PartIDs(nominal, postgres.KindAssessment) {
		ids = append(ids, uuid.UUID(id))
	}
	if len(ids) == 0 || course == uuid.Nil {
		return false, nil
	}
	rows, err := s.DB.CurrentByID(ctx, ids)
	if err != nil {
		return false, err
	}
	var last *registerv1.Assessment
	for _, cur := range rows {
		if cur.Wrapped == nil {
			continue
		}
		var stored storev1.StoredAssessment
		if _, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
			return false, err
		}
		a := regraded(&stored)
		if stored.GetPart().GetCancelled() || call.RecordID(a.GetCourse()) != course.String() {
			continue
		}
		if last == nil || a.GetAssessTime().AsTime().After(last.GetAssessTime().AsTime()) {
			last = a
		}
	}
	return last.GetStandingGrade() == registerv1.RiskGrade_RISK_GRADE_HIGH, nil
}

// partsOfCourse makes the erasures of the assessments and safety plans of a course,
// which are about its victim. The view must be level.
func (s *Courses) partsOfCourse(ctx context.Context, course postgres.Current) ([]accesslog.Change, error) {
	var stored storev1.StoredCourse
	if _, err := view.OpenVersion(s.Keys, course.Record, course.Version, course.Wrapped, &stored); err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	for _, id := range s.View.PartIDs(identity.ID(stored.GetNominalId()), postgres.KindAssessment, postgres.KindPlan) {
		ids = append(ids, uuid.UUID(id))
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.DB.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []accesslog.Change
	for _, cur := range rows {
		if cur.Wrapped == nil {
			continue
		}
		var assessment storev1.StoredAssessment
		var plan storev1.StoredPlan
		var of string
		if cur.Record.Kind == postgres.KindAssessment {
			_, err = view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &assessment)
			of = assessment.GetAssessment().GetCourse()
		} else {
			_, err = view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &plan)
			of = plan.GetPlan().GetCourse()
		}
		if err != nil {
			return nil, err
		}
		if call.RecordID(of) == course.Record.ID.String() {
			out = append(out, erase(cur))
		}
	}
	slices.SortFunc(out, func(a, b accesslog.Change) int { return slices.Compare(a.Record.ID[:], b.Record.ID[:]) })
	return out, nil
}
