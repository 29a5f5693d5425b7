package apitest

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	offerTransfer    = "TransferService.OfferTransfer"
	acceptTransfer   = "TransferService.AcceptTransfer"
	declineTransfer  = "TransferService.DeclineTransfer"
	withdrawTransfer = "TransferService.WithdrawTransfer"
	getTransfer      = "TransferService.GetTransfer"
	listTransfers    = "TransferService.ListTransfers"
)

func offerIt(s *stage) proto.Message {
	return &pb.OfferTransferRequest{Parent: "forces/33", Course: s.names["course"], ToForce: "forces/10", Reason: "the victim has moved there"}
}

// offered prepares a matter of force 33 that is offered to force 10.
func offered(s *stage) {
	s.Helper()
	givenCourse(s)
	t := s.must("spoc-33", offerTransfer, offerIt(s)).(*pb.Transfer)
	s.names["offer"], s.names["put"] = t.GetName(), "forces/10"+t.GetName()[len("forces/33"):]
}

func acceptIt(s *stage) proto.Message {
	return &pb.AcceptTransferRequest{Name: s.names["put"], Source: source("T-"+s.run, 1), NominalSource: source("TN-"+s.run, 1), Officer: "5150"}
}

func declineIt(s *stage) proto.Message {
	return &pb.DeclineTransferRequest{Name: s.names["put"], Reason: "she has not moved here"}
}

func withdrawIt(s *stage) proto.Message {
	return &pb.WithdrawTransferRequest{Name: s.names["offer"], Reason: "she has come back"}
}

