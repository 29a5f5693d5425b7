package scenariotest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/scenario"
)

// expect looks at the duties of each force until they are as they must be.
func (r *run) expect(s *scenario.Step, h *scenario.Histories) {
	if s.Expect == nil {
		return
	}
	want := r.allDuties(first(evaluate(h, s.When())))
	r.wait(func() string {
		if got := r.allOpen(); !slices.Equal(got, want) {
			return fmt.Sprintf("%s: %s\nopen duties %q, want %q", s.At, s.Says, got, want)
		}
		told := r.toldOf()
		for _, w := range s.Expect.Told {
			if !told[w] {
				return fmt.Sprintf("%s: %s\n%q must have been told; told are %v", s.At, s.Says, w, told)
			}
		}
		for _, w := range s.Expect.NotYet {
			if told[w] {
				return fmt.Sprintf("%s: %s\n%q must not have been told yet", s.At, s.Says, w)
			}
		}
		return ""
	})
}

// document looks at what each force reads of the person: the prompts, the dangers and
// what restrains him are the same for all, but for accusations both ways, of which
// nobody reads.
func (r *run) document(s *scenario.Step, h *conduct.History) {
	if s.Expect == nil || len(h.Matters) == 0 {
		return
	}
	card := rules.Card(h, s.When())
	for of, to := range r.forces {
		name := r.nominals[of+r.c.Suspect.Surname+r.c.Suspect.Born]
		if name == "" || r.silent(of) {
			continue
		}
		got, err := pb.NewHistoryServiceClient(r.people).GetHistory(r.site.As(r.Context(), "supervisor-"+to), &pb.GetHistoryRequest{Name: name})
		if err != nil {
			r.Fatalf("%s: the history as force %s reads it: %v", s.At, of, err)
		}
		want := scenario.Texts(slices.DeleteFunc(slices.Clone(card.Prompts), func(p conduct.Prompt) bool { return p.Code == "COUNTER_ALLEGATION" }))
		if diff := cmp.Diff(want, r.prompts(got.GetHistory().GetPrompts())); diff != "" {
			r.Errorf("%s: %s\nprompts as force %s reads them (-want +got):\n%s", s.At, s.Says, of, diff)
		}
		warnings, measures := onCard(got.GetHistory().GetCard())
		var want2 []string
		for _, w := range card.Warnings {
			want2 = append(want2, w.Code)
		}
		if !slices.Equal(warnings, want2) {
			r.Errorf("%s: force %s is warned of %q, want %q", s.At, of, warnings, want2)
		}
		if s.Expect.Measures != nil && !slices.Equal(measures, s.Expect.Measures) {
			r.Errorf("%s: force %s reads of the measures %q, want %q", s.At, of, measures, s.Expect.Measures)
		}
	}
}

// prompts puts prompts as the cases do.
func (r *run) prompts(all []*pb.Prompt) []string {
	var out []conduct.Prompt
	for _, p := range all {
		level := conduct.Yes
		if p.GetPossible() {
			level = conduct.Possible
		}
		out = append(out, conduct.Prompt{Code: p.GetCode(), Key: p.GetKey(), Force: r.caseForce(p.GetForce()), Level: level, Unconfirmed: p.GetUnconfirmed()})
	}
	return scenario.Texts(out)
}

// onCard are the codes of a card's warnings and the kinds of its measures, in order.
func onCard(card *pb.HistoryCard) (warnings, measures []string) {
	for _, w := range card.GetWarnings() {
		warnings = append(warnings, w.GetCode())
	}
	for _, m := range card.GetMeasures() {
		measures = append(measures, m.GetKind())
	}
	return warnings, measures
}

// answer looks at what the force's system was told that asked with a registration.
func (r *run) answer(s *scenario.Step) {
	if s.Expect == nil || s.Expect.Answered == nil && r.answered == nil {
		return
	}
	got := scenario.Answered{Victims: int(r.answered.GetPattern().GetVictimsMin()), Prompts: r.prompts(r.answered.GetPrompts())}
	for _, f := range r.answered.GetPattern().GetForces() {
		got.Forces = append(got.Forces, r.caseForce(f))
	}
	got.Warnings, got.Measures = onCard(r.answered.GetCard())
	for _, d := range r.answered.GetDuties() {
		got.Duties = append(got.Duties, d.GetCode())
	}
	if diff := cmp.Diff(s.Expect.Answered, &got, cmpopts.SortSlices(strings.Compare), cmpopts.EquateEmpty()); diff != "" {
		r.Errorf("%s: %s\nthe registration was answered (-want +got):\n%s", s.At, s.Says, diff)
	}
}

