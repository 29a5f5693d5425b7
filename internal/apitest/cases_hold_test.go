package apitest

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	placeHold = "StandardsService.PlaceHold"
	liftHold  = "StandardsService.LiftHold"
	listHolds = "StandardsService.ListHolds"
)

func holdOf(force string) *pb.PlaceHoldRequest {
	return &pb.PlaceHoldRequest{Parent: "forces/" + force, Subject: "https://login.example#17", Reason: "misconduct proceedings", Reference: "PSD/26/4"}
}

func heldEntries(s *stage) {
	s.Helper()
	s.names["hold"] = s.must("psd-33", placeHold, holdOf("33")).(*pb.Hold).GetName()
}

func holdCases() []apiCase {
	of := func(change func(*pb.PlaceHoldRequest)) func(*stage) proto.Message {
		return func(*stage) proto.Message {
			r := holdOf("33")
			if change != nil {
				change(r)
			}
			return r
		}
	}
	lift := func(s *stage) proto.Message {
		return &pb.LiftHoldRequest{Name: s.names["hold"], Reason: "proceedings have ended"}
	}
	list := func(*stage) proto.Message { return &pb.ListHoldsRequest{Parent: "forces/33", PageSize: 200} }
	return []apiCase{
		{name: "hold a caller's entries", method: placeHold, who: "psd-33", writes: true, live: true, request: of(nil), check: func(s *stage, m proto.Message) {
			if h := m.(*pb.Hold); h.GetName() == "" || h.GetPlacer() == "" || h.GetPlaceTime() == nil {
				s.Errorf("hold %v", h)
			}
		}},
		{name: "hold a range as the auditor", method: placeHold, who: "auditor", writes: true, live: true, request: of(func(r *pb.PlaceHoldRequest) { r.Subject, r.UntilIndex = "", 100 })},
		{name: "hold another force's entries", method: placeHold, who: "psd-10", request: of(nil), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "hold as the data protection officer", method: placeHold, who: "dpo-33", request: of(nil), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "hold two things at once", method: placeHold, who: "psd-33", request: of(func(r *pb.PlaceHoldRequest) { r.CrimeReference = "CR/1" }), code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"request"}},
		{name: "hold another force's record", method: placeHold, who: "psd-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"record"},
			request: of(func(r *pb.PlaceHoldRequest) { r.Subject, r.Record = "", unknownRecord("10", "nominals") })},

		{name: "lift a hold", method: liftHold, who: "auditor", writes: true, live: true, prepare: heldEntries, request: lift, check: func(s *stage, m proto.Message) {
			if h := m.(*pb.Hold); h.GetLifter() == "" || h.GetLiftTime() == nil {
				s.Errorf("hold %v", h)
			}
		}},
		{name: "lift another force's hold", method: liftHold, who: "psd-10", prepare: heldEntries, request: lift, code: codes.PermissionDenied, reason: "OTHER_FORCE"},

		{name: "holds of a force", method: listHolds, who: "psd-33", live: true, prepare: heldEntries, request: list, check: func(s *stage, m proto.Message) {
			list := m.(*pb.ListHoldsResponse)
			if list.OldestKept == nil || list.GetOldestKeptTime() == nil {
				s.Errorf("what is kept is not told: %v", list)
			}
			for _, h := range list.GetHolds() {
				if h.GetName() == s.names["hold"] {
					return
				}
			}
			s.Error("the hold is not listed")
		}},
		{name: "holds of another force", method: listHolds, who: "psd-10", request: list, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
	}
}
