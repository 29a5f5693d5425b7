package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"testing"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
	"github.com/perpetrator-register/register/internal/service"
)

// strict writes weights that link nobody.
func strict(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "internal", "identity", "data", "weights.json"))
	must(t, err)
	var m map[string]any
	must(t, json.Unmarshal(raw, &m))
	m["version"] = "strict"
	m["thresholds"] = map[string]any{"show": 3, "propose": 900, "break": 900, "join": 900}
	raw, err = json.Marshal(m)
	must(t, err)
	path := filepath.Join(t.TempDir(), "strict.json")
	must(t, os.WriteFile(path, raw, 0o600))
	return path
}

// New weights link what the old ones did not. That is shown before it is done,
// done once, and taken back by the old weights.
func TestRelink(t *testing.T) {
	t.Parallel()
	site := servertest.NewSite(t, nil)
	old := site.Config()
	old.Weights = strict(t)
	replica := site.Start(old)
	for i, force := range []string{"10", "33", "43"} {
		done, err := registerv1.NewNominalServiceClient(replica.Dial(force)).RegisterNominal(t.Context(), &registerv1.RegisterNominalRequest{
			Parent: "forces/" + force,
			Nominal: &registerv1.Nominal{
				Source:      &registerv1.SourceKey{System: "niche", Reference: "R1", Revision: 1},
				Names:       []*registerv1.PersonName{{Given: "Wenceslas", Surname: "Quillfeather"}},
				BirthDates:  []*registerv1.PartialDate{{Year: 1984, Month: 6, Day: 14}},
				Identifiers: []*registerv1.Identifier{{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE, Value: "07700 900123"}},
				Description: fmt.Sprint(i),
			},
		})
		must(t, err)
		if len(done.GetLinks()) != 0 {
			t.Fatalf("linked by weights that link nobody: %v", done)
		}
	}
	relink := func(c *server.Config, apply bool) map[service.Move]int {
		t.Helper()
		out, err := server.Relink(t.Context(), c, "operator#test", apply, slog.New(slog.DiscardHandler))
		must(t, err)
		if out.Nominals != 3 {
			t.Errorf("%d nominals weighed", out.Nominals)
		}
		return out.Moves
	}
	const none, automatic, withdrawn = registerv1.LinkState_LINK_STATE_UNSPECIFIED, registerv1.LinkState_LINK_STATE_AUTOMATIC, registerv1.LinkState_LINK_STATE_WITHDRAWN
	fresh := site.Config()
	for _, step := range []struct {
		what  string
		with  *server.Config
		apply bool
		want  map[service.Move]int
	}{
		{"the old weights change nothing", old, true, map[service.Move]int{}},
		{"tried, not done", fresh, false, map[service.Move]int{{From: none, To: automatic}: 3}},
		{"done: two links make one person of three", fresh, true, map[service.Move]int{{From: none, To: automatic}: 2}},
		{"done already", fresh, true, map[service.Move]int{}},
		{"taken back", old, true, map[service.Move]int{{From: automatic, To: withdrawn}: 2}},
		{"and made again", fresh, true, map[service.Move]int{{From: withdrawn, To: automatic}: 2}},
	} {
		if got := relink(step.with, step.apply); !maps.Equal(got, step.want) {
			t.Errorf("%s: %v, want %v", step.what, got, step.want)
		}
	}
	ctx := site.As(t.Context(), "investigator-10")
	found, err := registerv1.NewSearchServiceClient(replica.Dial("")).CreateSearch(ctx, &registerv1.CreateSearchRequest{Search: &registerv1.Search{
		Reason: "CRIME_INVESTIGATION", Reference: "10/1/26",
		Criteria: &registerv1.SearchCriteria{Phones: []string{"07700 900123"}},
	}})
	must(t, err)
	if n := len(found.GetCandidates()); n != 1 || len(found.GetCandidates()[0].GetRecords()) != 3 {
		t.Errorf("%d persons found, want one of three forces: %v", n, found.GetCandidates())
	}
}
