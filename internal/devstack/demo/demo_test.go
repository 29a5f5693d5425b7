package demo

import (
	"reflect"
	"slices"
	"testing"

	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/refdata"
)

func details(v Victim) victim.Details {
	return victim.Details{Given: v.Given, Surname: v.Surname, Former: v.Former, DOB: v.DOB,
		Phones: v.Phones, Emails: v.Emails, Postcodes: v.Postcodes, Handles: v.Handles}
}

func TestGenerateIsRepeatable(t *testing.T) {
	a, b := Generate(Options{Seed: 1}), Generate(Options{Seed: 1})
	if !reflect.DeepEqual(a, b) {
		t.Fatal("the same seed gives other data")
	}
	if reflect.DeepEqual(a, Generate(Options{Seed: 2})) {
		t.Fatal("another seed gives the same data")
	}
	if len(a) != 1000 || len(Generate(Options{Nominals: 50})) != 50 {
		t.Fatal("wrong number of nominals")
	}
}

func TestGeneratedDataAreBelievable(t *testing.T) {
	nominals := Generate(Options{Seed: 7, Nominals: 2000})
	forces, references, restricted := map[string]int{}, map[string]bool{}, map[string]int{}
	persons := map[int]map[string]bool{}
	victimsOf := map[int]map[int]bool{}
	standings := map[string]int{}
	for _, n := range nominals {
		forces[n.Force]++
		if n.Restriction != "" {
			restricted[n.Restriction]++
		}
		if key := n.Force + n.System + n.Reference; references[key] {
			t.Errorf("reference %s twice", key)
		} else {
			references[key] = true
		}
		if persons[n.Person] == nil {
			persons[n.Person], victimsOf[n.Person] = map[string]bool{}, map[int]bool{}
		}
		persons[n.Person][n.Force] = true
		if len(n.Courses) == 0 {
			t.Errorf("%s has no course", n.Reference)
		}
		for _, c := range n.Courses {
			victimsOf[n.Person][c.Principal.Person] = true
			standings[c.Standing]++
			if len(c.Incidents) == 0 {
				t.Errorf("course %s has no incident", c.Reference)
			}
		}
	}
	several, serial := 0, 0
	for p := range persons {
		if len(persons[p]) > 1 {
			several++
		}
		if len(victimsOf[p]) > 1 {
			serial++
		}
	}
	if len(forces) != 43 {
		t.Errorf("%d forces, want 43", len(forces))
	}
	if several < 100 || serial < 200 {
		t.Errorf("%d persons in several forces, %d with several victims", several, serial)
	}
	for _, r := range []string{"SILENT", "CONTACT", "SAFETY"} {
		if restricted[r] < 2 || restricted[r] > 40 {
			t.Errorf("%d records are %s", restricted[r], r)
		}
	}
	for _, s := range refdata.Default().Standings() {
		if standings[s.Code] == 0 {
			t.Errorf("no course is %s", s.Code)
		}
	}
}

// Every code and every field must pass the register's own checks: the demonstration
// loads through the same door as real data.
func TestGeneratedDataAreValid(t *testing.T) {
	data := refdata.Default()
	nominals := Generate(Options{Seed: 3, Nominals: 1000})
	for _, n := range nominals {
		fault := func(what, value string) { t.Errorf("%s/%s: %s %q", n.Force, n.Reference, what, value) }
		if f, ok := data.Force(n.Force); !ok || f.Kind != "territorial" {
			fault("force", n.Force)
		}
		for l, code := range map[refdata.List]string{refdata.Sexes: n.Sex, refdata.Ethnicities: n.Ethnicity} {
			if !data.Has(l, code) {
				fault(string(l), code)
			}
		}
		if n.Restriction != "" && !data.Has(refdata.Restrictions, n.Restriction) {
			fault("restriction", n.Restriction)
		}
		for _, name := range append(slices.Clone(n.Given), n.Surname) {
			if _, err := identity.NormaliseName(name); err != nil {
				fault("name", name)
			}
		}
		if _, err := identity.NormaliseBirth(n.DOB); err != nil {
			fault("date of birth", n.DOB)
		}
		for _, id := range n.Identifiers {
			if !validIdentifier(id) {
				fault(id.Kind, id.Value)
			}
		}
		for _, a := range n.Addresses {
			if _, err := identity.NormalisePostcode(a.Postcode); err != nil {
				fault("postcode", a.Postcode)
			}
		}
		for _, c := range n.Courses {
			checkCourse(t, data, c)
		}
	}
}

func validIdentifier(id Identifier) bool {
	var err error
	switch id.Kind {
	case "PHONE":
		_, err = identity.NormalisePhone(id.Value)
	case "EMAIL":
		_, err = identity.NormaliseEmail(id.Value)
	case "HANDLE":
		_, err = identity.NormaliseHandle(id.Platform, id.Value)
	case "VEHICLE":
		_, err = identity.NormaliseVehicle(id.Value)
	case "PNC_ID":
		_, err = identity.NormalisePNC(id.Value)
	case "CRO":
		_, err = identity.NormaliseCRO(id.Value)
	default:
		return false
	}
	return err == nil
}

