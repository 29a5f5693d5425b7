package identity

import (
	"cmp"
	"math"
	"slices"
)

// question is a query made ready for scoring: every distinct word of its names
// once, with its log2 frequency.
type question struct {
	record *Record
	words  []string
	// logs are the frequencies for an exact agreement, near those for a near
	// miss: they differ where two records are judged.
	logs, near []float64
	looks      []profile
	names      []askedName
	// around holds the names one letter from each word, once they are wanted.
	around [][]borneName
	// addressLogs are the log2 frequencies of the address words.
	addressLogs []float64
	// holds is what was asked.
	holds held
}

// askedName is a name of the query; words are places in question.words.
type askedName struct {
	given, surname []int
	joined         int // -1 when there is none
	whole          bool
}

func (s *scorer) ask(r *Record) {
	q := &s.question
	*q = question{record: r, words: q.words[:0], logs: q.logs[:0], near: q.near[:0], looks: q.looks[:0], names: q.names[:0], around: q.around[:0], addressLogs: q.addressLogs[:0]}
	place := func(w string) int {
		for i, x := range q.words {
			if x == w {
				return i
			}
		}
		q.words = append(q.words, w)
		q.logs = append(q.logs, s.nameLog(w, s.borne(s.facts.names.count(w), 2)))
		q.near = append(q.near, s.logFrequency(w))
		q.looks = append(q.looks, s.lex.profile(w))
		q.around = append(q.around, nil)
		return len(q.words) - 1
	}
	for i := range r.names {
		n := &r.names[i]
		a := askedName{joined: -1, whole: n.whole}
		for _, w := range n.given {
			a.given = append(a.given, place(w))
		}
		for _, w := range n.surname {
			a.surname = append(a.surname, place(w))
		}
		if n.joined != "" {
			a.joined = place(n.joined)
		}
		q.names = append(q.names, a)
	}
	q.holds = r.holds()
	for _, w := range r.address {
		q.addressLogs = append(q.addressLogs, s.addressLog(s.borne(s.facts.atoms.count(w), 1)))
	}
	s.near.reset(len(q.words))
	s.meetStrangers()
	s.dates.reset()
	s.mostNames = 0
	if s.judging {
		s.mostNames = s.boundNames()
	}
}

// boundNames returns the most that the names of any record can add.
func (s *scorer) boundNames() float64 {
	// two words of the question may be one of the record, which is borne once
	// at least
	joined := max(s.model.table[fieldGiven][ruleJoined].bits, s.model.table[fieldGiven][ruleExact].bits-1)
	joined = min(joined+math.Log2(s.people+s.model.Pseudo), maxBits)
	bound := 0.0
	for i := range s.question.names {
		n := &s.question.names[i]
		given, middle, surname := 0.0, 0.0, 0.0
		several := len(n.given) > 1
		if n.whole || lumped(n.given, n.surname) {
			several = len(n.given)+len(n.surname) > 1
			// any word may be anything
			for _, list := range [][]int{n.given, n.surname} {
				given = max(given, s.boundWords(fieldGiven, list))
				middle = max(middle, s.boundWords(fieldMiddle, list))
				surname = max(surname, s.boundWords(fieldSurname, list))
			}
		} else {
			given = s.boundWords(fieldGiven, n.given)
			middle = s.boundWords(fieldMiddle, n.given)
			// crosswise a surname weighs as a forename
			surname = max(s.boundWords(fieldSurname, n.surname), s.boundWords(fieldGiven, n.surname))
		}
		if n.joined >= 0 {
			surname = max(surname, s.boundWords(fieldSurname, []int{n.joined}))
		}
		if several {
			given = max(given, joined)
		} else {
			middle = 0
		}
		bound = max(bound, given+middle+surname)
	}
	for r := range rules {
		bound += max(s.model.table[fieldOrder][r].bits, 0)
	}
	return bound
}

// boundWords returns the most that one of the words can add to a field. A near
// miss never weighs more than the word itself.
func (s *scorer) boundWords(f field, words []int) float64 {
	most := 0.0
	for _, w := range words {
		for r := ruleExact; r <= ruleDifferent; r++ {
			if !slips(f, r) {
				most = max(most, s.model.bits(f, r, s.question.near[w]))
			}
		}
	}
	return most
}

// logFrequency returns the log2 of the share of people who bear a name.
func (s *scorer) logFrequency(w string) float64 {
	return s.nameLog(w, s.borne(s.facts.names.count(w), 1))
}

