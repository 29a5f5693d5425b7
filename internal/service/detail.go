package service

import (
	"context"
	"slices"

	"github.com/google/uuid"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
)

// GetCandidate implements the RPC.
func (s *Searches) GetCandidate(ctx context.Context, req *registerv1.GetCandidateRequest) (*registerv1.CandidateDetail, error) {
	c := call.From(ctx)
	found, err := s.openCandidate(ctx, c, req.GetName())
	if err != nil {
		return nil, err
	}
	if err := s.View.PullAll(ctx); err != nil {
		return nil, notChecked(err)
	}
	out := &registerv1.CandidateDetail{Candidate: found.shown, AsOfIndex: s.View.Head()}
	var ids []uuid.UUID
	for _, ref := range found.basis.GetNominals() {
		ids = append(ids, uuid.UUID(ref.GetId()))
	}
	nominals, err := s.openAll(ctx, ids, asOfNow)
	if err != nil {
		return nil, err
	}
	if _, err := Unfreeze(found.basis, out.GetCandidate(), keysOf(nominals)); err != nil {
		return nil, err
	}
	if s.retracted(c, found.index, found.basis, found.basis) {
		notice(&out.Notices, noticeRetracted, "that the records of this candidate are one person no longer holds as shown: look at each by itself, and search again")
	}
	d := &detail{Deps: s.Deps, c: c, force: c.Actor.Force, notices: &out.Notices, asOf: req.GetAsOfIndex()}
	if d.asOf != asOfNow {
		out.AsOfIndex = d.asOf
		if nominals, err = s.openAll(ctx, ids, d.asOf); err != nil {
			return nil, err
		}
	}
	confirmed := map[identity.ID]bool{}
	if len(ids) > 0 {
		confirmed = s.View.Person(identity.ID(ids[0])).Confirmed
	}
	for i, id := range ids {
		d.add(id, nominals[i], confirmed[identity.ID(id)])
	}
	out.Nominals = d.nominals
	out.History, out.Pattern, out.Courses, err = d.history(ctx, found.index)
	return out, err
}

// detail gathers what may be shown of the nominals of a person.
type detail struct {
	*Deps
	c     *call.Call
	force string
	asOf  int64
	// own is a nominal that the caller has opened as his force's own.
	own      uuid.UUID
	notices  *[]*registerv1.SearchNotice
	nominals []*registerv1.Nominal
	of       []insider
	warnings history
}

// add adds one nominal, as far as it may be shown now; o is nil when there is none.
func (d *detail) add(id uuid.UUID, o *opened, confirmed bool) {
	n, ok := d.View.Nominal(identity.ID(id))
	own := id == d.own
	switch {
	case own:
	case !ok:
		notice(d.notices, "WITHDRAWN", "a record that the search found has been withdrawn or erased since")
		return
	case n.Restriction == registerv1.Restriction_RESTRICTION_SILENT:
		// Read as withdrawn: that it became silent must not be told.
		d.c.ShowSilent(id, n.Force)
		notice(d.notices, "WITHDRAWN", "a record that the search found has been withdrawn or erased since")
		return
	case n.Restriction != registerv1.Restriction_RESTRICTION_UNSPECIFIED && n.Force != d.force:
		d.c.Show(id, n.Force)
		notice(d.notices, "ASK_OWNER", "a record of "+d.contact(n.Force).GetTeam()+" is restricted: ask the owner force")
		return
	}
	if o == nil {
		return
	}
	force := o.cur.Record.Force
	if _, veiled := d.View.Veil(identity.ID(id)); veiled {
		d.c.ShowSilent(id, force)
	} else {
		d.c.Show(id, force)
	}
	reader := forOthers
	if own && d.c.Policy.MaySeeSilent(d.c.Actor, force) {
		reader = forOwn
	}
	shown, ok := o.shown[reader].(*registerv1.Nominal)
	if !ok {
		return
	}
	d.nominals = append(d.nominals, shown)
	d.of = append(d.of, insider{identity.ID(id), force, confirmed})
	d.warnings.bear(shown.GetWarnings(), confirmed)
}

// history reads what is recorded of the nominals that were added. The search of the
// entry without is the one by which the caller came here.
func (d *detail) history(ctx context.Context, without int64) (*registerv1.History, *registerv1.Pattern, []*registerv1.CourseOfConduct, error) {
	now, err := d.moment(ctx, d.asOf)
	if err != nil {
		return nil, nil, nil, err
	}
	t, checks, err := d.account(ctx, now, without)
	if err != nil {
		return nil, nil, nil, err
	}
	if d.asOf == asOfNow && d.takenOver() {
		notice(d.notices, "TRANSFERRED", "a matter of a record that the search found has been taken over by another force since: search again to see it")
	}
	t.note(d.Deps, d.c)
	return t.shown(checks, now), t.pattern, t.courses, nil
}

// takenOver reports whether a matter of the nominals shown hangs on another one by now,
// of which the force may learn.
func (d *detail) takenOver() bool {
	for _, in := range d.of {
		for _, id := range d.View.CourseIDs(in.id) {
			was, ok := d.View.CourseByID(id)
			if !ok || !was.Transferred {
				continue
			}
			is, ok := d.View.CourseByID(d.View.Now(id))
			if ok && d.opens(d.force, identity.ID(is.Nominal)) && !slices.ContainsFunc(d.of, func(o insider) bool { return o.id == identity.ID(is.Nominal) }) {
				return true
			}
		}
	}
	return false
}

func notice(into *[]*registerv1.SearchNotice, code, message string) {
	*into = append(*into, &registerv1.SearchNotice{Code: code, Message: message})
}
