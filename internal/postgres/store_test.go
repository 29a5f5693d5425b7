package postgres_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

// store writes batches as the log's writer does, without its tree.
type store struct {
	t  *testing.T
	db *postgres.DB
}

func newStore(t *testing.T) (*pgtest.Database, store) {
	t.Helper()
	d, db := pgtest.Open(t)
	return d, store{t, db}
}

func entry(text string, versions int, p postgres.Projection) postgres.LogEntry {
	leaf := sha256.Sum256(append([]byte{0}, text...))
	return postgres.LogEntry{Meta: []byte(text), Leaf: leaf[:], Versions: versions, Projection: p}
}

// write commits one batch; fill completes it, given the head.
func (s store) write(fill func(head postgres.LogHead, b *postgres.LogBatch)) error {
	s.t.Helper()
	tx, head, err := s.db.BeginLog(s.t.Context(), postgres.LogNeed{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer tx.Rollback()
	b := postgres.LogBatch{First: head.Size, Time: start.Add(time.Duration(head.Size) * time.Hour)}
	fill(head, &b)
	b.Checkpoint = postgres.Checkpoint{
		Size: head.Size + int64(len(b.Entries)), Time: b.Time, Root: make([]byte, 32), Note: []byte(fmt.Sprint("note ", head.Size)),
	}
	return tx.Commit(s.t.Context(), &b)
}

func (s store) mustWrite(fill func(head postgres.LogHead, b *postgres.LogBatch)) {
	s.t.Helper()
	if err := s.write(fill); err != nil {
		s.t.Fatal(err)
	}
}

// start is the time of the first entry; each later batch is later by an hour
// for every entry before it.
var start = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)

func record(force string) postgres.Record {
	id := uuid.Must(uuid.NewV7())
	return postgres.Record{ID: id, Kind: postgres.KindNominal, Force: force, SourceHMAC: id[:], SourceKeyVersion: 1}
}

func version(r postgres.Record, n int32, index int64) postgres.Version {
	return postgres.Version{
		Record: r.ID, N: n, LogIndex: index, Revision: int64(n) * 10,
		Salt: make([]byte, 16), Sealed: []byte(fmt.Sprint("sealed ", n)), Digest: make([]byte, 32),
	}
}

// register writes new records, one entry for all.
func (s store) register(records ...postgres.Record) {
	s.t.Helper()
	s.mustWrite(func(head postgres.LogHead, b *postgres.LogBatch) {
		b.Entries = []postgres.LogEntry{entry("registered", len(records), postgres.Projection{})}
		for _, r := range records {
			b.Records = append(b.Records, r)
			b.Keys = append(b.Keys, postgres.RecordKey{Record: r.ID, Wrapped: []byte("key")})
			b.Versions = append(b.Versions, version(r, 1, head.Size))
		}
	})
}

// update writes the second version of a record.
func (s store) update(r postgres.Record, erased bool) {
	s.t.Helper()
	s.mustWrite(func(head postgres.LogHead, b *postgres.LogBatch) {
		b.Entries = []postgres.LogEntry{entry("updated", 1, postgres.Projection{})}
		v := version(r, 2, head.Size)
		if v.Erased = erased; erased {
			v.Sealed = nil
			b.DeletedKeys = []uuid.UUID{r.ID}
		}
		b.Versions = []postgres.Version{v}
	})
}

func TestCurrentVersions(t *testing.T) {
	_, s := newStore(t)
	a, b := record("33"), record("33")
	s.register(a, b)
	s.update(a, false)
	s.update(b, true)
	got, err := s.db.CurrentByID(t.Context(), []uuid.UUID{a.ID, b.ID, uuid.New()})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d, %v", len(got), err)
	}
	for _, c := range got {
		erased := c.Record.ID == b.ID
		if c.Version.N != 2 || c.Version.Erased != erased || (c.Wrapped == nil) != erased || c.Version.Revision != 20 {
			t.Errorf("got %+v", c)
		}
	}
	c, err := s.db.CurrentBySource(t.Context(), [][]byte{[]byte("older key"), a.SourceHMAC})
	if err != nil || c.Record.ID != a.ID || c.Version.N != 2 || c.Record.Kind != postgres.KindNominal {
		t.Errorf("by source: %+v, %v", c, err)
	}
	if _, err := s.db.CurrentBySource(t.Context(), [][]byte{[]byte("nobody")}); !errors.Is(err, postgres.ErrNotFound) {
		t.Error(err)
	}
	all, err := s.db.VersionsByID(t.Context(), a.ID)
	if err != nil || len(all) != 2 || all[0].Version.N != 1 || all[1].Version.N != 2 {
		t.Errorf("history: %d, %v", len(all), err)
	}
}

