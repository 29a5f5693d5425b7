package conduct

import (
	"testing"
	"time"
)

// A duty closes only by what a record that stands shows, and that was done in time.
func TestShows(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	before, after := noon.Add(-time.Hour), noon.Add(time.Hour)
	did := func(code string, at time.Time) []Action { return []Action{{Code: code, Time: at}} }
	id := ID{1}
	for name, c := range map[string]struct {
		h    History
		code string
		want bool
	}{
		"an arrest in an incident":      {History{Matters: []Matter{{Course: Course{ID: id}, Reports: []Report{{Actions: did("ARRESTED", after)}}}}}, "ARRESTED", true},
		"an arrest at that very moment": {History{Matters: []Matter{{Course: Course{ID: id}, Reports: []Report{{Actions: did("ARRESTED", noon)}}}}}, "ARRESTED", true},
		"an arrest before":              {History{Matters: []Matter{{Course: Course{ID: id}, Reports: []Report{{Actions: did("ARRESTED", before)}}}}}, "ARRESTED", false},
		"another action":                {History{Matters: []Matter{{Course: Course{ID: id}, Reports: []Report{{Actions: did("ADVISED", after)}}}}}, "ARRESTED", false},
		"a withdrawn course":            {History{Matters: []Matter{{Course: Course{ID: id, Cancelled: true}, Reports: []Report{{Actions: did("ARRESTED", after)}}}}}, "ARRESTED", false},
		"another record":                {History{Matters: []Matter{{Course: Course{ID: ID{2}}, Reports: []Report{{Actions: did("ARRESTED", after)}}}}}, "ARRESTED", false},
		"a charge by the standing":      {History{Matters: []Matter{{Course: Course{ID: id}, Standings: []StandingSince{{"CHARGED", after}}}}}, "CHARGED", true},
		"a victim who was told":         {History{Matters: []Matter{{Course: Course{ID: id}, Informed: []Informed{{"CLOSURE", after}}}}}, "VICTIM_INFORMED", true},
		"an exhibit that waits":         {History{Matters: []Matter{{Course: Course{ID: id}, Exhibits: []Exhibit{{Seized: after}}}}}, "EXHIBIT_EXAMINED", false},
		"an exhibit examined":           {History{Matters: []Matter{{Course: Course{ID: id}, Exhibits: []Exhibit{{Done: after}}}}}, "EXHIBIT_EXAMINED", true},
		"an arrest in a breach":         {History{Breaches: []Breach{{ID: id, Actions: did("ARRESTED", after)}}}, "ARRESTED", true},
		"a withdrawn breach":            {History{Breaches: []Breach{{ID: id, Cancelled: true, Actions: did("ARRESTED", after)}}}, "ARRESTED", false},
		"a measure applied for":         {History{Measures: []Measure{{ID: id, Recorded: after}}}, "MEASURE_APPLIED_FOR", true},
		"an old measure":                {History{Measures: []Measure{{ID: id, From: before, Recorded: before}}}, "MEASURE_APPLIED_FOR", false},
		"a measure replaced":            {History{Measures: []Measure{{ID: id, Status: "REPLACED"}}}, "MEASURE_VARIED", true},
		"he notified":                   {History{Measures: []Measure{{ID: id, Notifications: []Notification{{Notified: after}}}}}, "NOTIFIED", true},
		"he did not notify":             {History{Measures: []Measure{{ID: id, Notifications: []Notification{{Due: after}}}}}, "NOTIFIED", false},
		"an assessment":                 {History{Assessments: []Assessment{{ID: id, Time: after}}}, "ASSESSED", true},
		"a stale assessment":            {History{Assessments: []Assessment{{ID: id, Time: before}}}, "ASSESSED", false},
		"a regrade":                     {History{Assessments: []Assessment{{ID: id, Time: before, Regrades: []Regrade{{High, after}}}}}, "REGRADED", true},
		"a plan":                        {History{Plans: []Plan{{ID: id, Made: after}}}, "PLAN_MADE", true},
		"an action of a plan":           {History{Plans: []Plan{{ID: id, Actions: []PlanAction{{Done: after}}}}}, "PLAN_ACTION_DONE", true},
		"an open action of a plan":      {History{Plans: []Plan{{ID: id, Actions: []PlanAction{{Due: after}}}}}, "PLAN_ACTION_DONE", false},
	} {
		if got := c.h.Shows(id, c.code, noon); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
