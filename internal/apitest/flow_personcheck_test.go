package apitest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
)

// checked asks with a registration what is known of the suspect.
func checked(r *pb.RegisterCourseRequest) *pb.RegisterCourseRequest {
	r.Check = &pb.CheckBasis{Reason: "CRIME_INVESTIGATION", Reference: r.GetCourse().GetSource().GetReference(), Justification: "check on the registration of a report", OnBehalfOf: "PC1234"}
	return r
}

func checkOf(m proto.Message) *pb.PersonCheck { return m.(*pb.RegisterCourseResponse).GetCheck() }

// checkedBreach asks with a breach what is known of the suspect.
func checkedBreach(r *pb.RegisterBreachRequest) *pb.RegisterBreachRequest {
	r.Check = &pb.CheckBasis{Reason: "CRIME_INVESTIGATION", Reference: r.GetBreach().GetSource().GetReference(), OnBehalfOf: "PC1234"}
	return r
}

// elsewhere10 registers a person in the forces 33 and 10, with a victim and a measure in
// force in the latter.
func (s *stage) elsewhere10() (at33, at10 string) {
	s.Helper()
	at33, at10, _, _ = s.linked()
	r := against("10", at10, "B-1", "Ines", "Thornbury")
	r.Course.Officer = "N1042"
	s.must("system-10", registerCourse, r)
	m := measure("10", at10, "M-1", 1)
	m.Measure.Kind, m.CourseSources = "RESTRAINING_ORDER", []*pb.SourceKey{{System: "crime", Reference: "B-1"}}
	s.must("system-10", "MeasureService.RegisterMeasure", m)
	return at33, at10
}

func (s *stage) wantKnown(what string, k *pb.PersonCheck) {
	s.Helper()
	p := k.GetPattern()
	if p.GetVictimsMin() != 2 || !slices.Equal(p.GetForces(), []string{"forces/10", "forces/33"}) || p.GetSerial() != pb.SerialTier_SERIAL_TIER_ALLEGED || p.GetCourses() != 2 {
		s.Errorf("%s: pattern %v", what, p)
	}
	if m := k.GetCard().GetMeasures(); len(m) != 1 || m[0].GetForce() != "forces/10" || m[0].GetBreachAllows() == "" || len(m[0].GetBreachOffences()) == 0 || len(m[0].GetConditions()) == 0 {
		s.Errorf("%s: measures %v", what, m)
	}
	if !slices.ContainsFunc(k.GetCard().GetWarnings(), func(w *pb.CardWarning) bool { return w.GetCode() == "WEAPON" }) {
		s.Errorf("%s: warnings %v", what, k.GetCard().GetWarnings())
	}
	codes := map[string]bool{}
	for _, prompt := range k.GetPrompts() {
		codes[prompt.GetCode()] = true
		if prompt.GetCode() == "NO_CHECK" && prompt.GetForce() != "forces/10" {
			s.Errorf("%s: he is not checked by %s", what, prompt.GetForce())
		}
		if len(prompt.GetEvidence()) > 0 || prompt.GetReason() == "" {
			s.Errorf("%s: prompt %v", what, prompt)
		}
	}
	if !codes["SERIAL"] || !codes["CROSS_FORCE"] || codes["COUNTER_ALLEGATION"] {
		s.Errorf("%s: prompts %v", what, codes)
	}
	if !k.GetUnconfirmed() || len(k.GetRecords()) != 2 || len(k.GetContacts()) != 2 || k.GetAskOwner() || k.GetAsOfIndex() == 0 {
		s.Errorf("%s: %v", what, k)
	}
}

