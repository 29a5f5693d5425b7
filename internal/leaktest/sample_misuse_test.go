package leaktest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/servertest"
)

// suspicious counts the cases that were brought about.
var suspicious atomic.Int64

// sampleFacts tells of the case under which the samples are searched for: what is
// done in it raises no flag.
func sampleFacts() *registerv1.PutFactsRequest {
	return &registerv1.PutFactsRequest{Parent: "forces/33", Facts: []*registerv1.Fact{
		{Fact: &registerv1.Fact_Case{Case: &registerv1.CaseFact{
			Reference: "33/1234/26", Incident: true, OpenTime: timestamppb.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)),
		}}},
		{Fact: &registerv1.Fact_Staff{Staff: &registerv1.StaffFact{
			Subject: "https://login.example#17", Person: &registerv1.FactPerson{Names: []*registerv1.PersonName{{Full: "Perpetua Quimby"}}},
		}}},
	}}
}

// suspected has somebody of another force reach for a SILENT record for no reason,
// and returns the case that comes of it.
func suspected(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn, account string) string {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	psd, misuse := site.As(ctx, "psd-33"), registerv1.NewMisuseServiceClient(conn)
	r := stranger()
	nominals := registerv1.NewNominalServiceClient(conn)
	n, err := nominals.RegisterNominal(site.As(ctx, "investigator-33"), r)
	must(tb, err)
	_, err = nominals.RestrictNominal(psd, &registerv1.RestrictNominalRequest{
		Name: n.GetName(), Restriction: registerv1.Restriction_RESTRICTION_SILENT, Explanation: "an operation under way",
	})
	must(tb, err)
	self, err := registerv1.NewDirectoryServiceClient(conn).GetSelf(site.As(ctx, account), &registerv1.GetSelfRequest{})
	must(tb, err)
	flags := func() []*registerv1.MisuseFlag {
		list, err := misuse.ListFlags(psd, &registerv1.ListFlagsRequest{Parent: "forces/33", Rule: "PROBE", Subject: self.GetSubject(), PageSize: 200})
		must(tb, err)
		return list.GetFlags()
	}
	before := len(flags())
	_, err = registerv1.NewSearchServiceClient(conn).CreateSearch(site.As(ctx, account), &registerv1.CreateSearchRequest{Search: &registerv1.Search{
		Reason: "DATA_QUALITY", Justification: "no reason to speak of", Criteria: &registerv1.SearchCriteria{Names: r.GetNominal().GetNames()},
	}})
	must(tb, err)
	var name string
	eventually(tb, "no flag is raised", func(context.Context) error {
		found := flags()
		if len(found) == before {
			return errors.New("none yet")
		}
		name = found[0].GetMisuseCase()
		return nil
	})
	return name
}

// misuseSamples are a good call of each method of MisuseService and FactService.
func misuseSamples(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn) map[string]sample {
	tb.Helper()
	psd := site.As(context.WithoutCancel(tb.Context()), "psd-33")
	service := registerv1.NewMisuseServiceClient(conn)
	open := func(account string) string {
		name := suspected(tb, site, conn, account)
		_, err := service.OpenCase(psd, &registerv1.OpenCaseRequest{Name: name})
		must(tb, err)
		return name
	}
	// A case that is decided is not worked on any longer: each time of somebody else.
	others := []string{"investigator-10", "spoc-10", "supervisor-10", "control_room-10", "investigator-43", "spoc-43"}
	kept, decided := open("control_room-43"), open(others[suspicious.Add(1)%int64(len(others))])
	// Nor is one that many change at once.
	asked := open("supervisor-43")
	by := func(account string, m proto.Message) sample {
		return sample{account: account, requests: []proto.Message{m}}
	}
	one := func(m proto.Message) sample { return by("psd-33", m) }
	return map[string]sample{
		"FactService.PutFacts":        by("", sampleFacts()),
		"MisuseService.ListFlags":     one(&registerv1.ListFlagsRequest{Parent: "forces/33", PageSize: 5}),
		"MisuseService.ListCases":     one(&registerv1.ListCasesRequest{Parent: "forces/33", PageSize: 5}),
		"MisuseService.GetCase":       one(&registerv1.GetCaseRequest{Name: kept}),
		"MisuseService.OpenCase":      one(&registerv1.OpenCaseRequest{Name: kept}),
		"MisuseService.GetRuleReport": one(&registerv1.GetRuleReportRequest{Parent: "forces/33"}),
		"MisuseService.AskExplanation": one(&registerv1.AskExplanationRequest{
			Name: asked, Question: "on which case were you working?",
		}),
		"MisuseService.AddNote": one(&registerv1.AddNoteRequest{Name: kept, Text: "he was on duty that night"}),
		"MisuseService.DecideCase": one(&registerv1.DecideCaseRequest{
			Name: decided, Outcome: registerv1.CaseOutcome_CASE_OUTCOME_JUSTIFIED, Rationale: "a welfare check, as his sergeant confirms",
		}),
	}
}
