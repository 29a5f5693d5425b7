package leaktest

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/servertest"
)

// threatened registers a threat to kill that has waited too long for an answer, and
// returns the duty.
func threatened(ctx context.Context, tb testing.TB, conn *grpc.ClientConn, nominal string) string {
	tb.Helper()
	r := sampleCourse(nominal)
	r.Course.Incidents[0].Behaviours = []string{"THREATS_TO_KILL"}
	r.Course.Incidents[0].OccurTime = timestamppb.New(time.Now().Add(-90 * time.Minute))
	_, err := registerv1.NewConductServiceClient(conn).RegisterCourse(ctx, r)
	must(tb, err)
	page, err := registerv1.NewDutyServiceClient(conn).ListDuties(ctx, &registerv1.ListDutiesRequest{Parent: "forces/33", Nominal: nominal})
	must(tb, err)
	if len(page.GetDuties()) == 0 {
		tb.Fatal("a threat raised no duty")
	}
	return page.GetDuties()[0].GetName()
}

// dutySamples are a good call of each method of DutyService.
func dutySamples(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn, nominal func() string) map[string]sample {
	tb.Helper()
	ctx := site.As(tb.Context(), "spoc-33")
	duty := func() string { return threatened(ctx, tb, conn, nominal()) }
	proposed := func() string {
		name := duty()
		_, err := registerv1.NewDutyServiceClient(conn).CloseDuty(ctx, &registerv1.CloseDutyRequest{Name: name, Reason: "she has moved abroad"})
		must(tb, err)
		return name
	}
	of := func(account string, m proto.Message) sample {
		return sample{account: account, requests: []proto.Message{m}}
	}
	return map[string]sample{
		"DutyService.ListDuties": of("investigator-33", &registerv1.ListDutiesRequest{Parent: "forces/33", PageSize: 5}),
		"DutyService.GetDuty":    of("investigator-33", &registerv1.GetDutyRequest{Name: duty()}),
		"DutyService.AssignDuty": of("supervisor-33", &registerv1.AssignDutyRequest{Name: duty(), Officer: "4711"}),
		"DutyService.CloseDuty":  of("investigator-33", &registerv1.CloseDutyRequest{Name: duty(), Reason: "she has moved abroad"}),
		"DutyService.ApproveClosure": of("supervisor-33", &registerv1.ApproveClosureRequest{
			Name: proposed(), Version: 2,
		}),
		"DutyService.RefuseClosure": of("supervisor-33", &registerv1.RefuseClosureRequest{
			Name: proposed(), Version: 2, Reason: "he knows where she lives",
		}),
		"DutyService.JudgePrompt": of("investigator-33", &registerv1.JudgePromptRequest{
			Parent: nominal(), Code: "REPEAT", Key: "k", Verdict: registerv1.PromptVerdict_PROMPT_VERDICT_ACCEPTED, Reason: "it is as it says",
		}),
		"DutyService.ListPromptJudgements": of("investigator-33", &registerv1.ListPromptJudgementsRequest{Parent: nominal()}),
	}
}
