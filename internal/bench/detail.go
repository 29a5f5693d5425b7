package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// The person whose detail is measured.
const (
	detailIncidents = 40
	detailVictims   = 6
	detailGiven     = "Zebedee"
	detailSurname   = "Quillfeather"
)

var detailForces = []string{"10", "33", "43", "01", "20"}

// detail measures the second step of a search: all that is recorded of one person,
// of six victims and forty incidents in five forces, with measures, breaches,
// assessments and plans.
func (r *run) detail(ctx context.Context) error {
	server, err := r.site.start(ctx, "register", database)
	if err != nil {
		return err
	}
	defer func() { _ = server.stop() }() // its figures are taken
	records, err := r.registerDetail(ctx, server)
	if err != nil {
		return err
	}
	v := &variant{name: "detail of a candidate (GetCandidate)", server: server, open: func(ctx context.Context, n int) (caller, func(), error) {
		return server.details(ctx, n)
	}}
	if err := r.inTurn(ctx, clientCounts, []*variant{v, r.callingSelf("empty call (GetSelf)", server)}); err != nil {
		return err
	}
	r.out.heading("The detail of a candidate")
	r.out.paragraph("One person of %d nominals in as many forces: %d victims, %d incidents, %d records in all. Each answer has the card, the prompts, the ranking, "+
		"every record and the timeline, and waits for its durable entry, which names every record shown. The budget is 25 ms at p99 with 8 clients and a million nominals.",
		len(detailForces), detailVictims, detailIncidents, records)
	var rows [][]string
	for _, n := range clientCounts {
		rows = append(rows, append(v.measures[n].row(v.name, strconv.Itoa(n)), v.measures[n].perCall()...))
	}
	r.out.table(append(append([]string{}, usual...), perCallColumns...), rows)
	return nil
}

// details returns a caller that opens the person's detail from a search of its own.
func (r *replica) details(ctx context.Context, clients int) (caller, func(), error) {
	conns, contexts, err := r.investigators(ctx, clients, 1)
	if err != nil {
		return nil, nil, err
	}
	services, names := make([]registerv1.SearchServiceClient, clients), make([]string, clients)
	for i, c := range conns {
		services[i] = registerv1.NewSearchServiceClient(c)
		found, err := services[i].CreateSearch(contexts[i][0], &registerv1.CreateSearchRequest{Search: &registerv1.Search{
			Reason: "CRIME_INVESTIGATION", Reference: "33/1/26", Criteria: &registerv1.SearchCriteria{
				Names: []*registerv1.PersonName{{Given: detailGiven, Surname: detailSurname}}, BirthDate: &registerv1.PartialDate{Year: 1981, Month: 4, Day: 23},
			},
		}})
		if err != nil {
			closeAll(conns)
			return nil, nil, err
		}
		if len(found.GetCandidates()) == 0 {
			closeAll(conns)
			return nil, nil, errors.New("the person of the detail is not found")
		}
		names[i] = found.GetCandidates()[0].GetName()
	}
	return func(_ context.Context, client, _ int) (answer, error) {
		d, err := services[client].GetCandidate(contexts[client][0], &registerv1.GetCandidateRequest{Name: names[client]})
		incidents := 0
		for _, c := range d.GetCourses() {
			incidents += len(c.GetIncidents())
		}
		if err == nil && (incidents != detailIncidents || len(d.GetNominals()) != len(detailForces)) {
			err = fmt.Errorf("the detail shows %d nominals and %d incidents", len(d.GetNominals()), incidents)
		}
		return answer{}, err
	}, func() { closeAll(conns) }, nil
}

// registerDetail registers the person, and returns of how many records. One that is
// there already, in a register that was kept, stays as it is.
func (r *run) registerDetail(ctx context.Context, server *replica) (int, error) {
	total := 0
	for i, force := range detailForces {
		records := detailRecords(i, force)
		total += len(records)
		if err := server.send(ctx, force, records); err != nil {
			return 0, fmt.Errorf("force %s: %w", force, err)
		}
	}
	return total, nil
}

