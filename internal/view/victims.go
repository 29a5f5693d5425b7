package view

import (
	"encoding/binary"
	"slices"

	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/identity"
)

// maxBucket bounds the courses that one token leads to: what more of them share,
// such as a date of birth that stands for unknown, points at nobody.
const maxBucket = 1000

// SureBits is how well two victims of different suspects must agree to be held
// for one: over the whole register a coincidence is likelier than among the
// victims of one person.
const SureBits = 18.0

// looked are the kinds of token by which victims are looked up. Two victims who
// are held for the same share one of them at least.
var looked = [...]bool{
	victim.KindDOB: true, victim.KindPostcode: true, victim.KindPhone: true, victim.KindEmail: true, victim.KindHandle: true,
	victim.KindNameYearMonth: true, victim.KindNameMonthDay: true, victim.KindNameYearDay: true,
}

// victims leads from victim tokens to the courses that count. Nearly all tokens
// lead to one: further ones are kept apart.
type victims struct {
	first  map[uint64]uint32
	more   map[uint64][]uint32
	number map[identity.ID]uint32
	ids    []identity.ID // by number; a zero one is free
	free   []uint32
}

func newVictims() victims {
	return victims{first: map[uint64]uint32{}, more: map[uint64][]uint32{}, number: map[identity.ID]uint32{}}
}

// bucket is the beginning of a token's code with its kind: enough to find by.
func bucket(t victim.Token) (uint64, bool) {
	if int(t.Kind) >= len(looked) || !looked[t.Kind] {
		return 0, false
	}
	return binary.BigEndian.Uint64(t.Sum[:])<<8 | uint64(t.Kind), true
}

func (s *victims) put(id identity.ID, tokens []victim.Token) {
	n := uint32(len(s.ids)) //nolint:gosec // fewer than there are courses
	if last := len(s.free) - 1; last >= 0 {
		n, s.free = s.free[last], s.free[:last]
		s.ids[n] = id
	} else {
		s.ids = append(s.ids, id)
	}
	s.number[id] = n
	for _, t := range tokens {
		key, ok := bucket(t)
		if !ok {
			continue
		}
		if first, taken := s.first[key]; !taken {
			s.first[key] = n
		} else if first != n && !slices.Contains(s.more[key], n) {
			s.more[key] = append(s.more[key], n)
		}
	}
}

func (s *victims) remove(id identity.ID, tokens []victim.Token) {
	n, ok := s.number[id]
	if !ok {
		return
	}
	delete(s.number, id)
	s.ids[n] = identity.ID{}
	s.free = append(s.free, n)
	for _, t := range tokens {
		key, ok := bucket(t)
		if !ok {
			continue
		}
		rest := slices.DeleteFunc(s.more[key], func(m uint32) bool { return m == n })
		if s.first[key] == n {
			delete(s.first, key)
			if len(rest) > 0 {
				s.first[key], rest = rest[0], rest[1:]
			}
		}
		if len(rest) == 0 {
			delete(s.more, key)
		} else {
			s.more[key] = rest
		}
	}
}

// near are the courses that share a token by which victims are looked up.
func (s *victims) near(tokens []victim.Token) []identity.ID {
	seen := map[uint32]bool{}
	var out []identity.ID
	add := func(n uint32) {
		if !seen[n] {
			seen[n] = true
			out = append(out, s.ids[n])
		}
	}
	for _, t := range tokens {
		key, ok := bucket(t)
		if !ok || len(s.more[key]) >= maxBucket {
			continue
		}
		if n, taken := s.first[key]; taken {
			add(n)
		}
		for _, n := range s.more[key] {
			add(n)
		}
	}
	return out
}

// putVictims makes a course's victims known, if it counts. The caller holds the lock.
func (v *View) putVictims(id identity.ID, course *conduct.Course) {
	if !v.decoder.rules.Counts(*course) {
		return
	}
	v.victims.put(id, course.Principal)
	if len(course.Associated) > 0 {
		v.associated.put(id, slices.Concat(course.Associated...))
	}
}

// dropVictims forgets them.
func (v *View) dropVictims(id identity.ID, course *conduct.Course) {
	v.victims.remove(id, course.Principal)
	v.associated.remove(id, slices.Concat(course.Associated...))
}

// SameVictim is a course whose principal victim, or where that was asked for another
// victim, is surely, or else possibly, the one that was asked for.
type SameVictim struct {
	// Course is shared: do not change it.
	Course *conduct.Course
	// Possible says that the victim may be another.
	Possible bool
	bits     float64
}

// CoursesOfVictim finds the courses that count and whose principal victim is
// probably the one with these tokens, which must be of the current layer of keys:
// the surest first. Which of them anybody may learn of is the caller's to decide.
func (v *View) CoursesOfVictim(tokens []victim.Token) []SameVictim {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return surestFirst(v.sameVictim(nil, &v.victims, tokens, func(c *conduct.Course) [][]victim.Token { return [][]victim.Token{c.Principal} }))
}

// CoursesHarming is as CoursesOfVictim, but finds the courses of associated victims
// too: of those who were harmed because of her.
func (v *View) CoursesHarming(tokens []victim.Token) []SameVictim {
	v.mu.RLock()
	defer v.mu.RUnlock()
	out := v.sameVictim(nil, &v.victims, tokens, func(c *conduct.Course) [][]victim.Token { return [][]victim.Token{c.Principal} })
	return surestFirst(v.sameVictim(out, &v.associated, tokens, func(c *conduct.Course) [][]victim.Token { return c.Associated }))
}

// sameVictim adds the courses one of whose victims is probably the one with the tokens,
// each once.
func (v *View) sameVictim(out []SameVictim, by *victims, tokens []victim.Token, of func(*conduct.Course) [][]victim.Token) []SameVictim {
	for _, id := range by.near(tokens) {
		course, ok := v.courses[id]
		if !ok || slices.ContainsFunc(out, func(m SameVictim) bool { return m.Course == course.Course }) {
			continue
		}
		best, found := 0.0, false
		for _, theirs := range of(course.Course) {
			if verdict, bits := victim.Compare(tokens, theirs); verdict == victim.Same && (!found || bits > best) {
				best, found = bits, true
			}
		}
		if found {
			out = append(out, SameVictim{Course: course.Course, Possible: best < SureBits, bits: best})
		}
	}
	return out
}

func surestFirst(out []SameVictim) []SameVictim {
	slices.SortFunc(out, func(a, b SameVictim) int {
		if a.bits != b.bits {
			if a.bits > b.bits {
				return -1
			}
			return 1
		}
		return slices.Compare(a.Course.ID[:], b.Course.ID[:])
	})
	return out
}

// Tokens are stored tokens as they are compared, at the current layer of keys.
func (v *View) Tokens(tokens []victim.Token) ([]victim.Token, error) {
	return v.decoder.lift(victim.ForCompare(tokens))
}

// Suspect returns whose conduct a course is about; ok is false for one that does not
// stand.
func (v *View) Suspect(course identity.ID) (nominal identity.ID, ok bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	c, ok := v.courses[course]
	if ok {
		nominal = identity.ID(c.Nominal)
	}
	return nominal, ok
}

// About returns whose conduct a course, or what hangs on a nominal beside it, tells of; ok
// is false for what is neither, or is not there.
func (v *View) About(record identity.ID) (nominal identity.ID, ok bool) {
	if nominal, ok = v.Suspect(record); ok {
		return nominal, true
	}
	part, ok := v.Part(record)
	return part.Nominal, ok
}
