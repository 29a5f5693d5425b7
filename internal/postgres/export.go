package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

var (
	qExportBodies     = statement("export_bodies")
	qExportHead       = statement("export_head")
	qExportVersions   = statement("export_versions")
	qWitnessedBetween = statement("witnessed_between")
)

// ExportHead is the state of the log at one moment.
type ExportHead struct {
	Checkpoint Checkpoint // the newest
	// Entries and Versions are one more than the largest index of an entry, and
	// than the largest log index of a version: in a sound log no more than the
	// checkpoint's size.
	Entries, Versions int64
}

// ExportHead reads the newest checkpoint and how far the tables reach, in one
// snapshot; ErrNotFound while the log is empty.
func (db *DB) ExportHead(ctx context.Context) (ExportHead, error) {
	var h ExportHead
	c := &h.Checkpoint
	err := db.pool.QueryRow(ctx, qExportHead).Scan(&c.Size, &c.Time, &c.Root, &c.Note, &h.Entries, &h.Versions)
	c.Time = c.Time.UTC()
	return h, readError(err)
}

// WitnessedBetween reads the co-signed checkpoints with after < size ≤ until, by
// ascending size.
func (db *DB) WitnessedBetween(ctx context.Context, after, until int64) ([]WitnessedCheckpoint, error) {
	rows, err := db.pool.Query(ctx, qWitnessedBetween, after, until)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (WitnessedCheckpoint, error) {
		var c WitnessedCheckpoint
		err := row.Scan(&c.Size, &c.Time, &c.Witnesses, &c.Note)
		return c, err
	})
	return list, readError(err)
}

// ExportedVersion is a version as an export tells of it.
type ExportedVersion struct {
	Current           // without Wrapped; Version.Sealed only if asked for
	SealedHash []byte // SHA-256 of the sealed content
}

// ExportVersions hands over the versions with from ≤ log index < until, in log
// order, one by one; with their sealed content if content is set. The row is
// valid during the call alone.
func (db *DB) ExportVersions(ctx context.Context, from, until int64, content bool, each func(*ExportedVersion) error) error {
	rows, err := db.pool.Query(ctx, qExportVersions, from, until, content)
	if err != nil {
		return readError(err)
	}
	return eachRow(rows, each, func() (*ExportedVersion, []any) {
		var v ExportedVersion
		return &v, []any{
			(*[16]byte)(&v.Record.ID), &v.Record.Kind, &v.Record.Force, &v.Version.N, &v.Version.LogIndex,
			&v.Version.Revision, &v.Version.Erased, &v.Version.Salt, &v.Version.Digest, &v.SealedHash, &v.Version.Sealed,
		}
	})
}

// ExportedBody is the sealed body of an entry as an export tells of it.
type ExportedBody struct {
	Index      int64
	SealedHash []byte // SHA-256 of the sealed body
	Sealed     []byte // only if asked for
}

// ExportBodies hands over the sealed bodies with from ≤ index < until, one by
// one; in full if content is set.
func (db *DB) ExportBodies(ctx context.Context, from, until int64, content bool, each func(*ExportedBody) error) error {
	rows, err := db.pool.Query(ctx, qExportBodies, from, until, content)
	if err != nil {
		return readError(err)
	}
	return eachRow(rows, each, func() (*ExportedBody, []any) {
		var b ExportedBody
		return &b, []any{&b.Index, &b.SealedHash, &b.Sealed}
	})
}

// eachRow hands over row after row, without keeping any.
func eachRow[T any](rows pgx.Rows, each func(*T) error, fresh func() (*T, []any)) error {
	defer rows.Close()
	for rows.Next() {
		row, columns := fresh()
		if err := rows.Scan(columns...); err != nil {
			return readError(err)
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return readError(rows.Err())
}
