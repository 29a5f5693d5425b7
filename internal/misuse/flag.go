package misuse

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// National is the audience of flags that no force's own department may work on.
const National = "national"

// Flag is a question for professional standards: what one rule saw of one actor. It
// holds no name and nothing that was asked.
type Flag struct {
	// Key names the flag: the same happening has the same key wherever it is found.
	Key string
	// Rule is the rule's code, with its version and that of the thresholds.
	Rule     string
	Version  int
	Settings string
	// Actor is whose use it is, Force his force.
	Actor, Force string
	// Audience is the code of the force whose professional standards department may
	// see the flag, or National.
	Audience string
	// Index is the entry with which it became known, Time that entry's time.
	Index int64
	Time  time.Time
	// From and Until bound the use it is about.
	From, Until time.Time
	// Looks, Persons, Days and References count what was seen; 0 where it does not
	// matter.
	Looks, Persons, Days, References int
	// Seen says in words what was seen, without a name or a threshold.
	Seen string
	// Weighed are the explanations that were looked for, and what was found.
	Weighed []string
	// Entries are the indices of entries that show it, the newest first, at most
	// MaxEntries.
	Entries []int64
	// Around are codes of the people and records concerned, by which flags of one
	// neighbourhood are brought together; at most MaxEntries.
	Around []Code
}

// MaxEntries is how many entries a flag names.
const MaxEntries = 20

// show makes a flag's evidence of looks.
func (f *Flag) show(looks []look) {
	persons, days, refs := map[Code]bool{}, map[day]bool{}, map[Code]bool{}
	for i := len(looks) - 1; i >= 0; i-- {
		l := &looks[i]
		persons[l.person], days[dayOf(l.time())], refs[l.reference] = true, true, true
		if len(f.Entries) < MaxEntries {
			f.Entries = append(f.Entries, l.index)
		}
		for _, c := range []Code{l.person, l.record, l.victim} {
			if c != 0 && len(f.Around) < MaxEntries && !slices.Contains(f.Around, c) {
				f.Around = append(f.Around, c)
			}
		}
	}
	delete(refs, 0)
	f.Looks, f.Persons, f.Days, f.References = len(looks), len(persons), len(days), len(refs)
	if len(looks) > 0 {
		f.From, f.Until = looks[0].time(), looks[len(looks)-1].time()
	}
}

func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// Text is the flag as a reader is told of it: what was seen and what was weighed.
func (f *Flag) Text() string {
	if len(f.Weighed) == 0 {
		return f.Seen
	}
	return f.Seen + " (" + strings.Join(f.Weighed, "; ") + ")"
}
