package identity

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// couple is two records of one person.
type couple struct {
	a, b     Raw
	idA, idB ID
	ra, rb   Record
}

// couples fills an index with two records of each of so many people.
func couples(t testing.TB, people int) (*Index, []couple) {
	t.Helper()
	p, rng := newPopulation(11), rand.New(rand.NewPCG(5, 6))
	out := make([]couple, people)
	var entries []Entry
	for i := range out {
		c := &out[i]
		c.a, c.idA, c.idB = p.next(), numbered(2*i), numbered(2*i+1)
		c.b = corrupted(rng, c.a)
		switch i % 3 { // and what would find him at once is often missing
		case 0:
			moved(rng, &c.b)
			c.b.Identifiers = nil
		case 1:
			c.b.Identifiers, c.b.Postcodes, c.b.Addresses = nil, nil, nil
		}
		c.ra, _ = NewRecord(c.a)
		c.rb, _ = NewRecord(c.b)
		entries = append(entries, Entry{c.idA, "33", c.ra}, Entry{c.idB, "20", c.rb})
	}
	x := NewIndex()
	x.Load(entries)
	return x, out
}

func liked(list []Likeness, id ID) *Likeness {
	for i := range list {
		if list[i].ID == id {
			return &list[i]
		}
	}
	return nil
}

// TestLookalikesAreFound checks that of the pairs of one person that reach the
// propose threshold 99.9% are retrieved, each way and among fresh records, and
// that each is judged alike everywhere.
func TestLookalikesAreFound(t *testing.T) {
	x, people := couples(t, 2500)
	reach, missed, missedFresh := 0, 0, 0
	for _, c := range people {
		want := x.Judge(c.ra, c.rb)
		if back := x.Judge(c.rb, c.ra); math.Abs(want.Bits-back.Bits) > 1e-9 || want.Verdict != back.Verdict || want.Twins != back.Twins || want.Kin != back.Kin {
			t.Fatalf("%+v one way and %+v the other", want, back)
		}
		there, trace := x.Lookalikes(c.idA, c.ra, 1000)
		back, traceBack := x.Lookalikes(c.idB, c.rb, 1000)
		if liked(there, c.idA) != nil || liked(back, c.idB) != nil {
			t.Fatal("a nominal is like itself")
		}
		if want.Verdict == VerdictNone {
			if liked(there, c.idB) != nil || liked(back, c.idA) != nil {
				t.Fatalf("%+v is found below the threshold", want)
			}
			continue
		}
		reach++
		f, g := NewFresh(), NewFresh()
		f.Put(c.idB, "20", c.rb)
		g.Put(c.idA, "33", c.ra)
		if len(f.Near(&c.ra, trace, 0)) != 1 || len(g.Near(&c.rb, traceBack, 0)) != 1 {
			missedFresh++
			t.Logf("not near: %+v and %+v", c.a, c.b)
		}
		ab, ba := liked(there, c.idB), liked(back, c.idA)
		if ab == nil || ba == nil {
			missed++
			t.Logf("not found, %.1f bits: %+v and %+v", want.Bits+want.Prior, c.a, c.b)
			continue
		}
		if math.Abs(ab.Bits-want.Bits) > 1e-9 || ab.Verdict != want.Verdict || ba.Verdict != want.Verdict || ab.Force != "20" || len(ab.Keys) == 0 {
			t.Fatalf("Lookalikes says %+v, Judge %+v", ab, want)
		}
	}
	t.Logf("%d of %d pairs reach the threshold; %d not found, %d not near", reach, len(people), missed, missedFresh)
	if reach < 1500 || missed*1000 > reach || missedFresh*1000 > reach {
		t.Errorf("%d of %d pairs not found, %d not near", missed, reach, missedFresh)
	}
}

// TestLookalikesBeforeAndAfter checks that a record is judged nearly alike
// before it is put and after.
func TestLookalikesBeforeAndAfter(t *testing.T) {
	x, people := couples(t, 800)
	for _, c := range people[:300] {
		after, _ := x.Lookalikes(c.idB, c.rb, 20)
		x.Remove(c.idB)
		before, _ := x.Lookalikes(c.idB, c.rb, 20)
		x.Put(c.idB, "20", c.rb)
		for _, l := range after {
			if b := liked(before, l.ID); b != nil && math.Abs(b.Bits-l.Bits) > 0.6*float64(len(l.Terms)) {
				t.Fatalf("%.2f bits before, %.2f after: %+v", b.Bits, l.Bits, l.Terms)
			}
		}
	}
}

