package accesslog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/postgres"
)

// write brings a batch to its end: each item is finished exactly once.
func (w *Writer) write(ctx context.Context, g *gathering) {
	if len(g.items) == 0 {
		return
	}
	a := attempt{w: w, items: g.items}
	err := a.run(ctx, g)
	w.finish(ctx, &a, err)
}

// rewrite writes a part of a batch that was refused.
func (w *Writer) rewrite(ctx context.Context, items []*item) {
	a := attempt{w: w, items: items}
	err := a.run(ctx, nil)
	w.finish(ctx, &a, err)
}

// finish deals with the outcome of an attempt. A batch that the database refuses
// for what it holds is halved until the culprit stands alone, and the others
// are written without it.
func (w *Writer) finish(ctx context.Context, a *attempt, err error) {
	w.journal(ctx, err)
	if err != nil {
		w.alone = 0
	}
	switch {
	case err == nil:
		return
	case errors.Is(err, postgres.ErrConstraint) && len(a.items) > 1:
		half := len(a.items) / 2
		w.rewrite(ctx, a.items[:half])
		w.rewrite(ctx, a.items[half:])
		return
	case errors.Is(err, postgres.ErrConstraint):
		err = refusal(err)
	case errors.Is(err, postgres.ErrMaybeCommitted):
		if a.settle(ctx) {
			return
		}
		err = fmt.Errorf("%w, %w: %w", ErrUnavailable, ErrUnknownOutcome, err)
	case errors.Is(err, postgres.ErrNotReplicated):
		err = fmt.Errorf("%w, %w: %w", ErrUnavailable, ErrUnknownOutcome, err)
	default:
		if errors.Is(err, postgres.ErrNoConnection) {
			w.pause = time.After(reconnectPause)
		}
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	for _, it := range a.items {
		it.finish(Receipt{}, err)
	}
}

// refusal tells a change that came too late from one that is not acceptable.
func refusal(err error) error {
	var server *postgres.ServerError
	if errors.As(err, &server) {
		switch server.Constraint {
		case "record_pkey", "record_source_hmac_key", "version_pkey":
			return ErrConflict
		}
	}
	return fmt.Errorf("%w: %w", ErrRejected, err)
}

// journal notes when writing begins to fail and when it works again.
func (w *Writer) journal(ctx context.Context, err error) {
	failed := err != nil && !errors.Is(err, postgres.ErrConstraint)
	if failed {
		w.stats.failures.Add(1)
	}
	switch {
	case errors.Is(err, ErrCorrupt):
		w.o.Log.ErrorContext(ctx, "the stored access log contradicts itself: nothing is written", "error", err)
	case failed && !w.failing:
		w.o.Log.ErrorContext(ctx, "the access log cannot be written: calls are refused", "error", err)
	case !failed && w.failing:
		w.o.Log.InfoContext(ctx, "the access log can be written again")
	}
	w.failing = failed
}

// attempt is one try to write a batch.
type attempt struct {
	w      *Writer
	items  []*item // those not finished yet
	batch  postgres.LogBatch
	leaves []tlog.Hash
	blind  bool // it was sent without knowing whether the connection holds
}

// run writes the items; with g, also those who have come in the meantime.
func (a *attempt) run(ctx context.Context, g *gathering) error {
	w := a.w
	ctx, cancel := context.WithTimeout(ctx, w.o.Timeout)
	defer cancel()
	if a.guarded() {
		if err := a.runGuarded(ctx); !errors.Is(err, postgres.ErrMoved) {
			return err
		}
		a.blind = false
	}
	tx, head, err := w.db.BeginLog(ctx, a.need())
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing once committed
	if err := w.catchUp(ctx, tx, head); err != nil {
		return err
	}
	if g != nil {
		g.topUp()
		a.items = g.items
	}
	w.version = head.Version
	if err := a.gate(ctx, tx, head); err != nil {
		return err
	}
	a.overtaken()
	a.admit(head)
	a.amend(ctx, tx, head)
	if len(a.items) == 0 {
		return nil
	}
	next, err := a.build(head)
	if err != nil {
		return err
	}
	if err := tx.Commit(ctx, &a.batch); err != nil {
		return err
	}
	a.written(next)
	return nil
}

// written takes note of a batch that has committed, and answers its callers.
func (a *attempt) written(next edge) {
	w := a.w
	w.edge, w.time = next, a.batch.Time
	if n := len(a.batch.Versions); n > 0 {
		w.version = a.batch.Versions[n-1].LogIndex
	}
	w.alone++
	w.answered = len(a.items)
	w.stats.batches.Add(1)
	w.stats.entries.Add(int64(len(a.items)))
	a.succeed()
}

// need lists what must be known of the records that the batch touches.
func (a *attempt) need() postgres.LogNeed {
	n := postgres.LogNeed{Size: a.w.edge.size}
	for _, it := range a.items {
		for i := range it.p.Changes {
			c := &it.p.Changes[i]
			n.Records = append(n.Records, c.Record.ID)
			if c.Expected == 0 {
				n.Sources = append(n.Sources, c.Record.SourceHMAC)
			}
		}
		for _, r := range it.p.Requires {
			n.Records = append(n.Records, r.Record)
		}
		if it.p.amends() {
			if !n.News || it.p.Level < n.Since {
				n.Since = it.p.Level
			}
			n.News = true
		}
	}
	return n
}

// catchUp brings our edge level with the log's head, which another replica may
// have moved. It reads the new leaves if they are few, else the partial tile of
// each level: never more than that, however far the head has moved.
func (w *Writer) catchUp(ctx context.Context, tx *postgres.LogTx, head postgres.LogHead) error {
	behind := head.Size - w.edge.size
	if behind != 0 {
		w.alone = 0
	}
	e := w.edge
	switch {
	case behind < 0:
		return fmt.Errorf("%w: it has shrunk from %d to %d entries", ErrCorrupt, w.edge.size, head.Size)
	case behind > int64(len(head.Leaves)) || behind == postgres.MaxLeaves:
		var err error
		e, err = loadEdge(head.Size, func(level int, start int64, n int) ([]tlog.Hash, error) {
			raw, err := tx.EdgeHashes(ctx, level, start, n)
			if err != nil {
				return nil, err
			}
			return toHashes(raw)
		})
		if err != nil {
			return err
		}
	case behind < int64(len(head.Leaves)):
		return fmt.Errorf("%w: there are entries beyond its last checkpoint", ErrCorrupt)
	case behind > 0:
		leaves, err := toHashes(head.Leaves)
		if err != nil {
			return err
		}
		e, _ = e.append(leaves)
	}
	if e.size > 0 {
		if root := e.root(); !bytes.Equal(root[:], head.Root) {
			return fmt.Errorf("%w: its tree does not have the root of its checkpoint at size %d", ErrCorrupt, e.size)
		}
	}
	w.edge = e
	return nil
}

// keep finishes the items of which fault says what is wrong, with that, and keeps the others.
func (a *attempt) keep(fault func(*item) error) {
	kept := a.items[:0:0]
	for _, it := range a.items {
		if err := fault(it); err != nil {
			it.finish(Receipt{}, err)
			continue
		}
		kept = append(kept, it)
	}
	a.items = kept
}

// overtaken finishes the items whose answers hold no longer.
func (a *attempt) overtaken() {
	a.keep(func(it *item) error {
		if it.p.Unchanged && it.p.Level < a.w.version {
			return ErrOvertaken
		}
		return nil
	})
}

// admit finishes the items whose records have moved on.
func (a *attempt) admit(head postgres.LogHead) {
	a.keep(func(it *item) error {
		if err := admissible(it.p, head); err != nil {
			return err
		}
		for i := range it.p.Changes {
			c := &it.p.Changes[i]
			head.Known[c.Record.ID] = postgres.KnownRecord{Kind: c.Record.Kind, Force: c.Record.Force, N: c.Version.N}
			if c.Expected == 0 {
				head.Taken[string(c.Record.SourceHMAC)] = true
			}
		}
		return nil
	})
}

func admissible(p *Pending, head postgres.LogHead) error {
	for i := range p.Changes {
		c := &p.Changes[i]
		known, exists := head.Known[c.Record.ID]
		if known.N != c.Expected || c.Expected == 0 && (exists || head.Taken[string(c.Record.SourceHMAC)]) {
			return ErrConflict
		}
		// The digest covers them, so they must be those of the stored record.
		if exists && (known.Kind != c.Record.Kind || known.Force != c.Record.Force) {
			return fmt.Errorf("%w: the record's kind or force is another", ErrRejected)
		}
	}
	for _, r := range p.Requires {
		if head.Known[r.Record].N != r.N {
			return ErrConflict
		}
	}
	return nil
}

// build makes the rows of the batch and the edge of the tree that they give.
func (a *attempt) build(head postgres.LogHead) (edge, error) {
	w := a.w
	now := w.o.Now().UTC().Truncate(time.Microsecond)
	if now.Before(head.Time) {
		now = head.Time // the log's time never goes backwards
	}
	a.batch = postgres.LogBatch{First: head.Size, Time: now}
	a.leaves = make([]tlog.Hash, len(a.items))
	for i, it := range a.items {
		stamp(it.entry.Meta, now)
		a.leaves[i] = a.w.leafHash(it.entry.Meta)
		it.entry.Leaf = a.leaves[i][:]
		a.batch.Entries = append(a.batch.Entries, it.entry)
		a.collect(it, head.Size+int64(i))
	}
	next, full := w.edge.append(a.leaves)
	root := next.root()
	signed, err := checkpoint.Sign(w.o.Origin, tlog.Tree{N: next.size, Hash: root}, w.o.Signers)
	if err != nil {
		return edge{}, fmt.Errorf("sign checkpoint: %w", err)
	}
	a.batch.Tiles = full
	a.batch.Checkpoint = postgres.Checkpoint{Size: next.size, Time: now, Root: root[:], Note: signed}
	return next, nil
}

func (a *attempt) collect(it *item, index int64) {
	b := &a.batch
	for _, t := range distinct(it.touches) {
		b.Touches = append(b.Touches, postgres.LogTouch{Index: index, Touch: t})
	}
	for i := range it.changes {
		c := &it.changes[i]
		if c.Expected == 0 {
			b.Records = append(b.Records, c.Record)
			b.Keys = append(b.Keys, postgres.RecordKey{Record: c.Record.ID, Wrapped: c.Wrapped})
		}
		if c.DeleteKey {
			b.DeletedKeys = append(b.DeletedKeys, c.Record.ID)
		}
		if c.Record.Kind == postgres.KindSanction {
			b.Sanctions = append(b.Sanctions, index)
		}
		v := c.Version
		v.LogIndex = index
		b.Versions = append(b.Versions, v)
	}
}

// distinct are the touches in the order of their records, of each the first. That none
// comes twice saves the database to ask, row by row, whether one is there already.
func distinct(all []postgres.Touch) []postgres.Touch {
	if len(all) < 2 {
		return all
	}
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b postgres.Touch) int { return bytes.Compare(a.Record[:], b.Record[:]) })
	return slices.CompactFunc(out, func(a, b postgres.Touch) bool { return a.Record == b.Record })
}

// succeed finishes all items of a batch that has committed.
func (a *attempt) succeed() {
	for i, it := range a.items {
		it.finish(Receipt{
			Index: a.batch.First + int64(i), Time: a.batch.Time,
			Leaf: a.leaves[i], Checkpoint: a.batch.Checkpoint.Note,
		}, nil)
	}
}
