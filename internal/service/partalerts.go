package service

import (
	"context"
	"time"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
)

// tellOfPart makes the alerts that a version of a measure or a breach raises; was
// is nil for its first. Assessments and safety plans are the own force's business.
func (b *batch) tellOfPart(ctx context.Context, c *call.Call, change accesslog.Change, was, is partStored) error {
	nominal := identity.ID(is.GetPart().GetNominalId())
	fresh := was == nil || was.GetPart().GetCancelled() && !is.GetPart().GetCancelled()
	r := report{change: change, nominal: nominal, load: b.loadOf(c, change.Version.N == 1 && is.GetPart().GetLoadTime() != nil)}
	switch is.(type) {
	case *storev1.StoredMeasure:
		r.kind, r.message = registerv1.AlertKind_ALERT_KIND_MEASURE_CHANGED, "has registered or changed a measure that restrains a person of whom your force holds a record."
	case *storev1.StoredBreach:
		if !fresh && !is.GetPart().GetCancelled() {
			return nil
		}
		r.kind, r.message = registerv1.AlertKind_ALERT_KIND_BREACH_REPORTED, "has recorded a breach of a measure by a person of whom your force holds a record."
	default:
		return nil
	}
	if b.d.silent(nominal) {
		return nil
	}
	if err := b.d.require(c, b.d.View.Person(nominal).Members...); err != nil {
		return err
	}
	if is.GetPart().GetCancelled() {
		if fresh || was.GetPart().GetCancelled() {
			return nil
		}
		return b.fell(ctx, change, nominal, codeCancelled)
	}
	return b.report(ctx, r)
}

// loadOf names the load that a record of history is part of, empty for what is no
// history: that of its stream, else all that its force loads on one day.
func (b *batch) loadOf(c *call.Call, historic bool) string {
	switch {
	case !historic:
		return ""
	case c.Load != "":
		return c.Load
	}
	return b.now.UTC().Format(time.DateOnly)
}

// historyLoaded tells a force once for each load that another one, or itself,
// loads history that concerns records of its own: single alerts of old conduct
// would be a flood.
func (b *batch) historyLoaded(ctx context.Context, force, loader, load string, audience registerv1.AlertAudience) error {
	key := "history/" + loader + "/" + load + "/" + audience.String()
	if b.loads == nil {
		b.loads = map[string]bool{}
	}
	if b.loads[force+key] {
		return nil
	}
	b.loads[force+key] = true
	if _, found, err := b.d.BySource(ctx, b.d.Keys.SourceHMACs(force, systemAlert, key, systemAlert)); err != nil || found {
		return err
	}
	message := b.d.forceTitle(loader) + " is loading earlier conduct of people of whom your force holds records. No alert is raised of each: look through your force's ranked list."
	if loader == force {
		message = "Your force is loading earlier conduct. No alert is raised of each: look through the list of duties and your force's ranked list."
	}
	return b.alert(force, conductAlert{
		kind: registerv1.AlertKind_ALERT_KIND_HISTORY_LOADED, audience: audience, key: key, other: loader, code: b.now.UTC().Format(time.DateOnly), message: message,
	})
}

// erasedPart makes the alerts that a measure or a breach falls because it is erased.
func (b *batch) erasedPart(ctx context.Context, erasure accesslog.Change, stored partStored) error {
	switch stored.(type) {
	case *storev1.StoredMeasure, *storev1.StoredBreach:
	default:
		return nil
	}
	if stored.GetPart().GetCancelled() {
		return nil
	}
	return b.fell(ctx, erasure, identity.ID(stored.GetPart().GetNominalId()), codeErased)
}
