package conduct

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/perpetrator-register/register/internal/refdata"
)

// Where the recording rule of the day asks for stalking as the principal offence, an
// included classification does not suffice; by a rule that lets it, it does.
func TestAnIncludedClassificationByTheRuleOfTheDay(t *testing.T) {
	data, err := refdata.Load(fstest.MapFS{"recording-rules.csv": {Data: []byte(`code,from,jurisdiction,domestic_kinds,other_kinds,included,unverified,title,purpose
EARLIER,2012-11-25,england and wales,2,2,false,false,Stalking is the principal offence,Invented.
LATER,2020-04-01,england and wales,2,2,true,false,One principal crime,Invented.
`)}})
	if err != nil {
		t.Fatal(err)
	}
	rules := NewRules(data)
	contact, _ := rules.Behaviours("CONTACT")
	visit, _ := rules.Behaviours("ATTENDING_HOME")
	included := func(at time.Time) *History {
		h := &History{Matters: []Matter{{Course: Course{ID: anID('c', 0), Force: "33", Standing: "REPORTED"}}}}
		for i, b := range []Behaviours{contact, visit} {
			day := at.AddDate(0, 0, i)
			h.Matters[0].Reports = append(h.Matters[0].Reports, Report{Reference: string(rune('a' + i)), Occurred: day, Reported: day, Behaviours: b, Principal: "PH97004", Included: []string{"PH97006"}})
			h.Matters[0].Incidents = append(h.Matters[0].Incidents, Incident{Day: DayOf(day), Behaviours: b})
		}
		return h
	}
	misrecorded := func(at time.Time) (reason string) {
		all := rules.Prompts(included(at), at.AddDate(0, 0, 3))
		if i := slices.IndexFunc(all, func(p Prompt) bool { return p.Code == "MISRECORDED" }); i >= 0 {
			reason = all[i].Reason
		}
		return reason
	}
	if got := misrecorded(time.Date(2019, 5, 1, 12, 0, 0, 0, time.UTC)); !strings.Contains(got, "not by its principal offence") {
		t.Errorf("where it had to be the principal offence: %q", got)
	}
	if got := misrecorded(time.Date(2021, 5, 1, 12, 0, 0, 0, time.UTC)); got != "" {
		t.Errorf("where an included classification suffices: %q", got)
	}
	// The second report comes half an hour into 1 April in London.
	if got := misrecorded(time.Date(2020, 3, 30, 23, 30, 0, 0, time.UTC)); got != "" {
		t.Errorf("on the first night of the rule by which it suffices: %q", got)
	}
}
