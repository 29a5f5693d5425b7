package main

import (
	"context"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type rankedCmd struct {
	Force string `help:"Force whose persons are ranked; else your own." placeholder:"CODE"`
	Size  int32  `help:"How many at most, up to 50." default:"20"`
}

// Run lists who is most urgent to be looked at.
func (c *rankedCmd) Run(a *app) error {
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.ListRankedResponse, error) {
		return registerv1.NewHistoryServiceClient(conn).ListRanked(ctx, &registerv1.ListRankedRequest{Parent: "forces/" + force, PageSize: c.Size}, opts...)
	}, func(m *registerv1.ListRankedResponse) {
		for _, p := range m.GetPersons() {
			a.say("%.1f  %s  %s%s; open duties: %d", p.GetRanking().GetScore(), client.Clean(p.GetDisplayName()), client.Clean(p.GetNominal()), unsure(p.GetUnconfirmed()), p.GetOpenDuties())
			for _, k := range p.GetRanking().GetComponents() {
				a.say("      %.1f of %d  %s", k.GetPoints(), k.GetWeight(), client.Clean(k.GetReason()))
			}
		}
		a.say("Advice, with its reasons; never a decision.")
	})
}
