package service

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/view"
)

// Limits of WatchAlerts.
const (
	watchLongest = time.Hour        // then the consumer comes again, and is authorised afresh
	watchBeat    = time.Minute      // a sign of life, when there is nothing else
	watchSend    = 30 * time.Second // how long a consumer may take over one message
	watchPage    = 100              // alerts of one entry
	watchEach    = 4                // streams of one caller
)

// Watches counts the streams of alerts that are open, and ends them all when the
// server stops. The zero value is ready.
type Watches struct {
	open openStreams

	mu      sync.Mutex
	stopped chan struct{}
}

// Stop ends all streams, and those that are opened later.
func (w *Watches) Stop() {
	stopped := w.stopping()
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-stopped:
	default:
		close(stopped)
	}
}

func (w *Watches) stopping() chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped == nil {
		w.stopped = make(chan struct{})
	}
	return w.stopped
}

// watch is one stream.
type watch struct {
	*Alerts
	c       *call.Call
	force   string
	binding string
	at      cursor
	stream  registerv1.AlertService_WatchAlertsServer
}

// WatchAlerts implements the RPC. The alerts of a page share one entry, which is
// durable before the first of them is sent; so does every sign of life have one.
func (s *Alerts) WatchAlerts(req *registerv1.WatchAlertsRequest, stream registerv1.AlertService_WatchAlertsServer) error {
	ctx := stream.Context()
	c := call.From(ctx)
	closing, ok := s.Watches.open.enter(call.Subject(c.Actor), watchEach)
	if !ok {
		return NewProblem(codes.ResourceExhausted, ReasonTooManyRequests, "you have too many streams of alerts open: end one of them")
	}
	defer closing()
	w := &watch{Alerts: s, c: c, force: call.ForceCode(req.GetParent()), binding: alertsOf(req.GetParent()), stream: stream}
	place := cursor{index: -1}.bytes()
	if err := s.readToken(req.GetPageToken(), w.binding, place); err != nil {
		return err
	}
	w.at = readCursor(place)
	ctx, cancel := context.WithTimeout(ctx, watchLongest)
	defer cancel()
	err := w.run(ctx, req.GetOnce())
	if errors.Is(err, context.DeadlineExceeded) && stream.Context().Err() == nil {
		return nil // the hour is over
	}
	return err
}

// run sends what there is and waits for more, until the stream is to end.
func (w *watch) run(ctx context.Context, once bool) error {
	var expired <-chan time.Time
	if t := w.c.Actor.Expires; !t.IsZero() {
		timer := time.NewTimer(time.Until(t))
		defer timer.Stop()
		expired = timer.C
	}
	stopped := w.Watches.stopping()
	if err := w.View.Pull(ctx); err != nil {
		return err
	}
	for beat := true; ; {
		changed := w.View.Changed()
		if err := w.c.Still(ctx); err != nil {
			return err
		}
		sent, more, err := w.send(ctx, beat)
		if err != nil {
			return err
		}
		if once && !more {
			return nil
		}
		beat = false
		if sent && more {
			continue
		}
		timer := time.NewTimer(watchBeat)
		select {
		case <-changed:
		case <-timer.C:
			beat = true
		case <-expired:
			err = NewProblem(codes.Unauthenticated, ReasonTokenExpired, "your sign-in has expired: sign in again and go on with the last page_token")
		case <-stopped:
			err = NewProblem(codes.Unavailable, ReasonUnavailable, "the server stops: go on with the last page_token")
		case <-ctx.Done():
			err = ctx.Err()
		}
		timer.Stop()
		if err != nil {
			return err
		}
	}
}

// send sends the next page of alerts, if there are any, or a sign of life.
func (w *watch) send(ctx context.Context, beat bool) (sent, more bool, err error) {
	one := w.c.Fork()
	see := w.sight(one, w.force)
	page, _, more := w.after(see, w.at, watchPage, func(*view.Alert) bool { return true })
	if len(page) == 0 && !beat {
		return false, false, nil
	}
	limited, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	shown, err := w.page(limited, see, page)
	if err != nil {
		return false, false, err
	}
	if err := one.Commit(limited, OutcomeName(codes.OK)); err != nil {
		return false, false, err
	}
	if len(page) == 0 {
		return true, more, w.deliver(ctx, &registerv1.WatchAlertsResponse{PageToken: w.token(w.binding, w.at.bytes())})
	}
	for _, alert := range shown {
		w.at = cursor{alert.GetLogIndex(), alert.GetOrdinal()}
		if err := w.deliver(ctx, &registerv1.WatchAlertsResponse{Alert: alert, PageToken: w.token(w.binding, w.at.bytes())}); err != nil {
			return false, false, err
		}
	}
	return true, more, nil
}

// deliver sends one message. A consumer that does not take it in time is cut off:
// what he holds up would be held in memory.
func (w *watch) deliver(ctx context.Context, m *registerv1.WatchAlertsResponse) error {
	done := make(chan error, 1)
	go func() { done <- w.stream.Send(m) }()
	timer := time.NewTimer(watchSend)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return NewProblem(codes.ResourceExhausted, ReasonTooManyRequests, "you do not take what you are sent: go on later with the last page_token")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// after are the next alerts of a force that the caller may see and wants, in the
// order of the log, with the place of the last.
func (s *Alerts) after(see *sight, at cursor, size int, wants func(*view.Alert) bool) (page []*view.Alert, last cursor, more bool) {
	// What the view is just taking in is not complete: of one entry, the second
	// alert may be there before the first.
	head := s.View.Head()
	for _, a := range s.View.Alerts(see.force, at.index, at.ordinal) {
		if a.Index > head {
			break
		}
		if !see.shows(a) || !wants(a) {
			continue
		}
		if len(page) == size {
			return page, at, true
		}
		// The token names the place of what is shown: that there is something
		// behind it which is not, nobody can read from it.
		at = cursor{a.Index, a.Ordinal}
		page = append(page, a)
	}
	return page, at, false
}
