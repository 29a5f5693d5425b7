package apitest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// consumer is a force's consumer of alerts that is killed again and again. What
// it has dealt with, and its cursor, survive; what it had only received is lost.
type consumer struct {
	*testing.T
	w       *world
	random  *rand.Rand
	cursor  string
	seen    map[string]*pb.Alert
	order   []string
	again   int // alerts that came more than once
	deaths  int
	started int
}

// live takes alerts until it is killed, at a random message.
func (c *consumer) live(ctx context.Context, enough int) {
	c.Helper()
	ctx, kill := context.WithCancel(ctx)
	defer kill()
	c.started++
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.w.token("spoc-10", false))
	stream, err := pb.NewAlertServiceClient(c.w.conns[""]).WatchAlerts(ctx, &pb.WatchAlertsRequest{Parent: "forces/10", PageToken: c.cursor})
	if err != nil {
		c.Fatal(err)
	}
	for left := c.random.IntN(150); ; left-- {
		m, err := stream.Recv()
		if err != nil {
			c.Fatal(err)
		}
		if left == 0 {
			c.deaths++
			return // before it has dealt with the message
		}
		if m.GetAlert() != nil {
			c.take(m.GetAlert())
		}
		if c.random.IntN(3) == 0 { // or it dies before it has kept its place
			c.cursor = m.GetPageToken()
		}
		if len(c.order) == enough {
			return
		}
	}
}

func (c *consumer) take(a *pb.Alert) {
	c.Helper()
	if before, again := c.seen[a.GetName()]; again {
		c.again++
		if !proto.Equal(before, a) {
			c.Errorf("%s came again as another: %v, %v", a.GetName(), before, a)
		}
		return
	}
	if n := len(c.order); n > 0 {
		last := c.seen[c.order[n-1]]
		if a.GetLogIndex() < last.GetLogIndex() || a.GetLogIndex() == last.GetLogIndex() && a.GetOrdinal() <= last.GetOrdinal() {
			c.Errorf("%d/%d came after %d/%d", a.GetLogIndex(), a.GetOrdinal(), last.GetLogIndex(), last.GetOrdinal())
		}
	}
	c.seen[a.GetName()], c.order = a, append(c.order, a.GetName())
}

// sendAll registers records of a force by one of its systems, some at a time.
func (s *stage) sendAll(system string, records []proto.Message) (out []proto.Message) {
	s.Helper()
	for part := range slices.Chunk(records, 200) {
		a := s.w.call(s.Context(), overMTLS, system, registerRecords, part...)
		if a.err != nil {
			s.Error(a.err)
		}
		out = append(out, a.responses...)
	}
	return out
}

// Of 10,000 reports, sent by four clients at a time, each alert is delivered at least once, in
// the order of the log, while the consumer is killed and started again at random.
func TestWatchIsNeverLost(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	const people, each, lanes = 1000, 10, 4
	var theirs, ours []proto.Message
	for i := range people {
		tag := fmt.Sprint("w", i)
		theirs = append(theirs, record(int64(i+1), nominal("10", tag, "B-"+tag, 1)))
		ours = append(ours, record(int64(i+1), nominal("33", tag, "A-"+tag, 1)))
	}
	s.sendAll("system-10", theirs)
	s.sendAll("system-33", ours)
	_, at := s.alertsOf("spoc-10", "10", "")
	c := &consumer{T: t, w: s.w, random: rand.New(rand.NewPCG(7, 11)), cursor: at, seen: map[string]*pb.Alert{}}

	// Each lane has people of its own, whose reports come as they happen.
	now := timestamppb.Now()
	send := make([][]proto.Message, lanes)
	for n := range each {
		for i := range people {
			tag := fmt.Sprint("w", i)
			r := course("33", "", fmt.Sprintf("C-%s-%d", tag, n), 1)
			given, surname, birth := invented(tag + "v") // each person has one victim
			r.Course.Victim = &pb.Victim{Names: []*pb.PersonName{{Given: given, Surname: surname}}, BirthDate: birth}
			r.Course.Incidents[0].OccurTime = now
			r.NominalSource = &pb.SourceKey{System: "crime", Reference: "A-" + tag}
			lane := &send[i%lanes]
			*lane = append(*lane, record(int64(len(*lane)+1), r))
		}
	}
	registered := make(chan []proto.Message, lanes)
	for _, lane := range send {
		go func() { registered <- s.sendAll("system-33", lane) }()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // a fault must not hang
	defer cancel()
	for len(c.order) < people*each && !t.Failed() {
		c.live(ctx, people*each)
	}
	names := map[string]bool{}
	for range lanes {
		for _, m := range <-registered {
			names[m.(*pb.RegisterRecordsResponse).GetCourse().GetName()] = true
		}
	}
	if len(names) != people*each || names[""] {
		t.Fatalf("%d of %d courses registered", len(names), people*each)
	}
	for _, a := range c.seen {
		if a.GetKind() != alertConduct || !names[a.GetSubject()] {
			t.Errorf("alert %v", a)
		}
		delete(names, a.GetSubject())
	}
	if len(names) > 0 || c.deaths == 0 || c.again == 0 {
		t.Errorf("%d alerts lost; %d deaths, %d came again", len(names), c.deaths, c.again)
	}
	t.Logf("%d reports, %d starts, %d deaths, %d came again", people*each, c.started, c.deaths, c.again)
}

// A caller has few streams at a time, and a stopping server ends them.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+s.w.token("spoc-33", false))
	var streams []pb.AlertService_WatchAlertsClient
	for range 4 {
		stream, err := pb.NewAlertServiceClient(s.w.conns[""]).WatchAlerts(ctx, &pb.WatchAlertsRequest{Parent: "forces/33"})
		if err != nil {
			t.Fatal(err)
		}
		if m, err := stream.Recv(); err != nil || m.GetAlert() != nil || m.GetPageToken() == "" {
			t.Fatalf("sign of life: %v, %v", m, err)
		}
		streams = append(streams, stream)
	}
	one, err := pb.NewAlertServiceClient(s.w.conns[""]).WatchAlerts(ctx, &pb.WatchAlertsRequest{Parent: "forces/33"})
	if err == nil {
		_, err = one.Recv()
	}
	if code, reason, _ := refusal(err); code != codes.ResourceExhausted || reason != "TOO_MANY_REQUESTS" {
		t.Errorf("a fifth stream: %v", err)
	}
	s.w.replica.Stop()
	for _, stream := range streams {
		if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
			t.Errorf("at the server's stop: %v", err)
		}
	}
}
