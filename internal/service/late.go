package service

import (
	"math"
	"slices"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// told is what a nominal that is being written tells those behind it in its
// batch of the log.
type told struct {
	id     identity.ID
	n      int32
	force  string
	record identity.Record
	trace  identity.Trace
}

// maxRecent is how many nominals are kept that were written lately.
const maxRecent = 2048

// recent are the nominals written lately, by this replica and by others. It is
// used under the log's lock alone, by the one goroutine that writes.
type recent struct {
	fresh *identity.Fresh
	n     map[identity.ID]int32 // version
	order []identity.ID
}

func (r *recent) has(id identity.ID, n int32) bool { return r.n[id] >= n }

// put takes a version in.
func (r *recent) put(id identity.ID, n int32) {
	if r.n == nil {
		r.fresh, r.n = identity.NewFresh(), map[identity.ID]int32{}
	}
	if _, again := r.n[id]; !again {
		r.order = append(r.order, id)
	}
	r.n[id] = n
	r.fresh.Remove(id)
	if len(r.order) > maxRecent {
		gone := r.order[0]
		r.order = r.order[1:]
		r.fresh.Remove(gone)
		delete(r.n, gone)
	}
}

// amend weighs, under the log's lock, what was written since the nominal was
// compared with the register. It makes links to new nominals; anything that
// touches what was compared before is a conflict, and the writing begins afresh.
func (k *linking) amend(news accesslog.News) (accesslog.Amendment, error) {
	from, err := k.meet(news)
	if err != nil || k.recent.fresh == nil {
		return accesslog.Amendment{}, err
	}
	// The batch may be tried again: what an earlier try added is taken back.
	k.changes, k.ordinal = k.changes[:k.before.changes:k.before.changes], k.before.ordinal
	k.found = k.found[:k.before.found:k.before.found]
	near := slices.DeleteFunc(k.recent.fresh.Near(&k.record, k.trace, from), func(r identity.FreshRecord) bool {
		return r.ID == k.id || !isNews(news, r.ID)
	})
	for _, like := range k.View.Index().LookalikesAmong(near, k.record) {
		if !k.created {
			return accesslog.Amendment{}, accesslog.ErrConflict // they may be linked already
		}
		if err := k.begin(like, like.Force); err != nil {
			return accesslog.Amendment{}, err
		}
	}
	var out accesslog.Amendment
	out.Changes = k.changes[k.before.changes:]
	for i := range out.Changes {
		r := out.Changes[i].Record
		out.Touches = append(out.Touches, postgres.Touch{Record: r.ID, Force: r.Force})
	}
	return out, nil
}

// meet makes all that is new known to recent, and returns from which place on
// it stands there. It fails with a conflict when a nominal that was compared
// before has been written anew.
func (k *linking) meet(news accesslog.News) (from uint64, err error) {
	var unknown []uuid.UUID
	for _, w := range news.Written {
		if !k.recent.has(identity.ID(w.Record), w.N) {
			unknown = append(unknown, w.Record)
		}
	}
	if err := k.read(news, unknown); err != nil {
		return 0, err
	}
	for _, mate := range news.Batch {
		if t, ok := mate.(told); ok && !k.recent.has(t.id, t.n) {
			k.recent.put(t.id, t.n)
			k.recent.fresh.PutTraced(t.id, t.force, t.record, t.trace)
		}
	}
	for id := range k.weighed {
		if _, lately := k.recent.n[id]; lately && isNews(news, id) {
			return 0, accesslog.ErrConflict
		}
	}
	from = math.MaxUint64
	met := func(id identity.ID) {
		if at, ok := k.recent.fresh.Place(id); ok {
			from = min(from, at)
		}
	}
	for _, w := range news.Written {
		met(identity.ID(w.Record))
	}
	for _, mate := range news.Batch {
		if t, ok := mate.(told); ok {
			met(t.id)
		}
	}
	return from, nil
}

func isNews(news accesslog.News, id identity.ID) bool {
	for _, w := range news.Written {
		if identity.ID(w.Record) == id {
			return true
		}
	}
	for _, mate := range news.Batch {
		if t, ok := mate.(told); ok && t.id == id {
			return true
		}
	}
	return false
}

// read reads nominals that another replica wrote, or this one some time ago.
func (k *linking) read(news accesslog.News, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := news.Read(ids)
	if err != nil {
		return err
	}
	for _, row := range rows {
		id, record, weighable, err := k.View.Identity(postgres.FeedRow(row))
		if err != nil {
			return err
		}
		k.recent.put(id, row.Version.N)
		if weighable {
			k.recent.fresh.Put(id, row.Record.Force, record)
		}
	}
	return nil
}
