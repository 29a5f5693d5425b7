package console

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/refdata"
)

// One line says first against how many he did it, in how many forces and on what footing.
func TestHeadline(t *testing.T) {
	t.Parallel()
	three := []string{"forces/10", "forces/33", "forces/43"}
	for want, p := range map[string]*registerv1.Pattern{
		"": {},
		"Serial, alleged: 3 different victims, 3 forces":  {VictimsMin: 3, VictimsMax: 3, Courses: 4, Incidents: 9, Forces: three, Serial: registerv1.SerialTier_SERIAL_TIER_ALLEGED, Repeat: true},
		"Serial, by conviction: 2 to 3 different victims": {VictimsMin: 2, VictimsMax: 3, Courses: 3, Incidents: 3, Forces: three[:1], Serial: registerv1.SerialTier_SERIAL_TIER_CONVICTED},
		"Repeat: 4 incidents, 1 victim, 2 forces":         {VictimsMin: 1, VictimsMax: 1, Courses: 2, Incidents: 4, Forces: three[:2], Repeat: true},
		"1 incident, 1 victim":                            {VictimsMin: 1, VictimsMax: 1, Courses: 1, Incidents: 1, Forces: three[:1]},
		"1 to 2 different victims":                        {VictimsMin: 1, VictimsMax: 2, Courses: 2, Incidents: 2, Forces: three[:1]},
	} {
		if got := headline(p); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Of victims who cannot be told apart the page says so in words.
func TestPatternInWords(t *testing.T) {
	t.Parallel()
	w := &words{ref: refdata.Default()}
	for n, want := range map[int32]string{0: "4 to 5", 1: "4 to 5; of 1 it is not known whether it is another", 2: "4 to 5; of 2 it is not known whether they are others"} {
		got := w.pattern(&registerv1.Pattern{VictimsMin: 4, VictimsMax: 5, VictimsUnresolved: n, Courses: 6, Incidents: 11}, nil)
		if got.Facts[0] != (asked{"Victims", want}) {
			t.Errorf("%d: %v", n, got.Facts[0])
		}
	}
	if got := w.pattern(nil, nil); got.Headline != "" || got.Facts != nil {
		t.Errorf("of nothing: %v", got)
	}
}

// What is proved stands before what is alleged, and that before what rests on a link that
// nobody has confirmed; none is lost.
func TestWarningsByFooting(t *testing.T) {
	t.Parallel()
	got := warned([]*registerv1.CardWarning{{Title: "Weapon", Unconfirmed: true}, {Title: "Violence", Convicted: true}, {Title: "Arson", Convicted: true, Unconfirmed: true}, {Title: "Strangulation", Convicted: true}})
	var told []string
	for _, g := range got {
		told = append(told, g.Standing+": "+strings.Join(g.Titles, ", "))
	}
	if text := strings.Join(told, "; "); text != "convicted: Violence, Strangulation; possible, unconfirmed: Weapon, Arson" {
		t.Error(text)
	}
}

// The line of what restrains him names each measure that does, and how often it was broken;
// a warning restrains nobody.
func TestRestraint(t *testing.T) {
	t.Parallel()
	until := timestamppb.New(time.Date(2026, 12, 4, 12, 0, 0, 0, time.UTC))
	bail := &registerv1.CardMeasure{Title: "Police bail with conditions", Protects: true, UntilTime: until, Breaches: 2, UnactionedBreaches: 1}
	order := &registerv1.CardMeasure{Title: "Restraining order", Protects: true, Breaches: 1, Unconfirmed: true}
	now, broken := restraint([]*registerv1.CardMeasure{bail, {Title: "Warning"}, order})
	if now != "police bail with conditions until 4 December 2026; restraining order until further order (unconfirmed)" || broken != "3 times, once without action" {
		t.Errorf("%q, broken %q", now, broken)
	}
	if now, broken = restraint([]*registerv1.CardMeasure{{Title: "Warning", Breaches: 1}}); now != "" || broken != "" {
		t.Errorf("a warning restrains: %q, broken %q", now, broken)
	}
}

func TestBroken(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		times, undone int32
		want          string
	}{
		{0, 0, ""}, {1, 0, "once"}, {1, 1, "once, and nothing was done"}, {2, 2, "2 times, and nothing was done"}, {9, 7, "9 times, 7 times without action"}, {4, 1, "4 times, once without action"},
	} {
		if got := broken(one.times, one.undone); got != one.want {
			t.Errorf("%d, %d: %q, want %q", one.times, one.undone, got, one.want)
		}
	}
}

// A code of intelligence is written with what it says.
func TestGrading(t *testing.T) {
	t.Parallel()
	if got := grading(&registerv1.IntelligenceGrade{Source: 1, Assessment: "A", Handling: "P"}); got != "1AP: reliable source, known directly" {
		t.Error(got)
	}
	if got := grading(&registerv1.IntelligenceGrade{Source: 3, Assessment: "E", Handling: "C"}); got != "3EC: source not reliable, suspected false, to be handled with conditions" {
		t.Error(got)
	}
}
