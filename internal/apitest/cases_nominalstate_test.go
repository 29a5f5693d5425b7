package apitest

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// the prepared nominal, or whatever its name stands under.
func getIt(s *stage) proto.Message { return &pb.GetNominalRequest{Name: s.names["nominal"]} }

func cancelIt(s *stage) proto.Message {
	return &pb.CancelNominalRequest{Name: s.names["nominal"], Reason: pb.CancelReason_CANCEL_REASON_ENTERED_IN_ERROR, Explanation: "typed twice"}
}

func restrictIt(s *stage) proto.Message {
	return &pb.RestrictNominalRequest{Name: s.names["nominal"], Restriction: pb.Restriction_RESTRICTION_CONTACT, Explanation: "protects an operation"}
}

func eraseIt(s *stage) proto.Message {
	return &pb.EraseNominalRequest{Name: s.names["nominal"], Ground: pb.ErasureGround_ERASURE_GROUND_ORDER, Reference: "ICO/26/3"}
}

func wantVersion(version int64) func(*stage, proto.Message) {
	return func(s *stage, m proto.Message) {
		s.Helper()
		if r, ok := m.(interface{ GetVersion() int64 }); !ok || r.GetVersion() != version {
			s.Errorf("answer %v, want version %d", m, version)
		}
	}
}

func wantRestriction(want pb.Restriction) func(*stage, proto.Message) {
	return func(s *stage, m proto.Message) {
		s.Helper()
		n := m.(*pb.Nominal)
		given, surname, _ := invented(s.tag)
		if n.GetRestriction() != want || len(n.GetNames()) != 1 || n.GetNames()[0].GetGiven() != given || n.GetNames()[0].GetSurname() != surname {
			s.Errorf("nominal %v", n)
		}
	}
}

// missing makes the case of a record that does not exist.
func missing(name, method, who string, request func(name string) proto.Message, collection string) apiCase {
	return apiCase{
		name: name, method: method, who: who, code: codes.NotFound, reason: "NOT_FOUND",
		request: func(*stage) proto.Message { return request(unknownRecord("33", collection)) },
	}
}

