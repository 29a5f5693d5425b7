package identity

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

// Defaults of Limits.
const (
	defaultCandidates = 50
	defaultConsidered = 500
	// wholeList is the longest list that is read when nothing else is asked.
	wholeList = 20_000
	// convincing is the evidence, in bits, of one who is likely enough to be meant
	// that no more is looked for: odds of a thousand to one, before the prior.
	convincing = 10
)

// searcher is the scratch of one search.
type searcher struct {
	scorer
	seen   seenSet
	probes []probe
	top    []ranked
	// touched keeps the reading ahead from being optimised away.
	touched byte
}

// probe is one posting list to read.
type probe struct {
	key   uint64
	count int
	cost  int
	kind  keyKind
}

type ranked struct {
	bits float64
	doc  uint32
	keys keySet
}

// Search returns the nominals that may be the person asked for, best first.
// It sees every change that returned before it began.
func (x *Index) Search(q Query, l Limits) Result {
	if l.Candidates <= 0 {
		l.Candidates = defaultCandidates
	}
	if l.Considered <= 0 {
		l.Considered = defaultConsidered
	}
	least := x.model.Thresholds.Show
	if l.MinBits != nil {
		least = *l.MinBits
	}
	s, _ := x.searchers.Get().(*searcher)
	defer x.searchers.Put(s)
	x.mu.RLock()
	defer x.mu.RUnlock()
	s.begin(x.facts, x.model)
	var result Result
	near := s.plan(&q.record)
	left := s.read(&result, l.Considered, wholeList)
	s.ask(&q.record)
	s.top = s.top[:0]
	if best := x.weigh(s, 0, least); !near && left > 0 && best < convincing {
		x.searchNear(s, &q.record, left, least)
	}
	result.Considered, result.Found = len(s.seen.docs), len(s.top)
	x.order(s.top, s.question.holds)
	shown := s.top[:min(len(s.top), l.Candidates)]
	if len(shown) > 0 {
		result.Candidates = make([]Candidate, 0, len(shown))
	}
	s.explain = true
	for _, r := range shown {
		d := &x.docs[r.doc]
		s.record.decodeParts(x.store.At(d.ref), s.question.all())
		result.Candidates = append(result.Candidates, Candidate{
			Scored: s.scored(), ID: d.id, Force: x.forces[d.force], Keys: r.keys.names(),
		})
	}
	s.explain = false
	return result
}

// weigh scores the records that were retrieved, from a place on, keeps those that
// reach least, and returns the most that any has, when that is convincing.
func (x *Index) weigh(s *searcher, from int, least float64) (best float64) {
	best = math.Inf(-1)
	x.each(s, from, func(i int, n uint32) {
		bits, ok := s.atLeast(min(least, convincing))
		if !ok {
			return
		}
		best = max(best, bits)
		if bits >= least {
			s.top = append(s.top, ranked{bits, n, s.seen.keys[i]})
		}
	})
	return best
}

// searchNear looks for those born on nearly the date that was asked, as far as the
// budget lasts: when nobody else is like enough, both names may be past knowing.
func (x *Index) searchNear(s *searcher, r *Record, budget int, least float64) {
	s.probes = s.probes[:0]
	for _, d := range r.births {
		s.planNearBirth(d)
	}
	if len(s.probes) == 0 {
		return
	}
	known := len(s.seen.docs)
	s.readMore(budget)
	x.weigh(s, known, least)
}

// order puts the strongest first. Of two that are as strong, the one of whom less
// was told that is not asked is nearer; then the order is that of the IDs.
func (x *Index) order(top []ranked, asked held) {
	slices.SortFunc(top, func(a, b ranked) int {
		if c := cmp.Compare(b.bits, a.bits); c != 0 {
			return c
		}
		da, db := &x.docs[a.doc], &x.docs[b.doc]
		if c := cmp.Compare(asked.unasked(da.holds), asked.unasked(db.holds)); c != 0 {
			return c
		}
		return bytes.Compare(da.id[:], db.id[:])
	})
}

// each decodes the records that were retrieved, from a place on, and calls f.
// Memory is read a little ahead: the waits for a few dozen records overlap, which
// is most of the time that a search takes.
func (x *Index) each(s *searcher, from int, f func(i int, n uint32)) {
	const ahead = 32
	var refs [ahead]uint32
	docs, all := s.seen.docs, s.question.all()
	for start := from; start < len(docs); start += ahead {
		batch := docs[start:min(start+ahead, len(docs))]
		for i, n := range batch {
			refs[i] = x.docs[n].ref
		}
		for i := range batch {
			b := x.store.At(refs[i])
			s.touched += b[0] + b[min(len(b)-1, 64)]
		}
		for i, n := range batch {
			s.record.decodeParts(x.store.At(refs[i]), all)
			f(start+i, n)
		}
	}
}

// Score returns the evidence that two records are of one person, with the
// frequencies of this index. Neither need be in it. The order of the two does
// not matter.
func (x *Index) Score(a, b Record) Scored {
	s, _ := x.searchers.Get().(*searcher)
	defer x.searchers.Put(s)
	x.mu.RLock()
	defer x.mu.RUnlock()
	s.begin(x.facts, x.model)
	s.ask(&a)
	s.load(&b)
	s.explain = true
	defer func() { s.explain = false }()
	return s.scored()
}

