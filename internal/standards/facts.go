package standards

import (
	"bytes"
	"context"

	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/service"
	"github.com/perpetrator-register/register/internal/view"
)

// Facts implements register.v1.FactService.
type Facts struct {
	registerv1.UnimplementedFactServiceServer
	*service.Deps
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
	err = service.Retry(ctx, func() error {
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
		return c.Commit(ctx, service.OutcomeName(codes.OK), changes...)
	})
	return answer, err
}

// put makes the change that stores a fact; same is true when it is stored already.
func (s *Facts) put(ctx context.Context, force string, f *registerv1.Fact) (change accesslog.Change, same bool, err error) {
	return s.putUnder(ctx, force, service.FactKey(f), s.coded(force, f))
}

// putCollars makes the changes that say whose the collar numbers of a member of staff
// are, as far as they do not stand.
func (s *Facts) putCollars(ctx context.Context, force string, staff *registerv1.StaffFact) ([]accesslog.Change, error) {
	var out []accesslog.Change
	if staff.GetLeft() {
		return nil, nil
	}
	for _, number := range staff.GetCollarNumbers() {
		change, same, err := s.putUnder(ctx, force, service.CollarKey(number), &storev1.StoredFact{
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
	if stored.ContentHash, err = service.ContentHash(stored); err != nil {
		return change, false, err
	}
	hmacs := s.Keys.SourceHMACs(force, systemFacts, name, spaceFact)
	cur, found, err := s.BySource(ctx, hmacs)
	if err != nil {
		return change, false, err
	}
	if !found || cur.Wrapped == nil {
		if found {
			return change, false, service.ErrErased()
		}
		change, err = s.First(postgres.KindFact, force, hmacs[0], 1, stored)
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
	change, err = s.Next(cur, key, cur.Version.Revision+1, stored)
	return change, false, err
}

// factTerms are the terms of a person of whom a force tells.
func factTerms(p *registerv1.FactPerson) []service.Term {
	return service.TermsOf(service.MapFactPerson(p, "").Raw)
}

// sure are the kinds of terms that mean one person and hardly another.
func sure() []string {
	return []string{service.TermIdentity, identity.IdentifierPhone.String(), identity.IdentifierEmail.String()}
}

// coded is a fact as it is stored: people and references are codes.
func (s *Facts) coded(force string, f *registerv1.Fact) *storev1.StoredFact {
	switch v := f.GetFact().(type) {
	case *registerv1.Fact_Staff:
		terms := factTerms(v.Staff.GetPerson())
		out := &storev1.StoredStaff{
			Subject: v.Staff.GetSubject(), CollarNumbers: v.Staff.GetCollarNumbers(), Unit: v.Staff.GetUnit(), Left: v.Staff.GetLeft(),
			LineManager: v.Staff.GetLineManager(), ProfessionalStandards: v.Staff.GetProfessionalStandards(),
			Identity: s.CodesOf(terms, sure()...), Names: s.CodesOf(terms, service.TermName),
			Surnames: s.CodesOf(terms, service.TermSurname), Addresses: s.CodesOf(terms, service.TermPostcode),
		}
		for _, a := range v.Staff.GetAssociates() {
			out.Associates = append(out.Associates, s.CodesOf(factTerms(a), append(sure(), service.TermName)...)...)
		}
		return &storev1.StoredFact{Fact: &storev1.StoredFact_Staff{Staff: out}}
	case *registerv1.Fact_Case:
		out := &storev1.StoredCaseFact{
			References: s.Keys.ReferenceHMACs(force, v.Case.GetReference()), Incident: v.Case.GetIncident(),
			Allocated: v.Case.GetAllocated(), Parties: v.Case.GetParties(), OpenTime: v.Case.GetOpenTime(), CloseTime: v.Case.GetCloseTime(),
		}
		for _, p := range v.Case.GetPeople() {
			out.People = append(out.People, s.CodesOf(factTerms(p), append(sure(), service.TermName)...)...)
			out.Around = append(out.Around, s.CodesOf(factTerms(p), service.TermSurname, service.TermPostcode)...)
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
