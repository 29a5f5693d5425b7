package apitest

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
)

// entryIndex makes a call and returns the log index of its entry.
func (s *stage) entryIndex(who, method string, request proto.Message) int64 {
	s.Helper()
	a := s.w.call(s.Context(), s.w.transportsOf(who)[0], who, method, request)
	if a.err != nil {
		s.Fatalf("%s by %s: %v", method, who, a.err)
	}
	receipt, err := accesslog.ParseReceipt(a.receipt)
	if err != nil {
		s.Fatal(err)
	}
	return receipt.Index
}

// fellAt is the log index of the entry by which a duty of force 33 fell away.
func (s *stage) fellAt(duty string) int64 {
	s.Helper()
	req := &pb.ListAlertsRequest{Parent: "forces/33", PageSize: 500}
	for {
		page := s.must("spoc-33", listAlerts, req).(*pb.ListAlertsResponse)
		for _, a := range page.GetAlerts() {
			if a.GetSubject() == duty && a.GetKind() == alertDutyFell {
				return a.GetLogIndex()
			}
		}
		if req.PageToken = page.GetNextPageToken(); !page.GetMore() {
			return -1
		}
	}
}

// What takes away that on which a duty rests ends the duty in the same entry: whoever
// reads after it meets no duty about what is not there.
func TestDutyEndsInTheEntryThatEndsItsConduct(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	now := clock.Now()
	entered := pb.CancelReason_CANCEL_REASON_ENTERED_IN_ERROR
	ground := pb.ErasureGround_ERASURE_GROUND_RETENTION
	// Each returns the duty's code, and the call that takes away what it rests on.
	type ending func(tag, n string) (code, who, method string, request proto.Message)
	reported := func(tag, n string) (*pb.RegisterCourseRequest, string) {
		r := threatAt("33", n, "T-"+tag, now.Add(-90*time.Minute))
		return r, s.must("system-33", registerCourse, r).(*pb.RegisterCourseResponse).GetName()
	}
	restrained := func(tag, n string, until time.Duration) string {
		_, course := reported(tag, n)
		r := measure("33", n, "M-"+tag, 1)
		r.Measure.Courses, r.Measure.FromTime, r.Measure.VerifyTime = []string{course}, timestamppb.New(now.Add(-30*24*time.Hour)), nil
		if until > 0 {
			r.Measure.UntilTime = timestamppb.New(now.Add(until))
		}
		return s.must("system-33", registerMeasure, r).(*pb.RegisterMeasureResponse).GetName()
	}
	broken := func(tag, n string) string {
		r := breach("33", n, restrained(tag, n, 0), "B-"+tag, 1)
		r.Breach.OccurTime, r.Breach.ReportTime, r.Breach.Actions = timestamppb.New(now.Add(-time.Hour)), timestamppb.New(now.Add(-time.Hour)), nil
		return s.must("system-33", registerBreach, r).(*pb.RegisterBreachResponse).GetName()
	}
	for tag, end := range map[string]ending{
		"cancelled": func(tag, n string) (string, string, string, proto.Message) {
			_, name := reported(tag, n)
			return "NO_ACTION", "spoc-33", cancelCourse, &pb.CancelCourseRequest{Name: name, Reason: entered}
		},
		"erased": func(tag, n string) (string, string, string, proto.Message) {
			_, name := reported(tag, n)
			s.must("system-33", registerAssessment, assessment("33", n, name, "A-"+tag, 1)) // goes with it
			return "NO_ACTION", "dpo-33", eraseCourse, &pb.EraseCourseRequest{Name: name, Ground: ground, Reference: "DPO/1"}
		},
		"doubted": func(tag, n string) (string, string, string, proto.Message) {
			r, _ := reported(tag, n)
			r.Course.Source.Revision, r.Course.Incidents[0].Grade = 2, &pb.IntelligenceGrade{Source: 3, Assessment: "E", Handling: "P"}
			return "NO_ACTION", "system-33", registerCourse, r
		},
		"breachcancelled": func(tag, n string) (string, string, string, proto.Message) {
			return "UNACTIONED_BREACH", "spoc-33", "MeasureService.CancelBreach", &pb.CancelBreachRequest{Name: broken(tag, n), Reason: entered}
		},
		"breacherased": func(tag, n string) (string, string, string, proto.Message) {
			return "UNACTIONED_BREACH", "dpo-33", "MeasureService.EraseBreach", &pb.EraseBreachRequest{Name: broken(tag, n), Ground: ground, Reference: "DPO/1"}
		},
		"measurecancelled": func(tag, n string) (string, string, string, proto.Message) {
			return "MEASURE_ENDING", "spoc-33", "MeasureService.CancelMeasure", &pb.CancelMeasureRequest{Name: restrained(tag, n, 48*time.Hour), Reason: entered}
		},
		"measureerased": func(tag, n string) (string, string, string, proto.Message) {
			return "MEASURE_ENDING", "dpo-33", "MeasureService.EraseMeasure", &pb.EraseMeasureRequest{Name: restrained(tag, n, 48*time.Hour), Ground: ground, Reference: "DPO/1"}
		},
	} {
		n := s.register("33", tag, "N-"+tag)
		code, who, method, request := end(tag, n)
		duty := s.dutyOf("spoc-33", n, code)
		if duty.GetState() != dutyOpen {
			t.Fatalf("%s: %s is %v", tag, code, duty.GetState())
		}
		index := s.entryIndex(who, method, request)
		if got := s.dutyOf("spoc-33", n, code); got.GetState() != pb.DutyState_DUTY_STATE_FELL_AWAY {
			t.Errorf("%s: %s is %v", tag, code, got.GetState())
		}
		if got := s.fellAt(duty.GetName()); got != index {
			t.Errorf("%s: %s fell away by entry %d, want %d", tag, code, got, index)
		}
	}
}

