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
	Restraint string // in one line what restrains him now
	Broken    string // how often he broke that, and nothing was done
	Warnings  []warningGroup
	Guidance  []string
	Prompts   promptViews
	Breaches  []breachView
	LastCheck string
	Ranking   []asked
	Score     string
}

// cardMeasure is a measure that binds him now.
type cardMeasure struct {
	Name, Title string
	Facts       []asked
	Unconfirmed bool
}

// warningGroup are the dangers that stand on one footing.
type warningGroup struct {
	Standing string
	Titles   []string
}

// warned groups dangers by their footing, what is proved first.
func warned(all []*registerv1.CardWarning) []warningGroup {
	groups := []warningGroup{{Standing: "convicted"}, {Standing: "alleged"}, {Standing: "possible, unconfirmed"}}
	for _, k := range all {
		i := 1
		switch {
		case k.GetUnconfirmed():
			i = 2
		case k.GetConvicted():
			i = 0
		}
		groups[i].Titles = append(groups[i].Titles, k.GetTitle())
	}
	return slices.DeleteFunc(groups, func(g warningGroup) bool { return len(g.Titles) == 0 })
}

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

func (w *words) history(h *registerv1.History, now time.Time) *historyView {
	if h == nil {
		return nil
	}
	out := &historyView{Warnings: warned(h.GetCard().GetWarnings())}
	out.Restraint, out.Broken = restraint(h.GetCard().GetMeasures())
	for _, m := range h.GetCard().GetMeasures() {
		one := cardMeasure{Name: m.GetMeasure(), Title: m.GetTitle(), Unconfirmed: m.GetUnconfirmed()}
		verified := "Nobody has verified it"
		if m.GetVerifyTime() != nil {
			verified = dateTime(m.GetVerifyTime().AsTime())
		}
		one.Facts = []asked{{"Conditions", sentenceCase(series(m.GetConditions(), "; "))}, {"If he breaks it", m.GetBreachAllows()}}
		if b := broken(m.GetBreaches(), m.GetUnactionedBreaches()); b != "" {
			one.Facts = append(one.Facts, asked{"Broken", sentenceCase(b)})
		}
		one.Facts = append(one.Facts, asked{"Until", sentenceCase(until(m.GetUntilTime()))}, asked{"Last verified", verified}, asked{"Force", w.force(m.GetForce())})
		out.Measures = append(out.Measures, one)
	}
	for _, g := range h.GetCard().GetGuidance() {
		out.Guidance = append(out.Guidance, sentence(g.GetText()))
	}
	for _, p := range h.GetPrompts() {
		out.Prompts = append(out.Prompts, w.prompt(p, now))
	}
	out.Breaches = w.breaches(h.GetBreaches(), h.GetMeasures())
	if k := h.GetLastCheck(); k != nil {
		out.LastCheck = dateTime(k.GetCheckTime().AsTime()) + ", " + w.force(k.GetForce())
	}
	out.Ranking = rankingReasons(h.GetRanking())
	if len(out.Ranking) > 0 {
		out.Score = fmt.Sprintf("%.0f", h.GetRanking().GetScore())
	}
	return out
}

// restraint says in one line what restrains a person now, and how often he broke it.
func restraint(measures []*registerv1.CardMeasure) (now, breaches string) {
	var (
		titles        []string
		times, undone int32
	)
	for _, m := range measures {
		if !m.GetProtects() {
			continue
		}
		title := m.GetTitle() + " until " + until(m.GetUntilTime())
		if m.GetUnconfirmed() {
			title += " (unconfirmed)"
		}
		titles = append(titles, uncapitalised(title))
		times, undone = times+m.GetBreaches(), undone+m.GetUnactionedBreaches()
	}
	return strings.Join(titles, "; "), broken(times, undone)
}

// broken says how often a measure was broken, and how often nothing was done.
func broken(times, undone int32) string {
	if times == 0 {
		return ""
	}
	out := "once"
	if times > 1 {
		out = count(times, "time", "times")
	}
	switch undone {
	case 0:
		return out
	case times:
		return out + ", and nothing was done"
	case 1:
		return out + ", once without action"
	}
	return out + fmt.Sprintf(", %d times without action", undone)
}

// binds reports whether a measure is among those that bind him now, which a page says first.
func (h *historyView) binds(measure string) bool {
	return h != nil && slices.ContainsFunc(h.Measures, func(m cardMeasure) bool { return m.Name == measure })
}

// prompts are those of a history; none of no history.
func (h *historyView) prompts() []promptView {
	if h == nil {
		return nil
	}
	return h.Prompts
}

func (w *words) prompt(p *registerv1.Prompt, now time.Time) promptView {
	out := promptView{
		Title: p.GetTitle(), Reason: sentence(p.GetReason()), Source: printed(p.GetSource()), Critical: p.GetCritical(), Unconfirmed: p.GetUnconfirmed() || p.GetPossible(),
	}
	if p.GetForce() != "" {
		out.Force = w.force(p.GetForce())
	}
	if p.GetDueTime() != nil {
		out.Due = "by " + dateTime(p.GetDueTime().AsTime())
		if p.GetDueTime().AsTime().Before(now) {
			out.Due = "was due " + dateTime(p.GetDueTime().AsTime())
		}
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
