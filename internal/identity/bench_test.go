package identity

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"sync"
	"testing"
	"time"
)

// population makes people with the skew of the real ones: common names by
// their share, a long tail, households that share a surname and an address.
type population struct {
	rng       *rand.Rand
	given     pool
	surname   pool
	household Raw
	left      int
}

type pool struct {
	names []string
	sums  []float64
}

func newPool(rng *rand.Rand, heads, tail int, tailShare float64) pool {
	lex := lexiconOnce()
	var names []string
	for n := range lex.share {
		names = append(names, n)
	}
	sort.Strings(names)
	var p pool
	total := 0.0
	for i, n := range names {
		if i%2 == heads {
			total += lex.share[n]
			p.names, p.sums = append(p.names, n), append(p.sums, total)
		}
	}
	onsets := []string{"b", "br", "c", "ch", "d", "f", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "r", "s", "sh", "st", "t", "th", "v", "w", "wh"}
	rimes := []string{"a", "ar", "ea", "en", "er", "i", "in", "o", "ol", "on", "oo", "u", "un", "ey", "al"}
	ends := []string{"ton", "ley", "ham", "son", "worth", "field", "wick", "ski", "ard", "man", "er", "s", "ell", "well", "by", "don"}
	scale := total * tailShare / (1 - tailShare)
	weights, sum := make([]float64, tail), 0.0
	for i := range weights {
		weights[i] = 1 / float64(i+20)
		sum += weights[i]
	}
	for _, w := range weights {
		n := onsets[rng.IntN(len(onsets))] + rimes[rng.IntN(len(rimes))] + onsets[rng.IntN(len(onsets))] + rimes[rng.IntN(len(rimes))] + ends[rng.IntN(len(ends))]
		total += w / sum * scale
		p.names, p.sums = append(p.names, n), append(p.sums, total)
	}
	return p
}

func (p *pool) draw(rng *rand.Rand) string {
	i, _ := slices.BinarySearch(p.sums, rng.Float64()*p.sums[len(p.sums)-1])
	return p.names[min(i, len(p.names)-1)]
}

func newPopulation(seed uint64) *population {
	rng := rand.New(rand.NewPCG(seed, 7))
	return &population{rng: rng, given: newPool(rng, 0, 8000, 0.4), surname: newPool(rng, 1, 80_000, 0.6)}
}

func (p *population) next() Raw {
	r := p.rng
	if p.left == 0 {
		p.left = 1 + r.IntN(3)
		p.household = Raw{
			Names:     []RawName{{Surname: p.surname.draw(r)}},
			Postcodes: []string{fmt.Sprintf("%c%c%d %d%c%c", 'A'+r.IntN(24), 'A'+r.IntN(24), 1+r.IntN(20), r.IntN(10), "ABDEFGHJ"[r.IntN(8)], "LNPQRSTU"[r.IntN(8)])},
			Addresses: []string{fmt.Sprintf("%d %s Road", 1+r.IntN(120), p.surname.draw(r))},
		}
	}
	p.left--
	raw := Raw{Postcodes: p.household.Postcodes, Addresses: p.household.Addresses, Sex: []string{"M", "F"}[r.IntN(2)]}
	n := RawName{Given: p.given.draw(r), Surname: p.household.Names[0].Surname}
	if r.IntN(3) == 0 {
		n.Given += " " + p.given.draw(r)
	}
	raw.Names = []RawName{n}
	raw.Births = []RawBirth{{Value: fmt.Sprintf("%d-%02d-%02d", 1945+r.IntN(62), 1+r.IntN(12), 1+r.IntN(28))}}
	raw.Identifiers = []RawIdentifier{{Kind: IdentifierPhone, Value: fmt.Sprintf("07%09d", r.IntN(1_000_000_000))}}
	if r.IntN(3) == 0 {
		raw.Identifiers = append(raw.Identifiers, RawIdentifier{Kind: IdentifierHandle, Platform: "instagram", Value: "u" + strconv.Itoa(r.IntN(1_000_000_000))})
	}
	if r.IntN(3) == 0 {
		raw.Identifiers = append(raw.Identifiers, RawIdentifier{Kind: IdentifierVehicle, Value: fmt.Sprintf("%c%c%02d%c%c%c", 'A'+r.IntN(24), 'A'+r.IntN(24), r.IntN(75), 'A'+r.IntN(24), 'A'+r.IntN(24), 'A'+r.IntN(24))})
	}
	return raw
}

func numbered(i int) (id ID) {
	binary.BigEndian.PutUint64(id[8:], uint64(i+1))
	return id
}

// typo changes one letter of a name.
func typo(rng *rand.Rand, s string) string {
	if len(s) < 4 {
		return s
	}
	b := []byte(s)
	i := 1 + rng.IntN(len(b)-1)
	switch rng.IntN(3) {
	case 0:
		b[i] = byte('a' + rng.IntN(26))
	case 1:
		return s[:i] + s[i+1:]
	default:
		b[i], b[i-1] = b[i-1], b[i]
	}
	return string(b)
}

