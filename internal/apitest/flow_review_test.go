package apitest

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// A registration without a charge is somebody's duty to review after twelve months,
// with a deadline: done by a recorded review, or set aside for a reason that a second
// person approves; and it comes again each year.
func TestRegistrationIsReviewedAfterTwelveMonths(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	began := clock.Now()
	registered := func(tag string) (nominal string, r *pb.RegisterCourseRequest) {
		n := s.register("33", tag, "N-"+tag)
		r = course("33", n, "C-"+tag, 1)
		r.Course.Incidents[0].OccurTime = timestamppb.New(began.AddDate(-3, 0, 0)) // long ago, and registered now
		r.Course.Officer = "1234"
		s.must("system-33", registerCourse, r)
		return n, r
	}
	first, reviewed := registered("reviewed")
	second, _ := registered("setaside")
	if got := s.dutiesOf("spoc-33", first, "REVIEW_DUE"); len(got) != 0 {
		t.Errorf("to be reviewed when it is registered: %v", got)
	}
	clock.Set(began.AddDate(1, 0, 0).Add(time.Minute))
	for _, n := range []string{first, second} {
		s.until("a review is due", func() bool { return len(s.dutiesOf("spoc-33", n, "REVIEW_DUE")) == 1 })
	}
	d := s.dutyOf("spoc-33", first, "REVIEW_DUE")
	if o := d.GetOwner(); o.GetRole() != pb.DutyRole_DUTY_ROLE_OFFICER_IN_CASE || o.GetOfficer() != "1234" ||
		d.GetDueTime().AsTime().Sub(d.GetSinceTime().AsTime()) != 28*24*time.Hour {
		t.Errorf("whose review it is, and until when: %v", d)
	}
	reviewed.Course.Source.Revision, reviewed.Course.Actions = 2, []*pb.PoliceAction{{Code: "REVIEWED", ActTime: timestamppb.New(clock.Now())}}
	s.must("system-33", registerCourse, reviewed)
	if d = s.dutyOf("spoc-33", first, "REVIEW_DUE"); d.GetState() != pb.DutyState_DUTY_STATE_DONE || d.GetClosing().GetAction() != "REVIEWED" {
		t.Errorf("after the review: %v", d)
	}
	s.names["duty"] = s.dutyOf("spoc-33", second, "REVIEW_DUE").GetName()
	s.must("investigator-33", closeDuty, &pb.CloseDutyRequest{Name: s.names["duty"], Reason: why})
	if got := s.must("supervisor-33", approveClosure, approveIt(s)).(*pb.Duty); got.GetState() != pb.DutyState_DUTY_STATE_OVERRIDDEN {
		t.Errorf("after the supervisor approved: %v", got)
	}
	clock.Set(began.AddDate(2, 0, 0).Add(2 * time.Minute))
	for _, n := range []string{first, second} {
		s.until("it comes again", func() bool { return len(s.dutiesOf("spoc-33", n, "REVIEW_DUE")) == 2 })
	}
}
