package identity

import "math"

// memo remembers, during one question, how near its words are to the names of
// the records met, so that each pair is compared once. Each name met has a
// row with a cell for every word of the question.
type memo struct {
	places []memoPlace
	round  uint32
	words  int
	used   int
	cells  []cell
	// full says of each row whether all its cells are known.
	full []bool
	// strangers holds, by word, the cell for a name that is different.
	strangers []cell
}

// memoPlace says where the row of a name starts.
type memoPlace struct {
	sym, round, row uint32
}

// cell is how near a word is to a name, and what that adds as each part of a
// name.
type cell struct {
	nearness
	known bool
	bits  [fieldSurname + 1]float64
	// joined is the most that an exact agreement adds when it is of words that
	// are written as one on one side alone.
	joined float64
}

const memoSize = 1 << 11

// reset begins a question of so many words.
func (m *memo) reset(words int) {
	if m.places == nil {
		m.places = make([]memoPlace, memoSize)
	}
	m.round++
	m.used, m.words, m.cells, m.full = 0, words, m.cells[:0], m.full[:0]
	if m.round == 0 {
		clear(m.places)
		m.round = 1
	}
}

// at returns the cell of a word and a name; it is good until the next call.
func (m *memo) at(word int, sym uint32) *cell { return &m.cells[m.row(sym)*m.words+word] }

// row returns the number of a name's row.
func (m *memo) row(sym uint32) int {
	mask := uint32(len(m.places) - 1) //nolint:gosec // a few thousand
	i := sym * 2654435769 >> 7 & mask
	for ; m.places[i].round == m.round; i = (i + 1) & mask {
		if m.places[i].sym == sym {
			return int(m.places[i].row)
		}
	}
	row := len(m.full)
	m.full = append(m.full, false)
	for range m.words {
		m.cells = append(m.cells, cell{})
	}
	m.places[i] = memoPlace{sym: sym, round: m.round, row: uint32(row)} //nolint:gosec // names of a few thousand records
	if m.used++; m.used*4 > len(m.places)*3 {
		m.grow()
	}
	return row
}

func (m *memo) grow() {
	old := m.places
	m.places = make([]memoPlace, 2*len(old))
	mask := uint32(len(m.places) - 1) //nolint:gosec // a few thousand
	for _, p := range old {
		if p.round != m.round {
			continue
		}
		i := p.sym * 2654435769 >> 7 & mask
		for m.places[i].round == m.round {
			i = (i + 1) & mask
		}
		m.places[i] = p
	}
}

// meetStrangers works out what a name adds that is like no word of the
// question.
func (s *scorer) meetStrangers() {
	s.near.strangers = s.near.strangers[:0]
	for _, log := range s.question.logs {
		c := cell{known: true, joined: math.Inf(-1), nearness: nearness{rule: ruleDifferent, log: log}}
		for f := range c.bits {
			c.bits[f] = s.model.nameBits(field(f), &c.nearness)
		}
		s.near.strangers = append(s.near.strangers, c)
	}
}

// dateMemo remembers how frequent dates are during one question.
type dateMemo struct {
	places [dateMemoSize]datePlace
	round  uint32
}

type datePlace struct {
	key, round uint32
	log        float64
}

const dateMemoSize = 1 << 9

func (m *dateMemo) reset() {
	if m.round++; m.round == 0 {
		*m = dateMemo{round: 1}
	}
}

// dateLog is birthLog, worked out once for a date.
func (s *scorer) dateLog(b Birth) float64 {
	k := uint32(packBirth(b)) //nolint:gosec // 28 bits
	p := &s.dates.places[k*2654435769>>(32-9)]
	if p.key != k || p.round != s.dates.round {
		*p = datePlace{key: k, round: s.dates.round, log: s.birthLog(b)}
	}
	return p.log
}

// all reports whether more is asked than names, dates and sex.
func (q *question) all() bool {
	r := q.record
	return len(r.identifiers)+len(r.postcodes)+len(r.address) > 0
}

// compare returns how near a word of the question is to a name; the cell is
// good until the next call.
func (s *scorer) compare(word int, sym uint32) *cell {
	p := s.near.at(word, sym)
	if p.known {
		return p
	}
	if sym < firstStrange && strangers(&s.question.looks[word], &s.facts.names.profiles[sym]) {
		*p = s.near.strangers[word]
		return p
	}
	w := s.word(sym)
	var look profile
	if sym < firstStrange {
		look = s.facts.names.profiles[sym]
	} else {
		look = s.lex.profile(w)
	}
	p.known = true
	p.rule = compareNames(s.lex, s.question.words[word], w, s.question.looks[word], look)
	p.log = s.question.logs[word]
	if p.rule != ruleExact && p.rule != ruleDifferent {
		own := s.question.near[word]
		var other float64
		if sym < firstStrange {
			other = s.shareLog(s.lex.shares[look.common], s.borne(s.facts.names.counts[sym], 1))
		} else {
			other = s.logFrequency(w)
		}
		p.log = max(own, other)
		if p.rule == ruleOneLetter || p.rule == ruleTwoLetters {
			p.log = s.between(word, w, p.log)
		}
		p.rare, p.common = math.Exp2(min(own, other)), math.Exp2(p.log)
		if p.rule == ruleOneLetter {
			p.mistake = letterMistake(s.question.words[word], w)
		}
	}
	p.joined = math.Inf(-1)
	for f := range p.bits {
		p.bits[f] = s.model.nameBits(field(f), &p.nearness)
		if p.rule == ruleExact {
			joined := nearness{rule: ruleJoined, log: p.log}
			p.joined = max(p.joined, s.model.nameBits(field(f), &joined))
		}
	}
	return p
}
