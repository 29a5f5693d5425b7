package service

import (
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// sight is how one caller, in the name of a force, sees links; it notes in the
// call what he sees.
type sight struct {
	*Deps
	c     *call.Call
	force string
	noted map[uuid.UUID]bool
	// formed are the nominals whose person has been formed, and barred the links
	// that were found to join nothing.
	formed, barred map[identity.ID]bool
}

func (d *Deps) sight(c *call.Call, force string) *sight {
	return &sight{
		Deps: d, c: c, force: force, noted: map[uuid.UUID]bool{},
		formed: map[identity.ID]bool{}, barred: map[identity.ID]bool{},
	}
}

// Hides reports whether a caller must not learn of a nominal: it is SILENT, he
// is not of its force's PSD, and it was not he who registered it.
func (d *Deps) Hides(c *call.Call, nominal identity.ID) bool {
	v, ok := d.View.Veil(nominal)
	return ok && !c.Policy.MaySeeSilent(c.Actor, v.Force) && v.Registrant != call.Subject(c.Actor)
}

// sees reports whether the caller may learn of a link.
func (s *sight) sees(l *view.Link) bool { return !s.Hides(s.c, l.A) && !s.Hides(s.c, l.B) }

// meet notes those nominals of a link that the caller must not learn of.
func (s *sight) meet(l *view.Link) {
	for _, id := range []identity.ID{l.A, l.B} {
		if s.Hides(s.c, id) {
			s.note(id, "", false)
		}
	}
}

// veiled reports whether a nominal of the link is SILENT, to whomever.
func (d *Deps) veiled(l *view.Link) bool {
	_, a := d.View.Veil(l.A)
	_, b := d.View.Veil(l.B)
	return a || b
}

// note notes once that a nominal was shown, or that it was met and not shown.
// Of a SILENT one the owner's PSD alone is to learn, whoever looked at it.
func (s *sight) note(nominal identity.ID, force string, shown bool) {
	id := uuid.UUID(nominal)
	if s.noted[id] {
		return
	}
	s.noted[id] = true
	if v, ok := s.View.Veil(nominal); ok {
		s.c.ShowSilent(id, v.Force)
	} else if shown {
		s.c.Show(id, force)
	}
}

// noteLink notes that the answer rests on a link, so that whoever was shown it
// can be told when it falls.
func (s *sight) noteLink(l *view.Link) {
	id := uuid.UUID(l.ID)
	if s.noted[id] || id == uuid.Nil { // found on the spot
		return
	}
	s.noted[id] = true
	if s.veiled(l) {
		s.c.ShowSilent(id, l.Force)
	} else {
		s.c.Met(id, l.Force)
	}
}

// nominal is one side of a link. open is false when the caller may learn of it
// no more than that it is there: it is restricted, or another force's that was
// withdrawn.
func (s *sight) nominal(id identity.ID, force string) (out *registerv1.LinkedNominal, open bool) {
	s.note(id, force, true)
	out = &registerv1.LinkedNominal{
		Nominal: ResourceName(postgres.KindNominal, force, uuid.UUID(id)), Force: "forces/" + force,
	}
	n, stands := s.View.Nominal(id)
	own := force == s.force
	if open = own || stands && n.Restriction == registerv1.Restriction_RESTRICTION_UNSPECIFIED; open && stands {
		out.DisplayName, out.BirthDate = n.Name, n.Birth
	}
	if !own {
		out.AskOwner, out.Contact = !open, s.contact(force)
	}
	return out, open
}

// shownLink is a link as the force sees it: its own nominal first, and of a
// nominal that is not open nothing by which it could be guessed. That leaves no
// evidence at all: of whom a record agrees with, one's own record tells.
// Without evidence the terms are left out.
func (s *sight) shownLink(l *view.Link, version int64, stored *storev1.StoredLink, barred, evidence bool) *registerv1.Link {
	out, ok := proto.Clone(stored.GetLink()).(*registerv1.Link)
	if !ok {
		return &registerv1.Link{}
	}
	s.noteLink(l)
	out.Version, out.Barred = version, barred
	out.Deferred = out.GetDeferred() && out.GetState() == registerv1.LinkState_LINK_STATE_PROPOSED
	if l.Concerns(s.force) {
		out.Name = linkName(s.force, uuid.UUID(l.ID))
	}
	a, openA := s.nominal(l.A, l.ForceA)
	b, openB := s.nominal(l.B, l.ForceB)
	out.Nominals = []*registerv1.LinkedNominal{a, b}
	if l.ForceA != s.force && l.ForceB == s.force {
		slices.Reverse(out.Nominals)
		for _, t := range out.GetTerms() {
			t.QueryValue, t.RecordValue = t.GetRecordValue(), t.GetQueryValue()
		}
	}
	switch {
	case !openA || !openB:
		out.Bits, out.Prior, out.Probability, out.Terms, out.ModelVersion, out.Twins = 0, 0, 0, nil, "", false
		for _, d := range out.GetDecisions() {
			if call.ForceCode(d.GetForce()) != s.force {
				d.Reason = "" // in words, it may name what is restricted
			}
		}
	case !evidence:
		out.Terms = nil
	}
	return out
}

// joinsNothing reports whether a link is barred though it stands.
func (s *sight) joinsNothing(l *view.Link) bool {
	if !view.Joins(l.State) {
		return false
	}
	if !s.formed[l.A] {
		s.knows(s.View.Person(l.A))
	}
	return s.barred[l.ID]
}

// knows takes in what has been found out by forming a person.
func (s *sight) knows(p identity.Person) {
	for _, m := range p.Members {
		s.formed[m] = true
	}
	for _, b := range p.Barred {
		s.barred[b.ID] = true
	}
}

// shownLinks shows links as they were read, without their evidence; one that
// was erased is left out.
func (s *sight) shownLinks(links []*view.Link, current map[uuid.UUID]postgres.Current) ([]*registerv1.Link, error) {
	var out []*registerv1.Link
	for _, l := range links {
		cur, ok := current[uuid.UUID(l.ID)]
		if !ok || cur.Wrapped == nil {
			continue
		}
		var stored storev1.StoredLink
		if _, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
			return nil, err
		}
		out = append(out, s.shownLink(l, int64(cur.Version.N), &stored, s.joinsNothing(l), false))
	}
	return out, nil
}