func checkCourse(t *testing.T, data *refdata.Set, c Course) {
	t.Helper()
	for l, code := range map[refdata.List]string{refdata.Relationships: c.Relationship, refdata.Motivations: c.Motivation,
		refdata.Sources: c.Source, refdata.Handlings: c.Handling} {
		if !data.Has(l, code) {
			t.Errorf("%s: %s %q", c.Reference, l, code)
		}
	}
	if _, ok := data.Standing(c.Standing); !ok {
		t.Errorf("standing %q", c.Standing)
	}
	if _, ok := data.Assessment(c.Assessment); !ok {
		t.Errorf("assessment %q", c.Assessment)
	}
	for _, i := range c.Incidents {
		for _, code := range append([]string{i.Offence}, i.Included...) {
			if o, ok := data.Offence(code); !ok || !o.InForce(i.Date) {
				t.Errorf("offence %q is not in force on %s", code, i.Date)
			}
		}
		for _, code := range i.Behaviours {
			if _, ok := data.Behaviour(code); !ok {
				t.Errorf("behaviour %q", code)
			}
		}
		if i.Date > today.Format("2006-01-02") || i.Date < "2015" {
			t.Errorf("date %s", i.Date)
		}
		for _, v := range append([]Victim{c.Principal}, c.Associated...) {
			if m := victim.Mentions(i.Summary, details(v)); m != nil {
				t.Errorf("%q mentions the %s of its victim", i.Summary, m)
			}
		}
	}
}

func TestHeroes(t *testing.T) {
	h := Heroes()
	if got := []string{h[0].Force, h[1].Force, h[2].Force}; !slices.Equal(got, []string{"33", "10", "43"}) {
		t.Errorf("forces of the first hero: %v", got)
	}
	victims := map[int]bool{}
	for _, n := range h[:3] {
		if n.Person != 0 || n.DOB != HeroQuery.DOB {
			t.Error("the first three are not one person")
		}
		for _, c := range n.Courses {
			victims[c.Principal.Person] = true
		}
	}
	if len(victims) != 3 {
		t.Errorf("%d victims, want 3", len(victims))
	}
	for i, want := range []string{"SILENT", "CONTACT", "SAFETY"} {
		if h[3+i].Restriction != want {
			t.Errorf("hero %d is %q, want %s", 3+i, h[3+i].Restriction, want)
		}
	}
	for _, n := range h {
		for _, id := range n.Identifiers {
			if !validIdentifier(id) {
				t.Errorf("%s %q", id.Kind, id.Value)
			}
		}
		for _, c := range n.Courses {
			checkCourse(t, refdata.Default(), c)
		}
	}
	// Nobody in the generated set happens to be called like a hero.
	for _, n := range Generate(Options{Seed: 1, Nominals: 1500})[len(h):] {
		if n.Surname == h[0].Surname && n.DOB == h[0].DOB {
			t.Error("a generated person looks like the hero")
		}
	}
}

func TestPeople(t *testing.T) {
	const n = 40_000
	surnames := map[string]int{}
	again, households, homes := 0, map[string]int{}, map[string]map[int]bool{}
	lastPerson := -1
	count := 0
	var first []Nominal
	for p := range People(n, 11) {
		if count < 50 {
			first = append(first, p)
		}
		count++
		surnames[p.Surname]++
		households[p.Surname+p.DOB+p.Addresses[0].Postcode+p.Addresses[0].Lines[0]]++
		home := p.Addresses[0].Postcode + p.Addresses[0].Lines[0]
		if homes[home] == nil {
			homes[home] = map[int]bool{}
		}
		homes[home][p.Person] = true
		if p.Person == lastPerson {
			again++
		}
		lastPerson = p.Person
	}
	if count != n {
		t.Fatalf("%d people, want %d", count, n)
	}
	if share := float64(surnames["Smith"]) / n; share < 0.01 || share > 0.03 {
		t.Errorf("Smith is %.2f%%", 100*share)
	}
	if len(surnames) < 5000 {
		t.Errorf("only %d surnames", len(surnames))
	}
	rare := 0
	for _, k := range surnames {
		if k <= 3 {
			rare += k
		}
	}
	if share := float64(rare) / n; share < 0.05 {
		t.Errorf("only %.1f%% have a rare surname", 100*share)
	}
	twins := 0
	for _, k := range households {
		if k > 1 {
			twins++
		}
	}
	if again < n/20 || twins < n/500 {
		t.Errorf("%d again in another force, %d twins or doubles", again, twins)
	}
	shared := 0
	for _, persons := range homes {
		if len(persons) > 1 {
			shared++
		}
	}
	if shared < n/40 {
		t.Errorf("only %d homes of several people", shared)
	}
	var prefix []Nominal
	for p := range People(50, 11) {
		prefix = append(prefix, p)
	}
	if !reflect.DeepEqual(first, prefix) {
		t.Error("a shorter run is not the beginning of a longer one")
	}
	for range People(1000, 1) {
		break // stopping early must not panic
	}
}

func BenchmarkPeople(b *testing.B) {
	for range People(b.N, 1) {
		continue
	}
}
