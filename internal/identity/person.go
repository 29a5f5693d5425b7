package identity

import (
	"bytes"
	"cmp"
	"slices"
)

// BondKind says what is held of two nominals.
type BondKind uint8

// The kinds of bonds.
const (
	// BondApart: people have decided that they are two persons. No chain of
	// other bonds may put them into one.
	BondApart BondKind = iota
	// BondAutomatic joins two by the evidence alone.
	BondAutomatic
	// BondConfirmed joins two because people have decided so.
	BondConfirmed
)

// Bond is what is held of two nominals, as persons are formed of it.
type Bond struct {
	// ID tells bonds apart; of two that are alike the lesser goes first.
	ID   ID
	A, B ID
	Kind BondKind
	// Weight is the evidence in bits; the heavier bond goes first.
	Weight float64
}

// Person is a set of nominals held to be one human being.
type Person struct {
	// Members are the nominals: the one asked for first, then by id.
	Members []ID
	// Confirmed are those of the members that confirmed bonds alone tie to the
	// one asked for, that one included.
	Confirmed map[ID]bool
	// Joined are the bonds that tie the members together.
	Joined []Bond
	// Barred are bonds of the neighbourhood that join nothing, because nominals
	// that people have told apart would come into one person.
	Barred []Bond
}

// maxCluster bounds the nominals that are looked at to form one person. Nobody
// has so many records: beyond it something is wrong with the records, and
// who stands further off is left out.
const maxCluster = 200

// PersonOf forms the person of a nominal. of returns all bonds of a nominal. The
// result depends on the bonds alone, not on the order in which they came:
// where a bond to keep apart forbids that all be joined, the confirmed bonds
// are honoured before the automatic and the heavier before the lighter.
func PersonOf(start ID, of func(ID) []Bond) Person {
	members := []ID{start}
	in := map[ID]bool{start: true}
	seen := map[ID]bool{}
	var joins, aparts []Bond
	for i := 0; i < len(members); i++ {
		for _, b := range of(members[i]) {
			if seen[b.ID] {
				continue
			}
			seen[b.ID] = true
			if b.Kind == BondApart {
				aparts = append(aparts, b)
				continue
			}
			joins = append(joins, b)
			for _, id := range []ID{b.A, b.B} {
				if !in[id] && len(members) < maxCluster {
					in[id] = true
					members = append(members, id)
				}
			}
		}
	}
	aparts = slices.DeleteFunc(aparts, func(b Bond) bool { return !in[b.A] || !in[b.B] })
	joins = slices.DeleteFunc(joins, func(b Bond) bool { return !in[b.A] || !in[b.B] })
	slices.SortFunc(joins, func(a, b Bond) int {
		return cmp.Or(cmp.Compare(b.Kind, a.Kind), cmp.Compare(b.Weight, a.Weight), bytes.Compare(a.ID[:], b.ID[:]))
	})
	all, sure := newSets(members), newSets(members)
	out := Person{Confirmed: map[ID]bool{}}
	for _, b := range joins {
		if all.wouldJoin(b, aparts) {
			out.Barred = append(out.Barred, b)
			continue
		}
		all.join(b)
		if b.Kind == BondConfirmed {
			sure.join(b)
		}
	}
	for _, id := range members {
		if all.root(id) == all.root(start) {
			out.Members = append(out.Members, id)
			if sure.root(id) == sure.root(start) {
				out.Confirmed[id] = true
			}
		}
	}
	slices.SortFunc(out.Members[1:], func(a, b ID) int { return bytes.Compare(a[:], b[:]) })
	for _, b := range joins {
		if all.root(b.A) == all.root(start) && all.root(b.B) == all.root(start) {
			out.Joined = append(out.Joined, b)
		}
	}
	return out
}

// sets are the persons in the making.
type sets map[ID]ID

func newSets(ids []ID) sets {
	s := make(sets, len(ids))
	for _, id := range ids {
		s[id] = id
	}
	return s
}

func (s sets) root(id ID) ID {
	for s[id] != id {
		id = s[id]
	}
	return id
}

func (s sets) join(b Bond) { s[s.root(b.A)] = s.root(b.B) }

// wouldJoin reports whether a bond would put two into one person that people
// have told apart.
func (s sets) wouldJoin(b Bond, aparts []Bond) bool {
	p, q := s.root(b.A), s.root(b.B)
	if p == q {
		return false
	}
	for _, apart := range aparts {
		x, y := s.root(apart.A), s.root(apart.B)
		if x == p && y == q || x == q && y == p {
			return true
		}
	}
	return false
}
