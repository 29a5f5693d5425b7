package postgres_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

// countedLog makes a log of 150,000 entries, two blocks and a part of the third. Each of 97
// accounts has much in both, and a system in the first alone.
func countedLog(t *testing.T) (super *pgx.Conn, db *postgres.DB) {
	t.Helper()
	d := pgtest.New(t)
	super = connect(t, d.SuperURL)
	if _, err := super.Exec(t.Context(), `
		INSERT INTO register.entry_projection
		SELECT i, (ARRAY['33', '10', '43'])[1 + i % 3], CASE WHEN i % 7 = 0 AND (i < 65536 OR i % 700 = 0) THEN 'system' ELSE (i % 97)::text END,
			'm' || i % 5, 'o', CASE WHEN i % 50 = 0 THEN 'NOT_FOUND' ELSE 'OK' END, '',
			'2026-01-01T00:00:00Z'::timestamptz + i * interval '7 seconds', 'r' || i % 4, i % 3
		FROM generate_series(0, 149999) i;
		INSERT INTO register.checkpoint
		SELECT size, '2026-01-01T00:00:00Z'::timestamptz + (size - 1) * interval '7 seconds', sha256('x'), 'note'
		FROM generate_series(48, 150000, 48) size`); err != nil {
		t.Fatal(err)
	}
	// Where the machine is slow, who counts a block that another counts waits for longer.
	db, err := postgres.Open(t.Context(), postgres.Options{URL: d.ServiceURL, LockTimeout: time.Minute, IdleInTx: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return super, db
}

func noRest(context.Context, time.Duration) {}

func countBlocks(t *testing.T, db *postgres.DB) {
	t.Helper()
	for i, want := range []bool{true, true, false} {
		if more, err := db.CountBlock(t.Context(), noRest); err != nil || more != want {
			t.Errorf("block %d: %t, %v", i, more, err)
		}
	}
}

// answers asks all kinds of questions of the log.
func answers(t *testing.T, db *postgres.DB) (out [][]postgres.Count) {
	t.Helper()
	day := time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)
	noon, late := day.Add(11*time.Hour+time.Minute), day.AddDate(0, 0, 8).Add(time.Minute)
	for _, by := range []postgres.Grouping{postgres.ByHour, postgres.ByDay, postgres.ByForce, postgres.ByReason, postgres.ByMethod, postgres.ByOutcome} {
		for _, f := range []postgres.SummaryFilter{
			{}, {Force: "33"}, {Force: "98"}, {From: day}, {From: day, Until: day.AddDate(0, 0, 7), Force: "10"},
			{Actor: "17"}, {Actor: "17", Force: "33"}, {Actor: "17", From: noon}, {Actor: "17", Until: noon}, {Actor: "17", Until: late},
			{Actor: "system"}, {Actor: "system", From: noon, Until: late}, {Actor: "system", From: late, Until: noon}, {Actor: "nobody"},
		} {
			f.By, f.Limit = by, 10_000
			counts, err := db.Summarise(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, counts)
		}
	}
	return out
}

func sameAnswers(t *testing.T, db *postgres.DB, before [][]postgres.Count) {
	t.Helper()
	for i, after := range answers(t, db) {
		if !slices.Equal(before[i], after) {
			t.Errorf("question %d: %v, before the blocks were counted %v", i, after, before[i])
		}
	}
}

// Counts are the same whether blocks are counted beforehand or not.
func TestSummarise(t *testing.T) {
	t.Parallel()
	_, db := countedLog(t)
	before := answers(t, db)
	byDay := before[14]
	var total int64
	for _, c := range byDay {
		total += c.Entries
	}
	if total != 150_000 || len(byDay) != 13 || byDay[0].Key != "2026-01-01" || byDay[0].Entries != 12343 {
		t.Errorf("%d entries in %d days, first %+v", total, len(byDay), byDay[0])
	}
	countBlocks(t, db)
	sameAnswers(t, db, before)
}

// What a busy account did in whole blocks is told from counts, what another did there is
// counted entry by entry.
func TestBusyAccountsHaveCounts(t *testing.T) {
	t.Parallel()
	super, db := countedLog(t)
	countBlocks(t, db)
	if _, err := super.Exec(t.Context(), "DELETE FROM register.entry_projection WHERE idx < 2 * 65536"); err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 1, 3, 12, 0, 0, 0, time.UTC)
	for _, q := range []struct {
		f    postgres.SummaryFilter
		want int64
	}{
		{postgres.SummaryFilter{Actor: "17"}, 579 + 675 + 195},
		{postgres.SummaryFilter{Actor: "17", From: noon}, 675 + 195}, // begins within the first block
		{postgres.SummaryFilter{Actor: "system"}, 9363 + 27},         // too little in the second for counts
		{postgres.SummaryFilter{Actor: "system", Until: noon}, 0},
	} {
		q.f.By, q.f.Limit = postgres.ByDay, 100
		counts, err := db.Summarise(t.Context(), q.f)
		if err != nil {
			t.Fatal(err)
		}
		var got int64
		for _, c := range counts {
			got += c.Entries
		}
		if got != q.want {
			t.Errorf("%+v: %d entries, want %d", q.f, got, q.want)
		}
	}
}
