package scenariotest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/scenario"
)

const secondPerson = "9001"

func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func source(id conduct.ID, kind string, revision int64) *pb.SourceKey {
	return &pb.SourceKey{System: "crime", Reference: fmt.Sprintf("%s-%d", kind, int(id[14])<<8|int(id[15])), Revision: revision}
}

func personNames(p scenario.Person) []*pb.PersonName {
	return []*pb.PersonName{{Given: strings.Join(p.Given, " "), Surname: p.Surname}}
}

func birthDate(born string) *pb.PartialDate {
	t, err := time.Parse(time.DateOnly, born)
	if err != nil {
		return nil
	}
	return &pb.PartialDate{Year: int32(t.Year()), Month: int32(t.Month()), Day: int32(t.Day())}
}

// pnc is an invented PNC number with its check letter, so that forces know the same man.
func pnc(p scenario.Person) string {
	n := 0
	for _, r := range p.Surname + p.Born {
		n = (n*31 + int(r)) % 9_000_000
	}
	const letters = "ZABCDEFGHJKLMNPQRTUVWXY"
	return fmt.Sprintf("1999/%07d%c", n, letters[(99*10_000_000+n)%23])
}

func victim(p scenario.Person) *pb.Victim {
	v := &pb.Victim{Names: personNames(p), BirthDate: birthDate(p.Born)}
	if p.Phone != "" {
		v.Phones = []string{p.Phone}
	}
	return v
}

// courseName is the case's name of a matter: each has a victim and a force of its own,
// or the order in which the replay met it tells.
func (r *run) courseName(m *conduct.Matter) string {
	if name, ok := r.courses[m.ID]; ok {
		return name
	}
	name := scenario.CourseName(r.c, rules, m.ID)
	if name == "" {
		r.Fatalf("no course %s", m.ID)
	}
	r.courses[m.ID] = name
	return name
}

func (r *run) suspect(c scenario.Course) scenario.Person {
	if c.Suspect != nil {
		return *c.Suspect
	}
	return r.c.Suspect
}

// nominal registers the suspect in a force, once.
func (r *run) nominal(c scenario.Course) string {
	who := r.suspect(c)
	key := c.Force + who.Surname + who.Born
	if name, ok := r.nominals[key]; ok {
		return name
	}
	to := r.forces[c.Force]
	answer, err := pb.NewNominalServiceClient(r.systems[to]).RegisterNominal(r.Context(), &pb.RegisterNominalRequest{Parent: "forces/" + to, Nominal: &pb.Nominal{
		Source: &pb.SourceKey{System: "crime", Reference: "N-" + key, Revision: 1}, Names: personNames(who), BirthDates: []*pb.PartialDate{birthDate(who.Born)},
		Sex: pb.Sex_SEX_MALE, Identifiers: []*pb.Identifier{{Kind: pb.IdentifierKind_IDENTIFIER_KIND_PNC, Value: pnc(who)}},
	}})
	if err != nil {
		r.Fatalf("register the suspect in force %s: %v", c.Force, err)
	}
	r.nominals[key] = answer.GetName()
	if c.Restriction != "" {
		_, err := pb.NewNominalServiceClient(r.people).RestrictNominal(r.site.As(r.Context(), "psd-"+to), &pb.RestrictNominalRequest{
			Name: answer.GetName(), Restriction: pb.Restriction(pb.Restriction_value["RESTRICTION_"+c.Restriction]), Explanation: "a police suspect",
		})
		if err != nil {
			r.Fatalf("restrict the suspect: %v", err)
		}
		return answer.GetName()
	}
	r.confirm(to, answer.GetName())
	return answer.GetName()
}

// confirm has the single point of contact confirm that the forces' nominals are one
// man, as soon as the register has linked them.
func (r *run) confirm(to, nominal string) {
	ctx, client := r.site.As(r.Context(), "spoc-"+to), pb.NewLinkServiceClient(r.people)
	page, err := client.ListLinks(ctx, &pb.ListLinksRequest{Parent: nominal})
	if err != nil {
		r.Fatalf("list the links: %v", err)
	}
	for _, l := range page.GetLinks() {
		if _, err := client.ConfirmLink(ctx, &pb.ConfirmLinkRequest{Name: l.GetName(), Version: l.GetVersion(), Reason: "the same man by his PNC number"}); err != nil {
			r.Fatalf("confirm the link: %v", err)
		}
	}
}

// matter sends a matter: a revision for each standing that it reached since.
func (r *run) matter(old, m *conduct.Matter) {
	from := 0
	if old != nil {
		from = min(len(old.Standings), len(m.Standings)-1)
	}
	for i := from; i < len(m.Standings); i++ {
		at := *m
		at.Standing = m.Standings[i].Standing
		if i+1 < len(m.Standings) {
			at.Closure = conduct.Closure{}
		}
		r.revisions[m.ID]++
		name, err := r.sendMatter(&at, r.revisions[m.ID], m.Standings[i].Since)
		if err != nil {
			r.Fatalf("register %s: %v", r.courseName(m), err)
		}
		r.names[m.ID] = name
	}
}

