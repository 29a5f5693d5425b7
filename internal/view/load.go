package view

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// loadPage is how much of the feed is read at a time to load.
const loadPage = 4000

// Load reads the whole register and builds the index. A page is read while the
// one before is opened and the one before that goes into the index, and each
// is forgotten then: a register of millions takes hardly more memory to load
// than to hold.
func (v *View) Load(ctx context.Context) error {
	began := time.Now()
	pages := make(chan []postgres.FeedRow, 1)
	opened := make(chan []decoded, 1)
	g, loadCtx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(pages)
		return v.readFeed(loadCtx, v.head.Load(), pages)
	})
	head := v.head.Load()
	g.Go(func() error {
		defer close(opened)
		for rows := range pages {
			changes, err := v.decodeAll(loadCtx, rows)
			if err != nil {
				return err
			}
			head = rows[len(rows)-1].Version.LogIndex
			select {
			case opened <- changes:
			case <-loadCtx.Done():
				return loadCtx.Err()
			}
		}
		return nil
	})
	g.Go(func() error {
		for changes := range opened {
			v.applyAll(changes)
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	v.head.Store(head)
	v.log.InfoContext(ctx, "register loaded", "nominals", v.index.Len(), "courses", len(v.courses),
		"index_bytes", v.index.Bytes(), "head", head, "took", time.Since(began).Round(time.Millisecond).String())
	return nil
}

// applyAll applies the newest of the versions of each record.
func (v *View) applyAll(changes []decoded) {
	changes = newest(changes)
	entries := make([]identity.Entry, 0, len(changes))
	v.mu.Lock()
	for i := range changes {
		d := &changes[i]
		v.apply(*d)
		if d.nominal != nil && !d.nominal.Silent() {
			entries = append(entries, identity.Entry{ID: d.id, Force: d.nominal.Force, Record: d.identity})
		}
	}
	v.mu.Unlock()
	v.index.Load(entries)
}

// newest keeps the last version of each record. Alerts come last, in the order
// in which they are kept.
func newest(changes []decoded) []decoded {
	last := make(map[identity.ID]int, len(changes))
	for i := range changes {
		last[changes[i].id] = i
	}
	out := make([]decoded, 0, len(last))
	for i := range changes {
		if last[changes[i].id] == i {
			out = append(out, changes[i])
		}
	}
	slices.SortStableFunc(out, func(a, b decoded) int {
		switch {
		case a.alert == nil || b.alert == nil:
			return cmp.Compare(boolean(a.alert != nil), boolean(b.alert != nil))
		default:
			return a.alert.place(b.alert.Index, b.alert.Ordinal)
		}
	})
	return out
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// readFeed reads the feed after a log index page by page.
func (v *View) readFeed(ctx context.Context, from int64, into chan<- []postgres.FeedRow) error {
	for {
		rows, err := v.db.Feed(ctx, from, loadPage)
		if err != nil {
			return fmt.Errorf("view: feed: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		from = rows[len(rows)-1].Version.LogIndex
		select {
		case into <- rows:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// decodeAll opens the versions of a page, in parallel.
func (v *View) decodeAll(ctx context.Context, rows []postgres.FeedRow) ([]decoded, error) {
	const share = 500
	out := make([]decoded, len(rows))
	g, _ := errgroup.WithContext(ctx)
	at := 0
	for part := range slices.Chunk(rows, share) {
		into := out[at:]
		at += len(part)
		g.Go(func() error {
			for i := range part {
				d, err := v.decoder.decode(&part[i])
				if err != nil {
					return err
				}
				into[i] = d
			}
			return nil
		})
	}
	return out, g.Wait()
}
