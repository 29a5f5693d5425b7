package view

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

const (
	// maxChecked bounds the records and references of which it is known who searched for
	// them, a few hundred bytes each.
	maxChecked = 60000
	// maxFollowed is how many entries are looked through for searches; if more have come,
	// whoever is asked for is looked up.
	maxFollowed = 256
	// unread is the index up to which nothing is known.
	unread int64 = -2
)

// checked remembers which searches found a record, or were made for a reference, and
// follows the log: what is known stays known as long as somebody asks, and nobody's
// entries are read twice. A record may have a hundred thousand.
type checked struct {
	db     *postgres.DB
	puller puller
	// suspect finds whose conduct a course or a breach tells of.
	suspect func(record identity.ID) (identity.ID, bool)
	// versions is the log index of the newest version, as of the last catch-up.
	versions atomic.Int64

	mu sync.Mutex
	of map[string]*checksOf // by the bytes of a record's id, or by reference
	// at is the last entry that was looked at. All from floor on were.
	at, floor int64
}

// checksOf are the last two searches by each force that found a record, or the last two
// that were made for a reference: all those up to an entry, and those looked at since.
// The list is never changed.
type checksOf struct {
	until int64
	last  []postgres.Check
}

func newChecked(db *postgres.DB, suspect func(identity.ID) (identity.ID, bool)) *checked {
	c := &checked{db: db, suspect: suspect, of: map[string]*checksOf{}, at: unread, floor: unread + 1}
	c.puller = puller{catchUp: c.catchUp}
	return c
}

// PullSearches brings Checks up to every search that committed before the call.
func (v *View) PullSearches(ctx context.Context) error { return v.checked.puller.pull(ctx) }

// PullAll is Pull and PullSearches. That no record has changed, as is so nearly always, it
// learns on the way.
func (v *View) PullAll(ctx context.Context) error {
	if err := v.PullSearches(ctx); err != nil {
		return err
	}
	if v.checked.versions.Load() > v.head.Load() {
		return v.Pull(ctx)
	}
	return nil
}

// Checks returns the searches that found one of the records or were made for one of the
// references, the last two by each force, the newest first: all up to the last
// PullSearches, and maybe more.
func (v *View) Checks(ctx context.Context, records []uuid.UUID, references []string) ([]postgres.Check, error) {
	c := v.checked
	all, missing, start := c.known(records, references)
	if len(missing.records)+len(missing.references) > 0 {
		rows, err := c.db.Checks(ctx, missing.records, missing.after, missing.references, math.MaxInt64)
		if err != nil {
			return nil, err
		}
		c.learn(missing, rows, start)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []postgres.Check
	for _, k := range all {
		out = append(out, k.last...)
	}
	return newestFirst(out), nil
}

// ChecksAsOf is Checks as of a log index.
func (v *View) ChecksAsOf(ctx context.Context, records []uuid.UUID, references []string, index int64) ([]postgres.Check, error) {
	after := make([]int64, len(records))
	for i := range after {
		after[i] = unread
	}
	rows, err := v.db.Checks(ctx, records, after, references, index)
	if err != nil {
		return nil, err
	}
	out := make([]postgres.Check, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.Check)
	}
	return newestFirst(out), nil
}

func newestFirst(all []postgres.Check) []postgres.Check {
	slices.SortFunc(all, func(a, b postgres.Check) int { return cmp.Compare(b.Index, a.Index) })
	return slices.CompactFunc(all, func(a, b postgres.Check) bool { return a.Index == b.Index })
}

// missing is what must be looked up, each with where it is to be learnt.
type missing struct {
	records    []uuid.UUID
	after      []int64
	references []string
	recordsOf  []*checksOf
	refersTo   []*checksOf
}

// known finds what is kept of records and references, in one list, and what of it must
// be looked up; start is the entry up to which all else is known.
func (c *checked) known(records []uuid.UUID, references []string) (all []*checksOf, m missing, start int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all = make([]*checksOf, 0, len(records)+len(references))
	for _, id := range records {
		k := c.get(string(id[:]))
		all = append(all, k)
		if k.until < c.floor {
			m.records, m.after, m.recordsOf = append(m.records, id), append(m.after, k.until), append(m.recordsOf, k)
		}
	}
	for _, r := range references {
		k := c.get(r)
		all = append(all, k)
		if k.until < c.floor {
			m.references, m.refersTo = append(m.references, r), append(m.refersTo, k)
		}
	}
	return all, m, c.at
}

