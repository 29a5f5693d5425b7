package apitest

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const why = "the same tattoo on both custody photographs"

// twoOwn registers two people of force 33 who do not resemble each other.
func twoOwn(s *stage) {
	s.Helper()
	s.names["nominal"] = s.register("33", s.tag, "A-"+s.tag)
	s.names["theirs"] = s.register("33", s.tag+" too", "B-"+s.tag)
}

func proposeIt(s *stage) proto.Message {
	return &pb.ProposeLinkRequest{Parent: "forces/33", Nominal: s.names["nominal"], Other: s.names["theirs"], Reason: why}
}

// proposed proposes that the two own nominals are one person.
func proposed(s *stage) {
	s.Helper()
	twoOwn(s)
	s.names["link"] = s.must("spoc-33", proposeLink, proposeIt(s)).(*pb.Link).GetName()
}

func confirmIt(s *stage) proto.Message {
	return &pb.ConfirmLinkRequest{Name: s.names["link"], Version: 1, Reason: why}
}

func rejectIt(s *stage) proto.Message {
	return &pb.RejectLinkRequest{Name: s.names["link"], Version: 1, Reason: why}
}

func rejected(s *stage) {
	s.Helper()
	twoForces(s)
	s.must("spoc-33", rejectLink, rejectIt(s))
}

func confirmed(s *stage) {
	s.Helper()
	twoForces(s)
	s.must("spoc-33", confirmLink, confirmIt(s))
}

func splitIt(s *stage) proto.Message {
	return &pb.SplitPersonRequest{Name: s.names["nominal"], Apart: []string{s.names["theirs"]}, Reason: why}
}

// decided looks at a link on which force 33 has decided last.
func decided(state pb.LinkState, version int64) func(*stage, proto.Message) {
	return func(s *stage, m proto.Message) {
		s.Helper()
		l := m.(*pb.Link)
		last := &pb.LinkDecision{}
		if n := len(l.GetDecisions()); n > 0 {
			last = l.GetDecisions()[n-1]
		}
		if l.GetState() != state || l.GetVersion() != version || last.GetState() != state || last.GetForce() != "forces/33" || last.GetReason() != why || last.GetTime() == nil {
			s.Errorf("link %v", l)
		}
		again := s.must("spoc-33", getLink, &pb.GetLinkRequest{Name: l.GetName()})
		if !proto.Equal(l, again) {
			s.Errorf("answered %v, reads as %v", l, again)
		}
	}
}

