package witness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

// Log is one log that a witness watches.
type Log struct {
	// Origin is its name in checkpoints.
	Origin string
	// Keys are its verifier keys.
	Keys []LogKey
	// Closed says that the log has ended lawfully: whatever is signed under its
	// name from now on is evidence.
	Closed bool
}

// LogKey is one of a log's keys.
type LogKey struct {
	Verifier note.Verifier
	// Until is when the key ceases to be believed; zero means never.
	Until time.Time
}

// Options say what a witness watches and signs with.
type Options struct {
	// State is the folder of its memory, made by Init.
	State string
	// Cosigners are its keys in use; each cosigns.
	Cosigners []*checkpoint.Cosigner
	// Former are its keys that no longer sign but may have signed its memory.
	Former []note.Verifier
	Logs   []Log
	Log    *slog.Logger     // slog.Default
	Now    func() time.Time // time.Now
}

// Witness co-signs. Safe for concurrent use.
type Witness struct {
	store   *store
	signers []note.Signer
	logs    map[string]*watched
	log     *slog.Logger
	now     func() time.Time
	counts  *counts
}

// watched is a log with what is remembered of it.
type watched struct {
	Log
	mu     sync.Mutex // one request of a log at a time: to compare and to remember is one step
	signed []byte     // nil when nothing is remembered
	last   checkpoint.Checkpoint
}

