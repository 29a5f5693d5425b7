package identity

import (
	"fmt"
	"strings"
)

// checkLetters is the alphabet of PNC, CRO and arrest summons numbers: the
// letter is the one at the number modulo 23.
const checkLetters = "ZABCDEFGHJKLMNPQRTUVWXY"

// checkLetter returns the check letter of a run of digits.
func checkLetter(digits string) byte {
	n := 0
	for i := range len(digits) {
		n = (n*10 + int(digits[i]-'0')) % len(checkLetters)
	}
	return checkLetters[n]
}

const wrongLetter = "has a check letter that does not fit its digits: one of them is mistyped"

// NormalisePNC returns a PNC id as YYYY/NNNNNNNX. A year of two digits is
// completed: above 40 it is of the twentieth century.
func NormalisePNC(s string) (string, error) {
	const form = "must be a PNC id such as 1981/0000034U"
	year, serial, letter, ok := splitReference(alnumSlash(s))
	if !ok || len(serial) > 7 || (len(year) != 2 && len(year) != 4) {
		return "", invalid("format", form)
	}
	if len(year) == 2 {
		if atoi(year) > 40 {
			year = "19" + year
		} else {
			year = "20" + year
		}
	}
	serial = pad(serial, 7)
	if checkLetter(year[2:]+serial) != letter {
		return "", invalid("check_letter", wrongLetter)
	}
	return year + "/" + serial + string(letter), nil
}

// splitReference splits YEAR/SERIALx; without the slash, the serial is the
// last seven digits.
func splitReference(v string) (year, serial string, letter byte, ok bool) {
	if len(v) < 4 {
		return "", "", 0, false
	}
	letter = v[len(v)-1]
	year, serial, found := strings.Cut(v[:len(v)-1], "/")
	if !found && len(year) > 7 {
		year, serial = year[:len(year)-7], year[len(year)-7:]
	}
	return year, serial, letter, isUpper(letter) && allDigits(year) && allDigits(serial)
}

// NormaliseCRO returns a criminal record office number as NNNNNN/YYX, or
// SFYY/NX for the files that were never given a full number.
func NormaliseCRO(s string) (string, error) {
	const form = "must be a CRO number such as 65656/91H or SF05/482703J"
	v := alnumSlash(s)
	if len(v) < 5 || !isUpper(v[len(v)-1]) {
		return "", invalid("format", form)
	}
	letter := v[len(v)-1]
	first, second, found := strings.Cut(v[:len(v)-1], "/")
	if !found {
		return "", invalid("format", form)
	}
	if yy, sf := strings.CutPrefix(first, "SF"); sf {
		if len(yy) != 2 || !allDigits(yy) || !allDigits(second) || len(second) > 6 {
			return "", invalid("format", form)
		}
		second = pad(strings.TrimLeft(second, "0"), 1)
		if checkLetter(yy+second) != letter {
			return "", invalid("check_letter", wrongLetter)
		}
		return fmt.Sprintf("SF%s/%s%c", yy, second, letter), nil
	}
	if len(second) == 4 {
		second = second[2:]
	}
	if !allDigits(first) || len(first) > 6 || len(second) != 2 || !allDigits(second) {
		return "", invalid("format", form)
	}
	serial := pad(first, 6)
	if checkLetter(second+serial) != letter {
		return "", invalid("check_letter", wrongLetter)
	}
	return pad(strings.TrimLeft(first, "0"), 1) + "/" + second + string(letter), nil
}

// NormaliseASN returns an arrest summons number as its 21 characters: year,
// force, unit, system, serial of eleven digits, letter. Slashes and a year of
// four digits are accepted, and the serial may be unpadded between slashes.
func NormaliseASN(s string) (string, error) {
	const form = "must be an arrest summons number such as 05/33FF/05/555P or 0533FF0500000000555P"
	v := alnumSlash(s)
	if strings.Contains(v, "/") {
		parts := strings.Split(v, "/")
		if len(parts) != 4 || len(parts[1]) != 4 || len(parts[2]) != 2 || len(parts[3]) < 2 {
			return "", invalid("format", form)
		}
		last := len(parts[3]) - 1
		v = parts[0] + parts[1] + parts[2] + pad(parts[3][:last], 11) + parts[3][last:]
	}
	if len(v) == 22 && (strings.HasPrefix(v, "19") || strings.HasPrefix(v, "20")) {
		v = v[2:]
	}
	if len(v) != 20 {
		return "", invalid("length", form)
	}
	year, force, system, serial, letter := v[:2], v[2:4], v[6:8], v[8:19], v[19]
	if !allDigits(year) || !allDigits(serial) || !isUpper(letter) {
		return "", invalid("format", form)
	}
	if checkLetter(onlyDigits(force)+onlyDigits(system)+year+serial) != letter {
		return "", invalid("check_letter", wrongLetter)
	}
	return v, nil
}

func onlyDigits(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if isDigit(s[i]) {
			b = append(b, s[i])
		}
	}
	return string(b)
}

func alnumSlash(s string) string {
	parts := strings.Split(fold(s), "/")
	for i, p := range parts {
		parts[i] = alnum(p)
	}
	return strings.Join(parts, "/")
}

func pad(digits string, width int) string {
	if len(digits) >= width {
		return digits
	}
	return strings.Repeat("0", width-len(digits)) + digits
}
