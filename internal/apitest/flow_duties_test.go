package apitest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
)

// clocked is a flow on a clock that the test sets, at noon on a working day.
func clocked(t *testing.T) (*stage, *servertest.Clock) {
	t.Helper()
	clock := servertest.NewClock(time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC))
	return flow(t, func(c *server.Config) { c.Clock = clock.Now }), clock
}

// threatAt is a threat to kill at a time, reported then.
func threatAt(force, nominal, reference string, at time.Time) *pb.RegisterCourseRequest {
	r := threat(force, nominal, reference)
	r.Course.Incidents[0].OccurTime = timestamppb.New(at)
	return r
}

// until waits for what the register's clock brings about.
func (s *stage) until(what string, holds func() bool) {
	s.Helper()
	for range 400 {
		if holds() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.Fatalf("never: %s", what)
}

// dutiesOf are the duties of a force about a nominal, by a code, closed or not.
func (s *stage) dutiesOf(who, nominal, code string) []*pb.Duty {
	s.Helper()
	parent, _, _ := cutForce(nominal)
	return s.must(who, listDuties, &pb.ListDutiesRequest{Parent: parent, Nominal: nominal, Code: code, Closed: true, PageSize: 200}).(*pb.ListDutiesResponse).GetDuties()
}

// dutyAlerts counts a force's alerts of a kind about a duty.
func (s *stage) dutyAlerts(force, duty string, kind pb.AlertKind) (n int) {
	s.Helper()
	req := &pb.ListAlertsRequest{Parent: "forces/" + force, PageSize: 500}
	for {
		page := s.must("spoc-"+force, listAlerts, req).(*pb.ListAlertsResponse)
		for _, a := range page.GetAlerts() {
			if a.GetSubject() == duty && a.GetKind() == kind {
				n++
			}
		}
		if req.PageToken = page.GetNextPageToken(); !page.GetMore() {
			return n
		}
	}
}

// A threat that nobody answers becomes a duty without any further call, climbs to the
// top by the ladder, once each, over a restart and with two replicas, and is done when
// the answer is recorded.
func TestDutyClimbsOverRestartWithTwoReplicas(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	second := s.w.site.Config()
	second.Clock = clock.Now
	other := s.w.site.Start(second)
	n := s.register("33", "climber", "N-1")
	began := clock.Now()
	s.must("system-33", registerCourse, threatAt("33", n, "T-1", began))
	if got := s.dutiesOf("spoc-33", n, "NO_ACTION"); len(got) != 0 {
		t.Fatalf("a duty at once: %v", got)
	}
	clock.Advance(61 * time.Minute)
	s.until("the threat becomes a duty", func() bool { return len(s.dutiesOf("spoc-33", n, "NO_ACTION")) == 1 })
	duty := s.dutiesOf("spoc-33", n, "NO_ACTION")[0]
	s.names["duty"] = duty.GetName()
	if duty.GetOwner().GetRole() != pb.DutyRole_DUTY_ROLE_SUPERVISOR || len(duty.GetSteps()) != 1 {
		t.Errorf("it begins with %v", duty)
	}
	climbed := func(steps int, role pb.DutyRole) {
		t.Helper()
		s.until("it climbs", func() bool { return len(s.duty("spoc-33").GetSteps()) >= steps })
		time.Sleep(1200 * time.Millisecond) // two rounds of each replica
		d := s.duty("spoc-33")
		if len(d.GetSteps()) != steps || d.GetOwner().GetRole() != role {
			t.Errorf("steps %v of %v, want %d", d.GetSteps(), d.GetOwner(), steps)
		}
		if got := s.dutyAlerts("33", duty.GetName(), alertDutyClimbed); got != steps-1 {
			t.Errorf("%d alerts of its climbing, want %d", got, steps-1)
		}
	}
	clock.Advance(61 * time.Minute)
	climbed(2, pb.DutyRole_DUTY_ROLE_DUTY_INSPECTOR)
	other.Stop()
	clock.Advance(2 * time.Hour) // the deadline and the last rung
	again := s.w.site.Config()
	again.Clock = clock.Now
	s.w.site.Start(again)
	s.until("it reaches the top", func() bool { return s.duty("spoc-33").GetClimbTime() == nil })
	top := len(s.duty("spoc-33").GetSteps())
	climbed(top, pb.DutyRole_DUTY_ROLE_SPOC)
	if steps := s.duty("spoc-33").GetSteps(); !slices.ContainsFunc(steps, func(s *pb.DutyStep) bool { return s.GetOverdue() }) {
		t.Errorf("nobody was told of the deadline: %v", steps)
	}
	if got := s.dutyAlerts("33", duty.GetName(), alertDutyOpened); got != 1 {
		t.Errorf("%d alerts that it was opened", got)
	}
	// The answer closes it, in the same entry.
	r := threatAt("33", n, "T-1", began)
	r.Course.Source.Revision = 2
	r.Course.Incidents[0].Actions = []*pb.PoliceAction{{Code: "ARRESTED", ActTime: timestamppb.New(clock.Now())}}
	s.must("system-33", registerCourse, r)
	if d := s.duty("spoc-33"); d.GetState() != pb.DutyState_DUTY_STATE_DONE || d.GetClosing().GetAction() != "ARRESTED" || d.GetClosing().GetRecord() != d.GetCourse() {
		t.Errorf("after the arrest: %v", d)
	}
}

// What its own report raises commits with it, and a cancelled report lets it fall.
func TestDutyFallsWithItsConduct(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	n := s.register("33", "faller", "N-1")
	name := s.must("system-33", registerCourse, threatAt("33", n, "T-1", clock.Now().Add(-90*time.Minute))).(*pb.RegisterCourseResponse).GetName()
	duty := s.dutyOf("spoc-33", n, "NO_ACTION")
	s.names["duty"] = duty.GetName()
	if duty.GetState() != dutyOpen || s.dutyAlerts("33", duty.GetName(), alertDutyOpened) != 1 {
		t.Errorf("raised as %v", duty)
	}
	s.must("spoc-33", cancelCourse, &pb.CancelCourseRequest{Name: name, Reason: pb.CancelReason_CANCEL_REASON_ENTERED_IN_ERROR})
	s.until("it falls away", func() bool { return s.duty("spoc-33").GetState() == pb.DutyState_DUTY_STATE_FELL_AWAY })
	if got := s.dutyAlerts("33", duty.GetName(), alertDutyFell); got != 1 {
		t.Errorf("%d alerts that it fell away", got)
	}
	// It comes to hold again under its own name.
	r := threatAt("33", n, "T-1", clock.Now().Add(-90*time.Minute))
	r.Reinstate, r.Course.Source.Revision = true, 2
	s.must("system-33", registerCourse, r)
	if d := s.dutyOf("spoc-33", n, "NO_ACTION"); d.GetName() != duty.GetName() || d.GetState() != dutyOpen || d.GetLogIndex() != duty.GetLogIndex() {
		t.Errorf("reinstated: %v", d)
	}
}

// Two forces write the halves of a pattern at the same moment, over two replicas: each
// duty is there once, within a moment, whoever missed whom.
func TestHalvesOfAPatternAtTheSameMoment(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	now := clock.Now()
	a := s.register("33", "halves", "A-1")
	b := s.register("10", "halves", "B-1")
	s.confirm("spoc-33", s.linkOf("spoc-33", a).GetName())
	measure := s.must("system-33", registerCourse, against("33", a, "C-1", "Odette", "Farrow")).(*pb.RegisterCourseResponse).GetName()
	made := s.must("system-33", registerMeasure, &pb.RegisterMeasureRequest{Parent: "forces/33", Measure: &pb.Measure{
		Source: &pb.SourceKey{System: "crime", Reference: "M-1", Revision: 1}, Nominal: a, Courses: []string{measure}, Kind: "POLICE_BAIL",
		Status: pb.MeasureStatus_MEASURE_STATUS_IN_FORCE, FromTime: timestamppb.New(now.Add(-24 * time.Hour)),
		Conditions: []*pb.MeasureCondition{{Code: "NO_CONTACT"}},
	}}).(*pb.RegisterMeasureResponse).GetName()
	breachBy := func(force, nominal, reference string) *pb.RegisterBreachRequest {
		return &pb.RegisterBreachRequest{Parent: "forces/" + force, Breach: &pb.Breach{
			Source: &pb.SourceKey{System: "crime", Reference: reference, Revision: 1}, Nominal: nominal, Measure: made,
			OccurTime: timestamppb.New(now.Add(-3 * time.Hour)), Behaviours: []string{"CONTACT"}, Conditions: []string{"NO_CONTACT"},
		}}
	}
	var both sync.WaitGroup
	both.Go(func() { s.must("system-33", registerBreach, breachBy("33", a, "X-1")) })
	both.Go(func() { s.must("system-10", registerBreach, breachBy("10", b, "X-2")) })
	both.Wait()
	for _, of := range []struct{ who, nominal string }{{"spoc-33", a}, {"spoc-10", b}} {
		s.until(of.who+" has the duty of a breach", func() bool { return len(s.dutiesOf(of.who, of.nominal, "UNACTIONED_BREACH")) > 0 })
	}
	time.Sleep(1200 * time.Millisecond)
	for _, of := range []struct{ who, nominal string }{{"spoc-33", a}, {"spoc-10", b}} {
		seen := map[string]bool{}
		for _, d := range s.dutiesOf(of.who, of.nominal, "") {
			if seen[d.GetCode()+d.GetKey()] {
				t.Errorf("%s has twice %s %s", of.who, d.GetCode(), d.GetKey())
			}
			seen[d.GetCode()+d.GetKey()] = true
			if got := s.dutyAlerts(of.who[len("spoc-"):], d.GetName(), alertDutyOpened); got != 1 {
				t.Errorf("%s was alerted %d times to %s", of.who, got, d.GetCode())
			}
		}
	}
}

// A SILENT nominal raises no duty for anybody but its owner's PSD, and one that becomes
// SILENT takes its duties out of everybody's sight.
func TestSilentRaisesNoDuty(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	a := s.register("33", "quiet", "A-1")
	s.register("10", "quiet", "B-1")
	s.confirm("spoc-33", s.linkOf("spoc-33", a).GetName())
	s.must("system-33", registerCourse, threatAt("33", a, "T-1", clock.Now().Add(-30*time.Minute)))
	s.restrict(a, pb.Restriction_RESTRICTION_SILENT)
	clock.Advance(time.Hour)
	// The clock is seen to have gone by a duty of somebody else.
	c := s.register("33", "loud", "C-1")
	s.must("system-33", registerCourse, threatAt("33", c, "T-2", clock.Now().Add(-59*time.Minute)))
	clock.Advance(2 * time.Minute)
	s.until("another's duty arises", func() bool { return len(s.dutiesOf("spoc-33", c, "NO_ACTION")) == 1 })
	for _, force := range []string{"33", "10"} {
		for _, who := range []string{"spoc-", "investigator-", "supervisor-"} {
			page := s.must(who+force, listDuties, &pb.ListDutiesRequest{Parent: "forces/" + force, Closed: true}).(*pb.ListDutiesResponse)
			for _, d := range page.GetDuties() {
				if d.GetNominal() != c {
					t.Errorf("%s%s is shown %v", who, force, d)
				}
			}
		}
		req := &pb.ListAlertsRequest{Parent: "forces/" + force, PageSize: 500}
		for _, alert := range s.must("spoc-"+force, listAlerts, req).(*pb.ListAlertsResponse).GetAlerts() {
			if ofDuty(alert) && !slices.Contains(alert.GetNominals(), c) {
				t.Errorf("spoc-%s is alerted to %v", force, alert)
			}
		}
	}
	if got := s.dutiesOf("psd-33", a, "NO_ACTION"); len(got) != 1 {
		t.Errorf("PSD sees %d duties", len(got))
	}
}

// A search changes no record, and yet it is what some duties wait for.
func TestSearchAnswersADuty(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	n := s.register("33", "sought", "N-1")
	r := course("33", n, "C-1", 1)
	r.Course.Incidents[0].OccurTime = timestamppb.New(clock.Now().Add(-5 * time.Hour))
	s.must("system-33", registerCourse, r)
	s.names["duty"] = s.dutyOf("spoc-33", n, "NO_CHECK").GetName()
	clock.Advance(time.Minute)
	s.search("investigator-33", "sought")
	s.until("the search answers it", func() bool { return s.duty("spoc-33").GetState() == pb.DutyState_DUTY_STATE_DONE })
	if c := s.duty("spoc-33").GetClosing(); c.GetAction() != "CHECKED" || c.GetBy() != "register" {
		t.Errorf("closed by %v", c)
	}
}

// Nothing is closed, downgraded or left to lapse over an open duty; what is recorded
// with it counts, and what a court decides passes.
func TestNothingLapsesOverADuty(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	n := s.register("33", "lapse", "N-1")
	threat := threatAt("33", n, "T-1", clock.Now().Add(-90*time.Minute))
	name := s.must("system-33", registerCourse, threat).(*pb.RegisterCourseResponse).GetName()
	duty := s.dutyOf("spoc-33", n, "NO_ACTION")
	next := func(edit func(*pb.CourseOfConduct)) *pb.RegisterCourseRequest {
		r := proto.Clone(threat).(*pb.RegisterCourseRequest)
		r.Course.Source.Revision++
		edit(r.Course)
		return r
	}
	closed := func(c *pb.CourseOfConduct) {
		c.Standing, c.Officer = pb.Standing_STANDING_NO_FURTHER_ACTION, "1234"
		c.Closure = &pb.Closure{Reason: "EVIDENTIAL", Rationale: "Nothing to add.", SecondPerson: "5678", VictimInformTime: timestamppb.New(clock.Now())}
	}
	barred := func(what, method string, request proto.Message) {
		t.Helper()
		if code, reason, _ := refusal(s.try("system-33", method, request)); code != codes.FailedPrecondition || reason != "DUTY_OPEN" {
			t.Errorf("%s: %v %s", what, code, reason)
		}
	}
	barred("closing over a duty", registerCourse, next(closed))
	high := assessment("33", n, name, "A-1", 1)
	high.Assessment.Grade, high.Assessment.AssessTime = pb.RiskGrade_RISK_GRADE_HIGH, timestamppb.New(clock.Now())
	s.must("system-33", registerAssessment, high)
	clock.Advance(time.Minute)
	low := assessment("33", n, name, "A-2", 1)
	low.Assessment.Grade, low.Assessment.AssessTime = pb.RiskGrade_RISK_GRADE_STANDARD, timestamppb.New(clock.Now())
	barred("a lower grade over a duty", registerAssessment, low)
	// The visit that answers it is recorded with the closing.
	done := next(func(c *pb.CourseOfConduct) {
		closed(c)
		c.Incidents[0].Actions = []*pb.PoliceAction{{Code: "VISITED_VICTIM", ActTime: timestamppb.New(clock.Now())}}
	})
	s.must("system-33", registerCourse, done)
	if d := s.dutyOf("spoc-33", n, "NO_ACTION"); d.GetName() != duty.GetName() || d.GetState() != pb.DutyState_DUTY_STATE_DONE {
		t.Errorf("after the visit: %v", d)
	}
	// A court's outcome passes.
	other := s.register("33", "convict", "N-2")
	charged := threatAt("33", other, "T-2", clock.Now().Add(-90*time.Minute))
	s.must("system-33", registerCourse, charged)
	charged.Course.Source.Revision, charged.Course.Standing = 2, pb.Standing_STANDING_ACQUITTED
	s.must("system-33", registerCourse, charged)
	if d := s.dutyOf("spoc-33", other, "NO_ACTION"); d.GetState() != pb.DutyState_DUTY_STATE_FELL_AWAY {
		t.Errorf("after the acquittal: %v", d)
	}
}
