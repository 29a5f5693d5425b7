package apitest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/servertest"
)

// told is what a reader is told of a person: the history of a nominal of his force, or
// the detail of a candidate.
type told struct {
	who, method string
	request     proto.Message
}

// hears makes the call, and returns the answer, or the refusal, as bytes. How far the
// log had got is left out: the register's own clock writes too.
func (s *stage) hears(r told) (proto.Message, string) {
	s.Helper()
	a := s.w.call(s.Context(), s.w.transportsOf(r.who)[0], r.who, r.method, r.request)
	if a.err != nil {
		return nil, status.Convert(a.err).String()
	}
	m := a.response()
	if h, ok := m.(*pb.NominalHistory); ok {
		h.AsOfIndex = 0
	}
	if d, ok := m.(*pb.CandidateDetail); ok {
		d.AsOfIndex = 0
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		s.Fatal(err)
	}
	return m, string(raw)
}

// recorded leaves of an answer the records alone.
func recorded(m proto.Message) proto.Message {
	var courses []*pb.CourseOfConduct
	var h *pb.History
	switch m := m.(type) {
	case *pb.NominalHistory:
		courses, h = m.GetCourses(), m.GetHistory()
	case *pb.CandidateDetail:
		courses, h = m.GetCourses(), m.GetHistory()
	}
	return &pb.NominalHistory{Courses: courses, History: &pb.History{
		Measures: h.GetMeasures(), Breaches: h.GetBreaches(), Assessments: h.GetAssessments(), Plans: h.GetPlans(),
	}}
}

// stoodThen checks that the records of a history, as it is told now, are those that
// stood at that place of the log.
func (s *stage) stoodThen(r told, now proto.Message) {
	s.Helper()
	h, ok := r.request.(*pb.GetHistoryRequest)
	if !ok || now == nil {
		return
	}
	at := &pb.GetHistoryRequest{Name: h.GetName(), AsOfIndex: s.must(r.who, getHistory, h).(*pb.NominalHistory).GetAsOfIndex()} //nolint:forcetypeassert // of the contract
	then, _ := s.hears(told{r.who, r.method, at})
	if !proto.Equal(recorded(now), recorded(then)) {
		s.Fatalf("%s is told\n%v\nbut at %d of the log there stood\n%v", r.who, recorded(now), at.GetAsOfIndex(), recorded(then))
	}
}

// Records that are kept open change no answer: through any order of changes the answer
// is, to the byte, what it is when everything is read and opened afresh, and the
// records in it are those that stood at that place of the log.
func TestKeptRecordsChangeNoAnswer(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	s.tag = "kept"
	twoHistories(s)
	readers := []told{
		{"investigator-33", getHistory, &pb.GetHistoryRequest{Name: s.names["nominal"]}},
		{"psd-33", getHistory, &pb.GetHistoryRequest{Name: s.names["nominal"]}},
		{"investigator-10", getHistory, &pb.GetHistoryRequest{Name: s.names["theirs"]}},
	}
	for _, who := range []string{"investigator-33", "investigator-10", "investigator-43"} {
		readers = append(readers, told{who, getCandidate, &pb.GetCandidateRequest{Name: s.search(who, s.tag).GetCandidates()[0].GetName()}})
	}
	w := walk{stage: s, clock: clock, readers: readers, random: rand.New(rand.NewPCG(7, 11))} //nolint:gosec // a walk that can be made again
	differed := map[string]int{}
	for step := range 60 {
		what := w.change()
		clock.Advance(time.Duration(w.random.IntN(50)) * time.Hour)
		kept := make([]proto.Message, len(readers))
		first, again := make([]string, len(readers)), make([]string, len(readers))
		for i, r := range readers {
			_, first[i] = s.hears(r)
			kept[i], again[i] = s.hears(r)
			s.stoodThen(r, kept[i])
		}
		s.w.replica.Server.Reload(s.Context()) // and what was kept is forgotten
		for i, r := range readers {
			afresh, want := s.hears(r)
			if first[i] != want || again[i] != want {
				t.Fatalf("step %d, %s: %s of %s is another when everything is read:\n%s", step, what, r.method, r.who, cmp.Diff(kept[i], afresh, protocmp.Transform()))
			}
			if want != w.last[i] {
				differed[what]++
			}
			w.last[i] = want
		}
	}
	for _, what := range []string{"course", "measure", "cancel", "erase", "restrict", "link", "search", "wait"} {
		if differed[what] == 0 {
			t.Errorf("no answer changed by %q: the walk tells nothing of it", what)
		}
	}
}

// walk makes changes at random to the two histories.
type walk struct {
	*stage
	clock  *servertest.Clock
	random *rand.Rand
	n      int
	// readers are those who ask after each change, last what they were told last.
	readers []told
	last    [6]string
}

