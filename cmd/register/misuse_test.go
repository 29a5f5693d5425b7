package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
	"github.com/perpetrator-register/register/internal/standards"
)

// Before thresholds are used they are tried on the log as it is: more is flagged by
// stricter ones, and what was decided about before says how often they are right.
func TestReplay(t *testing.T) {
	t.Parallel()
	site := servertest.NewSite(t, nil)
	replica := site.Start(site.Config())
	began := time.Now().Add(-time.Minute)
	search := registerv1.NewSearchServiceClient(replica.Dial(""))
	// Names that sound alike would be one person looked for again.
	for _, surname := range strings.Fields("Abbotsel Brandivar Corvelan Dunnafort Eskerrow Fennimar Gorlaty Hobbercast Inglevane Jackomold Kestrebin Lommaford Mirravel Nostrapin Ottergrim") {
		_, err := search.CreateSearch(site.As(t.Context(), "investigator-33"), &registerv1.CreateSearchRequest{Search: &registerv1.Search{
			Reason: "DATA_QUALITY", Justification: "no reason to speak of",
			Criteria: &registerv1.SearchCriteria{Names: []*registerv1.PersonName{{Given: "Una", Surname: surname}}},
		}})
		must(t, err)
	}
	misuse := registerv1.NewMisuseServiceClient(replica.Dial(""))
	psd := site.As(t.Context(), "psd-33")
	var found string
	for end := time.Now().Add(time.Minute); found == "" && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		list, err := misuse.ListCases(psd, &registerv1.ListCasesRequest{Parent: "forces/33"})
		must(t, err)
		if len(list.GetMisuseCases()) > 0 {
			found = list.GetMisuseCases()[0].GetName()
		}
	}
	_, err := misuse.OpenCase(psd, &registerv1.OpenCaseRequest{Name: found})
	must(t, err)
	_, err = misuse.DecideCase(psd, &registerv1.DecideCaseRequest{Name: found, Outcome: registerv1.CaseOutcome_CASE_OUTCOME_MISCONDUCT, Rationale: "looked up a woman's friends"})
	must(t, err)

	replay := func(rules string) (*standards.MisuseReplay, standards.MisuseReplayed) {
		t.Helper()
		settings, err := readRules(rules)
		must(t, err)
		out, err := server.ReplayMisuse(t.Context(), site.Config(), settings, began, time.Time{}, slog.New(slog.DiscardHandler))
		must(t, err)
		for _, r := range out.Rules {
			if r.Rule == "ZERO_HITS" {
				return out, r
			}
		}
		t.Fatal("the rule is missing")
		return nil, standards.MisuseReplayed{}
	}
	_, now := replay("")
	if now.Flags != 1 || now.Actors != 1 || now.Known != 1 || now.Upheld != 1 || now.Justified != 0 {
		t.Errorf("with the thresholds in use: %+v", now)
	}
	out, none := replay(loose(t))
	if none.Flags != 0 || out.Settings != "loose" {
		t.Errorf("with loose thresholds: %+v", none)
	}
	var text strings.Builder
	must(t, printReplay(&text, out))
	if !strings.Contains(text.String(), "ZERO_HITS") || !strings.Contains(text.String(), "loose") {
		t.Error(text.String())
	}

	// What is flagged a day is over the days that the log has, not over those asked for.
	for ahead, want := range map[int]string{0: "over 1.0 days", 10: "over 10.0 days"} {
		config := site.Config()
		config.Clock = func() time.Time { return time.Now().AddDate(0, 0, ahead) }
		for _, until := range []time.Time{{}, time.Now().AddDate(1, 0, 0)} {
			out, err := server.ReplayMisuse(t.Context(), config, nil, time.Now().AddDate(0, 0, -28), until, slog.New(slog.DiscardHandler))
			must(t, err)
			text.Reset()
			must(t, printReplay(&text, out))
			if !strings.Contains(text.String(), want) {
				t.Errorf("%d days on, want %s:\n%s", ahead, want, text.String())
			}
		}
	}
}

// Times are given as to registerctl; a day begins when it does in London.
func TestTimesOnTheCommandLine(t *testing.T) {
	t.Parallel()
	parse := func(args ...string) (cli, error) {
		var c cli
		parser, err := kong.New(&c, kong.Name("register"))
		must(t, err)
		_, err = parser.Parse(args)
		return c, err
	}
	evidence := []string{"evidence", "misuse_test.go", "--out", "x", "--all-forces", "--reference", "R/1", "--recipient", "iopc"}
	c, err := parse(append(evidence, "--from", "2026-07-01", "--to", "2026-11-01T08:00:00Z")...)
	if err != nil || c.Evidence.From.UTC().Format(time.RFC3339) != "2026-06-30T23:00:00Z" || c.Evidence.To.UTC().Format(time.RFC3339) != "2026-11-01T08:00:00Z" {
		t.Errorf("%v to %v, %v", c.Evidence.From, c.Evidence.To, err)
	}
	c, err = parse("misuse", "replay", "misuse_test.go", "--from", "7d", "--to", "2026-11-01")
	if ago := time.Since(c.Misuse.Replay.From.Time); err != nil || ago < 7*24*time.Hour || ago > 8*24*time.Hour || c.Misuse.Replay.To.UTC().Format(time.RFC3339) != "2026-11-01T00:00:00Z" {
		t.Errorf("%v to %v, %v", c.Misuse.Replay.From, c.Misuse.Replay.To, err)
	}
	if _, err := parse(append(evidence, "--to", "noon")...); err == nil || !strings.Contains(err.Error(), "--to") || !strings.Contains(err.Error(), "is not a time: give 2026-11-20") {
		t.Errorf("%v", err)
	}
}

// A file that does not hold what its flag takes is named with the flag.
func TestUnreadableFilesAreNamed(t *testing.T) {
	t.Parallel()
	words := filepath.Join(t.TempDir(), "README.md")
	must(t, os.WriteFile(words, []byte("# Words\n"), 0o600))
	if _, err := readRules(words); err == nil || !strings.HasPrefix(err.Error(), "--rules: "+words+": ") {
		t.Errorf("rules: %v", err)
	}
	if _, err := weights(words); err == nil || !strings.HasPrefix(err.Error(), "--weights: "+words+": ") {
		t.Errorf("weights: %v", err)
	}
}

// loose writes thresholds that flag no run of searches that found nobody.
func loose(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "policies", "misuse.json"))
	must(t, err)
	var m map[string]any
	must(t, json.Unmarshal(raw, &m))
	m["version"] = "loose"
	rules, ok := m["rules"].(map[string]any)
	if !ok {
		t.Fatal(fmt.Errorf("no rules"))
	}
	rules["ZERO_HITS"] = map[string]int{"on": 1, "again_days": 1, "persons": 500}
	raw, err = json.Marshal(m)
	must(t, err)
	path := filepath.Join(t.TempDir(), "loose.json")
	must(t, os.WriteFile(path, raw, 0o600))
	return path
}
