package victim

import "slices"

// The weights are log2 of how much likelier an observation is when two victims of one
// person are the same woman than when they are two. They are set by judgement, as no
// labelled data exist; what matters is that no single weak detail decides and that
// sisters, twins and namesakes stay two.
const (
	prior         = -3.0 // two reports about one person are of two victims rather oftener
	forenameSame  = 6.0
	forenameLike  = 3.0 // of like sound
	forenameOther = -5.0
	surnameSame   = 7.0
	surnameOther  = -2.0 // names change on marriage and separation
	dobSame       = 14.0
	dobNear       = 7.0 // one part of three wrong, or day and month swapped
	dobOther      = -7.0
	postcodeSame  = 8.0
	phoneSame     = 13.0
	emailSame     = 15.0
	handleSame    = 15.0
	contactOther  = -0.5 // phones, addresses and accounts change, after stalking above all
	householdSame = 3.0  // surname and postcode of a family, when the forenames differ
	householdCall = 4.0  // its telephone
	twinDOB       = 5.0  // the same day of birth with another forename in one family

	sameAt      = 12.0
	differentAt = -6.0
)

// Verdict says whether two victims are the same human being.
type Verdict uint8

// The verdicts. Maybe also stands for too little to compare.
const (
	Maybe Verdict = iota
	Same
	Different
)

// String names the verdict.
func (v Verdict) String() string {
	switch v {
	case Same:
		return "same"
	case Different:
		return "different"
	default:
		return "maybe"
	}
}

// relation is how two victims' tokens of one kind compare.
type relation uint8

const (
	absent relation = iota // one of them has none: says nothing
	agree                  // they share one
	differ                 // both have some and share none
)

// Compare scores how well the tokens of two victims of the same person agree, in bits,
// and gives the verdict. It is symmetric. Tokens of different layers are not compared.
func Compare(a, b []Token) (Verdict, float64) {
	r := relations(a, b)
	if r[KindReference] == agree {
		return Same, sameAt // her force says so; another reference says nothing
	}
	surname, dob := r[KindSurname], r[KindDOB]
	if r[KindName] == agree {
		surname = agree // in a pair free of order: perhaps written the wrong way round
	}
	forename, relatives := forenameBits(r)
	near := r[KindNameYearMonth] == agree || r[KindNameMonthDay] == agree || r[KindNameYearDay] == agree
	score := prior + forename
	switch {
	case dob == agree && relatives && surname == agree:
		score += twinDOB
	case dob == agree:
		score += dobSame
	case near:
		score += dobNear
	case dob == differ:
		score += dobOther
	}
	if relatives {
		if surname == agree || r[KindPostcode] == agree {
			score += householdSame
		} else {
			score += choose(surname, 0, surnameOther) + choose(r[KindPostcode], 0, contactOther)
		}
		score += choose(r[KindPhone], householdCall, contactOther)
	} else {
		score += choose(surname, surnameSame, surnameOther)
		score += choose(r[KindPostcode], postcodeSame, contactOther)
		score += choose(r[KindPhone], phoneSame, contactOther)
	}
	score += choose(r[KindEmail], emailSame, contactOther)
	score += choose(r[KindHandle], handleSame, contactOther)

	switch {
	case score >= sameAt:
		return Same, score
	case score <= differentAt:
		return Different, score
	default:
		return Maybe, score
	}
}

// forenameBits weighs the forenames; relatives says that they are not alike, so that
// what families share counts for little.
func forenameBits(r [kinds]relation) (bits float64, relatives bool) {
	switch {
	case r[KindForename] == agree:
		return forenameSame, false
	case r[KindForenameSound] == agree, r[KindName] == agree:
		return forenameLike, false
	case r[KindForename] == differ:
		return forenameOther, true
	default:
		return 0, false
	}
}

// ForCompare returns those of a victim's tokens that Compare looks at: what has to be
// kept in memory to count victims.
func ForCompare(tokens []Token) []Token {
	var out []Token
	for _, t := range tokens {
		if t.Kind > KindSurnamePostcode && t.Kind < kinds {
			out = append(out, t)
		}
	}
	return out
}

func choose(r relation, same, other float64) float64 {
	switch r {
	case agree:
		return same
	case differ:
		return other
	default:
		return 0
	}
}

// relations compares two victims' tokens kind by kind. Those of KindSurnamePostcode and
// before serve look-ups only and stay absent.
func relations(a, b []Token) (r [kinds]relation) {
	a, b = byKind(a), byKind(b)
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		k := a[i].Kind
		if k != b[j].Kind {
			if k < b[j].Kind {
				i++
			} else {
				j++
			}
			continue
		}
		iEnd, jEnd := endOfKind(a, i), endOfKind(b, j)
		if k > KindSurnamePostcode && k < kinds {
			r[k] = relate(a[i:iEnd], b[j:jEnd])
		}
		i, j = iEnd, jEnd
	}
	return r
}

// byKind returns tokens sorted by kind, as they mostly are.
func byKind(tokens []Token) []Token {
	order := func(x, y Token) int { return int(x.Kind) - int(y.Kind) }
	if slices.IsSortedFunc(tokens, order) {
		return tokens
	}
	tokens = slices.Clone(tokens)
	slices.SortFunc(tokens, order)
	return tokens
}

func endOfKind(tokens []Token, i int) int {
	k := tokens[i].Kind
	for i < len(tokens) && tokens[i].Kind == k {
		i++
	}
	return i
}

func relate(a, b []Token) relation {
	compared := false
	for i := range a {
		for j := range b {
			if a[i].Layer != b[j].Layer {
				continue
			}
			if a[i].Sum == b[j].Sum {
				return agree
			}
			compared = true
		}
	}
	if compared {
		return differ
	}
	return absent
}
