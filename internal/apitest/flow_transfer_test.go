package apitest

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

// ofForce is a resource in the name of another force that may read it.
func ofForce(force, name string) string { return "forces/" + force + name[len("forces/33"):] }

// reasonOf is the reason of an error.
func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	return client.AsProblem(err).Reason
}

// handed has force 33 register a matter with all that belongs to one, and returns the
// nominal, the course, and the measure.
func (s *stage) handed(at time.Time) (n, course, measureName string) {
	s.Helper()
	n = s.register("33", s.tag, s.run+"-N")
	r := threatAt("33", n, s.run+"-C", at)
	course = s.must("system-33", registerCourse, r).(*pb.RegisterCourseResponse).GetName()
	m := measure("33", n, s.run+"-M", 1)
	m.Measure.Courses, m.Measure.FromTime, m.Measure.UntilTime = []string{course}, timestamppb.New(at.AddDate(0, 0, -2)), timestamppb.New(at.AddDate(0, 0, 60))
	measureName = s.must("system-33", "MeasureService.RegisterMeasure", m).(*pb.RegisterMeasureResponse).GetName()
	b := breach("33", n, measureName, s.run+"-B", 1)
	b.Breach.OccurTime, b.Breach.ReportTime, b.Breach.Actions = timestamppb.New(at), timestamppb.New(at), nil
	s.must("system-33", "MeasureService.RegisterBreach", b)
	a := assessment("33", n, course, s.run+"-A", 1)
	a.Assessment.AssessTime = timestamppb.New(at)
	s.must("system-33", "AssessmentService.RegisterAssessment", a)
	return n, course, measureName
}

func (s *stage) offer(course string) *pb.Transfer {
	s.Helper()
	return s.must("spoc-33", offerTransfer, &pb.OfferTransferRequest{Parent: "forces/33", Course: course, ToForce: "forces/10", Reason: "the victim has moved there"}).(*pb.Transfer)
}

// openDuties are the codes of a force's open duties, with their deadlines.
func (s *stage) openDuties(force string) map[string]time.Time {
	s.Helper()
	out := map[string]time.Time{}
	for _, d := range s.must("spoc-"+force, listDuties, &pb.ListDutiesRequest{Parent: "forces/" + force, PageSize: 200}).(*pb.ListDutiesResponse).GetDuties() {
		if _, twice := out[d.GetCode()]; twice {
			s.Errorf("force %s has two duties %s", force, d.GetCode())
		}
		out[d.GetCode()] = d.GetDueTime().AsTime()
	}
	return out
}

