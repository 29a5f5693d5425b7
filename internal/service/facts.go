package service

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// Facts implements register.v1.FactService.
type Facts struct {
	registerv1.UnimplementedFactServiceServer
	*Deps
}

const (
	systemFacts = "facts" // source system of facts
	spaceFact   = "fact"
	putFacts    = "FactService.PutFacts"
)

// PutFacts implements the RPC.
func (s *Facts) PutFacts(ctx context.Context, req *registerv1.PutFactsRequest) (answer *registerv1.PutFactsResponse, err error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	err = retry(ctx, func() error {
		answer = &registerv1.PutFactsResponse{}
		c.Afresh()
		var changes []accesslog.Change
		for _, f := range req.GetFacts() {
			change, same, err := s.put(ctx, force, f)
			if err != nil {
				return err
			}
			c.Show(change.Record.ID, force)
			if same {
				answer.Unchanged++
			} else {
				answer.Stored++
				changes = append(changes, change)
			}
			numbers, err := s.putCollars(ctx, force, f.GetStaff())
			if err != nil {
				return err
			}
			changes = append(changes, numbers...)
		}
		if len(changes) == 0 {
			return nil // the chain makes the entry
		}
		return c.Commit(ctx, OutcomeName(codes.OK), changes...)
	})
	return answer, err
}

// put makes the change that stores a fact; same is true when it is stored already.
func (s *Facts) put(ctx context.Context, force string, f *registerv1.Fact) (change accesslog.Change, same bool, err error) {
	return s.putUnder(ctx, force, factKey(f), s.coded(force, f))
}

// putCollars makes the changes that say whose the collar numbers of a member of staff
// are, as far as they do not stand.
func (s *Facts) putCollars(ctx context.Context, force string, staff *registerv1.StaffFact) ([]accesslog.Change, error) {
	var out []accesslog.Change
	if staff.GetLeft() {
		return nil, nil
	}
	for _, number := range staff.GetCollarNumbers() {
		change, same, err := s.putUnder(ctx, force, collarKey(number), &storev1.StoredFact{
			Fact: &storev1.StoredFact_Collar{Collar: &storev1.StoredCollar{Subject: staff.GetSubject()}},
		})
		if err != nil {
			return nil, err
		}
		if !same {
			out = append(out, change)
		}
	}
	return out, nil
}

// putUnder makes the change that stores a fact under its key.
func (s *Facts) putUnder(ctx context.Context, force, name string, stored *storev1.StoredFact) (change accesslog.Change, same bool, err error) {
	if stored.ContentHash, err = contentHash(stored); err != nil {
		return change, false, err
	}
	hmacs := s.Keys.SourceHMACs(force, systemFacts, name, spaceFact)
	cur, found, err := s.bySource(ctx, hmacs)
	if err != nil {
		return change, false, err
	}
	if !found || cur.Wrapped == nil {
		if found {
			return change, false, errErased()
		}
		change, err = s.first(postgres.KindFact, force, hmacs[0], 1, stored)
		return change, false, err
	}
	var before storev1.StoredFact
	key, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &before)
	if err != nil {
		return change, false, err
	}
	if bytes.Equal(before.GetContentHash(), stored.GetContentHash()) {
		return accesslog.Change{Record: cur.Record}, true, nil
	}
	change, err = s.next(cur, key, cur.Version.Revision+1, stored)
	return change, false, err
}

// factKey names what a fact is about, within its force.
func factKey(f *registerv1.Fact) string {
	switch v := f.GetFact().(type) {
	case *registerv1.Fact_Staff:
		return staffKey(v.Staff.GetSubject())
	case *registerv1.Fact_Case:
		return "case|" + v.Case.GetReference()
	case *registerv1.Fact_Roster:
		return "roster|" + v.Roster.GetSubject() + "|" + v.Roster.GetFirstDay().AsTime().Format(time.DateOnly)
	}
	return ""
}

func staffKey(subject string) string { return "staff|" + subject }

func collarKey(number string) string { return "collar|" + number }