// queryKinds are the ways people are looked for.
var queryKinds = []struct {
	name string
	ask  func(*rand.Rand, Raw) Raw
}{
	{"exact", func(_ *rand.Rand, r Raw) Raw { return Raw{Names: r.Names, Births: r.Births} }},
	{"typo in given", func(g *rand.Rand, r Raw) Raw {
		return Raw{Names: []RawName{{Given: typo(g, r.Names[0].Given), Surname: r.Names[0].Surname}}, Births: r.Births}
	}},
	{"typo in surname", func(g *rand.Rand, r Raw) Raw {
		return Raw{Names: []RawName{{Given: r.Names[0].Given, Surname: typo(g, r.Names[0].Surname)}}, Births: r.Births}
	}},
	{"both typo, wrong date", func(g *rand.Rand, r Raw) Raw {
		return Raw{Names: []RawName{{Given: typo(g, r.Names[0].Given), Surname: typo(g, r.Names[0].Surname)}}, Births: []RawBirth{{Value: "1950-02-03"}}}
	}},
	{"surname typo and year", func(g *rand.Rand, r Raw) Raw {
		return Raw{Names: []RawName{{Surname: typo(g, r.Names[0].Surname)}}, Births: []RawBirth{{Value: r.Births[0].Value[:4]}}}
	}},
	{"name only", func(_ *rand.Rand, r Raw) Raw { return Raw{Names: r.Names} }},
	{"heavy surname", func(_ *rand.Rand, r Raw) Raw {
		return Raw{Names: []RawName{{Given: r.Names[0].Given, Surname: "Taylor"}}, Births: r.Births}
	}},
	{"phone", func(_ *rand.Rand, r Raw) Raw { return Raw{Identifiers: r.Identifiers[:1]} }},
	{"postcode and given", func(_ *rand.Rand, r Raw) Raw {
		return Raw{Names: []RawName{{Given: r.Names[0].Given}}, Postcodes: r.Postcodes}
	}},
}

// TestScale reports memory, start and speed at IDENTITY_PEOPLE people.
func TestScale(t *testing.T) {
	people, _ := strconv.Atoi(os.Getenv("IDENTITY_PEOPLE"))
	if people == 0 {
		t.Skip("set IDENTITY_PEOPLE to the number of people")
	}
	p := newPopulation(1)
	x := NewIndex()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var loading, normalising time.Duration
	var sample []Raw
	var owners []ID
	for done := 0; done < people; {
		raws := make([]Raw, min(50_000, people-done))
		for i := range raws {
			raws[i] = p.next()
		}
		for i, raw := range raws[:min(len(raws), 400)] {
			sample = append(sample, raw)
			owners = append(owners, numbered(done+i))
		}
		entries := make([]Entry, len(raws))
		start := time.Now()
		for i, raw := range raws {
			r, _ := NewRecord(raw)
			entries[i] = Entry{ID: numbered(done + i), Force: "33", Record: r}
		}
		normalising += time.Since(start)
		start = time.Now()
		x.Load(entries)
		loading += time.Since(start)
		done += len(raws)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%d people: heap %d bytes each, counted %d; normalise %v, load %v; names %d",
		people, (after.HeapAlloc-before.HeapAlloc)/uint64(people), x.Bytes()/int64(people), normalising, loading, len(x.facts.names.byWord))
	rng := rand.New(rand.NewPCG(3, 4))
	var all []Query
	for _, k := range queryKinds {
		took := make([]time.Duration, 0, 2000)
		considered, budget, first, ten := 0, 0, 0, 0
		for range 2000 {
			n := rng.IntN(len(sample))
			q, _ := NewQuery(k.ask(rng, sample[n]))
			all = append(all, q)
			start := time.Now()
			r := x.Search(q, Limits{})
			took = append(took, time.Since(start))
			considered += r.Considered
			for i, c := range r.Candidates[:min(len(r.Candidates), 10)] {
				if c.ID == owners[n] {
					ten++
					if i == 0 {
						first++
					}
				}
			}
			if r.BudgetReached {
				budget++
			}
		}
		slices.Sort(took)
		t.Logf("%-24s p50 %8v p99 %8v max %8v considered %5d budget %4d first %.3f ten %.3f", k.name, took[1000], took[1980], took[1999], considered/2000, budget, float64(first)/2000, float64(ten)/2000)
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	start := time.Now()
	var wg sync.WaitGroup
	for w := range 2 {
		wg.Go(func() {
			for i := w; i < len(all); i += 2 {
				x.Search(all[i], Limits{})
			}
		})
	}
	wg.Wait()
	t.Logf("mixed, two at once: %.0f searches/s", float64(len(all))/time.Since(start).Seconds())
}
