package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

// watchSilence is how long a stream may say nothing before it counts as broken: the
// register gives a sign of life each minute.
const watchSilence = 3 * time.Minute

// watchPause bounds the pause before a broken stream is opened again.
const watchPause = 30 * time.Second

type alertsWatchCmd struct {
	Force  string        `help:"Force whose alerts are watched; else your own." placeholder:"CODE"`
	Cursor string        `help:"File that keeps the place, so that watching goes on where it stopped. Without it, it begins with the first alert." type:"path" placeholder:"FILE"`
	Retry  time.Duration `help:"How long to wait before a broken stream is opened again; longer each time, half a minute at most." default:"1s"`
	Once   bool          `help:"Stop when there are no more."`
}

// Run prints alerts as the register sends them, until it is interrupted, and goes on
// after a break from the last one printed. The place is kept once an alert has been
// printed: after a crash one may come twice, under the same name, and none is left out.
func (c *alertsWatchCmd) Run(a *app) error {
	if c.Retry < time.Millisecond {
		return usageError{errors.New("--retry must be at least 1ms")}
	}
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	w := &watching{app: a, cursor: c.Cursor, request: &registerv1.WatchAlertsRequest{Parent: "forces/" + force, Once: c.Once}}
	if c.Cursor != "" {
		kept, err := os.ReadFile(c.Cursor)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cursor: %w", err)
		}
		w.request.PageToken = strings.TrimSpace(string(kept))
	}
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = c.Retry, max(c.Retry, watchPause)
	pause.Reset()
	for a.ctx.Err() == nil {
		came, err := w.follow()
		p := client.AsProblem(err)
		switch {
		case a.ctx.Err() != nil:
			continue // interrupted
		case err == nil && c.Once:
			return nil
		case err == nil: // it ends after an hour
		case c.Once || p == nil || !client.Unanswered(p.Code):
			return err
		default:
			a.warn("the stream of alerts broke (%s): going on from the last alert", p.Code)
		}
		if came {
			pause.Reset()
		}
		select {
		case <-a.ctx.Done():
		case <-time.After(pause.NextBackOff()):
		}
	}
	return nil
}

// watching is the watching of a force's alerts over one stream after another; the
// request holds the place.
type watching struct {
	*app
	cursor  string
	request *registerv1.WatchAlertsRequest
}

// follow prints what one stream brings, and returns when it ends or has said nothing for
// too long. came says that something came.
func (w *watching) follow() (came bool, err error) {
	conn, err := w.connect()
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancelCause(w.ctx)
	defer cancel(nil)
	silence := time.AfterFunc(watchSilence, func() { cancel(context.DeadlineExceeded) })
	defer silence.Stop()
	stream, err := registerv1.NewAlertServiceClient(conn).WatchAlerts(ctx, w.request)
	if err != nil {
		return false, err
	}
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return came, w.keepReceipt(stream.Trailer())
		}
		if err != nil {
			return came, err
		}
		silence.Reset(watchSilence)
		came = true
		if err := w.take(m); err != nil {
			return came, err
		}
	}
}

// take prints an alert, if the message holds one, and then keeps the place.
func (w *watching) take(m *registerv1.WatchAlertsResponse) error {
	if alert := m.GetAlert(); alert != nil {
		if w.JSON {
			if err := w.printJSON(alert); err != nil {
				return err
			}
		} else {
			w.showAlert(alert)
		}
	}
	if w.writeErr != nil || m.GetPageToken() == w.request.GetPageToken() {
		return w.writeErr
	}
	w.request.PageToken = m.GetPageToken()
	if w.cursor == "" {
		return nil
	}
	return keepCursor(w.cursor, m.GetPageToken())
}

// keepCursor replaces the file in one step.
func keepCursor(path, token string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("cursor: %w", err)
	}
	_, err = f.WriteString(token + "\n")
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("cursor: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
