package view

import (
	"slices"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// applyTransferred takes in what a record is since another force has taken it over;
// the caller holds the lock.
func (v *View) applyTransferred(d decoded) {
	if d.to == uuid.Nil {
		delete(v.was, v.moved[d.id])
		delete(v.moved, d.id)
		return
	}
	v.moved[d.id] = identity.ID(d.to)
	v.was[identity.ID(d.to)] = d.id
}

// Now is the id that a course, a measure, a breach, an assessment or a plan has by
// now: its own, unless other forces have taken it over.
func (v *View) Now(id identity.ID) identity.ID {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.now(id)
}

// now is Now; the caller holds the lock.
func (v *View) now(id identity.ID) identity.ID {
	for range len(v.moved) {
		to, ok := v.moved[id]
		if !ok {
			break
		}
		id = to
	}
	return id
}

// OfferOf returns the transfer by which a course of a nominal is offered to another
// force, if it is.
func (v *View) OfferOf(nominal, course identity.ID) (offer *Paper, ok bool) {
	for _, p := range v.TransfersOf(nominal) {
		if p.Course == course && !p.Answered {
			return p, true
		}
	}
	return nil, false
}

// TransfersOf returns the transfers of the matters of a nominal, open or not.
func (v *View) TransfersOf(nominal identity.ID) []*Paper {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var out []*Paper
	for _, id := range v.papers.byNominal[nominal] {
		if p := v.papers.all[id]; p.Kind == postgres.KindTransfer {
			out = append(out, p)
		}
	}
	return out
}

// fallenFormer brings what a course was before it was taken over level with whether
// it counts now, so that whoever was shown it then is told; the caller holds the lock.
// Of a course that is erased its own record tells no more what it was: what was taken
// over names it.
func (v *View) fallenFormer(d decoded) {
	course := d.course
	if course == nil {
		course = v.courses[d.id].Course
	}
	var former []identity.ID
	if course != nil {
		for _, id := range course.Former {
			former = append(former, identity.ID(id))
			if !course.Transferred {
				v.heirs[identity.ID(id)] = d.id
			}
		}
	}
	for id, ok := v.was[d.id]; ok && !slices.Contains(former, id); id, ok = v.was[id] {
		former = append(former, id)
	}
	for _, id := range append(former, d.id) {
		v.fallAlike(id)
	}
}

// fallAlike lets what was taken over, and was not erased, fall and stand with what it
// is now; the caller holds the lock.
func (v *View) fallAlike(former identity.ID) {
	if _, moved := v.moved[former]; !moved {
		return
	}
	now, ok := v.heirs[former]
	if !ok {
		now = v.now(former)
	}
	if f, fell := v.fallen[now]; fell {
		f.Record = uuid.UUID(former)
		v.fallen[former] = f
	} else {
		delete(v.fallen, former)
	}
}

// AlertsOf returns the alerts about a course, as what it was before it was taken over
// too.
func (v *View) AlertsOf(course identity.ID) []*Alert {
	var former []identity.ID
	if c, ok := v.CourseByID(course); ok {
		for _, id := range c.Former {
			former = append(former, identity.ID(id))
		}
	}
	var out []*Alert
	for _, id := range append(former, course) {
		out = append(out, v.AlertsAbout(id)...)
	}
	return out
}