func (r *run) sendMatter(m *conduct.Matter, revision int64, since time.Time) (string, error) {
	c := r.c.Courses[r.courseName(m)]
	to := r.forces[c.Force]
	course := &pb.CourseOfConduct{
		Source: source(m.ID, "C", revision), Nominal: r.nominal(c), Victim: victim(r.c.Victims[c.Victim]), Relationship: m.Relationship, Motivation: m.Motivation,
		Four:     &pb.FourIndicators{Fixated: m.Four.Fixated, Obsessive: m.Four.Obsessive, Unwanted: m.Four.Unwanted, RepeatedConduct: m.Four.Repeated},
		Standing: pb.Standing(pb.Standing_value["STANDING_"+m.Standing]), StandingTime: stamp(since), Officer: m.Officer,
	}
	for _, a := range c.Associated {
		course.AssociatedVictims = append(course.AssociatedVictims, victim(r.c.Victims[a]))
	}
	for i := range m.Reports {
		course.Incidents = append(course.Incidents, r.incident(&m.Reports[i]))
	}
	for _, s := range m.Statements {
		course.Statements = append(course.Statements, &pb.VictimStatement{Code: s.Code, StateTime: stamp(s.Time)})
	}
	for _, i := range m.Informed {
		course.Informed = append(course.Informed, &pb.VictimInformed{Code: i.Code, InformTime: stamp(i.Time)})
	}
	for _, x := range m.Exhibits {
		course.Exhibits = append(course.Exhibits, &pb.Exhibit{Code: x.Code, SeizeTime: stamp(x.Seized), ExpectedTime: stamp(x.Expected), DoneTime: stamp(x.Done)})
	}
	if m.Closure.Reason != "" {
		course.Closure = &pb.Closure{Reason: m.Closure.Reason, Rationale: "As the case tells.", VictimInformTime: stamp(m.Closure.Informed)}
		if m.Closure.Second {
			course.Closure.SecondPerson = secondPerson
		}
	}
	req := &pb.RegisterCourseRequest{Parent: "forces/" + to, Course: course}
	for i := range m.Reports {
		if r.asking[m.Reports[i].Reference] {
			req.Check = basis(m.Reports[i].Reference)
		}
	}
	answer, err := pb.NewConductServiceClient(r.systems[to]).RegisterCourse(r.Context(), req)
	if req.GetCheck() != nil {
		r.answered = answer.GetCheck()
	}
	return answer.GetName(), err
}

// basis asks with a registration what the register knows of the suspect.
func basis(reference string) *pb.CheckBasis {
	return &pb.CheckBasis{Reason: "CRIME_INVESTIGATION", Reference: reference, OnBehalfOf: "6006"}
}

func (r *run) incident(rep *conduct.Report) *pb.Incident {
	i := &pb.Incident{
		Reference: rep.Reference, OccurTime: stamp(rep.Occurred), ReportTime: stamp(rep.Reported), Behaviours: rules.Codes(rep.Behaviours),
		PrincipalOffence: rep.Principal, IncludedClassifications: rep.Included, Jurisdiction: rep.Jurisdiction, Actions: actions(rep.Actions),
		ReportSource: pb.ReportSource(pb.ReportSource_value["REPORT_SOURCE_"+rep.Source]),
	}
	if rep.Assessment != "" {
		i.Grade = &pb.IntelligenceGrade{Source: 2, Assessment: rep.Assessment, Handling: "P"}
	}
	return i
}

func actions(all []conduct.Action) []*pb.PoliceAction {
	var out []*pb.PoliceAction
	for _, a := range all {
		x := &pb.PoliceAction{Code: a.Code, ActTime: stamp(a.Time)}
		if a.Code == "NONE" {
			x.Why = a.Why
		} else {
			x.Text = a.Why
		}
		out = append(out, x)
	}
	return out
}

// nominalIn is the nominal of the case's own suspect in a force, which may have nothing else
// of him.
func (r *run) nominalIn(force string) string { return r.nominal(scenario.Course{Force: force}) }

// nominalOf is the nominal of a course that is registered.
func (r *run) nominalOf(course conduct.ID) string { return r.nominal(r.c.Courses[r.courses[course]]) }

