package service

import (
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

func (r *recent) has(id identity.ID, n int32) bool { return r.n[id] == n }

// put takes a version in; without a record only that there is nothing to weigh.
func (r *recent) put(t told, weighable bool) {
	if r.n == nil {
		r.fresh, r.n = identity.NewFresh(), map[identity.ID]int32{}
	}
	if _, again := r.n[t.id]; !again {
		r.order = append(r.order, t.id)
	}
	r.n[t.id] = t.n
	r.fresh.Remove(t.id)
	if weighable {
		r.fresh.Put(t.id, t.force, t.record)
	}
	if len(r.order) > maxRecent {
		gone := r.order[0]
		r.order = slices.Delete(r.order, 0, 1)
		r.fresh.Remove(gone)
		delete(r.n, gone)
	}
}

// amend weighs, under the log's lock, what was written since the nominal was
// compared with the register. It makes links to new nominals; anything that
// touches what was compared before is a conflict, and the writing begins afresh.
func (k *linking) amend(news accesslog.News) (accesslog.Amendment, error) {
	late := make(map[identity.ID]bool, len(news.Written)+len(news.Batch))
	var unknown []uuid.UUID
	for _, w := range news.Written {
		id := identity.ID(w.Record)
		if k.weighed[id] {
			return accesslog.Amendment{}, accesslog.ErrConflict
		}
		late[id] = true
		if !k.recent.has(id, w.N) {
			unknown = append(unknown, w.Record)
		}
	}
	if err := k.read(news, unknown); err != nil {
		return accesslog.Amendment{}, err
	}
	for _, t := range news.Batch {
		if t, ok := t.(told); ok {
			if k.weighed[t.id] {
				return accesslog.Amendment{}, accesslog.ErrConflict
			}
			late[t.id] = true
			if !k.recent.has(t.id, t.n) {
				k.recent.put(t, true)
			}
		}
	}
	// The batch may be tried again: what an earlier try added is taken back.
	k.changes, k.ordinal = k.changes[:k.before.changes:k.before.changes], k.before.ordinal
	k.found = k.found[:k.before.found:k.before.found]
	if k.recent.fresh == nil {
		return accesslog.Amendment{}, nil
	}
	near := slices.DeleteFunc(k.recent.fresh.Near(k.trace), func(r identity.FreshRecord) bool {
		return !late[r.ID] || r.ID == k.id
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
		n, record, weighable, err := k.View.Identity(postgres.FeedRow(row))
		if err != nil {
			return err
		}
		k.recent.put(told{id: n, n: row.Version.N, force: row.Record.Force, record: record}, weighable)
	}
	return nil
}
