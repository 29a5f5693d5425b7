package service

import (
	"context"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Codes of alerts about conduct.
const (
	codeAlleged   = "ALLEGED"
	codeConvicted = "CONVICTED"
	codeCancelled = "CANCELLED"
	codeAcquitted = "ACQUITTED"
	codeDoubted   = "DOUBTED"
	codeErased    = "ERASED"
)

// courseChange is what the writing of a course changes; was is nil for a new one.
type courseChange struct {
	change  accesslog.Change
	nominal identity.ID
	was, is *conduct.Course
}

// tellOfCourse makes the alerts and duties that commit with a version of a course; was
// is nil for its first, check when its entry is no check of the suspect.
func (d *Deps) tellOfCourse(ctx context.Context, c *call.Call, change accesslog.Change, was, is *storev1.StoredCourse, check *personCheck) (*batch, error) {
	b := newBatch(d)
	w := written{change: change, content: is, check: check.made(b.now)}
	k := courseChange{change: change, nominal: identity.ID(is.GetNominalId())}
	var err error
	if k.is, err = d.View.Course(change.Record, change.Version.N, is); err != nil {
		return nil, err
	}
	if was != nil {
		if k.was, err = d.View.Course(change.Record, change.Expected, was); err != nil {
			return nil, err
		}
	}
	before := k.nominal
	if was != nil {
		before = identity.ID(was.GetNominalId())
	}
	if d.silent(k.nominal) {
		err := b.corrected(ctx, c, before, k.nominal, w)
		return &b, err
	}
	if err := d.require(c, d.View.Person(k.nominal).Members...); err != nil {
		return nil, err
	}
	historic := was == nil && is.GetCourse().GetLoadTime() != nil
	counted := k.was != nil && d.Rules.Counts(*k.was)
	switch counts := d.Rules.Counts(*k.is); {
	case counts && (!counted || newIncidents(was, is)):
		err = b.report(ctx, report{
			kind: registerv1.AlertKind_ALERT_KIND_CONDUCT_REPORTED, change: change, nominal: k.nominal,
			message: "has recorded conduct of a person of whom your force holds a record.",
			load:    b.loadOf(c, historic),
		})
	case counted && !counts:
		err = b.fell(ctx, k.change, k.nominal, fallenCode(k.is))
	}
	if err == nil && !historic {
		err = b.serial(k)
	}
	if err == nil {
		err = b.corrected(ctx, c, before, k.nominal, w)
	}
	if err == nil {
		err = check.subscribed(&b, k.nominal)
	}
	// Last, so that no ordinal of what others see tells that there is more.
	if err == nil {
		err = b.accusations(ctx, c, k)
	}
	return &b, err
}

// require asks that nominals stand unchanged when the call commits, so that none
// becomes SILENT in between.
func (d *Deps) require(c *call.Call, nominals ...identity.ID) error {
	for _, id := range nominals {
		n, ok := d.View.Nominal(id)
		if !ok {
			return accesslog.ErrConflict // withdrawn in between
		}
		c.Require(accesslog.Requirement{Record: uuid.UUID(id), N: int32(n.Version)}) //nolint:gosec // a version number
	}
	return nil
}

// newIncidents reports whether a course has incidents that it had not before.
func newIncidents(was, is *storev1.StoredCourse) bool {
	known := map[string]bool{}
	for _, i := range was.GetCourse().GetIncidents() {
		known[i.GetReference()] = true
	}
	for _, i := range is.GetCourse().GetIncidents() {
		if !known[i.GetReference()] {
			return true
		}
	}
	return false
}

// fallenCode says why a course counts towards nothing.
func fallenCode(c *conduct.Course) string {
	switch {
	case c.Cancelled || c.Standing == codeCancelled:
		return codeCancelled
	case c.Standing == codeAcquitted:
		return codeAcquitted
	default:
		return codeDoubted
	}
}

// serial tells each force that owns a nominal of the person, the writing one
// included, of a tier that is reached by the course.
func (b *batch) serial(k courseChange) error {
	told, _ := b.d.concernedBy(k.nominal)
	person := b.d.View.Person(k.nominal)
	for _, force := range sortedKeys(told) {
		before := b.d.coursesSeen(force, person)
		after := append([]conduct.Course{}, before...)
		if k.was != nil {
			after = after[:0]
			for _, course := range before {
				if course.ID != k.is.ID {
					after = append(after, course)
				}
			}
		}
		if b.d.opens(force, k.nominal) {
			added := *k.is
			added.Unconfirmed = !person.Confirmed[k.nominal]
			after = append(after, added)
		}
		if err := b.tier(force, told[force], k.change, b.d.Rules.Summarise(before), b.d.Rules.Summarise(after)); err != nil {
			return err
		}
	}
	return nil
}

// tier tells a force of a tier that a change has brought about.
func (b *batch) tier(force string, t concern, change accesslog.Change, before, after conduct.Pattern) error {
	var code string
	finding := after.Serial
	switch {
	case after.SerialConvicted.Level == conduct.Yes && before.SerialConvicted.Level != conduct.Yes:
		code, finding = codeConvicted, after.SerialConvicted
	case after.Serial.Level == conduct.Yes && before.Serial.Level != conduct.Yes:
		code = codeAlleged
	default:
		return nil
	}
	kind := registerv1.AlertKind_ALERT_KIND_SERIAL_REACHED
	message := "A person of whom your force holds a record is alleged to have stalked two or more victims. An allegation is not a conviction."
	if code == codeConvicted {
		message = "A person of whom your force holds a record has been convicted of conduct against two or more victims."
	}
	a := conductAlert{
		kind: kind, key: ofVersion(change, kind, postgres.Record{}), nominals: t.nominals, code: code,
		unconfirmed: finding.Unconfirmed, message: message + possibly(finding.Unconfirmed), other: change.Record.Force,
	}
	if change.Record.Kind == postgres.KindCourse {
		a.subject = change.Record
	}
	return b.alert(force, a)
}

// opens reports whether a force may learn what is recorded of a nominal.
func (d *Deps) opens(force string, nominal identity.ID) bool {
	n, ok := d.View.Nominal(nominal)
	return ok && !n.Silent() && (n.Force == force || n.Restriction == registerv1.Restriction_RESTRICTION_UNSPECIFIED)
}

// coursesSeen are the courses of a person that a force may learn of.
func (d *Deps) coursesSeen(force string, p identity.Person) []conduct.Course {
	var out []conduct.Course
	for _, m := range p.Members {
		if !d.opens(force, m) {
			continue
		}
		for _, course := range d.View.Courses(m) {
			one := *course
			one.Unconfirmed = !p.Confirmed[m]
			out = append(out, one)
		}
	}
	return out
}

// serialByLink tells the forces concerned by a new bond of a tier that is reached
// by it.
func (b *batch) serialByLink(link accesslog.Change, stored *storev1.StoredLink) error {
	a, z := identity.ID(stored.GetA()), identity.ID(stored.GetB())
	kind := identity.BondAutomatic
	if stored.GetLink().GetState() == registerv1.LinkState_LINK_STATE_CONFIRMED {
		kind = identity.BondConfirmed
	}
	bond := identity.Bond{ID: identity.ID(link.Record.ID), A: a, B: z, Kind: kind, Weight: stored.GetLink().GetBits()}
	joined := b.d.View.PersonWith(a, bond)
	told := map[string]concern{}
	for _, m := range joined.Members {
		if n, ok := b.d.View.Nominal(m); ok {
			c := told[n.Force]
			c.nominals = append(c.nominals, m)
			told[n.Force] = c
		}
	}
	for _, force := range sortedKeys(told) {
		after := b.d.Rules.Summarise(b.d.coursesSeen(force, joined))
		var before conduct.Pattern
		for _, m := range told[force].nominals {
			was := b.d.Rules.Summarise(b.d.coursesSeen(force, b.d.View.Person(m)))
			before.Serial.Level = max(before.Serial.Level, was.Serial.Level)
			before.SerialConvicted.Level = max(before.SerialConvicted.Level, was.SerialConvicted.Level)
		}
		if err := b.tier(force, told[force], link, before, after); err != nil {
			return err
		}
	}
	return nil
}
