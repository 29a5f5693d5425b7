package identity

type Verdict uint8

const (
	VerdictNone Verdict = iota
	VerdictProposed
	VerdictAutomatic
)

type Likeness struct {
	Candidate
	Twins   bool
	Verdict Verdict
}

type Trace []uint64

func (x *Index) judge(c Candidate) Likeness {
	l := Likeness{Candidate: c}
	switch t := x.model.Thresholds; {
	case c.Prior+c.Bits >= t.Join:
		l.Verdict = VerdictAutomatic
	case c.Prior+c.Bits >= t.Propose:
		l.Verdict = VerdictProposed
	}
	return l
}

func (x *Index) Lookalikes(id ID, r Record, limit int) ([]Likeness, Trace) {
	var out []Likeness
	for _, c := range x.Search(QueryOf(r), Limits{Candidates: limit + 1}).Candidates {
		if l := x.judge(c); c.ID != id && l.Verdict != VerdictNone {
			out = append(out, l)
		}
	}
	return out, recordKeys(&r, nil)
}

func (x *Index) Judge(a, b Record) Likeness { return x.judge(Candidate{Scored: x.Score(a, b)}) }

func (x *Index) JudgeHeld(r Record, id ID) (Likeness, bool) {
	x.mu.RLock()
	n, ok := x.byID[id]
	var held Record
	if ok {
		var p packed
		p.decode(x.store.at(x.docs[n].ref))
		held = x.unpack(&p)
	}
	x.mu.RUnlock()
	if !ok {
		return Likeness{}, false
	}
	l := x.Judge(r, held)
	l.ID = id
	return l, true
}

type FreshRecord struct {
	ID     ID
	Force  string
	Record Record
}
type Fresh struct {
	m map[ID]FreshRecord
	o []ID
}

func NewFresh() *Fresh { return &Fresh{m: map[ID]FreshRecord{}} }
func (f *Fresh) Put(id ID, force string, r Record) {
	f.m[id] = FreshRecord{id, force, r}
	f.o = append(f.o, id)
}
func (f *Fresh) Remove(id ID) { delete(f.m, id) }
func (f *Fresh) Near(t Trace) []FreshRecord {
	var out []FreshRecord
	for _, id := range f.o {
		r, ok := f.m[id]
		if !ok {
			continue
		}
		has := false
		for _, k := range recordKeys(&r.Record, nil) {
			for _, q := range t {
				has = has || q == k
			}
		}
		if has {
			out = append(out, r)
		}
	}
	return out
}
