package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
)

// The log of a national year: who calls, how often, about what.
const (
	entryForces  = 43
	entryUsers   = 20_000
	entryRecords = 1_000_000
	entryBatch   = 64     // entries of one time, with one checkpoint
	entryCopy    = 65_536 // entries copied together
)

// year is the time that the entries are spread over.
const year = 365 * 24 * time.Hour

// invented makes the entries of a year.
type invented struct {
	random  *mathrand.Rand
	records []uuid.UUID
	sealed  []byte
	refs    int // how many references there are
}

func newInvented(seed uint64, entries int) *invented {
	v := &invented{random: mathrand.New(mathrand.NewPCG(seed, 7)), refs: entries/4 + 1} //nolint:gosec // a benchmark's
	for range entryRecords {
		var id uuid.UUID
		for i := range id {
			id[i] = byte(v.random.Uint32()) //nolint:gosec // a byte of it
		}
		v.records = append(v.records, id)
	}
	v.sealed = make([]byte, sealedBytes)
	_, _ = rand.Read(v.sealed) // never fails
	return v
}

// skewed is a number below n; small ones are frequent.
func (v *invented) skewed(n int) int {
	return int(math.Pow(v.random.Float64(), 3) * float64(n))
}

// userName is the account and the force of the caller of that number, below entryUsers.
func userName(n int) (subject, force string) {
	force = fmt.Sprintf("%02d", n%entryForces+1)
	return fmt.Sprintf("https://sign-in-%s.example#%06d", force, n), force
}

func referenceCode(n int) string { return fmt.Sprintf("1:%016x", uint64(n)*0x9E3779B97F4A7C15) } //nolint:gosec // a code

// entry makes one entry: three of five are searches, one in a hundred is refused.
func (v *invented) entry(at time.Time) *accesslog.Pending {
	n := v.skewed(entryUsers)
	subject, force := userName(n)
	p := entry(v.sealed, 0)
	m := &p.Entry
	var id uuid.UUID
	for i := range id {
		id[i] = byte(v.random.Uint32()) //nolint:gosec // a byte of it
	}
	binary.BigEndian.PutUint64(id[:], uint64(at.UnixMilli())<<16|0x7000|uint64(v.random.IntN(1<<12))) //nolint:gosec // as UUIDs of version 7 begin
	m.ID = id
	m.Actor.Sub, m.Actor.Force, m.Actor.Collar = subject, force, fmt.Sprint(1000+n)
	m.Reason = []string{"CRIME_INVESTIGATION", "CRIME_INVESTIGATION", "SAFEGUARDING", "INTELLIGENCE", "OTHER"}[v.random.IntN(5)]
	m.ReferenceHMAC, m.ResultCount = referenceCode(v.random.IntN(v.refs)), 0
	shown := v.random.IntN(3)
	switch kind := v.random.IntN(100); {
	case kind < 60:
	case kind < 80:
		m.Method, m.Reason, m.ReferenceHMAC, m.Terms, p.Body, shown = "SearchService.GetCandidate", "", "", nil, nil, 1
	case kind < 99:
		m.Method, m.Reason, m.ReferenceHMAC, m.Terms, p.Body, shown = "AlertService.ListAlerts", "", "", nil, nil, v.random.IntN(2)
	default:
		m.Method, m.Outcome, m.Decision.Effect, m.ReferenceHMAC, m.Terms, p.Body, shown = "NominalService.GetNominal", "PERMISSION_DENIED", accesslog.Deny, "", nil, nil, 0
	}
	if p.Body != nil {
		p.Body.SearchID = uuid.NullUUID{UUID: id, Valid: true}
	}
	for range shown {
		r := v.records[v.skewed(len(v.records))]
		m.ResultCount++
		m.Results = append(m.Results, r)
		p.Touches = append(p.Touches, postgres.Touch{Record: r, Force: fmt.Sprintf("%02d", int(r[0])%entryForces+1)})
	}
	return p
}

// fillLog writes a whole log by COPY: the writer's own bytes, hashes, tiles and
// checkpoints, past its transactions.
func (r *run) fillLog(ctx context.Context, owner string, entries int) (*invented, error) {
	keys, err := seal.Open(ctx, seal.DirProvider(r.site.keys))
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, owner)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // it is committed
	v := newInvented(r.Seed, entries)
	bulk := accesslog.NewBulk(origin, keys.LogSigners())
	began := time.Now().Add(-year)
	for first := 0; first < entries; first += entryCopy {
		var batches []*postgres.LogBatch
		until := min(first+entryCopy, entries)
		for at := first; at < until; at += entryBatch {
			when := began.Add(time.Duration(float64(year) * float64(at) / float64(entries)))
			var some []*accesslog.Pending
			for range min(entryBatch, until-at) {
				some = append(some, v.entry(when))
			}
			b, err := bulk.Batch(when, some)
			if err != nil {
				return nil, err
			}
			batches = append(batches, b)
		}
		if err := postgres.CopyLog(ctx, conn, batches); err != nil {
			return nil, err
		}
		if first/entryCopy%16 == 15 {
			say("%d entries", until)
		}
	}
	_, err = conn.Exec(ctx, "VACUUM (ANALYZE, FREEZE)") //nolint:misspell // PostgreSQL's spelling
	return v, err
}
