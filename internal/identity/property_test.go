package identity

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	someGiven    = []string{"Annmarie", "Ann Marie", "Laur nce", "Laurence", "John", "Jon", "Robert", "Bob", "Mohammed", "Muhammad", "Anne-Marie", "José", "Zoë", "Katarzyna", "Al", "J", "Stephen"}
	someSurnames = []string{"Smith", "Smyth", "O'Connor", "O Connor", "van der Berg", "Müller", "Mueller", "Al-Hassan", "Kowalski", "McDonald", "Jones", "Ng", "Taylor-Wood"}
)

// drawRaw draws a person from few values, so that many agree by chance.
func drawRaw(t *rapid.T, label string) Raw {
	var raw Raw
	for range rapid.IntRange(1, 3).Draw(t, label+" names") {
		n := RawName{Given: rapid.SampledFrom(someGiven).Draw(t, label+" given"), Surname: rapid.SampledFrom(someSurnames).Draw(t, label+" surname")}
		switch rapid.IntRange(0, 5).Draw(t, label+" form") {
		case 0:
			n = RawName{Full: n.Given + " " + n.Surname}
		case 1:
			n.Given += " " + rapid.SampledFrom(someGiven).Draw(t, label+" middle")
		case 2:
			n.Surname = ""
		}
		raw.Names = append(raw.Names, n)
	}
	for range rapid.IntRange(0, 2).Draw(t, label+" births") {
		raw.Births = append(raw.Births, RawBirth{Value: rapid.SampledFrom([]string{"1980-02-03", "1980-03-02", "1981-02-03", "1980", "1979-12", "1980-02-04", "1980-82-03", "1980-20-30"}).Draw(t, label+" birth")})
	}
	if rapid.Bool().Draw(t, label+" has sex") {
		raw.Sex = rapid.SampledFrom([]string{"M", "F"}).Draw(t, label+" sex")
	}
	for range rapid.IntRange(0, 2).Draw(t, label+" identifiers") {
		raw.Identifiers = append(raw.Identifiers, rapid.SampledFrom([]RawIdentifier{
			{Kind: IdentifierPhone, Value: "07700900001"}, {Kind: IdentifierPhone, Value: "07700900002"},
			{Kind: IdentifierHandle, Platform: "x", Value: "bob"}, {Kind: IdentifierHandle, Value: "bob"}, {Kind: IdentifierVehicle, Value: "AB12CDE"},
		}).Draw(t, label+" identifier"))
	}
	if rapid.Bool().Draw(t, label+" has place") {
		raw.Postcodes = []string{rapid.SampledFrom([]string{"LE1 3GG", "LE1 3GH", "LE2 1AA"}).Draw(t, label+" postcode")}
		raw.Addresses = []string{rapid.SampledFrom([]string{"1 High Street", "2 High Street", "1 Low Road, Leicester"}).Draw(t, label+" address")}
	}
	return raw
}

func drawRecord(t *rapid.T, label string) Record {
	r, faults := NewRecord(drawRaw(t, label))
	for _, f := range faults {
		if f.Code != "range" { // a date that cannot be takes part all the same
			t.Fatalf("faults: %v", faults)
		}
	}
	return r
}

// TestIndexEqualsRebuilt checks that an index answers, after any interleaving
// of changes, as one that was built afresh from what is left.
func TestIndexEqualsRebuilt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, held := NewIndex(), map[ID]Record{}
		for range rapid.IntRange(1, 40).Draw(t, "changes") {
			id := numbered(rapid.IntRange(0, 9).Draw(t, "id"))
			if rapid.IntRange(0, 2).Draw(t, "change") == 0 {
				_, there := held[id]
				if x.Remove(id) != there {
					t.Fatal("Remove does not tell what was there")
				}
				delete(held, id)
				continue
			}
			r := drawRecord(t, "record")
			if rapid.IntRange(0, 3).Draw(t, "ask") == 0 {
				x.Search(QueryOf(r), Limits{})
				x.Lookalikes(id, r, 5)
			}
			x.Put(id, "33", r)
			held[id] = r
		}
		var entries []Entry
		for id, r := range held {
			entries = append(entries, Entry{ID: id, Force: "33", Record: r})
		}
		fresh := NewIndex()
		fresh.Load(entries)
		if x.Len() != len(held) || fresh.Len() != len(held) {
			t.Fatalf("holds %d and %d, not %d", x.Len(), fresh.Len(), len(held))
		}
		for range 5 {
			q := QueryOf(drawRecord(t, "query"))
			limits := Limits{Candidates: rapid.IntRange(1, 20).Draw(t, "limit"), Considered: rapid.IntRange(1, 30).Draw(t, "budget")}
			if diff := cmp.Diff(fresh.Search(q, limits), x.Search(q, limits)); diff != "" {
				t.Fatalf("the changed index differs from the fresh one:\n%s", diff)
			}
			as := numbered(rapid.IntRange(0, 9).Draw(t, "as"))
			want, trace := fresh.Lookalikes(as, q.record, 20)
			got, other := x.Lookalikes(as, q.record, 20)
			if diff := cmp.Diff(want, got) + cmp.Diff(trace, other); diff != "" {
				t.Fatalf("the changed index finds other lookalikes than the fresh one:\n%s", diff)
			}
		}
		for id := range held {
			x.Remove(id)
		}
		if f := x.facts; f.records != 0 || f.births != 0 || len(f.names.byWord) != 0 || len(f.atoms.byWord) != 0 {
			t.Fatal("something is left in an empty index")
		}
		for _, tab := range []*table{&x.facts.keys, &x.facts.names.deletes} {
			for i := range tab.lanes {
				for j := range tab.lanes[i].parts {
					if tab.lanes[i].parts[j].used != 0 {
						t.Fatal("a key is left in an empty index")
					}
				}
			}
		}
	})
}

