package service

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// recorded is what is recorded of a person, as each force that owns a nominal of his
// may see it.
type recorded struct {
	// nominals are those of each force, in order.
	nominals map[string][]identity.ID
	history  map[string]*conduct.History
	// persons are the person as formed from each force's first nominal.
	persons map[string]identity.Person
	// read are the records that were read, by id.
	read map[uuid.UUID]postgres.Current
}

// forces are those that own a nominal of the person, in order.
func (r *recorded) forces() []string { return sortedKeys(r.nominals) }

// own are a force's own nominals of the person, in order.
func (r *recorded) own(force string) []identity.ID { return r.nominals[force] }

// seenBy is the history as a force may see it.
func (r *recorded) seenBy(force string) *conduct.History {
	if h := r.history[force]; h != nil {
		return h
	}
	return &conduct.History{}
}

// records are the records of a force in the history, in order.
func (r *recorded) records(h *conduct.History, force string) []postgres.Record {
	var out []postgres.Record
	for id := range h.Owners() {
		if cur, ok := r.read[uuid.UUID(id)]; ok && cur.Record.Force == force {
			out = append(out, cur.Record)
		}
	}
	slices.SortFunc(out, func(a, b postgres.Record) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return out
}

// requires makes a change conflict with any other of what was read.
func (r *recorded) requires(changed uuid.UUID) []accesslog.Requirement {
	var out []accesslog.Requirement
	for id, cur := range r.read {
		if id != changed {
			out = append(out, accesslog.Requirement{Record: id, N: cur.Version.N})
		}
	}
	return out
}

// readHistory reads what is recorded of the person of a nominal. A SILENT nominal
// stands for itself alone, and in nobody else's history; of one that does not stand,
// nothing holds.
func (d *Deps) readHistory(ctx context.Context, nominal identity.ID) (*recorded, error) {
	out := &recorded{nominals: map[string][]identity.ID{}, history: map[string]*conduct.History{}, persons: map[string]identity.Person{}, read: map[uuid.UUID]postgres.Current{}}
	_, veiled := d.View.Veil(nominal)
	own, stands := d.View.Nominal(nominal)
	if !stands {
		for _, known := range d.View.DutiesOf(nominal) {
			if !veiled {
				out.nominals[known.Force] = []identity.ID{nominal}
			}
		}
		return out, nil
	}
	members := []identity.ID{nominal}
	if !veiled {
		members = d.View.Person(nominal).Members
	} else {
		out.nominals[own.Force] = members
	}
	for _, m := range members {
		if n, ok := d.View.Nominal(m); ok && !n.Silent() {
			out.nominals[n.Force] = append(out.nominals[n.Force], m)
		}
	}
	for force, ids := range out.nominals {
		slices.SortFunc(ids, func(a, b identity.ID) int { return bytes.Compare(a[:], b[:]) })
		person := identity.Person{Members: members, Confirmed: map[identity.ID]bool{nominal: true}}
		if !veiled {
			person = d.View.Person(ids[0])
		}
		h, read, err := d.history(ctx, force, person)
		if err != nil {
			return nil, err
		}
		out.history[force], out.persons[force] = h, person
		for _, cur := range read {
			out.read[cur.Record.ID] = cur
		}
	}
	return out, nil
}
