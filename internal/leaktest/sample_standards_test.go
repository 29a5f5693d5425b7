package leaktest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/servertest"
)

var officers atomic.Int64

// sampleSanction suspends somebody who does not exist, each time another.
func sampleSanction() *registerv1.ImposeSanctionRequest {
	return &registerv1.ImposeSanctionRequest{
		Parent: "forces/33", Kind: registerv1.SanctionKind_SANCTION_KIND_SUSPENSION, Subject: "https://login.example#" + strconv.FormatInt(officers.Add(1), 10),
		Reason: "an inquiry into searches", Reference: "PSD/26/1",
	}
}

// standardsSamples are the samples of StandardsService.
func standardsSamples(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn) map[string]sample {
	tb.Helper()
	psd := registerv1.NewStandardsServiceClient(conn)
	ctx := site.As(context.WithoutCancel(tb.Context()), "psd-33")
	second := servertest.WithToken(context.WithoutCancel(tb.Context()), site.Token("psd-33", map[string]any{"sub": "psd2-33", "collar": "33502"}))
	imposed, err := psd.ImposeSanction(ctx, sampleSanction())
	must(tb, err)
	search := entryOf(tb, func(opts ...grpc.CallOption) error {
		_, err := registerv1.NewSearchServiceClient(conn).CreateSearch(site.As(context.WithoutCancel(tb.Context()), "investigator-33"), sampleSearch(), opts...)
		return err
	})
	reading := entryOf(tb, func(opts ...grpc.CallOption) error {
		_, err := registerv1.NewAccessLogServiceClient(conn).ListEntries(ctx, &registerv1.ListEntriesRequest{
			Parent: "forces/33", Purpose: registerv1.LogPurpose_LOG_PURPOSE_LAWFULNESS, Reference: "review 7",
		}, opts...)
		return err
	})
	looked := sampleSearch()
	looked.Search.Reference = "33/EV" + strconv.FormatInt(officers.Add(1), 10)
	_, err = registerv1.NewSearchServiceClient(conn).CreateSearch(site.As(context.WithoutCancel(tb.Context()), "investigator-33"), looked)
	must(tb, err)
	ask := &registerv1.RequestUnsealingRequest{
		Parent: "forces/33", Entry: search, Purpose: registerv1.LogPurpose_LOG_PURPOSE_LAWFULNESS, Reference: "PSD/26/2", Reason: "a search without a case", NoConflict: true,
	}
	asked, err := psd.RequestUnsealing(second, ask)
	must(tb, err)
	refusable, err := psd.RequestUnsealing(second, ask)
	must(tb, err)
	approved, err := psd.RequestUnsealing(ctx, ask)
	must(tb, err)
	_, err = psd.ApproveUnsealing(second, &registerv1.ApproveUnsealingRequest{Name: approved.GetName(), NoConflict: true})
	must(tb, err)
	placed, err := psd.PlaceHold(ctx, sampleHold())
	must(tb, err)
	revealed, drawn := drawnSamples(tb, site, psd)
	by := func(account string, m proto.Message) sample {
		return sample{account: account, requests: []proto.Message{m}}
	}
	one := func(m proto.Message) sample { return by("psd-33", m) }
	return map[string]sample{
		"StandardsService.ImposeSanction":   one(sampleSanction()),
		"StandardsService.LiftSanction":     one(&registerv1.LiftSanctionRequest{Name: imposed.GetName(), Reason: "nothing was found"}),
		"StandardsService.ListSanctions":    one(&registerv1.ListSanctionsRequest{Parent: "forces/33", PageSize: 5}),
		"StandardsService.RequestUnsealing": one(ask),
		"StandardsService.ApproveUnsealing": one(&registerv1.ApproveUnsealingRequest{Name: asked.GetName(), NoConflict: true}),
		"StandardsService.RefuseUnsealing":  one(&registerv1.RefuseUnsealingRequest{Name: refusable.GetName(), NoConflict: true, Reason: "no case bears this reference"}),
		"StandardsService.OpenUnsealing":    one(&registerv1.OpenUnsealingRequest{Name: approved.GetName()}),
		"StandardsService.ListUnsealings":   one(&registerv1.ListUnsealingsRequest{Parent: "forces/33", PageSize: 5}),
		"StandardsService.OpenCaseAccess": by("auditor", &registerv1.OpenCaseAccessRequest{
			Parent: "forces/33", Purpose: registerv1.LogPurpose_LOG_PURPOSE_CRIMINAL_PROCEEDINGS, Reference: "IOPC/26/9", Reason: "a complaint about an officer", Days: 30,
		}),
		"StandardsService.ListCaseAccesses": by("auditor", &registerv1.ListCaseAccessesRequest{Parent: "forces/33", PageSize: 5}),
		"StandardsService.MakeEvidence": one(&registerv1.MakeEvidenceRequest{
			Parent: "forces/33", Purpose: registerv1.LogPurpose_LOG_PURPOSE_CRIMINAL_PROCEEDINGS, Reference: "CPS/26/9", Recipient: "cps", CrimeReference: looked.GetSearch().GetReference(),
		}),
		"StandardsService.PlaceHold":    one(sampleHold()),
		"StandardsService.LiftHold":     one(&registerv1.LiftHoldRequest{Name: placed.GetName(), Reason: "proceedings have ended"}),
		"StandardsService.ListHolds":    one(&registerv1.ListHoldsRequest{Parent: "forces/33", PageSize: 5}),
		"StandardsService.BeginSample":  one(sampleBegin()),
		"StandardsService.CommitSample": by("auditor", &registerv1.CommitSampleRequest{Name: begunSample(tb, psd, ctx), Commitment: hashOf("iopc")}),
		"StandardsService.RevealSample": one(&registerv1.RevealSampleRequest{Name: revealed, Nonce: nonceOf("psd")}),
		"StandardsService.DrawSample":   one(&registerv1.DrawSampleRequest{Name: drawn.GetName()}),
		"StandardsService.JudgeSample": by("auditor", &registerv1.JudgeSampleRequest{ // some of the entries drawn are of PSD's own calls
			Name: drawn.GetName(), Index: drawn.GetEntries()[0].GetIndex(), Verdict: registerv1.Verdict_VERDICT_QUESTIONED, Note: "no case bears this reference",
		}),
		"StandardsService.ListSamples": one(&registerv1.ListSamplesRequest{Parent: "forces/33", PageSize: 5}),
		"StandardsService.ListReadings": by("psd-10", &registerv1.ListReadingsRequest{
			Parent: "forces/33", Purpose: registerv1.LogPurpose_LOG_PURPOSE_SELF_MONITORING, Reference: "REVIEW/26/8", PageSize: 5,
		}),
		"StandardsService.ReviewReading": by("psd-10", &registerv1.ReviewReadingRequest{
			Name: "forces/33/readings/" + strconv.FormatInt(reading, 10), Verdict: registerv1.Verdict_VERDICT_QUESTIONED, Note: "no case bears this reference",
		}),
	}
}

