package view

import (
	"context"
	"time"

	"github.com/perpetrator-register/register/internal/identity"
)

// quiet is for how long nothing must have changed for a search to be made before it
// is known whether anything has.
const quiet = time.Second

// Search finds, with every change that committed before the call, the nominals that
// may be shown, and apart from them those that are SILENT and would have been found.
//
// When the register is at rest it looks while it asks the database for news, and looks
// again if there was any: a search waits for the one or the other, not for both. While
// an import runs it asks first.
//
// Whoever has the log make sure that nothing was written since needs Glance alone.
func (v *View) Search(ctx context.Context, asked identity.Record, limits identity.Limits) (identity.Result, []*Nominal, error) {
	if !v.Quiet() {
		if err := v.Pull(ctx); err != nil {
			return identity.Result{}, nil, err
		}
		found, silent := v.Glance(asked, limits)
		return found, silent, nil
	}
	before := v.head.Load()
	level := make(chan error, 1)
	go func() { level <- v.Pull(ctx) }()
	found, silent := v.Glance(asked, limits)
	if err := <-level; err != nil {
		return identity.Result{}, nil, err
	}
	if v.head.Load() != before {
		found, silent = v.Glance(asked, limits)
	}
	return found, silent, nil
}

// Quiet reports whether the feed has brought nothing lately.
func (v *View) Quiet() bool { return time.Since(time.Unix(0, v.news.Load())) >= quiet }

// Glance finds the same as Search in the view as it is, which has every change up to its
// Head before the call.
func (v *View) Glance(asked identity.Record, limits identity.Limits) (identity.Result, []*Nominal) {
	found := v.index.Search(identity.QueryOf(asked), limits)
	var silent []*Nominal
	for _, id := range v.silent.search(v.index, asked) {
		if n, ok := v.Nominal(id); ok {
			silent = append(silent, n)
		}
	}
	return found, silent
}
