package service

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// tickMatches is what the log calls it when the register's clock tells of courses
// with the same victim.
const tickMatches = "Tick.Matches"

// missedMatches tells of courses with the same victim that were registered at the
// same moment, so that neither registration met the other. Each pair is told once:
// the key of the alert is the pair.
func (t *Ticker) missedMatches(ctx context.Context, members []identity.ID) error {
	for _, m := range members {
		if t.silent(m) {
			continue
		}
		for _, course := range t.View.Courses(m) {
			if !t.Rules.Counts(*course) {
				continue
			}
			told := t.matchesTold(course.ID)
			if told.enough() {
				continue
			}
			for _, other := range t.View.CoursesOfVictim(course.Principal) {
				nominal := identity.ID(other.Course.Nominal)
				n, stands := t.View.Nominal(nominal)
				if !stands || n.Silent() || slices.Contains(members, nominal) ||
					told.has(other.Course.ID) || t.matchesTold(other.Course.ID).has(course.ID) {
					continue
				}
				if err := t.tellMissed(ctx, course, other); err != nil {
					return err
				}
				told = t.matchesTold(course.ID)
			}
		}
	}
	return nil
}

// toldMatches are the courses of which the forces have been told that they have the same
// victim as a certain one.
type toldMatches []identity.ID

// matchesTold returns those of one course.
func (t *Ticker) matchesTold(course conduct.ID) toldMatches {
	var out toldMatches
	for _, alert := range t.View.AlertsAbout(identity.ID(course)) {
		if alert.Kind == registerv1.AlertKind_ALERT_KIND_VICTIM_MATCH {
			out = append(out, alert.Related)
		}
	}
	return out
}

// enough reports whether so many are told of that another tells nothing new.
func (m toldMatches) enough() bool { return len(m) >= maxSameVictim }

// has reports whether a course needs no telling any more.
func (m toldMatches) has(course conduct.ID) bool {
	return m.enough() || slices.Contains(m, identity.ID(course))
}

// tellMissed tells both forces. To whoever registered a force's own course, that
// force's alert is not shown.
func (t *Ticker) tellMissed(ctx context.Context, a *conduct.Course, other view.SameVictim) error {
	b := newBatch(t.Deps)
	var requires []accesslog.Requirement
	told := map[string]bool{}
	for _, pair := range [][2]*conduct.Course{{a, other.Course}, {other.Course, a}} {
		own, theirs := pair[0], pair[1]
		var stored storev1.StoredCourse
		cur, _, err := t.OpenRecord(ctx, postgres.KindCourse, uuid.UUID(own.ID), &stored)
		if IsNotFound(err) {
			return nil // erased meanwhile
		}
		if err != nil {
			return err
		}
		requires = append(requires, accesslog.Requirement{Record: cur.Record.ID, N: cur.Version.N})
		if n, ok := t.View.Nominal(identity.ID(own.Nominal)); ok {
			requires = append(requires, accesslog.Requirement{Record: uuid.UUID(n.ID), N: int32(n.Version)}) //nolint:gosec // a version number
		}
		if told[own.Force] {
			continue
		}
		told[own.Force] = true
		kind := registerv1.AlertKind_ALERT_KIND_VICTIM_MATCH
		first, second := min(uuid.UUID(a.ID).String(), uuid.UUID(other.Course.ID).String()), max(uuid.UUID(a.ID).String(), uuid.UUID(other.Course.ID).String())
		if err := b.alert(own.Force, conductAlert{
			kind: kind, audience: registerv1.AlertAudience_ALERT_AUDIENCE_SPOC, key: fmt.Sprintf("match/%s/%s", first, second),
			subject: courseRecord(theirs), related: courseRecord(own), nominals: []identity.ID{identity.ID(own.Nominal)},
			about: []identity.ID{identity.ID(theirs.Nominal)}, other: theirs.Force, unconfirmed: other.Possible, message: matchMessage,
			cause: cause{subject: stored.GetRegistrant()},
		}); err != nil {
			return err
		}
	}
	err := t.commit(ctx, tickMatches, b.changes, requires)
	if errors.Is(err, accesslog.ErrConflict) {
		return nil // another replica was quicker, or one of them has changed: that change is looked at next
	}
	return err
}
