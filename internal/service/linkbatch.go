package service

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// Source systems of records that the register makes of itself.
const (
	systemLink  = "link"
	systemAlert = "alert"

	systemDuty      = "duty"
	systemJudgement = "judgement"
)

// batch gathers the links that one call makes or changes, with the alerts they
// raise: all commit together.
type batch struct {
	d       *Deps
	now     time.Time
	changes []accesslog.Change
	// duties are those among the changes.
	duties  []dutyWritten
	ordinal int
	// quiet raises no alerts: a nominal concerned is SILENT.
	quiet bool
	// loads are the digests of history that it has told already.
	loads map[string]bool
	// handing is the matter that is handed over to another force; nil if none is.
	handing *handing
	// gone is the nominal that is being erased; zero if none is.
	gone identity.ID
}

func newBatch(d *Deps) batch { return batch{d: d, now: d.Now()} }

// ends are the two nominals of a link.
type ends struct {
	a      identity.ID
	forceA string
	b      identity.ID
	forceB string
}

// newLink is a link of two nominals on which nothing is decided yet.
func newLink(e ends) *storev1.StoredLink {
	if bytes.Compare(e.a[:], e.b[:]) > 0 {
		e = ends{e.b, e.forceB, e.a, e.forceA}
	}
	return &storev1.StoredLink{Link: &registerv1.Link{}, A: e.a[:], B: e.b[:], ForceA: e.forceA, ForceB: e.forceB}
}

// evidence puts the evidence into a link; like is as seen from the nominal asked.
func evidence(stored *storev1.StoredLink, asked identity.ID, like identity.Likeness) {
	l := stored.GetLink()
	l.Bits, l.Prior, l.Probability = round(like.Bits, 2), round(like.Prior, 2), round(like.Probability, 6)
	l.ModelVersion, l.Twins, l.Terms = like.Model, like.Twins, nil
	for _, t := range like.Terms {
		term := matchTerm(t)
		if !bytes.Equal(stored.GetA(), asked[:]) {
			term.QueryValue, term.RecordValue = term.GetRecordValue(), term.GetQueryValue()
		}
		l.Terms = append(l.Terms, term)
	}
}

// maxDecisions bounds the history that a link carries; the log has all of it.
const maxDecisions = 100

// decide gives a link another state. force is empty when the register decides.
func decide(stored *storev1.StoredLink, to registerv1.LinkState, force, reason string, now time.Time) {
	l := stored.GetLink()
	if force != "" {
		force = "forces/" + force
	}
	l.State, l.UpdateTime = to, timestamppb.New(now)
	if l.GetCreateTime() == nil {
		l.CreateTime = l.GetUpdateTime()
	}
	if len(l.GetDecisions()) < maxDecisions {
		l.Decisions = append(l.Decisions, &registerv1.LinkDecision{State: to, Force: force, Reason: reason, Time: l.GetUpdateTime()})
	}
}

// before is the state that a link had before its last decision.
func before(stored *storev1.StoredLink) registerv1.LinkState {
	d := stored.GetLink().GetDecisions()
	if len(d) < 2 {
		return registerv1.LinkState_LINK_STATE_UNSPECIFIED
	}
	return d[len(d)-2].GetState()
}

func otherForce(stored *storev1.StoredLink, nominal identity.ID) string {
	if bytes.Equal(stored.GetA(), nominal[:]) {
		return stored.GetForceB()
	}
	return stored.GetForceA()
}

func linkName(force string, id uuid.UUID) string { return ResourceName(postgres.KindLink, force, id) }

// create adds a new link, owned by the force by whose registration it arose.
func (b *batch) create(id uuid.UUID, force string, stored *storev1.StoredLink) error {
	pair := hex.EncodeToString(stored.GetA()) + hex.EncodeToString(stored.GetB())
	// The key of the pair makes a second link between the two impossible.
	change, err := b.d.FirstWith(id, postgres.KindLink, force, b.d.Keys.SourceHMAC("", systemLink, pair, systemLink), 1, stored)
	if err != nil {
		return err
	}
	b.changes = append(b.changes, change)
	return b.alerts(change, stored, nil)
}

