package conduct

import "strings"

// Resolve lets what names a record by the identity that it had before a force took it
// over name it as it is now. Call it when all records are in the history.
func (h *History) Resolve() {
	now := map[ID]ID{}
	h.former(func(id ID, former []ID) {
		for _, f := range former {
			now[f] = id
		}
	})
	if len(now) == 0 {
		return
	}
	resolve := func(id *ID) {
		if to, ok := now[*id]; ok {
			*id = to
		}
	}
	for i := range h.Measures {
		courses := make([]ID, len(h.Measures[i].Courses))
		copy(courses, h.Measures[i].Courses)
		for k := range courses {
			resolve(&courses[k])
		}
		h.Measures[i].Courses = courses
	}
	for i := range h.Breaches {
		resolve(&h.Breaches[i].Measure)
	}
	for i := range h.Counters {
		resolve(&h.Counters[i].Course)
		resolve(&h.Counters[i].Other)
	}
}

// former calls f with each record that was taken over.
func (h *History) former(f func(id ID, former []ID)) {
	one := func(id ID, former []ID) {
		if len(former) > 0 {
			f(id, former)
		}
	}
	for i := range h.Matters {
		one(h.Matters[i].ID, h.Matters[i].Former)
	}
	for i := range h.Measures {
		one(h.Measures[i].ID, h.Measures[i].Former)
	}
	for i := range h.Breaches {
		one(h.Breaches[i].ID, h.Breaches[i].Former)
	}
	for i := range h.Assessments {
		one(h.Assessments[i].ID, h.Assessments[i].Former)
	}
	for i := range h.Plans {
		one(h.Plans[i].ID, h.Plans[i].Former)
	}
}

// origins are the first identities of the records that were taken over.
func (h *History) origins() map[ID]ID {
	var out map[ID]ID
	h.former(func(id ID, former []ID) {
		if out == nil {
			out = map[ID]ID{}
		}
		out[id] = former[0]
	})
	return out
}

func (e *reading) origin(id ID) ID {
	if first, ok := e.origins[id]; ok {
		return first
	}
	return id
}

// stableKey is a key in which records have their first identities, so that a prompt
// keeps its key when another force takes over what it is about.
func (e *reading) stableKey(key string) string {
	for id, first := range e.origins {
		key = strings.ReplaceAll(key, id.String(), first.String())
	}
	return key
}
