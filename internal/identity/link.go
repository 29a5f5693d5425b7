package identity

import "math"

// Verdict says what the register may do with two records.
type Verdict uint8

// The verdicts.
const (
	// VerdictNone leaves the two apart.
	VerdictNone Verdict = iota
	// VerdictProposed puts a link to a human.
	VerdictProposed
	// VerdictAutomatic links the two without one.
	VerdictAutomatic
)

// String returns "none", "proposed" or "automatic".
func (v Verdict) String() string { return [...]string{"none", "proposed", "automatic"}[v] }

// Likeness is a nominal that may be the same person as another.
type Likeness struct {
	// Candidate holds the evidence. Unlike that of a search it takes every
	// value which both records hold for borne by two people at least, so that
	// it comes out alike whether or not they are in the index.
	Candidate
	// Twins reports that the two may be twins; see [Twins].
	Twins bool
	// Kin reports that forename or date of birth contradicts and no identifier
	// of a person agrees: then much else in common shows a family, not a
	// person.
	Kin bool
	// Verdict is by Prior+Bits. It is never VerdictAutomatic for Twins or Kin.
	Verdict Verdict
}

// linkPostings is how many postings Lookalikes reads for each name of a record.
// A pair that reaches the propose threshold agrees in several ways, and so
// stands in some list that is short: at a million nominals thirty postings
// found all but three of 2,902 such pairs, and sixty found every one.
const linkPostings = 100

// Lookalikes returns the nominals that may be the person of r: those whose
// Prior+Bits reach the propose threshold, best first and ties by ID, at most
// limit of them. The nominal of that id is left out, whether or not it is in
// the index. The Trace finds records that come after this answer; see [Fresh].
func (x *Index) Lookalikes(id ID, r Record, limit int) ([]Likeness, Trace) {
	s, _ := x.searchers.Get().(*searcher)
	defer x.searchers.Put(s)
	trace := traceOf(&r)
	x.mu.RLock()
	defer x.mu.RUnlock()
	s.beginPair(x.facts, x.model)
	s.plan(&r)
	var told Result
	s.read(&told, linkPostings*max(len(r.names), 1), 0)
	s.ask(&r)
	need := s.least()
	own, held := x.byID[id]
	s.top = s.top[:0]
	x.each(s, 0, func(i int, n uint32) {
		if held && n == own {
			return
		}
		if bits, ok := s.reaches(need); ok {
			s.top = append(s.top, ranked{bits, n, s.seen.keys[i]})
		}
	})
	x.order(s.top, s.question.holds)
	var out []Likeness
	for _, t := range s.top[:min(len(s.top), max(limit, 0))] {
		d := &x.docs[t.doc]
		s.record.decode(x.store.At(d.ref))
		other := x.unpack(&s.record)
		l := s.likeness(&r, &other)
		l.ID, l.Force, l.Keys = d.id, x.forces[d.force], t.keys.names()
		out = append(out, l)
	}
	return out, trace
}

// LookalikesAmong is Lookalikes among the records that are near, in the order
// given: none is left out but for what it weighs. Keys are empty.
func (x *Index) LookalikesAmong(near []FreshRecord, r Record) []Likeness {
	if len(near) == 0 {
		return nil
	}
	s, _ := x.searchers.Get().(*searcher)
	defer x.searchers.Put(s)
	x.mu.RLock()
	defer x.mu.RUnlock()
	s.beginPair(x.facts, x.model)
	s.ask(&r)
	need := s.least()
	var out []Likeness
	for i := range near {
		s.load(&near[i].Record)
		if _, ok := s.reaches(need); ok {
			l := s.likeness(&r, &near[i].Record)
			l.ID, l.Force = near[i].ID, near[i].Force
			out = append(out, l)
		}
	}
	return out
}

// Judge weighs two records with the frequencies of this index, of which
// neither need be part. The order of the two does not matter, but for the
// sides of the explanation. ID, Force and Keys are empty.
func (x *Index) Judge(a, b Record) Likeness {
	s, _ := x.searchers.Get().(*searcher)
	defer x.searchers.Put(s)
	x.mu.RLock()
	defer x.mu.RUnlock()
	s.beginPair(x.facts, x.model)
	s.ask(&a)
	s.load(&b)
	return s.likeness(&a, &b)
}

// JudgeHeld is Judge of a record and one in the index, which ID and Force then
// name; ok is false when it is not there.
func (x *Index) JudgeHeld(r Record, id ID) (l Likeness, ok bool) {
	held, force, ok := x.Held(id)
	if ok {
		l = x.Judge(r, held)
		l.ID, l.Force = id, force
	}
	return l, ok
}

// Held returns a nominal that is in the index, with its owner force.
func (x *Index) Held(id ID) (r Record, force string, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, ok := x.byID[id]
	if ok {
		var p packed
		p.decode(x.store.At(x.docs[n].ref))
		r, force = x.unpack(&p), x.forces[x.docs[n].force]
	}
	return r, force, ok
}

// beginPair makes ready to compare two records, not a question and a record.
func (s *scorer) beginPair(f *facts, m *Model) {
	s.begin(f, m)
	s.judging = true
}

// likeness judges record b, which is decoded, against a, which was asked.
func (s *scorer) likeness(a, b *Record) Likeness {
	s.explain = true
	l := Likeness{Candidate: Candidate{Scored: s.scored()}}
	s.explain = false
	l.Twins, l.Kin = Twins(*a, *b), kindred(a, b) || s.housemates()
	// what is equal but for the order of its sum is equal
	total := math.Round((l.Prior+l.Bits)*1e6) / 1e6
	switch t := s.model.Thresholds; {
	case total >= t.Join && !l.Twins && !l.Kin:
		l.Verdict = VerdictAutomatic
	case total >= t.Propose:
		l.Verdict = VerdictProposed
	}
	return l
}

// least is the evidence that reaches the propose threshold.
func (s *scorer) least() float64 {
	const slack = 1e-6 // the verdict rounds
	return s.model.Thresholds.Propose - s.prior() - slack
}

// reaches scores the decoded record as score does, and gives up as soon as what
// is left cannot bring it to need: names, which take longest, are left to the
// end.
func (s *scorer) reaches(need float64) (float64, bool) {
	s.parts = s.parts[:0]
	births, sex, identifiers, postcodes := s.scoreBirths(), s.scoreSex(), s.scoreIdentifiers(), s.scorePostcodes()
	rest := births + sex + identifiers + postcodes
	if rest+s.mostNames+maxAddress < need {
		return 0, false
	}
	address := s.scoreAddress()
	if rest+s.mostNames+address < need {
		return 0, false
	}
	bits := s.scoreNames() + births + sex + identifiers + postcodes + address
	return bits, bits >= need
}
