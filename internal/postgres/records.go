package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// scanCurrent reads the columns common to all queries for versions.
func scanCurrent(row pgx.CollectableRow) (Current, error) {
	var c Current
	err := row.Scan((*[16]byte)(&c.Record.ID), &c.Record.Kind, &c.Record.Force, &c.Record.SourceHMAC, &c.Record.SourceKeyVersion,
		&c.Version.N, &c.Version.LogIndex, &c.Version.Revision, &c.Version.Erased,
		&c.Version.Salt, &c.Version.Sealed, &c.Version.Digest, &c.Wrapped)
	c.Version.Record = c.Record.ID
	return c, err
}

func (db *DB) collectCurrent(ctx context.Context, sql string, args ...any) ([]Current, error) {
	return collectCurrent(ctx, db.pool, sql, args...)
}

func collectCurrent(ctx context.Context, from querier, sql string, args ...any) ([]Current, error) {
	rows, err := from.Query(ctx, sql, args...)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, scanCurrent)
	return list, readError(err)
}

// readError leaves out the server's detail, which may quote values.
func readError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	}
	err = describe(err)
	if away(err) {
		return fmt.Errorf("read from the database: %w: %w", ErrAway, err)
	}
	return fmt.Errorf("read from the database: %w", err)
}

func ignoreNotFound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// CurrentByID reads the newest versions of records; unknown ids are left out,
// and the order is unspecified.
func (db *DB) CurrentByID(ctx context.Context, ids []uuid.UUID) ([]Current, error) {
	return db.collectCurrent(ctx, qCurrentByID, raw(ids))
}

// CurrentBySource reads the newest version of the record whose source HMAC is
// any of those given (one per key version in use), or ErrNotFound.
func (db *DB) CurrentBySource(ctx context.Context, hmacs [][]byte) (Current, error) {
	list, err := db.collectCurrent(ctx, qCurrentBySource, hmacs)
	if err != nil {
		return Current{}, err
	}
	if len(list) == 0 {
		return Current{}, ErrNotFound
	}
	return list[0], nil
}

// VersionsByID reads all versions of a record, oldest first; none if unknown.
func (db *DB) VersionsByID(ctx context.Context, id uuid.UUID) ([]Current, error) {
	return db.collectCurrent(ctx, qVersionsByID, [16]byte(id))
}

// ListRecords pages through a force's records of a kind by ascending id;
// after is the last id of the page before, uuid.Nil for the first page.
func (db *DB) ListRecords(ctx context.Context, force string, kind Kind, after uuid.UUID, limit int) ([]Current, error) {
	return db.collectCurrent(ctx, qListRecords, force, string(kind), [16]byte(after), limit)
}

// Feed reads versions with a log index above after (-1 for all), in log order.
// Whatever had committed when Feed was called is seen. The versions of one
// entry are never split over two pages, so a page may exceed limit. An empty
// page is the end.
func (db *DB) Feed(ctx context.Context, after int64, limit int) ([]FeedRow, error) {
	head, err := db.FeedHead(ctx)
	if err != nil || head <= after {
		return nil, err
	}
	rows, err := db.pool.Query(ctx, qFeed, after, limit)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (FeedRow, error) {
		c, err := scanCurrent(row)
		return FeedRow(c), err
	})
	return list, readError(err)
}

// SanctionsAfter reads the versions of sanctions after a log index (-1 for all), in
// log order.
func (db *DB) SanctionsAfter(ctx context.Context, after int64) ([]FeedRow, error) {
	return sanctionsAfter(ctx, db.pool, after)
}

func sanctionsAfter(ctx context.Context, from querier, after int64) ([]FeedRow, error) {
	list, err := collectCurrent(ctx, from, qSanctionsAfter, after)
	rows := make([]FeedRow, len(list))
	for i := range list {
		rows[i] = FeedRow(list[i])
	}
	return rows, err
}

// FeedHead is the log index of the newest version, -1 if there is none. It is
// cheap to ask.
func (db *DB) FeedHead(ctx context.Context) (int64, error) {
	var head int64
	err := db.pool.QueryRow(ctx, qFeedHead).Scan(&head)
	return head, readError(err)
}

// VersionsByIndex reads versions with from ≤ log index < until, without keys.
func (db *DB) VersionsByIndex(ctx context.Context, from, until int64) ([]Current, error) {
	return db.collectCurrent(ctx, qVersionsByIndex, from, until)
}

// RecordKeys pages through the wrapped keys by ascending record id.
func (db *DB) RecordKeys(ctx context.Context, after uuid.UUID, limit int) ([]RecordKey, error) {
	rows, err := db.pool.Query(ctx, qRecordKeys, [16]byte(after), limit)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (RecordKey, error) {
		var k RecordKey
		err := row.Scan((*[16]byte)(&k.Record), &k.Wrapped)
		return k, err
	})
	return list, readError(err)
}

// Rewrap replaces wrapped keys: old[i] by replacement[i], of the same record.
// A key that is no longer as in old is left alone, so that an erased key stays
// erased. It returns how many were replaced.
func (db *DB) Rewrap(ctx context.Context, old, replacement []RecordKey) (int64, error) {
	if len(old) != len(replacement) {
		return 0, errors.New("rewrap: lists of different lengths")
	}
	ids := make([][16]byte, len(old))
	before, after := make([][]byte, len(old)), make([][]byte, len(old))
	for i, o := range old {
		if o.Record != replacement[i].Record {
			return 0, errors.New("rewrap: lists in different order")
		}
		ids[i], before[i], after[i] = o.Record, o.Wrapped, replacement[i].Wrapped
	}
	tag, err := db.pool.Exec(ctx, qRewrap, ids, before, after)
	if err != nil {
		return 0, fmt.Errorf("rewrap keys: %w", describe(err))
	}
	return tag.RowsAffected(), nil
}

// BodyKey is the wrapped key of an entry's sealed body.
type BodyKey struct {
	Index   int64
	Meta    []byte // the entry's metadata, which names the entry
	Wrapped []byte
}

// BodyKeys pages through the wrapped keys of bodies by ascending index.
func (db *DB) BodyKeys(ctx context.Context, after int64, limit int) ([]BodyKey, error) {
	rows, err := db.pool.Query(ctx, qBodyKeys, after, limit)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[BodyKey])
	return list, readError(err)
}

// RewrapBodies replaces the wrapped keys of bodies: old[i] by replacement[i],
// unless it has changed since it was read. It returns how many were replaced.
func (db *DB) RewrapBodies(ctx context.Context, old []BodyKey, replacement [][]byte) (int64, error) {
	index, before := make([]int64, len(old)), make([][]byte, len(old))
	for i, o := range old {
		index[i], before[i] = o.Index, o.Wrapped
	}
	tag, err := db.pool.Exec(ctx, qRewrapBodies, index, before, replacement)
	if err != nil {
		return 0, fmt.Errorf("rewrap bodies: %w", describe(err))
	}
	return tag.RowsAffected(), nil
}

// raw gives ids in the form that pgx encodes without detours.
func raw(ids []uuid.UUID) [][16]byte {
	out := make([][16]byte, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}
