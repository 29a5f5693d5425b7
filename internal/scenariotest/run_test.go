package scenariotest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

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
	before    *scenario.Histories
	names     map[conduct.ID]string
	revisions map[conduct.ID]int64
	nominals  map[string]string // by force of the case and suspect
	courses   map[conduct.ID]string
	offers    map[string]*pb.Transfer // by course
	// asking are the reports and breaches of the step with whose registration the force's
	// system asks, and answered what it was told last.
	asking   map[string]bool
	answered *pb.PersonCheck
}

func newRun(t *testing.T, c *scenario.Case) *run {
	r := &run{T: t, c: c, clock: servertest.NewClock(c.Steps[0].When()), systems: map[string]*grpc.ClientConn{}, forces: map[string]string{},
		before: &scenario.Histories{All: &conduct.History{}, Own: &conduct.History{}}, names: map[conduct.ID]string{}, revisions: map[conduct.ID]int64{}, nominals: map[string]string{}, courses: map[conduct.ID]string{}, offers: map[string]*pb.Transfer{}}
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
		for _, x := range c.Steps[i].Transfers {
			out = append(out, x.To)
		}
		for _, b := range c.Steps[i].Breaches {
			if b.Force != "" {
				out = append(out, b.Force)
			}
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
		r.step(s, h.All)
		r.before = h
		r.expect(s, h)
		r.alerts(s)
		r.flags(s)
		r.disclosures(s)
		r.document(s, h.Own)
		r.answer(s)
		if r.Failed() {
			return // what follows rests on it
		}
	}
}

// walk lets the time pass until a step, and stops wherever a duty opens or is to be
// told to somebody whom the step names, so that the register's own clock acts there.
func (r *run) walk(s *scenario.Step) {
	for now := r.clock.Now(); ; {
		prompts, next := evaluate(r.before, now)
		was := r.allDuties(prompts)
		tell := ""
		for _, t := range scenario.Tellings(refdata.Default(), r.before.All, prompts) {
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
		if want := r.allDuties(first(evaluate(r.before, now))); tell != "" || !slices.Equal(was, want) {
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

// evaluate gives the prompts of all persons of a case, and when they may change next.
func evaluate(h *scenario.Histories, now time.Time) (prompts []conduct.Prompt, next time.Time) {
	for _, person := range h.Persons() {
		p, at := rules.Evaluate(person, now)
		prompts = append(prompts, p...)
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return prompts, next
}

func first(prompts []conduct.Prompt, _ time.Time) []conduct.Prompt { return prompts }

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

// step registers what has changed since the step before, and checks before it grades.
func (r *run) step(s *scenario.Step, h *conduct.History) {
	r.asking, r.answered = map[string]bool{}, nil
	for _, c := range s.Checks {
		r.asking[c.Ref] = c.Registered
	}
	if len(s.Transfers) > 0 {
		r.transfers(s, h)
		return
	}
	for i := range h.Matters {
		if old := matterOf(r.before.All, h.Matters[i].ID); old == nil || !reflect.DeepEqual(*old, h.Matters[i]) {
			r.matter(old, &h.Matters[i])
		}
	}
	for _, c := range s.Closures {
		if c.Refused {
			r.refuse(c, h)
		}
	}
	for _, c := range s.Checks {
		if c.Registered || r.silent(c.Force) {
			continue // a check finds nothing, as it must
		}
		if found := r.search(c.Force, "investigator", c.Ref, r.suspectOf(h, c.Ref)); found.GetOutcome() != pb.SearchOutcome_SEARCH_OUTCOME_HIT {
			r.Errorf("%s: the check for %s finds nobody", s.At, c.Ref)
		}
	}
	for _, q := range s.Searches {
		r.searches(s, q)
	}
	for _, q := range s.Asks {
		r.ask(s, q)
	}
	for i := range h.Measures {
		if old := measureOf(r.before.All, h.Measures[i].ID); old == nil || !reflect.DeepEqual(*old, h.Measures[i]) {
			r.measure(s, &h.Measures[i])
		}
	}
	for i := range h.Breaches {
		j := slices.IndexFunc(r.before.All.Breaches, func(b conduct.Breach) bool { return b.ID == h.Breaches[i].ID })
		if j < 0 || !reflect.DeepEqual(r.before.All.Breaches[j], h.Breaches[i]) {
			r.breach(s, &h.Breaches[i])
		}
	}
	for i := range h.Assessments {
		r.assessment(s, &h.Assessments[i])
	}
	for i := range h.Plans {
		if !slices.ContainsFunc(r.before.All.Plans, func(p conduct.Plan) bool { return p.ID == h.Plans[i].ID }) {
			r.plan(&h.Plans[i])
		}
	}
}

// suspectOf is the man of whom a report is.
func (r *run) suspectOf(h *conduct.History, reference string) scenario.Person {
	for i := range h.Matters {
		if slices.ContainsFunc(h.Matters[i].Reports, func(x conduct.Report) bool { return x.Reference == reference }) {
			return r.suspect(r.c.Courses[r.courseName(&h.Matters[i])])
		}
	}
	return r.c.Suspect
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
		reference := "SEARCH/" + s.At
		if q.Unexplained {
			reference = ""
		}
		found := r.search(q.Force, role, reference, who)
		hit := found.GetOutcome() == pb.SearchOutcome_SEARCH_OUTCOME_HIT
		if hit != (q.Finds && q.Times <= 1) {
			r.Errorf("%s: a search by the %s of force %s: hit is %v", s.At, role, q.Force, hit)
		}
	}
}

func (r *run) search(force, role, reference string, who scenario.Person) *pb.Search {
	ctx, reason := r.site.As(r.Context(), role+"-"+r.forces[force]), "CRIME_INVESTIGATION"
	if reference == "" {
		reason = "DATA_QUALITY" // which needs none
	}
	found, err := pb.NewSearchServiceClient(r.people).CreateSearch(ctx, &pb.CreateSearchRequest{Search: &pb.Search{
		Reason: reason, Reference: reference, Justification: "report of stalking, suspect named",
		Criteria: &pb.SearchCriteria{Names: personNames(who), BirthDate: birthDate(who.Born)},
	}})
	if err != nil {
		r.Fatalf("search by the %s of force %s: %v", role, force, err)
	}
	return found
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
