package main

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/servertest"
)

// A new layer is put around the victim tokens while the register serves: the
// same victim, recorded before and after under two forces, still counts once.
func TestRotationOfVictimTokens(t *testing.T) {
	t.Parallel()
	site := servertest.NewSite(t, nil)
	replica := site.Start(nil)
	record := func(force, reference string) {
		t.Helper()
		_, err := registerv1.NewNominalServiceClient(replica.Dial(force)).RegisterNominal(t.Context(), &registerv1.RegisterNominalRequest{
			Parent: "forces/" + force,
			Nominal: &registerv1.Nominal{
				Source:     &registerv1.SourceKey{System: "niche", Reference: reference, Revision: 1},
				Names:      []*registerv1.PersonName{{Given: "Wenceslas", Surname: "Quillfeather"}},
				BirthDates: []*registerv1.PartialDate{{Year: 1980, Month: 2, Day: 3}},
			},
		})
		must(t, err)
		_, err = registerv1.NewConductServiceClient(replica.Dial(force)).RegisterCourse(t.Context(), &registerv1.RegisterCourseRequest{
			Parent: "forces/" + force, NominalSource: &registerv1.SourceKey{System: "niche", Reference: reference},
			Course: &registerv1.CourseOfConduct{
				Source:   &registerv1.SourceKey{System: "niche", Reference: "C" + reference, Revision: 1},
				Victim:   &registerv1.Victim{Names: []*registerv1.PersonName{{Given: "Philippa", Surname: "Dandelion"}}, BirthDate: &registerv1.PartialDate{Year: 1990, Month: 7, Day: 8}},
				Standing: registerv1.Standing_STANDING_REPORTED,
				Incidents: []*registerv1.Incident{{
					Reference: "I1", OccurTime: timestamppb.New(time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)), Behaviours: []string{"FOLLOWING"},
				}},
			},
		})
		must(t, err)
	}
	record("33", "R1")
	provider := seal.DirProvider(site.KeyDir)
	layer, err := seal.AddKey(t.Context(), provider, seal.TokenKeys)
	must(t, err)
	replica.Server.Reload(t.Context())
	must(t, seal.PromoteKey(t.Context(), provider, seal.TokenKeys, layer))
	replica.Server.Reload(t.Context())
	record("10", "R2")

	for name, r := range map[string]*servertest.Replica{"running": replica, "started afresh": site.Start(nil)} {
		search, err := registerv1.NewSearchServiceClient(r.Dial("")).CreateSearch(site.As(t.Context(), "investigator-43"), &registerv1.CreateSearchRequest{Search: &registerv1.Search{
			Reason: "CRIME_INVESTIGATION", Reference: "43/1/26",
			Criteria: &registerv1.SearchCriteria{Names: []*registerv1.PersonName{{Given: "Wenceslas", Surname: "Quillfeather"}}, BirthDate: &registerv1.PartialDate{Year: 1980, Month: 2, Day: 3}},
		}})
		must(t, err)
		if len(search.GetCandidates()) != 1 {
			t.Fatalf("%s: %d candidates", name, len(search.GetCandidates()))
		}
		if p := search.GetCandidates()[0].GetPattern(); p.GetCourses() != 2 || p.GetVictimsMin() != 1 || p.GetVictimsMax() != 1 {
			t.Errorf("%s: %d courses, %d to %d victims; want 2 courses, 1 victim", name, p.GetCourses(), p.GetVictimsMin(), p.GetVictimsMax())
		}
	}
}
