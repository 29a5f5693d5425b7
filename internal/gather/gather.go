// Package gather has a log's checkpoints co-signed by its witnesses. It runs
// beside the calls and never in their way: a log without witnesses goes on, and
// says loudly that it is alone.
package gather

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/witness"
)

// Options say whom to ask, and how often.
type Options struct {
	DB *postgres.DB
	// Proof proves that the log has only grown.
	Proof *accesslog.Reader
	// Witnesses are those to ask; at least Quorum of them must co-sign.
	Witnesses []*witness.Client
	Quorum    int
	// Every is the time between two rounds; a minute when 0.
	Every time.Duration
	// WarnAfter is the age of the newest co-signed checkpoint from which on the
	// journal says so as an error; ten times Every when 0.
	WarnAfter time.Duration
	Log       *slog.Logger // slog.Default
}

// Gatherer asks the witnesses. One replica does so at a time, and any can take
// over.
type Gatherer struct {
	o      Options
	status atomic.Pointer[Status]
	since  time.Time // when this replica began to look

	// Of the one round under way:
	known  map[string]int64  // size co-signed last, by witness
	faults map[string]string // what is wrong, by witness, so that it is said once
	warned time.Time         // when the age was last complained of
	failed bool              // whether the last round could not read or write the log
	asked  time.Time         // when this replica last asked
}

// Status is what is known of the newest co-signed checkpoint.
type Status struct {
	// Size is that of its tree, 0 when there is none yet.
	Size int64
	// Time is when the quorum was gathered; with size 0, when this replica
	// began to look.
	Time time.Time
	// Witnesses are the names of those who signed.
	Witnesses []string
	// Answered is how many witnesses signed in this replica's last round;
	// Refused how many said that the log contradicts what they had signed. Both
	// are 0 while another replica asks.
	Answered, Refused int
}

// Age is how long ago the newest checkpoint was co-signed.
func (s Status) Age() time.Duration { return time.Since(s.Time) }

// Bounds of one round, and of the part of it that waits for witnesses.
const (
	roundTimeout = 20 * time.Second
	askTimeout   = 10 * time.Second
)

