package postgres

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// LogEntry is one entry to be inserted.
type LogEntry struct {
	Meta, Leaf, BodyHash []byte
	Versions             int
	Projection           Projection
	Body                 *Body // sealed part, nil for none
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
	Touches     []LogTouch
	Records     []Record
	Keys        []RecordKey
	DeletedKeys []uuid.UUID
	Versions    []Version
	Sanctions   []int64 // log indices of those versions that are of sanctions
	Tiles       []Tile
	Checkpoint  Checkpoint
}

// calls are the statements that write the batch. What p holds must stay until they
// are sent.
func (l *LogBatch) calls(p *parameters) []call {
	l.encode(p)
	calls := append(make([]call, 0, 8), call{sql: qInsertBatch, encoded: p.list()})
	if n := len(l.Tiles); n > 0 {
		level, number, root, data := make([]int16, n), make([]int64, n), make([][]byte, n), make([][]byte, n)
		for i, t := range l.Tiles {
			level[i], number[i], root[i], data[i] = int16(t.Level), t.N, t.Root, t.Data //nolint:gosec // levels go up to 7
		}
		calls = append(calls, call{sql: qInsertTiles, args: []any{level, number, root, data}})
	}
	return l.recordCalls(calls)
}

// encode writes the parameters of insert_batch.sql, the longest first: so the
// message that they go into grows least often.
func (l *LogBatch) encode(p *parameters) {
	n := len(l.Entries)
	p.reset()
	p.int64(l.First)
	p.time(l.Time)
	p.byteas(n, false, func(i int) []byte { return l.Entries[i].Meta })
	p.byteas(n, true, func(i int) []byte {
		if b := l.Entries[i].Body; b != nil {
			return notNil(b.Sealed)
		}
		return nil
	})
	p.byteas(n, false, func(i int) []byte { return l.Entries[i].Leaf })
	p.byteas(n, true, func(i int) []byte { return l.Entries[i].BodyHash })
	p.byteas(n, true, func(i int) []byte {
		if b := l.Entries[i].Body; b != nil {
			return notNil(b.Wrapped)
		}
		return nil
	})
	p.uuids(n, true, func(i int) *[16]byte {
		if b := l.Entries[i].Body; b != nil && b.SearchID.Valid {
			return (*[16]byte)(&b.SearchID.UUID)
		}
		return nil
	})
	p.array(pgtype.Int2OID, n, false, func(i int) bool {
		p.buf = binary.BigEndian.AppendUint16(p.buf, uint16(l.Entries[i].Versions)) //nolint:gosec // checked by the writer
		return true
	})
	for _, column := range []func(*Projection) string{
		func(p *Projection) string { return p.Force },
		func(p *Projection) string { return p.Actor },
		func(p *Projection) string { return p.Method },
		func(p *Projection) string { return p.Operation },
		func(p *Projection) string { return p.Outcome },
		func(p *Projection) string { return p.ReferenceHMAC },
		func(p *Projection) string { return p.Reason },
	} {
		p.texts(n, func(i int) string { return column(&l.Entries[i].Projection) })
	}
	p.array(pgtype.Int4OID, n, false, func(i int) bool {
		p.uint32(uint32(l.Entries[i].Projection.Records)) //nolint:gosec // two's complement is the form
		return true
	})
	l.encodeTouches(p)
	p.int64(l.Checkpoint.Size)
	p.bytes(l.Checkpoint.Root)
	p.bytes(l.Checkpoint.Note)
}

func (l *LogBatch) encodeTouches(p *parameters) {
	n := len(l.Touches)
	p.uuids(n, false, func(i int) *[16]byte { return (*[16]byte)(&l.Touches[i].Record) })
	p.array(pgtype.Int8OID, n, false, func(i int) bool {
		p.buf = binary.BigEndian.AppendUint64(p.buf, uint64(l.Touches[i].Index)) //nolint:gosec // two's complement is the form
		return true
	})
	p.texts(n, func(i int) string { return l.Touches[i].Force })
	p.array(pgtype.BoolOID, n, false, func(i int) bool {
		silent := byte(0)
		if l.Touches[i].Silent {
			silent = 1
		}
		p.buf = append(p.buf, silent)
		return true
	})
}

func (l *LogBatch) recordCalls(calls []call) []call {
	if n := len(l.Records); n > 0 {
		id, kind, force := make([][16]byte, n), make([]string, n), make([]string, n)
		source, key := make([][]byte, n), make([]int32, n)
		for i, r := range l.Records {
			id[i], kind[i], force[i], source[i], key[i] = r.ID, string(r.Kind), r.Force, notNil(r.SourceHMAC), r.SourceKeyVersion
		}
		calls = append(calls, call{sql: qInsertRecords, args: []any{id, kind, force, source, key}})
	}
	if n := len(l.Keys); n > 0 {
		id, wrapped := make([][16]byte, n), make([][]byte, n)
		for i, k := range l.Keys {
			id[i], wrapped[i] = k.Record, notNil(k.Wrapped)
		}
		calls = append(calls, call{sql: qInsertKeys, args: []any{id, wrapped}})
	}
	if len(l.Sanctions) > 0 {
		calls = append(calls, call{sql: qInsertSanctions, args: []any{l.Sanctions}})
	}
	if len(l.DeletedKeys) > 0 {
		calls = append(calls, call{sql: qDeleteKeys, args: []any{raw(l.DeletedKeys)}})
	}
	n := len(l.Versions)
	if n == 0 {
		return calls
	}
	id, number, index, revision := make([][16]byte, n), make([]int32, n), make([]int64, n), make([]int64, n)
	erased, salt, sealed, digest := make([]bool, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
	for i, v := range l.Versions {
		id[i], number[i], index[i], revision[i], erased[i] = v.Record, v.N, v.LogIndex, v.Revision, v.Erased
		salt[i], sealed[i], digest[i] = notNil(v.Salt), notNil(v.Sealed), notNil(v.Digest)
	}
	return append(calls, call{sql: qInsertVersions, args: []any{id, number, index, revision, erased, salt, sealed, digest}})
}

// notNil keeps an empty value from being taken for NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
