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
	accuse := func(account string, suspect, accuser *registerv1.RegisterNominalRequest, days int64) string {
		n, err := registerv1.NewNominalServiceClient(conn).RegisterNominal(site.As(ctx, account), suspect)
		must(tb, err)
		c := sampleCourse(n.GetName())
		c.Parent, c.Course.Victim = suspect.GetParent(), victim(accuser)
		c.Course.Incidents[0].OccurTime.Seconds += (days - 10) * 86400
		course, err := registerv1.NewConductServiceClient(conn).RegisterCourse(site.As(ctx, account), c)
		must(tb, err)
		return course.GetName()
	}
	first := accuse("investigator-10", other, one, 0)
	accuse("investigator-33", one, other, 3)
	list, err := registerv1.NewAlertServiceClient(conn).ListAlerts(site.As(ctx, "spoc-33"), &registerv1.ListAlertsRequest{Parent: "forces/33", PageSize: 500})
	must(tb, err)
	for _, a := range list.GetAlerts() {
		if a.GetSubject() == first && a.GetKind() == registerv1.AlertKind_ALERT_KIND_COUNTER_ALLEGATION {
			return a.GetName()
		}
	}
	tb.Fatal("no alert of the counter-allegation")
	return ""
}
