package postgres_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

// The searches that showed a record or were made for a reference are told in full, the
// newest first; and those up to an index with those after it are all.
func TestChecks(t *testing.T) {
	d := pgtest.New(t)
	super := connect(t, d.SuperURL)
	random := rand.New(rand.NewPCG(3, 5)) //nolint:gosec // can be made again
	records := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	const entries = 1500
	type entry struct {
		search, ok bool
		shown      map[uuid.UUID]bool // to whether silently
		reference  string
	}
	log := make([]entry, entries)
	run := func(sql string, args ...any) {
		t.Helper()
		if _, err := super.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	run("BEGIN")
	for i := range log {
		e := entry{search: random.IntN(3) > 0, ok: random.IntN(9) > 0, shown: map[uuid.UUID]bool{}}
		if random.IntN(5) == 0 {
			e.reference = strconv.Itoa(random.IntN(4))
		}
		for _, id := range records {
			if random.IntN(3) == 0 {
				e.shown[id] = random.IntN(6) == 0
			}
		}
		log[i] = e
		method, outcome := "SearchService.GetCandidate", "PERMISSION_DENIED"
		if e.search {
			method = "SearchService.CreateSearch"
		}
		if e.ok {
			outcome = "OK"
		}
		run(`
			WITH e AS (INSERT INTO register.entry (idx, time, versions, meta, leaf_hash)
				SELECT $1::bigint, '2026-11-01T00:00:00Z'::timestamptz + $1::bigint * interval '1 s', 0, m, sha256('\x00'::bytea || m) FROM (SELECT convert_to($1::bigint::text, 'UTF8') m) x RETURNING time)
			INSERT INTO register.entry_projection (idx, force, actor, method, operation, outcome, reference_hmac, time)
			SELECT $1, '33', 'a', $2, 'o', $3, $4, time FROM e`, int64(i), method, outcome, e.reference)
		for id, silent := range e.shown {
			run(`INSERT INTO register.entry_record (record_id, idx, force, silent) VALUES ($1, $2, '33', $3)`, id, int64(i), silent)
		}
	}
	run("COMMIT")
	want := func(asked []uuid.UUID, references []string, after, until int64) (out []int64) {
		for i, e := range slices.Backward(log) {
			shown := slices.Contains(references, e.reference) && e.reference != ""
			for _, id := range asked {
				silent, there := e.shown[id]
				shown = shown || there && !silent
			}
			if idx := int64(i); shown && e.search && e.ok && idx > after && idx <= until && len(out) < postgres.MaxChecks {
				out = append(out, idx)
			}
		}
		return out
	}
	db := pgtest.Connect(t, d)
	indices := func(all []postgres.Check) (out []int64) {
		for _, c := range all {
			if c.Time.Unix() != 1793491200+c.Index || c.Force != "33" || c.ReferenceHMAC != log[c.Index].reference {
				t.Fatalf("check %+v", c)
			}
			out = append(out, c.Index)
		}
		return out
	}
	for range 40 {
		asked := records[:random.IntN(len(records)+1)]
		var references []string
		for i := range random.IntN(3) {
			references = append(references, strconv.Itoa(i))
		}
		after, until := int64(random.IntN(entries)-1), int64(random.IntN(entries))
		if random.IntN(3) == 0 {
			after, until = -1, entries
		}
		got, head, err := db.Checks(t.Context(), asked, references, after, until)
		if err != nil || head != entries-1 || !slices.Equal(indices(got), want(asked, references, after, until)) {
			t.Fatalf("after %d until %d: %v, want %v (head %d, %v)", after, until, indices(got), want(asked, references, after, until), head, err)
		}
		// Two halves make a whole.
		older, _, err := db.Checks(t.Context(), asked, references, -1, after)
		if err != nil {
			t.Fatal(err)
		}
		newer, _, err := db.Checks(t.Context(), asked, references, after, entries)
		if err != nil {
			t.Fatal(err)
		}
		both := append(indices(newer), indices(older)...)
		if both = both[:min(len(both), postgres.MaxChecks)]; !slices.Equal(both, want(asked, references, -1, entries)) || !slices.IsSortedFunc(both, func(a, b int64) int { return cmp.Compare(b, a) }) {
			t.Fatalf("in two parts %v", both)
		}
	}
}