// TestTableIsAMap checks the posting lists against a map.
func TestTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tab table
		model := map[uint64]map[uint32]bool{}
		for range rapid.IntRange(1, 400).Draw(t, "changes") {
			k := mix(uint64(rapid.IntRange(0, 12).Draw(t, "key")), 1)&^(0xff<<54) | 3<<62
			v := uint32(rapid.IntRange(0, 40).Draw(t, "value"))
			if rapid.IntRange(0, 2).Draw(t, "change") == 0 {
				tab.remove(k, v)
				delete(model[k], v)
			} else if !model[k][v] {
				if model[k] == nil {
					model[k] = map[uint32]bool{}
				}
				model[k][v] = true
				tab.add(k, v)
			}
			got := map[uint32]bool{}
			tab.each(k, func(v uint32) { got[v] = true })
			if len(got) != tab.count(k) || len(got) != len(model[k]) {
				t.Fatalf("%d values, counted %d, want %d", len(got), tab.count(k), len(model[k]))
			}
			for v := range model[k] {
				if !got[v] {
					t.Fatal("a value is lost")
				}
			}
		}
	})
}

// TestScoreIsSymmetric checks that two records score alike both ways.
func TestScoreIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := NewIndex()
		for i := range 3 {
			x.Put(numbered(i), "33", drawRecord(t, "held"))
		}
		a, b := drawRecord(t, "a"), drawRecord(t, "b")
		if ab, ba := x.Score(a, b).Bits, x.Score(b, a).Bits; ab-ba > 1e-9 || ba-ab > 1e-9 {
			t.Fatalf("%v one way, %v the other", ab, ba)
		}
	})
}

// TestFormDoesNotMatter checks that case, accents, spacing and the order of
// names, identifiers and the words of a whole name change no result.
func TestFormDoesNotMatter(t *testing.T) {
	plainer := strings.NewReplacer("é", "e", "ë", "e", "ü", "u")
	rapid.Check(t, func(t *rapid.T) {
		x := NewIndex()
		for i := range 6 {
			x.Put(numbered(i), "33", drawRecord(t, "held"))
		}
		raw := drawRaw(t, "query")
		other := raw
		other.Names = nil
		for i := len(raw.Names) - 1; i >= 0; i-- {
			n := raw.Names[i]
			n.Given = "  " + strings.ToUpper(plainer.Replace(n.Given)) + " "
			n.Surname = strings.ToLower(plainer.Replace(n.Surname))
			if g, s, ok := strings.Cut(n.Full, " "); ok && !strings.Contains(s, " ") {
				n.Full = s + "  " + g
			}
			other.Names = append(other.Names, n)
		}
		other.Identifiers = nil
		for i := len(raw.Identifiers) - 1; i >= 0; i-- {
			other.Identifiers = append(other.Identifiers, raw.Identifiers[i])
		}
		a, _ := NewQuery(raw)
		b, _ := NewQuery(other)
		ra, rb := x.Search(a, Limits{}), x.Search(b, Limits{})
		if len(ra.Candidates) != len(rb.Candidates) {
			t.Fatalf("%d and %d candidates", len(ra.Candidates), len(rb.Candidates))
		}
		la, _ := x.Lookalikes(ID{}, a.record, 20)
		lb, _ := x.Lookalikes(ID{}, b.record, 20)
		if len(la) != len(lb) {
			t.Fatalf("%d and %d lookalikes", len(la), len(lb))
		}
		for i := range la {
			if d := la[i].Bits - lb[i].Bits; d > 1e-9 || d < -1e-9 || la[i].Verdict != lb[i].Verdict {
				t.Fatalf("lookalike %d has %+v and %+v", i, la[i], lb[i])
			}
		}
		for i := range ra.Candidates {
			if d := ra.Candidates[i].Bits - rb.Candidates[i].Bits; d > 1e-9 || d < -1e-9 {
				t.Fatalf("candidate %d has %v and %v", i, ra.Candidates[i].Bits, rb.Candidates[i].Bits)
			}
		}
	})
}

