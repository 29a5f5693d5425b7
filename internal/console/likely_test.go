package console

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// Improbable people are folded away where another is more likely, and nowhere else; of
// whom a force must be asked never is.
func TestLikely(t *testing.T) {
	t.Parallel()
	likelyOne, improbableOne := candidateView{Name: "A"}, candidateView{Name: "B", Improbable: true}
	restricted := candidateView{Name: "C", Improbable: true, AskOwner: true}
	for what, one := range map[string]struct {
		all          []candidateView
		rest, folded int
	}{
		"nobody": {nil, 0, 0}, "one of each": {[]candidateView{likelyOne, improbableOne, improbableOne}, 1, 2},
		"none likely": {[]candidateView{improbableOne, improbableOne}, 2, 0}, "a force to be asked": {[]candidateView{improbableOne, restricted}, 1, 1},
	} {
		if rest, folded := likely(one.all); len(rest) != one.rest || len(folded) != one.folded {
			t.Errorf("%s: %d shown and %d folded away, want %d and %d", what, len(rest), len(folded), one.rest, one.folded)
		}
	}
}

// What is critical stands first, and the rest is folded away; without it all stands.
func TestCriticalPromptsStandFirst(t *testing.T) {
	t.Parallel()
	critical, other := promptView{Title: "A", Critical: true}, promptView{Title: "B"}
	for what, one := range map[string]struct {
		all         promptViews
		first, rest int
	}{
		"none": {nil, 0, 0}, "both": {promptViews{other, critical, other}, 1, 2}, "none critical": {promptViews{other, other}, 2, 0}, "all critical": {promptViews{critical}, 1, 0},
	} {
		if first, rest := one.all.First(), one.all.Rest(); len(first) != one.first || len(rest) != one.rest {
			t.Errorf("%s: %d first and %d folded away, want %d and %d", what, len(first), len(rest), one.first, one.rest)
		}
	}
}

// Somebody's activity says whom he met again and again, and what he gave as reasons.
func TestActivityFacts(t *testing.T) {
	t.Parallel()
	c := &Console{words: &words{}}
	const him, other = "0198a000-0000-7000-8000-000000000001", "0198a000-0000-7000-8000-000000000002"
	entry := func(method, reference string, results ...string) *registerv1.LogEntry {
		list := ""
		if len(results) > 0 {
			list = `"results":["` + strings.Join(results, `","`) + `"],`
		}
		return &registerv1.LogEntry{Method: method, Outcome: "OK", ResultCount: int32(len(results)), Metadata: fmt.Appendf(nil,
			`{"v":1,"id":"0198a000-0000-7000-8000-00000000000a","time":"2026-11-22T10:00:00.000000Z","actor":{"kind":"person"},"method":"%s","reference_hmac":"%s",%s"result_count":%d,"outcome":"OK"}`, method, reference, list, len(results))}
	}
	got := c.activityFacts([]*registerv1.LogEntry{
		entry("SearchService.CreateSearch", "a", him, other, him), entry("SearchService.CreateSearch", "b"), entry("SearchService.GetCandidate", "a", him),
		{Method: "SearchService.GetCandidate", Outcome: "OK", Metadata: []byte("no entry")},
	})
	want := []asked{
		{"What", "Opened a person (2), Searched (2)"}, {"Why", "No call gave a reason"}, {"Searches", "2, of which 1 found nobody"},
		{"References", "2 different"}, {"Records met", "2 different"}, {"Met 2 times", him},
	}
	if len(got) != len(want) {
		t.Fatalf("facts %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
}

// A flag names the role of whom it is about as the sign-in page does.
func TestFlagNamesTheRole(t *testing.T) {
	t.Parallel()
	got := flagOf(&registerv1.MisuseFlag{Weighed: []string{"the force has told of no cases lately", "role control_room"}}).Weighed
	if want := []string{"the force has told of no cases lately", "his role: control room"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
