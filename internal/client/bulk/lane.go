package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

var (
	errStalled  = errors.New("the register has not answered for too long")
	errBroken   = errors.New("the stream ended before every record was answered")
	errSequence = errors.New("the register answered another record than the one that was due")
)

// maxAttempts bounds how often one record is sent again that the register
// fails to take, before it counts as refused.
const maxAttempts = 5

// lane sends the records of one force over one stream after another. Sending
// and receiving go on side by side; what is sent and not answered waits in
// pending, and is sent again, in order, over the next stream.
type lane struct {
	force  string
	client registerv1.RegistrationServiceClient
	in     chan *Item
	slots  chan struct{} // one for each record that may wait for its answer
	opts   *Options
	// answered takes an answer; it must not block.
	answered func(*Item, *registerv1.RegisterRecordsResponse)

	mu      sync.Mutex
	pending []*Item
	since   time.Time // of the last answer, or of the first record that waits
	drained bool      // in is closed and everything of it was sent
}

// run sends until the input ends and all is answered.
func (l *lane) run(ctx context.Context) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = l.opts.FirstPause, l.opts.LastPause
	pause.Reset()
	lastProgress := time.Now()
	for {
		progress, err := l.attempt(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if progress {
			pause.Reset()
			lastProgress = time.Now()
		}
		if !mayRetry(err, progress) {
			return fmt.Errorf("force %s: %w", l.force, err)
		}
		if time.Since(lastProgress) > l.opts.GiveUp {
			return fmt.Errorf("force %s: given up after %s: %w", l.force, l.opts.GiveUp, err)
		}
		wait := pause.NextBackOff()
		l.opts.Say("force %s: %s; going on in %s from the last unanswered record", l.force, reasonOf(err), wait.Round(time.Millisecond))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func reasonOf(err error) string {
	if s, ok := status.FromError(err); ok {
		return fmt.Sprintf("the stream broke (%s)", s.Code())
	}
	return err.Error()
}

// mayRetry reports whether another stream may fare better. A sign-in that runs
// out while records go through is renewed with the next stream.
func mayRetry(err error, progress bool) bool {
	if errors.Is(err, errStalled) || errors.Is(err, errBroken) {
		return true
	}
	s, ok := status.FromError(err)
	if !ok {
		return false
	}
	switch s.Code() {
	case codes.Unavailable:
		// Trying again does not mend a certificate.
		return !strings.Contains(s.Message(), "authentication handshake failed")
	case codes.ResourceExhausted, codes.Aborted, codes.Internal, codes.Unknown, codes.DeadlineExceeded, codes.Canceled, codes.DataLoss:
		return true
	case codes.Unauthenticated:
		return progress
	default: // the register has judged
		return false
	}
}

// attempt sends over one stream. It returns nil when the input has ended and
// all is answered, and reports whether any answer came.
func (l *lane) attempt(ctx context.Context) (progress bool, err error) {
	again, more := l.waiting(ctx)
	if !more {
		return false, ctx.Err()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stream, err := l.client.RegisterRecords(ctx)
	if err != nil {
		return false, err
	}
	watch := l.watch(ctx, cancel)
	defer watch.Stop()
	var sender sync.WaitGroup
	sender.Go(func() { l.send(ctx, stream, again) })
	progress, err = l.receive(stream)
	if cause := context.Cause(ctx); errors.Is(cause, errStalled) {
		err = cause
	}
	cancel(nil)
	sender.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && (!l.drained || len(l.pending) > 0) {
		err = errBroken
	}
	return progress, err
}

// waiting returns what was not answered over the last stream. If that is
// nothing it waits for a record, so that no stream is opened for none.
func (l *lane) waiting(ctx context.Context) (again []*Item, more bool) {
	l.mu.Lock()
	again = slices.Clone(l.pending)
	drained := l.drained
	if len(again) > 0 {
		l.since = time.Now()
	}
	l.mu.Unlock()
	if len(again) > 0 {
		return again, true
	}
	if drained {
		return nil, false
	}
	item, ok := l.next(ctx)
	if !ok {
		return nil, false
	}
	return []*Item{item}, true
}

// next takes a record of the input into pending, waiting for room first.
func (l *lane) next(ctx context.Context) (*Item, bool) {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, false
	}
	select {
	case item, ok := <-l.in:
		l.mu.Lock()
		defer l.mu.Unlock()
		if !ok {
			l.drained = true
			<-l.slots
			return nil, false
		}
		if len(l.pending) == 0 {
			l.since = time.Now()
		}
		l.pending = append(l.pending, item)
		return item, true
	case <-ctx.Done():
		<-l.slots
		return nil, false
	}
}

// send sends what is waiting and then the input. It ends when the input or the
// stream does; why the stream ended, receive says.
func (l *lane) send(ctx context.Context, stream registerv1.RegistrationService_RegisterRecordsClient, again []*Item) {
	for _, item := range again {
		if stream.Send(item.Record) != nil {
			return
		}
	}
	for {
		item, ok := l.next(ctx)
		if !ok {
			break
		}
		if stream.Send(item.Record) != nil {
			return
		}
	}
	if ctx.Err() == nil {
		_ = stream.CloseSend() // an error shows where it is received
	}
}

// receive takes answers until the stream ends.
func (l *lane) receive(stream registerv1.RegistrationService_RegisterRecordsClient) (progress bool, err error) {
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return progress, nil
		}
		if err != nil {
			return progress, err
		}
		item, err := l.head(answer)
		if err != nil {
			return progress, err
		}
		if err := again(item, answer.GetError()); err != nil {
			return progress, err
		}
		// Counted before it leaves pending: what is gone from there is kept.
		l.answered(item, answer)
		l.mu.Lock()
		l.pending[0] = nil
		l.pending = l.pending[1:]
		l.since = time.Now()
		l.mu.Unlock()
		<-l.slots
		progress = true
	}
}

// head returns the record that the answer is for: the oldest without one.
func (l *lane) head(answer *registerv1.RegisterRecordsResponse) (*Item, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) == 0 || l.pending[0].Seq != answer.GetSequence() {
		return nil, errSequence
	}
	return l.pending[0], nil
}

// again returns an error when the answer does not judge the record: the
// register could not take it now, and it is to be sent again.
func again(item *Item, e *registerv1.RecordError) error {
	if e == nil {
		return nil
	}
	code := codes.Unavailable
	switch e.GetStatus() {
	case "UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED":
	case "ABORTED":
		if e.GetReason() != "CONTENTION" {
			return nil
		}
		code, item.attempts = codes.Aborted, item.attempts+1
	case "DEADLINE_EXCEEDED", "INTERNAL", "UNKNOWN":
		code, item.attempts = codes.Internal, item.attempts+1
	default:
		return nil
	}
	if item.attempts >= maxAttempts {
		return nil
	}
	return status.Error(code, "a record could not be taken")
}

// watch ends the stream when answers are due and none comes.
func (l *lane) watch(ctx context.Context, cancel context.CancelCauseFunc) *time.Timer {
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
	var timer *time.Timer
	timer = time.AfterFunc(l.opts.Stall, func() {
		l.mu.Lock()
		left := l.opts.Stall
		if len(l.pending) > 0 {
			left -= time.Since(l.since)
		}
		l.mu.Unlock()
		if left <= 0 {
			cancel(errStalled)
		}
		if ctx.Err() != nil {
			return
		}
		mu.Lock() // until timer is set
		defer mu.Unlock()
		timer.Reset(left)
	})
	return timer
}