// A matter that is offered stays its owner's until the other force has accepted; then
// it is that force's with its duties and their deadlines, at one entry, counted once.
func TestTransferMovesAMatterWhole(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	n, course, measureName := s.handed(clock.Now())
	third := s.register("43", s.tag, "third")
	clock.Advance(61 * time.Minute)
	s.until("the duties are there", func() bool { d := s.openDuties("33"); return len(d) >= 2 && !d["NO_ACTION"].IsZero() })
	before := s.openDuties("33")
	s.names["duty"] = s.dutiesOf("spoc-33", n, "NO_ACTION")[0].GetName()
	steps := len(s.duty("spoc-33").GetSteps())
	patternBefore := s.must("spoc-43", getHistory, &pb.GetHistoryRequest{Name: third}).(*pb.NominalHistory)

	offer := s.offer(course)
	there := ofForce("10", offer.GetName())
	if err := s.try("spoc-33", offerTransfer, &pb.OfferTransferRequest{Parent: "forces/33", Course: course, ToForce: "forces/10", Reason: "the victim has moved there"}); reasonOf(err) != "TRANSFER_OPEN" {
		t.Errorf("offered twice: %v", err)
	}
	shown := s.must("spoc-10", getTransfer, &pb.GetTransferRequest{Name: there}).(*pb.Transfer)
	if m := shown.GetMatter(); m.GetIncidents() != 1 || len(m.GetMeasures()) != 1 || m.GetMeasures()[0].GetBreaches() != 1 || len(m.GetDuties()) != len(before) || !slices.Contains(m.GetWarnings(), "THREATS_TO_KILL") {
		t.Errorf("what is offered: %v, for the duties %v", m, before)
	}
	if d := s.openDuties("10"); len(d) != 1 || d["TRANSFER_OFFERED"].IsZero() {
		t.Errorf("before it answers, force 10 must do %v", d)
	}
	if d := s.openDuties("33"); len(d) != len(before) {
		t.Errorf("before the answer, force 33 must do %v, want %v", d, before)
	}
	// Nothing closes over an open offer.
	closing := threatAt("33", n, s.run+"-C", clock.Now())
	closing.Course.Source.Revision, closing.Course.Standing = 2, pb.Standing_STANDING_NO_FURTHER_ACTION
	closing.Course.Closure = &pb.Closure{Reason: "EVIDENTIAL", Rationale: "no evidence was found", SecondPerson: "9999", VictimInformTime: timestamppb.New(clock.Now())}
	if err := s.try("system-33", registerCourse, closing); reasonOf(err) != "TRANSFER_OPEN" {
		t.Errorf("closed over an offer: %v", err)
	}

	accepted := s.must("supervisor-10", acceptTransfer, &pb.AcceptTransferRequest{
		Name: there, Source: source("10-C", 1), NominalSource: source("10-N", 1), Officer: "5150", Answer: "we have her now",
	}).(*pb.Transfer)
	if accepted.GetState() != pb.TransferState_TRANSFER_STATE_ACCEPTED || len(accepted.GetMoved()) != 4 || accepted.GetNewCourse() == "" {
		t.Fatalf("accepted: %v", accepted)
	}
	after := s.openDuties("10")
	if len(after) != len(before) {
		t.Errorf("force 10 must do %v, want %v", after, before)
	}
	for code, due := range before {
		if !after[code].Equal(due) {
			t.Errorf("%s was due %v, is due %v", code, due, after[code])
		}
	}
	if d := s.openDuties("33"); len(d) != 0 {
		t.Errorf("force 33 must still do %v", d)
	}
	if d := s.duty("spoc-33"); d.GetState() != pb.DutyState_DUTY_STATE_TRANSFERRED {
		t.Errorf("the former owner's duty is %v", d)
	}
	own := s.must("system-10", getCourse, &pb.GetCourseRequest{Name: accepted.GetNewCourse()}).(*pb.CourseOfConduct)
	if accepted.GetNewNominal() != own.GetNominal() {
		t.Errorf("it is said to hang on %q, want %q", accepted.GetNewNominal(), own.GetNominal())
	}
	if here, left := s.must("spoc-10", getTransfer, &pb.GetTransferRequest{Name: there}).(*pb.Transfer), s.must("spoc-33", getTransfer, &pb.GetTransferRequest{Name: offer.GetName()}).(*pb.Transfer); here.GetNewNominal() != own.GetNominal() || left.GetNewNominal() != "" {
		t.Errorf("it hangs on %q, to who offered it on %q", here.GetNewNominal(), left.GetNewNominal())
	}
	moved := s.dutiesOf("spoc-10", own.GetNominal(), "NO_ACTION")
	if len(moved) != 1 || len(moved[0].GetSteps()) != steps || moved[0].GetCourse() != own.GetName() {
		t.Errorf("the duty has moved as %v", moved)
	}
	if own.GetOfficer() != "5150" || len(own.GetOwners()) != 2 || own.GetOwners()[0].GetForce() != "forces/33" || own.GetOwners()[1].GetForce() != "forces/10" {
		t.Errorf("the course is %v", own)
	}

	s.afterTransfer(n, course, measureName, own, third, patternBefore)
}