// Whoever registers a report and asks is answered what the register knows of the suspect;
// who does not ask, nothing. It is a search for the rules and for the log, by a
// single call, again and in a stream.
func TestRegistrationIsACheck(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	a, b := s.elsewhere10()
	other := s.register("33", "unsought", "N-2")
	plain := threatAt("33", other, "A-0", clock.Now().Add(-5*time.Hour))
	if k := checkOf(s.must("system-33", registerCourse, plain)); k != nil {
		t.Errorf("who did not ask is told %v", k)
	}
	if got := s.dutiesOf("spoc-33", other, "NO_CHECK"); len(got) != 1 {
		t.Errorf("%d duties to check whom nobody checked", len(got))
	}

	r := threatAt("33", a, "A-1", clock.Now().Add(-2*time.Hour)) // no duty of it is overdue, and climbs meanwhile
	first := s.must("system-33", registerCourse, checked(r))
	k := checkOf(first)
	s.wantKnown("registering", k)
	if k.GetLastCheck() != nil {
		t.Errorf("checked before by %v", k.GetLastCheck())
	}
	if got := s.dutiesOf("spoc-33", a, "NO_CHECK"); len(got) != 0 {
		t.Errorf("he was checked, and yet: %v", got)
	}
	open := s.must("spoc-33", listDuties, &pb.ListDutiesRequest{Parent: "forces/33", Nominal: a}).(*pb.ListDutiesResponse).GetDuties()
	if len(open) == 0 || len(open) != len(k.GetDuties()) {
		t.Fatalf("%d duties are open, and %d were told", len(open), len(k.GetDuties()))
	}
	for i := range open {
		if !proto.Equal(open[i], k.GetDuties()[i]) {
			t.Errorf("the duty\n%v\nwas told as\n%v", open[i], k.GetDuties()[i])
		}
	}

	clock.Advance(time.Minute)
	again := s.must("system-33", registerCourse, r)
	if again.(*pb.RegisterCourseResponse).GetOutcome() != pb.RegisterOutcome_REGISTER_OUTCOME_UNCHANGED {
		t.Fatalf("sent again: %v", again)
	}
	s.wantKnown("registering again", checkOf(again))
	if last := checkOf(again).GetLastCheck(); last.GetForce() != "forces/33" || !last.GetCheckTime().AsTime().Equal(clock.Now().Add(-time.Minute)) {
		t.Errorf("checked before by %v", last)
	}
	clock.Advance(time.Minute)
	second := checked(threatAt("33", a, "A-1", clock.Now().Add(-2*time.Hour)))
	second.Course.Source.Revision = 2
	streamed := s.w.call(s.Context(), overMTLS, "system-33", registerRecords, &pb.RegisterRecordsRequest{Sequence: 1, Record: &pb.RegisterRecordsRequest_Course{Course: second}})
	if streamed.err != nil || len(streamed.responses) != 1 {
		t.Fatalf("%v, %d answers", streamed.err, len(streamed.responses))
	}
	s.wantKnown("in a stream", streamed.responses[0].(*pb.RegisterRecordsResponse).GetCourse().GetCheck())

	// The other force reads who looked; professional standards see why, and at whom.
	h := s.must("investigator-10", getHistory, &pb.GetHistoryRequest{Name: b}).(*pb.NominalHistory).GetHistory()
	if last := h.GetLastCheck(); last.GetForce() != "forces/33" || !last.GetCheckTime().AsTime().Equal(clock.Now()) {
		t.Errorf("force 10 reads of the check %v", last)
	}
	by := entriesOf("forces/33")
	by.Method = registerCourse
	var found int
	for _, e := range s.must("psd-33", listEntries, by).(*pb.ListEntriesResponse).GetEntries() {
		if e.GetReason() != "CRIME_INVESTIGATION" {
			continue
		}
		found++
		m, err := accesslog.ParseMetadata(e.GetMetadata())
		if err != nil || m.OnBehalfOf != "PC1234" || !slices.Contains(m.Marks, "check") ||
			!slices.Contains(m.Results, uuid.MustParse(b[len("forces/10/nominals/"):])) || m.ReferenceHMAC == "" {
			t.Errorf("the entry of the check: %v, %v", m, err)
		}
	}
	if found != 2 {
		t.Errorf("%d entries of checks by single calls, want 2", found)
	}

	// What the check rested on falls: whoever was shown it is told.
	s.must("spoc-10", "ConductService.CancelCourse", &pb.CancelCourseRequest{Name: courseNamed(s, "10", b), Reason: pb.CancelReason_CANCEL_REASON_NO_CRIME})
	if got := s.must("system-33", listAlerts, &pb.ListAlertsRequest{Parent: "forces/33", PageSize: 500}).(*pb.ListAlertsResponse).GetAlerts(); !slices.ContainsFunc(got, func(a *pb.Alert) bool {
		return a.GetKind() == pb.AlertKind_ALERT_KIND_CONDUCT_RETRACTED && a.GetCode() == "CANCELLED"
	}) {
		t.Errorf("nobody is told that it was cancelled")
	}
}

