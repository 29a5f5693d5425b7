package leaktest

import (
	"context"
	"testing"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/servertest"
)

// counterAlert has two people of forces 33 and 10 accuse each other, and returns
// the alert of force 33, whose accusation is the later one.
func counterAlert(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn) string {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	one, other := stranger(), stranger()
	other.Parent = "forces/10"
	victim := func(n *registerv1.RegisterNominalRequest) *registerv1.Victim {
		return &registerv1.Victim{Names: n.GetNominal().GetNames(), BirthDate: n.GetNominal().GetBirthDates()[0]}
	}
	accuse := func(account string, suspect, accuser *registerv1.RegisterNominalRequest, seconds int64) string {
		n, err := registerv1.NewNominalServiceClient(conn).RegisterNominal(site.As(ctx, account), suspect)
		must(tb, err)
		c := sampleCourse(n.GetName())
		c.Parent, c.Course.Victim = suspect.GetParent(), victim(accuser)
		c.Course.Incidents[0].OccurTime.Seconds += seconds
		course, err := registerv1.NewConductServiceClient(conn).RegisterCourse(site.As(ctx, account), c)
		must(tb, err)
		return course.GetName()
	}
	first := accuse("investigator-10", other, one, -30)
	accuse("investigator-33", one, other, 0)
	for req, more := (&registerv1.ListAlertsRequest{Parent: "forces/33", PageSize: 500}), true; more; {
		list, err := registerv1.NewAlertServiceClient(conn).ListAlerts(site.As(ctx, "spoc-33"), req)
		must(tb, err)
		for _, a := range list.GetAlerts() {
			if a.GetSubject() == first && a.GetKind() == registerv1.AlertKind_ALERT_KIND_COUNTER_ALLEGATION {
				return a.GetName()
			}
		}
		req.PageToken, more = list.GetNextPageToken(), list.GetMore()
	}
	tb.Fatal("no alert of the counter-allegation")
	return ""
}

// newSubscription makes a subscription of force 33 to its own nominal.
func newSubscription(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn, nominal string) string {
	tb.Helper()
	ctx := site.As(context.WithoutCancel(tb.Context()), "spoc-33")
	out, err := registerv1.NewExchangeServiceClient(conn).CreateSubscription(ctx, &registerv1.CreateSubscriptionRequest{Parent: "forces/33", Basis: nominal, Reason: "an inquiry of our own"})
	must(tb, err)
	return out.GetName()
}

// question is what one force asks another about a stranger whom it has found.
func question(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn, asking, owner, account string) *registerv1.AskOwnerRequest {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	n := stranger()
	n.Parent = "forces/" + owner
	_, err := registerv1.NewNominalServiceClient(conn).RegisterNominal(site.As(ctx, "investigator-"+owner), n)
	must(tb, err)
	found, err := registerv1.NewSearchServiceClient(conn).CreateSearch(site.As(ctx, account), &registerv1.CreateSearchRequest{Search: &registerv1.Search{
		Reason: "CRIME_INVESTIGATION", Reference: "33/1234/26",
		Criteria: &registerv1.SearchCriteria{Names: n.GetNominal().GetNames(), BirthDate: n.GetNominal().GetBirthDates()[0]},
	}})
	must(tb, err)
	return &registerv1.AskOwnerRequest{
		Parent: "forces/" + asking, AskedForce: "forces/" + owner, Basis: found.GetName() + "/candidates/1", Text: "is he known to carry a knife?",
	}
}

// asked10 is a question of force 33 to force 10.
func asked10(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn) *registerv1.AskOwnerRequest {
	tb.Helper()
	return question(tb, site, conn, "33", "10", "spoc-33")
}

// newQuestion puts a question of force 10 to force 33, and returns its name there.
func newQuestion(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn) string {
	tb.Helper()
	req := question(tb, site, conn, "10", "33", "investigator-10")
	q, err := registerv1.NewExchangeServiceClient(conn).AskOwner(site.As(context.WithoutCancel(tb.Context()), "investigator-10"), req)
	must(tb, err)
	return "forces/33" + q.GetName()[len("forces/10"):]
}
