package apitest

import (
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
)

const (
	requestUnsealing = "StandardsService.RequestUnsealing"
	approveUnsealing = "StandardsService.ApproveUnsealing"
	refuseUnsealing  = "StandardsService.RefuseUnsealing"
	openUnsealing    = "StandardsService.OpenUnsealing"
	listUnsealings   = "StandardsService.ListUnsealings"
	openCaseAccess   = "StandardsService.OpenCaseAccess"
	listCaseAccesses = "StandardsService.ListCaseAccesses"
)

// entryOf makes a call and keeps the index of its entry.
func (s *stage) entryOf(who, method string, request proto.Message) string {
	s.Helper()
	a := s.w.call(s.Context(), s.w.transportsOf(who)[0], who, method, request)
	receipt, err := accesslog.ParseReceipt(a.receipt)
	if a.err != nil || err != nil {
		s.Fatalf("prepare: %s by %s: %v, %v", method, who, a.err, err)
	}
	return strconv.FormatInt(receipt.Index, 10)
}

// sealedSearch keeps the entry of a search that found somebody.
func sealedSearch(s *stage) {
	s.Helper()
	s.must("system-33", registerNominal, nominal("33", s.tag, "U-"+s.tag, 1))
	s.names["entry"] = s.entryOf("investigator-33", createSearch, search(s.tag))
}

func (s *stage) unsealing() *pb.RequestUnsealingRequest {
	s.Helper()
	index, err := strconv.ParseInt(s.names["entry"], 10, 64)
	if err != nil {
		s.Fatal(err)
	}
	return &pb.RequestUnsealingRequest{
		Parent: "forces/33", Entry: index, Purpose: pb.LogPurpose_LOG_PURPOSE_LAWFULNESS, Reference: "PSD/26/2",
		Reason: "a search without a case", NoConflict: true, CaseAccess: s.names["access"],
	}
}

func (s *stage) askUnsealing(who string) {
	s.Helper()
	s.names["unsealing"] = s.must(who, requestUnsealing, s.unsealing()).(*pb.Unsealing).GetName()
}

func (s *stage) approve(who string) {
	s.Helper()
	s.must(who, approveUnsealing, unsealingApproved(s))
}

func unsealingApproved(s *stage) proto.Message {
	return &pb.ApproveUnsealingRequest{Name: s.names["unsealing"], NoConflict: true}
}

func unsealingRefused(s *stage) proto.Message {
	return &pb.RefuseUnsealingRequest{Name: s.names["unsealing"], NoConflict: true, Reason: "no case bears this reference"}
}

// refusedUnsealing keeps one that was approved, and refused by a third person after that.
func refusedUnsealing(s *stage) {
	s.Helper()
	approvedUnsealing(s)
	s.must("psd3-33", refuseUnsealing, unsealingRefused(s))
}

func openIt(s *stage) proto.Message { return &pb.OpenUnsealingRequest{Name: s.names["unsealing"]} }

func askedUnsealing(s *stage) {
	sealedSearch(s)
	s.askUnsealing("psd-33")
}

func approvedUnsealing(s *stage) {
	askedUnsealing(s)
	s.approve("psd2-33")
}

func caseAccess(s *stage) {
	sealedSearch(s)
	s.names["access"] = s.must("auditor", openCaseAccess, accessFor("33")).(*pb.CaseAccess).GetName()
}

func accessFor(force string) *pb.OpenCaseAccessRequest {
	return &pb.OpenCaseAccessRequest{
		Parent: "forces/" + force, Purpose: pb.LogPurpose_LOG_PURPOSE_CRIMINAL_PROCEEDINGS, Reference: "IOPC/26/9", Reason: "a complaint about an officer", Days: 30,
	}
}

// wantUnsealed expects the search that was made in the stage.
func wantUnsealed(s *stage, m proto.Message) {
	s.Helper()
	out := m.(*pb.UnsealedEntry)
	asked := search(s.tag).GetSearch()
	got := out.GetSearch()
	if out.GetEntry().GetMethod() != createSearch || got.GetJustification() != asked.GetJustification() || !proto.Equal(got.GetCriteria(), asked.GetCriteria()) {
		s.Errorf("unsealed %v", out)
	}
	// Somebody else in the table may share the day of birth.
	if len(got.GetCandidates()) == 0 || got.GetCandidates()[0].GetDisplayName() == "" || len(got.GetCandidates()[0].GetTerms()) == 0 {
		s.Errorf("candidates as shown: %v", got.GetCandidates())
	}
}

