package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/logexport"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// tampering is a way of rewriting history in the database.
type tampering struct {
	sql string
	// The fault that must be named.
	index, through int64
	what           string
}

// change is the metadata of an entry with another force in it.
const changed = `convert_to(replace(convert_from(meta, 'UTF8'), '"33"', '"43"'), 'UTF8')`

func changeEntry(i int) string {
	return fmt.Sprintf(`UPDATE register.entry SET meta = %s, leaf_hash = sha256('\x00' || %s) WHERE idx = %d; `, changed, changed, i)
}

func swap(i, j int) string {
	return fmt.Sprintf("UPDATE register.entry SET idx = -1 - idx WHERE idx IN (%d, %d); UPDATE register.entry SET idx = CASE idx WHEN %d THEN %d ELSE %d END WHERE idx < 0; ", i, j, -1-i, j, i)
}

func insert(i int) string {
	return fmt.Sprintf(`UPDATE register.entry SET idx = -2 - idx WHERE idx >= %[1]d; UPDATE register.entry SET idx = -1 - idx WHERE idx < 0;
		INSERT INTO register.entry SELECT %[1]d, time, 0, %[2]s, sha256('\x00' || %[2]s), NULL FROM register.entry WHERE idx = %[1]d - 1; `, i, strings.Replace(changed, "meta", `overlay(meta PLACING 'ffff' FROM 15)`, 1))
}

// tamperings is issue 5's list; entry 0 registers two records, 1 changes the
// first, 2 and 3 are searches, 4 erases the second. Entries up to 255 have a full
// tile.
var tamperings = map[string]tampering{
	"entry changed":                          {changeEntry(7), 7, 7, "not the entry that was logged"},
	"entry changed, and its tile":            {changeEntry(7) + setTile(7), 7, 7, "not what stands here"},
	"entry changed beyond the last tile":     {changeEntry(280), 280, 280, "not what stands here"},
	"entry deleted":                          {"DELETE FROM register.entry WHERE idx = 7", 7, 7, "missing"},
	"entry deleted beyond the last tile":     {"DELETE FROM register.entry WHERE idx = 280", 280, 280, "missing"},
	"last entries deleted":                   {"DELETE FROM register.entry WHERE idx >= 290", 290, 290, "missing"},
	"entries reordered":                      {swap(20, 21), 20, 20, "not the entry that was logged"},
	"entries reordered beyond the last tile": {swap(281, 283), 281, 281, "not what stands here"},
	"entry inserted":                         {insert(30), 30, 30, "not the entry that was logged"},
	"entry inserted beyond the last tile":    {insert(270), 270, 270, "not what stands here"},
	"entry added at the end":                 {insert(300), 300, 300, "no checkpoint covers"},
	"entry of other form":                    {`UPDATE register.entry SET meta = meta || ' ', leaf_hash = sha256('\x00' || meta || ' ') WHERE idx = 9`, 9, 9, "not the entry that was logged"},

	"version's content changed":       {"UPDATE register.version SET sealed = 'x' WHERE n = 2 AND NOT erased", 1, 1, "not the one that was logged"},
	"version's content and digest":    {"UPDATE register.version SET sealed = 'x', digest = sha256('y') WHERE n = 2 AND NOT erased", 1, 1, "not the one that was logged"},
	"version's digest changed":        {"UPDATE register.version SET digest = sha256('y') WHERE n = 2 AND NOT erased", 1, 1, "digest stored beside"},
	"version's revision changed":      {"UPDATE register.version SET revision = 9 WHERE n = 2 AND NOT erased", 1, 1, "not the one that was logged"},
	"version's erasure taken back":    {"UPDATE register.version SET erased = false WHERE erased", 4, 4, "not the one that was logged"},
	"record given to another force":   {"UPDATE register.record SET force = '43' WHERE kind = 'nominal'", 0, 0, "not the one that was logged"},
	"version removed":                 {"DELETE FROM register.version WHERE n = 2 AND NOT erased", 1, 1, "which is not there"},
	"erasure removed":                 {"DELETE FROM register.version WHERE erased", 4, 4, "which is not there"},
	"record removed":                  {"DELETE FROM register.record WHERE kind = 'nominal'", 0, 0, "which is not there"},
	"version added":                   {"INSERT INTO register.version SELECT record_id, 3, 6, 3, false, salt, sealed, digest FROM register.version WHERE n = 2 AND NOT erased", 6, 6, "does not name it"},
	"version added beyond the end":    {"INSERT INTO register.version SELECT record_id, 3, 300, 3, false, salt, sealed, digest FROM register.version WHERE n = 2 AND NOT erased", 300, 300, "no checkpoint covers"},
	"version moved to another entry":  {"UPDATE register.version SET log_index = 5 WHERE n = 2 AND NOT erased", 1, 1, "which is not there"},
	"versions of two entries swapped": {"UPDATE register.version SET n = n + 10 WHERE n = 2; UPDATE register.version SET log_index = 5 - log_index WHERE n = 12", 1, 1, "does not name it"},

	"tile changed":             {"UPDATE register.tile SET data = overlay(data PLACING '\\x0000000000000000'::bytea FROM 100)", 3, 3, "the tile does not hold"},
	"tile's root changed":      {"UPDATE register.tile SET root = sha256('x')", 0, 255, "hash 0 of the tile"},
	"tile removed":             {"DELETE FROM register.tile", 0, 255, "tile is missing"},
	"checkpoint changed":       {"UPDATE register.checkpoint SET note = replace(note, E'\\n40\\n', E'\\n41\\n') WHERE size = 40", 40, 40, "false"},
	"checkpoint of another":    {"UPDATE register.checkpoint SET note = (SELECT note FROM register.checkpoint WHERE size = 39) WHERE size = 41", 38, 38, "follows that of size 40"},
	"checkpoint garbled":       {"UPDATE register.checkpoint SET note = 'none' WHERE size = 40", 39, 39, "false"},
	"newest checkpoint gone":   {"DELETE FROM register.checkpoint WHERE size = 300", 299, 299, "no checkpoint covers"},
	"signature changed":        {"UPDATE register.checkpoint SET note = regexp_replace(note, '....(=*\\n)$', 'AAA=\\1') WHERE size = 40", 39, 39, "size 40"},
	"newest signature changed": {"UPDATE register.checkpoint SET note = overlay(note PLACING 'AAAA' FROM length(note) - 20) WHERE size = 300", 299, 299, "signature"},

	"body removed":              {"DELETE FROM register.entry_body WHERE idx = 3", 3, 3, "others of its tile stand"},
	"all bodies of a tile gone": {"DELETE FROM register.entry_body", 2, 2, "no disposal"},
	"body changed":              {"UPDATE register.entry_body SET sealed = 'x' WHERE idx = 3", 3, 3, "body is not the one"},
	"body added":                {"INSERT INTO register.entry_body SELECT 8, NULL, wrapped, sealed FROM register.entry_body WHERE idx = 3", 8, 8, "body is not the one"},
	"bodies swapped": {
		"UPDATE register.entry_body SET idx = 100 + idx; UPDATE register.entry_body SET idx = 105 - idx", 2, 2, "body is not the one",
	},
}

