package identity

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawBonds draws bonds among a few nominals, at most one of each pair.
func drawBonds(t *rapid.T) []Bond {
	const nominals = 9
	var out []Bond
	for i := range nominals {
		for j := range i {
			kind := rapid.IntRange(-4, int(BondConfirmed)).Draw(t, "kind") // most pairs have none
			if kind < 0 {
				continue
			}
			out = append(out, Bond{
				ID: numbered(100*i + j), A: numbered(j), B: numbered(i), Kind: BondKind(kind),
				Weight: float64(rapid.IntRange(0, 3).Draw(t, "weight")),
			})
		}
	}
	return out
}

func bondsOf(all []Bond) func(ID) []Bond {
	return func(id ID) (out []Bond) {
		for _, b := range all {
			if b.A == id || b.B == id {
				out = append(out, b)
			}
		}
		return out
	}
}

// A rejected link never comes back by another path: nobody is one person with
// whom people have told him apart from, whatever the bonds and their order; all
// members see the same person; and what no rejection forbids is joined.
func TestPersonsKeepApartWhomPeopleToldApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bonds := drawBonds(t)
		shuffled := rapid.Permutation(bonds).Draw(t, "order")
		for n := range 9 {
			p := PersonOf(numbered(n), bondsOf(bonds))
			if q := PersonOf(numbered(n), bondsOf(shuffled)); !slices.Equal(p.Members, q.Members) || !slices.Equal(p.Joined, q.Joined) {
				t.Fatalf("%v in one order, %v in another", p, q)
			}
			in := map[ID]bool{}
			for _, m := range p.Members {
				in[m] = true
			}
			for _, m := range p.Members {
				other := PersonOf(m, bondsOf(bonds))
				if len(other.Members) != len(p.Members) || !in[other.Members[len(other.Members)-1]] {
					t.Fatalf("%v is of %v, and forms %v", m, p.Members, other.Members)
				}
			}
			for _, b := range bonds {
				switch {
				case b.Kind == BondApart && in[b.A] && in[b.B]:
					t.Fatalf("told apart, and one person: %v", b)
				case b.Kind != BondApart && in[b.A] != in[b.B] && !slices.Contains(p.Barred, b):
					t.Fatalf("joined to nobody without need: %v", b)
				}
			}
			for m := range p.Confirmed {
				if !in[m] {
					t.Fatalf("%v is confirmed and no member", m)
				}
			}
		}
	})
}

// What people confirmed goes before what the evidence joins, however heavy.
func TestConfirmedBondsGoFirst(t *testing.T) {
	a, b, c := numbered(1), numbered(2), numbered(3)
	bonds := []Bond{
		{ID: numbered(10), A: a, B: b, Kind: BondAutomatic, Weight: 90},
		{ID: numbered(11), A: b, B: c, Kind: BondConfirmed},
		{ID: numbered(12), A: a, B: c, Kind: BondApart},
	}
	p := PersonOf(b, bondsOf(bonds))
	if !slices.Equal(p.Members, []ID{b, c}) || len(p.Barred) != 1 || p.Barred[0] != bonds[0] || !p.Confirmed[c] {
		t.Errorf("%+v", p)
	}
}
