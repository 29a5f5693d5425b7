package apitest

import (
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	listDuties     = "DutyService.ListDuties"
	getDuty        = "DutyService.GetDuty"
	assignDuty     = "DutyService.AssignDuty"
	closeDuty      = "DutyService.CloseDuty"
	approveClosure = "DutyService.ApproveClosure"
	refuseClosure  = "DutyService.RefuseClosure"
	judgePrompt    = "DutyService.JudgePrompt"
	listJudgements = "DutyService.ListPromptJudgements"
)

const (
	alertDutyOpened  = pb.AlertKind_ALERT_KIND_DUTY_OPENED
	alertDutyClimbed = pb.AlertKind_ALERT_KIND_DUTY_ESCALATED
	alertDutyFell    = pb.AlertKind_ALERT_KIND_DUTY_FELL_AWAY

	dutyOpen     = pb.DutyState_DUTY_STATE_OPEN
	dutyProposed = pb.DutyState_DUTY_STATE_PROPOSED_CLOSURE
)

// threat makes a course with a threat to kill that nobody has answered for longer than
// it may wait, and for less than the deadline.
func threat(force, nominal, reference string) *pb.RegisterCourseRequest {
	r := course(force, nominal, reference, 1)
	r.Course.Incidents[0].Behaviours = []string{"THREATS_TO_KILL"}
	r.Course.Incidents[0].OccurTime = timestamppb.New(time.Now().Add(-90 * time.Minute))
	return r
}

// dutyOf is the duty of a force about its nominal by a prompt, in whatever state.
func (s *stage) dutyOf(who, nominal, code string) *pb.Duty {
	s.Helper()
	parent, _, _ := cutForce(nominal)
	page := s.must(who, listDuties, &pb.ListDutiesRequest{Parent: parent, Nominal: nominal, Code: code, Closed: true}).(*pb.ListDutiesResponse)
	if len(page.GetDuties()) != 1 {
		s.Fatalf("%d duties %s of %s", len(page.GetDuties()), code, nominal)
	}
	return page.GetDuties()[0]
}

func cutForce(name string) (force, rest string, ok bool) {
	return name[:len("forces/33")], name[len("forces/33"):], true
}

// bound registers a threat that nobody has answered, and keeps the duty.
func bound(s *stage) {
	s.Helper()
	s.names["nominal"] = s.register("33", s.tag, "D-"+s.tag)
	s.names["course"] = s.must("system-33", registerCourse, threat("33", s.names["nominal"], "T-"+s.tag)).(*pb.RegisterCourseResponse).GetName()
	s.names["duty"] = s.dutyOf("spoc-33", s.names["nominal"], "NO_ACTION").GetName()
}

func getTheDuty(s *stage) proto.Message { return &pb.GetDutyRequest{Name: s.names["duty"]} }

func (s *stage) duty(who string) *pb.Duty {
	s.Helper()
	return s.must(who, getDuty, getTheDuty(s)).(*pb.Duty)
}

// proposedClosure has an investigator propose to close the duty.
var proposedClosure = then(bound, func(s *stage) {
	s.must("investigator-33", closeDuty, &pb.CloseDutyRequest{Name: s.names["duty"], Reason: why})
})

func approveIt(s *stage) proto.Message {
	return &pb.ApproveClosureRequest{Name: s.names["duty"], Version: s.duty("supervisor-33").GetVersion(), Reason: why}
}

func refuseIt(s *stage) proto.Message {
	return &pb.RefuseClosureRequest{Name: s.names["duty"], Version: s.duty("supervisor-33").GetVersion(), Reason: why}
}

func closeFor(reason string) func(*stage) proto.Message {
	return func(s *stage) proto.Message { return &pb.CloseDutyRequest{Name: s.names["duty"], Reason: reason} }
}

func closeBy(action string) func(*stage) proto.Message {
	return func(s *stage) proto.Message {
		return &pb.CloseDutyRequest{Name: s.names["duty"], Action: action, Record: s.names["course"]}
	}
}

