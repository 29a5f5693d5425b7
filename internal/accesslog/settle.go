package accesslog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/perpetrator-register/register/internal/postgres"
)

// settle finds out whether a batch has committed after all. Who holds the lock
// knows that the transaction in question has ended, one way or the other. It
// returns true when all items are finished.
func (a *attempt) settle(ctx context.Context) bool {
	w := a.w
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, w.o.Settle)
	defer cancel()
	for {
		stands, err := a.lookUp(ctx)
		switch {
		case err == nil && stands:
			a.succeed()
			return true
		case err == nil && a.blind:
			w.rewrite(outer, a.items) // as if the connection had been tried first
			return true
		case err == nil:
			lost := fmt.Errorf("%w: the connection was lost", ErrUnavailable)
			for _, it := range a.items {
				it.finish(Receipt{}, lost)
			}
			return true
		case errors.Is(err, postgres.ErrNotReplicated):
			return false
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return false
		case <-w.closing:
			return false
		}
	}
}

// lookUp tells whether the log holds the batch. Where a standby should have it
// too, we cannot know, and fail with ErrNotReplicated.
func (a *attempt) lookUp(ctx context.Context) (bool, error) {
	tx, head, err := a.w.db.BeginLog(ctx, postgres.LogNeed{Size: a.batch.First})
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if !a.stands(head) {
		return false, nil
	}
	replicated, err := tx.Replicated(ctx)
	if err == nil && replicated {
		err = postgres.ErrNotReplicated
	}
	return true, err
}

// stands tells whether the log holds the batch where it was to be. Entry ids
// are unique, so equal leaves are these very entries.
func (a *attempt) stands(head postgres.LogHead) bool {
	if len(head.Leaves) < len(a.leaves) {
		return false
	}
	for i, leaf := range a.leaves {
		if !bytes.Equal(head.Leaves[i], leaf[:]) {
			return false
		}
	}
	return true
}