func decisionCases() []apiCase {
	const (
		rejectedState  = pb.LinkState_LINK_STATE_REJECTED
		confirmedState = pb.LinkState_LINK_STATE_CONFIRMED
		proposedState  = pb.LinkState_LINK_STATE_PROPOSED
	)
	silent := restrictedTo(pb.Restriction_RESTRICTION_SILENT)
	overrule := func(version int64) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			return &pb.ConfirmLinkRequest{Name: s.names["link"], Version: version, Reason: why, Overrule: true}
		}
	}
	bySearch := func(other string) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			return &pb.ProposeLinkRequest{Parent: "forces/10", Nominal: s.names["own"], Candidate: s.names["search"] + "/candidates/1", Other: s.names[other], Reason: why}
		}
	}
	// found is an own nominal of force 10, and a search of its SPOC that found
	// another force's.
	found := func(s *stage) {
		s.Helper()
		given(s)
		s.names["own"] = s.register("10", s.tag+" own", "O-"+s.tag)
		s.names["search"] = s.must("spoc-10", createSearch, search(s.tag)).(*pb.Search).GetName()
	}
	refusedTo := func(name, method, who string, prepare func(*stage), request func(*stage) proto.Message, reason string) apiCase {
		return apiCase{name: name, method: method, who: who, prepare: prepare, request: request, code: codes.PermissionDenied, reason: reason}
	}
	failed := func(name, method string, prepare func(*stage), request func(*stage) proto.Message, code codes.Code, reason string, fields ...string) apiCase {
		return apiCase{name: name, method: method, who: "spoc-33", prepare: prepare, request: request, code: code, reason: reason, fields: fields}
	}
	return []apiCase{
		{name: "propose that two own records are one person", method: proposeLink, who: "spoc-33", writes: true, live: true, prepare: twoOwn, request: proposeIt, check: decided(proposedState, 1)},
		{name: "propose what was found by a search", method: proposeLink, who: "spoc-10", writes: true, live: true, prepare: found, request: bySearch(""), check: wantState(proposedState)},
		{name: "propose one of what was found", method: proposeLink, who: "spoc-10", writes: true, live: true, prepare: found, request: bySearch("nominal"), check: wantState(proposedState)},
		{name: "propose again what is proposed", method: proposeLink, who: "spoc-33", prepare: proposed, request: proposeIt, check: wantState(proposedState)},
		refusedTo("propose by an investigator", proposeLink, "investigator-33", twoOwn, proposeIt, "NOT_ALLOWED"),
		refusedTo("propose by a system", proposeLink, "system-33", twoOwn, proposeIt, "NOT_ALLOWED"),
		refusedTo("propose for another force", proposeLink, "spoc-10", twoOwn, proposeIt, "OTHER_FORCE"),
		failed("propose what is linked already", proposeLink, confirmed, func(s *stage) proto.Message {
			return &pb.ProposeLinkRequest{Parent: "forces/33", Nominal: s.names["nominal"], Candidate: s.names["search"], Other: s.names["theirs"], Reason: why}
		}, codes.InvalidArgument, "INVALID_FIELDS", "other"),
		failed("propose what was rejected", proposeLink, then(proposed, func(s *stage) { s.must("supervisor-33", rejectLink, rejectIt(s)) }), proposeIt, codes.FailedPrecondition, "LINK_REJECTED"),
		failed("propose what was confirmed", proposeLink, then(proposed, func(s *stage) { s.must("supervisor-33", confirmLink, confirmIt(s)) }), proposeIt, codes.FailedPrecondition, "LINK_EXISTS"),
		failed("propose what does not exist", proposeLink, given, func(s *stage) proto.Message {
			return &pb.ProposeLinkRequest{Parent: "forces/33", Nominal: s.names["nominal"], Other: unknownRecord("33", "nominals"), Reason: why}
		}, codes.NotFound, "NOT_FOUND"),
		failed("propose a silent record", proposeLink, then(twoOwn, func(s *stage) { s.restrict(s.names["theirs"], pb.Restriction_RESTRICTION_SILENT) }), proposeIt, codes.NotFound, "NOT_FOUND"),
		failed("propose a record to be itself", proposeLink, given, func(s *stage) proto.Message {
			return &pb.ProposeLinkRequest{Parent: "forces/33", Nominal: s.names["nominal"], Other: s.names["nominal"], Reason: why}
		}, codes.InvalidArgument, "INVALID_FIELDS", "other"),
		failed("propose by a colleague's search", proposeLink, then(twoOwn, searched), func(s *stage) proto.Message {
			return &pb.ProposeLinkRequest{Parent: "forces/33", Nominal: s.names["nominal"], Candidate: s.names["search"] + "/candidates/1", Reason: why}
		}, codes.NotFound, "NOT_FOUND"),
		failed("propose nothing", proposeLink, nil, func(*stage) proto.Message {
			return &pb.ProposeLinkRequest{Parent: "forces/33", Nominal: "him", Candidate: "him", Other: "her", Reason: "because"}
		}, codes.InvalidArgument, "INVALID_FIELDS", "nominal", "candidate", "other", "reason"),

		{name: "confirm a link", method: confirmLink, who: "spoc-33", writes: true, live: true, prepare: twoForces, request: confirmIt, check: decided(confirmedState, 2)},
		{name: "confirm a proposal", method: confirmLink, who: "supervisor-33", writes: true, live: true, prepare: proposed, request: confirmIt, check: decided(confirmedState, 2)},
		{name: "confirm again what is confirmed", method: confirmLink, who: "spoc-33", prepare: confirmed, request: confirmIt, check: decided(confirmedState, 2)},
		{name: "confirm over a rejection", method: confirmLink, who: "spoc-33", writes: true, live: true, prepare: rejected, request: overrule(2), check: decided(confirmedState, 3)},
		failed("confirm what was rejected", confirmLink, rejected, func(s *stage) proto.Message {
			return &pb.ConfirmLinkRequest{Name: s.names["link"], Version: 2, Reason: why}
		}, codes.FailedPrecondition, "LINK_REJECTED"),
		failed("confirm what has changed", confirmLink, rejected, overrule(1), codes.Aborted, "LINK_CHANGED"),
		failed("confirm a link with a silent record", confirmLink, silent, confirmIt, codes.NotFound, "NOT_FOUND"),
		failed("confirm a link of a cancelled record", confirmLink, then(twoForces, func(s *stage) { s.must("spoc-33", cancelNominal, cancelIt(s)) }), func(s *stage) proto.Message {
			return &pb.ConfirmLinkRequest{Name: s.names["link"], Version: 2, Reason: why}
		}, codes.FailedPrecondition, "RECORD_CANCELLED"),
		refusedTo("confirm by an investigator", confirmLink, "investigator-33", twoForces, confirmIt, "NOT_ALLOWED"),
		refusedTo("confirm by PSD", confirmLink, "psd-33", twoForces, confirmIt, "NOT_ALLOWED"),
		refusedTo("confirm under another force's name", confirmLink, "spoc-10", twoForces, confirmIt, "OTHER_FORCE"),
		failed("confirm what does not exist", confirmLink, nil, func(*stage) proto.Message {
			return &pb.ConfirmLinkRequest{Name: unknownRecord("33", "links"), Version: 1, Reason: why}
		}, codes.NotFound, "NOT_FOUND"),
		failed("confirm without saying why", confirmLink, twoForces, func(s *stage) proto.Message { return &pb.ConfirmLinkRequest{Name: s.names["link"]} },
			codes.InvalidArgument, "INVALID_FIELDS", "version", "reason"),

		{name: "reject a link", method: rejectLink, who: "spoc-33", writes: true, live: true, prepare: twoForces, request: rejectIt, check: decided(rejectedState, 2)},
		{name: "reject a proposal", method: rejectLink, who: "supervisor-33", writes: true, live: true, prepare: proposed, request: rejectIt, check: decided(rejectedState, 2)},
		{name: "reject again what is rejected", method: rejectLink, who: "spoc-33", prepare: rejected, request: rejectIt, check: decided(rejectedState, 2)},
		failed("reject what has changed", rejectLink, confirmed, rejectIt, codes.Aborted, "LINK_CHANGED"),
		failed("reject a link with a silent record", rejectLink, silent, rejectIt, codes.NotFound, "NOT_FOUND"),
		refusedTo("reject by a DPO", rejectLink, "dpo-33", twoForces, rejectIt, "NOT_ALLOWED"),
		refusedTo("reject under another force's name", rejectLink, "supervisor-10", twoForces, rejectIt, "OTHER_FORCE"),
		failed("reject without saying why", rejectLink, twoForces, func(s *stage) proto.Message {
			return &pb.RejectLinkRequest{Name: s.names["link"], Version: 1, Reason: "no"}
		}, codes.InvalidArgument, "INVALID_FIELDS", "reason"),

		{name: "split a person", method: splitPerson, who: "spoc-33", writes: true, live: true, prepare: twoForces, request: splitIt, check: both(wantPerson(false, "nominal"), func(s *stage, _ proto.Message) {
			wantState(rejectedState)(s, s.must("spoc-33", getLink, getTheLink(s)))
		})},
		refusedTo("split by an investigator", splitPerson, "investigator-33", twoForces, splitIt, "NOT_ALLOWED"),
		refusedTo("split another force's", splitPerson, "spoc-10", twoForces, splitIt, "OTHER_FORCE"),
		failed("split off a stranger", splitPerson, twoOwn, splitIt, codes.InvalidArgument, "INVALID_FIELDS", "apart"),
		failed("split off what does not exist", splitPerson, twoForces, func(s *stage) proto.Message {
			return &pb.SplitPersonRequest{Name: s.names["nominal"], Apart: []string{unknownRecord("10", "nominals")}, Reason: why}
		}, codes.InvalidArgument, "INVALID_FIELDS", "apart"),
		failed("split off the whole person", splitPerson, twoForces, func(s *stage) proto.Message {
			return &pb.SplitPersonRequest{Name: s.names["nominal"], Apart: []string{s.names["nominal"], s.names["theirs"]}, Reason: why}
		}, codes.InvalidArgument, "INVALID_FIELDS", "apart"),
		failed("split a silent record", splitPerson, silent, splitIt, codes.NotFound, "NOT_FOUND"),
	}
}
