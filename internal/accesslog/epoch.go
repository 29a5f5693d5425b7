package accesslog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/postgres"
)

// EpochMethod is the method of the entry with which an epoch begins.
const EpochMethod = "log.epoch"

// EpochReason is why a log begins a new epoch.
type EpochReason string

// The reasons of epochs.
const (
	// EpochRestore: the database was restored and has lost entries.
	EpochRestore EpochReason = "RESTORE"
	// EpochKeyCompromise: somebody else may sign under the old name.
	EpochKeyCompromise EpochReason = "KEY_COMPROMISE"
	// EpochRename: the log gets another name, and nothing was lost.
	EpochRename EpochReason = "RENAME"
)

// Epoch begins a log's life under another name. The tree goes on from what is
// stored; what the old name has signed beyond that is lost, and said to be.
type Epoch struct {
	// Origin is the new name, never used before; Signers sign under it.
	Origin  string
	Signers []note.Signer
	// Previous is the newest checkpoint known of the old name, wherever it was
	// kept: with a witness, or in a receipt. Unless for a restore, nil means the
	// newest that is stored.
	Previous []byte
	// Known are the verifiers of the old name.
	Known  note.Verifiers
	Reason EpochReason
	// Entry may bear an id; Body is sealed under it: the reason in words.
	Entry Metadata
	Body  *postgres.Body
	Log   *slog.Logger
}

// EpochStatement is what the entry of an epoch says.
type EpochStatement struct {
	// Origin is the new name, Previous what the old name signed last as far as
	// known, Kept the tree that is stored: the entries from Kept.N on that
	// Previous covers are lost.
	Origin         string
	PreviousOrigin string
	Previous, Kept tlog.Tree
}

// Lost is how many entries the old name has signed that are not stored.
func (s EpochStatement) Lost() int64 { return s.Previous.N - s.Kept.N }

// marks is the form in an entry's metadata.
func (s EpochStatement) marks() []string {
	return []string{
		"origin:" + s.Origin, "previous-origin:" + s.PreviousOrigin,
		"previous-size:" + strconv.FormatInt(s.Previous.N, 10), "previous-root:" + s.Previous.Hash.String(),
		"kept-size:" + strconv.FormatInt(s.Kept.N, 10), "kept-root:" + s.Kept.Hash.String(),
	}
}

// ReadEpoch reads what the entry of an epoch says.
func ReadEpoch(m Metadata) (EpochStatement, error) {
	var s EpochStatement
	malformed := errors.New("the entry of an epoch is malformed")
	if m.Method != EpochMethod || len(m.Marks) != len(s.marks()) {
		return s, malformed
	}
	values := make([]string, len(m.Marks))
	for i, mark := range m.Marks {
		_, values[i], _ = strings.Cut(mark, ":")
	}
	s.Origin, s.PreviousOrigin = values[0], values[1]
	var errs [4]error
	s.Previous.N, errs[0] = strconv.ParseInt(values[2], 10, 64)
	s.Previous.Hash, errs[1] = tlog.ParseHash(values[3])
	s.Kept.N, errs[2] = strconv.ParseInt(values[4], 10, 64)
	s.Kept.Hash, errs[3] = tlog.ParseHash(values[5])
	if errors.Join(errs[:]...) != nil || !slices.Equal(s.marks(), m.Marks) {
		return s, malformed
	}
	return s, nil
}

// BeginEpoch writes the entry of a new epoch, and with it the first checkpoint
// under the new name. No replica may be running. It fails when the database
// holds more than the checkpoint given: then a newer one is known.
func BeginEpoch(ctx context.Context, db *postgres.DB, e Epoch) (EpochStatement, Receipt, error) {
	s, err := e.statement(ctx, db)
	if err != nil {
		return s, Receipt{}, err
	}
	w, err := NewWriter(db, Options{Origin: e.Origin, Signers: e.Signers, Log: e.Log})
	if err != nil {
		return s, Receipt{}, err
	}
	defer w.Close()
	m := e.Entry
	m.Actor = Actor{Sub: "register", Kind: System}
	m.Method, m.Reason, m.Outcome, m.Marks = EpochMethod, string(e.Reason), "OK", s.marks()
	receipt, err := w.Append(ctx, &Pending{Entry: m, Body: e.Body})
	return s, receipt, err
}

// statement compares what is stored with what is known of the old name.
func (e *Epoch) statement(ctx context.Context, db *postgres.DB) (s EpochStatement, err error) {
	if !slices.Contains([]EpochReason{EpochRestore, EpochKeyCompromise, EpochRename}, e.Reason) {
		return s, errors.New("epoch: the reason must be RESTORE, KEY_COMPROMISE or RENAME")
	}
	head, err := db.Head(ctx)
	if errors.Is(err, postgres.ErrNotFound) {
		return s, errors.New("epoch: the log is empty: there is nothing to go on from")
	}
	if err != nil {
		return s, err
	}
	stored, err := checkpoint.Peek(head.Note)
	if err != nil {
		return s, fmt.Errorf("%w: its newest checkpoint is malformed", ErrCorrupt)
	}
	if _, err := checkpoint.Open(head.Note, stored.Origin, e.Known); err != nil {
		return s, fmt.Errorf("epoch: the newest stored checkpoint, of %s: %w", stored.Origin, err)
	}
	previous := stored
	if e.Previous != nil || e.Reason == EpochRestore {
		if previous, err = checkpoint.Open(e.Previous, stored.Origin, e.Known); err != nil {
			return s, fmt.Errorf("epoch: the newest checkpoint known of %s: %w", stored.Origin, err)
		}
	}
	s = EpochStatement{Origin: e.Origin, PreviousOrigin: stored.Origin, Previous: previous.Tree, Kept: stored.Tree}
	return s, s.check(e.Reason)
}

func (s EpochStatement) check(why EpochReason) error {
	switch {
	case s.Origin == s.PreviousOrigin:
		return fmt.Errorf("epoch: the log bears the name %s already: configure a new origin, such as that with /2 behind it", s.Origin)
	case s.Previous.N < s.Kept.N:
		return fmt.Errorf("epoch: the database holds %d entries and the checkpoint given covers %d: a newer one is known", s.Kept.N, s.Previous.N)
	case s.Previous.N == s.Kept.N && s.Previous.Hash == s.Kept.Hash && why == EpochRestore:
		return errors.New("epoch: nothing was lost: go on under the old name")
	}
	return nil
}

// CheckOrigin fails when the log's newest checkpoint bears another name: only
// BeginEpoch changes it.
func CheckOrigin(ctx context.Context, db *postgres.DB, origin string) error {
	head, err := db.Head(ctx)
	if errors.Is(err, postgres.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := checkpoint.Peek(head.Note)
	if err != nil {
		return fmt.Errorf("%w: its newest checkpoint is malformed", ErrCorrupt)
	}
	if c.Origin != origin {
		return fmt.Errorf("origin: the log's name is %s, not %s: see the ceremony of a new epoch in docs/operations.md", c.Origin, origin)
	}
	return nil
}

// SignersOf picks the signers of a name: while a log changes its name its keys
// are of both.
func SignersOf(all []note.Signer, origin string) ([]note.Signer, error) {
	var out []note.Signer
	for _, s := range all {
		if s.Name() == origin {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("keys: no signer of the log bears its origin, %s: see register keys signer add", origin)
	}
	return out, nil
}