// change makes one, and says of which sort. That a change is refused, because it does
// not fit what went before, is no fault.
func (w *walk) change() string {
	w.n++
	n := int64(w.n)
	force, nominal, course := "33", w.names["nominal"], w.names["course"]
	if w.random.IntN(2) == 0 {
		force, nominal, course = "10", w.names["theirs"], w.names["their course"]
	}
	system, ref := "system-"+force, "-"+force+w.tag
	hours := func(n int) *timestamppb.Timestamp {
		return timestamppb.New(w.clock.Now().Add(time.Duration(n) * time.Hour))
	}
	incident := hours(-w.random.IntN(200))
	switch w.random.IntN(14) {
	case 11, 12:
		return "wait" // time alone goes by
	case 9, 10:
		r := search(w.tag)
		r.Search.Reference = []string{"33/1/26", "C-" + w.tag + "/1", "T-" + w.tag + "/1"}[w.random.IntN(3)]
		_ = w.try("investigator-"+[]string{"10", "33", "43"}[w.random.IntN(3)], createSearch, r)
		return "search"
	case 0, 1:
		r := courseOf(force, nominal, w.tag, 1+n)
		r.Reinstate = true
		for i := range w.random.IntN(4) {
			r.Course.Incidents = append(r.Course.Incidents, &pb.Incident{
				Reference: fmt.Sprint("I", w.n, "/", i), OccurTime: incident, Behaviours: []string{"CONTACT"}, PrincipalOffence: "8/66",
				Grade: &pb.IntelligenceGrade{Source: 1, Assessment: []string{"A", "E"}[w.random.IntN(2)], Handling: "P"},
			})
		}
		_ = w.try(system, registerCourse, r)
		return "course"
	case 2:
		r := measure(force, nominal, "M"+ref, 1+n)
		r.Measure.VerifyTime, r.Reinstate = incident, true
		if w.random.IntN(2) == 0 { // another one, which will end
			r = measure(force, nominal, fmt.Sprint("M", w.n, ref), 1)
			r.Measure.UntilTime = hours(1 + w.random.IntN(100))
		}
		_ = w.try(system, registerMeasure, r)
		return "measure"
	case 3:
		r := assessment(force, nominal, course, "A"+ref, 1+n)
		r.Reinstate, r.Assessment.Grade = true, []pb.RiskGrade{pb.RiskGrade_RISK_GRADE_STANDARD, pb.RiskGrade_RISK_GRADE_HIGH}[w.random.IntN(2)]
		_ = w.try(system, registerAssessment, r)
		return "assessment"
	case 4:
		_ = w.try(system, registerPlan, plan(force, nominal, course, fmt.Sprint("P", w.n, ref), 1))
		return "plan"
	case 5:
		_ = w.try("spoc-"+force, cancelCourse, &pb.CancelCourseRequest{Name: course, Reason: pb.CancelReason_CANCEL_REASON_ENTERED_IN_ERROR})
		return "cancel"
	case 6:
		made := w.must(system, registerCourse, courseOf(force, nominal, fmt.Sprint("E", w.n, w.tag), 1)).(*pb.RegisterCourseResponse)                               //nolint:forcetypeassert // of the contract
		_, w.last[0] = w.hears(w.readers[0])                                                                                                                        // it is opened, and then erased
		_ = w.try("dpo-"+force, eraseCourse, &pb.EraseCourseRequest{Name: made.GetName(), Ground: pb.ErasureGround_ERASURE_GROUND_UNLAWFUL, Reference: "DPO/26/9"}) // not of a SILENT nominal
		return "erase"
	case 7:
		to := []pb.Restriction{
			pb.Restriction_RESTRICTION_UNSPECIFIED, pb.Restriction_RESTRICTION_CONTACT, pb.Restriction_RESTRICTION_SAFETY, pb.Restriction_RESTRICTION_SILENT,
		}[w.random.IntN(4)]
		_ = w.try("psd-33", restrictNominal, &pb.RestrictNominalRequest{Name: w.names["nominal"], Restriction: to, Explanation: "protects an operation"})
		return "restrict"
	default:
		a := w.w.call(w.Context(), overToken, "spoc-33", getLink, &pb.GetLinkRequest{Name: w.names["link"]})
		if a.err != nil {
			return "link that is hidden"
		}
		version := a.response().(*pb.Link).GetVersion() //nolint:forcetypeassert // of the contract
		if w.random.IntN(2) == 0 {
			_ = w.try("spoc-33", rejectLink, &pb.RejectLinkRequest{Name: w.names["link"], Version: version, Reason: "another man"})
		} else {
			_ = w.try("spoc-33", confirmLink, &pb.ConfirmLinkRequest{Name: w.names["link"], Version: version, Overrule: true, Reason: "the same tattoo"})
		}
		return "link"
	}
}

// courseOf is the course of twoCourses in a force, or another.
func courseOf(force, nominal, reference string, revision int64) *pb.RegisterCourseRequest {
	return course(force, nominal, map[string]string{"33": "C-", "10": "T-"}[force]+reference, revision)
}
