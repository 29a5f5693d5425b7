package accesslog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/postgres"
)

// News is what was written after a change was made: what its maker could not
// know. It is complete, because it is read under the log's lock.
type News struct {
	// Written are the versions of nominals written after Pending.Level, in log order.
	Written []postgres.News
	// Batch holds what those that stand before it in its own batch tell.
	Batch []any
	// Read reads the newest versions of records, in the log's transaction.
	Read func(ids []uuid.UUID) ([]postgres.Current, error)
}

// Amendment is what commits with a pending entry besides its own changes: new
// records alone.
type Amendment struct {
	Changes []Change
	Touches []postgres.Touch
}

// amends reports whether the entry is to be completed under the lock.
func (p *Pending) amends() bool { return p.Amend != nil }

// amend lets the items that ask for it take account of what was written since
// they were made. One that cannot is finished.
func (a *attempt) amend(ctx context.Context, tx *postgres.LogTx, head postgres.LogHead) {
	var told []any
	a.keep(func(it *item) error {
		it.changes, it.touches = it.p.Changes, it.p.Touches
		if it.p.amends() {
			news := News{Batch: told, Read: func(ids []uuid.UUID) ([]postgres.Current, error) {
				return tx.CurrentByID(ctx, ids)
			}}
			if err := it.amend(news, head.News); err != nil {
				return err
			}
		}
		if it.p.Tell != nil {
			told = append(told, it.p.Tell)
		}
		return nil
	})
}

func (it *item) amend(news News, written []postgres.News) (err error) {
	if it.amended { // by an attempt that was refused
		if it.entry, err = it.p.prepare(it.p.Changes); err != nil {
			return err
		}
	}
	if len(written) == postgres.MaxNews {
		return ErrConflict // there are more than were read: begin afresh
	}
	for i, w := range written {
		if w.LogIndex > it.p.Level {
			news.Written = written[i:]
			break
		}
	}
	if len(news.Written) == 0 && len(news.Batch) == 0 {
		return nil
	}
	added, err := it.p.Amend(news)
	if errors.Is(err, ErrConflict) {
		return ErrConflict
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if len(added.Changes) == 0 && len(added.Touches) == 0 {
		return nil
	}
	for i := range added.Changes {
		if c := &added.Changes[i]; c.Expected != 0 {
			return fmt.Errorf("%w: an amendment of a record that exists", ErrRejected)
		}
	}
	it.changes = slices.Concat(it.p.Changes, added.Changes)
	it.touches = slices.Concat(it.p.Touches, added.Touches)
	it.amended = true
	it.entry, err = it.p.prepare(it.changes)
	return err
}