func TestListRecordsPages(t *testing.T) {
	_, s := newStore(t)
	var want []uuid.UUID
	for range 7 {
		r := record("33")
		s.register(r, record("10"))
		want = append(want, r.ID)
	}
	slices.SortFunc(want, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	var got []uuid.UUID
	for after := uuid.Nil; ; after = got[len(got)-1] {
		page, err := s.db.ListRecords(t.Context(), "33", postgres.KindNominal, after, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			got = append(got, c.Record.ID)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The feed gives each version once, in log order, and never half of an entry.
func TestFeed(t *testing.T) {
	_, s := newStore(t)
	if rows, err := s.db.Feed(t.Context(), -1, 10); err != nil || len(rows) != 0 {
		t.Fatalf("empty: %d, %v", len(rows), err)
	}
	a, b, c := record("33"), record("33"), record("33")
	s.register(a)
	s.mustWrite(func(_ postgres.LogHead, b *postgres.LogBatch) {
		b.Entries = []postgres.LogEntry{entry("read", 0, postgres.Projection{})}
	})
	s.register(b, c)
	s.update(b, true)
	var seen []string
	after := int64(-1)
	for {
		rows, err := s.db.Feed(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			break
		}
		for _, r := range rows {
			seen = append(seen, fmt.Sprint(r.Version.LogIndex, r.Version.N, r.Version.Erased, r.Wrapped == nil))
		}
		after = rows[len(rows)-1].Version.LogIndex
	}
	// The first version of b came before its erasure, and cannot be opened any more.
	want := []string{"0 1 false false", "2 1 false true", "2 1 false false", "3 2 true true"}
	if slices.Sort(seen); !slices.Equal(seen, sorted(want)) {
		t.Errorf("got %q", seen)
	}
	if head, err := s.db.FeedHead(t.Context()); err != nil || head != 3 {
		t.Errorf("head %d, %v", head, err)
	}
}

func sorted(s []string) []string { slices.Sort(s); return s }

func TestRewrapLeavesErasedKeysErased(t *testing.T) {
	_, s := newStore(t)
	a, b := record("33"), record("33")
	s.register(a, b)
	var keys []postgres.RecordKey
	for after := uuid.Nil; ; after = keys[len(keys)-1].Record {
		page, err := s.db.RecordKeys(t.Context(), after, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		keys = append(keys, page...)
	}
	if len(keys) != 2 {
		t.Fatalf("%d keys", len(keys))
	}
	s.update(b, true) // after its key was read
	next := slices.Clone(keys)
	for i := range next {
		next[i].Wrapped = []byte("new")
	}
	if n, err := s.db.Rewrap(t.Context(), keys, next); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := s.db.Rewrap(t.Context(), keys, next); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
	got, err := s.db.RecordKeys(t.Context(), uuid.Nil, 10)
	if err != nil || len(got) != 1 || got[0].Record != a.ID || string(got[0].Wrapped) != "new" {
		t.Errorf("got %v, %v", got, err)
	}
}

// No write without its entry, and no entry without its writes, whoever writes.
func TestEntryAndVersionsBelongTogether(t *testing.T) {
	d, s := newStore(t)
	a := record("33")
	s.register(a)
	for name, fill := range map[string]func(postgres.LogHead, *postgres.LogBatch){
		"entry without its version": func(_ postgres.LogHead, b *postgres.LogBatch) {
			b.Entries = []postgres.LogEntry{entry("x", 1, postgres.Projection{})}
		},
		"entry with one of two": func(h postgres.LogHead, b *postgres.LogBatch) {
			b.Entries = []postgres.LogEntry{entry("x", 2, postgres.Projection{})}
			b.Versions = []postgres.Version{version(a, 2, h.Size)}
		},
		"version of an entry that tells of none": func(h postgres.LogHead, b *postgres.LogBatch) {
			b.Entries = []postgres.LogEntry{entry("x", 0, postgres.Projection{})}
			b.Versions = []postgres.Version{version(a, 2, h.Size)}
		},
		"version without an entry": func(h postgres.LogHead, b *postgres.LogBatch) {
			b.Entries = []postgres.LogEntry{entry("x", 0, postgres.Projection{})}
			b.Versions = []postgres.Version{version(a, 2, h.Size+1)}
		},
		"version added to an old entry": func(_ postgres.LogHead, b *postgres.LogBatch) {
			b.Entries = []postgres.LogEntry{entry("x", 0, postgres.Projection{})}
			b.Versions = []postgres.Version{version(a, 2, 0)}
		},
		"leaf of other metadata": func(_ postgres.LogHead, b *postgres.LogBatch) {
			b.Entries = []postgres.LogEntry{entry("x", 0, postgres.Projection{})}
			b.Entries[0].Meta = []byte("y")
		},
	} {
		if err := s.write(fill); !errors.Is(err, postgres.ErrConstraint) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Not even by making the check early and going on.
	conn := connect(t, d.ServiceURL)
	_, err := conn.Exec(t.Context(), `BEGIN;
		SET CONSTRAINTS ALL IMMEDIATE;
		INSERT INTO register.version SELECT record_id, 2, log_index, revision, erased, salt, sealed, digest FROM register.version;
		COMMIT`)
	if err == nil {
		t.Error("a version was added to an old entry")
	}
	// A body stands beside an entry, alone or among others.
	for values, want := range map[string]string{"(0)": "", "(1)": "23503", "(0), (7)": "23503", "(-1)": "23503"} {
		if err := conn.PgConn().Exec(t.Context(), "ROLLBACK; BEGIN").Close(); err != nil {
			t.Fatal(err)
		}
		_, err := conn.Exec(t.Context(), "INSERT INTO register.entry_body SELECT idx, NULL, '', '' FROM (VALUES "+values+") AS b (idx)")
		var pg *pgconn.PgError
		if errors.As(err, &pg); want == "" && err != nil || want != "" && (pg == nil || pg.Code != want || pg.ConstraintName != "entry_body_entry") {
			t.Errorf("bodies of %s: %v", values, err)
		}
	}
}

// Errors carry no values of rows.
func TestErrorsQuoteNothing(t *testing.T) {
	_, s := newStore(t)
	a := record("33")
	a.SourceHMAC = []byte("canary")
	s.register(a)
	err := s.write(func(h postgres.LogHead, b *postgres.LogBatch) {
		b.Entries = []postgres.LogEntry{entry("canary", 1, postgres.Projection{Actor: "canary"})}
		again := record("33")
		again.SourceHMAC = a.SourceHMAC
		b.Records = []postgres.Record{again}
		b.Versions = []postgres.Version{version(again, 1, h.Size)}
	})
	if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "63616e617279") {
		t.Errorf("got %v", err)
	}
	var server *postgres.ServerError
	if !errors.As(err, &server) || server.Constraint != "record_source_hmac_key" {
		t.Errorf("got %v", err)
	}
}
