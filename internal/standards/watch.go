package standards

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/service"
)

// Watcher reads the log as it grows and has the misuse rules judge it. It runs beside
// the calls, never in their way: what a search met and must not tell, and whether its
// criteria fit a victim, is looked up here, after the answer has left.
//
// Every replica reads along, so that any can take over at once; one at a time writes
// the flags. A flag that is written twice is written once: its key is unique.
type Watcher struct {
	*service.Deps
	// Appender writes the flags' entries.
	Appender accesslog.Appender
	// Settings are the thresholds of the rules.
	Settings *misuse.Settings
	// Every is the time between two looks at the log; 0 means a second.
	Every time.Duration

	engine *misuse.Engine
	at     int64         // the first entry not read yet
	last   time.Time     // time of the last entry read
	mark   int64         // the first entry whose flags are not known to be written
	raised []misuse.Flag // those of entries from mark on
	marked time.Time     // when the mark was last set
	status atomic.Pointer[WatchStatus]
}

// WatchStatus says how far a replica has come with watching the log.
type WatchStatus struct {
	// Began is when it began to watch.
	Began time.Time
	// Unread is how many entries it had not read when it last looked.
	Unread int64
	// Judged is when it last had read all there was, and all flags of it were written:
	// what happened before has been judged. Zero when it has not come so far.
	Judged time.Time
}

// Behind is for how long entries may have gone unjudged: since the last time that none
// was, or since the watcher began. It is 0 when nobody watches.
func (s WatchStatus) Behind(now time.Time) time.Duration {
	since := s.Judged
	if since.IsZero() {
		since = s.Began
	}
	if since.IsZero() {
		return 0
	}
	return max(0, now.Sub(since))
}

// String is the status in words; it names nobody.
func (s WatchStatus) String() string {
	if s.Judged.IsZero() {
		return fmt.Sprintf("the log is being read for misuse, %d entries are to come", s.Unread)
	}
	return fmt.Sprintf("all before %s was judged for misuse, %d entries are to come", s.Judged.UTC().Format(time.RFC3339), s.Unread)
}

// Status is how far the watcher has come. It may be asked at any time.
func (w *Watcher) Status() WatchStatus {
	if s := w.status.Load(); s != nil {
		return *s
	}
	return WatchStatus{}
}

// reached notes how far the watcher has come; judged is zero while there is more to do.
func (w *Watcher) reached(unread int64, judged time.Time) {
	s := w.Status()
	s.Unread = unread
	if !judged.IsZero() {
		s.Judged = judged
	}
	w.status.Store(&s)
}

// Bounds of watching.
const (
	misuseEvery = time.Second
	misusePage  = 250 // entries read at a time
	markEvery   = time.Minute
	markEntries = 5000
)

