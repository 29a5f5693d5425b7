package identity

import (
	"math"
	"slices"
	"strings"
)

// scorer compares one question with many packed records. It is not safe for
// concurrent use.
type scorer struct {
	model    *Model
	lex      *lexicon
	facts    *facts
	people   float64
	births   float64
	question question
	near     memo
	dates    dateMemo
	// variants are the names that may stand in for words of the question.
	variants map[string][]variant
	record   packed
	// strange holds words of a record that the index does not know, when two
	// records are scored; their symbols start at firstStrange.
	strange []string
	// parts are the terms of the last score, when they are wanted.
	parts   []evidence
	explain bool
	// judging says that two records are compared, not a question and a record.
	judging bool
	// mostNames is the most that names can add, when two records are judged.
	mostNames float64
}

const firstStrange = 1 << 31

// evidence is a term before it is put in words.
type evidence struct {
	field         field
	rule          rule
	bits          float64
	log           float64
	query, record string
	// rare and common are the frequencies of a near miss of a name.
	rare, common float64
	mistake      mistake
}

func (s *scorer) begin(f *facts, m *Model) {
	s.model, s.facts, s.lex = m, f, lexiconOnce()
	s.people, s.births = float64(f.records), float64(f.births)
	s.strange = s.strange[:0]
	clear(s.variants)
	s.judging = false
}

func (s *scorer) word(sym uint32) string {
	if sym >= firstStrange {
		return s.strange[sym-firstStrange]
	}
	return s.facts.names.words[sym]
}

func (s *scorer) atom(sym uint32) string {
	if sym >= firstStrange {
		return s.strange[sym-firstStrange]
	}
	return s.facts.atoms.words[sym]
}

func (s *scorer) add(f field, r rule, bits, log float64, query, record string) {
	if s.explain {
		s.parts = append(s.parts, evidence{field: f, rule: r, bits: bits, log: log, query: query, record: record})
	}
}

// score returns the evidence that the decoded record is the person asked for.
func (s *scorer) score() float64 {
	s.parts = s.parts[:0]
	total := s.scoreNames()
	total += s.scoreBirths()
	total += s.scoreSex()
	total += s.scoreIdentifiers()
	total += s.scorePostcodes()
	total += s.scoreAddress()
	return total
}

func (s *scorer) scoreBirths() float64 {
	asked := s.question.record.births
	if len(asked) == 0 || len(s.record.births) == 0 {
		return 0
	}
	best, bestRule, bestLog := math.Inf(-1), ruleDifferent, 0.0
	var q, r Birth
	var bestMistake mistake
	for _, a := range asked {
		for _, b := range s.record.births {
			rule, log := compareBirths(a, b), 0.0
			mistake := mistakeNone
			if rule == ruleOneDigit {
				mistake = digitMistake(a, b)
			}
			switch rule {
			case ruleDifferent:
			case ruleYear, ruleAbout, ruleNewYear:
				log = max(s.dateLog(Birth{Year: a.Year}), s.dateLog(Birth{Year: b.Year}))
			case ruleYearMonth:
				log = s.dateLog(Birth{Year: a.Year, Month: a.Month})
			default:
				log = max(s.dateLog(a), s.dateLog(b))
			}
			if v := s.model.birthBits(rule, log, mistake); v > best {
				best, bestRule, bestLog, bestMistake, q, r = v, rule, log, mistake, a, b
			}
		}
	}
	if s.explain {
		s.parts = append(s.parts, evidence{
			field: fieldBirth, rule: bestRule, bits: best, log: bestLog, query: q.String(), record: r.String(), mistake: bestMistake,
		})
	}
	return best
}

func (s *scorer) scoreSex() float64 {
	a, b := s.question.record.sex, s.record.sex
	if a == 0 || b == 0 || a == 'N' || b == 'N' {
		return 0
	}
	r := ruleExact
	if a != b {
		r = ruleDifferent
	}
	v := s.model.bits(fieldSex, r, 0)
	if s.explain {
		s.add(fieldSex, r, v, 0, string(a), string(b))
	}
	return v
}

// scoreIdentifiers adds every agreement; a kind in which none agrees takes its
// contradiction once.
func (s *scorer) scoreIdentifiers() float64 {
	asked := s.question.record.identifiers
	if len(asked) == 0 || len(s.record.identifiers) == 0 {
		return 0
	}
	total := 0.0
	for kind := range identifierKinds {
		total += s.scoreKind(kind, asked)
	}
	return total
}

