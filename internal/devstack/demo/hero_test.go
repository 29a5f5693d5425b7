package demo

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/seal"
)

func raw(n Nominal) identity.Raw {
	kinds := map[string]identity.IdentifierKind{
		"PHONE": identity.IdentifierPhone, "EMAIL": identity.IdentifierEmail, "HANDLE": identity.IdentifierHandle,
		"VEHICLE": identity.IdentifierVehicle, "PNC_ID": identity.IdentifierPNC, "CRO": identity.IdentifierCRO,
	}
	name := func(given []string, surname string, kind identity.NameKind) identity.RawName {
		out := identity.RawName{Surname: surname, Kind: kind}
		for _, g := range given {
			out.Given += g + " "
		}
		return out
	}
	r := identity.Raw{
		Names: []identity.RawName{name(n.Given, n.Surname, identity.NamePrimary)},
		Sex:   n.Sex, Births: []identity.RawBirth{{Value: n.DOB}},
	}
	for _, a := range n.Aliases {
		r.Names = append(r.Names, name(a.Given, a.Surname, identity.NameAlias))
	}
	for _, id := range n.Identifiers {
		r.Identifiers = append(r.Identifiers, identity.RawIdentifier{Kind: kinds[id.Kind], Platform: id.Platform, Value: id.Value})
	}
	for _, a := range n.Addresses {
		r.Postcodes = append(r.Postcodes, a.Postcode)
		r.Addresses = append(r.Addresses, a.Lines...)
	}
	return r
}

// The search that the documentation shows: a misspelt name and a date of birth find
// the hero's nominals in three forces before anybody else.
func TestHeroIsFound(t *testing.T) {
	x := identity.NewIndex()
	for i, n := range Generate(Options{Seed: 1}) {
		r, faults := identity.NewRecord(raw(n))
		if len(faults) > 0 {
			t.Errorf("%s: %v", n.Reference, faults)
		}
		x.Put(identity.ID{byte(i >> 8), byte(i)}, n.Force, r)
	}
	q, faults := identity.NewQuery(identity.Raw{
		Names:  []identity.RawName{{Given: HeroQuery.Given, Surname: HeroQuery.Surname}},
		Births: []identity.RawBirth{{Value: HeroQuery.DOB}},
	})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	result := x.Search(q, identity.Limits{})
	var forces []string
	for _, c := range result.Candidates[:min(3, len(result.Candidates))] {
		forces = append(forces, c.Force)
	}
	slices.Sort(forces)
	if !slices.Equal(forces, []string{"10", "33", "43"}) {
		t.Errorf("the first three candidates are of forces %v", forces)
	}
}

// What the search then shows of him, with the real keys: three victims, one of them
// known to two forces under two spellings.
func TestHeroPattern(t *testing.T) {
	ctx := context.Background()
	p := seal.DirProvider(filepath.Join(t.TempDir(), "keys"))
	if err := seal.Generate(ctx, p, "register.example/log"); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.Open(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	rules := conduct.NewRules(refdata.Default())
	var courses []conduct.Course
	for _, n := range Heroes()[:3] {
		for _, c := range n.Courses {
			courses = append(courses, mapped(t, rules, keys, n, c))
		}
	}
	got := rules.Summarise(courses)
	if got.Victims != (conduct.Range{Min: 3, Max: 3}) || got.Unresolved != 0 {
		t.Errorf("victims %v", got.Victims)
	}
	if got.Serial != (conduct.Finding{Level: conduct.Yes}) || got.SerialConvicted.Level != conduct.No ||
		got.Repeat.Level != conduct.Yes || got.CrossForce.Level != conduct.Yes {
		t.Errorf("tiers: %+v", got)
	}
	if got.First.String() != "2022-02" || got.Last.String() != "2026-01" || got.Incidents != 9 || got.Associated.String() != "fewer than 3" {
		t.Errorf("pattern: %+v", got)
	}
	if len(got.Warnings) == 0 || got.Warnings[0].Code != "THREATS_TO_KILL" || got.Warnings[0].Convicted {
		t.Errorf("warnings %v", got.Warnings)
	}
}

// Over the whole set, counting victims by tokens gives what is true.
func TestVictimsAreCountedRightly(t *testing.T) {
	ctx := context.Background()
	p := seal.DirProvider(filepath.Join(t.TempDir(), "keys"))
	if err := seal.Generate(ctx, p, "register.example/log"); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.Open(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	rules := conduct.NewRules(refdata.Default())
	courses, truth := map[int][]conduct.Course{}, map[int]map[int]bool{}
	for _, n := range Generate(Options{Seed: 9}) {
		for _, c := range n.Courses {
			m := mapped(t, rules, keys, n, c)
			if rules.Counts(m) {
				courses[n.Person] = append(courses[n.Person], m)
				if truth[n.Person] == nil {
					truth[n.Person] = map[int]bool{}
				}
				truth[n.Person][c.Principal.Person] = true
			}
		}
	}
	exact := 0
	for person, cs := range courses {
		n := len(truth[person])
		got := rules.Summarise(cs).Victims
		if got.Min > n || got.Max < n {
			t.Errorf("person %d has %d victims, counted as %v", person, n, got)
		}
		if got.Min == n && got.Max == n {
			exact++
		}
	}
	if share := float64(exact) / float64(len(courses)); share < 0.97 {
		t.Errorf("only %.1f%% of counts are exact", 100*share)
	}
}

func mapped(t *testing.T, rules *conduct.Rules, keys *seal.KeyRing, n Nominal, c Course) conduct.Course {
	t.Helper()
	out := conduct.Course{Force: n.Force, Principal: keys.VictimTokens(details(c.Principal)), Standing: c.Standing, Assessment: c.Assessment}
	for _, a := range c.Associated {
		out.Associated = append(out.Associated, victim.ForCompare(keys.VictimTokens(details(a))))
	}
	for _, i := range c.Incidents {
		day, err := conduct.ParseDay(i.Date)
		if err != nil {
			t.Fatal(err)
		}
		behaviours, unknown := rules.Behaviours(i.Behaviours...)
		if len(unknown) > 0 {
			t.Fatal(unknown)
		}
		out.Incidents = append(out.Incidents, conduct.Incident{Day: day, Behaviours: behaviours, Offences: append([]string{i.Offence}, i.Included...)})
	}
	return out
}
