package postgres_test

import (
	"slices"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

// Counts are the same whether blocks are counted beforehand or not.
func TestSummarise(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	super := connect(t, d.SuperURL)
	if _, err := super.Exec(t.Context(), `
		INSERT INTO register.entry_projection
		SELECT i, (ARRAY['33', '10', '43'])[1 + i % 3], (i % 97)::text, 'm' || i % 5, 'o', CASE WHEN i % 50 = 0 THEN 'NOT_FOUND' ELSE 'OK' END, '',
			'2026-01-01T00:00:00Z'::timestamptz + i * interval '7 seconds', 'r' || i % 4, i % 3
		FROM generate_series(0, 149999) i;
		INSERT INTO register.checkpoint VALUES (150000, now(), sha256('x'), 'note')`); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), postgres.Options{URL: d.ServiceURL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	day := time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)
	var before [][]postgres.Count
	all := func() (out [][]postgres.Count) {
		for _, by := range []postgres.Grouping{postgres.ByHour, postgres.ByDay, postgres.ByForce, postgres.ByReason, postgres.ByMethod, postgres.ByOutcome} {
			for _, f := range []postgres.SummaryFilter{{}, {Force: "33"}, {Force: "98"}, {From: day}, {From: day, Until: day.AddDate(0, 0, 7), Force: "10"}, {Actor: "17"}} {
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
	before = all()
	var total int64
	for _, c := range before[6] { // by day, all
		total += c.Entries
	}
	if total != 150_000 || len(before[6]) != 13 || before[6][0].Key != "2026-01-01" || before[6][0].Entries != 12343 {
		t.Errorf("%d entries in %d days, first %+v", total, len(before[6]), before[6][0])
	}
	for i, want := range []bool{true, true, false} {
		if more, err := db.CountBlock(t.Context()); err != nil || more != want {
			t.Errorf("block %d: %t, %v", i, more, err)
		}
	}
	for i, after := range all() {
		if !slices.Equal(before[i], after) {
			t.Errorf("question %d: %v, before the blocks were counted %v", i, after, before[i])
		}
	}
}