// between returns the log2 frequency of the commonest name that is one letter
// from both a word of the question and another, or log, where that is more: of
// two rare names with a common one between them either may be written for it.
func (s *scorer) between(word int, other string, log float64) float64 {
	near := s.question.around[word]
	if near == nil {
		near = s.commonest(s.question.words[word])
		s.question.around[word] = near
	}
	for _, n := range near {
		if n.log <= log {
			break
		}
		if distance(n.word, other, 1) == 1 {
			return n.log
		}
	}
	return log
}

// borneName is a name with the log2 of its frequency.
type borneName struct {
	word string
	log  float64
}

// commonest returns the names one letter from a word, the commonest first.
func (s *scorer) commonest(w string) []borneName {
	near := []borneName{}
	for _, v := range s.standIns(w) {
		if v.rule == ruleOneLetter || v.rule < ruleOneLetter && distance(v.word, w, 1) == 1 {
			near = append(near, borneName{v.word, s.nameLog(v.word, v.count)})
		}
	}
	slices.SortFunc(near, func(a, b borneName) int { return cmp.Compare(b.log, a.log) })
	return near
}

// standIns returns the names that may be meant by a word of the question.
func (s *scorer) standIns(w string) []variant {
	v, ok := s.variants[w]
	if !ok {
		v = s.facts.names.keptVariants(w, s.lex)
		if s.variants == nil {
			s.variants = map[string][]variant{}
		}
		s.variants[w] = v
	}
	return v
}

// borne is how many nominals bear a value. Where two records are judged
// against each other that is at least the number of them that do, although
// neither need be in the index.
func (s *scorer) borne(counted, by uint32) uint32 {
	if s.judging {
		return max(counted, by)
	}
	return counted
}

func (s *scorer) nameLog(w string, count uint32) float64 {
	return s.shareLog(s.lex.share[w], count)
}

// shareLog is nameLog of a name by its share of the commonest, 0 when it is
// none of them.
func (s *scorer) shareLog(share float64, count uint32) float64 {
	if share == 0 {
		share = s.model.Rare
	}
	return math.Log2((float64(count) + s.model.Pseudo*share) / (s.people + s.model.Pseudo))
}

// addressLog returns the log2 of the share of people whose address holds a
// word.
func (s *scorer) addressLog(count uint32) float64 {
	return math.Log2((float64(count) + s.model.Pseudo*1e-4) / (s.people + s.model.Pseudo))
}

// postcodeLog is the same of a postcode.
func (s *scorer) postcodeLog(count int) float64 {
	return math.Log2((float64(count) + s.model.Pseudo*s.model.Rare) / (s.people + s.model.Pseudo))
}

// identifierLog returns the log2 of how many nominals share an identifier: the
// weights hold what one is worth. A number of a household, a firm or a shelter
// is worth less.
func identifierLog(count int) float64 { return math.Log2(float64(max(count, 1))) }

// birthLog returns the log2 of the share of people born on a date, or in the
// month or year of a partial one.
func (s *scorer) birthLog(b Birth) float64 {
	const years, days = 80, 365.25
	if b.wild() {
		// such a date is as rare as any, whatever its month and day
		return -math.Log2(years * days)
	}
	year := (float64(s.facts.years[b.Year-minYear]) + s.model.Pseudo/years) / (s.births + s.model.Pseudo)
	if b.Month == 0 {
		return math.Log2(year)
	}
	if b.Day == 0 {
		return math.Log2(year / 12)
	}
	day := (float64(s.facts.days[b.Month<<5|b.Day]) + s.model.Pseudo/days) / (s.births + s.model.Pseudo)
	return math.Log2(year * day)
}

// facts are what the index counts of its records.
type facts struct {
	names   vocabulary
	atoms   symbols
	keys    table
	years   [maxYear - minYear + 1]uint32
	days    [13 << 5]uint32
	births  int
	records int
}

func newFacts() *facts {
	return &facts{names: vocabulary{symbols: newSymbols()}, atoms: newSymbols()}
}

func (f *facts) countBirth(b Birth, by int) {
	if !b.full() || b.wild() {
		return
	}
	f.births += by
	f.years[b.Year-minYear] += uint32(by)  //nolint:gosec // wraps back when it falls
	f.days[b.Month<<5|b.Day] += uint32(by) //nolint:gosec // wraps back when it falls
}
