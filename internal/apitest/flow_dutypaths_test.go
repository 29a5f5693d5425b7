package apitest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// A broken measure does not end over the duty to act on its breach: not discharged, nor
// shortened, nor said to have run out. One that another replaces goes on, and after the
// arrest it may end.
func TestMeasureEndsOverNoDuty(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	now := clock.Now()
	n := s.register("33", "bailed", "N-1")
	r := course("33", n, "C-1", 1)
	r.Course.Incidents[0].OccurTime = timestamppb.New(now.Add(-time.Hour))
	name := s.must("system-33", registerCourse, r).(*pb.RegisterCourseResponse).GetName()
	bail := measure("33", n, "M-1", 1)
	bail.Measure.Courses, bail.Measure.UntilTime, bail.Measure.FromTime = []string{name}, timestamppb.New(now.AddDate(0, 3, 0)), timestamppb.New(now.AddDate(0, -1, 0))
	made := s.must("system-33", registerMeasure, bail).(*pb.RegisterMeasureResponse).GetName()
	b := breach("33", n, made, "B-1", 1)
	b.Breach.OccurTime, b.Breach.ReportTime, b.Breach.Actions = timestamppb.New(now.Add(-30*time.Minute)), timestamppb.New(now.Add(-20*time.Minute)), nil
	s.must("system-33", registerBreach, b)
	duty := s.dutyOf("spoc-33", n, "UNACTIONED_BREACH")
	next := func(edit func(*pb.Measure)) *pb.RegisterMeasureRequest {
		m := proto.Clone(bail).(*pb.RegisterMeasureRequest)
		m.Measure.Source.Revision++
		edit(m.Measure)
		return m
	}
	discharged := func(m *pb.Measure) { m.Status = pb.MeasureStatus_MEASURE_STATUS_DISCHARGED }
	for what, edit := range map[string]func(*pb.Measure){
		"discharged": discharged,
		"run out":    func(m *pb.Measure) { m.Status = pb.MeasureStatus_MEASURE_STATUS_EXPIRED },
		"shortened":  func(m *pb.Measure) { m.UntilTime = timestamppb.New(now.AddDate(0, 1, 0)) },
	} {
		if code, reason, fields := refusal(s.try("system-33", registerMeasure, next(edit))); code != codes.FailedPrecondition || reason != "DUTY_OPEN" || !slices.Contains(fields, duty.GetName()) {
			t.Errorf("%s over a duty: %v %s %q", what, code, reason, fields)
		}
	}
	longer := next(func(m *pb.Measure) { m.UntilTime = timestamppb.New(now.AddDate(0, 6, 0)) })
	s.must("system-33", registerMeasure, longer)
	bail = longer
	replaced := next(func(m *pb.Measure) { m.Status = pb.MeasureStatus_MEASURE_STATUS_REPLACED })
	s.must("system-33", registerMeasure, replaced)
	bail = replaced
	back := next(func(m *pb.Measure) { m.Status = pb.MeasureStatus_MEASURE_STATUS_IN_FORCE })
	s.must("system-33", registerMeasure, back)
	bail = back

	// He was arrested for it, which is recorded with the course and not with the breach: an
	// officer closes the duty by that.
	closing := &pb.CloseDutyRequest{Name: duty.GetName(), Action: "ARRESTED", Record: name}
	if code, reason, _ := refusal(s.try("investigator-33", closeDuty, closing)); code != codes.FailedPrecondition || reason != "DUTY_ACTION_MISSING" {
		t.Errorf("closed before the arrest: %v %s", code, reason)
	}
	r.Course.Source.Revision, r.Course.Actions = 2, []*pb.PoliceAction{{Code: "ARRESTED", ActTime: timestamppb.New(now)}}
	s.must("system-33", registerCourse, r)
	done := s.must("investigator-33", closeDuty, closing).(*pb.Duty)
	if c := done.GetClosing(); done.GetState() != pb.DutyState_DUTY_STATE_DONE || c.GetAction() != "ARRESTED" || c.GetRecord() != name || c.GetBy() == "register" || done.GetClimbTime() != nil {
		t.Errorf("closed by the arrest: %v", done)
	}
	if code, reason, _ := refusal(s.try("investigator-33", closeDuty, closing)); code != codes.FailedPrecondition || reason != "DUTY_CLOSED" {
		t.Errorf("closed twice: %v %s", code, reason)
	}
	s.must("system-33", registerMeasure, next(discharged))
}

