package service

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/postgres"
)

// shownHistory makes of a history what a force sees of it, but for the last check and the
// ranking.
func (d *Deps) shownHistory(force string, h *history, card *conduct.Card) *registerv1.History {
	out := &registerv1.History{Card: d.card(h, card)}
	for i := range card.Prompts {
		out.Prompts = append(out.Prompts, d.prompt(h, &card.Prompts[i]))
	}
	for _, f := range card.Forces {
		out.Parts = append(out.Parts, &registerv1.ForcePart{
			Force: "forces/" + f.Force, Courses: Count(f.Courses), Incidents: Count(f.Incidents), FirstMonth: f.First.String(),
			LastMonth: f.Last.String(), Victims: f.Victims.String(), Unconfirmed: f.Unconfirmed,
		})
	}
	out.HighRisk, out.HighRiskUnconfirmed = card.HighRisk.Level == conduct.Yes, card.HighRisk.Unconfirmed
	h.show(force, out)
	return out
}

// card is what an officer must know now.
func (d *Deps) card(h *history, card *conduct.Card) *registerv1.HistoryCard {
	out := &registerv1.HistoryCard{}
	for _, m := range card.Measures {
		shown := &registerv1.CardMeasure{
			Measure: nameOf(postgres.KindMeasure, m.Force, m.ID), Force: "forces/" + m.Force, Kind: m.Kind, Title: m.Title,
			UntilTime: stamp(m.Until), VerifyTime: stamp(m.Verified), BreachAllows: m.Says, BreachOffences: m.Offences, Unconfirmed: m.Unconfirmed,
			Protects: m.Protects, Breaches: Count(m.Breaches), UnactionedBreaches: Count(m.Unactioned),
		}
		for _, c := range m.Conditions {
			title := c.Code
			if kind, ok := d.Ref.Condition(c.Code); ok {
				title = kind.Title
			}
			shown.Conditions = append(shown.Conditions, title)
		}
		out.Measures = append(out.Measures, shown)
	}
	seen := map[string]bool{}
	for _, w := range card.Warnings {
		seen[w.Code] = true
		out.Warnings = append(out.Warnings, &registerv1.CardWarning{Code: w.Code, Title: d.warningTitle(w.Code), Convicted: w.Convicted, Unconfirmed: w.Unconfirmed})
	}
	for _, w := range h.warnings {
		if !seen[w.code] {
			seen[w.code] = true
			out.Warnings = append(out.Warnings, &registerv1.CardWarning{Code: w.code, Title: d.warningTitle(w.code), Unconfirmed: w.unconfirmed})
		}
	}
	slices.SortStableFunc(out.GetWarnings(), func(a, b *registerv1.CardWarning) int {
		x, _ := d.Ref.Warning(a.GetCode())
		y, _ := d.Ref.Warning(b.GetCode())
		return cmp.Compare(y.Gravity, x.Gravity)
	})
	for _, g := range card.Guidance {
		out.Guidance = append(out.Guidance, &registerv1.CardGuidance{Code: g.Code, Text: g.Title})
	}
	return out
}

func (d *Deps) warningTitle(code string) string {
	if w, ok := d.Ref.Warning(code); ok {
		return w.Title
	}
	return code
}

// stamp is a time in the contract, absent when it is zero.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func (d *Deps) prompt(h *history, p *conduct.Prompt) *registerv1.Prompt {
	rule, _ := d.Rules.Rule(p.Code)
	out := &registerv1.Prompt{
		Code: p.Code, Version: p.Version, Title: rule.Title, Source: rule.Source, Key: p.Key, Reason: p.Reason,
		Possible: p.Level == conduct.Possible, Unconfirmed: p.Unconfirmed, Course: h.nameOf(p.Course), Measure: h.nameOf(p.Measure),
		SinceTime: stamp(p.Since), Critical: p.Critical, DueTime: stamp(p.Due),
	}
	if p.Force != "" {
		out.Force = "forces/" + p.Force
	}
	for _, e := range p.Evidence {
		shown := &registerv1.PromptEvidence{Kind: e.Kind, Record: h.nameOf(e.Record), Item: e.Item, EventTime: stamp(e.Time)}
		if e.Force != "" {
			shown.Force = "forces/" + e.Force
		}
		out.Evidence = append(out.Evidence, shown)
	}
	return out
}

