package service

import (
	"context"
	"slices"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// maxSameVictim bounds the courses of one victim of which one registration tells.
const maxSameVictim = 20

// evenAlerts is how many alerts the registration of a course makes at least;
// those beyond what there is to tell are thrown away. Whether a victim has come
// forward must not show in how long it takes.
const evenAlerts = 3

// accusations tells, when a course has a victim whom it had not before, of the
// other courses with that victim, and of one in which the victim is accused by the
// suspect. Whoever registers learns nothing of it: a sham report must not reveal
// whether she came forward. The same statements are taken whether or not there is
// anything to tell.
func (b *batch) accusations(ctx context.Context, c *call.Call, k courseChange) error {
	person := b.d.View.Person(k.nominal)
	known := k.was != nil && b.d.Rules.Counts(*k.was) && slices.Equal(k.was.Principal, k.is.Principal)
	var same []view.SameVictim
	if !known && b.d.Rules.Counts(*k.is) {
		same = b.d.View.CoursesOfVictim(k.is.Principal)
	}
	same = slices.DeleteFunc(same, func(m view.SameVictim) bool {
		_, stands := b.d.View.Nominal(identity.ID(m.Course.Nominal))
		return !stands || m.Course.ID == k.is.ID || slices.Contains(person.Members, identity.ID(m.Course.Nominal))
	})
	made := b.ordinal
	for _, m := range same[:min(len(same), maxSameVictim)] {
		if err := b.victimMatch(c, k, m); err != nil {
			return err
		}
	}
	if len(same) > 0 {
		if err := b.probe(c, k); err != nil {
			return err
		}
	}
	if err := b.counters(ctx, c, k, person, known); err != nil {
		return err
	}
	if c.Actor.Kind != access.KindPerson {
		return nil // a system waits for nobody's answer
	}
	return b.even(k, evenAlerts-(b.ordinal-made))
}

// even does the work of so many alerts, and keeps none.
func (b *batch) even(k courseChange, n int) error {
	kept, ordinal := len(b.changes), b.ordinal
	for range n {
		if err := b.alert(k.change.Record.Force, conductAlert{
			key: ofVersion(k.change, 0, k.change.Record), subject: k.change.Record, related: k.change.Record,
			nominals: []identity.ID{k.nominal}, about: []identity.ID{k.nominal}, message: matchMessage,
		}); err != nil {
			return err
		}
	}
	b.changes, b.ordinal = b.changes[:kept:kept], ordinal
	return nil
}

const (
	matchMessage   = "A course of conduct of your force and one of another suspect have the same victim. Speak with the other force. Whoever registered them has not been told."
	probeMessage   = "An officer of your force has registered conduct against a victim who had reported somebody else. This may be honest. Nothing of it was shown to him."
	counterMessage = "Two people accuse each other: the suspect of one course is the victim of the other. It counts towards nothing until it is reviewed."
)

// both tells both forces of two courses, each with its own as related. Of a course
// of a SILENT nominal its owner's professional standards alone is told, and the
// other force is not.
func (b *batch) both(c *call.Call, k courseChange, other *conduct.Course, a conductAlert, audience registerv1.AlertAudience) error {
	own, theirs := k.change.Record, courseRecord(other)
	nominal := identity.ID(other.Nominal)
	silent := b.d.silent(nominal)
	a.cause = causeOf(c)
	if !silent {
		if err := b.d.require(c, nominal); err != nil {
			return err
		}
		if own.Force != theirs.Force {
			mine := a
			mine.audience, mine.subject, mine.related, mine.other = audience, theirs, own, theirs.Force
			mine.nominals, mine.about = []identity.ID{k.nominal}, []identity.ID{nominal}
			mine.key = ofVersion(k.change, a.kind, theirs)
			if err := b.alert(own.Force, mine); err != nil {
				return err
			}
		}
	}
	a.audience = audience
	if silent {
		a.audience = registerv1.AlertAudience_ALERT_AUDIENCE_PSD
	}
	a.subject, a.related, a.other = own, theirs, own.Force
	a.nominals, a.about = []identity.ID{nominal}, []identity.ID{k.nominal}
	a.key = ofVersion(k.change, a.kind, theirs)
	return b.alert(theirs.Force, a)
}

func courseRecord(c *conduct.Course) postgres.Record {
	return postgres.Record{ID: uuid.UUID(c.ID), Kind: postgres.KindCourse, Force: c.Force}
}

// victimMatch tells the single points of contact of both forces, and nobody else,
// that two courses of different suspects have the same victim.
func (b *batch) victimMatch(c *call.Call, k courseChange, m view.SameVictim) error {
	message := matchMessage
	if m.Possible {
		message = "Possible: " + message
	}
	return b.both(c, k, m.Course, conductAlert{
		kind: registerv1.AlertKind_ALERT_KIND_VICTIM_MATCH, unconfirmed: m.Possible, message: message,
	}, registerv1.AlertAudience_ALERT_AUDIENCE_SPOC)
}

// probe tells professional standards of the force that an officer named a victim
// who had come forward elsewhere. A force's system registers whatever is reported.
func (b *batch) probe(c *call.Call, k courseChange) error {
	if c.Actor.Kind != access.KindPerson || c.Actor.Force == "" {
		return nil
	}
	kind := registerv1.AlertKind_ALERT_KIND_VICTIM_PROBE
	return b.alert(c.Actor.Force, conductAlert{
		kind: kind, audience: registerv1.AlertAudience_ALERT_AUDIENCE_PSD, key: ofVersion(k.change, kind, postgres.Record{}),
		subject: k.change.Record, nominals: []identity.ID{k.nominal}, message: probeMessage, cause: causeOf(c),
	})
}

// counters tells the reviewers of both forces, and professional standards of the
// registering one, of accusations both ways: the suspect of the course is the
// victim of another, whose suspect is this one's victim.
func (b *batch) counters(ctx context.Context, c *call.Call, k courseChange, person identity.Person, known bool) error {
	mine, err := b.d.tokensOf(ctx, person.Members)
	if err != nil {
		return err
	}
	candidates := map[identity.ID]view.SameVictim{}
	suspects := []identity.ID{k.nominal} // one statement, whether or not there are others
	for _, tokens := range mine {
		if known || !b.d.Rules.Counts(*k.is) {
			break
		}
		for _, m := range b.d.View.CoursesOfVictim(tokens) {
			if id := identity.ID(m.Course.ID); m.Course.ID != k.is.ID && len(candidates) < maxSameVictim {
				candidates[id] = m
				suspects = append(suspects, b.d.View.Person(identity.ID(m.Course.Nominal)).Members...)
			}
		}
	}
	if len(candidates) == 0 && c.Actor.Kind != access.KindPerson {
		return nil
	}
	accused, err := b.d.tokensOf(ctx, suspects)
	if err != nil {
		return err
	}
	told := false
	for _, id := range sortedIDs(candidates) {
		m := candidates[id]
		possible, found := false, false
		for _, s := range b.d.View.Person(identity.ID(m.Course.Nominal)).Members {
			if verdict, bits := victim.Compare(accused[s], k.is.Principal); verdict == victim.Same {
				found, possible = true, m.Possible || bits < view.SureBits
			}
		}
		if _, stands := b.d.View.Nominal(identity.ID(m.Course.Nominal)); !found || !stands {
			continue
		}
		told = true
		kind := registerv1.AlertKind_ALERT_KIND_COUNTER_ALLEGATION
		if err := b.both(c, k, m.Course, conductAlert{kind: kind, unconfirmed: possible, message: counterMessage}, registerv1.AlertAudience_ALERT_AUDIENCE_REVIEWERS); err != nil {
			return err
		}
	}
	if !told {
		return nil
	}
	kind := registerv1.AlertKind_ALERT_KIND_COUNTER_ALLEGATION
	return b.alert(k.change.Record.Force, conductAlert{
		kind: kind, audience: registerv1.AlertAudience_ALERT_AUDIENCE_PSD, key: ofVersion(k.change, kind, postgres.Record{}) + "/psd",
		subject: k.change.Record, nominals: []identity.ID{k.nominal}, message: counterMessage, cause: causeOf(c),
	})
}

// tokensOf are the victim tokens that the details of nominals would make, by
// nominal: to see who accuses whom.
func (d *Deps) tokensOf(ctx context.Context, nominals []identity.ID) (map[identity.ID][]victim.Token, error) {
	ids := make([]uuid.UUID, len(nominals))
	for i, id := range nominals {
		ids[i] = uuid.UUID(id)
	}
	current, err := d.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[identity.ID][]victim.Token{}
	for id, cur := range current {
		if cur.Wrapped == nil || cur.Record.Kind != postgres.KindNominal {
			continue
		}
		var stored storev1.StoredNominal
		if _, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
			return nil, err
		}
		out[identity.ID(id)] = victim.ForCompare(d.Keys.VictimTokens(nominalDetails(stored.GetNominal())))
	}
	return out, nil
}

// nominalDetails are a nominal's details as if he were a victim.
func nominalDetails(n *registerv1.Nominal) victim.Details {
	v := &registerv1.Victim{Names: n.GetNames(), Addresses: n.GetAddresses()}
	if len(n.GetBirthDates()) > 0 {
		v.BirthDate = n.GetBirthDates()[0]
	}
	for _, i := range n.GetIdentifiers() {
		switch i.GetKind() { //nolint:exhaustive // no other is known of a victim
		case registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE:
			v.Phones = append(v.Phones, i.GetValue())
		case registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL:
			v.Emails = append(v.Emails, i.GetValue())
		case registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE:
			v.Handles = append(v.Handles, i.GetValue())
		}
	}
	return VictimDetails(v)
}

func sortedIDs[V any](m map[identity.ID]V) []identity.ID {
	out := make([]identity.ID, 0, len(m))
	for id := range m {
		out = append(out, id)
	}
	slices.SortFunc(out, func(a, b identity.ID) int { return slices.Compare(a[:], b[:]) })
	return out
}