// setTile puts the hash of the entry into its tile, as a thorough forger would.
func setTile(i int) string {
	return fmt.Sprintf("UPDATE register.tile SET data = overlay(data PLACING (SELECT leaf_hash FROM register.entry WHERE idx = %d) FROM %d) WHERE level = 0; ", i, 32*i+1)
}

var savedTables = []string{"entry", "entry_body", "record", "version", "tile", "checkpoint"}

// Each way of tampering is found in the export, and the right entry named.
func TestTamperingIsFound(t *testing.T) {
	r := newRegistry(t)
	r.fill()
	sound := r.whole(r.export(nil))
	if sound.Entries != logSize || sound.Versions != 4 || sound.Erasures != 1 || sound.Bodies != 2 || sound.Checkpoints != logSize {
		t.Errorf("a sound log: %+v", sound)
	}
	var save, restore strings.Builder
	for _, table := range savedTables {
		fmt.Fprintf(&save, "CREATE TABLE public.saved_%[1]s AS TABLE register.%[1]s; ", table)
		fmt.Fprintf(&restore, "DELETE FROM register.%[1]s; INSERT INTO register.%[1]s TABLE public.saved_%[1]s; ", table)
	}
	r.super(save.String() + "ALTER TABLE register.entry DROP CONSTRAINT IF EXISTS entry_idx_check, DROP CONSTRAINT IF EXISTS entry_check")
	for name, tampered := range tamperings {
		contents := []bool{false}
		if strings.Contains(name, "version") || strings.Contains(name, "bod") {
			contents = append(contents, true)
		}
		for _, content := range contents {
			t.Run(fmt.Sprintf("%s, content %v", name, content), func(t *testing.T) {
				r.super(tampered.sql)
				defer r.super(restore.String())
				f := r.fault(t, r.export(func(o *logexport.Options) { o.WithContent = content }))
				if f.Index != tampered.index || f.Through != tampered.through || !strings.Contains(f.What, tampered.what) {
					t.Errorf("found as: %v", f)
				}
			})
		}
	}
}

// The clock is set back, and what keeps the writer from following it is undone: the
// entry whose time goes back is named.
func clockSetBackIsFound(t *testing.T) {
	r := newRegistry(t)
	for range 7 {
		r.append(read())
	}
	r.now = func() time.Time { return time.Now().Add(-time.Hour) }
	r.append(read()) // 7: the writer keeps the last time
	r.whole(r.export(nil))
	r.super("UPDATE register.checkpoint SET time = time - interval '2 hours' WHERE size = 8")
	r.w = r.writer() // which does not remember
	r.append(read())
	if f := r.fault(t, r.export(nil)); f.Index != 8 || !strings.Contains(f.What, "time goes backwards") {
		t.Errorf("clock set back: %v", f)
	}
}

// What else the operator himself may do, who holds the signing key, is found as well.
func TestForgeryWithTheKey(t *testing.T) {
	r := newRegistry(t)
	twice := read()
	twice.Entry.ID = uuid.New()
	again := read()
	again.Entry.ID = twice.Entry.ID
	for range 5 {
		r.append(read())
	}
	r.append(twice)
	r.append(again)
	if f := r.fault(t, r.export(nil)); f.Index != 6 || !strings.Contains(f.What, "id of entry 5") {
		t.Errorf("one id twice: %v", f)
	}

	// Another history is signed beside this one.
	other := tlogfile.Checkpoint{Origin: origin, Tree: tlog.Tree{N: 4, Hash: tlog.RecordHash([]byte("other"))}}
	text := fmt.Sprintf("%s\n%d\n%s\n", other.Origin, other.Tree.N, other.Tree.Hash)
	r.super("UPDATE register.checkpoint SET note = $1 WHERE size = 4", resign(t, text, r.signer))
	if f := r.fault(t, r.export(nil)); f.Index != 3 || !strings.Contains(f.What, "two histories") {
		t.Errorf("a fork: %v", f)
	}
}
