package console

import (
	"fmt"
	"slices"
	"strings"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/console/picture"
)

// maxMeasureLanes is how many measures a timeline draws.
const maxMeasureLanes = 8

// historyView is what an officer must know now of a person.
type historyView struct {
	Measures  []cardMeasure
	Warnings  []cardWarning
	Guidance  []string
	Prompts   promptViews
	Breaches  []breachView
	LastCheck string
	Ranking   []asked
	Score     string
}

// cardMeasure is a measure that binds him now.
type cardMeasure struct {
	Title       string
	Facts       []asked
	Unconfirmed bool
}

type cardWarning struct{ Title, Standing string }

// promptViews are the prompts of a person. Those that are critical stand first, and the
// rest is folded away; where none is critical, all stand first.
type promptViews []promptView

// First are the prompts that are shown at once.
func (all promptViews) First() promptViews { return all.of(all.urgent()) }

// Rest are those that are folded away.
func (all promptViews) Rest() promptViews {
	if !all.urgent() {
		return nil
	}
	return all.of(false)
}

func (all promptViews) urgent() bool {
	return slices.ContainsFunc(all, func(p promptView) bool { return p.Critical })
}

func (all promptViews) of(critical bool) promptViews {
	var out promptViews
	for _, p := range all {
		if p.Critical == critical {
			out = append(out, p)
		}
	}
	return out
}

// promptView is what a rule says must be looked at, or done.
type promptView struct {
	Title, Reason, Source, Due string
	Critical, Unconfirmed      bool
	Evidence                   []string
	Force                      string
	Lead, LeadText             string // where what it asks for is recorded
}

func (w *words) history(h *registerv1.History) *historyView {
	if h == nil {
		return nil
	}
	out := &historyView{}
	for _, m := range h.GetCard().GetMeasures() {
		one := cardMeasure{Title: m.GetTitle(), Unconfirmed: m.GetUnconfirmed()}
		until := "Further order"
		if m.GetUntilTime() != nil {
			until = date(m.GetUntilTime().AsTime())
		}
		verified := "nobody has verified it"
		if m.GetVerifyTime() != nil {
			verified = dateTime(m.GetVerifyTime().AsTime())
		}
		one.Facts = []asked{{"Conditions", sentenceCase(series(m.GetConditions(), "; "))}, {"Until", until}, {"Last verified", verified}, {"A breach", m.GetBreachAllows()}, {"Force", w.force(m.GetForce())}}
		out.Measures = append(out.Measures, one)
	}
	for _, k := range h.GetCard().GetWarnings() {
		standing := "alleged"
		switch {
		case k.GetUnconfirmed():
			standing = "possible, unconfirmed"
		case k.GetConvicted():
			standing = "convicted"
		}
		out.Warnings = append(out.Warnings, cardWarning{k.GetTitle(), standing})
	}
	for _, g := range h.GetCard().GetGuidance() {
		out.Guidance = append(out.Guidance, sentence(g.GetText()))
	}
	for _, p := range h.GetPrompts() {
		out.Prompts = append(out.Prompts, w.prompt(p))
	}
	for _, b := range h.GetBreaches() {
		out.Breaches = append(out.Breaches, w.breach(b))
	}
	if k := h.GetLastCheck(); k != nil {
		out.LastCheck = dateTime(k.GetCheckTime().AsTime()) + ", " + w.force(k.GetForce())
	}
	out.Ranking = rankingReasons(h.GetRanking())
	if len(out.Ranking) > 0 {
		out.Score = fmt.Sprintf("%.0f", h.GetRanking().GetScore())
	}
	return out
}

// prompts are those of a history; none of no history.
func (h *historyView) prompts() []promptView {
	if h == nil {
		return nil
	}
	return h.Prompts
}

func (w *words) prompt(p *registerv1.Prompt) promptView {
	out := promptView{
		Title: p.GetTitle(), Reason: sentence(p.GetReason()), Source: printed(p.GetSource()), Critical: p.GetCritical(), Unconfirmed: p.GetUnconfirmed() || p.GetPossible(),
	}
	if p.GetForce() != "" {
		out.Force = w.force(p.GetForce())
	}
	if p.GetDueTime() != nil {
		out.Due = dateTime(p.GetDueTime().AsTime())
	}
	for _, e := range p.GetEvidence() {
		text := sentenceCase(e.GetKind())
		if e.GetForce() != "" {
			text += ", " + w.force(e.GetForce())
		}
		if d := date(e.GetEventTime().AsTime()); d != "" {
			text += ", " + d
		}
		out.Evidence = append(out.Evidence, text)
	}
	return out
}

// measureLanes are the lanes of measures, with their breaches as marks.
func (w *words) measureLanes(measures []*registerv1.Measure, breaches []*registerv1.Breach, now time.Time) []picture.Lane {
	var lanes []picture.Lane
	for _, m := range measures {
		if len(lanes) == maxMeasureLanes || m.GetFromTime() == nil || m.GetFromTime().AsTime().After(now) {
			continue
		}
		until := now
		if m.GetUntilTime() != nil && m.GetUntilTime().AsTime().Before(now) {
			until = m.GetUntilTime().AsTime()
		}
		l := picture.Lane{Label: w.measure(m.GetKind()) + ", " + w.force(strings.Split(m.GetName()+"//", "/")[1]), Spans: []picture.Span{{From: m.GetFromTime().AsTime(), Until: until}}}
		for _, b := range breaches {
			if b.GetMeasure() == m.GetName() {
				l.Incidents = append(l.Incidents, picture.Incident{Time: b.GetOccurTime().AsTime(), Kind: picture.Breach})
			}
		}
		lanes = append(lanes, l)
	}
	return lanes
}