// wantDuty looks at a duty in a state.
func wantDuty(state pb.DutyState, event string) func(*stage, proto.Message) {
	return func(s *stage, m proto.Message) {
		s.Helper()
		d := m.(*pb.Duty)
		events := d.GetEvents()
		if d.GetName() != s.names["duty"] || d.GetState() != state || len(events) == 0 || events[len(events)-1].GetCode() != event {
			s.Errorf("duty %v", d)
			return
		}
		if d.GetCode() != "NO_ACTION" || d.GetNominal() != s.names["nominal"] || d.GetCourse() != s.names["course"] || len(d.GetEvidence()) != 1 ||
			d.GetTitle() == "" || d.GetMessage() == "" || d.GetDueTime() == nil || d.GetLogIndex() == 0 || len(d.GetSteps()) == 0 ||
			!slices.Contains(d.GetClosingActions(), "ATTENDED") || d.GetEvidence()[0].GetRecord() != s.names["course"] {
			s.Errorf("duty %v", d)
		}
	}
}

func wantOwner(role pb.DutyRole, officer string) func(*stage, proto.Message) {
	return func(s *stage, m proto.Message) {
		s.Helper()
		if o := m.(*pb.Duty).GetOwner(); o.GetRole() != role || o.GetOfficer() != officer {
			s.Errorf("owner %v", o)
		}
	}
}

