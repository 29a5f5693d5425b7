package service

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// conductAlert is an alert about a record that is no link.
type conductAlert struct {
	kind     registerv1.AlertKind
	audience registerv1.AlertAudience
	// key tells the alert from others of its force, for good: a second one with
	// the same key is a conflict.
	key string
	// subject is the record that it is about, related the force's own that this
	// bears upon; a zero one is left out.
	subject, related postgres.Record
	// nominals are the force's own nominals concerned, about further ones that it
	// rests on: where one of either is SILENT, so is the alert.
	nominals, about []identity.ID
	other           string // the other force's code; empty when there is none
	code, message   string
	unconfirmed     bool
	shown           int32 // officers of the force who were shown the subject
	cause           cause
}

// cause is who caused an alert and must not learn of it: as in the log, and by
// the collar number under which a force's system may have named him.
type cause struct{ subject, collar string }

func causeOf(c *call.Call) cause { return cause{call.Subject(c.Actor), c.Actor.Collar} }

// alert adds an alert to a force. It takes the next ordinal of the entry.
func (b *batch) alert(force string, a conductAlert) error {
	out := &registerv1.Alert{
		Kind: a.kind, Audience: a.audience, Message: a.message, Code: a.code, Unconfirmed: a.unconfirmed, OfficersShown: a.shown,
		Subject: recordName(a.subject), Related: recordName(a.related),
	}
	if a.other != "" && a.other != force {
		out.OtherForce = "forces/" + a.other
	}
	stored := &storev1.StoredAlert{Alert: out, SubjectId: recordID(a.subject), RelatedId: recordID(a.related), Cause: a.cause.subject, CauseCollar: a.cause.collar}
	for _, id := range a.nominals {
		out.Nominals = append(out.Nominals, ResourceName(postgres.KindNominal, force, uuid.UUID(id)))
		stored.About = append(stored.About, id[:])
	}
	for _, id := range a.about {
		if !slices.Contains(a.nominals, id) {
			stored.About = append(stored.About, id[:])
		}
	}
	return b.raise(force, a.key, stored)
}

// raise adds an alert to a force under a key.
func (b *batch) raise(force, key string, stored *storev1.StoredAlert) error {
	stored.Alert.Ordinal = int32(b.ordinal) //nolint:gosec // a few dozen
	stored.Alert.CreateTime = timestamppb.New(b.now)
	b.ordinal++
	change, err := b.d.First(postgres.KindAlert, force, b.d.Keys.SourceHMAC(force, systemAlert, key, systemAlert), 1, stored)
	if err != nil {
		return err
	}
	b.changes = append(b.changes, change)
	return nil
}

func recordName(r postgres.Record) string {
	if r.ID == uuid.Nil {
		return ""
	}
	return ResourceName(r.Kind, r.Force, r.ID)
}

func recordID(r postgres.Record) []byte {
	if r.ID == uuid.Nil {
		return nil
	}
	return r.ID[:]
}

// ofVersion is the key of an alert that one version of a record raises: one of
// each kind for a force, and for each further record that it bears upon.
func ofVersion(change accesslog.Change, kind registerv1.AlertKind, related postgres.Record) string {
	return fmt.Sprintf("%s/%d/%d/%s", change.Record.ID, change.Version.N, kind, recordName(related))
}

// report is a record of conduct that is being written: a course, a measure or a
// breach, of a nominal of its force.
type report struct {
	kind    registerv1.AlertKind
	change  accesslog.Change
	nominal identity.ID
	code    string
	// message says what another force has done, after its name.
	message string
	// load names the load of history that it is part of, which is told in a digest;
	// empty for what is reported as it happens.
	load string
}

// report tells each other force that owns a nominal of the person what was
// recorded of him; of a nominal that is SILENT its owner's PSD alone is told. Of
// what is recorded of a SILENT nominal nobody is.
func (b *batch) report(ctx context.Context, r report) error {
	own := r.change.Record.Force
	if b.d.silent(r.nominal) {
		return nil
	}
	told, veiled := b.d.concernedBy(r.nominal)
	tell := func(force string, t concern, audience registerv1.AlertAudience) error {
		if r.load != "" {
			return b.historyLoaded(ctx, force, own, r.load, audience)
		}
		if force == own {
			return nil
		}
		return b.alert(force, conductAlert{
			kind: r.kind, audience: audience, key: ofVersion(r.change, r.kind, postgres.Record{}), subject: r.change.Record,
			nominals: t.nominals, about: []identity.ID{r.nominal}, other: own, code: r.code, unconfirmed: !t.confirmed,
			message: b.d.forceTitle(own) + " " + r.message + possibly(!t.confirmed),
		})
	}
	for _, force := range sortedKeys(told) {
		if err := tell(force, told[force], registerv1.AlertAudience_ALERT_AUDIENCE_UNSPECIFIED); err != nil {
			return err
		}
	}
	if r.load == "" {
		err := b.subscribed(registerv1.AlertKind_ALERT_KIND_SUBSCRIBED_REGISTERED, own, b.d.View.Person(r.nominal).Members, r.change.Record,
			ofVersion(r.change, r.kind, postgres.Record{}), b.d.forceTitle(own)+" "+subscribedMessage, func(force string) bool { _, knows := told[force]; return knows })
		if err != nil {
			return err
		}
	}
	for _, force := range sortedKeys(veiled) {
		if _, already := told[force]; already {
			continue
		}
		if err := tell(force, veiled[force], registerv1.AlertAudience_ALERT_AUDIENCE_PSD); err != nil {
			return err
		}
	}
	return nil
}

const subscribedMessage = "has recorded conduct, or a measure, of a person of whom your force asked to be told."

// possibly ends a message that rests on an unconfirmed link.
func possibly(unconfirmed bool) string {
	if unconfirmed {
		return " Possible, unconfirmed: look at the link and decide."
	}
	return ""
}

// concern is what a force has of a person: its own nominals, and whether one of
// them at least is tied to the nominal asked by confirmed links.
type concern struct {
	nominals  []identity.ID
	confirmed bool
}

// concernedBy are the forces that own a nominal of the person of a nominal, and
// apart from them those whose nominal is SILENT and was linked before.
func (d *Deps) concernedBy(nominal identity.ID) (open, veiled map[string]concern) {
	open, veiled = map[string]concern{}, map[string]concern{}
	add := func(into map[string]concern, id identity.ID, confirmed bool) {
		n, ok := d.View.Nominal(id)
		if !ok {
			return
		}
		c := into[n.Force]
		c.nominals, c.confirmed = append(c.nominals, id), c.confirmed || confirmed
		into[n.Force] = c
	}
	p := d.View.Person(nominal)
	for _, m := range p.Members {
		add(open, m, p.Confirmed[m])
		for _, l := range d.View.LinksOf(m) {
			if other := l.Other(m); view.Joins(l.State) && d.silent(other) {
				add(veiled, other, l.State == registerv1.LinkState_LINK_STATE_CONFIRMED)
			}
		}
	}
	return open, veiled
}
