package postgres_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

// The systems that have called are found among many callers, by the index of callers
// alone: what it costs does not grow with the log.
func TestSystems(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	super := connect(t, d.SuperURL)
	if _, err := super.Exec(t.Context(), `
		INSERT INTO register.entry_projection
		SELECT i, '33', (ARRAY['register://forces/33/systems/crime', 'register://forces/10/systems/crime', 'https://login.example#' || i % 997, 'register', '',
			'register://forces/33/systems/crime-2', 'registes', 'register://elsewhere/33'])[1 + i % 8],
			'm', 'o', 'OK', '', '2026-01-01T00:00:00Z'::timestamptz + i * interval '1 second', '', 0
		FROM generate_series(0, 39999) i;
		ANALYSE register.entry_projection`); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), postgres.Options{URL: d.ServiceURL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	at := func(second int) time.Time { return time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC) }
	all := []postgres.System{
		{Name: "register://forces/10/systems/crime", First: at(1), Last: at(39993)},
		{Name: "register://forces/33/systems/crime", First: at(0), Last: at(39992)},
		{Name: "register://forces/33/systems/crime-2", First: at(5), Last: at(39997)},
	}
	for prefix, want := range map[string][]postgres.System{
		"register://forces/": all, "register://forces/33/systems/": all[1:], "register://forces/43/": nil,
	} {
		got, err := db.Systems(t.Context(), prefix, 10)
		for i := range got {
			got[i].First, got[i].Last = got[i].First.UTC(), got[i].Last.UTC()
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", prefix, got, err)
		}
	}
	if got, err := db.Systems(t.Context(), "register://forces/", 2); err != nil || len(got) != 2 {
		t.Errorf("two at most: %v, %v", got, err)
	}

	sql, err := os.ReadFile("queries/systems.sql")
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, d.ServiceURL)
	if _, err := conn.Exec(t.Context(), "PREPARE plan_systems AS "+string(sql)); err != nil {
		t.Fatal(err)
	}
	if plan := explain(t, conn, "EXPLAIN EXECUTE plan_systems('register://forces/', 1001)"); strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "entry_projection_actor") {
		t.Error(plan)
	}
}
