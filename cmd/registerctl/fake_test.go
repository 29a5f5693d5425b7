package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"google.golang.org/grpc/credentials"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// fake is a register with one person in it, whose data are hostile to
// terminals.
type fake struct {
	registerv1.UnimplementedSearchServiceServer
	registerv1.UnimplementedNominalServiceServer
	registerv1.UnimplementedConductServiceServer
	registerv1.UnimplementedMeasureServiceServer
	registerv1.UnimplementedAssessmentServiceServer
	registerv1.UnimplementedHistoryServiceServer
	registerv1.UnimplementedDirectoryServiceServer
	registerv1.UnimplementedAccessLogServiceServer
	registerv1.UnimplementedRegistrationServiceServer
	registerv1.UnimplementedLinkServiceServer
	registerv1.UnimplementedAlertServiceServer
	registerv1.UnimplementedExchangeServiceServer
	registerv1.UnimplementedTransferServiceServer
	registerv1.UnimplementedDutyServiceServer
	registerv1.UnimplementedStandardsServiceServer
	registerv1.UnimplementedMisuseServiceServer
	registerv1.UnimplementedFactServiceServer

	mu       sync.Mutex
	search   *registerv1.Search // as asked
	token    string             // as sent
	officer  string
	names    []string // URI names of client certificates, one for each call
	list     *registerv1.ListEntriesRequest
	imported map[string]string // reference to "force by certificate"
	decided  proto.Message     // the last decision asked for
	pages    []string          // tokens of the alert pages asked for
	breaks   []int             // after how many alerts each stream of them breaks
	refuse   int               // after how many streams the next is refused
	// witnessed is the newest co-signed checkpoint of log.
	witnessed *registerv1.WitnessedCheckpoint
	log       *memoryLog
}

const searchID = "searches/0198f000-0000-7000-8000-000000000001"

func (f *fake) register(s *grpc.Server) {
	registerv1.RegisterExchangeServiceServer(s, f)
	registerv1.RegisterTransferServiceServer(s, f)
	registerv1.RegisterSearchServiceServer(s, f)
	registerv1.RegisterNominalServiceServer(s, f)
	registerv1.RegisterConductServiceServer(s, f)
	registerv1.RegisterMeasureServiceServer(s, f)
	registerv1.RegisterAssessmentServiceServer(s, f)
	registerv1.RegisterHistoryServiceServer(s, f)
	registerv1.RegisterDirectoryServiceServer(s, f)
	registerv1.RegisterAccessLogServiceServer(s, f)
	registerv1.RegisterRegistrationServiceServer(s, f)
	registerv1.RegisterLinkServiceServer(s, f)
	registerv1.RegisterAlertServiceServer(s, f)
	registerv1.RegisterDutyServiceServer(s, f)
	registerv1.RegisterStandardsServiceServer(s, f)
	registerv1.RegisterMisuseServiceServer(s, f)
	registerv1.RegisterFactServiceServer(s, f)
}

