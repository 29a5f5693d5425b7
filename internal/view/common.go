package view

import (
	"sync"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// common keeps one copy of what many nominals hold alike: with millions of them
// the collector has that much less to walk through. What it returns is shared.
type common struct {
	mu     sync.RWMutex
	dates  map[date]*registerv1.PartialDate
	forces map[string]string
}

type date struct {
	year, month, day int32
	approximate      bool
}

func newCommon() *common {
	return &common{dates: map[date]*registerv1.PartialDate{}, forces: map[string]string{}}
}

func (c *common) date(d *registerv1.PartialDate) *registerv1.PartialDate {
	return one(c, c.dates, date{d.GetYear(), d.GetMonth(), d.GetDay(), d.GetApproximate()}, d)
}

func (c *common) force(code string) string { return one(c, c.forces, code, code) }

// one returns the value first seen for a key.
func one[K comparable, V any](c *common, seen map[K]V, k K, v V) V {
	c.mu.RLock()
	first, ok := seen[k]
	c.mu.RUnlock()
	if ok {
		return first
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if first, ok := seen[k]; ok {
		return first
	}
	seen[k] = v
	return v
}
