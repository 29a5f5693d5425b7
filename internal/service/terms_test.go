package service

import (
	"slices"
	"testing"

	"github.com/perpetrator-register/register/internal/identity"
)

// Whoever spells a name otherwise, or turns it round, asks for the same person as far as
// the rules see; whoever asks for another does not.
func TestNamesAreCodedBySound(t *testing.T) {
	t.Parallel()
	codes := func(full, birth string) []Term {
		raw := identity.Raw{Names: []identity.RawName{{Full: full}}}
		if birth != "" {
			raw.Births = []identity.RawBirth{{Value: birth}}
		}
		return TermsOf(raw)
	}
	person := func(full, birth string) []Term {
		return slices.DeleteFunc(codes(full, birth), func(t Term) bool { return t.Kind == TermSurname })
	}
	want := person("Vesna Harcastle", "1991-02-17")
	for _, same := range []string{"Harcastle, Vesna", "VEZNA HARCASTLE", "Vesna Harkastel"} {
		if got := person(same, "1991-02-17"); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", same, got, want)
		}
	}
	for _, other := range [][2]string{{"Vesna Harcastle", "1991-02-18"}, {"Vesna Oxlade", "1991-02-17"}, {"Dagmar Harcastle", "1991-02-17"}} {
		if slices.Equal(person(other[0], other[1]), want) {
			t.Errorf("%v is taken for the same", other)
		}
	}
	if a, b := person("Li Wu", ""), person("Lee Woo", ""); slices.Equal(a, b) {
		t.Error("short names have hardly a sound: they are as they are written")
	}
}