// caseForce is the force of the case, of "forces/33".
func (r *run) caseForce(name string) string {
	for of, to := range r.forces {
		if name == "forces/"+to {
			return of
		}
	}
	return ""
}

// alerts looks at the alerts that a step names, and for whom they are. An empty list
// means that nobody is alerted at all.
func (r *run) alerts(s *scenario.Step) {
	if s.Expect == nil || s.Expect.Alerts == nil {
		return
	}
	for of, to := range r.forces {
		got := r.alertsOf(to)
		if len(s.Expect.Alerts) == 0 && len(got) > 0 {
			r.Errorf("%s: force %s has alerts %q and must have none", s.At, of, got)
		}
		for _, a := range s.Expect.Alerts {
			kind, rest, _ := strings.Cut(a, " ")
			force, audience, _ := strings.Cut(rest, " ")
			if want := strings.TrimSpace(kind + " " + audience); force == of && !slices.Contains(got, want) {
				r.Errorf("%s: force %s has no alert %q; it has %q", s.At, of, want, got)
			}
		}
	}
}

// alertsOf are the alerts of a force: their kinds, with the audience where it is not
// everybody who may read alerts.
func (r *run) alertsOf(to string) []string {
	var out []string
	for token := ""; ; {
		page, err := pb.NewAlertServiceClient(r.people).ListAlerts(r.site.As(r.Context(), "spoc-"+to), &pb.ListAlertsRequest{Parent: "forces/" + to, PageSize: 500, PageToken: token})
		if err != nil {
			r.Fatalf("list alerts of force %s: %v", to, err)
		}
		for _, a := range page.GetAlerts() {
			text := strings.TrimPrefix(a.GetKind().String(), "ALERT_KIND_")
			if a.GetAudience() != pb.AlertAudience_ALERT_AUDIENCE_UNSPECIFIED {
				text += " " + strings.TrimPrefix(a.GetAudience().String(), "ALERT_AUDIENCE_")
			}
			out = append(out, text)
		}
		if token = page.GetNextPageToken(); !page.GetMore() {
			return out
		}
	}
}

// allDuties are the duties that the forces must have: what the rules say, but for
// those about whom nobody is told.
func (r *run) allDuties(prompts []conduct.Prompt) []string {
	out := []string{}
	for _, p := range prompts {
		if p.Critical && !r.silent(p.Force) {
			out = append(out, p.Code+" "+p.Force)
		}
	}
	slices.Sort(out)
	return out
}

// silent says whether the force's nominal is: then nobody is told of a duty.
func (r *run) silent(force string) bool {
	for _, c := range r.c.Courses {
		if c.Force == force && c.Restriction == "SILENT" {
			return true
		}
	}
	return false
}

// open are the open duties, by force of the case.
func (r *run) open() map[string][]*pb.Duty {
	out := map[string][]*pb.Duty{}
	for of, to := range r.forces {
		page, err := pb.NewDutyServiceClient(r.people).ListDuties(r.site.As(r.Context(), "spoc-"+to), &pb.ListDutiesRequest{Parent: "forces/" + to, PageSize: 200})
		if err != nil {
			r.Fatalf("list duties of force %s: %v", of, err)
		}
		out[of] = page.GetDuties()
	}
	return out
}

func (r *run) allOpen() []string {
	out := []string{}
	for of, duties := range r.open() {
		for _, d := range duties {
			if d.GetTransfer() == "" { // to answer an offer is no prompt of his history
				out = append(out, d.GetCode()+" "+of)
			}
		}
	}
	slices.Sort(out)
	return out
}

// toldOf says who has been told of which open duties.
func (r *run) toldOf() map[string]bool {
	out := map[string]bool{}
	for of, duties := range r.open() {
		for _, d := range duties {
			for _, step := range d.GetSteps() {
				out[d.GetCode()+" "+of+" "+strings.TrimPrefix(step.GetOwner().GetRole().String(), "DUTY_ROLE_")] = true
			}
		}
	}
	return out
}
