package identity

import "strings"

// postcode reports whether v is laid out as a UK postcode without its space.
func postcode(v string) bool {
	n := len(v) - 3
	out, in := v[:n], v[n:]
	if !isDigit(in[0]) || !isUpper(in[1]) || !isUpper(in[2]) {
		return false
	}
	if out == "GIR" {
		return true
	}
	i := 1
	if i < n && isUpper(out[i]) {
		i++
	}
	// a district: a digit, then perhaps a digit or letter
	return isUpper(out[0]) && i < n && n-i <= 2 && isDigit(out[i])
}

// NormalisePostcode returns a UK postcode in upper case with its one space:
// "SW1A 1AA". In the inward part O and I are read as 0 and 1 where only a
// digit can stand, and 0 and 1 as O and I where only a letter can.
func NormalisePostcode(s string) (string, error) {
	const form = "must be a full UK postcode such as LE1 3GG"
	v := alnum(s)
	if len(v) < 5 || len(v) > 7 {
		return "", invalid("format", form)
	}
	n := len(v)
	v = coerce(v[:1], 'A') + v[1:n-3] + coerce(v[n-3:n-2], '9') + coerce(v[n-2:], 'A')
	if !postcode(v) {
		// the district must hold a digit: "LEI 3GG", "SO1S 2AB"
		if c := v[:1] + coerceDistrict(v[1:n-3]) + v[n-3:]; postcode(c) {
			v = c
		} else {
			return "", invalid("format", form)
		}
	}
	return v[:n-3] + " " + v[n-3:], nil
}

// coerceDistrict reads the last letter O or I of an outward part as a digit.
func coerceDistrict(s string) string {
	if s == "" {
		return s
	}
	return s[:len(s)-1] + coerce(s[len(s)-1:], '9')
}

// coerce reads O/0 and I/1 as digits (class '9') or as letters (class 'A').
func coerce(s string, class byte) string {
	b := []byte(s)
	for i, c := range b {
		switch {
		case class == '9' && c == 'O':
			b[i] = '0'
		case class == '9' && c == 'I':
			b[i] = '1'
		case class == 'A' && c == '0':
			b[i] = 'O'
		case class == 'A' && c == '1':
			b[i] = 'I'
		}
	}
	return string(b)
}

// NormaliseVehicle returns a registration mark without spaces, in upper case.
// In the British layouts of 1963 onwards O/0 and I/1 are put right by their
// position: "LE0I ABC" is "LE01ABC". Other marks (older, Northern Irish,
// foreign, personal) need 2 to 10 letters and digits.
func NormaliseVehicle(s string) (string, error) {
	v := alnum(s)
	if len(v) < 2 || len(v) > 10 {
		return "", invalid("length", "must be a registration mark of 2 to 10 letters and digits, such as LE19 ABC")
	}
	best := v
	for _, layout := range []string{"AAA999A", "A999AAA", "AA99AAA"} {
		if c, ok := fitLayout(v, layout); ok {
			if c == v {
				return v, nil
			}
			best = c
		}
	}
	return best, nil
}

// fitLayout coerces a mark to a layout of A (letter) and 9 (digit); ok says
// that it then fits.
func fitLayout(v, layout string) (string, bool) {
	if len(v) != len(layout) {
		return "", false
	}
	b := []byte(v)
	for i := range b {
		c := coerce(v[i:i+1], layout[i])[0]
		if layout[i] == 'A' && !isUpper(c) || layout[i] == '9' && !isDigit(c) {
			return "", false
		}
		b[i] = c
	}
	return string(b), true
}

// addressNoise are words that tell no address from another.
var addressNoise = map[string]string{
	"street": "st", "str": "st", "road": "rd", "avenue": "ave", "av": "ave", "drive": "dr", "drv": "dr",
	"lane": "ln", "close": "cl", "crescent": "cres", "cresent": "cres", "court": "ct", "crt": "ct", "place": "pl",
	"terrace": "tce", "terr": "tce", "gardens": "gdns", "grove": "gr", "square": "sq", "flat": "flt",
	"apartment": "flt", "apt": "flt", "saint": "st", "mount": "mt", "the": "", "of": "", "and": "", "no": "", "number": "",
}

const maxAddressTokens = 16

// NormaliseAddress returns the words of an address in lower-case ASCII, with
// the common kinds of street abbreviated: "Flat 2, 14 High Street" becomes
// "flt 2 14 high st".
func NormaliseAddress(s string) (string, error) {
	tokens := addressTokens(s)
	if len(tokens) == 0 {
		return "", invalid("format", "must hold at least one letter or digit")
	}
	return strings.Join(tokens, " "), nil
}

// AddressWord is how NormaliseAddress writes one word of lower-case ASCII: empty for one
// that says nothing.
func AddressWord(w string) string {
	if short, ok := addressNoise[w]; ok {
		return short
	}
	return w
}

func addressTokens(s string) []string {
	var out []string
	words := strings.FieldsFunc(strings.ReplaceAll(fold(s), "'", ""), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	for _, w := range words {
		if w = AddressWord(w); w != "" && len(out) < maxAddressTokens {
			out = append(out, w)
		}
	}
	return out
}
