package service

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/view"
)

// possiblySame are the links of a nominal that wait for a decision, the likeliest first.
func (k *personCheck) possiblySame(see *sight, asked identity.ID) []*registerv1.LinkSummary {
	var links []*view.Link
	for _, l := range k.View.LinksOf(asked) {
		if l.State == registerv1.LinkState_LINK_STATE_PROPOSED && see.sees(l) {
			links = append(links, l)
		}
	}
	slices.SortStableFunc(links, func(a, b *view.Link) int { return cmp.Compare(b.Prior+b.Bits, a.Prior+a.Bits) })
	var out []*registerv1.LinkSummary
	for _, l := range links {
		see.noteLink(l)
		other := l.ForceA
		if l.A == asked {
			other = l.ForceB
		}
		one := &registerv1.LinkSummary{Name: linkName(k.force, uuid.UUID(l.ID)), State: l.State, Force: "forces/" + other}
		if see.opens(l.Other(asked), other) && l.Bits != 0 {
			one.Probability = round(identity.Probability(l.Prior+l.Bits), 6)
		}
		out = append(out, one)
	}
	return out
}

// open are the open duties of the force about a person: those that are being written as
// they will be, the others as they stand.
func (k *personCheck) open(ctx context.Context, see *sight, who identity.Person, writing []dutyWritten) ([]*registerv1.Duty, error) {
	if _, ok := k.c.Policy.Decide(k.c.Actor.Roles, "duty", "list"); !ok {
		return nil, nil
	}
	shown := map[uuid.UUID]*dutyWritten{}
	var ids []uuid.UUID
	for i := range writing {
		w := &writing[i]
		if duty, err := view.NewDuty(w.record, w.version, w.stored); err != nil {
			return nil, err
		} else if w.record.Force == k.force && duty.Open() && k.seesDuty(k.c, duty) {
			shown[w.record.ID] = w
		} else {
			shown[w.record.ID] = nil
		}
	}
	for _, id := range who.Members {
		for _, duty := range k.View.DutiesOf(id) {
			if _, being := shown[uuid.UUID(duty.ID)]; !being && duty.Open() && duty.Force == k.force && k.seesDuty(k.c, duty) {
				ids = append(ids, uuid.UUID(duty.ID))
			}
		}
	}
	standing, err := k.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	for id, cur := range standing {
		if cur.Wrapped == nil {
			continue
		}
		stored := &storev1.StoredDuty{}
		if _, err := view.OpenVersion(k.Keys, cur.Record, cur.Version, cur.Wrapped, stored); err != nil {
			return nil, err
		}
		shown[id] = &dutyWritten{cur.Record, cur.Version, stored}
	}
	var open []*dutyWritten
	for _, w := range shown {
		if w != nil {
			open = append(open, w)
		}
	}
	slices.SortFunc(open, func(a, b *dutyWritten) int {
		return cmp.Or(newer(b.stored.GetDuty().GetDueTime(), a.stored.GetDuty().GetDueTime()), bytes.Compare(a.record.ID[:], b.record.ID[:]))
	})
	var out []*registerv1.Duty
	for _, w := range open {
		out = append(out, see.shownDuty(w.record, w.version, w.stored))
	}
	return out, nil
}