// revise adds the next version of a link.
func (b *batch) revise(ctx context.Context, cur postgres.Current, key seal.DataKey, stored *storev1.StoredLink) error {
	change, err := b.d.Next(cur, key, cur.Version.Revision+1, stored)
	if err != nil {
		return err
	}
	b.changes = append(b.changes, change)
	var shown []postgres.ShownTo
	if b.kind(stored) == registerv1.AlertKind_ALERT_KIND_LINK_RETRACTED {
		if shown, err = b.d.DB.ShownTo(ctx, cur.Record.ID); err != nil {
			return err
		}
	}
	return b.alerts(change, stored, shown)
}

// erased adds the alerts that a link falls because it is erased with a nominal.
func (b *batch) erased(ctx context.Context, cur postgres.Current, erasure accesslog.Change) error {
	var stored storev1.StoredLink
	if _, err := view.OpenVersion(b.d.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
		return err
	}
	b.quiet = b.d.silent(identity.ID(stored.GetA())) || b.d.silent(identity.ID(stored.GetB()))
	decide(&stored, registerv1.LinkState_LINK_STATE_WITHDRAWN, "", "", b.now) // to tell of, not to keep
	shown, err := b.d.DB.ShownTo(ctx, cur.Record.ID)
	if err != nil {
		return err
	}
	return b.alerts(erasure, &stored, shown)
}

// kind is the kind of alert that a link's last decision raises, if any.
func (b *batch) kind(stored *storev1.StoredLink) registerv1.AlertKind {
	was := before(stored)
	stood := view.Joins(was)
	switch stored.GetLink().GetState() {
	case registerv1.LinkState_LINK_STATE_AUTOMATIC:
		return registerv1.AlertKind_ALERT_KIND_LINKED
	case registerv1.LinkState_LINK_STATE_CONFIRMED:
		return registerv1.AlertKind_ALERT_KIND_LINK_CONFIRMED
	case registerv1.LinkState_LINK_STATE_PROPOSED:
		switch {
		case stood:
			return registerv1.AlertKind_ALERT_KIND_LINK_RETRACTED
		case !stored.GetLink().GetDeferred():
			return registerv1.AlertKind_ALERT_KIND_LINK_PROPOSED
		}
	case registerv1.LinkState_LINK_STATE_REJECTED, registerv1.LinkState_LINK_STATE_WITHDRAWN:
		if stood || was == registerv1.LinkState_LINK_STATE_PROPOSED && !stored.GetLink().GetDeferred() {
			return registerv1.AlertKind_ALERT_KIND_LINK_RETRACTED
		}
	case registerv1.LinkState_LINK_STATE_UNSPECIFIED:
	}
	return registerv1.AlertKind_ALERT_KIND_UNSPECIFIED
}

// alerts adds the alerts that a change of a link raises: one to each force that
// owns a nominal of the two persons, and to those whose officers were shown the
// link. A proposal is told to the two owners alone.
func (b *batch) alerts(link accesslog.Change, stored *storev1.StoredLink, shown []postgres.ShownTo) error {
	kind := b.kind(stored)
	if kind == registerv1.AlertKind_ALERT_KIND_UNSPECIFIED || b.quiet {
		return nil
	}
	concerned := b.concerned(stored, kind)
	officers := map[string]int32{}
	for _, s := range shown {
		officers[s.Force] = s.Actors
		concerned[s.Force] = append([]identity.ID(nil), concerned[s.Force]...)
	}
	for _, force := range sortedKeys(concerned) {
		a := &registerv1.Alert{Kind: kind, OfficersShown: officers[force]}
		for _, id := range concerned[force] {
			a.Nominals = append(a.Nominals, ResourceName(postgres.KindNominal, force, uuid.UUID(id)))
		}
		other := stored.GetForceA()
		if other == force {
			other = stored.GetForceB()
		}
		if other != force && len(a.GetNominals()) > 0 {
			a.OtherForce = "forces/" + other
		}
		a.Message = b.message(a)
		key := fmt.Sprintf("%s/%d", link.Record.ID, link.Version.N)
		if err := b.raise(force, key, &storev1.StoredAlert{Alert: a, LinkId: link.Record.ID[:], LinkVersion: link.Version.N}); err != nil {
			return err
		}
	}
	if kind == registerv1.AlertKind_ALERT_KIND_LINKED {
		var all []identity.ID
		for _, force := range sortedKeys(concerned) {
			all = append(all, concerned[force]...)
		}
		err := b.subscribed(registerv1.AlertKind_ALERT_KIND_SUBSCRIBED_REGISTERED, link.Record.Force, all, postgres.Record{}, fmt.Sprintf("%s/%d", link.Record.ID, link.Version.N),
			"A record of "+b.d.forceTitle(link.Record.Force)+" is probably of a person of whom your force asked to be told."+possibly(true),
			func(force string) bool { _, knows := concerned[force]; return knows })
		if err != nil {
			return err
		}
	}
	if kind == registerv1.AlertKind_ALERT_KIND_LINKED || kind == registerv1.AlertKind_ALERT_KIND_LINK_CONFIRMED && !view.Joins(before(stored)) {
		return b.serialByLink(link, stored)
	}
	return nil
}

