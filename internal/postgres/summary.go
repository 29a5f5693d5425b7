package postgres

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// summaryBlock is how many entries are counted together: the rows that stand are of so many.
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

// allHours is the kind of counts by hour of all forces together.
const allHours = "all_hours"

// dimension is the kind of counts that answers a question with the fewest rows.
func (f *SummaryFilter) dimension() string {
	switch f.By {
	case ByHour:
		if f.Force == "" && f.Actor == "" {
			return allHours
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
	p, err := db.parts(ctx, &f)
	if err != nil {
		return nil, err
	}
	rows, err := db.pool.Query(ctx, qSummarise, pgx.QueryExecModeCacheDescribe, f.dimension(), string(f.By),
		f.Force, f.Actor, orNull(f.From), orNull(f.Until), f.Limit, p.before, p.blocks, p.first, p.until)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Count])
	return list, readError(err)
}

// parts says which entries are counted already and which are not.
type parts struct {
	before int64   // the block before which all have counts; 0 for one account
	blocks []int64 // the blocks that have counts of the account
	// The indices of the entries that are to be counted one by one: from each of first
	// until its fellow of until.
	first, until []int64
}

func (p *parts) oneByOne(first, until int64) {
	if first < until {
		p.first, p.until = append(p.first, first), append(p.until, until)
	}
}

func (db *DB) parts(ctx context.Context, f *SummaryFilter) (p parts, err error) {
	if f.Actor == "" {
		p.before, err = db.summarised(ctx, qSummarised)
		p.oneByOne(p.before*summaryBlock, math.MaxInt64)
		return p, err
	}
	next, last, err := db.IndexBounds(ctx, f.From, f.Until)
	if err != nil {
		return p, err
	}
	from, until, err := db.wholeBlocks(ctx, f.From, f.Until)
	if err != nil {
		return p, err
	}
	rows, err := db.pool.Query(ctx, qAccountBlocks, f.Actor, from, until)
	if err != nil {
		return p, readError(err)
	}
	if p.blocks, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
		return p, readError(err)
	}
	for _, b := range p.blocks {
		p.oneByOne(next, b*summaryBlock)
		next = (b + 1) * summaryBlock
	}
	p.oneByOne(next, last)
	return p, nil
}

// wholeBlocks are the blocks, from ≤ block < until, all of whose entries are of a range of
// times (zero means open); at most one too few at either end.
func (db *DB) wholeBlocks(ctx context.Context, start, end time.Time) (from, until int64, err error) {
	// What stands before a checkpoint of a time is of that time or earlier, what comes
	// after it of that time or later.
	before, after, err := db.IndexBounds(ctx, end, start)
	if from = after / summaryBlock; after%summaryBlock > 0 {
		from++
	}
	if start.IsZero() {
		from = 0
	}
	if until = before / summaryBlock; end.IsZero() {
		until = math.MaxInt64
	}
	return from, until, err
}

func (db *DB) summarised(ctx context.Context, sql string) (blocks int64, err error) {
	err = db.pool.QueryRow(ctx, sql).Scan(&blocks)
	return blocks, readError(err)
}
