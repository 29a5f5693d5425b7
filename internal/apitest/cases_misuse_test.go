package apitest

import (
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	listFlags      = "MisuseService.ListFlags"
	listCases      = "MisuseService.ListCases"
	getCase        = "MisuseService.GetCase"
	openCase       = "MisuseService.OpenCase"
	askExplanation = "MisuseService.AskExplanation"
	addNote        = "MisuseService.AddNote"
	decideCase     = "MisuseService.DecideCase"
	getRuleReport  = "MisuseService.GetRuleReport"
)

// unexplained is a search without a reference.
func unexplained(person string) *pb.CreateSearchRequest {
	r := search(person)
	r.Search.Reason, r.Search.Reference = "DATA_QUALITY", ""
	return r
}

func (s *stage) subject(who string) string {
	s.Helper()
	return s.must(who, getSelf, &pb.GetSelfRequest{}).(*pb.Self).GetSubject()
}

// flags are those that a reviewer sees of somebody's use.
func (s *stage) flags(reviewer, parent, of string) []*pb.MisuseFlag {
	s.Helper()
	return s.must(reviewer, listFlags, &pb.ListFlagsRequest{Parent: parent, Subject: s.subject(of), PageSize: 200}).(*pb.ListFlagsResponse).GetFlags()
}

// waitForFlag waits until a reviewer sees a flag of somebody's use besides those
// that he has seen.
func (s *stage) waitForFlag(reviewer, parent, of string, seen []*pb.MisuseFlag) *pb.MisuseFlag {
	s.Helper()
	known := map[string]bool{}
	for _, f := range seen {
		known[f.GetName()] = true
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		for _, f := range s.flags(reviewer, parent, of) {
			if !known[f.GetName()] {
				return f
			}
		}
	}
	s.Fatalf("no flag of %s reaches %s", of, reviewer)
	return nil
}

// flagged has somebody of another force search for a SILENT record of force 33
// without a reason, and keeps the name of the case that comes of it.
func flagged(who string) func(*stage) {
	return func(s *stage) {
		s.Helper()
		silent(s)
		seen := s.flags("psd-33", "forces/33", who)
		s.must(who, createSearch, unexplained(s.tag))
		s.names["case"] = s.waitForFlag("psd-33", "forces/33", who, seen).GetMisuseCase()
	}
}

// takenUp is flagged with the case taken up.
func takenUp(who string) func(*stage) {
	return func(s *stage) {
		s.Helper()
		flagged(who)(s)
		s.must("psd-33", openCase, &pb.OpenCaseRequest{Name: s.names["case"]})
	}
}

