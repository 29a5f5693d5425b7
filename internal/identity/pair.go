package identity

import "bytes"

// Agree returns, for each of others, Prior+Bits of its being the same person
// as one nominal; compare it with Thresholds. Those that cannot be, for want
// of anything but a name in common, are not weighed: they, and an id that is
// not in the index, get a total below every threshold.
func (x *Index) Agree(with ID, others []ID) []float64 {
	out := make([]float64, len(others))
	s, _ := x.searchers.Get().(*searcher)
	defer x.searchers.Put(s)
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, ok := x.byID[with]
	var one packed
	if ok {
		one.decode(x.store.at(x.docs[n].ref))
		r := x.unpack(&one)
		s.begin(x.facts, x.model)
		s.ask(&r)
	}
	for i, id := range others {
		out[i] = notAtAll
		m, known := x.byID[id]
		if !ok || !known {
			continue
		}
		s.record.decode(x.store.at(x.docs[m].ref))
		if couldAgree(&one, &s.record) {
			out[i] = s.prior() + s.score()
		}
	}
	return out
}

// notAtAll is below every threshold.
const notAtAll = -1e6

// couldAgree is false when two records hold dates of birth that are far apart
// and share no identifier: then no likeness of names makes them one person.
func couldAgree(a, b *packed) bool {
	if len(a.births) == 0 || len(b.births) == 0 {
		return true
	}
	for _, p := range a.births {
		for _, q := range b.births {
			if nearDates(p, q) {
				return true
			}
		}
	}
	for _, p := range a.identifiers {
		for _, q := range b.identifiers {
			if p.kind == q.kind && bytes.Equal(p.value, q.value) {
				return true
			}
		}
	}
	return false
}

// nearDates reports whether two of year, month and day are the same, day and
// month may have changed places, or too little is known to say.
func nearDates(p, q Birth) bool {
	if p.Approximate || q.Approximate || !p.full() || !q.full() {
		return p.Year-q.Year <= 2 && q.Year-p.Year <= 2
	}
	same := 0
	for _, equal := range []bool{p.Year == q.Year, p.Month == q.Month, p.Day == q.Day} {
		if equal {
			same++
		}
	}
	return same >= 2 || (p.Year == q.Year && p.Month == q.Day && p.Day == q.Month)
}

// Alike returns the nominals whose Prior+Bits of being the same person as one
// nominal reach least, best first, itself left out.
func (x *Index) Alike(id ID, least float64, limit int) []Candidate {
	x.mu.RLock()
	n, ok := x.byID[id]
	var r Record
	if ok {
		var p packed
		p.decode(x.store.at(x.docs[n].ref))
		r = x.unpack(&p)
	}
	x.mu.RUnlock()
	if !ok {
		return nil
	}
	var out []Candidate
	for _, c := range x.Search(QueryOf(r), Limits{Candidates: limit + 1}).Candidates {
		if c.ID != id && c.Prior+c.Bits >= least {
			out = append(out, c)
		}
	}
	return out
}
