package apitest

import (
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
)

const makeEvidence = "StandardsService.MakeEvidence"

// evidenceOf asks for a bundle of what was done about a stage's own crime reference.
func evidenceOf(s *stage, parent string) *pb.MakeEvidenceRequest {
	return &pb.MakeEvidenceRequest{
		Parent: parent, Purpose: pb.LogPurpose_LOG_PURPOSE_CRIMINAL_PROCEEDINGS, Reference: "CPS/26/9", Recipient: "cps", CrimeReference: "33CR/" + s.tag,
	}
}

func evidenceCases() []apiCase {
	searched := func(s *stage) { s.must("investigator-33", createSearch, referring(s)) }
	of := func(parent string, change func(*pb.MakeEvidenceRequest)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			r := evidenceOf(s, parent)
			if change != nil {
				change(r)
			}
			return r
		}
	}
	head := func(s *stage, m proto.Message) {
		s.Helper()
		h := m.(*pb.MakeEvidenceResponse).GetHead()
		receipt, err := accesslog.ParseReceipt(h.GetReceipt())
		if err != nil || receipt.Index != h.GetDisclosure() || h.GetEntries() == 0 {
			s.Errorf("head %v, %v", h, err)
		}
	}
	since := func(r *pb.MakeEvidenceRequest) {
		r.CrimeReference, r.StartTime = "", timestamppb.New(time.Now().Add(-time.Hour))
		r.Subject = "nobody#of-this-name"
	}
	return []apiCase{
		{name: "a bundle of evidence of a crime reference", method: makeEvidence, who: "psd-33", live: true, prepare: searched, request: of("forces/33", nil), check: head},
		{name: "a bundle of evidence for the auditor", method: makeEvidence, who: "auditor", live: true, prepare: searched, request: of("forces/33", nil), check: head},
		{name: "a bundle of another force's evidence", method: makeEvidence, who: "psd-10", request: of("forces/33", nil), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "a bundle of all forces' evidence for PSD", method: makeEvidence, who: "psd-33", request: of("forces/-", since), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "a bundle of evidence for the data protection officer", method: makeEvidence, who: "dpo-33", request: of("forces/33", nil), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "a bundle of nothing", method: makeEvidence, who: "psd-33", request: of("forces/33", since), code: codes.FailedPrecondition, reason: "NO_SUCH_ENTRY"},
		{
			name: "a bundle of evidence for a person, of everything", method: makeEvidence, who: "psd-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"recipient", "reference", "request"},
			request: of("forces/33", func(r *pb.MakeEvidenceRequest) { r.Recipient, r.Reference, r.CrimeReference = "Inspector Lark", "", "" }),
		},
	}
}