// New opens a witness's memory. It fails when any of it is damaged: a witness
// that has forgotten is worse than one that is silent. Close must be called.
func New(o Options) (*Witness, error) {
	if len(o.Cosigners) == 0 || len(o.Logs) == 0 {
		return nil, errors.New("a witness needs a key and a log")
	}
	w := &Witness{logs: map[string]*watched{}, log: o.Log, now: o.Now, counts: newCounts()}
	if w.log == nil {
		w.log = slog.Default()
	}
	if w.now == nil {
		w.now = time.Now
	}
	own := append([]note.Verifier(nil), o.Former...)
	for _, c := range o.Cosigners {
		w.signers = append(w.signers, c)
		own = append(own, c.Verifier())
	}
	var err error
	if w.store, err = openStore(o.State); err != nil {
		return nil, err
	}
	for _, l := range o.Logs {
		if err := w.watch(l, note.VerifierList(own...)); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	return w, nil
}

func (w *Witness) watch(l Log, own note.Verifiers) (err error) {
	one := &watched{Log: l}
	if err := w.store.tidy(l.Origin); err != nil {
		return err
	}
	if one.signed, one.last, err = w.store.load(l.Origin, own); err != nil {
		return err
	}
	if one.signed == nil {
		w.log.Warn("nothing is remembered of a log: its first checkpoint will be believed", "origin", l.Origin)
	}
	w.counts.size(l.Origin, one.last.Tree.N)
	w.logs[l.Origin] = one
	return nil
}

// Close gives up the memory.
func (w *Witness) Close() error { return w.store.close() }

// RefusalError says why a witness does not co-sign, with the HTTP status that the
// protocol wants.
type RefusalError struct {
	Status int
	// Size is the size of the tree co-signed last, told with status 409.
	Size int64
	What string
}

// Error implements error.
func (r *RefusalError) Error() string { return r.What }

// Last is the checkpoint of a log as co-signed last; nil for none.
func (w *Witness) Last(origin string) []byte {
	l := w.logs[origin]
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.signed
}

// Add co-signs a checkpoint that extends the one remembered, and remembers it.
// It returns the signature lines. Errors are a *RefusalError, or faults of the
// memory, after which nothing may be believed to be signed.
func (w *Witness) Add(ctx context.Context, r Request) ([]byte, error) {
	c, err := checkpoint.Peek(r.Checkpoint)
	if err != nil {
		return nil, &RefusalError{Status: http.StatusBadRequest, What: "the checkpoint is malformed"}
	}
	l := w.logs[c.Origin]
	if l == nil {
		return nil, &RefusalError{Status: http.StatusNotFound, What: "the log is not one that this witness watches"}
	}
	known, err := checkpoint.Open(r.Checkpoint, l.Origin, l.verifiers(w.now()))
	if err != nil || known != c {
		return nil, &RefusalError{Status: http.StatusForbidden, What: "no signature of the checkpoint is by a key of the log that is believed now"}
	}
	if r.Old > c.Tree.N {
		return nil, &RefusalError{Status: http.StatusBadRequest, What: "the old size is above the checkpoint's"}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if refusal := w.judge(ctx, l, c.Tree, r); refusal != nil {
		return nil, refusal
	}
	return w.cosign(l, c, r.Checkpoint)
}

// verifiers are the log's keys that are believed at a time.
func (l *watched) verifiers(now time.Time) note.Verifiers {
	var list []note.Verifier
	for _, k := range l.Keys {
		if k.Until.IsZero() || now.Before(k.Until) {
			list = append(list, k.Verifier)
		}
	}
	return note.VerifierList(list...)
}

// judge compares a tree with the one remembered.
func (w *Witness) judge(ctx context.Context, l *watched, tree tlog.Tree, r Request) *RefusalError {
	last := l.last.Tree
	conflict := &RefusalError{Status: http.StatusConflict, Size: last.N, What: "the old size is not that of the checkpoint co-signed last"}
	switch {
	case l.Closed:
		w.accuse(ctx, l, Closed, tree, r)
		return &RefusalError{Status: http.StatusForbidden, What: "the log was closed"}
	case last.N == tree.N && last.Hash != tree.Hash: // whatever the old size: two such notes are a proof
		w.accuse(ctx, l, Fork, tree, r)
		conflict.What = "the log has signed another tree of this size: history was forked"
		return conflict
	case tree.N < last.N:
		w.accuse(ctx, l, Rollback, tree, r)
		conflict.What = "the log has signed a larger tree than this: it was rolled back"
		return conflict
	case r.Old != last.N:
		return conflict
	case r.Old == 0 || r.Old == tree.N:
		if len(r.Proof) > 0 {
			return &RefusalError{Status: http.StatusUnprocessableEntity, What: "there is nothing to prove, and a proof came"}
		}
		return nil
	}
	if err := tlog.CheckTree(r.Proof, tree.N, tree.Hash, last.N, last.Hash); err != nil {
		w.accuse(ctx, l, Inconsistent, tree, r)
		return &RefusalError{Status: http.StatusUnprocessableEntity, What: "the tree is not shown to extend the one co-signed last"}
	}
	return nil
}

// accuse keeps the evidence of a fault and says so loudly.
func (w *Witness) accuse(ctx context.Context, l *watched, f Fault, tree tlog.Tree, r Request) {
	e := Evidence{Fault: f, Origin: l.Origin, Time: w.now().UTC(), Remembered: string(l.signed), Refused: string(r.Checkpoint), OldSize: r.Old}
	for _, h := range r.Proof {
		e.Proof = append(e.Proof, h.String())
	}
	file, err := w.store.keep(e)
	w.counts.fault(l.Origin, f)
	attributes := []any{"fault", string(f), "origin", l.Origin, "size", tree.N, "remembered", l.last.Tree.N, "evidence", file}
	if err != nil {
		attributes = append(attributes, "err", err)
	}
	message := "a checkpoint is refused: it does not extend the one co-signed last"
	if f == Fork {
		message = "THE LOG HAS FORKED: it has signed two trees of one size"
	}
	w.log.ErrorContext(ctx, message, attributes...)
}

// cosign signs and remembers; what is not remembered is not given away.
func (w *Witness) cosign(l *watched, c checkpoint.Checkpoint, signed []byte) ([]byte, error) {
	ours, err := note.Sign(&note.Note{Text: c.Text()}, w.signers...)
	if err != nil {
		return nil, fmt.Errorf("cosign: %w", err)
	}
	_, lines, _ := strings.Cut(string(ours), "\n\n")
	// The log's own signatures stay beside ours, as evidence for later; what
	// others have added does not.
	kept := append(logLines(signed, l.Origin), lines...)
	if err := w.store.save(l.Origin, kept); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	l.signed, l.last = kept, c
	w.counts.size(l.Origin, c.Tree.N)
	w.counts.cosigned(l.Origin, w.now())
	return []byte(lines), nil
}

// logLines is a signed note with the signature lines of one name alone.
func logLines(signed []byte, name string) []byte {
	i := strings.LastIndex(string(signed), "\n\n")
	out := append([]byte(nil), signed[:i+2]...)
	for line := range strings.Lines(string(signed[i+2:])) {
		if strings.HasPrefix(line, "— "+name+" ") {
			out = append(out, line...)
		}
	}
	return out
}