func (r *run) measure(s *scenario.Step, m *conduct.Measure) {
	r.revisions[m.ID]++
	to := r.forces[m.Force]
	x := &pb.Measure{
		Source: source(m.ID, "M", r.revisions[m.ID]), Nominal: r.nominalOf(m.Courses[0]), Kind: m.Kind, Status: pb.MeasureStatus(pb.MeasureStatus_value["MEASURE_STATUS_"+m.Status]),
		FromTime: stamp(m.From), UntilTime: stamp(m.Until), VerifyTime: stamp(s.When()),
	}
	for _, c := range m.Courses {
		x.Courses = append(x.Courses, r.names[c])
	}
	for _, c := range m.Conditions {
		cond := &pb.MeasureCondition{Code: c.Code}
		if c.Zone != "" {
			cond.Zone = &pb.ExclusionZone{Area: c.Zone, Metres: int32(c.Metres)}
		}
		x.Conditions = append(x.Conditions, cond)
	}
	for _, rej := range m.Rejected {
		x.Rejected = append(x.Rejected, &pb.RejectedOption{Code: rej.Code, Why: rej.Why})
	}
	for _, n := range m.Notifications {
		x.Notifications = append(x.Notifications, &pb.MeasureNotification{Code: n.Code, DueTime: stamp(n.Due), NotifyTime: stamp(n.Notified)})
	}
	answer, err := pb.NewMeasureServiceClient(r.systems[to]).RegisterMeasure(r.Context(), &pb.RegisterMeasureRequest{Parent: "forces/" + to, Measure: x})
	if err != nil {
		r.Fatalf("%s: register the measure %s: %v", s.At, m.Kind, err)
	}
	r.names[m.ID] = answer.GetName()
}

func (r *run) breach(s *scenario.Step, b *conduct.Breach) {
	r.revisions[b.ID]++
	to := r.forces[b.Force]
	req := &pb.RegisterBreachRequest{Parent: "forces/" + to, Breach: &pb.Breach{
		Source: source(b.ID, "B", r.revisions[b.ID]), Nominal: r.nominalIn(b.Force), Measure: r.names[b.Measure], OccurTime: stamp(b.Occurred), ReportTime: stamp(b.Reported),
		Conditions: b.Conditions, Behaviours: rules.Codes(b.Behaviours), Actions: actions(b.Actions),
	}}
	for _, one := range s.Breaches {
		if r.asking[one.ID] {
			req.Check = basis(one.ID)
		}
	}
	answer, err := pb.NewMeasureServiceClient(r.systems[to]).RegisterBreach(r.Context(), req)
	if err != nil {
		r.Fatalf("register a breach of %s: %v", b.Reported, err)
	}
	if req.GetCheck() != nil {
		r.answered = answer.GetCheck()
	}
}

func grade(g conduct.Grade) pb.RiskGrade { return pb.RiskGrade(g) }

// assessment sends a new assessment, or a supervisor's new grade.
func (r *run) assessment(s *scenario.Step, a *conduct.Assessment) {
	to := r.forces[a.Force]
	client := pb.NewAssessmentServiceClient(r.systems[to])
	i := slices.IndexFunc(r.before.All.Assessments, func(o conduct.Assessment) bool { return o.ID == a.ID })
	if i < 0 {
		x := &pb.Assessment{Source: source(a.ID, "A", 1), Nominal: r.nominalOf(a.Course), Course: r.names[a.Course], Tool: a.Tool, Grade: grade(a.Grade), AssessTime: stamp(a.Time), Assessor: "1234"}
		for _, y := range a.Yes {
			x.Answers = append(x.Answers, &pb.AssessmentAnswer{Question: y, Answer: "YES"})
		}
		answer, err := client.RegisterAssessment(r.Context(), &pb.RegisterAssessmentRequest{Parent: "forces/" + to, Assessment: x})
		if err != nil {
			r.Fatalf("%s: register an assessment: %v", s.At, err)
		}
		r.names[a.ID], r.revisions[a.ID] = answer.GetName(), answer.GetVersion()
		return
	}
	for n := len(r.before.All.Assessments[i].Regrades); n < len(a.Regrades); n++ {
		answer, err := pb.NewAssessmentServiceClient(r.people).RegradeAssessment(r.site.As(r.Context(), "supervisor-"+to), &pb.RegradeAssessmentRequest{
			Name: r.names[a.ID], Version: r.revisions[a.ID], Grade: grade(a.Regrades[n].Grade), Rationale: s.Regrades[0].Rationale,
		})
		if err != nil {
			r.Fatalf("%s: regrade: %v", s.At, err)
		}
		r.revisions[a.ID] = answer.GetVersion()
	}
}

func (r *run) plan(p *conduct.Plan) {
	to := r.forces[p.Force]
	x := &pb.SafetyPlan{Source: source(p.ID, "P", 1), Nominal: r.nominalOf(p.Course), Course: r.names[p.Course], MakeTime: stamp(p.Made)}
	for _, a := range p.Actions {
		due := a.Due
		if due.IsZero() {
			due = p.Made.AddDate(10, 0, 0) // no date was set
		}
		x.Actions = append(x.Actions, &pb.SafetyAction{Code: a.Code, Owner: "OFFICER_IN_CASE", DueTime: stamp(due), DoneTime: stamp(a.Done)})
	}
	if _, err := pb.NewAssessmentServiceClient(r.systems[to]).RegisterPlan(r.Context(), &pb.RegisterPlanRequest{Parent: "forces/" + to, Plan: x}); err != nil {
		r.Fatalf("register a plan: %v", err)
	}
}