// Run watches until ctx ends. What fails is tried again.
func (w *Watcher) Run(ctx context.Context) {
	every := w.Every
	if every <= 0 {
		every = misuseEvery
	}
	w.status.Store(&WatchStatus{Began: time.Now()})
	failed := false
	for {
		err := w.Step(ctx)
		if ctx.Err() != nil {
			return
		}
		if (err != nil) != failed {
			failed = err != nil
			if failed {
				w.Log.ErrorContext(ctx, "the log cannot be watched for misuse; it is tried again", "err", err)
			} else {
				w.Log.InfoContext(ctx, "the log is watched for misuse again")
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
	}
}

// Step reads what is new in the log and writes the flags that it raises, if no other
// replica is at it.
func (w *Watcher) Step(ctx context.Context) error {
	if w.engine == nil {
		if err := w.begin(ctx); err != nil {
			return err
		}
	}
	looked := time.Now()
	head, err := w.DB.Head(ctx)
	if errors.Is(err, postgres.ErrNotFound) {
		w.reached(0, looked)
		return nil
	}
	if err != nil {
		return err
	}
	w.reached(max(0, head.Size-w.at), time.Time{})
	if w.at < head.Size {
		if err := w.View.Pull(ctx); err != nil {
			return err
		}
	}
	for w.at < head.Size {
		until := min(w.at+misusePage, head.Size)
		if err := w.read(ctx, until); err != nil {
			w.engine = nil // it may have read half a page: begin anew
			return err
		}
		w.reached(head.Size-w.at, time.Time{})
		if len(w.raised) > 0 { // a flag does not wait until all there is has been read
			if _, err := w.DB.AsOnlyWatcher(ctx, w.write); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if len(w.raised) > 0 || w.at-w.mark >= markEntries || time.Since(w.marked) >= markEvery {
		if _, err := w.DB.AsOnlyWatcher(ctx, w.write); err != nil {
			return err
		}
	}
	if len(w.raised) == 0 { // else another replica is about to write them
		w.reached(0, looked)
	}
	return nil
}

// Start notes, before the first call is served, from which entry on the log is
// watched, unless that is known, and returns how far flags are written.
func (w *Watcher) Start(ctx context.Context) (postgres.Watched, error) {
	mark, err := w.DB.Watched(ctx)
	if !errors.Is(err, postgres.ErrNotFound) {
		return mark, err
	}
	head, err := w.DB.Head(ctx)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return mark, err
	}
	mark = postgres.Watched{Size: head.Size, Time: head.Time, Settings: w.Settings.Version}
	if head.Size == 0 {
		mark.Time = w.Now()
	}
	return mark, w.DB.InsertWatched(ctx, mark)
}

// begin reads how far flags are written, and where to begin so that the engine knows
// all that matters by then. Rules that are new look at what comes, not at what was:
// for that there is the replay.
func (w *Watcher) begin(ctx context.Context) error {
	mark, err := w.Start(ctx)
	if err != nil {
		return err
	}
	w.mark, w.marked, w.raised = mark.Size, time.Now(), nil
	reader, err := w.reader(ctx, mark.Time.Add(-w.Settings.WarmUp()))
	if err != nil {
		return err
	}
	w.engine, w.at, w.last = reader.engine, reader.next, mark.Time
	return nil
}

// logReader is an engine with the place in the log where it begins.
type logReader struct {
	engine *misuse.Engine
	next   int64
}

// reader makes an engine that begins with the entries of a time, and knows the facts
// told before.
func (w *Watcher) reader(ctx context.Context, from time.Time) (logReader, error) {
	first, _, err := w.DB.IndexBounds(ctx, from, time.Time{})
	if err != nil {
		return logReader{}, err
	}
	r := logReader{engine: misuse.NewEngine(w.Settings), next: first}
	for _, kind := range toldKinds {
		err = errors.Join(err, w.each(ctx, kind, first, func(row *postgres.FeedRow) error {
			return w.tell(r.engine.Facts(), row, from)
		}))
	}
	return r, err
}

// read feeds the engine the entries up to an index, and the facts that came with
// them.
func (w *Watcher) read(ctx context.Context, until int64) error {
	half := &halfTime{since: time.Now()}
	err := w.feed(ctx, w.engine, w.at, until, func(e *misuse.Event, flags []misuse.Flag) {
		half.rest(ctx)
		w.last = e.Time
		for _, f := range flags {
			if f.Index >= w.mark {
				w.raised = append(w.raised, f)
			}
		}
	})
	if err == nil {
		w.at = until
	}
	return err
}

// halfTime leaves the calls as much time as the work takes, in pieces so small that none of
// them feels it: a second's entries judged in one go would hold up all that come meanwhile,
// and after a start there are weeks of them.
type halfTime struct{ since time.Time }

// pieceOfWork is how long is worked without a rest.
const pieceOfWork = 2 * time.Millisecond

// rest waits as long as has been worked, if that is a piece.
func (h *halfTime) rest(ctx context.Context) {
	if worked := time.Since(h.since); worked >= pieceOfWork {
		service.Pause(ctx, worked, nil)
		h.since = time.Now()
	}
}

// feed feeds an engine a range of the log.
func (w *Watcher) feed(ctx context.Context, engine *misuse.Engine, from, until int64, each func(*misuse.Event, []misuse.Flag)) error {
	entries, err := w.DB.Entries(ctx, from, until, misusePage)
	if err != nil {
		return err
	}
	if int64(len(entries)) != until-from {
		return fmt.Errorf("service: entries %d to %d: %d found", from, until, len(entries))
	}
	told := make([]*toldFeed, len(toldKinds))
	for i, kind := range toldKinds {
		told[i] = &toldFeed{kind: kind, from: from, until: until}
	}
	bodies, err := w.DB.BodiesBetween(ctx, from, until)
	if err != nil {
		return err
	}
	for i := range entries {
		for _, t := range told {
			err := t.upTo(ctx, w.DB, entries[i].Index, func(row *postgres.FeedRow) error {
				return w.tell(engine.Facts(), row, entries[i].Time)
			})
			if err != nil {
				return err
			}
		}
		event, err := w.event(&entries[i], bodies)
		if err != nil {
			return fmt.Errorf("service: entry %d: %w", entries[i].Index, err)
		}
		each(&event, engine.Feed(event))
	}
	return nil
}

// write writes the flags that are not written yet; no other replica does so now.
func (w *Watcher) write(ctx context.Context) error {
	mark, err := w.DB.Watched(ctx)
	if err != nil {
		return err
	}
	if mark.Size > w.mark {
		w.mark = mark.Size
		kept := w.raised[:0]
		for _, f := range w.raised {
			if f.Index >= w.mark {
				kept = append(kept, f)
			}
		}
		w.raised = kept
	}
	for len(w.raised) > 0 {
		if err := w.flag(ctx, &w.raised[0]); err != nil {
			return err
		}
		w.raised = w.raised[1:]
	}
	if w.at > w.mark {
		if err := w.DB.InsertWatched(ctx, postgres.Watched{Size: w.at, Time: w.last, Settings: w.Settings.Version}); err != nil {
			return err
		}
		w.mark = w.at
	}
	w.marked = time.Now()
	return nil
}