// A breach by somebody whom nobody has linked with him whom the measure restrains is a
// duty of both forces, of the measure's as possible; and it goes with the breach.
func TestBreachUnderAnUnlinkedName(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	now := clock.Now()
	a := s.register("33", "restrained", "A-1")
	r := course("33", a, "C-1", 1)
	r.Course.Incidents[0].OccurTime = timestamppb.New(now.Add(-time.Hour))
	name := s.must("system-33", registerCourse, r).(*pb.RegisterCourseResponse).GetName()
	bail := measure("33", a, "M-1", 1)
	bail.Measure.Courses = []string{name}
	made := s.must("system-33", registerMeasure, bail).(*pb.RegisterMeasureResponse).GetName()
	b := s.register("10", "alias", "B-1")
	found := s.search("investigator-10", "restrained")
	broken := breach("10", b, made, "X-1", 1)
	broken.Candidate = found.GetName() + "/candidates/1"
	broken.Breach.OccurTime, broken.Breach.ReportTime, broken.Breach.Actions = timestamppb.New(now.Add(-30*time.Minute)), timestamppb.New(now.Add(-20*time.Minute)), nil
	said := s.must("investigator-10", registerBreach, broken).(*pb.RegisterBreachResponse).GetName()
	if d := s.dutyOf("spoc-10", b, "UNACTIONED_BREACH"); d.GetState() != dutyOpen || d.GetUnconfirmed() {
		t.Errorf("to the force that recorded it: %v", d)
	}
	s.until("the measure's force has the duty", func() bool { return len(s.dutiesOf("spoc-33", a, "UNACTIONED_BREACH")) == 1 })
	theirs := s.dutyOf("spoc-33", a, "UNACTIONED_BREACH")
	if theirs.GetState() != dutyOpen || !theirs.GetUnconfirmed() || theirs.GetMeasure() != made {
		t.Errorf("to the measure's force: %v", theirs)
	}
	for _, e := range theirs.GetEvidence() {
		if e.GetKind() == "breach" && (e.GetForce() != "forces/10" || e.GetRecord() != "" || e.GetItem() != "") {
			t.Errorf("of another force's breach it is shown %v", e)
		}
	}
	s.must("spoc-10", "MeasureService.CancelBreach", &pb.CancelBreachRequest{Name: said, Reason: pb.CancelReason_CANCEL_REASON_ENTERED_IN_ERROR})
	s.until("it falls away", func() bool {
		return s.dutyOf("spoc-33", a, "UNACTIONED_BREACH").GetState() == pb.DutyState_DUTY_STATE_FELL_AWAY
	})
}

// That she came forward elsewhere shows in no duty: those about one who is accused by
// the man whom she accuses are as those about anybody else, also when a review has found
// his accusation not to be genuine.
func TestCounterShowsInNoDuty(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	s.tag = "c"
	accusedBothWays(s, "investigator-33")
	plain := s.register("33", "plain", "N-1")
	r := course("33", plain, "C-1", 1)
	r.Course.Incidents[0].OccurTime = timestamppb.New(firstIncident.AddDate(0, 0, 3))
	s.must("investigator-33", registerCourse, r)
	duties := func(nominal string) (out []string) {
		for _, d := range s.dutiesOf("investigator-33", nominal, "") {
			out = append(out, fmt.Sprint(d.GetCode(), d.GetState(), len(d.GetSteps()), len(d.GetEvents()), d.GetOwner().GetRole()))
		}
		slices.Sort(out)
		return out
	}
	// The clock comes to one before the other: they are alike once it has come to both.
	same := func(when string) {
		t.Helper()
		s.until(when+", her duties are as another's", func() bool {
			a, b := duties(s.names["she"]), duties(plain)
			return len(a) > 0 && slices.Equal(a, b)
		})
	}
	same("at first")
	s.must("supervisor-33", reviewCounter, &pb.ReviewCounterRequest{Name: s.names["alert"], Upheld: false, Reason: "both were heard in person"})
	same("after the review")
	clock.Advance(48 * time.Hour)
	s.until("time brings more", func() bool { return len(s.dutiesOf("spoc-33", plain, "NO_ASSESSMENT")[0].GetSteps()) > 2 })
	same("two days later")
}
