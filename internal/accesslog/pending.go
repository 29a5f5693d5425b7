package accesslog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
)

// Errors of Append. After any of them nothing may be disclosed.
var (
	// ErrUnavailable says that the log cannot be written now. Nothing was
	// written, unless ErrUnknownOutcome comes with it.
	ErrUnavailable = errors.New("the access log cannot be written")
	// ErrUnknownOutcome says that the entry may or may not have been written.
	// It comes with ErrUnavailable, or with the error of the caller's context.
	ErrUnknownOutcome = errors.New("the outcome of a log entry is unknown")
	// ErrConflict says that a record is not at the version the change was made
	// from, or is new and exists already: read again and retry.
	ErrConflict = errors.New("the record has changed")
	// ErrOvertaken says that a record was written since the answer of an entry that
	// says Unchanged was made. Nothing was written: answer again.
	ErrOvertaken = errors.New("the register has changed since")
	// ErrRejected says that the entry is not acceptable for what it holds.
	ErrRejected = errors.New("the log entry is not acceptable")
	// ErrCorrupt says that the stored log contradicts itself.
	ErrCorrupt = errors.New("the stored access log is corrupt")
)

// Pending is an entry to be appended, with what must commit together with it.
type Pending struct {
	Entry    Metadata
	Body     *postgres.Body // sealed part, if any
	Changes  []Change       // at most one for each record
	Requires []Requirement
	// Touches are the records that the call showed, changed or met.
	Touches []postgres.Touch

	// Caller is whom a sanction may stop; nil for the register's own entries, and
	// for the entry of a call that a sanction has stopped.
	Caller *Caller

	// Amend, if not nil, is called under the log's lock when nominals were
	// written that the maker of the changes had not seen, and says what must
	// commit besides. It must be quick, and may be called more than once.
	// ErrConflict makes the append fail with it: the change is to be made again.
	Amend func(News) (Amendment, error)
	// Level is the log index up to which the maker had seen the register.
	Level int64
	// Unchanged makes the append fail with ErrOvertaken if a version of any record has
	// committed after Level: the answer holds when its entry is written, and nobody need
	// ask for news before.
	Unchanged bool
	// Tell, if not nil, is what Amend of those behind in the batch is told of it.
	Tell any
}

// Change writes the next version of one record.
type Change struct {
	// Record is the record itself; it is inserted when Expected is 0.
	Record postgres.Record
	// Expected is the record's current version number, 0 for a new record.
	// Version.N must be one more.
	Expected int32
	// Version is the new version; LogIndex is filled in by the writer, all
	// else by the caller (Digest as by seal.Digest).
	Version postgres.Version
	// Wrapped, for a new record, is its wrapped data key.
	Wrapped []byte
	// DeleteKey destroys the record's key; the version must then be erased.
	DeleteKey bool
}

// Requirement asks that a record that is not written be still at version N.
type Requirement struct {
	Record uuid.UUID
	N      int32
}

// Appender appends entries.
type Appender interface {
	// Append returns once the entry and its changes are durable and integrated
	// in the log; see the errors of this package. The draft must not be used
	// by the caller until then.
	Append(ctx context.Context, p *Pending) (Receipt, error)
}

// limits of one entry.
const (
	maxChanges = math.MaxInt16
	maxMeta    = 1 << 20  // bytes
	maxSize    = 16 << 20 // bytes, with all that commits together with it
	maxColumn  = 256      // bytes; an OpenID Connect subject has at most 255
)

// check finds faults that the caller should have avoided.
func (p *Pending) check(changes []Change) error {
	if len(p.Entry.Results) > MaxResults {
		return errors.New("too many results named")
	}
	if len(changes) > maxChanges {
		return errors.New("too many changes")
	}
	if p.Entry.Method == "" || p.Entry.Outcome == "" || p.Entry.Actor.Kind == "" {
		return errors.New("method, outcome and kind of actor are needed")
	}
	if len(changes)+len(p.Requires) == 0 {
		return nil
	}
	seen := make(map[uuid.UUID]bool, len(changes)+len(p.Requires))
	for i := range changes {
		c := &changes[i]
		if seen[c.Record.ID] {
			return errors.New("two changes of one record")
		}
		seen[c.Record.ID] = true
		if err := c.check(); err != nil {
			return err
		}
	}
	for _, r := range p.Requires {
		if seen[r.Record] {
			return errors.New("a record both changed and required")
		}
	}
	return nil
}

func (c *Change) check() error {
	v, r := &c.Version, &c.Record
	switch {
	case v.Record != r.ID || r.ID == uuid.Nil:
		return errors.New("a version of another record")
	case c.Expected < 0 || v.N != c.Expected+1:
		return errors.New("a version out of turn")
	case c.Expected == 0 && len(c.Wrapped) == 0:
		return errors.New("a new record without a key")
	case c.Expected > 0 && len(c.Wrapped) > 0:
		return errors.New("a second key for a record")
	case c.DeleteKey != v.Erased:
		return errors.New("an erased version goes with the deletion of the key")
	}
	if !seal.DigestEqual(v.Digest, v.Salt, versionFields(*r, *v)) {
		return errors.New("a digest that is not the version's")
	}
	return nil
}

func versionFields(r postgres.Record, v postgres.Version) seal.VersionFields {
	return seal.VersionFields{
		Record: r.ID, N: v.N, Kind: string(r.Kind), Force: r.Force,
		Revision: v.Revision, Erased: v.Erased, Sealed: v.Sealed,
	}
}

// prepare does what can be done before the lock: it marshals the entry, with all
// changes that commit with it and a time to be stamped later.
func (p *Pending) prepare(changes []Change) (postgres.LogEntry, error) {
	if err := p.check(changes); err != nil {
		return postgres.LogEntry{}, fmt.Errorf("%w: %w", ErrRejected, err)
	}
	m := &p.Entry
	m.V = schemaVersion
	if m.ID == uuid.Nil {
		id, err := uuid.NewV7()
		if err != nil {
			return postgres.LogEntry{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		m.ID = id
	}
	m.Versions = nil
	for i := range changes {
		v := &changes[i].Version
		m.Versions = append(m.Versions, VersionRef{Record: v.Record, N: v.N, Digest: v.Digest})
	}
	m.BodyHash = nil
	if p.Body != nil {
		sum := sha256.Sum256(p.Body.Sealed)
		m.BodyHash = sum[:]
	}
	meta, err := m.marshal()
	if err == nil && bytes.Contains(meta, []byte(`\ufffd`)) { // how invalid UTF-8 is written
		m.tidy()
		meta, err = m.marshal()
	}
	if err != nil || len(meta) > maxMeta {
		return postgres.LogEntry{}, fmt.Errorf("%w: it cannot be written as metadata", ErrRejected)
	}
	return postgres.LogEntry{
		Meta: meta, BodyHash: m.BodyHash, Versions: len(changes), Body: p.Body,
		Projection: postgres.Projection{
			Force: column(m.Actor.Force), Actor: column(m.Actor.Sub), Method: column(m.Method),
			Operation: column(m.Operation), Outcome: column(m.Outcome), ReferenceHMAC: column(m.ReferenceHMAC),
			Reason: column(m.Reason), Records: int32(min(max(m.ResultCount, 0), math.MaxInt32)),
		},
	}, nil
}

// column makes a text fit for an indexed column, which takes neither a zero
// byte nor any length; what an unruly caller sends must not keep his call out
// of the log.
func column(text string) string {
	if len(text) > maxColumn {
		text = strings.ToValidUTF8(text[:maxColumn], "")
	}
	return strings.ReplaceAll(text, "\x00", "\uFFFD")
}