func dutyCases() []apiCase {
	notAllowed := func(name, method, who string, request func(*stage) proto.Message) apiCase {
		return apiCase{name: name, method: method, who: who, prepare: bound, request: request, code: codes.PermissionDenied, reason: "NOT_ALLOWED"}
	}
	refused := func(name, method, who string, prepare func(*stage), request func(*stage) proto.Message, reason string) apiCase {
		return apiCase{name: name, method: method, who: who, prepare: prepare, request: request, code: codes.FailedPrecondition, reason: reason}
	}
	invalid := func(name, method, who string, request func(*stage) proto.Message, fields ...string) apiCase {
		return apiCase{name: name, method: method, who: who, prepare: bound, request: request, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: fields}
	}
	list := func(change func(*pb.ListDutiesRequest)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			r := &pb.ListDutiesRequest{Parent: "forces/33", Nominal: s.names["nominal"], PageSize: 200}
			change(r)
			return r
		}
	}
	has := func(want bool) func(*stage, proto.Message) {
		return func(s *stage, m proto.Message) {
			s.Helper()
			all := m.(*pb.ListDutiesResponse).GetDuties()
			got := slices.ContainsFunc(all, func(d *pb.Duty) bool { return d.GetName() == s.names["duty"] })
			if got != want || !slices.IsSortedFunc(all, func(a, b *pb.Duty) int { return a.GetDueTime().AsTime().Compare(b.GetDueTime().AsTime()) }) {
				s.Errorf("among %d duties: %t, want %t", len(all), got, want)
			}
		}
	}
	silent := then(bound, func(s *stage) { s.restrict(s.names["nominal"], pb.Restriction_RESTRICTION_SILENT) })
	judge := func(s *stage) proto.Message {
		return &pb.JudgePromptRequest{Parent: s.names["nominal"], Code: "MISRECORDED", Key: "k", Verdict: pb.PromptVerdict_PROMPT_VERDICT_OVERRIDDEN, Reason: why}
	}
	judgements := func(s *stage) proto.Message { return &pb.ListPromptJudgementsRequest{Parent: s.names["nominal"]} }
	judged := then(bound, func(s *stage) { s.must("spoc-33", judgePrompt, judge(s)) })
	all := func(*pb.ListDutiesRequest) {}
	return []apiCase{
		{name: "duties of a nominal", method: listDuties, who: "investigator-33", prepare: bound, request: list(all), live: true, check: has(true)},
		{name: "duties for the force's system", method: listDuties, who: "system-33", prepare: bound, request: list(all), live: true, check: has(true)},
		{name: "duties of a role", method: listDuties, who: "spoc-33", prepare: bound, live: true, check: has(false),
			request: list(func(r *pb.ListDutiesRequest) { r.Role = pb.DutyRole_DUTY_ROLE_OFFICER_IN_CASE })},
		{name: "duties of a kind", method: listDuties, who: "spoc-33", prepare: bound, live: true, check: has(true),
			request: list(func(r *pb.ListDutiesRequest) { r.Code = "NO_ACTION" })},
		{name: "duties of two kinds", method: listDuties, who: "spoc-33", prepare: bound, live: true, check: has(true),
			request: list(func(r *pb.ListDutiesRequest) { r.Codes = []string{"UNACTIONED_BREACH", "NO_ACTION"} })},
		{name: "duties of other kinds", method: listDuties, who: "spoc-33", prepare: bound, live: true, check: has(false),
			request: list(func(r *pb.ListDutiesRequest) { r.Codes = []string{"MEASURE_ENDING", "NO_CHECK"} })},
		{name: "duties of another force", method: listDuties, who: "spoc-10", prepare: bound, request: list(all), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		notAllowed("duties for the control room", listDuties, "control_room-33", list(all)),
		invalid("too many duties", listDuties, "spoc-33", list(func(r *pb.ListDutiesRequest) { r.PageSize = 201 }), "page_size"),
		invalid("duties by a forged token", listDuties, "spoc-33", list(func(r *pb.ListDutiesRequest) { r.PageToken = "AAAA.1:00" }), "page_token"),
		{name: "duties about a silent record", method: listDuties, who: "spoc-33", prepare: silent, request: list(all), live: true, check: has(false)},
		{name: "duties about a silent record for PSD", method: listDuties, who: "psd-33", prepare: silent, request: list(all), live: true, check: has(true)},

		{name: "a duty", method: getDuty, who: "investigator-33", prepare: bound, request: getTheDuty, live: true, check: wantDuty(dutyOpen, "OPENED")},
		{name: "a duty about a silent record", method: getDuty, who: "spoc-33", prepare: silent, request: getTheDuty, code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "another force's duty", method: getDuty, who: "spoc-10", prepare: bound, request: getTheDuty, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "no such duty", method: getDuty, who: "spoc-33", code: codes.NotFound, reason: "NOT_FOUND",
			request: func(*stage) proto.Message { return &pb.GetDutyRequest{Name: unknownRecord("33", "duties")} }},

		{name: "assign a duty", method: assignDuty, who: "supervisor-33", writes: true, live: true, prepare: bound,
			check: both(wantDuty(dutyOpen, "ASSIGNED"), wantOwner(pb.DutyRole_DUTY_ROLE_OFFICER_IN_CASE, "4711")),
			request: func(s *stage) proto.Message {
				return &pb.AssignDutyRequest{Name: s.names["duty"], Role: pb.DutyRole_DUTY_ROLE_OFFICER_IN_CASE, Officer: "4711"}
			}},
		invalid("assign a duty to nobody", assignDuty, "supervisor-33", func(s *stage) proto.Message { return &pb.AssignDutyRequest{Name: s.names["duty"]} }, "request"),
		notAllowed("assign a duty as an investigator", assignDuty, "investigator-33", func(s *stage) proto.Message {
			return &pb.AssignDutyRequest{Name: s.names["duty"], Officer: "4711"}
		}),

		{name: "propose to close a duty", method: closeDuty, who: "investigator-33", writes: true, live: true, prepare: bound, request: closeFor(why), check: wantDuty(dutyProposed, "CLOSURE_PROPOSED")},
		invalid("close a duty for nothing", closeDuty, "investigator-33", closeFor(""), "request"),
		invalid("close a duty in few words", closeDuty, "investigator-33", closeFor("no"), "reason"),
		invalid("close a duty by an action and a reason", closeDuty, "investigator-33", func(s *stage) proto.Message {
			return &pb.CloseDutyRequest{Name: s.names["duty"], Action: "ATTENDED", Record: s.names["course"], Reason: why}
		}, "request"),
		refused("close a duty by an action that nobody recorded", closeDuty, "investigator-33", bound, closeBy("ATTENDED"), "DUTY_ACTION_MISSING"),
		refused("close a duty by an action that closes it not", closeDuty, "investigator-33", bound, closeBy("ADVISED"), "DUTY_ACTION_MISSING"),
		refused("close a duty by a record that is not there", closeDuty, "investigator-33", bound, func(s *stage) proto.Message {
			return &pb.CloseDutyRequest{Name: s.names["duty"], Action: "ATTENDED", Record: unknownRecord("33", "courses")}
		}, "DUTY_ACTION_MISSING"),
		notAllowed("close a duty by a system", closeDuty, "system-33", closeFor(why)),

		{name: "approve a closure", method: approveClosure, who: "supervisor-33", writes: true, live: true, prepare: proposedClosure, request: approveIt, check: wantDuty(pb.DutyState_DUTY_STATE_OVERRIDDEN, "OVERRIDDEN")},
		refused("approve one's own closure", approveClosure, "supervisor-33", then(bound, func(s *stage) { s.must("supervisor-33", closeDuty, closeFor(why)(s)) }), approveIt, "SECOND_PERSON"),
		refused("approve what nobody has proposed", approveClosure, "supervisor-33", bound, approveIt, "DUTY_CLOSED"),
		{name: "approve another version", method: approveClosure, who: "supervisor-33", prepare: proposedClosure, code: codes.Aborted, reason: "DUTY_CHANGED",
			request: func(s *stage) proto.Message { return &pb.ApproveClosureRequest{Name: s.names["duty"], Version: 1} }},
		{name: "refuse another version", method: refuseClosure, who: "supervisor-33", prepare: proposedClosure, code: codes.Aborted, reason: "DUTY_CHANGED",
			request: func(s *stage) proto.Message {
				return &pb.RefuseClosureRequest{Name: s.names["duty"], Version: 1, Reason: why}
			}},
		refused("close a duty that is closed", closeDuty, "spoc-33", then(proposedClosure, func(s *stage) { s.must("supervisor-33", approveClosure, approveIt(s)) }), closeFor(why), "DUTY_CLOSED"),
		notAllowed("approve as an investigator", approveClosure, "investigator-33", func(s *stage) proto.Message {
			return &pb.ApproveClosureRequest{Name: s.names["duty"], Version: 1}
		}),

		{name: "refuse a closure", method: refuseClosure, who: "supervisor-33", writes: true, live: true, prepare: proposedClosure, request: refuseIt, check: wantDuty(dutyOpen, "CLOSURE_REFUSED")},
		notAllowed("refuse as PSD", refuseClosure, "psd-33", func(s *stage) proto.Message {
			return &pb.RefuseClosureRequest{Name: s.names["duty"], Version: 1, Reason: why}
		}),

		{name: "judge a prompt", method: judgePrompt, who: "investigator-33", writes: true, live: true, prepare: bound, request: judge,
			check: func(s *stage, m proto.Message) {
				j := m.(*pb.PromptJudgement)
				if j.GetNominal() != s.names["nominal"] || j.GetReason() != why || j.GetTime() == nil {
					s.Errorf("judgement %v", j)
				}
			}},
		invalid("judge a prompt without a verdict", judgePrompt, "spoc-33", func(s *stage) proto.Message {
			return &pb.JudgePromptRequest{Parent: s.names["nominal"], Code: "REPEAT", Key: "k", Reason: why}
		}, "verdict"),
		notAllowed("judge a prompt as PSD", judgePrompt, "psd-33", judge),
		{name: "judgements of prompts", method: listJudgements, who: "supervisor-33", prepare: judged, request: judgements, live: true,
			check: func(s *stage, m proto.Message) {
				all := m.(*pb.ListPromptJudgementsResponse).GetJudgements()
				if len(all) != 1 || all[0].GetCode() != "MISRECORDED" || all[0].GetVerdict() != pb.PromptVerdict_PROMPT_VERDICT_OVERRIDDEN {
					s.Errorf("judgements %v", all)
				}
			}},
		notAllowed("judgements for a system", listJudgements, "system-33", judgements),
	}
}
