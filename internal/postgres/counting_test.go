package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// written is how many counts stand of all entries and of busy accounts.
func written(t *testing.T, super *pgx.Conn) (all, accounts int) {
	t.Helper()
	err := super.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM register.entry_summary), (SELECT count(*) FROM register.account_summary)").Scan(&all, &accounts)
	if err != nil {
		t.Fatal(err)
	}
	return all, accounts
}

// However far the counting of a block has come when it is interrupted, nothing of the block
// is written, and it is counted the next time.
func TestInterruptedCountingLeavesNothing(t *testing.T) {
	t.Parallel()
	super, db := countedLog(t)
	before := answers(t, db)
	const reads = 65536 / 2048
	// interrupted counts until n pieces of work are done.
	interrupted := func(n int) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		more, err := db.CountBlock(ctx, func(context.Context, time.Duration) {
			if n--; n == 0 {
				cancel()
			}
		})
		if err == nil || more || n > 0 {
			t.Errorf("%d pieces were to come: %t, %v", n, more, err)
		}
	}
	for _, n := range []int{1, reads, reads + 1} { // the last has written, and not committed
		interrupted(n)
		if all, accounts := written(t, super); all > 0 || accounts > 0 {
			t.Fatalf("after %d pieces: %d and %d counts", n, all, accounts)
		}
	}
	// Of the next block the entries are counted, and not all counts of accounts written.
	pieces := 0
	if _, err := db.CountBlock(t.Context(), func(context.Context, time.Duration) { pieces++ }); err != nil {
		t.Fatal(err)
	}
	first, accounts := written(t, super)
	ofEntries := reads + (first+511)/512
	if first == 0 || accounts < 2*512 || pieces != ofEntries+2*reads+(accounts+511)/512 {
		t.Fatalf("%d pieces, %d and %d counts", pieces, first, accounts)
	}
	interrupted(ofEntries + 2*reads + 1)
	all, same := written(t, super)
	if all <= first || same != accounts {
		t.Errorf("%d counts after %d, of accounts %d after %d", all, first, same, accounts)
	}
	for {
		more, err := db.CountBlock(t.Context(), noRest)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
	}
	sameAnswers(t, db, before)
}

// Replicas that count the same blocks at the same time write them once.
func TestReplicasCountTogether(t *testing.T) {
	t.Parallel()
	super, db := countedLog(t)
	before := answers(t, db)
	var replicas, level sync.WaitGroup
	level.Add(2)
	for range 2 {
		replicas.Go(func() {
			left := 65536 / 2048
			for more := true; more; {
				var err error
				more, err = db.CountBlock(t.Context(), func(context.Context, time.Duration) {
					if left--; left == 0 { // both have read the block, neither has written
						level.Done()
						level.Wait()
					}
				})
				if err != nil {
					t.Error(err)
				}
			}
			if left > 0 { // it failed, and the other need not wait
				level.Done()
			}
		})
	}
	replicas.Wait()
	all, accounts := written(t, super)
	sameAnswers(t, db, before)
	// Once more, from nothing, by one alone.
	if _, err := super.Exec(t.Context(), "TRUNCATE register.entry_summary, register.account_summary"); err != nil {
		t.Fatal(err)
	}
	countBlocks(t, db)
	if a, b := written(t, super); a != all || b != accounts {
		t.Errorf("%d and %d counts, %d and %d by one alone", all, accounts, a, b)
	}
}
