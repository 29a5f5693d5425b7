//go:build bench

package accesslog

import (
	"context"
	"sync/atomic"
)

// Noop is an Appender without a log, to measure what the log costs. Only
// entries that carry changes are written, since the register would not exist
// without them. It is in benchmark builds alone.
type Noop struct {
	Writer *Writer
	index  atomic.Int64
}

// Append implements Appender.
func (n *Noop) Append(ctx context.Context, p *Pending) (Receipt, error) {
	if len(p.Changes) > 0 {
		return n.Writer.Append(ctx, p)
	}
	return Receipt{Index: n.index.Add(1)}, nil
}
