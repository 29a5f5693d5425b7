package postgres

import (
	"cmp"
	"time"
)

// countKey is what the entries that are counted together have in common.
type countKey struct {
	actor, dimension, force string
	time                    time.Time
	key                     string
}

func (k countKey) compare(other countKey) int {
	return cmp.Or(cmp.Compare(k.actor, other.actor), cmp.Compare(k.dimension, other.dimension),
		cmp.Compare(k.force, other.force), k.time.Compare(other.time), cmp.Compare(k.key, other.key))
}

// tally is the counts of a block, of all entries or by account.
type tally struct {
	byAccount bool
	counts    map[countKey]*Count
}

// add counts an entry. The hours of all forces together have counts of their own: by force
// they would be forty times as many.
func (t *tally) add(e *countedEntry) {
	at, actor := e.time.UTC(), ""
	hour, day := at.Truncate(time.Hour), at.Truncate(24*time.Hour)
	if t.byAccount {
		actor = e.actor
	} else {
		t.count(countKey{"", allHours, "", hour, ""}, e)
	}
	t.count(countKey{actor, string(ByHour), e.force, hour, ""}, e)
	t.count(countKey{actor, string(ByReason), e.force, day, e.reason}, e)
	t.count(countKey{actor, string(ByMethod), e.force, day, e.method}, e)
	t.count(countKey{actor, string(ByOutcome), e.force, day, e.outcome}, e)
}

func (t *tally) count(k countKey, e *countedEntry) {
	c := t.counts[k]
	if c == nil {
		c = &Count{}
		t.counts[k] = c
	}
	c.Entries++
	if e.outcome != "OK" {
		c.Refused++
	}
	c.Records += e.records
}

// columns are some of the counts as the statements that write them take them.
func (t *tally) columns(block int64, keys []countKey) []any {
	n := len(keys)
	actors, dimensions, forces, of := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	times := make([]time.Time, n)
	entries, refused, records := make([]int64, n), make([]int64, n), make([]int64, n)
	for i, k := range keys {
		actors[i], dimensions[i], forces[i], times[i], of[i] = k.actor, k.dimension, k.force, k.time, k.key
		c := t.counts[k]
		entries[i], refused[i], records[i] = c.Entries, c.Refused, c.Records
	}
	list := []any{block, dimensions, forces, times, of, entries, refused, records}
	if t.byAccount {
		list = append(list, actors)
	}
	return list
}
