package victim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/perpetrator-register/register/internal/identity"
)

// Limits of what is used of one victim's details, so that a hostile or broken record
// cannot make thousands of tokens. What is beyond them is not used.
const (
	maxValues   = 8   // phones, e-mail addresses, postcodes, handles, former names
	maxMaterial = 128 // materials in all
)

// Materials lists what the tokens of d are computed from, without duplicates and in a
// fixed order. A detail that cannot be read gives none. Like sound, what it makes of
// given details must not change; a test holds it to examples.
func Materials(d Details) []Material {
	b := builder{seen: map[Material]bool{}}
	n := namesOf(d)
	birth := birthOf(d.DOB)
	// What says most comes first, in case there is more than maxMaterial.
	if ref := strings.TrimSpace(d.Reference); ref != "" {
		b.add(KindReference, ref)
	}
	for _, p := range clip(d.Phones) {
		if phone, err := identity.NormalisePhone(p); err == nil && !oneDigit(phone) {
			b.add(KindPhone, phone)
		}
	}
	for _, e := range clip(d.Emails) {
		if email, err := identity.NormaliseEmail(e); err == nil && !isPlaceholder(strings.SplitN(email, "@", 2)[0]) {
			b.add(KindEmail, email)
		}
	}
	for _, h := range clip(d.Handles) {
		if handle, err := identity.NormaliseHandle("", h); err == nil && !isPlaceholder(handle) {
			b.add(KindHandle, handle)
		}
	}
	var postcodes []string
	for _, p := range clip(d.Postcodes) {
		if postcode, err := identity.NormalisePostcode(p); err == nil && !strings.HasPrefix(postcode, "ZZ99 ") { // ZZ99: no fixed abode, abroad
			b.add(KindPostcode, postcode)
			postcodes = append(postcodes, postcode)
		}
	}
	b.names(n, birth)
	for _, postcode := range postcodes {
		for _, s := range n.surnames {
			b.add(KindSurnamePostcode, sound(s)+"|"+postcode)
		}
	}
	slices.SortFunc(b.out, func(x, y Material) int {
		return cmp.Or(int(x.Kind)-int(y.Kind), strings.Compare(x.Value, y.Value))
	})
	return b.out
}

type builder struct {
	out  []Material
	seen map[Material]bool
}

func (b *builder) add(k Kind, value string) {
	m := Material{Kind: k, Value: value}
	if len(b.out) < maxMaterial && !b.seen[m] {
		b.seen[m] = true
		b.out = append(b.out, m)
	}
}

// names adds the materials made of names and the date of birth.
func (b *builder) names(n names, birth identity.Birth) {
	var ymd, ym, md, yd string
	if birth.Month > 0 {
		ym = fmt.Sprintf("%04d-%02d", birth.Year, birth.Month)
	}
	if birth.Day > 0 {
		ymd = fmt.Sprintf("%s-%02d", ym, birth.Day)
		yd = fmt.Sprintf("%04d--%02d", birth.Year, birth.Day)
		// Free of order: a day and month written the wrong way round still agree.
		md = fmt.Sprintf("%02d-%02d", min(birth.Month, birth.Day), max(birth.Month, birth.Day))
		b.add(KindDOB, ymd)
	}
	dated := func(k Kind, name, date string) {
		if date != "" {
			b.add(k, name+"|"+date)
		}
	}
	for _, s := range n.surnames {
		b.add(KindSurname, sound(s))
		dated(KindSurnameDOB, sound(s), ymd)
		for _, g := range n.given {
			dated(KindNameDOB, pair(g, s), ymd)
			for _, f := range forms(g) {
				name := pair(sound(f), sound(s))
				b.add(KindName, name)
				dated(KindNameYearMonth, name, ym)
				dated(KindNameMonthDay, name, md)
				dated(KindNameYearDay, name, yd)
			}
		}
	}
	for _, g := range n.given {
		for _, f := range forms(g) {
			b.add(KindForename, f)
			b.add(KindForenameSound, sound(f))
			dated(KindForenameDOB, f, ymd)
		}
	}
}

// pair joins two names free of order: records often hold them the wrong way round.
func pair(a, b string) string { return min(a, b) + " " + max(a, b) }

// names are a victim's names as single lower-case ASCII words.
type names struct{ given, surnames []string }

// namesOf takes her first given name, her surname, its parts when it is double, and
// the surnames she bore before.
func namesOf(d Details) names {
	var n names
	if len(d.Given) > 0 {
		if w := nameWords(d.Given[0]); len(w) > 0 {
			n.given = append(n.given, w[0])
		}
	}
	n.surname(nameWords(d.Surname))
	for _, f := range clip(d.Former) {
		w := nameWords(f)
		if len(w) > 1 && !strings.Contains(f, "-") {
			// A whole former name: the given name before, the surname last.
			n.given = appendNew(n.given, w[0])
			w = w[1:]
		}
		n.surname(w)
	}
	return n
}

func (n *names) surname(w []string) {
	if len(w) == 0 {
		return
	}
	n.surnames = appendNew(n.surnames, strings.Join(w, ""))
	if len(w) == 1 {
		return
	}
	for _, part := range w {
		if len(part) > 3 {
			n.surnames = appendNew(n.surnames, part)
		}
	}
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// words folds a name to lower-case ASCII words.
func words(name string) []string {
	n, err := identity.NormaliseName(name)
	if err != nil {
		return nil
	}
	return strings.Fields(n)
}

// nameWords is words of what is a name.
func nameWords(name string) []string {
	w := words(name)
	if isPlaceholder(strings.Join(w, "")) {
		return nil
	}
	return w
}

// isPlaceholder recognises the ways in which systems say that they do not know: taken
// for details, they would make one victim of many.
func isPlaceholder(s string) bool {
	switch s {
	case "unknown", "notknown", "notgiven", "notstated", "notprovided", "notdisclosed", "nk", "na", "ns", "tbc",
		"none", "no", "noemail", "noreply", "refused", "anon", "anonymous", "withheld", "redacted",
		"victim", "complainant", "unidentified", "x", "xx", "xxx":
		return true
	}
	return false
}

// oneDigit recognises numbers such as 00000 000000.
func oneDigit(phone string) bool {
	digits := strings.TrimPrefix(strings.TrimPrefix(phone, "+44"), "+")
	return digits == "" || strings.Trim(digits, digits[:1]) == ""
}

// birthOf reads a date of birth. An approximate one is not used, nor is the first day of
// a century's first years, which systems put where they have none.
func birthOf(dob string) identity.Birth {
	b, err := identity.NormaliseBirth(dob)
	if err != nil || b.Approximate || (b.Year <= 1901 && b.Month <= 1 && b.Day <= 1) {
		return identity.Birth{}
	}
	return b
}

func clip(list []string) []string { return list[:min(len(list), maxValues)] }
