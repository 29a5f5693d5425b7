package accesslog

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// Each way of rewriting history in the database is found.
func TestTamperingIsFound(t *testing.T) {
	f := newFixture(t)
	c := newRecord("33")
	f.append(write(c))
	f.append(write(after(c)))
	for i := range 4 {
		f.append(searched(fmt.Sprint("sealed ", i)))
	}
	var wg sync.WaitGroup
	for range 260 {
		wg.Go(func() {
			if _, err := f.w.Append(t.Context(), read()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	whole := f.checkIntegrity()

	for name, tamper := range map[string]struct{ sql, want string }{
		"metadata changed":         {`UPDATE register.entry SET meta = replace_bytes(meta, '"33"', '"43"'), leaf_hash = sha256('\x00' || replace_bytes(meta, '"33"', '"43"')) WHERE idx = 3`, "root"},
		"entry deleted":            {"DELETE FROM register.entry_body WHERE idx = 3; DELETE FROM register.entry WHERE idx = 3", "entry 3: the entry is missing"},
		"last entries cut off":     {"DELETE FROM register.entry WHERE idx > 100", "last checkpoint"},
		"entries swapped":          {"UPDATE register.entry SET idx = CASE idx WHEN 20 THEN -21 ELSE -20 END WHERE idx IN (20, 21); UPDATE register.entry SET idx = -idx WHERE idx < 0", ""},
		"entry time changed":       {"UPDATE register.entry SET time = time + interval '1 second' WHERE idx = 3", "entry 3: the time"},
		"body changed":             {"UPDATE register.entry_body SET sealed = 'x' WHERE idx = 3", "entry 3: the body"},
		"body hash changed":        {"UPDATE register.entry SET body_hash = sha256('x') WHERE idx = 3", "entry 3: the body's hash"},
		"version changed":          {"UPDATE register.version SET sealed = 'x' WHERE n = 2", "entry 1: version 2"},
		"version revision changed": {"UPDATE register.version SET revision = 9 WHERE n = 2", "entry 1: version 2"},
		"version removed":          {"DELETE FROM register.version WHERE n = 2", "entry 1: it tells of 1 versions, and 0"},
		"version added":            {"INSERT INTO register.version SELECT record_id, 3, 2, 3, false, salt, sealed, digest FROM register.version WHERE n = 2", "entry 2: it tells of 0 versions, and 1"},
		"version moved":            {"UPDATE register.version SET log_index = 5 WHERE n = 2", "entry 1"},
		"tile changed":             {"UPDATE register.tile SET data = set_byte(data, 99, 255 - get_byte(data, 99))", "tile 0 of level 0"},
		"tile removed":             {"DELETE FROM register.tile", "tile 0 of level 0"},
		"checkpoint changed":       {"UPDATE register.checkpoint SET root = sha256('x') WHERE size = 3", "checkpoint of size 3"},
		"signature changed":        {"UPDATE register.checkpoint SET note = replace(note, '=', '') WHERE size = 3", "checkpoint of size 3"},
		"note of another":          {"UPDATE register.checkpoint SET note = (SELECT note FROM register.checkpoint WHERE size = 2) WHERE size = 3", "checkpoint of size 3"},
		"body dropped":             {"DELETE FROM register.entry_body WHERE idx = 3", "no fault"},
	} {
		t.Run(name, func(t *testing.T) {
			sql := strings.ReplaceAll(tamper.sql, "replace_bytes(meta,", "convert_to(replace(convert_from(meta, 'UTF8'),")
			sql = strings.ReplaceAll(sql, `'"43"')`, `'"43"'), 'UTF8')`)
			f.tampered(t, sql, func(err error) {
				switch {
				case tamper.want == "no fault" && err == nil:
				case !errors.Is(err, ErrCorrupt):
					t.Errorf("not found: %v", err)
				case !strings.Contains(err.Error(), tamper.want):
					t.Errorf("found as: %v", err)
				}
			})
		})
	}
	if again := f.checkIntegrity(); again != whole {
		t.Errorf("the log is not as it was: %+v", again)
	}
}

// tampered changes the tables without triggers and keys in the way, runs a
// check, and puts the old state back.
func (f *fixture) tampered(t *testing.T, sql string, check func(error)) {
	t.Helper()
	tables := []string{"entry", "entry_body", "version", "tile", "checkpoint"}
	var save, restore strings.Builder
	for _, table := range tables {
		fmt.Fprintf(&save, "DROP TABLE IF EXISTS public.saved_%[1]s; CREATE TABLE public.saved_%[1]s AS TABLE register.%[1]s; ", table)
		fmt.Fprintf(&restore, "DELETE FROM register.%[1]s; INSERT INTO register.%[1]s TABLE public.saved_%[1]s; ", table)
	}
	const unguarded = "SET session_replication_role = replica; "
	f.super(unguarded + save.String())
	f.super(unguarded + "ALTER TABLE register.entry DROP CONSTRAINT IF EXISTS entry_idx_check; " + sql)
	_, err := CheckIntegrity(t.Context(), f.db, testOrigin, f.known)
	check(err)
	f.super(unguarded + restore.String())
}

// The writer itself notices when the log under it is not the one it knows, and
// stops.
func TestWriterRefusesAnotherLog(t *testing.T) {
	for name, sql := range map[string]string{
		"rolled back":         "DELETE FROM register.checkpoint WHERE size = 3; DELETE FROM register.entry WHERE idx = 2",
		"another root":        "UPDATE register.checkpoint SET root = sha256('x') WHERE size = 3",
		"entries not covered": "DELETE FROM register.checkpoint WHERE size = 3",
		"emptied":             "DELETE FROM register.checkpoint; DELETE FROM register.entry",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			for range 3 {
				f.append(read())
			}
			f.super(sql)
			if _, err := f.w.Append(t.Context(), read()); !errors.Is(err, ErrUnavailable) || !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %v", err)
			}
		})
	}
}