func unsealingCases() []apiCase {
	ask := func(change func(s *stage, r *pb.RequestUnsealingRequest)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			r := s.unsealing()
			if change != nil {
				change(s, r)
			}
			return r
		}
	}
	refused := func(name, method, who string, prepare func(*stage), request func(*stage) proto.Message, code codes.Code, reason string, fields ...string) apiCase {
		return apiCase{name: name, method: method, who: who, prepare: prepare, request: request, code: code, reason: reason, fields: fields}
	}
	return []apiCase{
		{name: "ask to unseal a search", method: requestUnsealing, who: "psd-33", writes: true, live: true, prepare: sealedSearch, request: ask(nil), check: func(s *stage, m proto.Message) {
			u := m.(*pb.Unsealing)
			if u.GetState() != pb.UnsealingState_UNSEALING_STATE_REQUESTED || u.GetExpireTime() == nil || u.GetSubject() == "" || u.GetApprover() != "" {
				s.Errorf("asked: %v", u)
			}
		}},
		refused("ask to unseal one's own entry", requestUnsealing, "psd-33", func(s *stage) {
			s.names["entry"] = s.entryOf("psd-33", listEntries, entriesOf("forces/33"))
		}, ask(nil), codes.PermissionDenied, "NOT_YOURS"),
		refused("ask to unseal another force's entry as one's own", requestUnsealing, "psd-33", func(s *stage) {
			s.names["entry"] = s.entryOf("investigator-10", createSearch, search(s.tag))
		}, ask(nil), codes.NotFound, "NOT_FOUND"),
		refused("ask to unseal another force's entry", requestUnsealing, "psd-10", sealedSearch, ask(nil), codes.PermissionDenied, "OTHER_FORCE"),
		refused("ask to unseal as a supervisor", requestUnsealing, "supervisor-33", sealedSearch, ask(nil), codes.PermissionDenied, "NOT_ALLOWED"),
		refused("ask to unseal without saying why", requestUnsealing, "psd-33", sealedSearch, ask(func(_ *stage, r *pb.RequestUnsealingRequest) {
			r.Purpose, r.Reference, r.Reason, r.NoConflict = 0, "", "", false
		}), codes.InvalidArgument, "INVALID_FIELDS", "purpose", "reference", "reason", "no_conflict"),
		refused("ask to unseal what is not sealed", requestUnsealing, "psd-33", func(s *stage) {
			s.names["entry"] = s.entryOf("investigator-33", "DirectoryService.GetSelf", &pb.GetSelfRequest{})
		}, ask(nil), codes.NotFound, "NOT_FOUND"),
		refused("ask to unseal for a case access that is not PSD's", requestUnsealing, "psd-33", caseAccess, ask(nil), codes.InvalidArgument, "INVALID_FIELDS", "case_access"),
		refused("ask to unseal as the auditor without a case access", requestUnsealing, "auditor", sealedSearch, ask(nil), codes.InvalidArgument, "INVALID_FIELDS", "case_access"),
		refused("ask to unseal as the auditor under another force's access", requestUnsealing, "auditor", func(s *stage) {
			sealedSearch(s)
			s.names["access"] = s.must("auditor", openCaseAccess, accessFor("10")).(*pb.CaseAccess).GetName()
		}, ask(nil), codes.InvalidArgument, "INVALID_FIELDS", "case_access"),

		{name: "approve an unsealing", method: approveUnsealing, who: "psd2-33", writes: true, live: true, prepare: askedUnsealing, request: unsealingApproved, check: func(s *stage, m proto.Message) {
			if u := m.(*pb.Unsealing); u.GetState() != pb.UnsealingState_UNSEALING_STATE_APPROVED || u.GetApprover() == u.GetAsker() {
				s.Errorf("approved: %v", u)
			}
			s.approve("psd2-33") // again
		}},
		refused("approve one's own unsealing", approveUnsealing, "psd-33", askedUnsealing, unsealingApproved, codes.PermissionDenied, "NOT_YOURS"),
		refused("approve the unsealing of one's own entry", approveUnsealing, "psd2-33", func(s *stage) {
			s.names["entry"] = s.entryOf("psd2-33", listEntries, entriesOf("forces/33"))
			s.askUnsealing("psd-33")
		}, unsealingApproved, codes.PermissionDenied, "NOT_YOURS"),
		refused("approve another force's unsealing", approveUnsealing, "psd-10", askedUnsealing, unsealingApproved, codes.PermissionDenied, "OTHER_FORCE"),
		refused("approve a force's unsealing as the auditor", approveUnsealing, "auditor", askedUnsealing, unsealingApproved, codes.NotFound, "NOT_FOUND"),
		refused("approve the auditor's unsealing", approveUnsealing, "psd-33", func(s *stage) { caseAccess(s); s.askUnsealing("auditor") }, unsealingApproved, codes.NotFound, "NOT_FOUND"),
		refused("approve without a word on conflicts", approveUnsealing, "psd2-33", askedUnsealing, func(s *stage) proto.Message {
			return &pb.ApproveUnsealingRequest{Name: s.names["unsealing"]}
		}, codes.InvalidArgument, "INVALID_FIELDS", "no_conflict"),

		{name: "refuse an unsealing", method: refuseUnsealing, who: "psd2-33", writes: true, live: true, prepare: askedUnsealing, request: unsealingRefused, check: func(s *stage, m proto.Message) {
			u := m.(*pb.Unsealing)
			if u.GetState() != pb.UnsealingState_UNSEALING_STATE_REFUSED || u.GetRefuser() == "" || u.GetRefuser() == u.GetAsker() || u.GetRefuseTime() == nil || u.GetRefuseReason() == "" || u.GetRefuserCheck() == 0 {
				s.Errorf("refused: %v", u)
			}
			if again := s.must("psd3-33", refuseUnsealing, unsealingRefused(s)); !proto.Equal(again, m) {
				s.Errorf("refused again: %v", again)
			}
		}},
		{name: "take an approval back", method: refuseUnsealing, who: "psd2-33", writes: true, live: true, prepare: approvedUnsealing, request: unsealingRefused, check: func(s *stage, m proto.Message) {
			if u := m.(*pb.Unsealing); u.GetState() != pb.UnsealingState_UNSEALING_STATE_REFUSED || u.GetApprover() != u.GetRefuser() {
				s.Errorf("taken back: %v", u)
			}
		}},
		{name: "refuse an unsealing as the auditor", method: refuseUnsealing, who: "auditor2", writes: true, live: true, request: unsealingRefused,
			prepare: func(s *stage) { caseAccess(s); s.askUnsealing("auditor") }},
		refused("refuse one's own unsealing", refuseUnsealing, "psd-33", askedUnsealing, unsealingRefused, codes.PermissionDenied, "NOT_YOURS"),
		refused("refuse another force's unsealing", refuseUnsealing, "psd-10", askedUnsealing, unsealingRefused, codes.PermissionDenied, "OTHER_FORCE"),
		refused("refuse a force's unsealing as the auditor", refuseUnsealing, "auditor", askedUnsealing, unsealingRefused, codes.NotFound, "NOT_FOUND"),
		refused("refuse what was opened", refuseUnsealing, "psd2-33", func(s *stage) { approvedUnsealing(s); s.must("psd-33", openUnsealing, openIt(s)) },
			unsealingRefused, codes.FailedPrecondition, "ALREADY_OPENED"),
		refused("refuse without a reason or a word on conflicts", refuseUnsealing, "psd2-33", askedUnsealing, func(s *stage) proto.Message {
			return &pb.RefuseUnsealingRequest{Name: s.names["unsealing"]}
		}, codes.InvalidArgument, "INVALID_FIELDS", "no_conflict", "reason"),
		refused("approve what was refused", approveUnsealing, "psd2-33", refusedUnsealing, unsealingApproved, codes.FailedPrecondition, "UNSEALING_REFUSED"),
		refused("open what was refused", openUnsealing, "psd-33", refusedUnsealing, openIt, codes.FailedPrecondition, "UNSEALING_REFUSED"),

		{name: "open an unsealing", method: openUnsealing, who: "psd-33", writes: true, live: true, prepare: approvedUnsealing, request: openIt, check: func(s *stage, m proto.Message) {
			wantUnsealed(s, m)
			a := s.w.call(s.Context(), overToken, "psd-33", openUnsealing, openIt(s))
			if code, reason, _ := refusal(a.err); code != codes.FailedPrecondition || reason != "ALREADY_OPENED" {
				s.Errorf("opened again: %v", a.err)
			}
		}},
		{name: "open the reason of a log reading", method: openUnsealing, who: "psd-33", writes: true, live: true, request: openIt,
			prepare: func(s *stage) {
				s.names["entry"] = s.entryOf("psd2-33", listEntries, entriesOf("forces/33"))
				s.askUnsealing("psd-33")
				s.approve("psd3-33")
			},
			check: func(s *stage, m proto.Message) {
				if r := m.(*pb.UnsealedEntry).GetReason(); r.GetReference() != "REVIEW/26/7" {
					s.Errorf("unsealed %v", m)
				}
			}},
		{name: "open an unsealing as the auditor", method: openUnsealing, who: "auditor", writes: true, live: true, request: openIt, check: wantUnsealed,
			prepare: func(s *stage) { caseAccess(s); s.askUnsealing("auditor"); s.approve("auditor2") }},
		refused("open an unsealing that nobody approved", openUnsealing, "psd-33", askedUnsealing, openIt, codes.FailedPrecondition, "NOT_APPROVED"),
		refused("open another's unsealing", openUnsealing, "psd2-33", approvedUnsealing, openIt, codes.PermissionDenied, "NOT_YOURS"),
		refused("open another force's unsealing", openUnsealing, "psd-10", approvedUnsealing, openIt, codes.PermissionDenied, "OTHER_FORCE"),

		{name: "unsealings of a force", method: listUnsealings, who: "psd-33", live: true, prepare: askedUnsealing,
			request: func(*stage) proto.Message { return &pb.ListUnsealingsRequest{Parent: "forces/33", PageSize: 200} },
			check: func(s *stage, m proto.Message) {
				found := false
				for _, u := range m.(*pb.ListUnsealingsResponse).GetUnsealings() {
					found = found || u.GetName() == s.names["unsealing"]
					if u.GetCaseAccess() != "" {
						s.Errorf("the auditor's unsealing is told: %v", u)
					}
				}
				if !found {
					s.Error("the unsealing is not listed")
				}
			}},
		refused("unsealings of another force", listUnsealings, "psd-10", nil, func(*stage) proto.Message { return &pb.ListUnsealingsRequest{Parent: "forces/33"} }, codes.PermissionDenied, "OTHER_FORCE"),

		{name: "open a case access", method: openCaseAccess, who: "auditor", writes: true, live: true, request: func(*stage) proto.Message { return accessFor("33") }},
		refused("open a case access as PSD", openCaseAccess, "psd-33", nil, func(*stage) proto.Message { return accessFor("33") }, codes.PermissionDenied, "NOT_ALLOWED"),
		refused("open a case access for a year", openCaseAccess, "auditor", nil, func(*stage) proto.Message {
			r := accessFor("33")
			r.Days = 365
			return r
		}, codes.InvalidArgument, "INVALID_FIELDS", "days"),

		{name: "case accesses for a force", method: listCaseAccesses, who: "auditor", live: true, prepare: caseAccess,
			request: func(*stage) proto.Message {
				return &pb.ListCaseAccessesRequest{Parent: "forces/33", PageSize: 200, NewestFirst: true}
			},
			check: func(s *stage, m proto.Message) {
				for _, k := range m.(*pb.ListCaseAccessesResponse).GetCaseAccesses() {
					if k.GetName() == s.names["access"] && k.GetExpireTime() != nil && k.GetReference() != "" {
						return
					}
				}
				s.Error("the case access is not listed")
			}},
		refused("case accesses for PSD", listCaseAccesses, "psd-33", nil, func(*stage) proto.Message { return &pb.ListCaseAccessesRequest{Parent: "forces/33"} }, codes.PermissionDenied, "NOT_ALLOWED"),
	}
}
