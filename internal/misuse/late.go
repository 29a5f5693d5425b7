package misuse

import "slices"

// waiting is a search that nothing accounted for when it was judged, whose reference may
// yet be explained: a force tells of a long incident after it, or who works on a case
// only when he has begun.
type waiting struct {
	event packed
	by    *actor
	group *group
}

// wait keeps a search with a reference, in case the reference is explained later.
func (e *Engine) wait(ev *Event, a *actor) {
	if ev.Reference != 0 {
		e.waiting[ev.Reference] = append(e.waiting[ev.Reference], waiting{pack(ev), a, e.group(a)})
	}
}

// forgetWaiting drops searches that have waited for as long as references are remembered.
func (e *Engine) forgetWaiting(d day) {
	for ref, list := range e.waiting {
		list = slices.DeleteFunc(list, func(w waiting) bool { return dayOf(w.event.time()) <= d-claimDays })
		if e.waiting[ref] = list; len(list) == 0 {
			delete(e.waiting, ref)
		}
	}
}

// explain looks, when forces have told of cases, at the searches that waited for them.
// What is explained now counts against nobody any longer. What was flagged stays flagged.
func (e *Engine) explain() {
	for _, c := range e.facts.news {
		for _, ref := range c.References {
			list, ok := e.waiting[ref]
			if !ok {
				continue
			}
			list = slices.DeleteFunc(list, func(w waiting) bool {
				ev := w.event.unpack()
				explained := e.accountsFor(c, &ev)
				if explained {
					e.takeBack(&w, &ev)
				}
				return explained
			})
			if e.waiting[ref] = list; len(list) == 0 {
				delete(e.waiting, ref)
			}
		}
	}
	e.facts.news = e.facts.news[:0]
}

// accountsFor reports whether a case, as it is known now, accounts for a search of before.
// One that was opened after the search does not.
func (e *Engine) accountsFor(c *Case, ev *Event) bool {
	d := dayOf(ev.Time)
	return c.his(ev) && c.concerns(ev) && (c.Opened.IsZero() || dayOf(c.Opened) <= d) && !e.longClosed(c, d)
}

// takeBack takes a search out of those that nothing accounts for.
func (e *Engine) takeBack(w *waiting, ev *Event) {
	var was bits
	here := func(l look) bool { return l.index == ev.Index }
	if i := slices.IndexFunc(w.by.unexplained, here); i >= 0 {
		was = w.by.unexplained[i].bits
		if was&offDuty != 0 {
			w.by.worked = append(w.by.worked, ev.Time.Unix())
		}
		w.by.unexplained = slices.Delete(w.by.unexplained, i, i+1)
	}
	l, d := newLook(ev), dayOf(ev.Time)
	if w.by.today.day == d && w.by.today.open > 0 {
		w.by.today.open--
	}
	if g := w.group.on(d); g != nil {
		g.unexplained--
		if was&nearby != 0 {
			g.passed--
		}
	}
	for _, c := range []Code{l.person, l.record} {
		e.looks.drop(c, func(t *trace) bool { return t.look.index == ev.Index })
	}
}
