package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"
)

var kindNames = [identifierKinds]string{
	IdentifierOther:          "other",
	IdentifierPhone:          "phone",
	IdentifierEmail:          "email",
	IdentifierHandle:         "handle",
	IdentifierVehicle:        "vehicle",
	IdentifierPNC:            "pnc",
	IdentifierCRO:            "cro",
	IdentifierASN:            "asn",
	IdentifierPassport:       "passport",
	IdentifierDrivingLicence: "driving_licence",
}

// String returns the lower-case name of the kind, "phone" or
// "driving_licence"; "other" for a value that is no kind.
func (k IdentifierKind) String() string {
	if k >= identifierKinds {
		k = IdentifierOther
	}
	return kindNames[k]
}

// identifier is one normalised identifier.
type identifier struct {
	kind     IdentifierKind
	platform string
	value    string
}

// NormaliseIdentifier brings an identifier to the normal form of its kind. The
// platform takes part for handles only.
func NormaliseIdentifier(r RawIdentifier) (string, error) {
	switch r.Kind {
	case IdentifierPhone:
		return NormalisePhone(r.Value)
	case IdentifierEmail:
		return NormaliseEmail(r.Value)
	case IdentifierHandle:
		return NormaliseHandle(r.Platform, r.Value)
	case IdentifierVehicle:
		return NormaliseVehicle(r.Value)
	case IdentifierPNC:
		return NormalisePNC(r.Value)
	case IdentifierCRO:
		return NormaliseCRO(r.Value)
	case IdentifierASN:
		return NormaliseASN(r.Value)
	case IdentifierPassport:
		return NormalisePassport(r.Value)
	case IdentifierDrivingLicence:
		return NormaliseDrivingLicence(r.Value)
	default:
		return NormaliseOther(r.Value)
	}
}

// NormalisePhone returns the E.164 form, "+447700900123". A number without a
// country code is read as British. The number must be possible, not assigned:
// the ranges reserved for drama are accepted.
func NormalisePhone(s string) (string, error) {
	const form = "must be a telephone number such as 07700 900123 or +44 7700 900123"
	if len(s) > 64 {
		return "", invalid("length", form)
	}
	if n, ok := britishNumber(s); ok {
		return n, nil
	}
	// letters on a keypad ("0800 FLOWERS") and extensions are not for matching
	t := fold(s)
	for i := range len(t) {
		if isLower(t[i]) {
			return "", invalid("format", form+", without letters")
		}
	}
	n, err := phonenumbers.Parse(t, "GB")
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return "", invalid("format", form)
	}
	e164 := phonenumbers.Format(n, phonenumbers.E164)
	// what does not read back as itself, such as all noughts, is no number
	if m, err := phonenumbers.Parse(e164, "GB"); err != nil || phonenumbers.Format(m, phonenumbers.E164) != e164 {
		return "", invalid("format", form)
	}
	return e164, nil
}

// britishNumber reads the commonest forms quickly: eleven digits from 0, or
// ten after +44, with or without spaces. Those are always possible.
func britishNumber(s string) (string, bool) {
	var b [13]byte
	n := copy(b[:], "+44")
	switch {
	case len(s) > 2 && s[0] == '0' && s[1] >= '1' && s[1] <= '9':
		s = s[1:]
	case len(s) > 4 && strings.HasPrefix(s, "+44") && s[3] >= '1' && s[3] <= '9':
		s = s[3:]
	default:
		return "", false
	}
	for i := range len(s) {
		switch {
		case s[i] == ' ':
		case !isDigit(s[i]) || n == len(b):
			return "", false
		default:
			b[n] = s[i]
			n++
		}
	}
	return string(b[:]), n == len(b)
}