func sampleHold() *registerv1.PlaceHoldRequest {
	return &registerv1.PlaceHoldRequest{Parent: "forces/33", Subject: "https://login.example#17", Reason: "misconduct proceedings", Reference: "PSD/26/4"}
}

func nonceOf(party string) string {
	n := sha256.Sum256([]byte(party))
	return hex.EncodeToString(n[:])
}

func hashOf(party string) string {
	n := sha256.Sum256([]byte(party))
	h := sha256.Sum256(n[:])
	return hex.EncodeToString(h[:])
}

func sampleBegin() *registerv1.BeginSampleRequest {
	return &registerv1.BeginSampleRequest{
		Parent: "forces/33", Purpose: registerv1.LogPurpose_LOG_PURPOSE_SELF_MONITORING, Reference: "DIP/26/1", Size: 3, Commitment: hashOf("psd"),
	}
}

func begunSample(tb testing.TB, psd registerv1.StandardsServiceClient, ctx context.Context) string { //nolint:revive // as the caller has it
	tb.Helper()
	o, err := psd.BeginSample(ctx, sampleBegin())
	must(tb, err)
	return o.GetName()
}

// drawnSamples makes a sample whose nonces can be revealed, and one that is drawn.
// No witness runs here: a checkpoint is put among those that are co-signed.
func drawnSamples(tb testing.TB, site *servertest.Site, psd registerv1.StandardsServiceClient) (revealed string, drawn *registerv1.Sample) {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	own, national := site.As(ctx, "psd-33"), site.As(ctx, "auditor")
	names := [2]string{}
	for i := range names {
		names[i] = begunSample(tb, psd, own)
		_, err := psd.CommitSample(national, &registerv1.CommitSampleRequest{Name: names[i], Commitment: hashOf("iopc")})
		must(tb, err)
	}
	db := pgtest.Connect(tb, site.DB)
	head, err := db.Head(ctx)
	must(tb, err)
	must(tb, db.InsertWitnessed(ctx, postgres.WitnessedCheckpoint{Size: head.Size, Time: time.Now(), Witnesses: []string{"witness.example/1"}, Note: head.Note}))
	_, err = psd.RevealSample(own, &registerv1.RevealSampleRequest{Name: names[1], Nonce: nonceOf("psd")})
	must(tb, err)
	drawn, err = psd.RevealSample(national, &registerv1.RevealSampleRequest{Name: names[1], Nonce: nonceOf("iopc")})
	must(tb, err)
	return names[0], drawn
}

// entryOf makes a call and returns the index of its entry.
func entryOf(tb testing.TB, call func(opts ...grpc.CallOption) error) int64 {
	tb.Helper()
	var trailer metadata.MD
	must(tb, call(grpc.Trailer(&trailer)))
	receipt, err := accesslog.ParseReceipt(trailer.Get(accesslog.ReceiptKey)[0])
	must(tb, err)
	return receipt.Index
}
