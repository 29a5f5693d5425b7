package service

import (
	"fmt"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/view"
)

// facts checks a batch of facts: every fault is named.
func (c *Checker) facts(r *registerv1.PutFactsRequest) []Violation {
	out := c.force(r.GetParent(), "parent")
	seen := map[string]bool{}
	for i, f := range r.GetFacts() {
		path := fmt.Sprintf("facts[%d]", i)
		if key := FactKey(f); key != "" {
			if seen[key] {
				out = append(out, Violation{path, "is about the same thing as one before it in this batch"})
			}
			seen[key] = true
		}
		switch v := f.GetFact().(type) {
		case *registerv1.Fact_Staff:
			out = append(out, factPersonFaults(v.Staff.GetPerson(), path+".staff.person")...)
			for j, number := range v.Staff.GetCollarNumbers() {
				if key := CollarKey(number); seen[key] {
					out = append(out, Violation{fmt.Sprintf("%s.staff.collar_numbers[%d]", path, j), "is told of somebody before in this batch"})
				} else {
					seen[key] = true
				}
			}
			for j, a := range v.Staff.GetAssociates() {
				out = append(out, factPersonFaults(a, fmt.Sprintf("%s.staff.associates[%d]", path, j))...)
			}
		case *registerv1.Fact_Case:
			if v.Case.GetCloseTime() != nil && v.Case.GetCloseTime().AsTime().Before(v.Case.GetOpenTime().AsTime()) {
				out = append(out, Violation{path + ".case.close_time", "must not be before `open_time`"})
			}
			for j, p := range v.Case.GetPeople() {
				out = append(out, factPersonFaults(p, fmt.Sprintf("%s.case.people[%d]", path, j))...)
			}
		case *registerv1.Fact_Roster:
			out = append(out, rosterFaults(v.Roster, path+".roster")...)
		}
	}
	return out
}

func factPersonFaults(p *registerv1.FactPerson, path string) []Violation {
	if p == nil {
		return nil
	}
	var out []Violation
	mapped := MapFactPerson(p, path)
	_, faults := identity.NewRecord(mapped.Raw)
	for _, f := range faults {
		out = append(out, Violation{mapped.Path(f.Field), f.Message})
	}
	return out
}

func rosterFaults(r *registerv1.RosterFact, path string) []Violation {
	var out []Violation
	first := r.GetFirstDay().AsTime()
	if r.GetFirstDay() != nil && !first.Equal(first.Truncate(24*time.Hour)) {
		out = append(out, Violation{path + ".first_day", "must be 00:00 UTC of a day"})
	}
	end := first.AddDate(0, 0, int(r.GetDays()))
	for i, s := range r.GetShifts() {
		from, until := s.GetStartTime().AsTime(), s.GetEndTime().AsTime()
		at := fmt.Sprintf("%s.shifts[%d]", path, i)
		if from.Before(first) || !from.Before(end) {
			out = append(out, Violation{at + ".start_time", "must be on one of the days told of"})
		}
		if !until.After(from) || until.Sub(from) > 24*time.Hour {
			out = append(out, Violation{at + ".end_time", "must be after `start_time`, by 24 hours at most"})
		}
	}
	return out
}

// FactKey names what a fact is about, within its force.
func FactKey(f *registerv1.Fact) string {
	switch v := f.GetFact().(type) {
	case *registerv1.Fact_Staff:
		return StaffKey(v.Staff.GetSubject())
	case *registerv1.Fact_Case:
		return "case|" + v.Case.GetReference()
	case *registerv1.Fact_Roster:
		return "roster|" + v.Roster.GetSubject() + "|" + v.Roster.GetFirstDay().AsTime().Format(time.DateOnly)
	}
	return ""
}

// StaffKey is the key of what is told of a member of staff.
func StaffKey(subject string) string { return "staff|" + subject }

// CollarKey is the key of whose a collar number is.
func CollarKey(number string) string { return "collar|" + number }

// MapFactPerson reads a person of whom a force tells; prefix is where the fields of
// faults begin.
func MapFactPerson(p *registerv1.FactPerson, prefix string) *view.Mapped {
	return view.MapCriteria(&registerv1.SearchCriteria{
		Names: p.GetNames(), BirthDate: p.GetBirthDate(), Phones: p.GetPhones(), Emails: p.GetEmails(), Postcodes: p.GetPostcodes(),
	}, prefix)
}
