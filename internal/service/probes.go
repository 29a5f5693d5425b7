package service

import (
	"github.com/google/uuid"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/identity"
)

// noteVictims notes when the criteria of a search are those of a victim, or of somebody
// who was harmed because of her, such as her mother: for the
// owner force's professional standards alone, as a SILENT record that was met. No
// answer tells that she came forward. It returns the courses of all that fit, for the
// sealed body.
func (s *Searches) noteVictims(c *call.Call, criteria *registerv1.SearchCriteria) (courses [][]byte) {
	tokens := victim.ForCompare(s.Keys.VictimTokens(criteriaDetails(criteria)))
	for i, m := range s.View.CoursesHarming(tokens) {
		courses = append(courses, m.Course.ID[:])
		if _, stands := s.View.Nominal(identity.ID(m.Course.Nominal)); stands && i < maxSameVictim {
			c.ShowSilent(uuid.UUID(m.Course.ID), m.Course.Force)
		}
	}
	return courses
}

// criteriaDetails are search criteria as if they were a victim's details.
func criteriaDetails(c *registerv1.SearchCriteria) victim.Details {
	v := &registerv1.Victim{Names: c.GetNames(), BirthDate: c.GetBirthDate(), Phones: c.GetPhones(), Emails: c.GetEmails()}
	for _, h := range c.GetHandles() {
		v.Handles = append(v.Handles, h.GetValue())
	}
	for _, p := range c.GetPostcodes() {
		v.Addresses = append(v.Addresses, &registerv1.Address{Postcode: p})
	}
	return VictimDetails(v)
}