// concerned are the forces that a link concerns, with their nominals: for a
// proposal those of the link, else those of both persons.
func (b *batch) concerned(stored *storev1.StoredLink, kind registerv1.AlertKind) map[string][]identity.ID {
	a, z := identity.ID(stored.GetA()), identity.ID(stored.GetB())
	out := map[string][]identity.ID{}
	add := func(force string, id identity.ID) {
		if !slices.Contains(out[force], id) {
			out[force] = append(out[force], id)
		}
	}
	add(stored.GetForceA(), a)
	add(stored.GetForceB(), z)
	if kind == registerv1.AlertKind_ALERT_KIND_LINK_PROPOSED {
		return out
	}
	for _, id := range slices.Concat(b.d.View.Person(a).Members, b.d.View.Person(z).Members) {
		if n, ok := b.d.View.Nominal(id); ok && id != a && id != z {
			add(n.Force, id)
		}
	}
	return out
}

// message is an alert in words.
func (b *batch) message(a *registerv1.Alert) string {
	with := "another record of your force"
	if code := call.ForceCode(a.GetOtherForce()); code != "" {
		with = "a record of " + b.d.forceTitle(code)
	}
	switch a.GetKind() { //nolint:exhaustive // those of links
	case registerv1.AlertKind_ALERT_KIND_LINKED:
		return "A record of yours and " + with + " are probably the same person. Possible, unconfirmed: look at the link and decide."
	case registerv1.AlertKind_ALERT_KIND_LINK_PROPOSED:
		return "A record of yours and " + with + " may be the same person. Look at the evidence and decide."
	case registerv1.AlertKind_ALERT_KIND_LINK_CONFIRMED:
		return "A record of yours and " + with + " have been confirmed as the same person."
	case registerv1.AlertKind_ALERT_KIND_LINK_RETRACTED:
		if len(a.GetNominals()) == 0 {
			return "Officers of your force were shown two records as one person. That no longer holds: tell them, and look again at what rests on it."
		}
		return "A record of yours and " + with + " are no longer held to be the same person. Look again at what rests on it."
	}
	return ""
}

// openLink reads a link as it stands.
func (d *Deps) openLink(ctx context.Context, id identity.ID) (postgres.Current, seal.DataKey, *storev1.StoredLink, error) {
	stored := &storev1.StoredLink{}
	cur, key, err := d.OpenRecord(ctx, postgres.KindLink, uuid.UUID(id), stored)
	return cur, key, stored, err
}

// openStanding reads a link as the view knows it. One that has changed since, or
// was erased, is a conflict.
func (d *Deps) openStanding(ctx context.Context, l *view.Link) (postgres.Current, seal.DataKey, *storev1.StoredLink, error) {
	cur, key, stored, err := d.openLink(ctx, l.ID)
	if IsNotFound(err) || err == nil && cur.Version.N != l.Version {
		err = accesslog.ErrConflict
	}
	return cur, key, stored, err
}
