package identity

import (
	_ "embed" // the weights
	"encoding/json"
	"fmt"
	"math"
	"sync"
)

// rule is a level of agreement of one field.
type rule uint8

// The rules. Names use the first eleven, nearest first.
const (
	ruleExact rule = iota
	ruleJoined
	ruleVariant
	ruleNickname
	ruleOneLetter
	ruleSound
	ruleTwoLetters
	ruleInitial
	ruleStart
	ruleSimilar
	ruleDifferent
	ruleSwapped
	ruleDisplaced
	ruleTransposed
	ruleOneDigit
	ruleYearNear
	ruleTwoParts
	ruleTwoDigits
	ruleYearMonth
	ruleYear
	ruleSameYear
	ruleAbout
	ruleNewYear
	ruleLone
	ruleSector
	ruleDistrict
	ruleMost
	ruleHalf
	ruleSome
	rules
)

var ruleNames = [rules]string{
	"exact", "joined", "variant", "nickname", "one_letter", "sound", "two_letters", "initial", "start", "similar",
	"different", "swapped", "displaced", "transposed", "one_digit", "year_near", "two_parts", "two_digits", "year_month", "year",
	"same_year", "about", "new_year", "lone",
	"sector", "district", "most", "half", "some",
}

// String returns the rule's name as it stands in the weights and explanations.
func (r rule) String() string { return ruleNames[r] }

// field is what is compared.
type field uint8

// The fields; those of identifiers follow, one for each kind.
const (
	fieldGiven field = iota
	fieldMiddle
	fieldSurname
	fieldOrder
	fieldBirth
	fieldSex
	fieldPostcode
	fieldAddress
	fieldIdentifier
	fields = fieldIdentifier + field(identifierKinds)
)

func (f field) String() string {
	if f >= fieldIdentifier {
		return IdentifierKind(f - fieldIdentifier).String()
	}
	return [...]string{"given", "middle", "surname", "order", "birth", "sex", "postcode", "address"}[f]
}

// weight is one rule of one field: how often it holds for one person, and for
// two.
type weight struct {
	// M is the share of pairs of one person's records in which the rule holds.
	M float64 `json:"m"`
	// U is the same for pairs of different people.
	U float64 `json:"u,omitempty"`
	// Spread stands in place of U where frequency counts: U is Spread times
	// the frequency of the commoner value.
	Spread float64 `json:"spread,omitempty"`
	// Slip stands in place of U for a near miss of a name: the chance that one
	// particular other form is written for it.
	Slip float64 `json:"slip,omitempty"`

	bits     float64 // log2(M/U), or log2(M/Spread)
	logM     float64 // log2(M)
	adjusted bool    // by frequency
}

// Thresholds are in bits of Prior+Bits, except Show.
type Thresholds struct {
	// Join is where two records may be linked without a human.
	Join float64 `json:"join"`
	// Propose is where a link is proposed to a human.
	Propose float64 `json:"propose"`
	// Break is where a link that no human made falls away when its records
	// change: Propose at least, Join at most. A file without it gets the
	// middle of the two.
	Break float64 `json:"break"`
	// Show is the evidence in Bits, without the prior, under which a candidate
	// is not shown.
	Show float64 `json:"show"`
}

// UnmarshalJSON reads thresholds, and fills in a Break that is not given.
func (t *Thresholds) UnmarshalJSON(data []byte) error {
	type plain Thresholds
	p := plain{Break: math.NaN()}
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	*t = Thresholds(p)
	if math.IsNaN(t.Break) {
		t.Break = t.middle()
	}
	return nil
}

// middle is half way between Propose and Join.
func (t *Thresholds) middle() float64 { return (t.Propose + t.Join) / 2 }

