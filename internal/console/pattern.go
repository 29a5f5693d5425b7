package console

import (
	"fmt"
	"slices"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

func (w *words) contacts(contacts []*registerv1.ForceContact) []contactView {
	var out []contactView
	for _, k := range contacts {
		out = append(out, contactView{
			Force: w.force(k.GetForce()), Team: k.GetTeam(), Phone: k.GetPhone(), Email: k.GetEmail(), Hours: k.GetHours(), Code: strings.TrimPrefix(k.GetForce(), "forces/"),
		})
	}
	return out
}

// patternView is what a person is known to have done: in one line, then by count
// and period.
type patternView struct {
	Headline string // empty when nothing is recorded that he has done
	Facts    []asked
}

// pattern says what a person is known to have done.
func (w *words) pattern(p *registerv1.Pattern, records []*registerv1.ForceRecords) patternView {
	if p == nil {
		return patternView{}
	}
	out := patternView{Headline: headline(p)}
	add := func(what, value string) {
		if value != "" {
			out.Facts = append(out.Facts, asked{what, value})
		}
	}
	victims := howMany(p)
	switch n := p.GetVictimsUnresolved(); {
	case n == 1:
		victims += "; of 1 it is not known whether it is another"
	case n > 1:
		victims += fmt.Sprintf("; of %d it is not known whether they are others", n)
	}
	add("Victims", victims)
	if p.GetAssociatedVictims() != "" && p.GetAssociatedVictims() != "none" {
		add("Others harmed", sentenceCase(p.GetAssociatedVictims()))
	}
	var forces []string
	for _, r := range records {
		forces = append(forces, w.force(r.GetForce()))
	}
	add("Forces", list(forces))
	period := month(p.GetFirstMonth())
	if p.GetLastMonth() != p.GetFirstMonth() {
		period += " to " + month(p.GetLastMonth())
	}
	add("Period", period)
	if p.GetCourses() > 0 {
		add("Conduct", count(p.GetIncidents(), "incident", "incidents")+" in "+count(p.GetCourses(), "course of conduct", "courses of conduct"))
	}
	var standings []string
	for _, s := range p.GetStandings() {
		standings = append(standings, fmt.Sprintf("%d %s", s.GetCourses(), strings.ToLower(w.standing(s.GetStanding()))))
	}
	add("Standing", strings.Join(standings, ", "))
	return out
}

// howMany is the number of different victims, as far as they can be told apart.
func howMany(p *registerv1.Pattern) string {
	if p.GetVictimsMax() > p.GetVictimsMin() {
		return fmt.Sprintf("%d to %d", p.GetVictimsMin(), p.GetVictimsMax())
	}
	return fmt.Sprint(p.GetVictimsMin())
}

// headline says in one line what an officer must know of a person first: against how
// many, in how many forces, and on what footing.
func headline(p *registerv1.Pattern) string {
	if p.GetCourses() == 0 || p.GetVictimsMax() == 0 {
		return ""
	}
	against := howMany(p) + " different victims"
	if p.GetVictimsMax() <= 1 {
		against = count(p.GetIncidents(), "incident", "incidents") + ", 1 victim"
	}
	if n := len(p.GetForces()); n > 1 {
		against += fmt.Sprintf(", %d forces", n)
	}
	switch p.GetSerial() {
	case registerv1.SerialTier_SERIAL_TIER_CONVICTED:
		return "Serial, by conviction: " + against
	case registerv1.SerialTier_SERIAL_TIER_ALLEGED:
		return "Serial, alleged: " + against
	default:
	}
	if p.GetRepeat() {
		return "Repeat: " + against
	}
	return against
}

// criteria says what was searched by, and what was not.
func (w *words) criteria(k *registerv1.SearchCriteria) (by []asked, not []string) {
	add := func(what string, values ...string) {
		values = slices.DeleteFunc(values, func(s string) bool { return s == "" })
		if len(values) == 0 {
			not = append(not, strings.ToLower(what[:1])+what[1:])
			return
		}
		by = append(by, asked{what, strings.Join(values, ", ")})
	}
	var names, handles, identifiers []string
	for _, n := range k.GetNames() {
		names = append(names, personName(n))
	}
	for _, h := range k.GetHandles() {
		handles = append(handles, strings.TrimSpace(h.GetValue()+" "+h.GetPlatform()))
	}
	for _, i := range k.GetIdentifiers() {
		identifiers = append(identifiers, identifierTitle(i.GetKind())+" "+i.GetValue())
	}
	add("Name", names...)
	add("Date of birth", partialDate(k.GetBirthDate()))
	if k.GetSex() != registerv1.Sex_SEX_UNSPECIFIED {
		add("Sex", enum("SEX_", k.GetSex().String()))
	}
	add("Telephone number", k.GetPhones()...)
	add("E-mail address", k.GetEmails()...)
	add("User name online", handles...)
	add("Vehicle", k.GetVehicles()...)
	add("Postcode", k.GetPostcodes()...)
	add("Other identifier", identifiers...)
	return by, not
}

func identifierTitle(k registerv1.IdentifierKind) string {
	switch k {
	case registerv1.IdentifierKind_IDENTIFIER_KIND_PNC, registerv1.IdentifierKind_IDENTIFIER_KIND_CRO, registerv1.IdentifierKind_IDENTIFIER_KIND_ASN:
		return strings.TrimPrefix(k.String(), "IDENTIFIER_KIND_")
	case registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL:
		return "E-mail"
	case registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE:
		return "Telephone"
	case registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE:
		return "User name"
	default:
	}
	return enum("IDENTIFIER_KIND_", k.String())
}