func nominalStateCases() []apiCase {
	denied := func(name, method, who, reason string, request func(*stage) proto.Message) apiCase {
		return apiCase{name: name, method: method, who: who, prepare: given, request: request, code: codes.PermissionDenied, reason: reason}
	}
	return []apiCase{
		{name: "read an own record", method: getNominal, who: "investigator-33", prepare: given, request: getIt, check: wantRestriction(0)},
		{name: "read an own record by the system", method: getNominal, who: "system-33", prepare: given, request: getIt, check: wantRestriction(0)},
		denied("read another force's record", getNominal, "investigator-10", "OTHER_FORCE", getIt),
		denied("read by the control room", getNominal, "control_room-33", "NOT_ALLOWED", getIt),
		{
			name: "read an own name with another force's record", method: getNominal, who: "investigator-10", code: codes.NotFound, reason: "NOT_FOUND",
			prepare: given, request: func(s *stage) proto.Message {
				return &pb.GetNominalRequest{Name: "forces/10" + s.names["nominal"][len("forces/33"):]}
			},
		},
		missing("read what does not exist", getNominal, "investigator-33", func(n string) proto.Message { return &pb.GetNominalRequest{Name: n} }, "nominals"),
		{
			name: "read a name that is none", method: getNominal, who: "investigator-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"name"},
			request: func(*stage) proto.Message { return &pb.GetNominalRequest{Name: "forces/33/nominals/none"} },
		},
		{name: "read a silent record", method: getNominal, who: "supervisor-33", prepare: silent, request: getIt, code: codes.NotFound, reason: "NOT_FOUND"},
		{
			name: "read a record that was silenced, by the system that registered it", method: getNominal, who: "system-33", prepare: silent, request: getIt,
			check: wantRestriction(pb.Restriction_RESTRICTION_UNSPECIFIED),
		},
		{name: "read a silent record by its PSD", method: getNominal, who: "psd-33", prepare: silent, request: getIt, check: wantRestriction(pb.Restriction_RESTRICTION_SILENT)},
		{
			name: "read a contact record of the own force", method: getNominal, who: "investigator-33", request: getIt, check: wantRestriction(0),
			prepare: func(s *stage) { given(s); s.restrict(s.names["nominal"], pb.Restriction_RESTRICTION_CONTACT) },
		},
		{
			name: "read a cancelled record", method: getNominal, who: "spoc-33", prepare: cancelled, request: getIt,
			check: func(s *stage, m proto.Message) {
				if m.(*pb.Nominal).GetState() != pb.RecordState_RECORD_STATE_CANCELLED {
					s.Errorf("state %v", m.(*pb.Nominal).GetState())
				}
			},
		},
		{name: "read an erased record", method: getNominal, who: "dpo-33", prepare: erased, request: getIt, code: codes.NotFound, reason: "NOT_FOUND"},

		{name: "cancel", method: cancelNominal, who: "supervisor-33", prepare: given, request: cancelIt, writes: true, check: wantVersion(2)},
		denied("cancel by an investigator", cancelNominal, "investigator-33", "NOT_ALLOWED", cancelIt),
		denied("cancel another force's", cancelNominal, "system-10", "OTHER_FORCE", cancelIt),
		missing("cancel what does not exist", cancelNominal, "spoc-33", func(n string) proto.Message {
			return &pb.CancelNominalRequest{Name: n, Reason: pb.CancelReason_CANCEL_REASON_NO_CRIME}
		}, "nominals"),
		{name: "cancel a silent record", method: cancelNominal, who: "spoc-33", prepare: silent, request: cancelIt, code: codes.NotFound, reason: "NOT_FOUND"},
		{
			name: "cancel without a reason", method: cancelNominal, who: "spoc-33", prepare: given, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"reason"},
			request: func(s *stage) proto.Message { return &pb.CancelNominalRequest{Name: s.names["nominal"]} },
		},

		{name: "restrict", method: restrictNominal, who: "psd-33", prepare: given, request: restrictIt, writes: true, check: wantVersion(1)},
		denied("restrict by a supervisor", restrictNominal, "supervisor-33", "NOT_ALLOWED", restrictIt),
		denied("restrict another force's", restrictNominal, "psd-10", "OTHER_FORCE", restrictIt),
		missing("restrict what does not exist", restrictNominal, "psd-33", func(n string) proto.Message {
			return &pb.RestrictNominalRequest{Name: n, Explanation: "protects an operation"}
		}, "nominals"),
		{
			name: "restrict without saying why", method: restrictNominal, who: "psd-33", prepare: given,
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"restriction", "explanation"},
			request: func(s *stage) proto.Message {
				return &pb.RestrictNominalRequest{Name: s.names["nominal"], Restriction: 77, Explanation: "because"}
			},
		},

		{
			name: "erase with its courses", method: eraseNominal, who: "dpo-33", writes: true, request: eraseIt,
			prepare: func(s *stage) {
				given(s)
				s.must("system-33", registerCourse, course("33", s.names["nominal"], "C-"+s.tag, 1))
			},
			check: func(s *stage, m proto.Message) {
				if got := m.(*pb.EraseNominalResponse).GetErasedCourses(); got != 1 {
					s.Errorf("%d courses erased", got)
				}
			},
		},
		denied("erase by a supervisor", eraseNominal, "supervisor-33", "NOT_ALLOWED", eraseIt),
		denied("erase another force's", eraseNominal, "dpo-10", "OTHER_FORCE", eraseIt),
		missing("erase what does not exist", eraseNominal, "dpo-33", func(n string) proto.Message {
			return &pb.EraseNominalRequest{Name: n, Ground: pb.ErasureGround_ERASURE_GROUND_ORDER, Reference: "ICO/26/3"}
		}, "nominals"),
		{
			name: "erase without a ground", method: eraseNominal, who: "dpo-33", prepare: given,
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"ground", "reference"},
			request: func(s *stage) proto.Message { return &pb.EraseNominalRequest{Name: s.names["nominal"], Reference: "x"} },
		},
	}
}