// factTerms are the terms of a person of whom a force tells.
func factTerms(p *registerv1.FactPerson) []term {
	return termsOf(mapFactPerson(p, "").Raw)
}

func mapFactPerson(p *registerv1.FactPerson, prefix string) *view.Mapped {
	return view.MapCriteria(&registerv1.SearchCriteria{
		Names: p.GetNames(), BirthDate: p.GetBirthDate(), Phones: p.GetPhones(), Emails: p.GetEmails(), Postcodes: p.GetPostcodes(),
	}, prefix)
}

// sure are the kinds of terms that mean one person and hardly another.
func sure() []string {
	return []string{termIdentity, identity.IdentifierPhone.String(), identity.IdentifierEmail.String()}
}

// coded is a fact as it is stored: people and references are codes.
func (s *Facts) coded(force string, f *registerv1.Fact) *storev1.StoredFact {
	switch v := f.GetFact().(type) {
	case *registerv1.Fact_Staff:
		terms := factTerms(v.Staff.GetPerson())
		out := &storev1.StoredStaff{
			Subject: v.Staff.GetSubject(), CollarNumbers: v.Staff.GetCollarNumbers(), Unit: v.Staff.GetUnit(), Left: v.Staff.GetLeft(),
			LineManager: v.Staff.GetLineManager(), ProfessionalStandards: v.Staff.GetProfessionalStandards(),
			Identity: s.codesOf(terms, sure()...), Names: s.codesOf(terms, termName),
			Surnames: s.codesOf(terms, termSurname), Addresses: s.codesOf(terms, termPostcode),
		}
		for _, a := range v.Staff.GetAssociates() {
			out.Associates = append(out.Associates, s.codesOf(factTerms(a), append(sure(), termName)...)...)
		}
		return &storev1.StoredFact{Fact: &storev1.StoredFact_Staff{Staff: out}}
	case *registerv1.Fact_Case:
		out := &storev1.StoredCaseFact{
			References: s.Keys.ReferenceHMACs(force, v.Case.GetReference()), Incident: v.Case.GetIncident(),
			Allocated: v.Case.GetAllocated(), Parties: v.Case.GetParties(), OpenTime: v.Case.GetOpenTime(), CloseTime: v.Case.GetCloseTime(),
		}
		for _, p := range v.Case.GetPeople() {
			out.People = append(out.People, s.codesOf(factTerms(p), append(sure(), termName)...)...)
			out.Around = append(out.Around, s.codesOf(factTerms(p), termSurname, termPostcode)...)
		}
		return &storev1.StoredFact{Fact: &storev1.StoredFact_Case{Case: out}}
	case *registerv1.Fact_Roster:
		out := &storev1.StoredRoster{Subject: v.Roster.GetSubject(), FirstDay: v.Roster.GetFirstDay(), Days: v.Roster.GetDays()}
		for _, shift := range v.Roster.GetShifts() {
			out.Starts, out.Ends = append(out.Starts, shift.GetStartTime()), append(out.Ends, shift.GetEndTime())
		}
		return &storev1.StoredFact{Fact: &storev1.StoredFact_Roster{Roster: out}}
	}
	return &storev1.StoredFact{}
}

// facts checks a batch of facts: every fault is named.
func (c *Checker) facts(r *registerv1.PutFactsRequest) []Violation {
	out := c.force(r.GetParent(), "parent")
	seen := map[string]bool{}
	for i, f := range r.GetFacts() {
		path := fmt.Sprintf("facts[%d]", i)
		if key := factKey(f); key != "" {
			if seen[key] {
				out = append(out, Violation{path, "is about the same thing as one before it in this batch"})
			}
			seen[key] = true
		}
		switch v := f.GetFact().(type) {
		case *registerv1.Fact_Staff:
			out = append(out, factPersonFaults(v.Staff.GetPerson(), path+".staff.person")...)
			for j, number := range v.Staff.GetCollarNumbers() {
				if key := collarKey(number); seen[key] {
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
	mapped := mapFactPerson(p, path)
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
