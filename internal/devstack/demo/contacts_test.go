package demo

import (
	"strings"
	"testing"
)

// Nothing may point to somebody real.
func TestNoRealContacts(t *testing.T) {
	check := func(n Nominal, atScale bool) {
		phones, emails := []string{}, []string{}
		postcodes := []string{}
		for _, id := range n.Identifiers {
			switch id.Kind {
			case "PHONE":
				phones = append(phones, id.Value)
			case "EMAIL":
				emails = append(emails, id.Value)
			case "VEHICLE":
				if !strings.ContainsAny(id.Value[:1], "JTU") {
					t.Errorf("vehicle mark %q could be issued", id.Value)
				}
			}
		}
		for _, a := range n.Addresses {
			postcodes = append(postcodes, a.Postcode)
		}
		for _, c := range n.Courses {
			for _, v := range append([]Victim{c.Principal}, c.Associated...) {
				phones, emails, postcodes = append(phones, v.Phones...), append(emails, v.Emails...), append(postcodes, v.Postcodes...)
			}
		}
		for _, p := range phones {
			reserved := strings.HasPrefix(p, "07700 900") || strings.HasPrefix(p, "01632 960") || strings.HasPrefix(p, "0808 157 0") ||
				(atScale && strings.HasPrefix(p, "01632 "))
			if !reserved {
				t.Errorf("telephone number %q is in no range for drama", p)
			}
		}
		for _, e := range emails {
			_, domain, _ := strings.Cut(e, "@")
			if !strings.HasPrefix(domain, "example.") {
				t.Errorf("e-mail address %q", e)
			}
		}
		for _, p := range postcodes {
			if !strings.ContainsAny(p[len(p)-2:], unusedLetters) {
				t.Errorf("postcode %q could exist", p)
			}
		}
	}
	for _, n := range Generate(Options{Seed: 5}) {
		check(n, false)
	}
	for n := range People(2000, 5) {
		check(n, true)
	}
}