// met notes who calls and sends a receipt.
func (f *fake) met(ctx context.Context) string {
	name := ""
	if p, ok := peer.FromContext(ctx); ok {
		if info, ok := p.AuthInfo.(credentials.TLSInfo); ok && len(info.State.PeerCertificates) > 0 {
			name = info.State.PeerCertificates[0].URIs[0].String()
		}
	}
	md, _ := metadata.FromIncomingContext(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.token, f.officer = strings.Join(md.Get("authorization"), ","), strings.Join(md.Get("register-officer"), ",")
	f.names = append(f.names, name)
	return name
}

func receipt(ctx context.Context, index int) {
	leaf := sha256.Sum256([]byte("leaf"))
	_ = grpc.SetTrailer(ctx, metadata.Pairs("register-entry", fmt.Sprint(index), "register-receipt", fmt.Sprintf("index=%d;leaf=%s;checkpoint=bm90ZQo=", index, b64(leaf[:]))))
}

func (f *fake) CreateSearch(ctx context.Context, r *registerv1.CreateSearchRequest) (*registerv1.Search, error) {
	f.met(ctx)
	receipt(ctx, 41)
	f.mu.Lock()
	f.search = r.GetSearch()
	f.mu.Unlock()
	switch name := r.GetSearch().GetCriteria().GetNames()[0]; name.GetSurname() {
	case "Nobody":
		return &registerv1.Search{Name: searchID, Outcome: registerv1.SearchOutcome_SEARCH_OUTCOME_NO_HIT,
			Notices: []*registerv1.SearchNotice{{Code: "TOO_COMMON", Field: "criteria.names[0]", Message: "too common to use alone"}}}, nil
	case "Down":
		return nil, status.Error(codes.Unavailable, "the register cannot answer now: nothing was checked and nothing was stored")
	case "Odd":
		return &registerv1.Search{Name: searchID}, nil
	case "Contradiction":
		return &registerv1.Search{Name: searchID, Outcome: registerv1.SearchOutcome_SEARCH_OUTCOME_HIT}, nil
	case "Self":
		s, _ := status.New(codes.PermissionDenied, "these are your own details").WithDetails(&errdetails.ErrorInfo{Reason: "SELF_SEARCH", Domain: "register"})
		return nil, s.Err()
	case "Bad":
		s, _ := status.New(codes.InvalidArgument, "two faults").WithDetails(&errdetails.ErrorInfo{Reason: "INVALID_FIELDS"}, &errdetails.BadRequest{
			FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "search.reason", Description: "is not a reason code\x1b[2J"}, {Field: "search.criteria.phones[0]", Description: "is not a number"}}})
		return nil, s.Err()
	}
	return hit(), nil
}

func hit() *registerv1.Search {
	return &registerv1.Search{
		Name: searchID, Reason: "CRIME_INVESTIGATION", Outcome: registerv1.SearchOutcome_SEARCH_OUTCOME_HIT, ModelVersion: "1",
		Candidates: []*registerv1.Candidate{{
			Name: searchID + "/candidates/1", DisplayName: "Callum \x1b[31mThackery\u009b2J", BirthDate: &registerv1.PartialDate{Year: 1987, Month: 3, Approximate: true},
			Bits: 31.16, Probability: 0.99996, Strength: registerv1.MatchStrength_MATCH_STRENGTH_STRONG,
			Terms: []*registerv1.MatchTerm{
				{Field: "surname", QueryValue: "thackary", RecordValue: "thackery\u202e", Rule: "one_letter", Bits: 5.2, Frequency: 0.0002},
				{Field: "sex", QueryValue: "m", RecordValue: "f", Rule: "differs", Bits: -4.25},
			},
			Records: []*registerv1.ForceRecords{{Force: "forces/10", Nominals: 1}, {Force: "forces/33", Nominals: 2}},
			Pattern: &registerv1.Pattern{VictimsMin: 2, VictimsMax: 3, VictimsUnresolved: 1, AssociatedVictims: "fewer than 3", Forces: []string{"forces/10"},
				Courses: 3, Incidents: 7, FirstMonth: "2024-01", LastMonth: "2026-10", Repeat: true, Serial: registerv1.SerialTier_SERIAL_TIER_ALLEGED,
				Standings: []*registerv1.StandingCount{{Standing: registerv1.Standing_STANDING_UNDER_INVESTIGATION, Courses: 3}}},
			Warnings: []string{"WEAPON"}, AskOwner: true, Unconfirmed: true, Prior: -18.5, Keys: []string{"birth", "sounds\x1b"}, PossiblySame: []string{searchID + "/candidates/2"},
			Contacts: []*registerv1.ForceContact{{Force: "forces/10", Team: "Triage\nteam", Phone: "01632 960010"}},
		}, {Name: searchID + "/candidates/2", AskOwner: true, Records: []*registerv1.ForceRecords{{Force: "forces/43", Nominals: 1}}}},
		Notices: []*registerv1.SearchNotice{{Code: "MORE_CANDIDATES", Message: "there are more candidates"}},
	}
}

