package identity

import (
	"cmp"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// slowNames is compareNames without its short cuts.
func slowNames(lex *lexicon, a, b string) rule {
	if len(a) > len(b) {
		a, b = b, a
	}
	related := func(r *relation) bool {
		return slices.ContainsFunc(r.byName[a], func(g uint16) bool { return slices.Contains(r.byName[b], g) })
	}
	starts := len(a) <= len(b) && b[:len(a)] == a
	d := slowDistance(a, b)
	switch {
	case len(a) <= 1 && starts:
		return ruleInitial
	case a == b:
		return ruleExact
	case len(a) <= 1:
		return ruleDifferent
	case related(&lex.variants):
		return ruleVariant
	case related(&lex.nicknames):
		return ruleNickname
	case d == 1 && len(a) >= 3:
		return ruleOneLetter
	case uint32(soundHash(a)>>32) == uint32(soundHash(b)>>32) && jaroWinkler(a, b) >= 0.7:
		return ruleSound
	case d == 2 && len(a) >= 5:
		return ruleTwoLetters
	case len(a) >= 3 && starts:
		return ruleStart
	case jaroWinkler(a, b) >= 0.85:
		return ruleSimilar
	}
	return ruleDifferent
}

func TestShortCutsOfNamesChangeNothing(t *testing.T) {
	t.Parallel()
	lex := lexiconOnce()
	rng := rand.New(rand.NewPCG(2, 2))
	var words []string
	for n := range lex.kinOf {
		words = append(words, n)
	}
	slices.Sort(words)
	pool := newPool(rng, 0, 3000, 0.4)
	words = append(words, pool.names...)
	words = append(words, "a", "j", "mo", "al")
	short := 0
	for range 150_000 {
		a := words[rng.IntN(len(words))]
		b := words[rng.IntN(len(words))]
		switch rng.IntN(4) {
		case 0:
			b = typo(rng, a)
		case 1:
			b = a + b[:rng.IntN(len(b)+1)]
		}
		pa, pb := lex.profile(a), lex.profile(b)
		want := slowNames(lex, a, b)
		if got := compareNames(lex, a, b, pa, pb); got != want {
			t.Fatalf("%s and %s: %v, want %v", a, b, got, want)
		}
		if strangers(&pa, &pb) {
			short++
			if want != ruleDifferent {
				t.Fatalf("%s and %s are no strangers: %v", a, b, want)
			}
		}
	}
	if short < 40_000 {
		t.Errorf("only %d of 150,000 pairs were cut short", short)
	}
}

func TestDigitsOff(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 3))
	for range 200_000 {
		a := Birth{Year: 1500 + rng.IntN(700), Month: rng.IntN(100), Day: rng.IntN(100)}
		b := Birth{Year: a.Year + rng.IntN(3)*rng.IntN(30), Month: cmp.Or(rng.IntN(2)*a.Month, rng.IntN(13)), Day: cmp.Or(rng.IntN(2)*a.Day, rng.IntN(32))}
		x, y := dateDigits(a), dateDigits(b)
		off, first := 0, -1
		for i := range x {
			if x[i] != y[i] {
				if off == 0 {
					first = i
				}
				off++
			}
		}
		transposed := off == 2 && first < 7 && x[first] == y[first+1] && x[first+1] == y[first]
		if o, tr := digitsOff(a.decimal(), b.decimal()); o != off || tr != transposed {
			t.Fatalf("%v %v: %d %v, want %d %v", a, b, o, tr, off, transposed)
		}
	}
}

