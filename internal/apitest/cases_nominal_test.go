package apitest

import (
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	registerNominal = "NominalService.RegisterNominal"
	getNominal      = "NominalService.GetNominal"
	listNominals    = "NominalService.ListNominals"
	cancelNominal   = "NominalService.CancelNominal"
	restrictNominal = "NominalService.RestrictNominal"
	eraseNominal    = "NominalService.EraseNominal"
)

// table is the API table.
func table() []apiCase {
	return slices.Concat(
		nominalCases(),
		nominalStateCases(),
		courseCases(),
		checkCases(),
		courseStateCases(),
		partCases(),
		matterCases(),
		historyCases(),
		packCases(),
		searchCases(), findCases(),
		viewCases(),
		linkCases(),
		decisionCases(),
		alertCases(),
		exchangeCases(), transferCases(),
		dutyCases(),
		logCases(),
		standardsCases(),
		evidenceCases(),
		unsealingCases(),
		readingCases(),
		sampleCases(),
		holdCases(),
		misuseCases(),
		factCases(),
		directoryCases(),
	)
}

// given registers a nominal of force 33 and keeps its name.
func given(s *stage) {
	s.Helper()
	s.names["nominal"] = s.register("33", s.tag, "N-"+s.tag)
}

func (s *stage) register(force, person, reference string) string {
	s.Helper()
	r, ok := s.must("system-"+force, registerNominal, nominal(force, person, reference, 5)).(*pb.RegisterNominalResponse)
	if !ok {
		s.Fatal("not a registration")
	}
	return r.GetName()
}

func (s *stage) restrict(name string, to pb.Restriction) {
	s.Helper()
	s.must("psd-33", restrictNominal, &pb.RestrictNominalRequest{Name: name, Restriction: to, Explanation: "protects an operation"})
}

func silent(s *stage) {
	s.Helper()
	given(s)
	s.restrict(s.names["nominal"], pb.Restriction_RESTRICTION_SILENT)
}

func cancelled(s *stage) {
	s.Helper()
	given(s)
	s.must("spoc-33", cancelNominal, &pb.CancelNominalRequest{Name: s.names["nominal"], Reason: pb.CancelReason_CANCEL_REASON_DUPLICATE})
}

func erased(s *stage) {
	s.Helper()
	given(s)
	s.must("dpo-33", eraseNominal, &pb.EraseNominalRequest{Name: s.names["nominal"], Ground: pb.ErasureGround_ERASURE_GROUND_RETENTION, Reference: "REV/1"})
}

// revised registers the prepared nominal again under a revision, as edited.
func revised(revision int64, edit func(*pb.RegisterNominalRequest)) func(*stage) proto.Message {
	return func(s *stage) proto.Message {
		r := nominal("33", s.tag, "N-"+s.tag, revision)
		if edit != nil {
			edit(r)
		}
		return r
	}
}

func wantOutcome(outcome pb.RegisterOutcome, version int64, flags ...string) func(*stage, proto.Message) {
	return func(s *stage, m proto.Message) {
		s.Helper()
		r, ok := m.(interface {
			GetName() string
			GetOutcome() pb.RegisterOutcome
			GetVersion() int64
			GetFlags() []*pb.Flag
		})
		if !ok || r.GetName() == "" || r.GetOutcome() != outcome || r.GetVersion() != version {
			s.Errorf("answer %v", m)
			return
		}
		var got []string
		for _, f := range r.GetFlags() {
			got = append(got, f.GetField()+" "+f.GetCode())
		}
		if !slices.Equal(got, flags) {
			s.Errorf("flags %q, want %q", got, flags)
		}
	}
}

