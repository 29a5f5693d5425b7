package service

import (
	"context"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/postgres"
)

// made is the reference of an incident, as the log knows a search that was made for it.
type made struct{ hmac, reference string }

// references are those of a course's incidents.
func (d *Deps) references(m *conduct.Matter) (out []made) {
	for _, r := range m.Reports {
		for _, sum := range d.referenceHMACs(m, r.Reference) {
			out = append(out, made{sum, r.Reference})
		}
	}
	return out
}

// referenceHMACs are the codes of a report's reference in each force that has owned
// the matter.
func (d *Deps) referenceHMACs(m *conduct.Matter, reference string) []string {
	if len(m.Owners) == 0 {
		return d.Keys.ReferenceHMACs(m.Force, reference)
	}
	var out []string
	for _, force := range m.Owners {
		out = append(out, d.Keys.ReferenceHMACs(force, reference)...)
	}
	return out
}

// sought is what a search is known by that found a person, or was made for one of his
// matters.
type sought struct {
	nominals []uuid.UUID
	hmacs    []string
	// references are those of his matters' incidents by their codes.
	references map[string]string
}

func soughtBy(nominals []uuid.UUID, courses []*opened) *sought {
	s := &sought{nominals: nominals, references: map[string]string{}}
	for _, o := range courses {
		for _, r := range o.references {
			if _, known := s.references[r.hmac]; !known {
				s.references[r.hmac] = r.reference
				s.hmacs = append(s.hmacs, r.hmac)
			}
		}
	}
	return s
}

// checks are the searches that found him, or that were made for one of his matters, as
// the log tells: the last two by each force, so that there is one beside that by which
// a reader came; the newest first. As they stand, searches must have been pulled.
func (s *sought) checks(ctx context.Context, d *Deps, asOf int64) ([]postgres.Check, error) {
	if asOf == asOfNow {
		return d.View.Checks(ctx, s.nominals, s.hmacs)
	}
	return d.View.ChecksAsOf(ctx, s.nominals, s.hmacs, asOf)
}

// of are searches as the rules take them.
func (s *sought) of(checks []postgres.Check) []conduct.Check {
	out := make([]conduct.Check, 0, len(checks))
	for _, c := range checks {
		out = append(out, conduct.Check{Force: c.Force, Time: c.Time, Reference: s.references[c.ReferenceHMAC]})
	}
	return out
}