// NormaliseEmail returns the address in lower case. Dots and a +tag before
// Gmail's @ are dropped, as Gmail drops them; googlemail.com is gmail.com.
func NormaliseEmail(s string) (string, error) {
	const form = "must be an e-mail address such as name@example.org"
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(s, "mailto:")
	if len(s) > 254 || !utf8.ValidString(s) {
		return "", invalid("length", form)
	}
	local, domain, found := strings.Cut(s, "@")
	domain = strings.TrimSuffix(domain, ".")
	if !found || local == "" || len(domain) < 3 || strings.ContainsAny(domain, "@ ,;/_") ||
		!strings.Contains(domain, ".") || strings.Contains(domain, "..") ||
		strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || strings.HasPrefix(domain, "-") ||
		strings.ContainsAny(local, " ,;<>()[]\\\"") {
		return "", invalid("format", form)
	}
	for _, r := range s {
		if r < 0x21 || r == 0x7f {
			return "", invalid("format", form)
		}
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if domain == "gmail.com" {
		local, _, _ = strings.Cut(local, "+")
		local = strings.ReplaceAll(local, ".", "")
		if local == "" {
			return "", invalid("format", form)
		}
	}
	return local + "@" + domain, nil
}

// platforms maps the ways a platform is written to one, with the host names
// of its profile addresses.
var platforms = map[string]string{
	"fb": "facebook", "meta": "facebook", "m.facebook": "facebook", "ig": "instagram", "insta": "instagram",
	"twitter": "x", "snap": "snapchat", "tik tok": "tiktok", "wa": "whatsapp", "tg": "telegram", "t.me": "telegram",
	"yt": "youtube", "youtu.be": "youtube",
}

// normalisePlatform returns the lower-case one-word name of a platform.
func normalisePlatform(s string) string {
	s = fold(s)
	s = strings.TrimPrefix(s, "https://")
	s = strings.TrimPrefix(s, "http://")
	s = strings.TrimPrefix(s, "www.")
	s = strings.TrimSuffix(s, ".com")
	if p, ok := platforms[s]; ok {
		return p
	}
	return strings.ToLower(alnum(s))
}

// NormaliseHandle returns an account name in lower case, without its @ and
// without the address of the platform around it. Dots are dropped for
// Facebook, which ignores them. The platform may be empty.
func NormaliseHandle(platform, s string) (string, error) {
	const form = "must be an account name such as @name, or the address of a profile"
	if len(s) > 256 || !utf8.ValidString(s) {
		return "", invalid("length", form)
	}
	p := normalisePlatform(platform)
	h := strings.ToLower(strings.TrimSpace(norm.NFKC.String(s)))
	if _, rest, ok := strings.Cut(h, "://"); ok {
		h = rest
	}
	if i := strings.IndexByte(h, '/'); i >= 0 && (strings.Contains(h[:i], ".") || h[:i] == "u") {
		h = h[i+1:]
		for _, prefix := range []string{"u/", "user/", "in/", "add/", "c/", "profile.php?id="} {
			h = strings.TrimPrefix(h, prefix)
		}
	}
	h, _, _ = strings.Cut(h, "?")
	h = strings.TrimRightFunc(h, func(r rune) bool { return r == '/' || unicode.IsSpace(r) })
	h = strings.TrimLeftFunc(h, func(r rune) bool { return r == '/' || r == '@' || unicode.IsSpace(r) })
	if p == "facebook" {
		h = strings.ReplaceAll(h, ".", "")
	}
	if h == "" || strings.ContainsAny(h, "/@\x00") || strings.ContainsFunc(h, unicode.IsSpace) {
		return "", invalid("format", form)
	}
	return h, nil
}

// NormalisePassport returns the letters and digits of a passport number, 6 to
// 12 of them.
func NormalisePassport(s string) (string, error) {
	v := alnum(s)
	if len(v) < 6 || len(v) > 12 {
		return "", invalid("length", "must be 6 to 12 letters and digits")
	}
	return v, nil
}

// NormaliseDrivingLicence returns the letters and digits of a licence number.
// A GB number of 16 (or 18 with the issue number, which is dropped) has its
// layout checked; others need 5 to 20.
func NormaliseDrivingLicence(s string) (string, error) {
	v := alnum(s)
	if len(v) == 18 && gbLicence(v[:16]) {
		v = v[:16]
	}
	if len(v) < 5 || len(v) > 20 {
		return "", invalid("length", "must be 5 to 20 letters and digits")
	}
	if len(v) == 16 && !gbLicence(v) {
		return "", invalid("format", "must be laid out as a GB licence, MORGA657054SM9IJ")
	}
	return v, nil
}

// gbLicence checks AAAAA999999AA9AA: five of the surname (filled with 9), the
// date of birth, initials, and three that make it unique.
func gbLicence(v string) bool {
	for i := range len(v) {
		c := v[i]
		switch {
		case i < 5:
			if !isUpper(c) && c != '9' {
				return false
			}
		case i < 11:
			if !isDigit(c) {
				return false
			}
		case i < 13:
			if !isUpper(c) && c != '9' {
				return false
			}
		}
	}
	month := atoi(v[6:8]) % 50
	day := atoi(v[8:10])
	return month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// NormaliseOther returns the letters and digits of any other reference, 2 to
// 64 of them.
func NormaliseOther(s string) (string, error) {
	v := alnum(s)
	if len(v) < 2 || len(v) > 64 {
		return "", invalid("length", "must hold 2 to 64 letters and digits")
	}
	return v, nil
}
