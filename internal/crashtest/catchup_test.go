package crashtest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/servertest"
)

// missed is how many entries the replica has missed.
const missed = 100_000

// A replica that has missed very many entries appends its next one after
// reading no more than the partial tile of each level of the tree, however
// many it has missed: it does not keep the others from the lock.
func TestCatchUpIsBounded(t *testing.T) {
	t.Parallel()
	site := servertest.NewSite(t, nil)
	writer := func(url, name string) (*postgres.DB, *accesslog.Writer) {
		db, err := postgres.Open(t.Context(), postgres.Options{URL: url, ApplicationName: name})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		w, err := accesslog.NewWriter(db, accesslog.Options{
			Origin: servertest.Origin, Signers: site.Keys.LogSigners(), Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Close)
		return db, w
	}
	line, url := through(t, site.DB.ServiceURL)
	lateDB, late := writer(url, "late")
	busyDB, busy := writer(site.DB.ServiceURL, "busy")
	appendTo := func(w *accesslog.Writer) accesslog.Receipt {
		r, err := w.Append(t.Context(), &accesslog.Pending{Entry: accesslog.Metadata{
			Actor: accesslog.Actor{Sub: "register", Kind: accesslog.System}, Method: "test", Outcome: "OK",
		}})
		if err != nil {
			t.Error(err)
		}
		return r
	}
	appendTo(late)
	began := time.Now()
	var wg sync.WaitGroup
	for range 512 {
		wg.Go(func() {
			for range missed / 512 {
				appendTo(busy)
			}
		})
	}
	wg.Wait()
	last := appendTo(busy)
	t.Logf("%d entries in %s", last.Index, time.Since(began))
	busy.Close()
	busyDB.Close()

	rows, bytes := rowsRead(t, site.DB, "busy%"), line.received.Load()
	if r := appendTo(late); r.Index != last.Index+1 {
		t.Errorf("entry %d after %d", r.Index, last.Index)
	}
	late.Close()
	lateDB.Close() // a session that ends tells its figures
	rows, bytes = rowsRead(t, site.DB, "late%")-rows, line.received.Load()-bytes
	t.Logf("catching up read %d rows of the log, %d bytes came", rows, bytes)
	// At this size the tree has three levels of tiles, with at most 255 hashes
	// each; and the head is read along with at most 256 leaves.
	if most := int64(3*255 + 256 + 50); rows > most {
		t.Errorf("catching up read %d rows, at most %d are needed", rows, most)
	}
	if most := int64(100 << 10); bytes > most {
		t.Errorf("catching up read %d bytes, at most %d are needed", bytes, most)
	}
	checkWhole(t, site)
}

// rowsRead counts the rows that were read from the log's tables, once the
// sessions of a name have ended: then their figures are in.
func rowsRead(t *testing.T, d *pgtest.Database, pattern string) (rows int64) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	eventually(t, "the service's sessions do not end", func(ctx context.Context) error {
		var left int
		err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE $1",
			pattern).Scan(&left)
		if err == nil && left > 0 {
			err = fmt.Errorf("%d are left", left)
		}
		return err
	})
	err = conn.QueryRow(t.Context(), `SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)
		FROM pg_stat_user_tables WHERE schemaname = 'register' AND relname IN ('entry', 'tile', 'checkpoint', 'version')`).Scan(&rows)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
