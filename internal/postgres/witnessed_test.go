package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

// One replica at a time asks the witnesses; when its session ends, so does its
// turn, and a session that others use keeps no lock.
func TestOneGathererAtATime(t *testing.T) {
	t.Parallel()
	d, one := pgtest.Open(t)
	two := pgtest.Connect(t, d)
	try := func(db *postgres.DB) bool {
		t.Helper()
		ran, err := db.AsOnlyGatherer(t.Context(), func(context.Context) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return ran
	}
	wrong := errors.New("wrong")
	ran, err := one.AsOnlyGatherer(t.Context(), func(context.Context) error {
		if try(two) {
			t.Error("two at a time")
		}
		return wrong
	})
	if !ran || !errors.Is(err, wrong) {
		t.Errorf("%t, %v", ran, err)
	}
	if !try(two) || !try(one) {
		t.Error("a turn is not given up")
	}
	_, _ = one.AsOnlyGatherer(t.Context(), func(context.Context) error {
		super := connect(t, d.SuperURL)
		if _, err := super.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(30 * time.Second); !try(two); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("a turn outlives its session")
			}
		}
		return nil
	})
	if !try(one) {
		t.Error("it cannot take its turn again")
	}
}