// nameOf is the resource name of a record of the history.
func (h *history) nameOf(id conduct.ID) string {
	if o, ok := h.records[uuid.UUID(id)]; ok {
		return o.name
	}
	return ""
}

func rankingOf(r conduct.Ranking) *registerv1.Ranking {
	out := &registerv1.Ranking{Score: round(r.Total, 1), Version: r.Version, Unconfirmed: r.Unconfirmed}
	for _, c := range r.Components {
		out.Components = append(out.Components, &registerv1.RankingComponent{
			Code: c.Code, Title: c.Title, Share: round(c.Share, 3), Weight: Count(c.Weight), Points: round(c.Points, 1), Reason: c.Reason,
		})
	}
	return out
}

// records shows measures, breaches, assessments and plans as a force may see them, and
// puts those of the history in the same order.
func (h *history) show(force string, out *registerv1.History) {
	slices.SortStableFunc(h.measures, shownBefore(force, func(a, b *registerv1.Measure) int {
		return cmp.Or(cmp.Compare(boolRank(inForce(b)), boolRank(inForce(a))), newer(a.GetFromTime(), b.GetFromTime()), strings.Compare(a.GetName(), b.GetName()))
	}))
	slices.SortStableFunc(h.breaches, shownBefore(force, func(a, b *registerv1.Breach) int {
		return cmp.Or(newer(a.GetOccurTime(), b.GetOccurTime()), strings.Compare(a.GetName(), b.GetName()))
	}))
	slices.SortStableFunc(h.assessments, shownBefore(force, func(a, b *registerv1.Assessment) int {
		return cmp.Or(newer(a.GetAssessTime(), b.GetAssessTime()), strings.Compare(a.GetName(), b.GetName()))
	}))
	slices.SortStableFunc(h.plans, shownBefore(force, func(a, b *registerv1.SafetyPlan) int {
		return cmp.Or(newer(a.GetMakeTime(), b.GetMakeTime()), strings.Compare(a.GetName(), b.GetName()))
	}))
	out.Measures, out.Breaches = shownTo[*registerv1.Measure](force, h.measures), shownTo[*registerv1.Breach](force, h.breaches)
	out.Assessments, out.Plans = shownTo[*registerv1.Assessment](force, h.assessments), shownTo[*registerv1.SafetyPlan](force, h.plans)
}

// shownTo are records as a force may see them.
func shownTo[M proto.Message](force string, all []*opened) []M {
	var out []M
	for _, o := range all {
		if m, ok := o.shown[o.reader(force)].(M); ok {
			out = append(out, m)
		}
	}
	return out
}

// shownBefore orders records as what is shown of them is ordered.
func shownBefore[M proto.Message](force string, order func(a, b M) int) func(a, b *opened) int {
	return func(a, b *opened) int {
		x, _ := a.shown[a.reader(force)].(M)
		y, _ := b.shown[b.reader(force)].(M)
		return order(x, y)
	}
}

func inForce(m *registerv1.Measure) bool {
	return m.GetStatus() == registerv1.MeasureStatus_MEASURE_STATUS_IN_FORCE && m.GetState() == registerv1.RecordState_RECORD_STATE_ACTIVE
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// newer orders times, the newer first. An absent one counts as the zero moment.
func newer(a, b *timestamppb.Timestamp) int {
	return cmp.Or(cmp.Compare(b.GetSeconds(), a.GetSeconds()), cmp.Compare(b.GetNanos(), a.GetNanos()))
}

// withholdPlaces leaves out of another force's measure where its victim may live.
func withholdPlaces(m *registerv1.Measure) {
	for _, c := range m.GetConditions() {
		if z := c.GetZone(); z.GetArea() != "" {
			z.Area, z.Withheld, c.Text = "", true, ""
		}
	}
}

// withholdActions leaves out of another force's plan how its victim is protected.
func withholdActions(p *registerv1.SafetyPlan) {
	for _, a := range p.GetActions() {
		a.Code, a.Owner, a.Outcome = "", "", ""
	}
}