func TestLookalikesAreOrderedAndLimited(t *testing.T) {
	x, people := couples(t, 400)
	for _, c := range people[:100] {
		all, trace := x.Lookalikes(c.idA, c.ra, 100)
		if !slices.IsSorted(trace) {
			t.Fatal("the trace is not sorted")
		}
		for i, l := range all {
			if i > 0 && l.Bits > all[i-1].Bits || l.Verdict == VerdictNone {
				t.Fatalf("place %d: %+v", i, l)
			}
		}
		one, _ := x.Lookalikes(c.idA, c.ra, 1)
		if diff := cmp.Diff(all[:min(len(all), 1)], one); diff != "" {
			t.Fatal(diff)
		}
	}
	if none, trace := x.Lookalikes(ID{}, Record{}, 10); len(none) != 0 || len(trace) != 0 {
		t.Errorf("an empty record is like %v", none)
	}
}

// TestFamiliesAreNeverAutomatic checks the guards: much in common, yet two
// people.
func TestFamiliesAreNeverAutomatic(t *testing.T) {
	home := func(given, surname, birth string, more ...RawIdentifier) Raw {
		return Raw{
			Names: []RawName{{Given: given, Surname: surname}}, Births: []RawBirth{{Value: birth}},
			Identifiers: append(more, RawIdentifier{Kind: IdentifierPhone, Value: "01164960123"}),
			Postcodes:   []string{"LE1 3GG"}, Addresses: []string{"14 High Street, Leicester"},
		}
	}
	pnc := RawIdentifier{Kind: IdentifierPNC, Value: "1981/0000034U"}
	alias := func(r Raw, given, surname string) Raw {
		r.Names = append(r.Names, RawName{Kind: NameAlias, Given: given, Surname: surname})
		return r
	}
	for _, tt := range []struct {
		name       string
		a, b       Raw
		twins, kin bool
		want       Verdict
	}{
		{"the same", home("Robert", "Quillfeather", "1984-06-14"), home("Bob", "Quillfeather", "1984-06-14"), false, false, VerdictAutomatic},
		{"twins", home("Robert", "Quillfeather", "1984-06-14"), home("Stephen", "Quillfeather", "1984-06-14"), true, true, VerdictProposed},
		{"twins with a number", home("Robert", "Quillfeather", "1984-06-14", pnc), home("Stephen", "Quillfeather", "1984-06-14", pnc), true, false, VerdictProposed},
		{"twins of like names", home("John", "Quillfeather", "1984-06-14"), home("Joan", "Quillfeather", "1984-06-14"), true, false, VerdictProposed},
		{"twins in one line", home("Robert", "Quillfeather", "1984-06-14"), func() Raw {
			r := home("", "", "1984-06-14")
			r.Names[0] = RawName{Full: "Quillfeather Stephen"}
			return r
		}(), true, true, VerdictProposed},
		{"twins of names alike", home("Kwame", "Quillfeather", "1984-06-14"), home("Kwabena", "Quillfeather", "1984-06-14"), true, false, VerdictProposed},
		{"twins of names a letter apart", home("Marta", "Quillfeather", "1984-06-14"), home("Maria", "Quillfeather", "1984-06-14"), true, false, VerdictProposed},
		{"twins, one under the other's name", home("Robert", "Quillfeather", "1984-06-14"), alias(home("Stephen", "Quillfeather", "1984-06-14"), "Robert", "Quillfeather"), true, false, VerdictProposed},
		{"a false forename with a number", home("Robert", "Quillfeather", "1984-06-14", pnc), alias(home("Stephen", "Quillfeather", "1984-06-14", pnc), "Robert", "Quillfeather"), false, false, VerdictAutomatic},
		{"a street name", home("Robert", "Quillfeather", "1984-06-14"), alias(home("Robert", "Quillfeather", "1984-06-14"), "Razor", "Lonsdale"), false, false, VerdictAutomatic},
		{"a slip of the hand", home("Robert", "Quillfeather", "1984-06-14"), home("Robetr", "Quillfeather", "1984-06-14"), false, false, VerdictAutomatic},
		{"namesakes of one year", home("Robert", "Quillfeather", "1984-06-14"), home("Robert", "Quillfeather", "1984-11-23"), false, true, VerdictProposed},
		{"an initial", home("Robert", "Quillfeather", "1984-06-14"), home("R", "Quillfeather", "1984-06-14"), false, false, VerdictAutomatic},
		{"order", home("Robert James", "Quillfeather", "1984-06-14"), home("James Robert", "Quillfeather", "1984-06-14"), false, false, VerdictAutomatic},
		{"a false name with a number", home("Robert", "Quillfeather", "1984-06-14", pnc), home("Stephen", "Lonsdale", "1984-06-14", pnc), false, false, VerdictAutomatic},
		{"father and son", home("Robert", "Quillfeather", "1954-06-14"), home("Robert", "Quillfeather", "1981-03-02"), false, true, VerdictProposed},
		{"brothers", home("Robert", "Quillfeather", "1984-06-14"), home("Stephen", "Quillfeather", "1986-06-14"), false, true, VerdictProposed},
		{"a couple", home("Robert", "Quillfeather", "1984-06-14"), home("Margaret", "Quillfeather", "1979-11-02"), false, true, VerdictProposed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := NewIndex()
			crowd(t, x)
			a, b := mustRecord(t, tt.a), mustRecord(t, tt.b)
			got := x.Judge(a, b)
			if got.Twins != tt.twins || got.Kin != tt.kin || got.Verdict != tt.want || Twins(b, a) != tt.twins {
				t.Errorf("twins %v, kin %v, %v at %.1f", got.Twins, got.Kin, got.Verdict, got.Prior+got.Bits)
			}
		})
	}
}

