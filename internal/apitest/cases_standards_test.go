package apitest

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	imposeSanction = "StandardsService.ImposeSanction"
	liftSanction   = "StandardsService.LiftSanction"
	listSanctions  = "StandardsService.ListSanctions"
)

// suspension is a good suspension of somebody who does not call in the table.
func suspension(force, tag string) *pb.ImposeSanctionRequest {
	return &pb.ImposeSanctionRequest{
		Parent: "forces/" + force, Kind: pb.SanctionKind_SANCTION_KIND_SUSPENSION, Subject: "https://login.example#" + tag, CollarNumber: "9" + force,
		Reason: "searches without a case, to be looked into", Reference: "PSD/26/1",
	}
}

// suspended keeps the name of a sanction of the force 33.
func suspended(s *stage) {
	s.Helper()
	s.names["sanction"] = s.must("psd-33", imposeSanction, suspension("33", s.tag)).(*pb.Sanction).GetName()
}

func liftIt(reason string) func(*stage) proto.Message {
	return func(s *stage) proto.Message {
		return &pb.LiftSanctionRequest{Name: s.names["sanction"], Reason: reason}
	}
}

func standardsCases() []apiCase {
	always := func(m proto.Message) func(*stage) proto.Message { return func(*stage) proto.Message { return m } }
	changed := func(change func(*pb.ImposeSanctionRequest)) func(*stage) proto.Message {
		r := suspension("33", "refused")
		change(r)
		return always(r)
	}
	lifted := func(s *stage, m proto.Message) {
		s.Helper()
		if o := m.(*pb.Sanction); o.GetLifter() == "" || o.GetLiftTime() == nil {
			s.Errorf("lifted: %v", o)
		}
	}
	return []apiCase{
		{
			name: "suspend a user", method: imposeSanction, who: "psd-33", writes: true, live: true,
			request: func(s *stage) proto.Message { return suspension("33", s.run) },
			check: func(s *stage, m proto.Message) {
				o := m.(*pb.Sanction)
				if o.GetName() == "" || o.GetImposeTime() == nil || o.GetImposer() == "" || o.GetLifter() != "" {
					s.Errorf("sanction %v", o)
				}
				again := s.must("psd-33", imposeSanction, suspension("33", s.run)).(*pb.Sanction)
				if !proto.Equal(o, again) {
					s.Errorf("imposed again: %v, first %v", again, o)
				}
			},
		},
		{
			name: "demand a stronger sign-in", method: imposeSanction, who: "psd-33", writes: true, live: true,
			request: func(s *stage) proto.Message {
				r := suspension("33", s.run)
				r.Kind, r.MinStrength, r.Fresh = pb.SanctionKind_SANCTION_KIND_STEP_UP, "aal3", true
				return r
			},
		},
		{name: "suspend another force's user", method: imposeSanction, who: "psd-33", request: always(suspension("10", "x")), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "suspend as a supervisor", method: imposeSanction, who: "supervisor-33", request: always(suspension("33", "x")), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "suspend as the auditor", method: imposeSanction, who: "auditor", writes: true, live: true, request: func(s *stage) proto.Message { return suspension("33", s.run) }},
		{name: "suspend oneself", method: imposeSanction, who: "psd-33", code: codes.PermissionDenied, reason: "NOT_YOURS", request: func(s *stage) proto.Message {
			r := suspension("33", "x")
			r.Subject = s.subject("psd-33")
			return r
		}},
		{
			name: "suspend nobody for nothing", method: imposeSanction, who: "psd-33", request: always(&pb.ImposeSanctionRequest{Parent: "forces/33"}),
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"kind", "reason", "reference", "request"},
		},
		{
			name: "demand nothing of a sign-in", method: imposeSanction, who: "psd-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"request"},
			request: changed(func(r *pb.ImposeSanctionRequest) { r.Kind = pb.SanctionKind_SANCTION_KIND_STEP_UP }),
		},
		{
			name: "demand a strength that nobody can reach", method: imposeSanction, who: "psd-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"min_strength"},
			request: changed(func(r *pb.ImposeSanctionRequest) {
				r.Kind, r.MinStrength = pb.SanctionKind_SANCTION_KIND_STEP_UP, "aal9"
			}),
		},

		{name: "lift a sanction", method: liftSanction, who: "psd-33", writes: true, live: true, prepare: suspended, request: liftIt("nothing was found against him"), check: lifted},
		{name: "lift a sanction as the auditor", method: liftSanction, who: "auditor", writes: true, live: true, prepare: suspended, request: liftIt(""), check: lifted},
		{
			name: "lift one's own sanction without a reason", method: liftSanction, who: "psd-33", prepare: suspended, request: liftIt(""),
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"reason"},
		},
		{name: "lift another force's sanction", method: liftSanction, who: "psd-10", prepare: suspended, request: liftIt("it is a mistake"), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{
			name: "lift what does not exist", method: liftSanction, who: "psd-33", code: codes.NotFound, reason: "NOT_FOUND",
			request: always(&pb.LiftSanctionRequest{Name: unknownRecord("33", "sanctions"), Reason: "there is no such thing"}),
		},

		{
			name: "sanctions of a force", method: listSanctions, who: "psd-33", live: true, prepare: suspended,
			request: always(&pb.ListSanctionsRequest{Parent: "forces/33", PageSize: 200}),
			check: func(s *stage, m proto.Message) {
				for _, o := range m.(*pb.ListSanctionsResponse).GetSanctions() {
					if o.GetName() == s.names["sanction"] && o.GetReason() != "" && o.GetReference() == "PSD/26/1" {
						return
					}
				}
				s.Error("the sanction is not listed")
			},
		},
		{
			name: "sanctions that stand, the newest first", method: listSanctions, who: "psd-33", live: true,
			prepare: func(s *stage) {
				s.Helper()
				suspended(s)
				s.names["lifted"] = s.must("psd-33", imposeSanction, suspension("33", s.tag+"-lifted")).(*pb.Sanction).GetName()
				s.must("psd-33", liftSanction, &pb.LiftSanctionRequest{Name: s.names["lifted"], Reason: "nothing was found against him"})
			},
			request: always(&pb.ListSanctionsRequest{Parent: "forces/33", PageSize: 200, NewestFirst: true, Standing: true}),
			check: func(s *stage, m proto.Message) {
				list := m.(*pb.ListSanctionsResponse).GetSanctions()
				found := false
				for i, o := range list {
					found = found || o.GetName() == s.names["sanction"]
					if o.GetLiftTime() != nil || o.GetName() == s.names["lifted"] || i > 0 && o.GetName() > list[i-1].GetName() {
						s.Errorf("listed: %v", o)
					}
				}
				if !found {
					s.Error("the sanction is not listed")
				}
			},
		},
		{
			name: "sanctions with the token of another order", method: listSanctions, who: "psd-33", live: true,
			prepare: func(s *stage) {
				s.Helper()
				suspended(s)
				s.must("psd-33", imposeSanction, suspension("33", s.tag+"-second"))
				s.names["token"] = s.must("psd-33", listSanctions, &pb.ListSanctionsRequest{Parent: "forces/33", PageSize: 1}).(*pb.ListSanctionsResponse).GetNextPageToken()
			},
			request: func(s *stage) proto.Message {
				return &pb.ListSanctionsRequest{Parent: "forces/33", NewestFirst: true, PageToken: s.names["token"]}
			},
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_token"},
		},
		{name: "sanctions for the auditor", method: listSanctions, who: "auditor", live: true, request: always(&pb.ListSanctionsRequest{Parent: "forces/33"})},
		{name: "sanctions of another force", method: listSanctions, who: "psd-33", request: always(&pb.ListSanctionsRequest{Parent: "forces/10"}), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "sanctions for the data protection officer", method: listSanctions, who: "dpo-33", request: always(&pb.ListSanctionsRequest{Parent: "forces/33"}), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
	}
}
