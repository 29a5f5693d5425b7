package console

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
)

// maxTallied is how many records are named that somebody met more than once.
const maxTallied = 5

// tally counts things by what they are called.
type tally map[string]int

// most are the names with their counts, the most frequent first.
func (t tally) most() []string {
	names := make([]string, 0, len(t))
	for name := range t {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(t[b], t[a]), strings.Compare(a, b)) })
	return names
}

func (t tally) String() string {
	var out []string
	for _, name := range t.most() {
		out = append(out, fmt.Sprintf("%s (%d)", name, t[name]))
	}
	return strings.Join(out, ", ")
}

// activityFacts say what somebody did, for which reasons, and whom he met again and
// again, as far as the log tells it in the clear.
func (c *Console) activityFacts(entries []*registerv1.LogEntry) []asked {
	done, reasons, references, records := tally{}, tally{}, tally{}, tally{}
	searches, nobody := 0, 0
	for _, e := range entries {
		done[methodTitle(e.GetMethod())]++
		if e.GetReason() != "" {
			reasons[c.words.reason(e.GetReason())]++
		}
		if e.GetMethod() == "SearchService.CreateSearch" && e.GetOutcome() == "OK" {
			if searches++; e.GetResultCount() == 0 {
				nobody++
			}
		}
		told, err := accesslog.ParseMetadata(e.GetMetadata())
		if err != nil {
			continue // what the log does not write tells nothing
		}
		if told.ReferenceHMAC != "" {
			references[told.ReferenceHMAC]++
		}
		slices.SortFunc(told.Results, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
		for _, id := range slices.Compact(told.Results) {
			records[id.String()]++
		}
	}
	facts := []asked{{"What", done.String()}, {"Why", cmp.Or(reasons.String(), "No call gave a reason")}}
	if searches > 0 {
		facts = append(facts, asked{"Searches", fmt.Sprintf("%d, of which %d found nobody", searches, nobody)})
	}
	facts = append(facts, asked{"References", fmt.Sprintf("%d different", len(references))}, asked{"Records met", fmt.Sprintf("%d different", len(records))})
	for _, id := range records.most()[:min(maxTallied, len(records))] {
		if records[id] > 1 {
			facts = append(facts, asked{"Met " + count(records[id], "time", "times"), id})
		}
	}
	return facts
}
