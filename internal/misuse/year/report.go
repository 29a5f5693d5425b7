package year

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/perpetrator-register/register/internal/misuse"
)

// Report says how the rules did on one year.
type Report struct {
	// Options are those of the year.
	Options Options
	// Searches is how many there were.
	Searches int
	// Found says of each story what found it.
	Found []Finding
	// Honest counts by rule the flags that rest on honest use alone.
	Honest map[string]int
	// True counts by rule those that rest on misuse.
	True map[string]int
}

// Finding says how a story was found.
type Finding struct {
	// Story is what it is about.
	Story string
	// Searches is how many searches it has.
	Searches int
	// After is how many of them were made when the first flag was raised; 0 when
	// none was.
	After int
	// Rules are the rules that found it, the first first.
	Rules []string
}

// HonestADay is how many flags the honest raise in a day.
func (r *Report) HonestADay() float64 {
	n := 0
	for _, c := range r.Honest {
		n += c
	}
	return float64(n) / float64(r.Options.Days)
}

// Missed lists the stories that no rule found.
func (r *Report) Missed() []string {
	var out []string
	for _, f := range r.Found {
		if f.After == 0 {
			out = append(out, f.Story)
		}
	}
	return out
}

// Judge makes a year and runs the rules over it.
func Judge(o Options, s *misuse.Settings) *Report {
	y := New(o)
	e := misuse.NewEngine(s)
	r := &Report{Options: y.o, Honest: map[string]int{}, True: map[string]int{}}
	for _, title := range y.Stories() {
		r.Found = append(r.Found, Finding{Story: title})
	}
	bad := map[int64]int{} // entries of stories
	y.Each(func(i Item) {
		if i.Fact != nil {
			i.Fact(e.Facts())
			return
		}
		if i.Event.Kind == misuse.Look {
			r.Searches++
		}
		if i.Misuse > 0 {
			bad[i.Event.Index] = i.Misuse
			r.Found[i.Misuse-1].Searches++
		}
		for _, f := range e.Feed(i.Event) {
			r.note(&f, bad)
		}
	})
	return r
}

// note counts a flag: it found a story if an entry of it is among its evidence.
func (r *Report) note(f *misuse.Flag, bad map[int64]int) {
	story := 0
	for _, i := range f.Entries {
		if bad[i] > 0 {
			story = bad[i]
			break
		}
	}
	if story == 0 {
		r.Honest[f.Rule]++
		return
	}
	r.True[f.Rule]++
	found := &r.Found[story-1]
	if found.After == 0 {
		found.After = found.Searches
	}
	if !slices.Contains(found.Rules, f.Rule) {
		found.Rules = append(found.Rules, f.Rule)
	}
}

// Write prints the report.
func (r *Report) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(t, format+"\n", args...) } // Flush tells
	line("%d users of %s habits, %d days, %d searches, seed %d\n", r.Options.Users, r.Options.Habits, r.Options.Days, r.Searches, r.Options.Seed)
	line("planted misuse\tsearches\tflagged after\trules")
	for _, f := range r.Found {
		after := "NOT FOUND"
		if f.After > 0 {
			after = fmt.Sprint(f.After)
		}
		line("%s\t%d\t%s\t%s", f.Story, f.Searches, after, strings.Join(f.Rules, " "))
	}
	line("\nrule\tflags on misuse\tflags on honest use\tprecision")
	rules := map[string]bool{}
	for _, m := range []map[string]int{r.Honest, r.True} {
		for code := range m {
			rules[code] = true
		}
	}
	for _, code := range slices.Sorted(maps.Keys(rules)) {
		good, honest := r.True[code], r.Honest[code]
		line("%s\t%d\t%d\t%.2f", code, good, honest, float64(good)/float64(good+honest))
	}
	line("\nfound %d of %d; the honest raise %.2f flags a day", len(r.Found)-len(r.Missed()), len(r.Found), r.HonestADay())
	return t.Flush()
}
