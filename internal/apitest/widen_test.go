package apitest

import (
	"testing"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/devstack"
	"github.com/perpetrator-register/register/internal/devstack/demo"
	"github.com/perpetrator-register/register/internal/servertest"
)

// Asked for by something that one force alone knows, a person is shown with
// what all forces know of him: the warnings that matter may be elsewhere.
func TestOneIdentifierFindsAllOfHim(t *testing.T) {
	t.Parallel()
	site := servertest.NewSite(t, nil)
	replica := site.Start(nil)
	heroes := demo.Heroes()[:3]
	for i := range heroes {
		n := &heroes[i]
		conn := replica.Dial(n.Force)
		if _, err := registerv1.NewNominalServiceClient(conn).RegisterNominal(t.Context(), devstack.NominalRequest(n)); err != nil {
			t.Fatal(err)
		}
		for j := range n.Courses {
			course, err := devstack.CourseRequest(n, &n.Courses[j])
			if err != nil {
				t.Fatal(err)
			}
			if _, err := registerv1.NewConductServiceClient(conn).RegisterCourse(t.Context(), course); err != nil {
				t.Fatal(err)
			}
		}
	}
	conn := replica.Dial("")
	for name, criteria := range map[string]*registerv1.SearchCriteria{
		"handle":  {Handles: []*registerv1.Handle{{Platform: "instagram", Value: "cal_thack87"}}},
		"vehicle": {Vehicles: []string{"JK17 TYN"}},
		"e-mail":  {Emails: []string{"callum.dunmore@example.net"}},
	} {
		answer, err := registerv1.NewSearchServiceClient(conn).CreateSearch(site.As(t.Context(), "control_room-43"), &registerv1.CreateSearchRequest{
			Search: &registerv1.Search{Reason: "CRIME_INVESTIGATION", Reference: "43/1/26", Criteria: criteria},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(answer.GetCandidates()) != 1 {
			t.Fatalf("%s: %d candidates", name, len(answer.GetCandidates()))
		}
		c := answer.GetCandidates()[0]
		if len(c.GetRecords()) != 3 || c.GetPattern().GetVictimsMin() != 3 || c.GetWarnings()[0] != "THREATS_TO_KILL" || !c.GetUnconfirmed() {
			t.Errorf("%s: records of %d forces, %d victims, warnings %v, unconfirmed %v",
				name, len(c.GetRecords()), c.GetPattern().GetVictimsMin(), c.GetWarnings(), c.GetUnconfirmed())
		}
	}
}
