package postgres

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// readAtOnce and writtenAtOnce are how many entries are read, and counts written, in
	// one statement: so few that no call feels it.
	readAtOnce    = 2048
	writtenAtOnce = 512
	// busyAccount is how many entries of a block make an account busy. What is below is
	// little enough to be counted when it is asked for.
	busyAccount = 256
)

// Rest is called after each piece of work with the time that it took. Who is in no hurry
// waits in it, until the context ends at the latest.
type Rest func(ctx context.Context, worked time.Duration)

// CountBlock counts the next block of entries that is complete and not counted yet, and
// the busy accounts of the next one; more is false when there is none. A block is counted
// whole or, when the context ends before, not at all. Replicas may do so at the same time.
func (db *DB) CountBlock(ctx context.Context, rest Rest) (more bool, err error) {
	head, err := db.Head(ctx)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	for _, c := range []struct {
		counted, write string
		count          func(context.Context, int64, Rest) (*tally, error)
	}{
		{qSummarised, qSummariseBlock, db.countEntries},
		{qAccountsCounted, qSummariseAccounts, db.countAccounts},
	} {
		next, err := db.summarised(ctx, c.counted)
		if err != nil {
			return false, err
		}
		if head.Size < (next+1)*summaryBlock {
			continue
		}
		counts, err := c.count(ctx, next, rest)
		if err != nil {
			return false, err
		}
		if err := db.writeCounts(ctx, c.write, next, counts, rest); err != nil {
			return false, err
		}
		more = true
	}
	return more, nil
}

// countEntries counts the entries of a block.
func (db *DB) countEntries(ctx context.Context, block int64, rest Rest) (*tally, error) {
	t := &tally{counts: map[countKey]*Count{}}
	return t, db.eachOf(ctx, block, rest, t.add)
}

// countAccounts counts the entries of a block for each account that is busy in it. Which
// are is known when the block has been read; it is read again for them alone, so that
// little is kept of all the others.
func (db *DB) countAccounts(ctx context.Context, block int64, rest Rest) (*tally, error) {
	entries := map[string]int{}
	if err := db.eachOf(ctx, block, rest, func(e *countedEntry) { entries[e.actor]++ }); err != nil {
		return nil, err
	}
	maps.DeleteFunc(entries, func(actor string, n int) bool { return actor == "" || n < busyAccount })
	// A row without an actor says that the block was looked through.
	t := &tally{byAccount: true, counts: map[countKey]*Count{{time: time.Unix(0, 0).UTC()}: {}}}
	if len(entries) == 0 {
		return t, nil
	}
	return t, db.eachOf(ctx, block, rest, func(e *countedEntry) {
		if entries[e.actor] > 0 {
			t.add(e)
		}
	})
}

// countedEntry is what an entry is counted by.
type countedEntry struct {
	force, actor, method, outcome, reason string
	time                                  time.Time
	records                               int64
}

// eachOf reads the entries of a block in pieces. One statement that counted a block took
// longer than all of them, and held up the calls for most of a second.
func (db *DB) eachOf(ctx context.Context, block int64, rest Rest, f func(*countedEntry)) error {
	for from, end := block*summaryBlock, (block+1)*summaryBlock; from < end; from += readAtOnce {
		began := time.Now()
		rows, err := db.pool.Query(ctx, qEntriesCounted, from, from+readAtOnce)
		if err != nil {
			return readError(err)
		}
		var e countedEntry
		_, err = pgx.ForEachRow(rows, []any{&e.force, &e.actor, &e.method, &e.outcome, &e.reason, &e.time, &e.records}, func() error {
			f(&e)
			return nil
		})
		if err != nil {
			return readError(err)
		}
		rest(ctx, time.Since(began))
	}
	return nil
}

// writeCounts writes the counts of a block in pieces, and in one transaction: whoever finds
// one of them takes the block as counted. They go by their order: replicas that write the
// same block at once wait for one another, but never in a circle.
func (db *DB) writeCounts(ctx context.Context, sql string, block int64, t *tally, rest Rest) error {
	return readError(pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		for keys := range slices.Chunk(slices.SortedFunc(maps.Keys(t.counts), countKey.compare), writtenAtOnce) {
			began := time.Now()
			if _, err := tx.Exec(ctx, sql, t.columns(block, keys)...); err != nil {
				return err
			}
			rest(ctx, time.Since(began))
		}
		return nil
	}))
}