// A breach is a report too: whoever registers one that another force's measure forbids, and
// asks, is told what he broke, what it allows and what is to be done at once.
func TestABreachIsACheck(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	a, b := s.elsewhere10()
	broken := s.must("spoc-10", "MeasureService.ListMeasures", &pb.ListMeasuresRequest{Parent: b}).(*pb.ListMeasuresResponse).GetMeasures()[0].GetName()
	s.must("system-33", registerCourse, threatAt("33", a, "A-1", clock.Now().Add(-5*time.Hour)))
	if got := s.dutiesOf("spoc-33", a, "NO_CHECK"); len(got) != 1 {
		t.Fatalf("%d duties to check whom nobody checked", len(got))
	}
	r := breach("33", a, broken, "X-1", 1)
	r.Breach.OccurTime, r.Breach.ReportTime = timestamppb.New(clock.Now().Add(-time.Hour)), timestamppb.New(clock.Now())
	if k := s.must("system-33", registerBreach, r).(*pb.RegisterBreachResponse).GetCheck(); k != nil {
		t.Errorf("who did not ask is told %v", k)
	}
	told := func(what string, k *pb.PersonCheck, last bool) {
		s.Helper()
		s.wantKnown(what, k)
		for _, d := range k.GetDuties() { // the officer in the case there is none of this force's
			if d.GetOwner().GetOfficer() != "" {
				s.Errorf("%s: the duty %s is that of %v", what, d.GetCode(), d.GetOwner())
			}
		}
		if !slices.ContainsFunc(k.GetPrompts(), func(p *pb.Prompt) bool { return p.GetCode() == "UNACTIONED_BREACH" && p.GetForce() == "forces/33" }) ||
			!slices.ContainsFunc(k.GetDuties(), func(d *pb.Duty) bool { return d.GetCode() == "UNACTIONED_BREACH" }) || (k.GetLastCheck() != nil) != last {
			s.Errorf("%s: %v", what, k)
		}
	}
	again := s.must("system-33", registerBreach, checkedBreach(proto.CloneOf(r))).(*pb.RegisterBreachResponse)
	if again.GetOutcome() != pb.RegisterOutcome_REGISTER_OUTCOME_UNCHANGED {
		t.Errorf("sent again: %v", again)
	}
	told("a breach that was registered", again.GetCheck(), false)
	clock.Advance(time.Minute)
	r = checkedBreach(breach("33", a, broken, "X-2", 1))
	r.Breach.OccurTime, r.Breach.ReportTime = timestamppb.New(clock.Now().Add(-time.Hour)), timestamppb.New(clock.Now())
	told("a second breach", s.must("system-33", registerBreach, r).(*pb.RegisterBreachResponse).GetCheck(), true)
	if got := s.dutiesOf("spoc-33", a, "NO_CHECK"); len(got) != 1 || got[0].GetState() != pb.DutyState_DUTY_STATE_DONE {
		t.Errorf("he was checked, and yet: %v", got)
	}
	clock.Advance(time.Minute)
	r.Breach.Source.Revision = 2
	streamed := s.w.call(s.Context(), overMTLS, "system-33", registerRecords, &pb.RegisterRecordsRequest{Sequence: 1, Record: &pb.RegisterRecordsRequest_Breach{Breach: r}})
	if streamed.err != nil || len(streamed.responses) != 1 {
		t.Fatalf("%v, %d answers", streamed.err, len(streamed.responses))
	}
	told("in a stream", streamed.responses[0].(*pb.RegisterRecordsResponse).GetBreach().GetCheck(), true)
	h := s.must("investigator-10", getHistory, &pb.GetHistoryRequest{Name: b}).(*pb.NominalHistory).GetHistory()
	if last := h.GetLastCheck(); last.GetForce() != "forces/33" || !last.GetCheckTime().AsTime().Equal(clock.Now()) {
		t.Errorf("force 10 reads of the check %v", last)
	}
}

// courseNamed is the only course of a nominal.
func courseNamed(s *stage, force, nominal string) string {
	s.Helper()
	all := s.must("spoc-"+force, listCourses, &pb.ListCoursesRequest{Parent: nominal}).(*pb.ListCoursesResponse).GetCourses()
	if len(all) != 1 {
		s.Fatalf("%d courses", len(all))
	}
	return all[0].GetName()
}

// Of a restricted record a check tells no more than a search does, and to whoever
// registered a nominal that is SILENT by now it answers as before: his check counts.
func TestCheckOfTheRestricted(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	a, b := s.elsewhere10()
	for restriction, warnings := range map[pb.Restriction]int{pb.Restriction_RESTRICTION_CONTACT: 2, pb.Restriction_RESTRICTION_SAFETY: 2} {
		s.must("psd-10", restrictNominal, &pb.RestrictNominalRequest{Name: b, Restriction: restriction, Explanation: "decided by a review"})
		k := checkOf(s.must("investigator-33", registerCourse, checked(course("33", a, "A-"+restriction.String(), 1))))
		if !k.GetAskOwner() || k.GetPattern().GetVictimsMin() != 1 || len(k.GetCard().GetMeasures()) != 0 || len(k.GetContacts()) != 2 || len(k.GetCard().GetWarnings()) != warnings {
			t.Errorf("%v: %v", restriction, k)
		}
	}
	before := checkOf(s.must("system-33", registerCourse, checked(course("33", s.register("33", "hushed", "N-3"), "H-1", 1))))
	s.restrict(s.register("33", "hushed", "N-3"), pb.Restriction_RESTRICTION_SILENT)
	r := checked(threatAt("33", s.register("33", "hushed", "N-3"), "H-2", clock.Now().Add(-5*time.Hour)))
	after := checkOf(s.must("system-33", registerCourse, r))
	if len(after.GetRecords()) != len(before.GetRecords()) || after.GetAskOwner() || after.GetPattern().GetCourses() != 2 || after.GetLastCheck() == nil {
		t.Errorf("to whoever registered him the check shows\n%v\nand before\n%v", after, before)
	}
	clock.Advance(6 * time.Hour)
	r.Course.Source.Revision, r.Course.Summary, r.Check = 2, "He came again.", nil
	s.must("system-33", registerCourse, r)
	if got := s.dutiesOf("system-33", r.GetCourse().GetNominal(), "NO_CHECK"); len(got) != 0 {
		t.Errorf("he was checked, and yet: %v", got)
	}
}