func nominalCases() []apiCase {
	freshOf := func(force string, edit func(*stage, *pb.RegisterNominalRequest)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			r := nominal(force, s.run, "N-"+s.run, 1)
			edit(s, r)
			return r
		}
	}
	fresh := func(force string, edit func(*pb.RegisterNominalRequest)) func(*stage) proto.Message {
		return freshOf(force, func(_ *stage, r *pb.RegisterNominalRequest) {
			if edit != nil {
				edit(r)
			}
		})
	}
	created := wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_CREATED, 1)
	return []apiCase{
		{name: "register by a system", method: registerNominal, who: "system-33", writes: true, request: fresh("33", nil), check: created},
		{name: "register by a SPOC", method: registerNominal, who: "spoc-10", writes: true, request: fresh("10", nil), check: created},
		{
			name: "register and flag what is odd", method: registerNominal, who: "system-33", writes: true,
			request: freshOf("33", func(s *stage, r *pb.RegisterNominalRequest) {
				r.Nominal.Warnings = append(r.Nominal.Warnings, "LOCAL_CODE_9")
				r.Nominal.Identifiers = []*pb.Identifier{
					{Kind: pb.IdentifierKind_IDENTIFIER_KIND_EMAIL, Value: s.run + "@mail.example"},
					{Kind: pb.IdentifierKind_IDENTIFIER_KIND_PNC, Value: "2001/0171310S"},
				}
			}),
			check: func(s *stage, m proto.Message) {
				wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_CREATED, 1,
					"nominal.identifiers[1].value UNVERIFIED_IDENTIFIER", "nominal.warnings[2] UNKNOWN_CODE")(s, m)
				name := m.(*pb.RegisterNominalResponse).GetName() //nolint:forcetypeassert // wantOutcome has looked
				stored := s.must("system-33", getNominal, &pb.GetNominalRequest{Name: name}).(*pb.Nominal)
				if ids := stored.GetIdentifiers(); len(ids) != 2 || ids[0].GetUnverified() || !ids[1].GetUnverified() {
					s.Errorf("identifiers %v", ids)
				}
			},
		},
		{
			name: "register nothing right", method: registerNominal, who: "system-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS",
			request: fresh("33", func(r *pb.RegisterNominalRequest) {
				r.Nominal = &pb.Nominal{
					Source:      &pb.SourceKey{System: "Crime System", Revision: -1},
					BirthDates:  []*pb.PartialDate{{Year: 1980, Month: 2, Day: 30}, {Year: 1400}},
					Ethnicity:   "QQ",
					Identifiers: []*pb.Identifier{{Kind: pb.IdentifierKind_IDENTIFIER_KIND_PHONE}, {Value: "x"}},
					Sex:         99,
				}
			}),
			fields: []string{
				"nominal.source.system", "nominal.source.reference", "nominal.source.revision", "nominal.names",
				"nominal.birth_dates[0]", "nominal.birth_dates[1].year", "nominal.ethnicity",
				"nominal.identifiers[0].value", "nominal.identifiers[1].kind", "nominal.identifiers[1].value", "nominal.sex",
			},
		},
		{name: "register for another force", method: registerNominal, who: "system-33", code: codes.PermissionDenied, reason: "OTHER_FORCE", request: fresh("10", nil)},
		{name: "register by PSD", method: registerNominal, who: "psd-33", code: codes.PermissionDenied, reason: "NOT_ALLOWED", request: fresh("33", nil)},
		{
			name: "register as restricted without the right", method: registerNominal, who: "supervisor-33",
			code: codes.PermissionDenied, reason: "RESTRICTION_NOT_ALLOWED",
			request: fresh("33", func(r *pb.RegisterNominalRequest) { r.Nominal.Restriction = pb.Restriction_RESTRICTION_SILENT }),
		},
		{
			name: "the same again", method: registerNominal, who: "system-33", prepare: given, request: revised(5, nil),
			check: wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_UNCHANGED, 1),
		},
		{
			name: "the next revision", method: registerNominal, who: "system-33", prepare: given, writes: true,
			request: revised(6, func(r *pb.RegisterNominalRequest) { r.Nominal.Sex = pb.Sex_SEX_NOT_STATED }),
			check:   wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_UPDATED, 2),
		},
		{name: "an older revision", method: registerNominal, who: "system-33", prepare: given, request: revised(4, nil), code: codes.Aborted, reason: "STALE_REVISION"},
		{
			name: "the same revision with other content", method: registerNominal, who: "system-33", prepare: given,
			request: revised(5, func(r *pb.RegisterNominalRequest) { r.Nominal.Sex = pb.Sex_SEX_NOT_STATED }),
			code:    codes.Aborted, reason: "REVISION_REUSED",
		},
		{name: "a cancelled record's revision", method: registerNominal, who: "system-33", prepare: cancelled, request: revised(6, nil), code: codes.FailedPrecondition, reason: "RECORD_CANCELLED"},
		{
			name: "a cancelled record reinstated", method: registerNominal, who: "system-33", prepare: cancelled, writes: true,
			request: revised(6, func(r *pb.RegisterNominalRequest) { r.Reinstate = true }),
			check:   wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_UPDATED, 3),
		},
		{name: "an erased record's revision", method: registerNominal, who: "system-33", prepare: erased, request: revised(6, nil), code: codes.FailedPrecondition, reason: "RECORD_ERASED"},
		{
			name: "list keys", method: listNominals, who: "system-43", live: true,
			prepare: func(s *stage) {
				for _, n := range []string{"a", "b", "c"} {
					s.names[n] = s.register("43", s.tag+n, "N-"+s.tag+n)
				}
			},
			request: func(*stage) proto.Message { return &pb.ListNominalsRequest{Parent: "forces/43", PageSize: 2} },
			check: func(s *stage, m proto.Message) {
				page := m.(*pb.ListNominalsResponse)
				seen := map[string]bool{}
				for range 20 {
					for _, n := range page.GetNominals() {
						if seen[n.GetName()] || n.GetSource().GetReference() == "" || n.GetVersion() != 1 || n.GetState() != pb.RecordState_RECORD_STATE_ACTIVE {
							s.Errorf("key %v", n)
						}
						seen[n.GetName()] = true
					}
					if page.GetNextPageToken() == "" {
						break
					}
					page = s.must("system-43", listNominals, &pb.ListNominalsRequest{Parent: "forces/43", PageSize: 2, PageToken: page.GetNextPageToken()}).(*pb.ListNominalsResponse)
				}
				for _, n := range []string{"a", "b", "c"} {
					if !seen[s.names[n]] {
						s.Errorf("record %s is not listed", n)
					}
				}
			},
		},
		{
			name: "list with a forged token", method: listNominals, who: "system-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_token"},
			request: func(*stage) proto.Message {
				return &pb.ListNominalsRequest{Parent: "forces/33", PageToken: "AZgAAAAAcACAAAEjRWeJqw.1:0123456789abcdef"}
			},
		},
		{
			name: "list with another listing's token", method: listNominals, who: "dpo-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_token"},
			prepare: func(s *stage) {
				for _, n := range []string{"a", "b"} {
					s.register("10", s.tag+n, "N-"+s.tag+n)
				}
				page := s.must("system-10", listNominals, &pb.ListNominalsRequest{Parent: "forces/10", PageSize: 1}).(*pb.ListNominalsResponse)
				s.names["token"] = page.GetNextPageToken()
			},
			request: func(s *stage) proto.Message {
				return &pb.ListNominalsRequest{Parent: "forces/33", PageToken: s.names["token"]}
			},
		},
		{
			name: "list too many", method: listNominals, who: "system-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_size"},
			request: func(*stage) proto.Message { return &pb.ListNominalsRequest{Parent: "forces/33", PageSize: 1001} },
		},
		{
			name: "list another force's", method: listNominals, who: "system-33", code: codes.PermissionDenied, reason: "OTHER_FORCE",
			request: func(*stage) proto.Message { return &pb.ListNominalsRequest{Parent: "forces/10"} },
		},
		{
			name: "list by an investigator", method: listNominals, who: "investigator-33", code: codes.PermissionDenied, reason: "NOT_ALLOWED",
			request: func(*stage) proto.Message { return &pb.ListNominalsRequest{Parent: "forces/33"} },
		},
	}
}
