package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// summaryBlock is how many entries are counted together; it stands in the queries
// too.
const summaryBlock = 65536

// Grouping is what entries are counted by.
type Grouping string

// The groupings. Hours and days are those of UTC.
const (
	ByHour    Grouping = "hour"
	ByDay     Grouping = "day"
	ByForce   Grouping = "force"
	ByReason  Grouping = "reason"
	ByMethod  Grouping = "method"
	ByOutcome Grouping = "outcome"
)

// dimension is the kind of counts that answers a question with the fewest rows.
func (f *SummaryFilter) dimension() string {
	switch f.By {
	case ByHour:
		if f.Force == "" {
			return "all_hours"
		}
	case ByDay, ByForce:
		return string(ByOutcome)
	case ByReason, ByMethod, ByOutcome:
	}
	return string(f.By)
}

// SummaryFilter selects the entries that are counted; zero fields select all.
type SummaryFilter struct {
	By           Grouping
	Force, Actor string
	// From is inclusive, Until exclusive. Unless Actor is given, both must begin
	// an hour for ByHour, else a day.
	From, Until time.Time
	Limit       int // groups
}

// Count is how many entries have a key.
type Count struct {
	Key              string
	Entries, Refused int64
	Records          int64 // how many were shown or changed
}

// Summarise counts entries: by time or force in their order, else the most frequent
// first.
func (db *DB) Summarise(ctx context.Context, f SummaryFilter) ([]Count, error) {
	var blocks int64
	if f.Actor == "" {
		var err error
		if blocks, err = db.summarised(ctx); err != nil {
			return nil, err
		}
	}
	rows, err := db.pool.Query(ctx, qSummarise, pgx.QueryExecModeCacheDescribe, f.dimension(), string(f.By),
		f.Force, f.Actor, orNull(f.From), orNull(f.Until), f.Limit, blocks*summaryBlock)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Count])
	return list, readError(err)
}

func (db *DB) summarised(ctx context.Context) (blocks int64, err error) {
	err = db.pool.QueryRow(ctx, qSummarised).Scan(&blocks)
	return blocks, readError(err)
}

// CountBlock counts the next block of entries that is complete and not counted yet;
// more is false when there is none. Replicas may do so at the same time.
func (db *DB) CountBlock(ctx context.Context) (more bool, err error) {
	next, err := db.summarised(ctx)
	if err != nil {
		return false, err
	}
	head, err := db.Head(ctx)
	if err != nil || head.Size < (next+1)*summaryBlock {
		return false, ignoreNotFound(err)
	}
	_, err = db.pool.Exec(ctx, qSummariseBlock, next)
	return err == nil, readError(err)
}