// send registers records one after the other over a stream of a force.
func (r *replica) send(ctx context.Context, force string, records []*registerv1.RegisterRecordsRequest) (err error) {
	conn, err := r.dial(force)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	stream, err := registerv1.NewRegistrationServiceClient(conn).RegisterRecords(ctx)
	if err != nil {
		return err
	}
	for _, m := range records {
		if err := stream.Send(m); err != nil {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		a, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e := a.GetError(); e != nil {
			return fmt.Errorf("record %d was refused: %s %s", a.GetSequence(), e.GetStatus(), e.GetMessage())
		}
	}
}

var detailBegan = time.Date(2025, 2, 1, 20, 0, 0, 0, time.UTC)

func detailDay(n int) *timestamppb.Timestamp { return timestamppb.New(detailBegan.AddDate(0, 0, n)) }

func detailSource(format string, args ...any) *registerv1.SourceKey {
	return &registerv1.SourceKey{System: system, Reference: fmt.Sprintf(format, args...), Revision: 1}
}

// detailRecords is what one force recorded of the person: one course and a share of
// the incidents, and of the first force two courses.
func detailRecords(at int, force string) []*registerv1.RegisterRecordsRequest {
	parent, nominal := "forces/"+force, detailSource("detail/n")
	out := []*registerv1.RegisterRecordsRequest{{Record: &registerv1.RegisterRecordsRequest_Nominal{Nominal: &registerv1.RegisterNominalRequest{
		Parent: parent, Nominal: &registerv1.Nominal{
			Source: nominal, Names: []*registerv1.PersonName{{Given: detailGiven, Surname: detailSurname}},
			BirthDates:  []*registerv1.PartialDate{{Year: 1981, Month: 4, Day: 23}},
			Identifiers: []*registerv1.Identifier{{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE, Value: "07700 900999"}},
		},
	}}}}
	victims := []int{at + 1}
	if at == 0 {
		victims = []int{0, 1}
	}
	measure := detailSource("detail/m")
	for _, v := range victims {
		course := detailSource("detail/c%d", v)
		c := &registerv1.CourseOfConduct{
			Source: course, Standing: registerv1.Standing_STANDING_UNDER_INVESTIGATION, Relationship: "EX_PARTNER", Officer: "1234",
			Victim: &registerv1.Victim{
				Names:     []*registerv1.PersonName{{Given: []string{"Orla", "Priya", "Wren", "Inga", "Thea", "Maud"}[v], Surname: []string{"Tarn", "Holt", "Beck", "Fell", "Crag", "Moss"}[v]}},
				BirthDate: &registerv1.PartialDate{Year: 1980 + int32(v), Month: int32(v) + 1, Day: int32(v) + 3}, //nolint:gosec // at most 5
			},
		}
		share := detailIncidents / detailVictims
		if v < detailIncidents%detailVictims {
			share++
		}
		for i := range share {
			c.Incidents = append(c.Incidents, &registerv1.Incident{
				Reference: fmt.Sprintf("%s/%d/%d", force, v, i), OccurTime: detailDay(20*v + 3*i), Behaviours: []string{"FOLLOWING", "CONTACT"},
				PrincipalOffence: "PH97006", Narrative: "He waited by the gate, followed on foot and rang eleven times.",
				Actions: []*registerv1.PoliceAction{{Code: "ATTENDED", ActTime: detailDay(20*v + 3*i)}},
			})
		}
		out = append(out,
			&registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Course{Course: &registerv1.RegisterCourseRequest{
				Parent: parent, NominalSource: nominal, Course: c, HistoricLoad: true,
			}}},
			&registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Assessment{Assessment: &registerv1.RegisterAssessmentRequest{
				Parent: parent, NominalSource: nominal, CourseSource: course, HistoricLoad: true,
				Assessment: &registerv1.Assessment{
					Source: detailSource("detail/a%d", v), Tool: "S_DASH", Grade: registerv1.RiskGrade_RISK_GRADE_MEDIUM, AssessTime: detailDay(20 * v), Assessor: "1234",
					Answers: []*registerv1.AssessmentAnswer{{Question: "S_DASH.FRIGHTENED", Answer: "YES"}},
				},
			}}},
			&registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Plan{Plan: &registerv1.RegisterPlanRequest{
				Parent: parent, NominalSource: nominal, CourseSource: course, HistoricLoad: true,
				Plan: &registerv1.SafetyPlan{Source: detailSource("detail/p%d", v), MakeTime: detailDay(20 * v), Referrals: []*registerv1.Referral{{Code: "MARAC", ReferTime: detailDay(20 * v)}}},
			}}})
	}
	out = append(out, &registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Measure{Measure: &registerv1.RegisterMeasureRequest{
		Parent: parent, NominalSource: nominal, HistoricLoad: true,
		Measure: &registerv1.Measure{
			Source: measure, Kind: "RESTRAINING_ORDER", Status: registerv1.MeasureStatus_MEASURE_STATUS_IN_FORCE, FromTime: detailDay(30),
			Conditions: []*registerv1.MeasureCondition{{Code: "NO_CONTACT"}, {Code: "EXCLUSION_ZONE", Zone: &registerv1.ExclusionZone{Area: "LE2", Metres: 200}}},
		},
	}}})
	for i := range 2 {
		out = append(out, &registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Breach{Breach: &registerv1.RegisterBreachRequest{
			Parent: parent, NominalSource: nominal, MeasureSource: measure, HistoricLoad: true,
			Breach: &registerv1.Breach{
				Source: detailSource("detail/b%d", i), OccurTime: detailDay(40 + i), Conditions: []string{"NO_CONTACT"}, Behaviours: []string{"CONTACT"},
				Actions: []*registerv1.PoliceAction{{Code: "ARRESTED", ActTime: detailDay(40 + i)}},
			},
		}}})
	}
	for i := range out {
		out[i].Sequence = int64(i)
	}
	return out
}
