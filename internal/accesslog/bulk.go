package accesslog

import (
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/postgres"
)

// Bulk makes the rows of a new log without writing them: a benchmark fills a log of
// millions faster than calls could, with the same bytes, hashes, tiles and
// checkpoints. It is not safe for concurrent use.
type Bulk struct {
	w    Writer
	head postgres.LogHead
}

// NewBulk begins an empty log.
func NewBulk(origin string, signers []note.Signer) *Bulk {
	return &Bulk{w: Writer{o: Options{Origin: origin, Signers: signers}}}
}

// Batch makes the rows of the next batch: read entries alone, at most
// postgres.MaxLeaves of them, all at one time, which never goes backwards.
func (b *Bulk) Batch(at time.Time, entries []*Pending) (*postgres.LogBatch, error) {
	b.w.o.Now = func() time.Time { return at }
	a := attempt{w: &b.w}
	for _, p := range entries {
		entry, err := p.prepare(nil)
		if err != nil {
			return nil, err
		}
		a.items = append(a.items, &item{p: p, entry: entry, touches: p.Touches})
	}
	next, err := a.build(b.head)
	if err != nil {
		return nil, err
	}
	b.w.edge, b.head.Size, b.head.Time = next, next.size, a.batch.Time
	return &a.batch, nil
}
