package service

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/lately"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Checked keeps the searches that found a person who was looked at lately, up to an
// index of the log: what was logged since is all that must be read. The log does not
// change, so neither do they.
type Checked = lately.Store[checkedKey, checkedUpTo]

// checkedKey is the hash of the nominals and references that were asked for.
type checkedKey [sha256.Size]byte

// checkedUpTo are the searches up to an index of the log, the newest first.
type checkedUpTo struct {
	head   int64
	checks []postgres.Check
}

// NewChecked makes an empty store.
func NewChecked() *Checked { return lately.New[checkedKey, checkedUpTo](16<<20, 10*time.Minute) }

// checkedBytes is how much memory one search takes, about.
const checkedBytes = 160

// made is the reference of an incident as the log knows a search that was made for it.
type made struct{ hmac, reference string }

// references are those of a course's incidents.
func (d *Deps) references(m *conduct.Matter) (out []made) {
	for _, r := range m.Reports {
		for _, sum := range d.Keys.ReferenceHMACs(m.Force, r.Reference) {
			out = append(out, made{sum, r.Reference})
		}
	}
	return out
}

// addChecks adds the searches that found him, or that were made for one of his
// matters, as the log tells.
func (d *Deps) addChecks(ctx context.Context, h *history, nominals []uuid.UUID, asOf int64) error {
	references := map[string]string{}
	var hmacs []string
	for _, o := range h.courses {
		for _, r := range o.references {
			if _, known := references[r.hmac]; !known {
				references[r.hmac] = r.reference
				hmacs = append(hmacs, r.hmac)
			}
		}
	}
	var err error
	if asOf != asOfNow {
		h.checks, _, err = d.DB.Checks(ctx, nominals, hmacs, -1, asOf)
	} else {
		h.checks, err = d.checks(ctx, nominals, hmacs)
	}
	if err != nil {
		return err
	}
	for _, c := range h.checks {
		h.Checks = append(h.Checks, conduct.Check{Force: c.Force, Time: c.Time, Reference: references[c.ReferenceHMAC]})
	}
	return nil
}

// checks are the last searches that showed one of the nominals, or that were made for
// one of the references, the newest first. The list is shared.
func (d *Deps) checks(ctx context.Context, nominals []uuid.UUID, hmacs []string) ([]postgres.Check, error) {
	key := keyOf(nominals, hmacs)
	known, ok := d.Checked.Get(key)
	if !ok {
		known.head = -1
	}
	checks, head, err := d.DB.Checks(ctx, nominals, hmacs, known.head, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	checks = append(checks, known.checks...)
	checks = checks[:min(len(checks), postgres.MaxChecks)]
	d.Checked.Put(key, checkedUpTo{head, checks}, (1+len(checks))*checkedBytes)
	return checks, nil
}

// keyOf is the same for the same nominals and references in any order.
func keyOf(nominals []uuid.UUID, hmacs []string) checkedKey {
	of := make([]byte, 0, 16*len(nominals)+24*len(hmacs))
	for _, id := range slices.SortedFunc(slices.Values(nominals), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }) {
		of = append(of, id[:]...)
	}
	for _, h := range slices.Sorted(slices.Values(hmacs)) {
		of = append(append(of, h...), '\n')
	}
	return sha256.Sum256(of)
}