// load packs a record that may hold words the index does not know.
func (s *scorer) load(r *Record) {
	find := func(known *symbols) func(string) uint32 {
		return func(w string) uint32 {
			if sym, ok := known.byWord[w]; ok {
				return sym
			}
			s.strange = append(s.strange, w)
			return firstStrange + uint32(len(s.strange)-1) //nolint:gosec // a few words
		}
	}
	s.record.decode(encode(nil, r, find(&s.facts.names.symbols), find(&s.facts.atoms)))
}

// Probability is that of log2 odds, such as a prior and bits together: between 0 and 1.
func Probability(bits float64) float64 { return 1 / (1 + math.Exp2(-bits)) }

// scored explains the decoded record.
func (s *scorer) scored() Scored {
	out := Scored{Bits: s.score(), Prior: s.prior(), Model: s.model.Version}
	out.Probability = Probability(out.Prior + out.Bits)
	out.Terms = make([]Term, 0, len(s.parts))
	for _, p := range s.parts {
		t := Term{Field: p.field.String(), Query: p.query, Record: p.record, Rule: p.rule.String(), Bits: p.bits}
		switch {
		case p.field >= fieldIdentifier:
			if p.rule == ruleExact && s.people > 0 {
				t.Frequency = math.Exp2(p.log) / s.people
			}
		case p.rule != ruleDifferent && p.log != 0:
			t.Frequency = math.Exp2(p.log)
		}
		out.Terms = append(out.Terms, t)
	}
	slices.SortStableFunc(out.Terms, func(a, b Term) int { return cmp.Compare(math.Abs(b.Bits), math.Abs(a.Bits)) })
	return out
}

// prior is the log2 odds that a nominal taken blindly is the one asked for.
func (s *scorer) prior() float64 { return -math.Log2(max(s.people, s.model.Population)) }

// read reads the lists of the plan, the least costly first, as long as the
// budget lasts. A list is read whole or not at all, so that the answer does
// not depend on the order in which records came, except that the
// first to hold anything may be as long as alone: it is all there is. What is left
// of the budget is returned.
func (s *searcher) read(result *Result, budget, alone int) (left int) {
	s.orderProbes()
	// a criterion that is used together with another is not too common
	var used keySet
	for _, p := range s.probes {
		used |= 1 << p.kind
	}
	s.seen.reset()
	left = budget
	for i, p := range s.probes {
		if i > 0 && s.probes[i-1].key == p.key {
			continue
		}
		limit := left
		if len(s.seen.docs) == 0 {
			limit = max(budget, alone)
		}
		if p.count > limit {
			result.BudgetReached = true
			if name := criterionOf[p.kind]; name != "" && used&combining[p.kind] == 0 && !slices.Contains(result.TooCommon, name) {
				result.TooCommon = append(result.TooCommon, name)
			}
			continue
		}
		left -= p.count
		s.facts.keys.each(p.key, func(n uint32) { s.seen.add(n, p.kind) })
	}
	slices.Sort(result.TooCommon)
	return left
}

// readMore reads further lists, the least costly first, as long as the budget lasts.
func (s *searcher) readMore(budget int) {
	s.orderProbes()
	for i, p := range s.probes {
		if p.count > budget || i > 0 && s.probes[i-1].key == p.key {
			continue
		}
		budget -= p.count
		s.facts.keys.each(p.key, func(n uint32) { s.seen.add(n, p.kind) })
	}
}

// orderProbes puts the least costly first.
func (s *searcher) orderProbes() {
	slices.SortFunc(s.probes, func(a, b probe) int {
		if c := cmp.Compare(a.cost, b.cost); c != 0 {
			return c
		}
		return cmp.Compare(a.key, b.key)
	})
}

// criterionOf names the criterion that a key of one criterion alone stands
// for.
var criterionOf = [keyKinds]string{
	keyName: "name", keyBirth: "birth", keyIdentifier: "identifier", keyPostcode: "postcode", keyAddress: "address",
}

// combining holds, for such a key, the keys that use its criterion together
// with another.
var combining = [keyKinds]keySet{
	keyName:     1<<keyNames | 1<<keySounds | 1<<keyPostSound | withBirth,
	keyBirth:    withBirth,
	keyPostcode: 1 << keyPostSound,
}

const withBirth = keySet(1<<keySoundYear | 1<<keySoundMonth | 1<<keySoundDay | 1<<keySoundDate)

// seenSet is the set of records retrieved, and by which kinds of key.
type seenSet struct {
	places []uint32 // index in docs + 1
	docs   []uint32
	keys   []keySet
}

func (s *seenSet) reset() {
	if len(s.places) == 0 {
		s.places = make([]uint32, 1<<10)
	}
	clear(s.places)
	s.docs, s.keys = s.docs[:0], s.keys[:0]
}

func (s *seenSet) place(doc uint32) int {
	mask := uint32(len(s.places) - 1) //nolint:gosec // a few thousand
	i := doc * 2654435769 & mask
	for s.places[i] != 0 && s.docs[s.places[i]-1] != doc {
		i = (i + 1) & mask
	}
	return int(i)
}

func (s *seenSet) add(doc uint32, k keyKind) {
	i := s.place(doc)
	if p := s.places[i]; p != 0 {
		s.keys[p-1] |= 1 << k
		return
	}
	s.docs = append(s.docs, doc)
	s.keys = append(s.keys, 1<<k)
	s.places[i] = uint32(len(s.docs)) //nolint:gosec // a few thousand
	if len(s.docs)*2 > len(s.places) {
		s.places = make([]uint32, len(s.places)*4)
		for j, d := range s.docs {
			s.places[s.place(d)] = uint32(j + 1)
		}
	}
}