func misuseCases() []apiCase {
	const text = "he was asked on which case he was working"
	unknown := unknownRecord("33", "misuseCases")
	state := func(want pb.CaseState) func(*stage, proto.Message) {
		return func(s *stage, m proto.Message) {
			s.Helper()
			c := m.(*pb.MisuseCase)
			if c.GetState() != want || c.GetName() != s.names["case"] || len(c.GetFlags()) == 0 || len(c.GetFlags()) != int(c.GetFlagCount()) {
				s.Errorf("case: %v", c)
			}
		}
	}
	cases := []apiCase{
		{
			name: "flags of a SILENT record's owner", method: listFlags, who: "psd-33", live: true, prepare: flagged("investigator-10"),
			request: func(*stage) proto.Message { return &pb.ListFlagsRequest{Parent: "forces/33", Rule: "PROBE"} },
			check: func(s *stage, m proto.Message) {
				all := m.(*pb.ListFlagsResponse).GetFlags()
				if len(all) == 0 || slices.ContainsFunc(all, func(f *pb.MisuseFlag) bool {
					return f.GetRule() != "PROBE" || f.GetSeen() == "" || len(f.GetEntries()) == 0 || f.GetMisuseCase() == ""
				}) {
					s.Errorf("flags: %v", all)
				}
			},
		},
		{
			name: "cases of the own force", method: listCases, who: "psd-33", live: true, prepare: flagged("investigator-10"),
			request: func(*stage) proto.Message { return &pb.ListCasesRequest{Parent: "forces/33", PageSize: 200} },
			check: func(s *stage, m proto.Message) {
				if !slices.ContainsFunc(m.(*pb.ListCasesResponse).GetMisuseCases(), func(c *pb.MisuseCase) bool { return c.GetName() == s.names["case"] }) {
					s.Error("the case is not listed")
				}
			},
		},
		{
			name: "a case with its flags", method: getCase, who: "psd-33", live: true, prepare: flagged("investigator-10"),
			request: func(s *stage) proto.Message { return &pb.GetCaseRequest{Name: s.names["case"]} }, check: state(pb.CaseState_CASE_STATE_NEW),
		},
		{
			name: "a case under another force's name", method: getCase, who: "auditor", prepare: flagged("investigator-10"),
			request: func(s *stage) proto.Message {
				return &pb.GetCaseRequest{Name: "forces/10" + s.names["case"][len("forces/33"):]}
			},
			code: codes.NotFound, reason: "NOT_FOUND",
		},
		{
			name: "a case taken up", method: openCase, who: "psd-33", writes: true, live: true, prepare: flagged("investigator-43"),
			request: func(s *stage) proto.Message { return &pb.OpenCaseRequest{Name: s.names["case"]} }, check: state(pb.CaseState_CASE_STATE_OPEN),
		},
		{
			name: "a force's case taken up by the auditor", method: openCase, who: "auditor", prepare: flagged("investigator-10"),
			request: func(s *stage) proto.Message { return &pb.OpenCaseRequest{Name: s.names["case"]} },
			code:    codes.PermissionDenied, reason: "OTHER_FORCE",
		},
		{
			name: "an explanation asked for", method: askExplanation, who: "psd-33", writes: true, live: true, prepare: takenUp("spoc-43"),
			request: func(s *stage) proto.Message {
				return &pb.AskExplanationRequest{Name: s.names["case"], Question: text}
			},
			check: state(pb.CaseState_CASE_STATE_AWAITING_EXPLANATION),
		},
		{
			name: "a note", method: addNote, who: "psd-33", writes: true, live: true, prepare: takenUp("supervisor-43"),
			request: func(s *stage) proto.Message { return &pb.AddNoteRequest{Name: s.names["case"], Text: text} },
			check: func(s *stage, m proto.Message) {
				events := m.(*pb.MisuseCase).GetEvents()
				if len(events) < 2 || events[len(events)-1].GetText() != text || events[len(events)-1].GetAction() != "NOTE" {
					s.Errorf("events: %v", events)
				}
			},
		},
		{
			name: "a note in a case that is not one's own", method: addNote, who: "psd-33", prepare: flagged("investigator-10"),
			request: func(s *stage) proto.Message { return &pb.AddNoteRequest{Name: s.names["case"], Text: text} },
			code:    codes.FailedPrecondition, reason: "NOT_OPENED",
		},
		{
			name: "a case decided", method: decideCase, who: "psd-33", writes: true, live: true, prepare: takenUp("control_room-43"),
			request: func(s *stage) proto.Message {
				return &pb.DecideCaseRequest{Name: s.names["case"], Outcome: pb.CaseOutcome_CASE_OUTCOME_CONCERN, Rationale: text}
			},
			check: state(pb.CaseState_CASE_STATE_DECIDED),
		},
		{
			name: "how the rules did", method: getRuleReport, who: "psd-33", live: true, prepare: flagged("investigator-10"),
			request: func(*stage) proto.Message { return &pb.GetRuleReportRequest{Parent: "forces/33"} },
			check: func(s *stage, m proto.Message) {
				if !slices.ContainsFunc(m.(*pb.RuleReport).GetRules(), func(r *pb.RuleResult) bool { return r.GetRule() == "PROBE" && r.GetFlags() > 0 }) {
					s.Error("no flag is counted")
				}
			},
		},
	}
	requests := map[string]proto.Message{
		listFlags: &pb.ListFlagsRequest{Parent: "forces/33"}, listCases: &pb.ListCasesRequest{Parent: "forces/33"},
		getCase: &pb.GetCaseRequest{Name: unknown}, openCase: &pb.OpenCaseRequest{Name: unknown},
		askExplanation: &pb.AskExplanationRequest{Name: unknown, Question: text}, addNote: &pb.AddNoteRequest{Name: unknown, Text: text},
		decideCase:    &pb.DecideCaseRequest{Name: unknown, Outcome: pb.CaseOutcome_CASE_OUTCOME_JUSTIFIED, Rationale: text},
		getRuleReport: &pb.GetRuleReportRequest{Parent: "forces/33"},
	}
	for method, request := range requests {
		same := func(*stage) proto.Message { return request }
		cases = append(cases,
			apiCase{name: method + " by a supervisor", method: method, who: "supervisor-33", request: same, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
			apiCase{name: method + " by another force's department", method: method, who: "psd-10", request: same, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		)
	}
	slices.SortFunc(cases, func(a, b apiCase) int { // a map has no order, and the table must have one
		switch {
		case a.name < b.name:
			return -1
		case a.name > b.name:
			return 1
		}
		return 0
	})
	return append(cases, apiCase{
		name: "a decision without an outcome", method: decideCase, who: "psd-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"outcome", "rationale"},
		request: func(*stage) proto.Message { return &pb.DecideCaseRequest{Name: unknown, Rationale: "short"} },
	})
}
