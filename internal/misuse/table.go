package misuse

import (
	"fmt"
	"strings"
)

// Table writes the rules as a table in Markdown, as docs/misuse.md has it: what each
// looks for and what clears it. How much is too much is not in it.
func Table() string {
	var b strings.Builder
	b.WriteString("| rule | what it is | looks for | explanations that go first |\n| --- | --- | --- | --- |\n")
	for _, r := range rules {
		fmt.Fprintf(&b, "| `%s` %d | %s | %s | %s |\n", r.Code, r.Version, r.Title, r.Looks, r.Clears)
	}
	return b.String()
}

// ThresholdTable writes in Markdown what the numbers in the settings mean.
func ThresholdTable() string {
	var b strings.Builder
	b.WriteString("| rule | number | counts |\n| --- | --- | --- |\n")
	b.WriteString("| all | `on` | 1: the rule is in force |\n| all | `again_days` | days within which the same is flagged once |\n")
	for _, r := range rules {
		for _, t := range r.Thresholds {
			fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", r.Code, t.Name, t.Means)
		}
	}
	return b.String()
}
