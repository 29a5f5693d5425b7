package leaktest

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
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
	imposed, err := psd.ImposeSanction(ctx, sampleSanction())
	must(tb, err)
	one := func(m proto.Message) sample { return sample{account: "psd-33", requests: []proto.Message{m}} }
	return map[string]sample{
		"StandardsService.ImposeSanction": one(sampleSanction()),
		"StandardsService.LiftSanction":   one(&registerv1.LiftSanctionRequest{Name: imposed.GetName(), Reason: "nothing was found"}),
		"StandardsService.ListSanctions":  one(&registerv1.ListSanctionsRequest{Parent: "forces/33", PageSize: 5}),
	}
}
