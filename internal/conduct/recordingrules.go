package conduct

import (
	"fmt"
	"slices"
	"time"

	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/uktime"
)

func recordingRules() []rule {
	return []rule{
		{Rule{Code: "MISRECORDED", Version: "2", Title: "Recorded as something else",
			Says:   "Behaviours and pattern show stalking, and no report of the matter is recorded as stalking, principal or included. By the recording rules of the day and the jurisdiction.",
			Source: sourceHarass + " s2A; Home Office Counting Rules of 2018, 2020 and 2023 (unverified); " + sourceReview,
			Closes: []string{"RECLASSIFIED"}, Acts: officerInCase, Tells: []string{supervisor, spoc}}, (*reading).misrecorded},
		{Rule{Code: "S4A_INDICATED", Version: "2", Title: "Section 4A indicated",
			Says:   "The course holds threats or violence, and is not recorded under section 4A: stalking that causes fear of violence, or serious alarm or distress.",
			Source: sourceHarass + " s4A; " + sourceReview, Closes: []string{"RECLASSIFIED", "CHARGED"}, Acts: officerInCase, Tells: []string{supervisor}}, (*reading).s4aIndicated},
	}
}

const englandAndWales = "england and wales"

// jurisdiction is where the report was made, England and Wales unless it says so.
func (r *Report) jurisdiction() string {
	if r.Jurisdiction == "" {
		return englandAndWales
	}
	return r.Jurisdiction
}

// recordedAs says whether a report of the part is recorded as one of some offences: by
// its principal offence, or by a classification included in it where the recording rule
// of its day lets that suffice.
func (e *reading) recordedAs(p *part, codes map[string]bool) bool {
	return slices.ContainsFunc(p.reports, func(r *report) bool {
		if codes[r.Principal] {
			return true
		}
		rule, ok := e.recordingRule(r)
		return (!ok || rule.Included) && slices.ContainsFunc(r.Included, func(o string) bool { return codes[o] })
	})
}

// recordingRule is the rule by which a report was to be recorded on its day, as London counts it.
func (e *reading) recordingRule(r *report) (refdata.RecordingRule, bool) {
	return e.data.RecordingRule(r.jurisdiction(), r.Reported.In(uktime.London).Format(time.DateOnly))
}

// where says by what a recording rule asks for stalking to be seen.
func where(rule refdata.RecordingRule) string {
	if rule.Included {
		return "neither by its principal offence nor by an included classification"
	}
	return "not by its principal offence, as it had to be"
}

// four says whether the officers themselves saw repeated conduct and two signs more.
func (m *matter) four() bool {
	n := 0
	for _, sign := range []bool{m.Four.Fixated, m.Four.Obsessive, m.Four.Unwanted} {
		if sign {
			n++
		}
	}
	return m.Four.Repeated && n >= 2
}

func (e *reading) misrecorded() {
	for _, p := range e.parts {
		if e.recordedAs(p, e.traits.stalking) {
			continue
		}
		signs := 0
		for i, r := range p.reports {
			if r.Behaviours&e.traits.pattern != 0 {
				signs++
			}
			rule, ok := e.recordingRule(r)
			if !ok || (signs < 2 && !r.matter.four()) {
				continue
			}
			var shown Behaviours
			for _, o := range p.reports[:i+1] {
				shown |= o.Behaviours & e.traits.pattern
			}
			kinds := rule.OtherKinds
			if domestic(r.matter.Relationship) {
				kinds = rule.DomesticKinds
			}
			if shown.count() < kinds {
				continue
			}
			e.raise(Prompt{Key: p.id().String(), Course: p.id(), Force: p.force, Unconfirmed: p.unconfirmed(), Since: r.start,
				Reason:   fmt.Sprintf("What is reported shows stalking and is recorded as stalking %s (%s).", where(rule), lowerFirst(rule.Title)),
				Evidence: evidenceOf(p.reports[:i+1])})
			break
		}
	}
}

func (e *reading) s4aIndicated() {
	for _, p := range e.parts {
		if e.recordedAs(p, e.traits.s4a) {
			continue
		}
		var signs []*report
		for _, r := range p.reports {
			if r.Behaviours&e.traits.pattern != 0 {
				signs = append(signs, r)
			}
		}
		if len(signs) < 2 {
			continue
		}
		var evidence []Evidence
		var since time.Time
		for _, r := range p.reports {
			stalking, ok := e.recordingRule(r)
			if !ok || stalking.Jurisdiction != englandAndWales || !e.traits.violent(r.Report) {
				continue
			}
			evidence = append(evidence, r.evidence())
			if since.IsZero() {
				since = latest(r.start, signs[1].start)
			}
		}
		if len(evidence) > 0 {
			e.raise(Prompt{Key: p.id().String(), Course: p.id(), Force: p.force, Unconfirmed: p.unconfirmed(), Since: since,
				Reason: "Reports that show stalking, with threats or violence, are not recorded under section 4A.", Evidence: evidence})
		}
	}
}
