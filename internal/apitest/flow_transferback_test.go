package apitest

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// A matter that comes back is the same matter still: one duty of its first owner, open
// again with all that has happened to it, and whoever was shown it under any of its
// names is told when it falls.
func TestTransferThereAndBack(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	n, course, _ := s.handed(clock.Now())
	there := s.register("10", s.tag, "there")
	s.register("43", s.tag, "third")
	clock.Advance(61 * time.Minute)
	s.until("the duty is there", func() bool { return len(s.dutiesOf("spoc-33", n, "NO_ACTION")) == 1 })
	first := s.dutiesOf("spoc-33", n, "NO_ACTION")[0]
	// An officer of a third force reads the course as force 33 has it.
	found := s.search("investigator-43", s.tag)
	s.must("investigator-43", getCandidate, &pb.GetCandidateRequest{Name: found.GetCandidates()[0].GetName()})

	offered := s.offer(course).GetName()
	if got := s.must("spoc-10", getTransfer, &pb.GetTransferRequest{Name: ofForce("10", offered)}).(*pb.Transfer).GetMatter().GetNominals(); len(got) != 1 || got[0] != there {
		t.Errorf("it can hang on %v, want %s alone", got, there)
	}
	if got := s.must("spoc-33", getTransfer, &pb.GetTransferRequest{Name: offered}).(*pb.Transfer).GetMatter().GetNominals(); len(got) != 0 {
		t.Errorf("who offers it sees the other force's %v", got)
	}
	taken := s.must("spoc-10", acceptTransfer, &pb.AcceptTransferRequest{Name: ofForce("10", offered), Source: source("10-C", 1)}).(*pb.Transfer)
	if own := s.must("system-10", getCourse, &pb.GetCourseRequest{Name: taken.GetNewCourse()}).(*pb.CourseOfConduct); own.GetNominal() != there {
		t.Errorf("it hangs on %s, want the force's own %s", own.GetNominal(), there)
	}
	shown := s.must("investigator-43", getCandidate, &pb.GetCandidateRequest{Name: found.GetCandidates()[0].GetName()}).(*pb.CandidateDetail)
	if len(shown.GetCourses()) != 1 || shown.GetCourses()[0].GetName() != taken.GetNewCourse() {
		t.Errorf("a search made before shows %v, notices %v", shown.GetCourses(), shown.GetNotices())
	}
	offer := s.must("spoc-10", offerTransfer, &pb.OfferTransferRequest{Parent: "forces/10", Course: taken.GetNewCourse(), ToForce: "forces/33", Reason: "she has moved back"}).(*pb.Transfer)
	// Two people accept it at once: it moves once.
	accept := &pb.AcceptTransferRequest{Name: ofForce("33", offer.GetName()), Source: source("33-again", 1), Nominal: n}
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, who := range []string{"spoc-33", "supervisor-33"} {
		wg.Go(func() { errs[i] = s.try(who, acceptTransfer, accept) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("accepted twice, or never: %v", errs)
	}
	back := s.must("spoc-33", getTransfer, &pb.GetTransferRequest{Name: accept.GetName()}).(*pb.Transfer)
	if len(back.GetMoved()) != 4 {
		t.Errorf("what has moved back: %v", back.GetMoved())
	}
	duties := s.dutiesOf("spoc-33", n, "NO_ACTION")
	if len(duties) != 1 || duties[0].GetName() != first.GetName() || duties[0].GetState() != pb.DutyState_DUTY_STATE_OPEN || !duties[0].GetDueTime().AsTime().Equal(first.GetDueTime().AsTime()) ||
		duties[0].GetCourse() != back.GetNewCourse() || len(duties[0].GetSteps()) < len(first.GetSteps()) {
		t.Errorf("back again the duties are %v, the first was %v", duties, first)
	}
	if d := s.openDuties("10"); len(d) != 0 {
		t.Errorf("force 10 must still do %v", d)
	}
	history := s.must("spoc-33", getHistory, &pb.GetHistoryRequest{Name: n}).(*pb.NominalHistory)
	if len(history.GetCourses()) != 1 || len(history.GetCourses()[0].GetOwners()) != 3 || len(history.GetHistory().GetMeasures()) != 1 || len(history.GetHistory().GetBreaches()) != 1 {
		t.Errorf("the history has courses %v, measures %v", history.GetCourses(), history.GetHistory().GetMeasures())
	}

	// Erasing what was left behind erases the offers of it, and nothing of the matter.
	s.must("dpo-33", eraseCourse, &pb.EraseCourseRequest{Name: course, Ground: pb.ErasureGround_ERASURE_GROUND_ORDER, Reference: "order 7"})
	if list := s.must("spoc-33", listTransfers, &pb.ListTransfersRequest{Parent: "forces/33"}).(*pb.ListTransfersResponse).GetTransfers(); len(list) != 1 {
		t.Errorf("after the erasure the transfers are %v", list)
	}
	if again := s.must("spoc-33", getHistory, &pb.GetHistoryRequest{Name: n}).(*pb.NominalHistory); len(again.GetCourses()) != 1 {
		t.Errorf("after the erasure the courses are %v", again.GetCourses())
	}
	s.must("system-33", cancelCourse, &pb.CancelCourseRequest{Name: back.GetNewCourse(), Reason: pb.CancelReason_CANCEL_REASON_NO_CRIME})
	all, _ := s.alertsOf("spoc-43", "43", "")
	if !slices.ContainsFunc(all, func(a *pb.Alert) bool {
		return a.GetKind() == pb.AlertKind_ALERT_KIND_CONDUCT_RETRACTED && a.GetSubject() == back.GetNewCourse()
	}) {
		t.Errorf("force 43 is not told that it fell: %v", all)
	}
	told := s.must("investigator-43", "AlertService.ListRetractions", &pb.ListRetractionsRequest{}).(*pb.ListRetractionsResponse).GetRetractions()
	if !slices.ContainsFunc(told, func(r *pb.Retraction) bool { return r.GetCode() == "CONDUCT_CANCELLED" }) {
		t.Errorf("who was shown it is told %v", told)
	}
}

// Who was shown a matter before it was taken over, and not since, is told when it is
// erased, on a replica that has just begun too: what was erased can no longer tell what
// it was before.
func TestErasedAfterATransferIsTold(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	_, course, _ := s.handed(clock.Now())
	s.register("10", s.tag, "there")
	found := s.search("investigator-43", s.tag)
	s.must("investigator-43", getCandidate, &pb.GetCandidateRequest{Name: found.GetCandidates()[0].GetName()})
	taken := s.must("spoc-10", acceptTransfer, &pb.AcceptTransferRequest{Name: ofForce("10", s.offer(course).GetName()), Source: source("10-C", 1)}).(*pb.Transfer)
	read := func(list *pb.ListRetractionsResponse, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var codes []string
		for _, r := range list.GetRetractions() {
			codes = append(codes, r.GetCode())
		}
		return strings.Join(codes, " ")
	}
	here := func() string {
		return read(s.must("investigator-43", listRetractions, &pb.ListRetractionsRequest{}).(*pb.ListRetractionsResponse), nil)
	}
	if got := here(); got != "" {
		t.Errorf("before the erasure he is told %q", got)
	}
	s.must("dpo-10", eraseCourse, &pb.EraseCourseRequest{Name: taken.GetNewCourse(), Ground: pb.ErasureGround_ERASURE_GROUND_ORDER, Reference: "order 7"})
	if got := here(); got != "CONDUCT_ERASED" {
		t.Errorf("after the erasure he is told %q", got)
	}
	config := s.w.site.Config()
	config.Clock = clock.Now
	conn := s.w.site.Start(config).Dial("")
	defer func() { _ = conn.Close() }()
	if got := read(pb.NewAlertServiceClient(conn).ListRetractions(s.w.site.As(t.Context(), "investigator-43"), &pb.ListRetractionsRequest{})); got != "CONDUCT_ERASED" {
		t.Errorf("on another replica he is told %q", got)
	}
}
