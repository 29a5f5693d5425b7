package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/devstack/demo"
)

const (
	alertPeople  = 4000            // whom two forces hold
	alertClients = 8               // that register at the same time
	alertDrain   = 3 * time.Second // for what is still on its way when they stop
)

// alerts measures how long an alert takes from the registration that raises it to a
// consumer in another force, who follows the stream of alerts.
func (r *run) alerts(ctx context.Context) error {
	first, err := r.site.start(ctx, "register", database)
	if err != nil {
		return err
	}
	defer func() { _ = first.stop() }() // its figures are taken
	people := alertPeople
	if r.Quick {
		people = 100
	}
	for _, force := range []string{"33", "10"} {
		if _, err := first.register(ctx, force, r.heldTwice(force, people), nil); err != nil {
			return err
		}
	}
	var rows [][]string
	var course atomic.Int64
	for _, of := range []int{1, 2} {
		replicas := []*replica{first}
		if of == 2 {
			second, err := r.site.start(ctx, "register", database)
			if err != nil {
				return err
			}
			defer func() { _ = second.stop() }() // likewise
			replicas = append(replicas, second)
		}
		d, err := r.delays(ctx, replicas, people, &course)
		if err != nil {
			return err
		}
		rows = append(rows, append([]string{strconv.Itoa(of)}, d.row()...))
	}
	r.out.heading("From a registration to the alert of another force")
	r.out.paragraph("%d clients register courses of conduct of people whom two forces hold, as fast as they are answered; the other force's system follows WatchAlerts on the last replica, "+
		"where there are two the clients are spread over both. *Made* is from before the entry is committed; *answered* is from when the client has its answer, which follows the commit. "+
		"The budget is a second from the commit.", alertClients)
	r.out.table([]string{"replicas", "registrations a second", "registration p50", "registration p99", "told of", "made to delivered p50", "p99", "at most", "answered to delivered p50", "p99"}, rows)
	return nil
}

// heldTwice yields the people whom two forces hold, as one of them does.
func (r *run) heldTwice(force string, people int) func(func(demo.Nominal) bool) {
	return func(yield func(demo.Nominal) bool) {
		n := 0
		for one := range r.others(force, "alerts/") {
			one.System, one.Reference = system, "alerts/"+strconv.Itoa(n)
			if n++; n > people || !yield(one) {
				return
			}
		}
	}
}

// delays are the figures of one measurement.
type delays struct {
	calls          measure
	registered     int
	made, answered []time.Duration
}

func (d *delays) row() []string {
	return []string{
		d.calls.span(), ms(d.calls.quantile(0.5)), ms(d.calls.quantile(0.99)), percent(len(d.made), d.registered),
		ms(quantile(d.made, 0.5)), ms(quantile(d.made, 0.99)), ms(quantile(d.made, 1)), ms(quantile(d.answered, 0.5)), ms(quantile(d.answered, 0.99)),
	}
}

// watcher follows a force's alerts and notes when each report of conduct came.
type watcher struct {
	mu   sync.Mutex
	came map[string]time.Time // by the course
	made map[string]time.Time
	ends chan error
}

// watch begins with the alerts that are not there yet.
func (r *replica) watch(ctx context.Context, force string) (*watcher, func(), error) {
	conn, err := r.dial(force)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := func() { cancel(); closeAll([]*grpc.ClientConn{conn}) }
	client := registerv1.NewAlertServiceClient(conn)
	token := ""
	old, err := client.WatchAlerts(ctx, &registerv1.WatchAlertsRequest{Parent: "forces/" + force, Once: true})
	for err == nil {
		var m *registerv1.WatchAlertsResponse
		if m, err = old.Recv(); err == nil {
			token = m.GetPageToken()
		}
	}
	if !errors.Is(err, io.EOF) {
		done()
		return nil, nil, err
	}
	stream, err := client.WatchAlerts(ctx, &registerv1.WatchAlertsRequest{Parent: "forces/" + force, PageToken: token})
	if err != nil {
		done()
		return nil, nil, err
	}
	w := &watcher{came: map[string]time.Time{}, made: map[string]time.Time{}, ends: make(chan error, 1)}
	go func() {
		for {
			m, err := stream.Recv()
			if err != nil {
				w.ends <- err
				return
			}
			if a := m.GetAlert(); a.GetKind() == registerv1.AlertKind_ALERT_KIND_CONDUCT_REPORTED {
				w.mu.Lock()
				w.came[a.GetSubject()], w.made[a.GetSubject()] = time.Now(), a.GetCreateTime().AsTime()
				w.mu.Unlock()
			}
		}
	}()
	return w, done, nil
}

