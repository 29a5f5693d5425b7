package leaktest

import (
	"context"
	"testing"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/servertest"
)

// linked makes links of force 33 to decide on.
type linked struct {
	testing.TB
	ctx      context.Context //nolint:containedctx // of one test
	nominals registerv1.NominalServiceClient
	links    registerv1.LinkServiceClient
	alerts   registerv1.AlertServiceClient
}

func newLinked(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn) *linked {
	tb.Helper()
	return &linked{
		TB: tb, ctx: site.As(context.WithoutCancel(tb.Context()), "spoc-33"), nominals: registerv1.NewNominalServiceClient(conn),
		links: registerv1.NewLinkServiceClient(conn), alerts: registerv1.NewAlertServiceClient(conn),
	}
}

// proposal proposes that two people whom nobody resembles are one.
func (l *linked) proposal() *registerv1.ProposeLinkRequest {
	l.Helper()
	var names [2]string
	for i := range names {
		n, err := l.nominals.RegisterNominal(l.ctx, stranger())
		must(l, err)
		names[i] = n.GetName()
	}
	return &registerv1.ProposeLinkRequest{Parent: "forces/33", Nominal: names[0], Other: names[1], Reason: "seen at both addresses"}
}

// proposed is the name of such a link; confirmed if asked for.
func (l *linked) proposed(confirm bool) string {
	l.Helper()
	link, err := l.links.ProposeLink(l.ctx, l.proposal())
	must(l, err)
	if confirm {
		_, err = l.links.ConfirmLink(l.ctx, &registerv1.ConfirmLinkRequest{Name: link.GetName(), Version: 1, Reason: "seen at both addresses"})
		must(l, err)
	}
	return link.GetName()
}

// split sets the two nominals of a confirmed link apart.
func (l *linked) split() *registerv1.SplitPersonRequest {
	l.Helper()
	link, err := l.links.GetLink(l.ctx, &registerv1.GetLinkRequest{Name: l.proposed(true)})
	must(l, err)
	return &registerv1.SplitPersonRequest{
		Name: link.GetNominals()[0].GetNominal(), Apart: []string{link.GetNominals()[1].GetNominal()}, Reason: "brothers, seen side by side",
	}
}

// alert is the name of an alert that nobody has acknowledged.
func (l *linked) alert() string {
	l.Helper()
	link := l.proposed(false)
	req := &registerv1.ListAlertsRequest{Parent: "forces/33", Open: true, PageSize: 500}
	for {
		page, err := l.alerts.ListAlerts(l.ctx, req)
		must(l, err)
		for _, a := range page.GetAlerts() {
			if a.GetLink() == link {
				return a.GetName()
			}
		}
		if req.PageToken = page.GetNextPageToken(); !page.GetMore() {
			l.Fatal("the link raised no alert")
		}
	}
}