func transferCases() []apiCase {
	state := func(want pb.TransferState) func(*stage, proto.Message) {
		return func(s *stage, m proto.Message) {
			s.Helper()
			t := m.(*pb.Transfer)
			if t.GetState() != want || t.GetFromForce() != "forces/33" || t.GetToForce() != "forces/10" || t.GetCourse() != s.names["course"] || t.GetReason() == "" {
				s.Errorf("transfer %v", t)
			}
		}
	}
	waits := func(s *stage, m proto.Message) {
		s.Helper()
		state(pb.TransferState_TRANSFER_STATE_OFFERED)(s, m)
		if m.(*pb.Transfer).GetMatter().GetIncidents() == 0 {
			s.Errorf("nothing is said of the matter: %v", m)
		}
	}
	get := func(name string) func(s *stage) proto.Message {
		return func(s *stage) proto.Message { return &pb.GetTransferRequest{Name: s.names[name]} }
	}
	with := func(edit func(*stage, *pb.OfferTransferRequest)) func(s *stage) proto.Message {
		return func(s *stage) proto.Message {
			m := offerIt(s).(*pb.OfferTransferRequest)
			edit(s, m)
			return m
		}
	}
	ended := then(offered, func(s *stage) { s.must("spoc-10", declineTransfer, declineIt(s)) })
	return []apiCase{
		{name: "offer a matter", method: offerTransfer, who: "supervisor-33", writes: true, prepare: givenCourse, request: offerIt, check: state(pb.TransferState_TRANSFER_STATE_OFFERED), live: true},
		{name: "offer it again", method: offerTransfer, who: "spoc-33", prepare: offered, request: offerIt, code: codes.FailedPrecondition, reason: "TRANSFER_OPEN", live: true},
		{name: "offer it to oneself", method: offerTransfer, who: "spoc-33", prepare: givenCourse, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"to_force"},
			request: with(func(_ *stage, m *pb.OfferTransferRequest) { m.ToForce = "forces/33" })},
		{name: "offer it to nobody", method: offerTransfer, who: "spoc-33", prepare: givenCourse, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"to_force"},
			request: with(func(_ *stage, m *pb.OfferTransferRequest) { m.ToForce = "forces/99" })},
		{name: "offer another force's matter", method: offerTransfer, who: "spoc-10", prepare: givenCourse, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"course"},
			request: with(func(_ *stage, m *pb.OfferTransferRequest) { m.Parent, m.ToForce = "forces/10", "forces/43" })},
		{name: "offer without a reason", method: offerTransfer, who: "spoc-33", prepare: givenCourse, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"reason"},
			request: with(func(_ *stage, m *pb.OfferTransferRequest) { m.Reason = "" })},
		{name: "offer a matter that is not there", method: offerTransfer, who: "spoc-33", code: codes.NotFound, reason: "NOT_FOUND",
			request: with(func(_ *stage, m *pb.OfferTransferRequest) { m.Course = unknownRecord("33", "courses") })},
		{name: "offer a matter of a silent nominal", method: offerTransfer, who: "spoc-33", prepare: then(givenCourse, (*stage).silence), request: offerIt, code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "offer a cancelled matter", method: offerTransfer, who: "spoc-33", request: offerIt, code: codes.FailedPrecondition, reason: "RECORD_CANCELLED",
			prepare: then(givenCourse, func(s *stage) {
				s.must("system-33", cancelCourse, &pb.CancelCourseRequest{Name: s.names["course"], Reason: pb.CancelReason_CANCEL_REASON_DUPLICATE})
			})},
		{name: "offer as an investigator", method: offerTransfer, who: "investigator-33", prepare: givenCourse, request: offerIt, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},

		{name: "take a matter over", method: acceptTransfer, who: "spoc-10", writes: true, prepare: offered, request: acceptIt, check: state(pb.TransferState_TRANSFER_STATE_ACCEPTED), live: true},
		{name: "take it over without a nominal", method: acceptTransfer, who: "spoc-10", prepare: offered, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"nominal_source"},
			request: func(s *stage) proto.Message {
				return &pb.AcceptTransferRequest{Name: s.names["put"], Source: source("T-"+s.run, 1)}
			}},
		{name: "take it over for somebody else", method: acceptTransfer, who: "spoc-10", code: codes.FailedPrecondition, reason: "NOT_ONE_PERSON",
			prepare: then(offered, func(s *stage) { s.names["other"] = s.register("10", s.tag+" another", "O-"+s.tag) }),
			request: func(s *stage) proto.Message {
				return &pb.AcceptTransferRequest{Name: s.names["put"], Source: source("T-"+s.run, 1), Nominal: s.names["other"]}
			}},
		{name: "take it over as the offering force", method: acceptTransfer, who: "spoc-33", prepare: offered, code: codes.FailedPrecondition, reason: "OTHER_FORCE",
			request: func(s *stage) proto.Message {
				return &pb.AcceptTransferRequest{Name: s.names["offer"], Source: source("T-"+s.run, 1)}
			}},
		{name: "take over what was declined", method: acceptTransfer, who: "spoc-10", prepare: ended, request: acceptIt, code: codes.FailedPrecondition, reason: "TRANSFER_CLOSED"},
		{name: "take over under a reference in use", method: acceptTransfer, who: "spoc-10", code: codes.FailedPrecondition, reason: "SOURCE_TAKEN",
			prepare: then(offered, func(s *stage) {
				n := s.register("10", s.tag+" another", "O-"+s.tag)
				s.must("system-10", registerCourse, course("10", n, "taken-"+s.tag, 1))
			}),
			request: func(s *stage) proto.Message {
				return &pb.AcceptTransferRequest{Name: s.names["put"], Source: source("taken-"+s.tag, 1), NominalSource: source("TN-"+s.run, 1)}
			}},
		{name: "take over as an investigator", method: acceptTransfer, who: "investigator-10", prepare: offered, request: acceptIt, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},

		{name: "decline a matter", method: declineTransfer, who: "supervisor-10", writes: true, prepare: offered, request: declineIt, check: state(pb.TransferState_TRANSFER_STATE_DECLINED), live: true},
		{name: "decline it again", method: declineTransfer, who: "spoc-10", prepare: ended, request: declineIt, code: codes.FailedPrecondition, reason: "TRANSFER_CLOSED"},
		{name: "decline for another force", method: declineTransfer, who: "spoc-43", prepare: offered, request: declineIt, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "take an offer back", method: withdrawTransfer, who: "spoc-33", writes: true, prepare: offered, request: withdrawIt, check: state(pb.TransferState_TRANSFER_STATE_WITHDRAWN), live: true},
		{name: "take back an offer of another force", method: withdrawTransfer, who: "spoc-10", prepare: offered, code: codes.FailedPrecondition, reason: "OTHER_FORCE",
			request: func(s *stage) proto.Message {
				return &pb.WithdrawTransferRequest{Name: s.names["put"], Reason: "she has come back"}
			}},
		{name: "take an offer back as an investigator", method: withdrawTransfer, who: "investigator-33", prepare: offered, request: withdrawIt, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "take back what was declined", method: withdrawTransfer, who: "spoc-33", prepare: ended, request: withdrawIt, code: codes.FailedPrecondition, reason: "TRANSFER_CLOSED"},

		{name: "a transfer to the force", method: getTransfer, who: "investigator-10", prepare: offered, request: get("put"), check: waits, live: true},
		{name: "a transfer of the force", method: getTransfer, who: "system-33", prepare: offered, request: get("offer"), check: waits, live: true},
		{name: "a transfer of a record that is silent now", method: getTransfer, who: "spoc-10", prepare: then(offered, (*stage).silence), request: get("put"), code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "a transfer between others", method: getTransfer, who: "spoc-43", prepare: offered, request: get("put"), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "transfers", method: listTransfers, who: "spoc-10", prepare: offered, live: true,
			request: func(*stage) proto.Message {
				return &pb.ListTransfersRequest{Parent: "forces/10", PageSize: 500, Open: true}
			},
			check: func(s *stage, m proto.Message) {
				s.Helper()
				for _, t := range m.(*pb.ListTransfersResponse).GetTransfers() {
					if t.GetName() == s.names["put"] {
						return
					}
				}
				s.Error("the transfer is not listed")
			}},
		{name: "another force's transfers", method: listTransfers, who: "spoc-33", code: codes.PermissionDenied, reason: "OTHER_FORCE",
			request: func(*stage) proto.Message { return &pb.ListTransfersRequest{Parent: "forces/10"} }},
	}
}
