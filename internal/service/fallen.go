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

// Messages about conduct that no longer holds, by code.
var fallenMessages = map[string]string{
	codeCancelled: "was cancelled: it counts towards nothing",
	codeAcquitted: "ended in an acquittal: it counts towards nothing",
	codeDoubted:   "is now suspected to be false: it counts towards nothing",
	codeErased:    "was erased",
}

// fell tells every other force that was alerted to a record of conduct, or whose
// people were shown it, that it no longer holds. Who was told of it alone is told
// of this alone: a single point of contact does not hear by others what he was
// told in confidence.
func (b *batch) fell(ctx context.Context, change accesslog.Change, nominal identity.ID, code string) error {
	if b.d.silent(nominal) {
		return nil
	}
	shown, err := b.shownTo(ctx, change.Record.ID)
	if err != nil {
		return err
	}
	type toldOf struct {
		audience registerv1.AlertAudience
		cause    cause
	}
	told := map[string][]toldOf{}
	for _, a := range b.d.View.AlertsOf(identity.ID(change.Record.ID)) {
		if t := (toldOf{a.Audience, cause{a.Cause, a.CauseCollar}}); !slices.Contains(told[a.Force], t) {
			told[a.Force] = append(told[a.Force], t)
		}
	}
	officers := map[string]int32{}
	for _, s := range shown {
		officers[s.Force] = s.Actors
		if len(told[s.Force]) == 0 {
			told[s.Force] = []toldOf{{}}
		}
	}
	delete(told, change.Record.Force)
	concerned, _ := b.d.concernedBy(nominal)
	kind := registerv1.AlertKind_ALERT_KIND_CONDUCT_RETRACTED
	for _, force := range sortedKeys(told) {
		ways := told[force]
		if i := slices.IndexFunc(ways, func(t toldOf) bool { return t == toldOf{} }); i >= 0 {
			ways = ways[i : i+1]
		}
		for i, way := range ways {
			err := b.alert(force, conductAlert{
				kind: kind, audience: way.audience, cause: way.cause, key: fmt.Sprintf("%s/%d", ofVersion(change, kind, postgres.Record{}), i),
				subject: change.Record, nominals: concerned[force].nominals, about: []identity.ID{nominal},
				other: change.Record.Force, code: code, shown: officers[force],
				message: "Conduct recorded by " + b.d.forceTitle(change.Record.Force) + ", of which your force was told, " + fallenMessages[code] +
					". Tell those who were shown it, and look again at what rests on it.",
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// shownTo says to how many officers of which forces a record was shown, as what it was
// before it was taken over too.
func (b *batch) shownTo(ctx context.Context, record uuid.UUID) ([]postgres.ShownTo, error) {
	all := []uuid.UUID{record}
	if course, ok := b.d.View.CourseByID(identity.ID(record)); ok {
		for _, id := range course.Former {
			all = append(all, uuid.UUID(id))
		}
	}
	var out []postgres.ShownTo
	for _, id := range all {
		shown, err := b.d.DB.ShownTo(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, s := range shown {
			if i := slices.IndexFunc(out, func(o postgres.ShownTo) bool { return o.Force == s.Force }); i >= 0 {
				out[i].Actors = max(out[i].Actors, s.Actors) // they may be the same people
			} else {
				out = append(out, s)
			}
		}
	}
	return out, nil
}

// fallsWith makes the alerts that a course falls because it is withdrawn or erased.
func (d *Deps) fallsWith(ctx context.Context, b *batch, change accesslog.Change, stored *storev1.StoredCourse, code string) error {
	was, err := d.View.Course(change.Record, change.Expected, stored)
	if err != nil || !d.Rules.Counts(*was) {
		return err // it fell before
	}
	return b.fell(ctx, change, identity.ID(was.Nominal), code)
}

// keepFallen keeps in the next version of a course at which log index it fell.
func (d *Deps) keepFallen(cur postgres.Current, was, is *storev1.StoredCourse) error {
	before, err := d.View.Course(cur.Record, cur.Version.N, was)
	if err != nil || d.Rules.Counts(*before) {
		return err
	}
	is.FallenIndex = view.FallenIndex(was, cur.Version)
	return nil
}

// Codes of retractions of conduct.
const codeConduct = "CONDUCT_"

// conductRetraction tells that conduct that was shown no longer holds.
func conductRetraction(code string, shown postgres.Shown) *registerv1.Retraction {
	return &registerv1.Retraction{
		Code: codeConduct + code, Message: "conduct that you were shown " + fallenMessages[code],
		Time: timestamppb.New(shown.Fell), ShownTime: timestamppb.New(shown.Time), ShownIndex: shown.Index,
	}
}

// fallenConduct adds the courses that have fallen and that the caller may learn
// of, and returns the codes by record.
func (s *Alerts) fallenConduct(c *call.Call, fallen []postgres.Fallen) ([]postgres.Fallen, map[string]string) {
	codes := map[string]string{}
	for _, f := range s.View.CoursesFallen(maxErased) {
		if f.Nominal != (identity.ID{}) && s.Hides(c, f.Nominal) {
			continue
		}
		record := postgres.Fallen{Record: f.Record, Index: f.Index}
		code := codeErased
		if f.Course != nil {
			code = fallenCode(f.Course)
		}
		codes[record.Record.String()] = code
		fallen = append(fallen, record)
	}
	return fallen, codes
}