// TestSearchIsAsScore compares what a search says with each record weighed by
// itself: the same bits, terms, order and counts.
func TestSearchIsAsScore(t *testing.T) {
	t.Parallel()
	c := newMultitude(20_000)
	rng := rand.New(rand.NewPCG(4, 4))
	p := newPopulation(1)
	records := map[ID]Record{}
	for i := range 20_000 {
		records[numbered(i)], _ = NewRecord(p.next())
	}
	var questions []Query
	for k := range queryKinds {
		questions = append(questions, c.questions(k, 12)...)
	}
	for range 40 {
		a, b := c.sample[rng.IntN(len(c.sample))], c.sample[rng.IntN(len(c.sample))]
		for _, raw := range []Raw{
			a,
			{Names: []RawName{{Full: a.Names[0].Surname + " " + a.Names[0].Given}}, Births: b.Births, Addresses: a.Addresses},
			{Names: append(a.Names[:1:1], b.Names...), Births: append(a.Births[:1:1], RawBirth{Value: "1970", Approximate: true}), Sex: "F"},
			{Names: []RawName{{Given: b.Names[0].Surname, Surname: typo(rng, b.Names[0].Given)}}, Postcodes: b.Postcodes, Identifiers: a.Identifiers},
		} {
			q, _ := NewQuery(raw)
			questions = append(questions, q)
		}
	}
	anything := -1e9
	for _, q := range questions {
		everyone := c.index.Search(q, Limits{Candidates: 1 << 20, MinBits: &anything})
		if len(everyone.Candidates) != everyone.Considered {
			t.Fatalf("%d of %d considered", len(everyone.Candidates), everyone.Considered)
		}
		var want []Candidate
		for _, k := range everyone.Candidates {
			alone := c.index.Score(q.record, records[k.ID])
			if alone.Bits >= c.index.Thresholds().Show {
				want = append(want, Candidate{Scored: alone, ID: k.ID, Force: "33", Keys: k.Keys})
			}
		}
		slices.SortFunc(want, func(a, b Candidate) int {
			ra, rb := records[a.ID], records[b.ID]
			asked := q.record.holds()
			return cmp.Or(cmp.Compare(b.Bits, a.Bits), cmp.Compare(asked.unasked(ra.holds()), asked.unasked(rb.holds())), slices.Compare(a.ID[:], b.ID[:]))
		})
		got := c.index.Search(q, Limits{Candidates: 10})
		if got.Found != len(want) || got.Considered != everyone.Considered {
			t.Fatalf("%d found of %d, want %d of %d", got.Found, got.Considered, len(want), everyone.Considered)
		}
		if want = want[:min(len(want), 10)]; len(want)+len(got.Candidates) > 0 && !reflect.DeepEqual(got.Candidates, want) {
			t.Fatalf("got\n%+v\nwant\n%+v", got.Candidates, want)
		}
	}
}

// TestNamesStayBelowTheirBound scores names of every shape against each other.
func TestNamesStayBelowTheirBound(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(6, 6))
	given := newPool(rng, 0, 200, 0.4)
	surname := newPool(rng, 1, 300, 0.6)
	short := []string{"mary", "jane", "maryjane", "jo", "ann", "joann", "lau", "rence", "laurence", "j", "al", "smith", "jones", "smithjones"}
	word := func(p *pool) string {
		if rng.IntN(3) == 0 {
			return short[rng.IntN(len(short))]
		}
		w := p.draw(rng)
		if rng.IntN(4) == 0 {
			w = typo(rng, w)
		}
		return w
	}
	draw := func() Raw {
		var raw Raw
		for range 1 + rng.IntN(2) {
			n := RawName{Given: word(&given), Surname: word(&surname)}
			switch rng.IntN(6) {
			case 0:
				n.Given += " " + word(&given)
			case 1:
				n.Given, n.Surname = n.Given+" "+word(&given)+" "+word(&given), n.Surname+"-"+word(&surname)
			case 2:
				n = RawName{Full: n.Given + " " + word(&given) + " " + n.Surname}
			case 3:
				n = RawName{Given: n.Surname, Surname: n.Given}
			case 4:
				n = RawName{Surname: n.Surname}
			}
			raw.Names = append(raw.Names, n)
		}
		return raw
	}
	x := NewIndex()
	for i := range 1500 {
		r, _ := NewRecord(draw())
		x.Put(numbered(i), "33", r)
	}
	s := new(searcher)
	for range 300 {
		q, _ := NewQuery(draw())
		s.begin(x.facts, x.model)
		s.ask(&q.record)
		for i := range x.docs {
			s.record.decode(x.store.At(x.docs[i].ref))
			bound, score := s.namesAtMost(), s.scoreNames()
			if score > bound+1e-9 {
				r := x.unpack(&s.record)
				t.Fatalf("%+v with %+v: %v is above the bound %v", q.record.names, r.names, score, bound)
			}
		}
	}
}

// TestKeptVariantsAreThoseOfTheMoment asks again and again while names come
// and go.
func TestKeptVariantsAreThoseOfTheMoment(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	lex := lexiconOnce()
	pool := newPool(rng, 1, 60, 0.6)
	v := &vocabulary{symbols: newSymbols()}
	var held []uint32
	for range 4000 {
		w := typo(rng, pool.draw(rng))
		switch rng.IntN(4) {
		case 0:
			held = append(held, v.hold(w))
		case 1:
			if len(held) > 0 {
				i := rng.IntN(len(held))
				v.drop(held[i])
				held = slices.Delete(held, i, i+1)
			}
		default:
			for range 2 {
				if got, want := v.keptVariants(w, lex), v.variants(w, lex); !slices.Equal(got, want) {
					t.Fatalf("%s: %v, want %v", w, got, want)
				}
			}
		}
	}
}
