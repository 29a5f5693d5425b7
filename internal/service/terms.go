package service

import (
	"slices"
	"strings"

	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/identity"
)

// Term is something that was asked for, normalised; kind says what.
type Term struct{ Kind, Value string }

// Kinds of terms. Identifiers have those of package identity.
const (
	TermName     = "name by sound"
	TermIdentity = "name by sound+birth"
	TermSurname  = "surname"
	TermPostcode = "postcode"
)

// TermsOf lists what details of a person hold, the names first. The access log has
// a keyed code of each: a review can see that the same person was asked for again,
// and nobody can read whom. What forces tell of their staff and cases is coded the
// same way, so that the two can be compared.
func TermsOf(raw identity.Raw) []Term {
	var out []Term
	add := func(kind, value string, err error) {
		if err == nil && value != "" {
			out = append(out, Term{kind, value})
		}
	}
	birth := ""
	if len(raw.Births) > 0 {
		birth = raw.Births[0].Value
	}
	for _, n := range raw.Names {
		name, err := identity.NormaliseName(strings.TrimSpace(n.Full + " " + n.Given + " " + n.Surname))
		sounds := bySound(name)
		add(TermName, sounds, err)
		if birth != "" {
			add(TermIdentity, sounds+"|"+birth, err)
		}
		surname, err := identity.NormaliseName(n.Surname)
		if n.Surname == "" { // of a whole name the last word stands in for it
			surname, err = name[strings.LastIndexByte(name, ' ')+1:], nil
		}
		add(TermSurname, surname, err)
	}
	for _, i := range raw.Identifiers {
		v, err := identity.NormaliseIdentifier(i)
		add(i.Kind.String(), v, err)
	}
	for _, p := range raw.Postcodes {
		v, err := identity.NormalisePostcode(p)
		add(TermPostcode, v, err)
	}
	return out
}

// bySound is a normalised name by the sounds of its words, in any order: whoever is
// looked up under another spelling, or surname first, has the same code.
func bySound(name string) string {
	words := strings.Fields(name)
	for i, w := range words {
		if s := victim.Sound(w); len(s) > 1 {
			words[i] = s
		}
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// CodesOf are the codes of terms of some kinds under every version of the keys; none
// named means all kinds.
func (d *Deps) CodesOf(terms []Term, kinds ...string) []string {
	var out []string
	for _, t := range terms {
		if len(kinds) == 0 || slices.Contains(kinds, t.Kind) {
			out = append(out, d.Keys.TermHMACs(t.Kind, t.Value)...)
		}
	}
	return out
}