// TestTwinsByProperty checks that whoever differs by forename alone is twins,
// and never linked without a human.
func TestTwinsByProperty(t *testing.T) {
	x, people := couples(t, 300)
	forenames := []string{"Robert", "Stephen", "Margaret", "Katarzyna", "Mohammed", "Joan", "John", "Zachary"}
	rapid.Check(t, func(t *rapid.T) {
		c := people[rapid.IntRange(0, len(people)-1).Draw(t, "person")]
		one, other := c.a, c.a
		n := rapid.Permutation(forenames).Draw(t, "forenames")
		one.Names = []RawName{{Given: n[0], Surname: c.a.Names[0].Surname}}
		other.Names = []RawName{{Given: n[1], Surname: strings.ToUpper(c.a.Names[0].Surname)}}
		a, _ := NewRecord(one)
		b, _ := NewRecord(other)
		if got := x.Judge(a, b); !got.Twins || got.Verdict == VerdictAutomatic {
			t.Fatalf("%s and %s: twins %v, %v", n[0], n[1], got.Twins, got.Verdict)
		}
	})
}

func TestFresh(t *testing.T) {
	f := NewFresh()
	john, jon := mustRecord(t, person("John", "Quillfeather", "1984-06-14")), mustRecord(t, person("Jon", "Quilfeather", "1984-06-14"))
	f.Put(id(1), "33", john)
	f.Put(id(2), "20", mustRecord(t, person("Katarzyna", "Nowak", "1979-05-25")))
	f.Put(id(3), "07", jon)
	f.Put(id(1), "33", john) // the newest now
	_, trace := NewIndex().Lookalikes(id(9), john, 10)
	near := f.Near(&john, trace, 0)
	if f.Len() != 3 || !f.Has(id(2)) || len(near) != 2 || near[0].ID != id(3) || near[0].Force != "07" || near[1].ID != id(1) {
		t.Errorf("%d held, near are %+v", f.Len(), near)
	}
	for n := range byte(4) {
		f.Remove(id(n))
	}
	if f.Len() != 0 || f.Has(id(1)) || len(f.Near(&john, trace, 0)) != 0 || len(f.by) != 0 || len(f.held) != 0 {
		t.Error("something is left")
	}
}

func BenchmarkLookalikes(b *testing.B) {
	x, records := crowded(b, 100_000)
	b.ReportAllocs()
	n := 0
	before := processorTime()
	for b.Loop() {
		x.Lookalikes(ID{}, records[n%len(records)], 20)
		n++
	}
	b.ReportMetric(float64(processorTime()-before)/float64(n), "cpu-ns/op")
}

func BenchmarkJudge(b *testing.B) {
	x, records := crowded(b, 1000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		x.Judge(records[i%len(records)], records[(i+1)%len(records)])
	}
}

func BenchmarkFresh(b *testing.B) {
	x, records := crowded(b, 1000)
	f := NewFresh()
	for i, r := range records[:256] {
		f.Put(numbered(i), "33", r)
	}
	traces := make([]Trace, 256)
	near := 0
	for i := range traces {
		_, traces[i] = x.Lookalikes(ID{}, records[300+i], 1)
		near += len(f.Near(&records[300+i], traces[i], 0))
	}
	b.Run("near", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			f.Near(&records[300+i%len(traces)], traces[i%len(traces)], 0)
		}
		b.ReportMetric(float64(near)/256, "near/op")
	})
	b.Run("judged", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			x.LookalikesAmong(f.Near(&records[300+i%len(traces)], traces[i%len(traces)], 0), records[300+i%len(traces)])
		}
	})
	b.Run("put", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			f.Put(numbered(i%256), "33", records[i%len(records)])
		}
	})
}

// crowded is an index of so many people, with other records of some of them.
func crowded(b *testing.B, people int) (*Index, []Record) {
	b.Helper()
	p, rng := newPopulation(1), rand.New(rand.NewPCG(3, 4))
	x := NewIndex()
	var entries []Entry
	var records []Record
	for i := range people {
		raw := p.next()
		r, _ := NewRecord(raw)
		entries = append(entries, Entry{ID: numbered(i), Force: "33", Record: r})
		if len(records) < 1000 {
			other, _ := NewRecord(corrupted(rng, raw))
			records = append(records, other)
		}
	}
	x.Load(entries)
	return x, records
}
