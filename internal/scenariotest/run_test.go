package scenariotest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/scenario"
	"github.com/perpetrator-register/register/internal/servertest"
)

var rules = conduct.NewRules(refdata.Default())

// TestCases runs each case on a register of its own.
func TestCases(t *testing.T) {
	t.Parallel()
	cases, err := scenario.Load()
	if err != nil {
		t.Fatal(err)
	}
	for i := range cases {
		c := &cases[i]
		if c.RulesOnly {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			newRun(t, c).all()
		})
	}
}

// run is one case on one register.
type run struct {
	*testing.T
	c       *scenario.Case
	site    *servertest.Site
	clock   *servertest.Clock
	people  *grpc.ClientConn
	systems map[string]*grpc.ClientConn // by force of the register
	// forces are those of the register by those of the case, which are any.
	forces map[string]string
	// before is what the register holds; names and revisions are of its records.
	before    *conduct.History
	names     map[conduct.ID]string
	revisions map[conduct.ID]int64
	nominals  map[string]string // by force of the case and suspect
	courses   map[conduct.ID]string
}

func newRun(t *testing.T, c *scenario.Case) *run {
	r := &run{T: t, c: c, clock: servertest.NewClock(c.Steps[0].When()), systems: map[string]*grpc.ClientConn{}, forces: map[string]string{},
		before: &conduct.History{}, names: map[conduct.ID]string{}, revisions: map[conduct.ID]int64{}, nominals: map[string]string{}, courses: map[conduct.ID]string{}}
	r.site = servertest.NewSite(t, nil)
	config := r.site.Config()
	config.Clock = r.clock.Now
	replica := r.site.Start(config)
	r.people = replica.Dial("")
	for _, of := range caseForces(c) {
		if len(r.forces) == len(servertest.Forces) {
			t.Fatal("the case has more forces than the register of a test")
		}
		to := servertest.Forces[len(r.forces)]
		r.forces[of], r.systems[to] = to, replica.Dial(to)
	}
	return r
}

