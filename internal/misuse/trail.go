package misuse

import "iter"

// who is the number of somebody who made an event.
type who uint32

// names numbers people: what is kept by the million holds their numbers, and no pointer for
// the garbage collector to follow. It grows with those who ever make an event.
type names struct {
	numbers map[string]who
	of      []string
}

func (n *names) number(name string) who {
	w, ok := n.numbers[name]
	if !ok {
		w = who(len(n.of)) //nolint:gosec // people are far fewer
		n.numbers[name] = w
		n.of = append(n.of, name)
	}
	return w
}

// trace is a search or a registration, and who made it.
type trace struct {
	who  who
	look look
}

// trail keeps what happened to people and records, by their codes, the oldest first: without
// a pointer in any of it, like names.
type trail struct {
	most   uint32 // that are kept of one code
	ends   map[Code]ends
	pages  [][]step
	places uint32   // that were ever used
	vacant []uint32 // of these, those that are free
}

// ends are the places of the oldest and the newest step of a code.
type ends struct{ first, last, n uint32 }

type step struct {
	trace
	next uint32 // unless it is the newest
}

const stepsAPage = 512

func newTrail(most int) trail { return trail{most: uint32(most), ends: map[Code]ends{}} } //nolint:gosec // a constant

func (t *trail) step(place uint32) *step { return &t.pages[place/stepsAPage][place%stepsAPage] }

// add keeps what has happened now; of more than the most the oldest goes.
func (t *trail) add(c Code, what trace) {
	place := t.places
	if n := len(t.vacant); n > 0 {
		place, t.vacant = t.vacant[n-1], t.vacant[:n-1]
	} else {
		if t.places++; int(place) == len(t.pages)*stepsAPage {
			t.pages = append(t.pages, make([]step, stepsAPage))
		}
	}
	*t.step(place) = step{trace: what}
	e, ok := t.ends[c]
	if ok {
		t.step(e.last).next = place
	} else {
		e.first = place
	}
	e.last, e.n = place, e.n+1
	if e.n > t.most {
		t.vacant = append(t.vacant, e.first)
		e.first, e.n = t.step(e.first).next, e.n-1
	}
	t.ends[c] = e
}

// of are what has happened to a code, the oldest first. It must not change meanwhile.
func (t *trail) of(c Code) iter.Seq[*trace] {
	return func(yield func(*trace) bool) {
		e, ok := t.ends[c]
		if !ok {
			return
		}
		for place, i := e.first, uint32(0); i < e.n; i++ {
			s := t.step(place)
			if !yield(&s.trace) {
				return
			}
			place = s.next
		}
	}
}

// drop forgets what has happened to a code as far as it is to go.
func (t *trail) drop(c Code, gone func(*trace) bool) {
	e, ok := t.ends[c]
	if !ok {
		return
	}
	kept := ends{}
	for place, i := e.first, uint32(0); i < e.n; i++ {
		s := t.step(place)
		next := s.next
		switch {
		case gone(&s.trace):
			t.vacant = append(t.vacant, place)
		case kept.n == 0:
			kept = ends{place, place, 1}
		default:
			t.step(kept.last).next = place
			kept.last, kept.n = place, kept.n+1
		}
		place = next
	}
	if kept.n == 0 {
		delete(t.ends, c)
		return
	}
	t.ends[c] = kept
}

// forget drops what happened before a day.
func (t *trail) forget(before day) {
	for c := range t.ends {
		t.drop(c, func(what *trace) bool { return dayOf(what.look.time()) < before })
	}
}