// Model is a set of weights. It does not change.
type Model struct {
	// Version names the weights in every explanation.
	Version string `json:"version"`
	// About says what they were fitted on.
	About string `json:"about"`
	// Thresholds are those to decide by.
	Thresholds Thresholds `json:"thresholds"`
	// Pseudo is how many imagined people steady the frequencies.
	Pseudo float64 `json:"pseudo"`
	// Rare is the frequency of a name that nobody is known to bear.
	Rare float64 `json:"rare"`
	// Population is the least number of people the prior reckons with.
	Population float64 `json:"population"`
	// AddressScale damps the agreement of words of one address, which is not
	// independent.
	AddressScale float64 `json:"address_scale"`
	// Fields holds the weights by field and rule.
	Fields map[string]map[string]weight `json:"fields"`
	// Mistakes tells apart what one_letter of a name ("letter") and one_digit
	// of a date ("digit") may be. Without it all weigh the same.
	Mistakes map[string]map[string]chance `json:"mistakes,omitempty"`

	table    [fields][rules]weight
	mistakes [mistakes]float64 // bits
}

//go:embed data/weights.json
var weightsFile []byte

var defaultModel = sync.OnceValue(func() *Model {
	m, err := ParseModel(weightsFile)
	if err != nil {
		panic("identity: the embedded weights: " + err.Error())
	}
	return m
})

// DefaultModel returns the weights that are shipped.
func DefaultModel() *Model { return defaultModel() }

// ParseModel reads a weights file and checks it: every rule that can be
// decided must have its weight, and every share must be above 0 and at most 1.
func ParseModel(data []byte) (*Model, error) {
	var m Model
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("not the JSON of weights: %w", err)
	}
	if err := m.compile(); err != nil {
		return nil, err
	}
	return &m, nil
}

func (m *Model) compile() error {
	if m.Version == "" || m.Pseudo <= 0 || m.Rare <= 0 || m.Population < 1 || m.AddressScale <= 0 {
		return fmt.Errorf("version, pseudo, rare, population and address_scale must be set")
	}
	if t := m.Thresholds; t.Join < t.Propose || t.Break < t.Propose || t.Break > t.Join {
		return fmt.Errorf("the thresholds must rise: propose, break, join")
	}
	for f := range fields {
		for r := range rules {
			w, ok := m.Fields[f.String()][r.String()]
			if !ok {
				if decided(f, r) {
					return fmt.Errorf("%s has no weight for %s", f, r)
				}
				continue
			}
			u := w.U
			if w.adjusted = w.Spread > 0; w.adjusted {
				u = w.Spread
			}
			if slips(f, r) {
				if w.Slip <= 0 || w.Slip > 1 {
					return fmt.Errorf("%s %s must have a slip above 0 and at most 1", f, r)
				}
				u = 1
			}
			if w.M <= 0 || w.M > 1 || u <= 0 || !w.adjusted && u > 1 {
				return fmt.Errorf("%s %s must have m and u above 0 and at most 1", f, r)
			}
			w.bits, w.logM = math.Log2(w.M/u), math.Log2(w.M)
			m.table[f][r] = w
		}
	}
	return m.compileMistakes()
}

// decided reports whether comparing the field can end in the rule.
func decided(f field, r rule) bool {
	switch f {
	case fieldGiven, fieldMiddle, fieldSurname:
		return r <= ruleDifferent
	case fieldOrder:
		return r == ruleSwapped || r == ruleDisplaced || r == ruleLone
	case fieldBirth:
		return r == ruleExact || r >= ruleSwapped && r <= ruleNewYear && r != ruleDisplaced || r == ruleDifferent
	case fieldSex:
		return r == ruleExact || r == ruleDifferent
	case fieldPostcode:
		return r == ruleExact || r == ruleOneLetter || r == ruleSector || r == ruleDistrict || r == ruleDifferent
	case fieldAddress:
		return r >= ruleMost || r == ruleDifferent
	default:
		return r == ruleExact || r == ruleOneLetter || r == ruleDifferent
	}
}

// slips reports whether a rule is a near miss of a name, with a slip.
func slips(f field, r rule) bool {
	return f <= fieldSurname && r >= ruleVariant && r <= ruleTwoLetters
}
