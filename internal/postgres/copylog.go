package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// CopyLog writes batches of read entries to an empty or equally filled log by COPY,
// in one transaction. It takes no lock: nothing else may write meanwhile. It is for
// filling a log for measurements.
func CopyLog(ctx context.Context, conn *pgx.Conn, batches []*LogBatch) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return describe(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // does nothing once committed
	var rows copied
	for _, b := range batches {
		rows.add(b)
	}
	for _, t := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"entry", []string{"idx", "time", "versions", "meta", "leaf_hash", "body_hash"}, rows.entries},
		{"entry_projection", []string{"idx", "force", "actor", "method", "operation", "outcome", "reference_hmac", "time", "reason", "records"}, rows.projections},
		{"entry_body", []string{"idx", "search_id", "wrapped", "sealed"}, rows.bodies},
		{"entry_record", []string{"record_id", "idx", "force", "silent"}, rows.touches},
		{"tile", []string{"level", "n", "root", "data"}, rows.tiles},
		{"checkpoint", []string{"size", "time", "root", "note"}, rows.checkpoints},
	} {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"register", t.table}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
			return fmt.Errorf("copy into %s: %w", t.table, describe(err))
		}
	}
	return describe(tx.Commit(ctx))
}

type copied struct{ entries, projections, bodies, touches, tiles, checkpoints [][]any }

func (c *copied) add(b *LogBatch) {
	for i, e := range b.Entries {
		index, p := b.First+int64(i), e.Projection
		c.entries = append(c.entries, []any{index, b.Time, int16(0), e.Meta, e.Leaf, e.BodyHash})
		c.projections = append(c.projections, []any{
			index, p.Force, p.Actor, p.Method, p.Operation, p.Outcome, p.ReferenceHMAC, b.Time, p.Reason, p.Records,
		})
		if e.Body != nil {
			c.bodies = append(c.bodies, []any{index, [16]byte(e.Body.SearchID.UUID), e.Body.Wrapped, e.Body.Sealed})
		}
	}
	touched := map[Touch]bool{}
	at := int64(-1)
	for _, t := range b.Touches {
		if t.Index != at {
			at = t.Index
			clear(touched)
		}
		if !touched[t.Touch] {
			touched[t.Touch] = true
			c.touches = append(c.touches, []any{[16]byte(t.Record), t.Index, t.Force, t.Silent})
		}
	}
	for _, t := range b.Tiles {
		c.tiles = append(c.tiles, []any{int16(t.Level), t.N, t.Root, t.Data}) //nolint:gosec // levels go up to 7
	}
	c.checkpoints = append(c.checkpoints, []any{b.Checkpoint.Size, b.Checkpoint.Time, b.Checkpoint.Root, string(b.Checkpoint.Note)})
}