// caseForces are the forces of a case, in the order of their codes.
func caseForces(c *scenario.Case) []string {
	var out []string
	for _, course := range c.Courses {
		out = append(out, course.Force)
	}
	for i := range c.Steps {
		for _, s := range c.Steps[i].Searches {
			out = append(out, s.Force)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (r *run) all() {
	for n := range r.c.Steps {
		s := &r.c.Steps[n]
		if s.RulesOnly {
			continue
		}
		h, err := scenario.Replay(r.c, rules, n+1, true)
		if err != nil {
			r.Fatal(err)
		}
		r.walk(s)
		r.clock.Set(s.When())
		r.step(s, h)
		r.before = h
		r.expect(s, h)
		r.alerts(s)
		r.document(s, h)
		if r.Failed() {
			return // what follows rests on it
		}
	}
}

// walk lets the time pass until a step, and stops wherever a duty opens or is to be
// told to somebody whom the step names, so that the register's own clock acts there.
func (r *run) walk(s *scenario.Step) {
	for now := r.clock.Now(); ; {
		prompts, next := rules.Evaluate(r.before, now)
		was := r.allDuties(prompts)
		tell := ""
		for _, t := range scenario.Tellings(refdata.Default(), r.before, prompts) {
			if t.At.After(now) && (next.IsZero() || t.At.Before(next)) && s.Expect != nil && slices.ContainsFunc(slices.Concat(s.Expect.Told, s.Expect.NotYet), func(x string) bool {
				return strings.HasPrefix(x, t.Code+" ")
			}) {
				next, tell = t.At, t.Text
			}
		}
		if next.IsZero() || !next.Before(s.When()) {
			return
		}
		now = next
		if want := r.allDuties(rules.Prompts(r.before, now)); tell != "" || !slices.Equal(was, want) {
			r.clock.Set(now)
			r.wait(func() string {
				if tell != "" && !r.toldOf()[tell] {
					return fmt.Sprintf("%v: %q has not been told", now, tell)
				}
				if got := r.allOpen(); !slices.Equal(got, want) {
					return fmt.Sprintf("%v: open duties %q, want %q", now, got, want)
				}
				return ""
			})
		}
	}
}

// wait waits until nothing is wrong, or fails: some of it the register's own clock does.
func (r *run) wait(wrong func() string) {
	deadline := time.Now().Add(patience)
	for {
		problem := wrong()
		if problem == "" {
			return
		}
		if time.Now().After(deadline) {
			r.Error(problem)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// patience is how long the register's own clock may take, in real time, on a busy
// machine; nothing is measured.
const patience = 10 * time.Second

// step registers what has changed since the step before.
func (r *run) step(s *scenario.Step, h *conduct.History) {
	for i := range h.Matters {
		if old := matterOf(r.before, h.Matters[i].ID); old == nil || !reflect.DeepEqual(*old, h.Matters[i]) {
			r.matter(old, &h.Matters[i])
		}
	}
	for _, c := range s.Closures {
		if c.Refused {
			r.refuse(c, h)
		}
	}
	for i := range h.Measures {
		if old := measureOf(r.before, h.Measures[i].ID); old == nil || !reflect.DeepEqual(*old, h.Measures[i]) {
			r.measure(s, &h.Measures[i])
		}
	}
	for i := range h.Breaches {
		j := slices.IndexFunc(r.before.Breaches, func(b conduct.Breach) bool { return b.ID == h.Breaches[i].ID })
		if j < 0 || !reflect.DeepEqual(r.before.Breaches[j], h.Breaches[i]) {
			r.breach(&h.Breaches[i])
		}
	}
	for i := range h.Assessments {
		r.assessment(s, &h.Assessments[i])
	}
	for i := range h.Plans {
		if !slices.ContainsFunc(r.before.Plans, func(p conduct.Plan) bool { return p.ID == h.Plans[i].ID }) {
			r.plan(&h.Plans[i])
		}
	}
	for _, c := range s.Checks {
		if r.silent(c.Force) {
			continue // a check finds nothing, as it must
		}
		if found := r.search(c.Force, "investigator", c.Ref, r.c.Suspect); found.GetOutcome() != pb.SearchOutcome_SEARCH_OUTCOME_HIT {
			r.Errorf("%s: the check for %s finds nobody", s.At, c.Ref)
		}
	}
	for _, q := range s.Searches {
		r.searches(s, q)
	}
}

func matterOf(h *conduct.History, id conduct.ID) *conduct.Matter {
	if i := slices.IndexFunc(h.Matters, func(m conduct.Matter) bool { return m.ID == id }); i >= 0 {
		return &h.Matters[i]
	}
	return nil
}

func measureOf(h *conduct.History, id conduct.ID) *conduct.Measure {
	if i := slices.IndexFunc(h.Measures, func(m conduct.Measure) bool { return m.ID == id }); i >= 0 {
		return &h.Measures[i]
	}
	return nil
}

func (r *run) searches(s *scenario.Step, q scenario.Search) {
	role := q.Role
	if role == "" {
		role = "investigator"
	}
	for i := range max(1, q.Times) {
		who := r.c.Suspect
		if q.Times > 1 {
			who = scenario.Person{Given: []string{fmt.Sprintf("Una%c", 'a'+i%26)}, Surname: fmt.Sprintf("Nobody%c%c", 'a'+i/26, 'a'+i%26), Born: "1990-01-01"}
		}
		found := r.search(q.Force, role, "SEARCH/"+s.At, who)
		hit := found.GetOutcome() == pb.SearchOutcome_SEARCH_OUTCOME_HIT
		if hit != (q.Finds && q.Times <= 1) {
			r.Errorf("%s: a search by the %s of force %s: hit is %v", s.At, role, q.Force, hit)
		}
	}
}

func (r *run) search(force, role, reference string, who scenario.Person) *pb.Search {
	ctx := r.site.As(r.Context(), role+"-"+r.forces[force])
	found, err := pb.NewSearchServiceClient(r.people).CreateSearch(ctx, &pb.CreateSearchRequest{Search: &pb.Search{
		Reason: "CRIME_INVESTIGATION", Reference: reference, Justification: "report of stalking, suspect named",
		Criteria: &pb.SearchCriteria{Names: personNames(who), BirthDate: birthDate(who.Born)},
	}})
	if err != nil {
		r.Fatalf("search by the %s of force %s: %v", role, force, err)
	}
	return found
}

// expect looks at the duties of each force until they are as they must be.
func (r *run) expect(s *scenario.Step, h *conduct.History) {
	if s.Expect == nil {
		return
	}
	want := r.allDuties(rules.Prompts(h, s.When()))
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
		var prompts []conduct.Prompt
		for _, p := range got.GetHistory().GetPrompts() {
			level := conduct.Yes
			if p.GetPossible() {
				level = conduct.Possible
			}
			prompts = append(prompts, conduct.Prompt{Code: p.GetCode(), Key: p.GetKey(), Force: r.caseForce(p.GetForce()), Level: level, Unconfirmed: p.GetUnconfirmed()})
		}
		want := scenario.Texts(slices.DeleteFunc(slices.Clone(card.Prompts), func(p conduct.Prompt) bool { return p.Code == "COUNTER_ALLEGATION" }))
		if diff := cmp.Diff(want, scenario.Texts(prompts)); diff != "" {
			r.Errorf("%s: %s\nprompts as force %s reads them (-want +got):\n%s", s.At, s.Says, of, diff)
		}
		var warnings, measures, want2 []string
		for _, w := range got.GetHistory().GetCard().GetWarnings() {
			warnings = append(warnings, w.GetCode())
		}
		for _, w := range card.Warnings {
			want2 = append(want2, w.Code)
		}
		if !slices.Equal(warnings, want2) {
			r.Errorf("%s: force %s is warned of %q, want %q", s.At, of, warnings, want2)
		}
		for _, m := range got.GetHistory().GetCard().GetMeasures() {
			measures = append(measures, m.GetKind())
		}
		if s.Expect.Measures != nil && !slices.Equal(measures, s.Expect.Measures) {
			r.Errorf("%s: force %s reads of the measures %q, want %q", s.At, of, measures, s.Expect.Measures)
		}
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
			out = append(out, d.GetCode()+" "+of)
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

// refuse tries a closing that the register must refuse.
func (r *run) refuse(c scenario.Closure, h *conduct.History) {
	for i := range h.Matters {
		m := h.Matters[i]
		if r.courses[m.ID] != c.Course {
			continue
		}
		m.Standing = c.Standing
		m.Closure = conduct.Closure{Reason: c.Reason}
		_, err := r.sendMatter(&m, r.revisions[m.ID]+1, r.clock.Now())
		if status.Code(err) != codes.FailedPrecondition {
			r.Errorf("closing %s alone is not refused: %v", c.Course, err)
		}
	}
}
