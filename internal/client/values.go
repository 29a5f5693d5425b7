package client

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// maxValue bounds a value that is read: the longest the contract takes.
const maxValue = 254

// identifierKinds are the kinds by the word a person types.
var identifierKinds = func() map[string]registerv1.IdentifierKind {
	kinds := map[string]registerv1.IdentifierKind{
		"ni":      registerv1.IdentifierKind_IDENTIFIER_KIND_NATIONAL_INSURANCE,
		"licence": registerv1.IdentifierKind_IDENTIFIER_KIND_DRIVING_LICENCE,
		"vrm":     registerv1.IdentifierKind_IDENTIFIER_KIND_VEHICLE,
	}
	for n, name := range registerv1.IdentifierKind_name {
		if n != 0 {
			kinds[word("IDENTIFIER_KIND_", name)] = registerv1.IdentifierKind(n)
		}
	}
	return kinds
}()

// word makes a typed word of an enum name: DRIVING_LICENCE is driving-licence.
func word(prefix, name string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, prefix)), "_", "-")
}

// IdentifierKind reads the name of a kind: pnc, cro, asn, phone, email,
// handle, vehicle, passport, driving-licence, national-insurance or other.
func IdentifierKind(s string) (registerv1.IdentifierKind, error) {
	kind, ok := identifierKinds[strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "_", "-")]
	if !ok {
		return 0, fmt.Errorf("not a kind of identifier: choose from %s", strings.Join(slices.Sorted(maps.Keys(identifierKinds)), ", "))
	}
	return kind, nil
}

// ParseIdentifier reads kind:value, such as pnc:1981/0000034U. Whether the
// value is a good one of its kind, the register says. For handles the value is
// read by ParseHandle.
func ParseIdentifier(s string) (*registerv1.Identifier, error) {
	name, value, ok := strings.Cut(s, ":")
	value = strings.TrimSpace(value)
	if !ok || value == "" {
		return nil, errors.New("give an identifier as kind:value, such as pnc:1981/0000034U")
	}
	kind, err := IdentifierKind(name)
	if err != nil {
		return nil, err
	}
	if err := checkValue(value); err != nil {
		return nil, err
	}
	if kind == registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE {
		h, err := ParseHandle(value)
		if err != nil {
			return nil, err
		}
		return &registerv1.Identifier{Kind: kind, Value: h.GetValue(), Platform: h.GetPlatform()}, nil
	}
	return &registerv1.Identifier{Kind: kind, Value: value}, nil
}

// ParseHandle reads platform:name, or a name alone when the platform is not
// known.
func ParseHandle(s string) (*registerv1.Handle, error) {
	s = strings.TrimSpace(s)
	if strings.Contains(s, "://") {
		return nil, errors.New("give a handle as platform:name, not as a web address")
	}
	h := &registerv1.Handle{Value: s}
	if platform, name, ok := strings.Cut(s, ":"); ok {
		h.Platform, h.Value = strings.ToLower(strings.TrimSpace(platform)), strings.TrimSpace(name)
		if h.GetPlatform() == "" {
			return nil, errors.New("give a handle as platform:name, or the name alone")
		}
	}
	if strings.Trim(h.GetValue(), "@ ") == "" {
		return nil, errors.New("give a handle as platform:name, such as instagram:night.owl")
	}
	return h, errors.Join(checkValue(h.GetValue()), checkValue(h.GetPlatform()))
}

// checkValue refuses what no value can be, without repeating it.
func checkValue(s string) error {
	if len(s) > maxValue {
		return fmt.Errorf("the value is longer than %d bytes", maxValue)
	}
	for _, r := range s {
		if hidden(r) || r == '\uFFFD' {
			return errors.New("the value holds control characters or is not UTF-8")
		}
	}
	return nil
}

var sexes = map[string]registerv1.Sex{
	"m": registerv1.Sex_SEX_MALE, "male": registerv1.Sex_SEX_MALE, "man": registerv1.Sex_SEX_MALE, "1": registerv1.Sex_SEX_MALE,
	"f": registerv1.Sex_SEX_FEMALE, "female": registerv1.Sex_SEX_FEMALE, "woman": registerv1.Sex_SEX_FEMALE, "2": registerv1.Sex_SEX_FEMALE,
	"n": registerv1.Sex_SEX_NOT_APPLICABLE, "not applicable": registerv1.Sex_SEX_NOT_APPLICABLE, "indeterminate": registerv1.Sex_SEX_NOT_APPLICABLE, "9": registerv1.Sex_SEX_NOT_APPLICABLE,
	"ns": registerv1.Sex_SEX_NOT_STATED, "not stated": registerv1.Sex_SEX_NOT_STATED, "unknown": registerv1.Sex_SEX_NOT_STATED, "u": registerv1.Sex_SEX_NOT_STATED, "0": registerv1.Sex_SEX_NOT_STATED,
}

// ParseSex reads M, F, N or NS as police systems write them, the words, or the
// digits of ISO/IEC 5218.
func ParseSex(s string) (registerv1.Sex, error) {
	sex, ok := sexes[strings.ToLower(strings.TrimSpace(s))]
	if !ok {
		return 0, errors.New("not a recorded sex: give M, F, N or NS")
	}
	return sex, nil
}

// LogPurpose reads the name of a purpose: lawfulness, self-monitoring,
// security or criminal-proceedings.
func LogPurpose(s string) (registerv1.LogPurpose, error) {
	s = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "_", "-")
	var all []string
	for n, name := range registerv1.LogPurpose_name {
		w := word("LOG_PURPOSE_", name)
		if n != 0 && w == s {
			return registerv1.LogPurpose(n), nil
		}
		if n != 0 {
			all = append(all, w)
		}
	}
	slices.Sort(all)
	return 0, fmt.Errorf("not a lawful purpose of reading the log: choose from %s", strings.Join(all, ", "))
}
