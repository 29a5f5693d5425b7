package leaktest

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/servertest"
)

// transferSamples are a good call of each method of TransferService.
func transferSamples(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn) map[string]sample {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	client := registerv1.NewTransferServiceClient(conn)
	matter := func(force string) *registerv1.OfferTransferRequest {
		n := stranger()
		n.Parent = "forces/" + force
		as := site.As(ctx, "investigator-"+force)
		nominal, err := registerv1.NewNominalServiceClient(conn).RegisterNominal(as, n)
		must(tb, err)
		c := sampleCourse(nominal.GetName())
		c.Parent = n.GetParent()
		course, err := registerv1.NewConductServiceClient(conn).RegisterCourse(as, c)
		must(tb, err)
		other := map[string]string{"33": "forces/10", "10": "forces/33"}[force]
		return &registerv1.OfferTransferRequest{Parent: n.GetParent(), Course: course.GetName(), ToForce: other, Reason: "the victim has moved there"}
	}
	// offered is an offer by a force, in the name of force 33.
	offered := func(force string) string {
		t, err := client.OfferTransfer(site.As(ctx, "spoc-"+force), matter(force))
		must(tb, err)
		return "forces/33" + t.GetName()[len("forces/33"):]
	}
	of := func(m proto.Message) sample { return sample{account: "spoc-33", requests: []proto.Message{m}} }
	return map[string]sample{
		"TransferService.OfferTransfer":    of(matter("33")),
		"TransferService.AcceptTransfer":   of(&registerv1.AcceptTransferRequest{Name: offered("10"), Source: source(), NominalSource: source(), Answer: "we have her now"}),
		"TransferService.DeclineTransfer":  of(&registerv1.DeclineTransferRequest{Name: offered("10"), Reason: "she has not moved here"}),
		"TransferService.WithdrawTransfer": of(&registerv1.WithdrawTransferRequest{Name: offered("33"), Reason: "she has come back"}),
		"TransferService.GetTransfer":      of(&registerv1.GetTransferRequest{Name: offered("10")}),
		"TransferService.ListTransfers":    of(&registerv1.ListTransfersRequest{Parent: "forces/33"}),
	}
}
