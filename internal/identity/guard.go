package identity

import "slices"

// kindred reports whether what two records share may be a family's or a household's:
// a forename or the date of birth contradicts, or no date of birth and less than
// two words of a name agree, and neither does an identifier that is given to one
// person only.
func kindred(a, b *Record) bool {
	return !samePersonal(a, b) && (otherForename(a, b) || otherBirth(a, b) || !born(a, b) && namesAlike(a, b) < 2)
}

// samePersonal reports whether an identifier agrees that is given to one person
// only.
func samePersonal(a, b *Record) bool {
	for _, p := range a.identifiers {
		for _, q := range b.identifiers {
			if p.kind == q.kind && p.value == q.value && p.kind.personal() {
				return true
			}
		}
	}
	return false
}

// born reports whether a date of birth agrees, if only nearly.
func born(a, b *Record) bool { return len(a.births) > 0 && len(b.births) > 0 && !otherBirth(a, b) }

// namesAlike counts the words that two names have in common, in the pair of
// names that has most. An initial counts for nothing.
func namesAlike(a, b *Record) int {
	lex := lexiconOnce()
	most := 0
	for i := range a.names {
		for j := range b.names {
			words := slices.Concat(b.names[j].given, b.names[j].surname)
			alike := 0
			for _, v := range slices.Concat(a.names[i].given, a.names[i].surname) {
				at := slices.IndexFunc(words, func(w string) bool {
					rule := compareNames(lex, v, w, lex.profile(v), lex.profile(w))
					return rule != ruleDifferent && rule != ruleInitial
				})
				if at >= 0 {
					words = slices.Delete(words, at, at+1) // each word counts once
					alike++
				}
			}
			most = max(most, alike)
		}
	}
	return most
}

// otherForename reports whether both records hold forenames, and none of the
// one is like any word of a name of the other.
func otherForename(a, b *Record) bool {
	found := false
	for i := range a.names {
		for j := range b.names {
			m, n := &a.names[i], &b.names[j]
			f, g := m.forenames(n), n.forenames(m)
			if len(f) == 0 || len(g) == 0 {
				continue
			}
			if anyAlike(f, n) || anyAlike(g, m) {
				return false
			}
			found = true
		}
	}
	return found
}

// anyAlike reports whether one of the words is like a word of a name.
func anyAlike(words []string, n *name) bool {
	lex := lexiconOnce()
	for _, list := range [][]string{n.given, n.surname, {n.joined}} {
		for _, v := range list {
			for _, w := range words {
				if v != "" && compareNames(lex, v, w, lex.profile(v), lex.profile(w)) != ruleDifferent {
					return true
				}
			}
		}
	}
	return false
}

// otherBirth reports whether both records hold dates of birth, and all
// contradict: two days of one year do too.
func otherBirth(a, b *Record) bool {
	for _, p := range a.births {
		for _, q := range b.births {
			if r := compareBirths(p, q); r != ruleDifferent && r != ruleSameYear {
				return false
			}
		}
	}
	return len(a.births) > 0 && len(b.births) > 0
}

// leastPersonal is the evidence that two records of one home must have besides
// what a household shares.
const leastPersonal = 8

// housemates reports whether the last score, which explains, rests on what a
// household shares: a home in common, and without it, the surname, telephone
// and vehicle too little to tell father and son or two sisters apart. A middle
// name that is the other's first, with no other forename in common, is a
// family's custom.
func (s *scorer) housemates() bool {
	home, displaced, middle := false, false, false
	unsure := s.undivided() // which word is the surname
	rest, given, surname := 0.0, 0.0, 0.0
	for _, p := range s.parts {
		switch p.field {
		case fieldPostcode, fieldAddress:
			home = home || p.bits > 0
		case fieldGiven:
			given = p.bits
		case fieldSurname:
			surname = p.bits
		case fieldIdentifier + field(IdentifierPhone), fieldIdentifier + field(IdentifierVehicle):
			rest += min(p.bits, 0)
		default:
			unsure = unsure || p.field == fieldOrder && p.rule == ruleSwapped
			middle = middle || p.field == fieldMiddle && p.bits > 0
			displaced = displaced || p.field == fieldOrder && p.rule == ruleDisplaced
			rest += p.bits
		}
	}
	if unsure {
		given, surname = min(given, surname), max(given, surname)
	}
	return home && (displaced && !middle || rest+given+min(surname, 0) < leastPersonal)
}