// get returns what is known of a key, which is nothing when it is new; the caller holds
// the lock.
func (c *checked) get(key string) *checksOf {
	k, ok := c.of[key]
	if !ok {
		if len(c.of) >= maxChecked {
			for some := range c.of { // any: it is only read again
				delete(c.of, some)
				break
			}
		}
		k = &checksOf{until: unread}
		c.of[key] = k
	}
	return k
}

// learn takes in what was looked up after start was known. What was followed meanwhile
// is there already.
func (c *checked) learn(m missing, rows []postgres.CheckRow, start int64) {
	byRecord, byReference := map[uuid.UUID][]postgres.Check{}, map[string][]postgres.Check{}
	for _, r := range rows {
		if r.Record.Valid {
			byRecord[r.Record.UUID] = append(byRecord[r.Record.UUID], r.Check)
		} else {
			byReference[r.ReferenceHMAC] = append(byReference[r.ReferenceHMAC], r.Check)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, k := range m.recordsOf {
		k.foundBy(byRecord[m.records[i]]...)
		k.until = max(k.until, start)
	}
	for i, k := range m.refersTo {
		k.madeFor(byReference[m.references[i]]...)
		k.until = max(k.until, start)
	}
}

// foundBy adds searches that found the record.
func (k *checksOf) foundBy(more ...postgres.Check) {
	if len(more) == 0 {
		return
	}
	n := map[string]int{}
	k.last = slices.DeleteFunc(newestFirst(slices.Concat(more, k.last)), func(c postgres.Check) bool { n[c.Force]++; return n[c.Force] > 2 })
}

// madeFor adds searches that were made for the reference.
func (k *checksOf) madeFor(more ...postgres.Check) {
	if len(more) == 0 {
		return
	}
	k.last = newestFirst(slices.Concat(more, k.last))
	k.last = k.last[:min(2, len(k.last))]
}

// catchUp looks at what has come in the log.
func (c *checked) catchUp(ctx context.Context) error {
	c.mu.Lock()
	at := c.at
	c.mu.Unlock()
	searches, heads, err := c.db.SearchesAfter(ctx, at, maxFollowed)
	if err != nil {
		return err
	}
	found := make([]found, len(searches))
	for i := range searches {
		found[i] = c.found(&searches[i])
	}
	c.versions.Store(heads.Version)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range searches {
		c.follow(&searches[i], found[i])
	}
	if heads.Entry-at > maxFollowed {
		c.floor = heads.Entry
	}
	c.at = max(at, heads.Entry)
	return nil
}

// found is what a search found, as far as its entry names it.
type found struct {
	records []uuid.UUID
	// whole says that these are all.
	whole bool
}

// found reads what a search found. A registration was a search for the suspect of what was
// registered, which is named first; he may be SILENT, and then is not named himself.
func (c *checked) found(s *postgres.Search) found {
	meta, err := accesslog.ParseMetadata(s.Meta)
	out := found{meta.Results, err == nil && meta.ResultCount == len(meta.Results)}
	if strings.HasPrefix(meta.Method, "SearchService.") || len(meta.Results) == 0 {
		return out
	}
	if suspect, ok := c.suspect(identity.ID(meta.Results[0])); ok {
		out.records = append(slices.Clone(out.records), uuid.UUID(suspect))
	} else {
		out.whole = false
	}
	return out
}

// follow takes in a search; the caller holds the lock. Of one whose entry does not name
// all that it showed, each record is to be looked up.
func (c *checked) follow(s *postgres.Search, of found) {
	if k, ok := c.of[s.ReferenceHMAC]; ok {
		k.madeFor(s.Check)
	}
	if !of.whole {
		c.floor = max(c.floor, s.Index)
	}
	for _, id := range of.records {
		if k, ok := c.of[string(id[:])]; ok {
			k.foundBy(s.Check)
		}
	}
}

// forget forgets all that is known.
func (c *checked) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of = map[string]*checksOf{}
}