func (f *fake) GetSearch(_ context.Context, r *registerv1.GetSearchRequest) (*registerv1.Search, error) {
	s := hit()
	if r.GetRescore() {
		s.Candidates[0].RescoredModelVersion = "2"
	}
	return s, nil
}

func (f *fake) GetCandidate(ctx context.Context, _ *registerv1.GetCandidateRequest) (*registerv1.CandidateDetail, error) {
	receipt(ctx, 42)
	return &registerv1.CandidateDetail{Candidate: hit().GetCandidates()[0], Nominals: []*registerv1.Nominal{nominal()}, Courses: []*registerv1.CourseOfConduct{course()},
		Notices: []*registerv1.SearchNotice{{Message: "one record is left out: ask force 43"}}}, nil
}

func nominal() *registerv1.Nominal {
	return &registerv1.Nominal{
		Name: "forces/33/nominals/0198f000-0000-7000-8000-000000000002", Source: &registerv1.SourceKey{System: "niche", Reference: "N1", Revision: 3},
		Names:      []*registerv1.PersonName{{Given: "Callum", Surname: "Thackery"}, {Full: "Cal\x07", Kind: registerv1.NameKind_NAME_KIND_NICKNAME}},
		BirthDates: []*registerv1.PartialDate{{Year: 1987}}, Sex: registerv1.Sex_SEX_MALE,
		Identifiers: []*registerv1.Identifier{{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE, Platform: "instagram", Value: "cal"}, {Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_PNC, Value: "1", Unverified: true}},
		Addresses:   []*registerv1.Address{{Lines: []string{"1 High St"}, Postcode: "LE1 1AA"}}, Warnings: []string{"WEAPON"}, Description: "Tall.\nSpeaks \x1b]0;x\x07softly.", Version: 2,
	}
}

func course() *registerv1.CourseOfConduct {
	at := func(day int64) *timestamppb.Timestamp {
		return &timestamppb.Timestamp{Seconds: 1_700_000_000 + day*86400}
	}
	return &registerv1.CourseOfConduct{
		Name: "forces/33/courses/0198f000-0000-7000-8000-000000000003", Standing: registerv1.Standing_STANDING_CHARGED, Relationship: "EX_PARTNER",
		Four: &registerv1.FourIndicators{Fixated: true, RepeatedConduct: true}, Summary: "Followed her.",
		Incidents: []*registerv1.Incident{
			{Reference: "33/2", OccurTime: at(9), Behaviours: []string{"WATCHING"}, Narrative: "Again."},
			{Reference: "33/1", OccurTime: at(1), Behaviours: []string{"FOLLOWING"}, PrincipalOffence: "PH97006", Grade: &registerv1.IntelligenceGrade{Source: 2, Assessment: "B", Handling: "P"}},
		},
	}
}

func (f *fake) GetNominal(context.Context, *registerv1.GetNominalRequest) (*registerv1.Nominal, error) {
	return nominal(), nil
}

func (f *fake) GetCourse(context.Context, *registerv1.GetCourseRequest) (*registerv1.CourseOfConduct, error) {
	return course(), nil
}

func (f *fake) RegisterNominal(ctx context.Context, r *registerv1.RegisterNominalRequest) (*registerv1.RegisterNominalResponse, error) {
	f.met(ctx)
	receipt(ctx, 43)
	if r.GetNominal().GetSource().GetReference() == "" {
		return nil, status.Error(codes.InvalidArgument, "no reference")
	}
	return &registerv1.RegisterNominalResponse{Name: nominal().GetName(), Version: 1, Outcome: registerv1.RegisterOutcome_REGISTER_OUTCOME_CREATED,
		Flags: []*registerv1.Flag{{Field: "nominal.identifiers[0]", Code: "UNVERIFIED_IDENTIFIER", Message: "check letter"}},
		Links: []*registerv1.LinkSummary{{Name: linkID, State: registerv1.LinkState_LINK_STATE_AUTOMATIC, Force: "forces/10", Probability: 0.99996}}}, nil
}