func checkCases() []apiCase {
	fresh := func(edit func(*pb.RegisterCourseRequest)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			// A nominal of its own for each: what is known grows with every course.
			r := checked(course("33", s.register("33", s.run, "N-"+s.run), "C-"+s.run, 1))
			r.Course.Incidents[0].OccurTime = timestamppb.New(time.Now().Add(-time.Minute)) // no duty yet
			if edit != nil {
				edit(r)
			}
			return r
		}
	}
	answered := func(s *stage, m proto.Message) {
		s.Helper()
		k := checkOf(m)
		if k.GetPattern().GetCourses() < 1 || len(k.GetRecords()) != 1 || k.GetUnconfirmed() || len(k.GetCard().GetWarnings()) != 2 {
			s.Errorf("check %v", k)
		}
	}
	invalid := func(name string, edit func(*pb.RegisterCourseRequest), fields ...string) apiCase {
		return apiCase{name: name, method: registerCourse, who: "investigator-33", prepare: given, request: fresh(edit), code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: fields}
	}
	breached := func(edit func(*pb.RegisterBreachRequest)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			n := s.register("33", s.run, "N-"+s.run)
			broken := s.must("system-33", registerMeasure, measure("33", n, "M-"+s.run, 1)).(*pb.RegisterMeasureResponse).GetName()
			r := checkedBreach(breach("33", n, broken, "X-"+s.run, 1))
			r.Breach.Actions = []*pb.PoliceAction{{Code: "ARRESTED", ActTime: at(5)}} // no duty
			if edit != nil {
				edit(r)
			}
			return r
		}
	}
	return []apiCase{
		{
			name: "register a breach with a check", method: registerBreach, who: "investigator-33", prepare: given, writes: true, live: true, request: breached(nil),
			check: func(s *stage, m proto.Message) {
				s.Helper()
				if k := m.(*pb.RegisterBreachResponse).GetCheck(); len(k.GetRecords()) != 1 || len(k.GetCard().GetMeasures()) != 1 {
					s.Errorf("check %v", k)
				}
			},
		},
		{
			name: "register a breach with a check for no reason of the register", method: registerBreach, who: "investigator-33", prepare: given, code: codes.InvalidArgument, reason: "INVALID_FIELDS",
			fields: []string{"check.reason"}, request: breached(func(r *pb.RegisterBreachRequest) { r.Check.Reason = "CURIOSITY" }),
		},
		{
			name: "load a breach with a check", method: registerBreach, who: "system-33", prepare: given, code: codes.InvalidArgument, reason: "INVALID_FIELDS",
			fields: []string{"check"}, request: breached(func(r *pb.RegisterBreachRequest) { r.HistoricLoad = true }),
		},
		{name: "register with a check, by a system", method: registerCourse, who: "system-33", prepare: given, writes: true, request: fresh(nil), check: answered},
		{name: "register with a check, by an investigator", method: registerCourse, who: "investigator-33", prepare: given, writes: true, request: fresh(nil), check: answered},
		{name: "register with a check, by PSD", method: registerCourse, who: "psd-33", prepare: given, request: fresh(nil), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "register with a check for another force", method: registerCourse, who: "system-10", prepare: given, request: fresh(nil), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		invalid("register with a check without a reason", func(r *pb.RegisterCourseRequest) { r.Check = &pb.CheckBasis{OnBehalfOf: "Ada"} }, "check", "check.reason", "check.on_behalf_of"),
		invalid("register with a check for no reason of the register", func(r *pb.RegisterCourseRequest) { r.Check.Reason = "CURIOSITY" }, "check.reason"),
		invalid("register with a check that needs a reference", func(r *pb.RegisterCourseRequest) { r.Check.Reference = "" }, "check.reference"),
		invalid("load history with a check", func(r *pb.RegisterCourseRequest) { r.HistoricLoad = true }, "check"),
		{
			name: "the victim in the reason of a check", method: registerCourse, who: "investigator-33", prepare: given,
			code: codes.InvalidArgument, reason: "VICTIM_IN_TEXT", fields: []string{"check.justification"},
			request: fresh(func(r *pb.RegisterCourseRequest) { r.Check.Justification = "Vesna Harcastle has reported him." }),
		},
	}
}
