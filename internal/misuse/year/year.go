// Package year makes up a year of a force's use of the register: its staff, rosters,
// cases and incidents, what honest people search for and what they forget or
// mistype, and among them a dozen who misuse it, each as regulators and the press
// have reported. It is how the rules are judged before they judge anybody.
//
// Nothing here knows a rule or a threshold: people behave by the chances written in
// this package. Everybody is invented.
package year

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/perpetrator-register/register/internal/misuse"
)

// Options say what is made.
type Options struct {
	// Seed makes another year of the same kind.
	Seed uint64
	// Users is how many members of staff use the register, at least 50.
	Users int
	// Days is how long the year is; 0 means 365.
	Days int
	// Habits are the ways in which the honest work; empty means Steady.
	Habits Habits
}

// Force is the code of the force whose year it is.
const Force = "33"

// Item is an entry of the log, or a fact that the force tells.
type Item struct {
	// Event is the entry; its kind is Other for a fact.
	Event misuse.Event
	// Fact, if not nil, tells the facts.
	Fact func(*misuse.Facts)
	// Misuse numbers the story that the entry belongs to, from 1; 0 is honest use.
	Misuse int
}

// Year is one made-up year.
type Year struct {
	o       Options
	r       *rand.Rand
	start   time.Time
	town    town
	chances chances
	users   []*user
	units   [][]*user
	cases   []*matter // open ones
	serial  int
	day     int
	items   []Item // of the day under way, and of the night after it
	order   []int  // their places, for use again
	stories []*story
	next    int64
	force   busyForce
}

// New begins a year.
func New(o Options) *Year {
	if o.Days == 0 {
		o.Days = 365
	}
	if o.Habits == "" {
		o.Habits = Steady
	}
	y := &Year{
		o: o, r: rand.New(rand.NewPCG(o.Seed, 0x5eed)), //nolint:gosec // no secret is made of it
		start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), chances: usual[o.Habits],
	}
	y.town = newTown(y.r, 200*o.Users)
	y.recruit()
	y.plant()
	return y
}

// Stories names the planted misuse, in the order of their numbers.
func (y *Year) Stories() []string {
	out := make([]string, len(y.stories))
	for i, s := range y.stories {
		out[i] = s.title
	}
	return out
}

// inOrder are the places of the day's items in the order of time, and as they were made
// where they are of one time. The items themselves are large, and stay where they are.
func (y *Year) inOrder() []int {
	y.order = y.order[:0]
	for i := range y.items {
		y.order = append(y.order, i)
	}
	slices.SortFunc(y.order, func(a, b int) int {
		return cmp.Or(y.items[a].Event.Time.Compare(y.items[b].Event.Time), a-b)
	})
	return y.order
}

// Each makes the year and hands on its items in order.
func (y *Year) Each(take func(Item)) {
	var held []Item
	for y.day = 0; y.day < y.o.Days; y.day++ {
		y.items = append(y.items[:0], held...)
		held = held[:0]
		y.live()
		over := y.start.AddDate(0, 0, y.day+1)
		for _, i := range y.inOrder() {
			if !y.items[i].Event.Time.Before(over) { // a night's, told in its turn
				held = append(held, y.items[i])
				continue
			}
			y.items[i].Event.Index = y.next
			y.next++
			take(y.items[i])
		}
	}
}

// at is a time by hours after the midnight with which the day under way began. Steady
// people end with the day.
func (y *Year) at(hour float64) time.Time {
	if hour = max(hour, 0); y.o.Habits == Steady {
		hour = min(hour, 23.999)
	}
	return y.start.AddDate(0, 0, y.day).Add(time.Duration(hour * float64(time.Hour))).Truncate(time.Microsecond)
}

func (y *Year) fact(hour float64, tell func(*misuse.Facts)) {
	y.items = append(y.items, Item{Event: misuse.Event{Time: y.at(hour)}, Fact: tell})
}

func (y *Year) chance(p float64) bool { return y.r.Float64() < p }

// poisson draws how often something happens that happens mean times on average.
func (y *Year) poisson(mean float64) int {
	limit, p := math.Exp(-mean), 1.0
	for n := 0; ; n++ {
		if p *= y.r.Float64(); p < limit {
			return n
		}
	}
}

// code makes the code of a thing of a kind.
func code(kind string, numbers ...int) misuse.Code {
	h := fnv.New64a()
	_, _ = h.Write([]byte(kind))
	for _, n := range numbers {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) //nolint:gosec // any number will do
	}
	return misuse.Code(h.Sum64())
}
