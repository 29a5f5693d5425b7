// Package bulk imports many records over the register's streams: it maps
// tables to nominals, keeps a bounded window of unanswered records in flight,
// goes on after a broken stream from the last unanswered record, remembers
// what was acknowledged from one run to the next, and writes down what was
// refused and why.
package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// Options configure an import. Zero values stand for the defaults.
type Options struct {
	// Client returns the service to which a force's records are sent. It is
	// called once for each force.
	Client func(force string) (registerv1.RegistrationServiceClient, error)
	// Window is how many records of a force may wait for their answers; 1,000.
	Window int
	// FirstPause and LastPause bound the growing pause before a broken stream
	// is opened again; 200 ms and 15 s. GiveUp is how long to try without any
	// progress; 10 minutes. Stall is how long to wait for an answer; a minute.
	FirstPause, LastPause, GiveUp, Stall time.Duration
	// Say tells what is going on; Progress is called after each record with how
	// many are done, from several goroutines.
	Say      func(format string, args ...any)
	Progress func(done int64)
	// Files keeps state and rejects; nil keeps none.
	Files *Files
	// Load names what is imported as one load of history, over broken streams and
	// later runs; a record that names one itself keeps it.
	Load string
}

func (o *Options) defaults() {
	if o.Window <= 0 {
		o.Window = 1000
	}
	for d, v := range map[*time.Duration]time.Duration{
		&o.FirstPause: 200 * time.Millisecond, &o.LastPause: 15 * time.Second,
		&o.GiveUp: 10 * time.Minute, &o.Stall: time.Minute,
	} {
		if *d <= 0 {
			*d = v
		}
	}
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	if o.Progress == nil {
		o.Progress = func(int64) {}
	}
	if o.Files == nil {
		o.Files = &Files{}
	}
}

// Counts say what became of the records.
type Counts struct {
	// Created, Updated and Unchanged were taken. Flagged of them have something
	// to look at. LeftOut of them were sent without a value that could not be read.
	Created   int64 `json:"created"`
	Updated   int64 `json:"updated"`
	Unchanged int64 `json:"unchanged"`
	Flagged   int64 `json:"flagged"`
	LeftOut   int64 `json:"leftOut"`
	// Rejected were refused, here or by the register.
	Rejected int64 `json:"rejected"`
}

// Done is how many records have been answered.
func (c Counts) Done() int64 { return c.Created + c.Updated + c.Unchanged + c.Rejected }

// Summary is the outcome of an import.
type Summary struct {
	Counts
	// Earlier is how many of them an interrupted run before had done.
	Earlier int64 `json:"earlier"`
	// Seconds is how long this run took, PerSecond its records in that time.
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"perSecond"`
}

// Import sends every record of the source that the state does not hold as
// acknowledged. The summary holds what was done also when there is an error.
func Import(ctx context.Context, source Source, o Options) (*Summary, error) {
	o.defaults()
	start := time.Now()
	earlier := o.Files.counts().Done()
	err := run(ctx, source, &o)
	if closeErr := o.Files.close(err == nil); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	s := &Summary{Counts: o.Files.counts(), Earlier: earlier, Seconds: time.Since(start).Seconds()}
	if s.Seconds > 0 {
		s.PerSecond = float64(s.Done()-earlier) / s.Seconds
	}
	return s, err
}

func run(ctx context.Context, source Source, o *Options) error {
	g, ctx := errgroup.WithContext(ctx)
	done := make(chan struct{})
	var lanes errgroup.Group // the lanes end before the saver does
	g.Go(func() error { return saveEvery(ctx, done, o.Files) })
	g.Go(func() error {
		defer close(done)
		laneCtx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		err := dispatch(laneCtx, source, o, func(l *lane) {
			lanes.Go(func() error {
				err := l.run(laneCtx)
				if err != nil {
					cancel(err)
				}
				return err
			})
		})
		if err != nil {
			cancel(err)
		}
		if laneErr := lanes.Wait(); laneErr != nil {
			return laneErr
		}
		return err
	})
	return g.Wait()
}

// saveEvery saves the state each second.
func saveEvery(ctx context.Context, done <-chan struct{}, f *Files) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := f.save(); err != nil {
				return err
			}
		case <-done:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// dispatch reads the source and hands each record to its force's lane.
func dispatch(ctx context.Context, source Source, o *Options, begin func(*lane)) (err error) {
	lanes := map[string]*lane{}
	defer func() {
		if err == nil { // otherwise the lanes are cancelled
			for _, l := range lanes {
				close(l.in)
			}
		}
	}()
	for {
		item, err := source.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("input: %w", err)
		}
		if len(item.Faults) > 0 {
			o.Files.rejectedHere(item)
			o.Progress(o.Files.counts().Done())
			continue
		}
		if o.Files.acknowledged(item) {
			continue
		}
		l, ok := lanes[item.Force]
		if !ok {
			if l, err = newLane(item.Force, o); err != nil {
				return err
			}
			lanes[item.Force] = l
			begin(l)
		}
		if item.Record.GetLoad() == "" {
			item.Record.Load = o.Load
		}
		select {
		case l.in <- item:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func newLane(force string, o *Options) (*lane, error) {
	client, err := o.Client(force)
	if err != nil {
		return nil, err
	}
	return &lane{
		force: force, client: client, opts: o,
		in: make(chan *Item, 64), slots: make(chan struct{}, o.Window),
		answered: func(item *Item, answer *registerv1.RegisterRecordsResponse) {
			o.Progress(o.Files.answered(item, answer).Done())
		},
	}, nil
}

// Check reads the whole source and sends nothing: the counts tell what would
// be sent (as Created) and what would be refused here.
func Check(source Source, f *Files) (*Summary, error) {
	if f == nil {
		f = &Files{}
	}
	var err error
	for err == nil {
		var item *Item
		item, err = source.Next()
		switch {
		case err != nil:
		case len(item.Faults) > 0:
			f.rejectedHere(item)
		default:
			f.answered(item, &registerv1.RegisterRecordsResponse{Result: &registerv1.RegisterRecordsResponse_Nominal{
				Nominal: &registerv1.RegisterNominalResponse{Outcome: registerv1.RegisterOutcome_REGISTER_OUTCOME_CREATED},
			}})
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return &Summary{Counts: f.counts()}, errors.Join(err, f.close(true))
}
