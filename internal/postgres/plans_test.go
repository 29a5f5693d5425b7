package postgres_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

// No query needs to read a whole table: with sequential scans made dear, the
// planner finds an index for each.
func TestQueriesUseIndexes(t *testing.T) {
	conn := connect(t, pgtest.New(t).SuperURL) // one of them is of another account than the service
	for _, sql := range []string{"SET enable_seqscan = off", "SET plan_cache_mode = force_generic_plan"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob("queries/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		sql, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		description, err := conn.Prepare(t.Context(), name, string(sql))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "PREPARE plan_"+name+" AS "+string(sql)); err != nil {
			t.Fatal(err)
		}
		execute := "EXPLAIN EXECUTE plan_" + name
		if n := len(description.ParamOIDs); n > 0 {
			execute += "(" + strings.TrimSuffix(strings.Repeat("NULL,", n), ",") + ")"
		}
		if plan := explain(t, conn, execute); strings.Contains(plan, "Seq Scan") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}

// Which index a listing of the log goes by depends on the filter.
func TestListingsUseTheirIndex(t *testing.T) {
	d := pgtest.New(t)
	super := connect(t, d.SuperURL)
	if _, err := super.Exec(t.Context(), `
		INSERT INTO register.entry (idx, time, versions, meta, leaf_hash)
		SELECT i, now(), 0, m, sha256('\x00'::bytea || m) FROM (SELECT i, convert_to(i::text, 'UTF8') m FROM generate_series(0, 19999) i) x;
		INSERT INTO register.entry_projection (idx, force, actor, method, operation, outcome, reference_hmac)
		SELECT i, (i % 43)::text, (i % 997)::text, 'm', 'o', CASE WHEN i % 500 = 0 THEN 'PERMISSION_DENIED' ELSE 'OK' END, CASE WHEN i % 10 = 0 THEN (i % 1000)::text ELSE '' END
		FROM generate_series(0, 19999) i;
		ANALYSE register.entry, register.entry_projection`); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, d.ServiceURL)
	const force, actor, outcome, reference, national = 2, 3, 6, 7, 13
	for _, order := range []string{"asc", "desc"} {
		raw, err := os.ReadFile("queries/list_entries_" + order + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		for column, want := range map[int]string{
			force: "entry_projection_force", actor: "entry_projection_actor",
			outcome: "entry_projection_refused", reference: "entry_projection_reference", national: "entry_projection_force", -1: "entry_projection_pkey",
		} {
			values := []string{"-1", "9223372036854775807", "''", "''", "''", "''", "''", "NULL::text[]", "NULL", "NULL", "50", "false", "NULL::text[]", "false"}
			switch {
			case column == outcome:
				values[column] = "'PERMISSION_DENIED'"
			case column == reference:
				values[column] = "ARRAY['7', '8']"
			case column == national:
				values[column] = "true"
			case column > 0:
				values[column] = "'7'"
			}
			// As with a plan made for the values.
			sql := string(raw)
			for i := len(values); i > 0; i-- {
				sql = strings.ReplaceAll(sql, fmt.Sprint("$", i), values[i-1])
			}
			if plan := explain(t, conn, "EXPLAIN "+sql); !strings.Contains(plan, want) || strings.Contains(plan, "Seq Scan") {
				t.Errorf("%s by column %d does not use %s:\n%s", order, column, want, plan)
			}
		}
	}
}

func explain(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// What is new is found by its place in the log and looked up by key, however
// large the register: a plan that does not know how much is asked for must not
// read whole tables to join a handful.
func TestNewsIsLookedUp(t *testing.T) {
	d := pgtest.New(t)
	super := connect(t, d.SuperURL)
	if _, err := super.Exec(t.Context(), `
		INSERT INTO register.entry (idx, time, versions, meta, leaf_hash)
		SELECT i, now(), 1, m, sha256('\x00'::bytea || m) FROM (SELECT i, convert_to(i::text, 'UTF8') m FROM generate_series(0, 19999) i) x;
		INSERT INTO register.record SELECT md5(i::text)::uuid, 'nominal', '33', convert_to(i::text, 'UTF8'), 1 FROM generate_series(0, 19999) i;
		INSERT INTO register.record_key SELECT id, '\x00' FROM register.record;
		INSERT INTO register.version
		SELECT md5(i::text)::uuid, 1, i, 1, false, '\x00000000000000000000000000000000', '\x00', sha256('\x00') FROM generate_series(0, 19999) i;
		ANALYZE register.record, register.record_key, register.version`); err != nil { //nolint:misspell // PostgreSQL's spelling
		t.Fatal(err)
	}
	conn := connect(t, d.ServiceURL)
	if _, err := conn.Exec(t.Context(), "SET plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}
	for name, arguments := range map[string]string{"feed": "19990, 500", "news": "19990, 'nominal', 1000"} {
		sql, err := os.ReadFile("queries/" + name + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "PREPARE plan_"+name+" AS "+string(sql)); err != nil {
			t.Fatal(err)
		}
		if plan := explain(t, conn, "EXPLAIN EXECUTE plan_"+name+"("+arguments+")"); strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "Hash") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}

// The entries of a record are looked up by its key, from where they are known, searches
// that have come by their place in the log, and nothing makes the whole log be read.
func TestChecksAreLookedUp(t *testing.T) {
	d := pgtest.New(t)
	super := connect(t, d.SuperURL)
	if _, err := super.Exec(t.Context(), `
		INSERT INTO register.entry (idx, time, versions, meta, leaf_hash)
		SELECT i, now(), 0, m, sha256('\x00'::bytea || m) FROM (SELECT i, convert_to(i::text, 'UTF8') m FROM generate_series(0, 9999) i) x;
		INSERT INTO register.entry_projection (idx, force, actor, method, operation, outcome, reference_hmac)
		SELECT i, '33', 'a', CASE WHEN i % 5 = 0 THEN 'SearchService.CreateSearch' ELSE 'm' END, 'o', 'OK', CASE WHEN i % 10 = 0 THEN (i % 1000)::text ELSE '' END
		FROM generate_series(0, 9999) i;
		INSERT INTO register.entry_record (record_id, idx, force, silent)
		SELECT md5((CASE WHEN i % 2 = 0 THEN 0 ELSE i % 1000 END)::text)::uuid, i, '33', false FROM generate_series(0, 9999) i;
		ANALYZE register.entry, register.entry_projection, register.entry_record`); err != nil { //nolint:misspell // PostgreSQL's spelling
		t.Fatal(err)
	}
	conn := connect(t, d.ServiceURL)
	asked := map[string]struct{ arguments, index string }{
		"checks":         {"ARRAY[md5('0'), md5('1')]::uuid[], ARRAY[9000, 9000]::bigint[], ARRAY['7', '10'], 9999, ARRAY['r']", "entry_record_pkey"},
		"searches_after": {"9990, 256, ARRAY['r']", "entry_projection_pkey"},
	}
	for name, a := range asked {
		sql, err := os.ReadFile("queries/" + name + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "PREPARE plan_"+name+" AS "+string(sql)); err != nil {
			t.Fatal(err)
		}
		for _, mode := range []string{"force_generic_plan", "force_custom_plan"} {
			if _, err := conn.Exec(t.Context(), "SET plan_cache_mode = "+mode); err != nil {
				t.Fatal(err)
			}
			plan := explain(t, conn, "EXPLAIN EXECUTE plan_"+name+"("+a.arguments+")")
			if strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "Hash Join") || !strings.Contains(plan, a.index) {
				t.Errorf("%s, %s:\n%s", name, mode, plan)
			}
		}
	}
}
