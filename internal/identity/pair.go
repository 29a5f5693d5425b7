package identity

// Agree returns, for each of others, Prior+Bits of its being the same person
// as one nominal. An id that is not in the index gives a total below every
// threshold. Compare with Thresholds.
func (x *Index) Agree(with ID, others []ID) []float64 {
	out := make([]float64, len(others))
	s, _ := x.searchers.Get().(*searcher)
	defer x.searchers.Put(s)
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, ok := x.byID[with]
	if ok {
		var p packed
		p.decode(x.store.at(x.docs[n].ref))
		r := x.unpack(&p)
		s.begin(x.facts, x.model)
		s.ask(&r)
	}
	for i, id := range others {
		m, known := x.byID[id]
		if !ok || !known {
			out[i] = notAtAll
			continue
		}
		s.record.decode(x.store.at(x.docs[m].ref))
		out[i] = s.prior() + s.score()
	}
	return out
}

// notAtAll is below every threshold.
const notAtAll = -1e6