// afterTransfer checks what stands once force 10 has taken a matter over.
func (s *stage) afterTransfer(n, course, measureName string, own *pb.CourseOfConduct, third string, before *pb.NominalHistory) {
	s.Helper()
	// The former owner's records are kept and take no revision.
	old := s.must("system-33", getCourse, &pb.GetCourseRequest{Name: course}).(*pb.CourseOfConduct)
	if old.GetState() != pb.RecordState_RECORD_STATE_TRANSFERRED || old.GetTransferredTo() != own.GetName() {
		s.Errorf("the former course is %v", old)
	}
	again := threatAt("33", n, s.run+"-C", own.GetIncidents()[0].GetOccurTime().AsTime())
	again.Course.Source.Revision = 7
	if err := s.try("system-33", registerCourse, again); reasonOf(err) != "RECORD_TRANSFERRED" {
		s.Errorf("the former owner revises: %v", err)
	}
	if err := s.try("supervisor-33", cancelCourse, &pb.CancelCourseRequest{Name: course, Reason: pb.CancelReason_CANCEL_REASON_DUPLICATE}); reasonOf(err) != "RECORD_TRANSFERRED" {
		s.Errorf("the former owner cancels: %v", err)
	}
	if err := s.try("system-33", "AssessmentService.RegisterAssessment", assessment("33", n, course, "late", 1)); reasonOf(err) != "RECORD_TRANSFERRED" {
		s.Errorf("the former owner assesses: %v", err)
	}
	// It is counted once, for everybody.
	history := s.must("spoc-43", getHistory, &pb.GetHistoryRequest{Name: third}).(*pb.NominalHistory)
	if len(history.GetCourses()) != 1 || history.GetCourses()[0].GetName() != own.GetName() {
		s.Errorf("a third force reads the courses %v", history.GetCourses())
	}
	was, is := proto.Clone(before.GetPattern()).(*pb.Pattern), history.GetPattern()
	was.Forces, is = nil, proto.Clone(is).(*pb.Pattern)
	is.Forces = nil
	if !proto.Equal(was, is) {
		s.Errorf("the pattern was %v, is %v", was, is)
	}
	owned := 0
	for _, e := range history.GetHistory().GetTimeline() {
		if e.GetKind() == pb.TimelineKind_TIMELINE_KIND_OWNER {
			owned++
		}
	}
	if owned != 2 {
		s.Errorf("the timeline tells of %d owners", owned)
	}
	past := s.must("spoc-43", getHistory, &pb.GetHistoryRequest{Name: third, AsOfIndex: before.GetAsOfIndex()}).(*pb.NominalHistory)
	if len(past.GetCourses()) != 1 || past.GetCourses()[0].GetName() != course {
		s.Errorf("before, a third force read the courses %v", past.GetCourses())
	}
	// A breach of the measure by what it was is one of the measure as it is.
	b := breach("33", n, measureName, "after", 1)
	s.must("system-33", "MeasureService.RegisterBreach", b)
	s.until("both forces must act on a further breach", func() bool {
		return len(s.dutiesOf("spoc-10", own.GetNominal(), "UNACTIONED_BREACH")) == 2 && !s.openDuties("33")["UNACTIONED_BREACH"].IsZero()
	})
	// The new owner writes: an arrest in its own revision does its duty.
	arrest := threatAt("10", own.GetNominal(), "10-C", own.GetIncidents()[0].GetOccurTime().AsTime())
	arrest.Course.Source.Revision = 2
	arrest.Course.Incidents[0].Actions = []*pb.PoliceAction{{Code: "ARRESTED", ActTime: timestamppb.New(own.GetUpdateTime().AsTime())}}
	arrest.Course.Incidents[0].Reference = own.GetIncidents()[0].GetReference()
	s.must("system-10", registerCourse, arrest)
	if d := s.dutyOf("spoc-10", own.GetNominal(), "NO_ACTION"); d.GetState() != pb.DutyState_DUTY_STATE_DONE {
		s.Errorf("after the arrest: %v", d)
	}
	// The former owner, which holds a nominal of him, is told as any other is.
	all, _ := s.alertsOf("spoc-43", "43", "")
	if !slices.ContainsFunc(all, func(a *pb.Alert) bool {
		return a.GetKind() == pb.AlertKind_ALERT_KIND_TRANSFER_ACCEPTED && a.GetSubject() == own.GetName()
	}) {
		s.Errorf("force 43 is told %v", all)
	}
}