// TestEvidenceIsMonotone checks that agreeing evidence never lowers a score and
// a conflicting fact never raises it.
func TestEvidenceIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := NewIndex()
		raw := drawRaw(t, "record")
		record, _ := NewRecord(raw)
		x.Put(numbered(1), "33", record)
		part := Raw{Names: raw.Names[:1]}
		before, _ := NewRecord(part)
		base, judged := x.Score(before, record).Bits, x.Judge(before, record).Bits
		agree := func(what string, more Raw) {
			r, _ := NewRecord(more)
			if now := x.Score(r, record).Bits; now < base-1e-9 {
				t.Fatalf("agreeing %s lowers %v to %v", what, base, now)
			}
			if now := x.Judge(r, record).Bits; now < judged-1e-9 {
				t.Fatalf("agreeing %s lowers what is judged, %v, to %v", what, judged, now)
			}
		}
		conflict := func(what string, more Raw) {
			r, _ := NewRecord(more)
			if now := x.Score(r, record).Bits; now > base+1e-9 {
				t.Fatalf("conflicting %s raises %v to %v", what, base, now)
			}
			if now := x.Judge(r, record).Bits; now > judged+1e-9 {
				t.Fatalf("conflicting %s raises what is judged, %v, to %v", what, judged, now)
			}
		}
		with := func(change func(*Raw)) Raw {
			more := part
			change(&more)
			return more
		}
		if len(raw.Births) > 0 {
			agree("birth", with(func(r *Raw) { r.Births = raw.Births[:1] }))
			conflict("birth", with(func(r *Raw) { r.Births = []RawBirth{{Value: "1934-11-27"}} }))
		}
		if raw.Sex != "" {
			agree("sex", with(func(r *Raw) { r.Sex = raw.Sex }))
			conflict("sex", with(func(r *Raw) { r.Sex = map[string]string{"M": "F", "F": "M"}[raw.Sex] }))
		}
		if len(raw.Identifiers) > 0 {
			agree("identifier", with(func(r *Raw) { r.Identifiers = raw.Identifiers[:1] }))
			other := raw.Identifiers[0]
			other.Value = map[IdentifierKind]string{IdentifierPhone: "07700913579", IdentifierHandle: "someoneelse", IdentifierVehicle: "ZZ99XYZ"}[other.Kind]
			conflict("identifier", with(func(r *Raw) { r.Identifiers = []RawIdentifier{other} }))
		}
		if len(raw.Postcodes) > 0 {
			agree("postcode", with(func(r *Raw) { r.Postcodes = raw.Postcodes }))
			conflict("postcode", with(func(r *Raw) { r.Postcodes = []string{"ZE9 9ZZ"} }))
			agree("address", with(func(r *Raw) { r.Addresses = raw.Addresses }))
			conflict("address", with(func(r *Raw) { r.Addresses = []string{"99 Nowhere Lane"} }))
		}
	})
}

// TestConcurrentUse searches while nominals come and go; the race detector and
// the answers judge.
func TestConcurrentUse(t *testing.T) {
	x := NewIndex()
	x.Put(numbered(9999), "33", mustRecord(t, person("Steadfast", "Lonsdale", "1970-05-06")))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			p := newPopulation(uint64(w))
			for i := range 300 {
				id := numbered(w*100 + i%100)
				if i%3 == 2 {
					x.Remove(id)
					continue
				}
				r, _ := NewRecord(p.next())
				x.Put(id, "01", r)
			}
		})
	}
	q := mustQuery(t, person("Steadfast", "Lonsdale", "1970-05-06"))
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if r := x.Search(q, Limits{}); len(r.Candidates) == 0 || r.Candidates[0].ID != numbered(9999) {
					t.Error("not found while others change")
				}
			}
		})
	}
	wg.Wait()
}