// New makes a gatherer; Run makes it work.
func New(o Options) (*Gatherer, error) {
	if len(o.Witnesses) == 0 || o.Quorum < 1 || o.Quorum > len(o.Witnesses) {
		return nil, errors.New("gather: the quorum must be between one and the number of witnesses")
	}
	if o.Every <= 0 {
		o.Every = time.Minute
	}
	if o.WarnAfter <= 0 {
		o.WarnAfter = 10 * o.Every
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	g := &Gatherer{o: o, since: time.Now(), known: map[string]int64{}, faults: map[string]string{}}
	g.status.Store(&Status{Time: g.since})
	return g, nil
}

// Status tells of the newest co-signed checkpoint, as this replica last saw it.
func (g *Gatherer) Status() Status { return *g.status.Load() }

// WarnAfter is the age that is complained of.
func (g *Gatherer) WarnAfter() time.Duration { return g.o.WarnAfter }

// Run asks the witnesses, round after round, until ctx ends.
func (g *Gatherer) Run(ctx context.Context) {
	for {
		g.round(ctx)
		// Replicas that started together drift apart.
		pause := g.o.Every - g.o.Every/10 + rand.N(g.o.Every/5+1) //nolint:gosec // no secret
		if g.Status().Size == 0 {
			pause = min(pause, firstEvery)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// firstEvery is the time between rounds until the first has succeeded.
const firstEvery = 2 * time.Second

// round brings the status up to date and, when it is due and no other replica
// is at it, has the newest checkpoint co-signed.
func (g *Gatherer) round(ctx context.Context) {
	roundCtx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	err := g.gatherIfDue(roundCtx)
	if ctx.Err() != nil {
		return // it is stopping
	}
	if failed := err != nil; failed != g.failed {
		if failed {
			g.o.Log.ErrorContext(ctx, "checkpoints cannot be co-signed: the log cannot be read or written", "err", err)
		} else {
			g.o.Log.InfoContext(ctx, "checkpoints can be co-signed again")
		}
		g.failed = failed
	}
	g.complain(ctx)
}

func (g *Gatherer) gatherIfDue(ctx context.Context) error {
	last, due, err := g.look(ctx)
	if err != nil || !due {
		return err
	}
	_, err = g.o.DB.AsOnlyGatherer(ctx, func(ctx context.Context) error {
		// Another may have done it since.
		if last, due, err = g.look(ctx); err != nil || !due {
			return err
		}
		head, err := g.o.DB.Head(ctx)
		if err != nil {
			return err
		}
		return g.gather(ctx, head, last)
	})
	return err
}

// look reads the newest co-signed checkpoint, and whether it is time for the
// next: with every round while the log grows, and now and then when it does
// not, so that its age tells of the witnesses and not of the log.
func (g *Gatherer) look(ctx context.Context) (last postgres.WitnessedCheckpoint, due bool, err error) {
	last, err = g.o.DB.Witnessed(ctx)
	none := errors.Is(err, postgres.ErrNotFound)
	if err != nil && !none {
		return last, false, err
	}
	head, err := g.o.DB.Head(ctx)
	if errors.Is(err, postgres.ErrNotFound) {
		return last, false, nil // the log is empty
	}
	if err != nil || none {
		return last, true, err
	}
	s := g.Status()
	s.Size, s.Time, s.Witnesses = last.Size, last.Time, last.Witnesses
	if time.Since(g.asked) > max(3*g.o.Every, g.o.WarnAfter) {
		s.Answered, s.Refused = 0, 0
	}
	g.status.Store(&s)
	after := g.o.Every / 2
	if head.Size == last.Size {
		after = max(after, g.o.WarnAfter/3)
	}
	return last, time.Since(last.Time) >= after, nil
}

// gather asks every witness at once, and stores what a quorum has signed.
func (g *Gatherer) gather(ctx context.Context, head postgres.Checkpoint, last postgres.WitnessedCheckpoint) error {
	g.asked = time.Now()
	askCtx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answers := make([]answer, len(g.o.Witnesses))
	var group sync.WaitGroup
	for i, w := range g.o.Witnesses {
		name := w.Verifier.Name()
		old, asked := g.known[name]
		if !asked && slices.Contains(last.Witnesses, name) {
			old = last.Size
		}
		group.Go(func() { answers[i] = g.ask(askCtx, w, head, old) })
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	signed := bytes.Clone(head.Note)
	var names []string
	refused := 0
	for i, a := range answers {
		name := g.o.Witnesses[i].Verifier.Name()
		g.tell(ctx, name, a)
		if a.contradicts {
			refused++
		}
		if a.err == nil {
			g.known[name] = head.Size
			names = append(names, name)
			signed = append(signed, a.line...)
		}
	}
	s := g.Status()
	s.Answered, s.Refused = len(names), refused
	defer func() { g.status.Store(&s) }()
	if len(names) < g.o.Quorum {
		return nil // the witnesses have been told of one by one, and the age will tell
	}
	slices.Sort(names)
	c := postgres.WitnessedCheckpoint{Size: head.Size, Time: time.Now().UTC().Truncate(time.Microsecond), Witnesses: names, Note: signed}
	if err := g.o.DB.InsertWitnessed(ctx, c); err != nil {
		return err
	}
	s.Size, s.Time, s.Witnesses = c.Size, c.Time, c.Witnesses
	return nil
}

// complain says loudly that the newest co-signed checkpoint is old, and once
// that it is not any more.
func (g *Gatherer) complain(ctx context.Context) {
	s := g.Status()
	age := s.Age()
	switch {
	case age > g.o.WarnAfter && time.Since(g.warned) > g.o.WarnAfter:
		g.warned = time.Now()
		g.o.Log.ErrorContext(ctx, "THE LOG IS NOT WITNESSED: its newest co-signed checkpoint is too old",
			"age", age.Round(time.Second).String(), "size", s.Size, "quorum", g.o.Quorum, "answered", s.Answered)
	case age <= g.o.WarnAfter && !g.warned.IsZero():
		g.warned = time.Time{}
		g.o.Log.InfoContext(ctx, "the log is witnessed again", "size", s.Size)
	}
}

// String is one line for people who look at the replica's health.
func (s Status) String() string {
	if s.Size == 0 {
		return fmt.Sprintf("not witnessed yet, for %s", s.Age().Round(time.Second))
	}
	return fmt.Sprintf("%d entries witnessed %s ago by %v", s.Size, s.Age().Round(time.Second), s.Witnesses)
}