// What another force recorded of him is erased with its nominal: the duty that rested on
// it falls away in that entry, too.
func TestDutyEndsWithAnotherForcesNominal(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	now := clock.Now()
	a, b := s.register("33", "twoforces", "A-1"), s.register("10", "twoforces", "B-1")
	r := threatAt("33", a, "T-1", now.Add(-90*time.Minute))
	m := measure("33", a, "M-1", 1)
	m.Measure.Courses, m.Measure.FromTime = []string{s.must("system-33", registerCourse, r).(*pb.RegisterCourseResponse).GetName()}, timestamppb.New(now.Add(-30*24*time.Hour))
	name := s.must("system-33", registerMeasure, m).(*pb.RegisterMeasureResponse).GetName()
	clock.Advance(10 * time.Hour)
	for i, of := range []struct{ force, nominal string }{{"33", a}, {"33", a}, {"10", b}} {
		x := breach(of.force, of.nominal, name, fmt.Sprint("X-", i), 1)
		at := timestamppb.New(now.Add(time.Duration(i+6) * time.Hour))
		x.Breach.OccurTime, x.Breach.ReportTime, x.Breach.Actions = at, at, nil
		s.must("system-"+of.force, registerBreach, x)
	}
	duty := s.dutyOf("spoc-33", a, "BREACH_ESCALATION")
	if duty.GetState() != dutyOpen {
		t.Fatalf("the duty is %v", duty.GetState())
	}
	index := s.entryIndex("dpo-10", "NominalService.EraseNominal", &pb.EraseNominalRequest{Name: b, Ground: pb.ErasureGround_ERASURE_GROUND_ORDER, Reference: "DPO/2"})
	if got := s.dutyOf("spoc-33", a, "BREACH_ESCALATION"); got.GetState() != pb.DutyState_DUTY_STATE_FELL_AWAY {
		t.Errorf("the duty is %v", got.GetState())
	}
	if got := s.fellAt(duty.GetName()); got != index {
		t.Errorf("it fell away by entry %d, want %d", got, index)
	}
	open := 0
	for _, got := range s.dutiesOf("spoc-33", a, "UNACTIONED_BREACH") {
		if got.GetState() == dutyOpen {
			open++
		}
	}
	if open != 2 {
		t.Errorf("%d duties rest on the own breaches, want 2", open)
	}
}

// A report that is corrected to be of another man takes its duty with it.
func TestDutyGoesWithACorrectedSuspect(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	wrong, right := s.register("33", "wrongman", "N-1"), s.register("33", "rightman", "N-2")
	r := threatAt("33", wrong, "T-1", clock.Now().Add(-90*time.Minute))
	s.must("system-33", registerCourse, r)
	duty := s.dutyOf("spoc-33", wrong, "NO_ACTION")
	r.Course.Source.Revision, r.Course.Nominal = 2, right
	s.must("system-33", registerCourse, r)
	if left := s.dutiesOf("spoc-33", wrong, "NO_ACTION"); len(left) != 0 {
		t.Errorf("the wrong man still has %v", left)
	}
	if moved := s.dutyOf("spoc-33", right, "NO_ACTION"); moved.GetName() != duty.GetName() || moved.GetState() != dutyOpen {
		t.Errorf("the right man has %v", moved)
	}
}