// delays measures with the clients spread over the replicas and the consumer on the last.
func (r *run) delays(ctx context.Context, replicas []*replica, people int, course *atomic.Int64) (*delays, error) {
	w, done, err := replicas[len(replicas)-1].watch(ctx, "10")
	if err != nil {
		return nil, err
	}
	defer done()
	services := make([]registerv1.ConductServiceClient, alertClients)
	for i := range services {
		conn, err := replicas[i%len(replicas)].dial("33")
		if err != nil {
			return nil, err
		}
		defer closeAll([]*grpc.ClientConn{conn})
		services[i] = registerv1.NewConductServiceClient(conn)
	}
	answered := make([]map[string]time.Time, alertClients)
	for i := range answered {
		answered[i] = map[string]time.Time{}
	}
	call := func(ctx context.Context, client, _ int) (answer, error) {
		n := int(course.Add(1))
		out, err := services[client].RegisterCourse(ctx, reportOf("alerts/"+strconv.Itoa(n%people), n, n%people, time.Now()))
		answered[client][out.GetName()] = time.Now()
		return answer{}, err
	}
	d := &delays{}
	for range r.Repeats {
		if err := r.take(ctx, &d.calls, nil, alertClients, r.Time, call); err != nil {
			return nil, err
		}
	}
	select {
	case <-time.After(alertDrain):
	case err := <-w.ends:
		return nil, fmt.Errorf("the stream of alerts ended: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, of := range answered {
		d.registered += len(of)
		for name, at := range of {
			if came, told := w.came[name]; told {
				d.made, d.answered = append(d.made, came.Sub(w.made[name])), append(d.answered, max(0, came.Sub(at)))
			}
		}
	}
	slices.Sort(d.made)
	if len(d.made) == 0 {
		return nil, errors.New("no alert was delivered")
	}
	return d, nil
}

// reportOf is a course of conduct of a suspect of force 33 against one of many victims.
func reportOf(suspect string, number, victim int, at time.Time) *registerv1.RegisterCourseRequest {
	return &registerv1.RegisterCourseRequest{
		Parent: "forces/33", NominalSource: detailSource("%s", suspect),
		Course: &registerv1.CourseOfConduct{
			Source: detailSource("%s/c%d", suspect, number), Standing: registerv1.Standing_STANDING_UNDER_INVESTIGATION, Relationship: "EX_PARTNER", Officer: "1234",
			Victim: &registerv1.Victim{
				Names:     []*registerv1.PersonName{{Given: "Vi" + letters(victim), Surname: "Wa" + letters(victim*7+3)}},
				BirthDate: &registerv1.PartialDate{Year: 1950 + int32(victim%50), Month: 1 + int32(victim%12), Day: 1 + int32(victim%28)},
			},
			Incidents: []*registerv1.Incident{{
				Reference: fmt.Sprintf("33/%s/%d", suspect, number), OccurTime: timestamppb.New(at.Add(-time.Hour)), Behaviours: []string{"FOLLOWING", "CONTACT"},
				PrincipalOffence: "PH97006", Narrative: "He waited by the gate, followed on foot and rang eleven times.",
				Actions: []*registerv1.PoliceAction{{Code: "ATTENDED", ActTime: timestamppb.New(at.Add(-time.Minute))}},
			}},
		},
	}
}

// letters writes a number in small letters.
func letters(n int) string {
	out := []byte{}
	for ; n > 0 || len(out) == 0; n /= 20 {
		out = append(out, "bcdfghjklmnpqrstvwxz"[n%20], 'a')
	}
	return string(out)
}
