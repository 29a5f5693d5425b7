package service

import (
	"context"
	"slices"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// GetCandidate implements the RPC.
func (s *Searches) GetCandidate(ctx context.Context, req *registerv1.GetCandidateRequest) (*registerv1.CandidateDetail, error) {
	c := call.From(ctx)
	found, err := s.openCandidate(ctx, c, req.GetName())
	if err != nil {
		return nil, err
	}
	if err := s.View.Pull(ctx); err != nil {
		return nil, notChecked(err)
	}
	out := &registerv1.CandidateDetail{Candidate: found.shown, AsOfIndex: s.View.Head()}
	var ids []uuid.UUID
	for _, ref := range found.basis.GetNominals() {
		ids = append(ids, uuid.UUID(ref.GetId()))
	}
	current, err := s.currentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	if _, err := s.unfreeze(found.basis, out.GetCandidate(), current); err != nil {
		return nil, err
	}
	if s.retracted(c, found.index, found.basis, found.basis) {
		notice(&out.Notices, noticeRetracted, "that the records of this candidate are one person no longer holds as shown: look at each by itself, and search again")
	}
	d := &detail{Deps: s.Deps, c: c, force: c.Actor.Force, notices: &out.Notices, current: current, asOf: req.GetAsOfIndex()}
	if err := d.atIndex(ctx, ids, &out.AsOfIndex); err != nil {
		return nil, err
	}
	confirmed := map[identity.ID]bool{}
	if len(ids) > 0 {
		confirmed = s.View.Person(identity.ID(ids[0])).Confirmed
	}
	for _, id := range ids {
		if err := d.add(id, confirmed[identity.ID(id)]); err != nil {
			return nil, err
		}
	}
	out.Nominals = d.nominals
	out.History, out.Pattern, out.Courses, err = d.history(ctx, found.index)
	return out, err
}

// detail gathers what may be shown of the nominals of a person.
type detail struct {
	*Deps
	c       *call.Call
	force   string
	asOf    int64
	current map[uuid.UUID]postgres.Current
	// own is a nominal that the caller has opened as his force's own.
	own      uuid.UUID
	notices  *[]*registerv1.SearchNotice
	nominals []*registerv1.Nominal
	of       []insider
	warnings history
}

// atIndex reads the nominals as they were at the index asked for, if one was.
func (d *detail) atIndex(ctx context.Context, ids []uuid.UUID, shown *int64) error {
	if d.asOf == asOfNow {
		return nil
	}
	*shown = d.asOf
	rows, err := d.DB.VersionsAsOf(ctx, ids, d.asOf)
	d.current = map[uuid.UUID]postgres.Current{}
	for _, cur := range rows {
		d.current[cur.Record.ID] = cur
	}
	return err
}

// add adds one nominal, as far as it may be shown now.
func (d *detail) add(id uuid.UUID, confirmed bool) error {
	n, ok := d.View.Nominal(identity.ID(id))
	own := id == d.own
	switch {
	case own:
	case !ok:
		notice(d.notices, "WITHDRAWN", "a record that the search found has been withdrawn or erased since")
		return nil
	case n.Restriction == registerv1.Restriction_RESTRICTION_SILENT:
		// Read as withdrawn: that it became silent must not be told.
		d.c.ShowSilent(id, n.Force)
		notice(d.notices, "WITHDRAWN", "a record that the search found has been withdrawn or erased since")
		return nil
	case n.Restriction != registerv1.Restriction_RESTRICTION_UNSPECIFIED && n.Force != d.force:
		d.c.Show(id, n.Force)
		notice(d.notices, "ASK_OWNER", "a record of "+d.contact(n.Force).GetTeam()+" is restricted: ask the owner force")
		return nil
	}
	cur, ok := d.current[id]
	if !ok || cur.Wrapped == nil {
		return nil
	}
	var stored storev1.StoredNominal
	if _, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
		return err
	}
	if _, veiled := d.View.Veil(identity.ID(id)); veiled {
		d.c.ShowSilent(id, cur.Record.Force)
	} else {
		d.c.Show(id, cur.Record.Force)
	}
	shown := completeNominal(&stored, cur)
	if !own || !d.c.Policy.MaySeeSilent(d.c.Actor, cur.Record.Force) {
		shown.Restriction = registerv1.Restriction_RESTRICTION_UNSPECIFIED
	}
	d.nominals = append(d.nominals, shown)
	d.of = append(d.of, insider{identity.ID(id), cur.Record.Force, confirmed})
	d.warnings.bear(shown.GetWarnings(), confirmed)
	return nil
}

// history reads what is recorded of the nominals that were added. The search of the
// entry without is the one by which the caller came here.
func (d *detail) history(ctx context.Context, without int64) (*registerv1.History, *registerv1.Pattern, []*registerv1.CourseOfConduct, error) {
	now, err := d.moment(ctx, d.asOf)
	if err != nil {
		return nil, nil, nil, err
	}
	h, err := d.Deps.history(ctx, d.force, d.of, d.asOf)
	if err != nil {
		return nil, nil, nil, err
	}
	if d.asOf == asOfNow {
		h.Counters = d.sight(d.c, d.force).counters(h.courses)
	}
	if d.asOf == asOfNow && d.takenOver() {
		notice(d.notices, "TRANSFERRED", "a matter of a record that the search found has been taken over by another force since: search again to see it")
	}
	h.warnings = d.warnings.warnings
	h.note(d.Deps, d.c)
	history, pattern := d.shownHistory(d.force, h, now, without)
	courses := slices.Clone(h.courses)
	slices.SortStableFunc(courses, func(a, b openCourse) int { return lastIncident(b.stored).Compare(lastIncident(a.stored)) })
	var shown []*registerv1.CourseOfConduct
	for _, o := range courses {
		shown = append(shown, completeCourse(o.stored, o.cur))
	}
	return history, pattern, shown, nil
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
