package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/devstack"
	"github.com/perpetrator-register/register/internal/devstack/demo"
)

const (
	database = "register" // of the large register
	streams  = 8          // that register at the same time
	window   = 1000       // records of a stream that wait for their answers
	thirds   = 3          // the load is timed in so many parts,
	maxPart  = 250_000    // or in more, of so many people
)

// register sends nominals over one stream of a force, until they end or stop
// is closed, and returns how many were registered.
func (r *replica) register(ctx context.Context, force string, nominals iter.Seq[demo.Nominal], stop <-chan struct{}) (done int64, err error) {
	conn, err := r.dial(force)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := registerv1.NewRegistrationServiceClient(conn).RegisterRecords(ctx)
	if err != nil {
		return 0, err
	}
	slots := make(chan struct{}, window)
	go func() {
		sequence := int64(0)
		for n := range nominals {
			select {
			case slots <- struct{}{}:
			case <-stop:
				_ = stream.CloseSend() // an error shows where it is received
				return
			case <-ctx.Done():
				return
			}
			if stream.Send(&registerv1.RegisterRecordsRequest{
				Sequence: sequence, Record: &registerv1.RegisterRecordsRequest_Nominal{Nominal: devstack.NominalRequest(&n)},
			}) != nil {
				return // likewise
			}
			sequence++
		}
		_ = stream.CloseSend() // likewise
	}()
	for {
		a, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return done, nil
		}
		if err != nil {
			return done, err
		}
		if e := a.GetError(); e != nil {
			return done, fmt.Errorf("a record was refused: %s %s", e.GetStatus(), e.GetMessage())
		}
		done++
		<-slots
	}
}

// others yields people who are not in the register, of one force.
func (r *run) others(force, prefix string) iter.Seq[demo.Nominal] {
	return func(yield func(demo.Nominal) bool) {
		for n := range demo.People(50_000_000, r.Seed+7) {
			n.Force, n.Reference = force, prefix+n.Reference
			if !yield(n) {
				return
			}
		}
	}
}

// underImport compares searches in quiet with searches during an import.
func (r *run) underImport(ctx context.Context) error {
	server, err := r.site.start(ctx, "register", database)
	if err != nil {
		return err
	}
	defer func() { _ = server.stop() }() // its figures are taken
	quietly, busy := map[int]*measure{}, map[int]*measure{}
	var imported []float64
	for repeat := range r.Repeats {
		for _, n := range clientCounts {
			if repeat == 0 {
				quietly[n], busy[n] = &measure{}, &measure{}
			}
			call, done, err := r.ask(ctx, server, n, r.people.questions)
			if err != nil {
				return err
			}
			err = warm(ctx, n, r.Time/5, call)
			if err == nil {
				err = r.take(ctx, quietly[n], server, n, r.Time, call)
			}
			if err == nil {
				var rate float64
				rate, err = r.whileImporting(ctx, server, fmt.Sprintf("import/%d/%d/", repeat, n), func() error {
					return r.take(ctx, busy[n], server, n, r.Time, call)
				})
				imported = append(imported, rate)
			}
			done()
			if err != nil {
				return err
			}
		}
	}
	r.out.heading("Searches during an import")
	r.out.paragraph("One stream of one force with up to %d records waiting, as fast as the register takes them: %s nominals a second.", window, span(imported))
	var rows [][]string
	for _, n := range clientCounts {
		rows = append(rows, quietly[n].row("quiet", strconv.Itoa(n)), busy[n].row("import running", strconv.Itoa(n)))
	}
	r.out.table(usual, rows)
	var ratios [][]string
	for _, n := range clientCounts {
		ratios = append(ratios, []string{
			strconv.Itoa(n),
			ratio(float64(busy[n].quantile(0.99)), float64(quietly[n].quantile(0.99))),
			ratio(float64(busy[n].quantile(0.5)), float64(quietly[n].quantile(0.5))),
		})
	}
	r.out.table([]string{"clients", "p99, import ÷ quiet", "p50, import ÷ quiet"}, ratios)
	return nil
}

// whileImporting does something while an import runs, and returns the
// import's rate.
func (r *run) whileImporting(ctx context.Context, server *replica, prefix string, do func() error) (float64, error) {
	stop := make(chan struct{})
	began := time.Now()
	var done int64
	var g errgroup.Group
	g.Go(func() (err error) {
		done, err = server.register(ctx, "33", r.others("33", prefix), stop)
		return err
	})
	time.Sleep(r.Time / 10) // until it has got going
	err := do()
	close(stop)
	err = errors.Join(err, g.Wait())
	return float64(done) / time.Since(began).Seconds(), err
}

// singles measures registrations one by one.
func (r *run) singles(ctx context.Context) error {
	server, err := r.site.start(ctx, "register", database)
	if err != nil {
		return err
	}
	defer func() { _ = server.stop() }() // its figures are taken
	var number atomic.Int64
	next, end := iter.Pull(r.others("33", "single/"))
	defer end()
	supply := make(chan *registerv1.RegisterNominalRequest, window)
	filling, stopFilling := context.WithCancel(ctx)
	var filler errgroup.Group
	filler.Go(func() error {
		for {
			n, _ := next()
			n.Reference += "/" + strconv.FormatInt(number.Add(1), 10)
			select {
			case supply <- devstack.NominalRequest(&n):
			case <-filling.Done():
				return nil
			}
		}
	})
	defer func() { stopFilling(); _ = filler.Wait() }() // it returns no error
	single := &variant{name: "register one nominal (mutual TLS)", open: func(_ context.Context, clients int) (caller, func(), error) {
		var conns []*grpc.ClientConn
		services := make([]registerv1.NominalServiceClient, clients)
		for i := range services {
			conn, err := server.dial("33")
			if err != nil {
				return nil, nil, err
			}
			conns, services[i] = append(conns, conn), registerv1.NewNominalServiceClient(conn)
		}
		return func(ctx context.Context, client, _ int) (answer, error) {
			_, err := services[client].RegisterNominal(ctx, <-supply)
			return answer{}, err
		}, func() { closeAll(conns) }, nil
	}}
	counts := []int{1, 8, 32}
	if err := r.inTurn(ctx, counts, []*variant{single}); err != nil {
		return err
	}
	r.out.heading("Registration one by one")
	var rows [][]string
	for _, n := range counts {
		rows = append(rows, single.measures[n].row(single.name, strconv.Itoa(n)))
	}
	r.out.table(usual, rows)
	return nil
}