// An offer that is declined or withdrawn changes nothing, and the matter can be
// offered again.
func TestTransferDeclinedAndWithdrawn(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	_, course, _ := s.handed(clock.Now())
	first := s.offer(course)
	there := ofForce("10", first.GetName())
	if err := s.try("spoc-33", acceptTransfer, &pb.AcceptTransferRequest{Name: first.GetName(), Source: source("x", 1)}); reasonOf(err) != "OTHER_FORCE" {
		t.Errorf("accepted by who offers: %v", err)
	}
	if err := s.try("system-33", cancelCourse, &pb.CancelCourseRequest{Name: course, Reason: pb.CancelReason_CANCEL_REASON_DUPLICATE}); reasonOf(err) != "TRANSFER_OPEN" {
		t.Errorf("cancelled over an offer: %v", err)
	}
	duty := s.must("spoc-10", listDuties, &pb.ListDutiesRequest{Parent: "forces/10"}).(*pb.ListDutiesResponse).GetDuties()[0]
	if duty.GetTransfer() != there || duty.GetNominal() != "" {
		t.Errorf("the duty to answer is %v", duty)
	}
	if err := s.try("spoc-10", closeDuty, &pb.CloseDutyRequest{Name: duty.GetName(), Reason: "we do not want it"}); reasonOf(err) != "DUTY_ACTION_MISSING" {
		t.Errorf("the duty is closed without an answer: %v", err)
	}
	clock.Advance(25 * time.Hour)
	s.until("the duty climbs", func() bool {
		return len(s.must("spoc-10", getDuty, &pb.GetDutyRequest{Name: duty.GetName()}).(*pb.Duty).GetSteps()) > 1
	})
	s.must("spoc-10", declineTransfer, &pb.DeclineTransferRequest{Name: there, Reason: "she has not moved here"})
	if err := s.try("spoc-10", declineTransfer, &pb.DeclineTransferRequest{Name: there, Reason: "she has not moved here"}); status.Code(err) != codes.FailedPrecondition || reasonOf(err) != "TRANSFER_CLOSED" {
		t.Errorf("declined twice: %v", err)
	}
	if d := s.must("spoc-10", getDuty, &pb.GetDutyRequest{Name: duty.GetName()}).(*pb.Duty); d.GetState() != pb.DutyState_DUTY_STATE_DONE {
		t.Errorf("after the answer the duty is %v", d)
	}
	second := s.offer(course)
	s.must("spoc-33", withdrawTransfer, &pb.WithdrawTransferRequest{Name: second.GetName(), Reason: "she has come back"})
	if d := s.openDuties("10"); len(d) != 0 {
		t.Errorf("force 10 must still do %v", d)
	}
	list := s.must("spoc-10", listTransfers, &pb.ListTransfersRequest{Parent: "forces/10"}).(*pb.ListTransfersResponse).GetTransfers()
	if len(list) != 2 || list[0].GetState() != pb.TransferState_TRANSFER_STATE_WITHDRAWN || list[1].GetState() != pb.TransferState_TRANSFER_STATE_DECLINED || list[0].GetMatter() != nil {
		t.Errorf("transfers %v", list)
	}
	s.must("system-33", cancelCourse, &pb.CancelCourseRequest{Name: course, Reason: pb.CancelReason_CANCEL_REASON_DUPLICATE})
}

// What is SILENT by the time is offered to nobody: to who offers, nothing looks
// different, and the other force learns nothing.
func TestTransferOfASilentNominal(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	n, course, _ := s.handed(clock.Now())
	offer := s.offer(course)
	there := ofForce("10", offer.GetName())
	s.restrict(n, pb.Restriction_RESTRICTION_SILENT)
	for method, m := range map[string]proto.Message{
		getTransfer:     &pb.GetTransferRequest{Name: there},
		declineTransfer: &pb.DeclineTransferRequest{Name: there, Reason: "we cannot take it"},
		acceptTransfer:  &pb.AcceptTransferRequest{Name: there, Source: source("10-C", 1), NominalSource: source("10-N", 1)},
	} {
		if err := s.try("spoc-10", method, m); status.Code(err) != codes.NotFound {
			t.Errorf("%s: %v", method, err)
		}
	}
	if list := s.must("spoc-10", listTransfers, &pb.ListTransfersRequest{Parent: "forces/10"}).(*pb.ListTransfersResponse).GetTransfers(); len(list) != 0 {
		t.Errorf("transfers %v", list)
	}
	if d := s.openDuties("10"); len(d) != 0 {
		t.Errorf("force 10 must do %v", d)
	}
	if all, _ := s.alertsOf("spoc-10", "10", ""); len(all) != 0 {
		t.Errorf("force 10 is told %v", all)
	}
}