func (s *scorer) scoreKind(kind IdentifierKind, asked []identifier) float64 {
	f := fieldIdentifier + field(kind)
	sum := 0.0
	best, bestRule := math.Inf(-1), ruleDifferent
	var q, r string
	for i, a := range asked {
		if a.kind != kind || slices.ContainsFunc(asked[:i], func(e identifier) bool { return e.kind == kind && e.value == a.value }) {
			continue
		}
		agreed, log := math.Inf(-1), 0.0
		for j := range s.record.identifiers {
			b := &s.record.identifiers[j]
			if b.kind != kind {
				continue
			}
			if a.value == string(b.value) {
				if l, ok := s.sharedLog(asked, a, b); ok {
					if v := s.model.bits(f, ruleExact, l); v > agreed {
						agreed, log = v, l
					}
				}
				continue
			}
			if !s.samePlatform(a.platform, b.platform) {
				continue
			}
			rule := ruleDifferent
			if len(a.value) >= 6 && distance(a.value, string(b.value), 1) == 1 {
				rule = ruleOneLetter
			}
			if v := s.model.bits(f, rule, 0); v > best {
				best, bestRule, q, r = v, rule, a.value, string(b.value)
			}
		}
		if agreed > math.Inf(-1) {
			sum += agreed
			best = math.Inf(1) // nothing of this kind contradicts any more
			s.add(f, ruleExact, agreed, log, a.value, a.value)
		}
	}
	if math.IsInf(best, 0) {
		return sum
	}
	s.add(f, bestRule, best, 0, q, r)
	return best
}

// sharedLog returns how common a value is that both sides hold, whatever
// platform each side names; false when the platforms contradict each other.
func (s *scorer) sharedLog(asked []identifier, a identifier, b *packedIdentifier) (float64, bool) {
	best, ok := 0.0, false
	for _, e := range asked {
		if e.kind != a.kind || e.value != a.value || !s.samePlatform(e.platform, b.platform) {
			continue
		}
		if s.atom(b.platform) == "" {
			e.platform = ""
		}
		if l := identifierLog(s.shared(identifierKey(e))); !ok || l < best {
			best, ok = l, true
		}
	}
	return best, ok
}

// shared returns how many nominals hold the value of a key that both sides
// hold.
func (s *scorer) shared(k uint64) int {
	n := s.facts.keys.count(k)
	if s.judging {
		return max(n, 2)
	}
	return n
}

// samePlatform treats a platform that is not told as any.
func (s *scorer) samePlatform(a string, sym uint32) bool {
	b := s.atom(sym)
	return a == b || a == "" || b == ""
}

func (s *scorer) scorePostcodes() float64 {
	asked := s.question.record.postcodes
	if len(asked) == 0 || len(s.record.postcodes) == 0 {
		return 0
	}
	best, bestRule, bestLog := math.Inf(-1), ruleDifferent, 0.0
	var q, r string
	for _, a := range asked {
		for _, b := range s.record.postcodes {
			rule, log := comparePostcodes(a, string(b)), 0.0
			if rule == ruleExact {
				log = s.postcodeLog(s.shared(key(keyPostcode, hashString(a), 0)))
			}
			if v := s.model.bits(fieldPostcode, rule, log); v > best {
				best, bestRule, bestLog, q, r = v, rule, log, a, string(b)
			}
		}
	}
	s.add(fieldPostcode, bestRule, best, bestLog, q, r)
	return best
}

// maxAddress bounds what an address can add.
const maxAddress = maxBits / 2

// scoreAddress weighs the words that two addresses share by their rarity.
func (s *scorer) scoreAddress() float64 {
	asked := s.question.record.address
	if len(asked) == 0 || len(s.record.address) == 0 {
		return 0
	}
	var shared, query, record float64
	words := ""
	for i, a := range asked {
		query -= s.question.addressLogs[i]
		for _, sym := range s.record.address {
			if s.atom(sym) == a {
				shared -= s.question.addressLogs[i]
				if s.explain {
					words += " " + a
				}
				break
			}
		}
	}
	for _, sym := range s.record.address {
		count := uint32(0)
		if sym < firstStrange {
			count = s.facts.atoms.counts[sym]
		}
		record -= s.addressLog(s.borne(count, 1))
	}
	r := ruleDifferent
	switch overlap := shared / min(query, record); {
	case overlap >= 0.75:
		r = ruleMost
	case overlap >= 0.45:
		r = ruleHalf
	case overlap >= 0.2:
		r = ruleSome
	}
	log := -s.model.AddressScale * shared
	v := min(s.model.bits(fieldAddress, r, log), maxAddress)
	if s.explain {
		s.add(fieldAddress, r, v, log, strings.Join(asked, " "), strings.TrimSpace(words))
	}
	return v
}
