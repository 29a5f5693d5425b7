package apitest

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// findCases are those of the look-up for somebody who asks what is held on him.
func findCases() []apiCase {
	find := func(change func(*pb.FindNominalsRequest)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			req := &pb.FindNominalsRequest{
				Parent: "forces/33", Right: pb.DataSubjectRight_DATA_SUBJECT_RIGHT_ACCESS, Reference: "DPO/26/17",
				Criteria: search(s.tag).GetSearch().GetCriteria(),
			}
			if change != nil {
				change(req)
			}
			return req
		}
	}
	// finds looks at an answer that must hold the nominals of these names, and no others.
	finds := func(names ...string) func(*stage, proto.Message) {
		return func(s *stage, m proto.Message) {
			s.Helper()
			found := m.(*pb.FindNominalsResponse)
			if len(found.GetNominals()) != len(names) {
				s.Errorf("%d found, want %d: %v", len(found.GetNominals()), len(names), found)
				return
			}
			for i, name := range names {
				given, surname, birth := invented(s.tag)
				if n := found.GetNominals()[i]; n.GetName() != s.names[name] || n.GetDisplayName() != given+" "+surname ||
					!proto.Equal(n.GetBirthDate(), birth) || n.GetStrength() != pb.MatchStrength_MATCH_STRENGTH_STRONG {
					s.Errorf("found %v", n)
				}
			}
		}
	}
	withdrawn := then(twoForces, func(s *stage) {
		s.must("spoc-33", cancelNominal, &pb.CancelNominalRequest{Name: s.names["nominal"], Reason: pb.CancelReason_CANCEL_REASON_NO_CRIME})
	})
	nobody := find(func(r *pb.FindNominalsRequest) { r.Criteria = search("nobody of that name").GetSearch().GetCriteria() })
	denied := func(name, who, reason string) apiCase {
		return apiCase{name: name, method: findNominals, who: who, request: find(nil), code: codes.PermissionDenied, reason: reason}
	}
	return []apiCase{
		{name: "find who asks what is held on him, of one's own force alone", method: findNominals, who: "dpo-33", prepare: twoForces, request: find(nil), check: finds("nominal")},
		{
			name: "find as the other force", method: findNominals, who: "dpo-10", prepare: twoForces,
			request: find(func(r *pb.FindNominalsRequest) {
				r.Parent, r.Right = "forces/10", pb.DataSubjectRight_DATA_SUBJECT_RIGHT_ERASURE_OR_RESTRICTION
			}), check: finds("theirs"),
		},
		{name: "find nobody", method: findNominals, who: "dpo-33", prepare: twoForces, request: nobody, check: finds()},
		{name: "find a silent record", method: findNominals, who: "dpo-33", prepare: restrictedTo(pb.Restriction_RESTRICTION_SILENT), request: find(nil), check: finds()},
		{name: "find a withdrawn record", method: findNominals, who: "dpo-33", prepare: withdrawn, request: find(nil), check: finds()},
		denied("find another force's", "dpo-10", "OTHER_FORCE"),
		denied("find by an investigator", "investigator-33", "NOT_ALLOWED"),
		denied("find by professional standards", "psd-33", "NOT_ALLOWED"),
		{
			name: "find without a right or a reference", method: findNominals, who: "dpo-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"right", "reference"},
			request: find(func(r *pb.FindNominalsRequest) { r.Right, r.Reference = 0, "x" }),
		},
		{
			name: "find by what cannot be read", method: findNominals, who: "dpo-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"criteria.phones[0]"},
			request: find(func(r *pb.FindNominalsRequest) { r.Criteria.Phones = []string{"call me"} }),
		},
	}
}
