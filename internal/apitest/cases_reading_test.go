package apitest

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	listReadings  = "StandardsService.ListReadings"
	reviewReading = "StandardsService.ReviewReading"
)

// looked keeps a reading of the log by PSD of force 33.
func looked(s *stage) {
	s.Helper()
	s.names["reading"] = "forces/33/readings/" + s.entryOf("psd-33", listEntries, entriesOf("forces/33"))
}

// auditorLooked keeps a reading of the log by the national auditor.
func auditorLooked(parent string) func(*stage) {
	return func(s *stage) {
		s.Helper()
		s.names["reading"] = "forces/-/readings/" + s.entryOf("auditor", listEntries, entriesOf(parent))
	}
}

func readingsOf(force string) *pb.ListReadingsRequest {
	return &pb.ListReadingsRequest{Parent: "forces/" + force, Purpose: pb.LogPurpose_LOG_PURPOSE_SELF_MONITORING, Reference: "REVIEW/26/8", PageSize: 200}
}

func readingReviewed(s *stage) proto.Message {
	return &pb.ReviewReadingRequest{Name: s.names["reading"], Verdict: pb.Verdict_VERDICT_QUESTIONED, Note: "no case bears this reference"}
}

func readingCases() []apiCase {
	listed := func(s *stage, m proto.Message) {
		s.Helper()
		for _, r := range m.(*pb.ListReadingsResponse).GetReadings() {
			if r.GetName() == s.names["reading"] {
				if r.GetPurpose() != "SELF_MONITORING" || r.GetMethod() != listEntries || r.GetSubject() == "" {
					s.Errorf("reading %v", r)
				}
				return
			}
		}
		s.Error("the reading is not listed")
	}
	national := func(wanted bool) func(*stage, proto.Message) {
		return func(s *stage, m proto.Message) {
			s.Helper()
			for _, r := range m.(*pb.ListReadingsResponse).GetReadings() {
				if r.GetName() == s.names["reading"] {
					if !wanted || r.GetSubject() == "" || r.GetPurpose() != "SELF_MONITORING" {
						s.Errorf("it is listed as %v", r)
					}
					return
				}
			}
			if wanted {
				s.Error("the reading is not listed")
			}
		}
	}
	of := func(force string) func(*stage) proto.Message {
		return func(*stage) proto.Message { return readingsOf(force) }
	}
	reviewed := func(s *stage, m proto.Message) {
		s.Helper()
		if r := m.(*pb.Reading); r.GetVerdict() != pb.Verdict_VERDICT_QUESTIONED || r.GetReviewer() == "" || r.GetReviewTime() == nil {
			s.Errorf("reviewed: %v", r)
		}
		for _, r := range s.must("auditor", listReadings, readingsOf("33")).(*pb.ListReadingsResponse).GetReadings() {
			if r.GetName() == s.names["reading"] && r.GetVerdict() != pb.Verdict_VERDICT_QUESTIONED {
				s.Errorf("listed as %v", r)
			}
		}
	}
	return []apiCase{
		{name: "readings for PSD of another force", method: listReadings, who: "psd-10", live: true, prepare: looked, request: of("33"), check: listed},
		{name: "readings for the auditor", method: listReadings, who: "auditor", live: true, prepare: looked, request: of("33"), check: listed},
		{name: "readings of one's own force", method: listReadings, who: "psd-33", request: of("33"), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "the auditor's readings for PSD of another force", method: listReadings, who: "psd-10", live: true, prepare: auditorLooked("forces/33"), request: of("-"), check: national(true)},
		{name: "the auditor's readings for PSD of the force read about", method: listReadings, who: "psd-33", live: true, prepare: auditorLooked("forces/33"), request: of("-"), check: national(false)},
		{name: "the auditor's readings for the auditor", method: listReadings, who: "auditor2", request: of("-"), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "readings for a supervisor", method: listReadings, who: "supervisor-10", request: of("33"), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "readings for no purpose", method: listReadings, who: "psd-10", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"purpose", "reference"},
			request: func(*stage) proto.Message { return &pb.ListReadingsRequest{Parent: "forces/33"} }},

		{name: "review a reading", method: reviewReading, who: "psd-10", writes: true, live: true, prepare: looked, request: readingReviewed, check: reviewed},
		{name: "review a reading again", method: reviewReading, who: "auditor", writes: true, live: true, request: readingReviewed, check: reviewed,
			prepare: then(looked, func(s *stage) {
				s.must("psd-10", reviewReading, &pb.ReviewReadingRequest{Name: s.names["reading"], Verdict: pb.Verdict_VERDICT_PROPER})
			})},
		{name: "review the auditor's reading", method: reviewReading, who: "psd-10", writes: true, live: true, prepare: auditorLooked("forces/33"), request: readingReviewed,
			check: func(s *stage, m proto.Message) {
				if r := m.(*pb.Reading); r.GetName() != s.names["reading"] || r.GetVerdict() != pb.Verdict_VERDICT_QUESTIONED || r.GetReviewer() == "" || r.GetReviewCheck() == 0 {
					s.Errorf("reviewed: %v", r)
				}
			}},
		{name: "review the auditor's reading about one's own force", method: reviewReading, who: "psd-33", prepare: auditorLooked("forces/33"), request: readingReviewed, code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "review another auditor's reading", method: reviewReading, who: "auditor2", prepare: auditorLooked("forces/33"), request: readingReviewed, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "review one's own force's reading", method: reviewReading, who: "psd2-33", prepare: looked, request: readingReviewed, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "review without a note", method: reviewReading, who: "psd-10", prepare: looked, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"request"},
			request: func(s *stage) proto.Message {
				return &pb.ReviewReadingRequest{Name: s.names["reading"], Verdict: pb.Verdict_VERDICT_IMPROPER}
			}},
		{name: "review what is no reading", method: reviewReading, who: "psd-10", code: codes.NotFound, reason: "NOT_FOUND",
			request: func(*stage) proto.Message {
				return &pb.ReviewReadingRequest{Name: "forces/33/readings/0", Verdict: pb.Verdict_VERDICT_PROPER}
			}},
	}
}