func (f *fake) RegisterCourse(_ context.Context, r *registerv1.RegisterCourseRequest) (*registerv1.RegisterCourseResponse, error) {
	out := &registerv1.RegisterCourseResponse{Name: course().GetName(), Version: 2, Outcome: registerv1.RegisterOutcome_REGISTER_OUTCOME_UPDATED}
	if k := r.GetCheck(); k.GetReason() == "CRIME_INVESTIGATION" && k.GetReference() == "c" {
		out.Check = &registerv1.PersonCheck{
			Pattern: hit().GetCandidates()[0].GetPattern(), Unconfirmed: true, AskOwner: true,
			Card:    &registerv1.HistoryCard{Measures: []*registerv1.CardMeasure{{Title: "Restraining order", Force: "forces/10", BreachAllows: "An offence: arrest."}}},
			Prompts: []*registerv1.Prompt{{Code: "SERIAL", Reason: "Two victims."}},
			Duties:  []*registerv1.Duty{{Name: "forces/33/duties/1", Code: "NO_ACTION", DueTime: &timestamppb.Timestamp{Seconds: 1_800_000_000}}},
		}
	}
	return out, nil
}

func (f *fake) ListForces(ctx context.Context, _ *registerv1.ListForcesRequest) (*registerv1.ListForcesResponse, error) {
	f.met(ctx)
	return &registerv1.ListForcesResponse{Forces: []*registerv1.Force{{Name: "forces/33", Code: "33", Title: "Leicestershire", Contact: hit().GetCandidates()[0].GetContacts()[0]}}}, nil
}

func (f *fake) ListCodes(_ context.Context, r *registerv1.ListCodesRequest) (*registerv1.ListCodesResponse, error) {
	return &registerv1.ListCodesResponse{Codes: []*registerv1.Code{{Code: strings.TrimPrefix(r.GetParent(), "codeLists/"), Title: "t", Unverified: true}}}, nil
}

func (f *fake) GetSelf(ctx context.Context, _ *registerv1.GetSelfRequest) (*registerv1.Self, error) {
	name := f.met(ctx)
	return &registerv1.Self{Subject: "someone " + name, Force: "forces/33", Roles: []string{"psd"}, Permissions: []string{"log.list own_force"}}, nil
}

// ListEntries has pages of two entries, five in all.
func (f *fake) ListEntries(_ context.Context, r *registerv1.ListEntriesRequest) (*registerv1.ListEntriesResponse, error) {
	f.mu.Lock()
	f.list = r
	f.mu.Unlock()
	from := 5
	if r.GetPageToken() != "" {
		if _, err := fmt.Sscan(r.GetPageToken(), &from); err != nil {
			return nil, status.Error(codes.InvalidArgument, "page token")
		}
	}
	out := &registerv1.ListEntriesResponse{}
	for i := from; i > 0 && len(out.GetEntries()) < min(2, int(r.GetPageSize())); i-- {
		out.Entries = append(out.Entries, &registerv1.LogEntry{Index: int64(i), Subject: "u", CollarNumber: "1", Method: "SearchService.CreateSearch", Outcome: "OK"})
		if i > 1 {
			out.NextPageToken = fmt.Sprint(i - 1)
		} else {
			out.NextPageToken = ""
		}
	}
	return out, nil
}

func (f *fake) RegisterRecords(stream registerv1.RegistrationService_RegisterRecordsServer) error {
	who := f.met(stream.Context())
	for {
		m, err := stream.Recv()
		if err != nil {
			return nil //nolint:nilerr // the stream's end
		}
		f.mu.Lock()
		if f.imported == nil {
			f.imported = map[string]string{}
		}
		f.imported[m.GetNominal().GetNominal().GetSource().GetReference()] = m.GetNominal().GetParent() + " by " + who
		f.mu.Unlock()
		if err := stream.Send(&registerv1.RegisterRecordsResponse{Sequence: m.GetSequence(), Result: &registerv1.RegisterRecordsResponse_Nominal{
			Nominal: &registerv1.RegisterNominalResponse{Outcome: registerv1.RegisterOutcome_REGISTER_OUTCOME_CREATED}}}); err != nil {
			return err
		}
	}
}
