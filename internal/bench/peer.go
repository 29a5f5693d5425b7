package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perpetrator-register/register/internal/devstack/demo"
)

// The peer's statements, by what is asked. It has no use for a date of birth:
// to demand it would lose those with a wrong one.
const (
	peerName = iota
	peerPhone
	peerHandle
	peerVehicle
	peerPostcode
)

var peerStatements = [...]string{
	peerName:     byTrigram("name"),
	peerPhone:    byTrigram("phone"),
	peerHandle:   byTrigram("handle"),
	peerVehicle:  byTrigram("vehicle"),
	peerPostcode: "SELECT name FROM person WHERE postcode % $1 AND name % $2 ORDER BY similarity(postcode, $1) + similarity(name, $2) DESC LIMIT 10",
}

func byTrigram(column string) string {
	return fmt.Sprintf("SELECT name FROM person WHERE %[1]s %% $1 ORDER BY similarity(%[1]s, $1) DESC LIMIT 10", column)
}

var peerColumns = []string{"name", "dob", "phone", "handle", "vehicle", "postcode"}

// peer is the same people in a plain table.
type peer struct {
	run  *run
	pool *pgxpool.Pool
}

// usePeer fills the peer's table unless that has been done.
func (r *run) usePeer(ctx context.Context) error {
	if r.peer != nil {
		return nil
	}
	p, err := r.newPeer(ctx)
	r.peer = p
	return err
}

func (r *run) newPeer(ctx context.Context) (*peer, error) {
	if kept := r.keptPeer(ctx); kept != nil {
		return kept, nil
	}
	super, err := pgx.Connect(ctx, r.site.postgres.URL("postgres"))
	if err != nil {
		return nil, err
	}
	_, err = super.Exec(ctx, "DROP DATABASE IF EXISTS peer")
	if err == nil {
		_, err = super.Exec(ctx, "CREATE DATABASE peer")
	}
	if err = errors.Join(err, super.Close(ctx)); err != nil {
		return nil, err
	}
	pool, err := pgxpool.New(ctx, r.site.postgres.URL("peer")+"&pool_max_conns=16")
	if err != nil {
		return nil, err
	}
	p := &peer{run: r, pool: pool}
	if err := p.fill(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("pg_trgm (package postgresql-contrib): %w", err)
	}
	return p, nil
}

// keptPeer is the peer of a run before, if it was kept and holds all the people:
// its last statement makes the statistics, so that a table without any is not whole.
func (r *run) keptPeer(ctx context.Context) *peer {
	if !r.Keep || !r.loaded() {
		return nil
	}
	pool, err := pgxpool.New(ctx, r.site.postgres.URL("peer")+"&pool_max_conns=16")
	if err != nil {
		return nil
	}
	var people, columns int
	err = pool.QueryRow(ctx, "SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM pg_stats WHERE tablename = 'person')").Scan(&people, &columns)
	if err != nil || people != r.Nominals || columns != len(peerColumns) {
		pool.Close()
		return nil
	}
	return &peer{run: r, pool: pool}
}

func (p *peer) fill(ctx context.Context) error {
	for _, s := range []string{
		"CREATE EXTENSION pg_trgm",
		"CREATE TABLE person (name text NOT NULL, dob text NOT NULL, phone text, handle text, vehicle text, postcode text)",
	} {
		if _, err := p.pool.Exec(ctx, s); err != nil {
			return err
		}
	}
	next, stop := iter.Pull(demo.People(p.run.Nominals, p.run.Seed))
	defer stop()
	_, err := p.pool.CopyFrom(ctx, pgx.Identifier{"person"}, peerColumns, pgx.CopyFromFunc(func() ([]any, error) {
		n, ok := next()
		if !ok {
			return nil, nil
		}
		row := []any{fullName(n.Given, n.Surname), n.DOB, nil, nil, nil, nil}
		for at, kind := range map[int]string{2: "PHONE", 3: "HANDLE", 4: "VEHICLE"} {
			var unused question
			if id := identifier(&n, kind, &unused, 0); id != nil {
				row[at] = id.Value
			}
		}
		if len(n.Addresses) > 0 {
			row[5] = n.Addresses[0].Postcode
		}
		return row, nil
	}))
	if err != nil {
		return err
	}
	for _, column := range []string{"name", "phone", "handle", "vehicle", "postcode"} {
		if _, err := p.pool.Exec(ctx, "CREATE INDEX ON person USING gin ("+column+" gin_trgm_ops)"); err != nil {
			return err
		}
	}
	_, err = p.pool.Exec(ctx, "VACUUM ANALYZE person") //nolint:misspell // the command is spelt so
	return err
}

func (p *peer) close() { p.pool.Close() }

// ask returns a caller that asks the peer questions.
func (p *peer) ask(questions []question) (caller, func(), error) {
	return func(ctx context.Context, client, n int) (answer, error) {
		q := &questions[(client*step+n)%len(questions)]
		rows, err := p.pool.Query(ctx, peerStatements[q.peer], q.args...)
		if err != nil {
			return answer{}, err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return answer{}, err
		}
		return answer{
			hit: len(names) > 0, first: len(names) > 0 && names[0] == q.name, shown: slices.Contains(names, q.name),
		}, nil
	}, func() {}, nil
}
