package postgres

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// LogEntry is one entry to be inserted.
type LogEntry struct {
	Meta, Leaf, BodyHash []byte
	Versions             int
	Projection           Projection
}

// LogBody is a body to be inserted.
type LogBody struct {
	Index int64
	Body
}

// LogTouch is a touch to be inserted.
type LogTouch struct {
	Index int64
	Touch
}

// LogBatch is all that one transaction writes. Entries take consecutive
// indices from First on and all have the same time.
type LogBatch struct {
	First       int64
	Time        time.Time
	Entries     []LogEntry
	Bodies      []LogBody
	Touches     []LogTouch
	Records     []Record
	Keys        []RecordKey
	DeletedKeys []uuid.UUID
	Versions    []Version
	Sanctions   []int64 // log indices of those versions that are of sanctions
	Tiles       []Tile
	Checkpoint  Checkpoint
}

func (l *LogBatch) queue(b *pgx.Batch) {
	l.queueEntries(b)
	if n := len(l.Bodies); n > 0 {
		index, search := make([]int64, n), make([]uuid.NullUUID, n)
		wrapped, sealed := make([][]byte, n), make([][]byte, n)
		for i, body := range l.Bodies {
			index[i], search[i], wrapped[i], sealed[i] = body.Index, body.SearchID, notNil(body.Wrapped), notNil(body.Sealed)
		}
		b.Queue(qInsertBodies, index, nullable(search), wrapped, sealed)
	}
	l.queueTouches(b)
	l.queueRecords(b)
	if n := len(l.Tiles); n > 0 {
		level, number, root, data := make([]int16, n), make([]int64, n), make([][]byte, n), make([][]byte, n)
		for i, t := range l.Tiles {
			level[i], number[i], root[i], data[i] = int16(t.Level), t.N, t.Root, t.Data //nolint:gosec // levels go up to 7
		}
		b.Queue(qInsertTiles, level, number, root, data)
	}
	c := l.Checkpoint
	b.Queue(qInsertCheckpoint, c.Size, c.Time, c.Root, string(c.Note))
}

func (l *LogBatch) queueEntries(b *pgx.Batch) {
	n := len(l.Entries)
	versions := make([]int16, n)
	meta, leaf, body := make([][]byte, n), make([][]byte, n), make([][]byte, n)
	texts, records := make([]string, 7*n), make([]int32, n)
	column := func(k int) []string { return texts[k*n : (k+1)*n] }
	for i, e := range l.Entries {
		versions[i], meta[i], leaf[i], body[i] = int16(e.Versions), e.Meta, e.Leaf, e.BodyHash //nolint:gosec // checked by the writer
		p := e.Projection
		for k, text := range []string{p.Force, p.Actor, p.Method, p.Operation, p.Outcome, p.ReferenceHMAC, p.Reason} {
			column(k)[i] = text
		}
		records[i] = p.Records
	}
	b.Queue(qInsertEntries, l.First, l.Time, versions, meta, leaf, body)
	b.Queue(qInsertProjections, l.First, l.Time,
		column(0), column(1), column(2), column(3), column(4), column(5), column(6), records)
}

func (l *LogBatch) queueTouches(b *pgx.Batch) {
	n := len(l.Touches)
	id, index, force, silent := make([][16]byte, n), make([]int64, n), make([]string, n), make([]bool, n)
	for i, t := range l.Touches {
		id[i], index[i], force[i], silent[i] = t.Record, t.Index, t.Force, t.Silent
	}
	b.Queue(qInsertTouches, id, index, force, silent)
}

func (l *LogBatch) queueRecords(b *pgx.Batch) {
	if n := len(l.Records); n > 0 {
		id, kind, force := make([][16]byte, n), make([]string, n), make([]string, n)
		source, key := make([][]byte, n), make([]int32, n)
		for i, r := range l.Records {
			id[i], kind[i], force[i], source[i], key[i] = r.ID, string(r.Kind), r.Force, notNil(r.SourceHMAC), r.SourceKeyVersion
		}
		b.Queue(qInsertRecords, id, kind, force, source, key)
	}
	if n := len(l.Keys); n > 0 {
		id, wrapped := make([][16]byte, n), make([][]byte, n)
		for i, k := range l.Keys {
			id[i], wrapped[i] = k.Record, notNil(k.Wrapped)
		}
		b.Queue(qInsertKeys, id, wrapped)
	}
	if len(l.Sanctions) > 0 {
		b.Queue(qInsertSanctions, l.Sanctions)
	}
	if len(l.DeletedKeys) > 0 {
		b.Queue(qDeleteKeys, raw(l.DeletedKeys))
	}
	n := len(l.Versions)
	if n == 0 {
		return
	}
	id, number, index, revision := make([][16]byte, n), make([]int32, n), make([]int64, n), make([]int64, n)
	erased, salt, sealed, digest := make([]bool, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
	for i, v := range l.Versions {
		id[i], number[i], index[i], revision[i], erased[i] = v.Record, v.N, v.LogIndex, v.Revision, v.Erased
		salt[i], sealed[i], digest[i] = notNil(v.Salt), notNil(v.Sealed), notNil(v.Digest)
	}
	b.Queue(qInsertVersions, id, number, index, revision, erased, salt, sealed, digest)
}

// notNil keeps an empty value from being taken for NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func nullable(ids []uuid.NullUUID) []*[16]byte {
	out := make([]*[16]byte, len(ids))
	for i := range ids {
		if ids[i].Valid {
			out[i] = (*[16]byte)(&ids[i].UUID)
		}
	}
	return out
}
