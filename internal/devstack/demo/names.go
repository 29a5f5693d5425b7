package demo

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/names.txt
var namesFile string

// origins are the origins of names with their share of people in per mille, and the
// ethnicity codes that go with them.
var origins = []struct {
	name        string
	share       int
	ethnicities []string
}{
	{"english", 640, []string{"W1", "W1", "W1", "W1", "W9", "M1", "NS"}},
	{"scottish", 60, []string{"W1"}},
	{"irish", 50, []string{"W1", "W2"}},
	{"welsh", 40, []string{"W1"}},
	{"pakistani", 45, []string{"A2"}},
	{"bangladeshi", 15, []string{"A3"}},
	{"indian", 40, []string{"A1"}},
	{"african", 30, []string{"B2"}},
	{"caribbean", 20, []string{"B1", "M1"}},
	{"polish", 22, []string{"W9"}},
	{"romanian", 14, []string{"W9"}},
	{"chinese", 8, []string{"A4"}},
	{"arab", 10, []string{"O2", "O9", "W9"}},
	{"portuguese", 6, []string{"W9"}},
}

// tailShare is the share, in per cent, of English surnames made of tail parts: the
// thousands of rare ones.
const tailShare = 38

// book is the parsed names file.
type book struct {
	origin               picker // over origins
	tailBegin, tailEnd   []string
	streets, streetKinds []string
	malesOf, femalesOf   []picker // by origin
	surnamesOf           []picker
}

var theBook = sync.OnceValue(func() *book {
	sections := map[string][]string{}
	section := ""
	for line := range strings.Lines(namesFile) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		default:
			sections[section] = append(sections[section], strings.Fields(line)...)
		}
	}
	b := &book{
		tailBegin: sections["tail begin"], tailEnd: sections["tail end"],
		streets: sections["street"], streetKinds: sections["street kind"],
	}
	for _, o := range origins {
		b.origin.add(o.name, float64(o.share))
		b.malesOf = append(b.malesOf, ranked(sections[o.name+" male"]))
		b.femalesOf = append(b.femalesOf, ranked(sections[o.name+" female"]))
		var surnames picker
		for _, s := range sections[o.name+" surname"] {
			name, weight, _ := strings.Cut(s, ":")
			n, err := strconv.Atoi(weight)
			if err != nil {
				panic(fmt.Sprintf("demo: surname without weight in %s", o.name)) // a fault of the built-in file
			}
			surnames.add(name, float64(n))
		}
		b.surnamesOf = append(b.surnamesOf, surnames)
	}
	return b
})

// picker draws from weighted values.
type picker struct {
	values []string
	upTo   []float64 // running sum of weights
}

func (p *picker) add(value string, weight float64) {
	if weight <= 0 {
		return
	}
	sum := weight
	if n := len(p.upTo); n > 0 {
		sum += p.upTo[n-1]
	}
	p.values = append(p.values, value)
	p.upTo = append(p.upTo, sum)
}

func (p picker) index(r *rand.Rand) int {
	x := r.Float64() * p.upTo[len(p.upTo)-1]
	i, _ := slices.BinarySearch(p.upTo, x)
	return min(i, len(p.values)-1)
}

func (p picker) pick(r *rand.Rand) string { return p.values[p.index(r)] }

// ranked weighs names that stand commonest first, falling as given names do.
func ranked(names []string) picker {
	var p picker
	for i, n := range names {
		p.add(n, 1/(float64(i)+8))
	}
	return p
}

func (b *book) surnameOf(r *rand.Rand, origin int) string {
	if origins[origin].name == "english" && r.IntN(100) < tailShare {
		return one(r, b.tailBegin) + one(r, b.tailEnd)
	}
	s := b.surnamesOf[origin].pick(r)
	if r.IntN(60) == 0 { // a double-barrelled name
		if t := b.surnamesOf[0].pick(r); t != s {
			s += "-" + t
		}
	}
	return s
}

func (b *book) givenOf(r *rand.Rand, origin int, female bool) string {
	if female {
		return b.femalesOf[origin].pick(r)
	}
	return b.malesOf[origin].pick(r)
}

func one[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }
