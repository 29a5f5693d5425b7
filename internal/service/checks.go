package service

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/postgres"
)

// maxKnownChecks bounds the nominals whose searches a replica remembers, a few hundred
// bytes each.
const maxKnownChecks = 20000

// knownChecks remembers, of nominals whose history was read, which searches found them,
// and up to which entry of the log that is known. The log only grows, so that what is
// known stays true, and only what came since need be read: a nominal may have a hundred
// thousand entries. The zero value is empty and ready.
type knownChecks struct {
	mu sync.Mutex
	of map[uuid.UUID]checksOf
}

// checksOf are the last two searches by each force that found a nominal, up to an entry.
// The list is never changed.
type checksOf struct {
	until int64
	last  []postgres.Check
}

// get returns what is known of nominals, in their order.
func (k *knownChecks) get(ids []uuid.UUID) []checksOf {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]checksOf, len(ids))
	for i, id := range ids {
		had, ok := k.of[id]
		if !ok {
			had.until = -1
		}
		out[i] = had
	}
	return out
}

// put keeps what is now known of a nominal.
func (k *knownChecks) put(id uuid.UUID, now checksOf) {
	k.mu.Lock()
	defer k.mu.Unlock()
	had, ok := k.of[id]
	if ok && had.until >= now.until {
		return
	}
	if k.of == nil {
		k.of = map[uuid.UUID]checksOf{}
	}
	if !ok && len(k.of) >= maxKnownChecks {
		for some := range k.of { // any: it is only read again
			delete(k.of, some)
			break
		}
	}
	k.of[id] = now
}

// lastOfForces keeps of searches the newest two by each force, the newest first.
func lastOfForces(all []postgres.Check) []postgres.Check {
	slices.SortFunc(all, func(a, b postgres.Check) int { return cmp.Compare(b.Index, a.Index) })
	all = slices.CompactFunc(all, func(a, b postgres.Check) bool { return a.Index == b.Index })
	n := map[string]int{}
	return slices.DeleteFunc(all, func(c postgres.Check) bool { n[c.Force]++; return n[c.Force] > 2 })
}

// addChecks adds the searches that found him, or that were made for one of his matters,
// as the log tells: the last two by each force, so that there is one beside that by which
// a reader came.
func (d *Deps) addChecks(ctx context.Context, h *history, nominals []uuid.UUID, asOf int64) error {
	references := map[string]string{}
	var hmacs []string
	for i := range h.Matters {
		m := &h.Matters[i]
		for _, r := range m.Reports {
			for _, sum := range d.referenceHMACs(m, r.Reference) {
				if _, known := references[sum]; !known {
					references[sum] = r.Reference
					hmacs = append(hmacs, sum)
				}
			}
		}
	}
	found, err := d.searchesOf(ctx, nominals, hmacs, asOf)
	if err != nil {
		return err
	}
	h.checks = found
	for _, c := range h.checks {
		h.Checks = append(h.Checks, conduct.Check{Force: c.Force, Time: c.Time, Reference: references[c.ReferenceHMAC]})
	}
	return nil
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

// searchesOf reads the searches that found one of the nominals or were made for one of
// the references, the newest first.
func (d *Deps) searchesOf(ctx context.Context, nominals []uuid.UUID, hmacs []string, asOf int64) ([]postgres.Check, error) {
	until, known := asOf, make([]checksOf, len(nominals))
	for i := range known {
		known[i].until = -1
	}
	if asOf == asOfNow {
		until, known = int64(1)<<62, d.checks.get(nominals)
	}
	after := make([]int64, len(nominals))
	at := map[uuid.UUID]int{}
	for i, id := range nominals {
		after[i], at[id] = known[i].until, i
	}
	rows, err := d.DB.Checks(ctx, nominals, after, hmacs, until)
	if err != nil {
		return nil, err
	}
	var out []postgres.Check
	fresh := make([][]postgres.Check, len(nominals))
	for _, row := range rows {
		if !row.Record.Valid {
			out = append(out, row.Check)
			continue
		}
		i := at[row.Record.UUID]
		known[i].until = max(known[i].until, row.Index)
		if row.Search {
			fresh[i] = append(fresh[i], row.Check)
		}
	}
	for i, id := range nominals {
		if len(fresh[i]) > 0 {
			known[i].last = lastOfForces(slices.Concat(fresh[i], known[i].last))
		}
		if asOf == asOfNow && known[i].until > after[i] {
			d.checks.put(id, known[i])
		}
		out = append(out, known[i].last...)
	}
	slices.SortFunc(out, func(a, b postgres.Check) int { return cmp.Compare(b.Index, a.Index) })
	return slices.CompactFunc(out, func(a, b postgres.Check) bool { return a.Index == b.Index }), nil
}