// undivided reports whether either record has a name that is not divided into
// forenames and surname.
func (s *scorer) undivided() bool {
	return slices.ContainsFunc(s.question.record.names, func(n name) bool { return n.whole }) ||
		slices.ContainsFunc(s.record.names, func(n packedName) bool { return n.whole })
}

// personal reports whether an identifier of the kind is given to one person
// only, and not to a household or a firm.
func (k IdentifierKind) personal() bool {
	return k >= IdentifierPNC && k <= IdentifierDrivingLicence
}

// Twins reports whether two records may be those of twins: some surname and
// some whole date of birth are the same, and so is a postcode, an address or an
// identifier that a household shares, while the forenames of some name with that
// surname are plainly different from all of the other's. Where only one of the two
// has such a name, one twin may have used the other's, unless a number that is
// given to one person agrees. A forename that is missing, an initial, a nickname, a
// variant or a slip of the hand is not plainly different; two names that are each
// known and not related are, however near their letters (John and Joan), and so are
// two that are merely alike (Kwame and Kwabena).
func Twins(a, b Record) bool {
	if !sameBirth(&a, &b) || !sameHousehold(&a, &b) {
		return false
	}
	one, other := strangerTo(&a, &b), strangerTo(&b, &a)
	return one && other || (one || other) && !samePersonal(&a, &b)
}

func sameBirth(a, b *Record) bool {
	for _, p := range a.births {
		for _, q := range b.births {
			if p.full() && q.full() && p.Year == q.Year && p.Month == q.Month && p.Day == q.Day {
				return true
			}
		}
	}
	return false
}

func sameHousehold(a, b *Record) bool {
	for _, p := range a.postcodes {
		if slices.Contains(b.postcodes, p) {
			return true
		}
	}
	for _, p := range a.identifiers {
		for _, q := range b.identifiers {
			if p.kind == q.kind && p.value == q.value && !p.kind.personal() {
				return true
			}
		}
	}
	keys := addressKeys(b.address)
	for _, k := range addressKeys(a.address) {
		if slices.Contains(keys, k) {
			return true
		}
	}
	return false
}

// strangerTo reports whether some name of a has a surname that b bears too, and no
// forename that may be one of b's.
func strangerTo(a, b *Record) bool {
	lex := lexiconOnce()
	for i := range a.names {
		m := &a.names[i]
		kin, known := false, false // by surname, by forename
		for j := range b.names {
			n := &b.names[j]
			f, g := m.forenames(n), n.forenames(m)
			if len(f) == 0 || len(g) == 0 {
				continue
			}
			kin = kin || m.sharesSurname(n)
			for _, v := range f {
				known = known || slices.ContainsFunc(g, func(w string) bool { return !plainlyDifferent(lex, v, w) })
			}
		}
		if kin && !known {
			return true
		}
	}
	return false
}

// sharesSurname reports whether some word may be the surname of both names.
func (n *name) sharesSurname(o *name) bool {
	if n.joined != "" && n.joined == o.joined {
		return true
	}
	for _, w := range n.surnameWords() {
		if slices.Contains(o.surnameWords(), w) {
			return true
		}
	}
	return false
}

// surnameWords are the words that may be its surname: all of a whole name.
func (n *name) surnameWords() []string {
	words := slices.Clone(n.surname)
	if n.joined != "" {
		words = append(words, n.joined)
	}
	if n.whole {
		words = append(words, n.given...)
	}
	return words
}

// forenames are the words of a name that may be forenames, seen beside
// another: of a whole name, all but what may be the surname of both.
func (n *name) forenames(beside *name) []string {
	if !n.whole {
		return n.given
	}
	other := beside.surnameWords()
	return slices.DeleteFunc(slices.Concat(n.given, n.surname), func(w string) bool { return slices.Contains(other, w) })
}

// plainlyDifferent reports whether two forenames are those of two people, where
// all else is the same. Twins are often named alike: what is not the same name, a
// form of it or its initial must be a slip of the hand, and not a known name.
func plainlyDifferent(lex *lexicon, a, b string) bool {
	switch compareNames(lex, a, b, lex.profile(a), lex.profile(b)) { //nolint:exhaustive // the others are too far
	case ruleExact, ruleVariant, ruleNickname, ruleInitial:
		return false
	case ruleOneLetter:
		switch letterMistake(a, b) { //nolint:exhaustive // the others make another name
		case letterSwapped, letterDoubled, letterInserted, letterKey:
			return lex.known(a) && lex.known(b)
		}
	}
	return true
}
