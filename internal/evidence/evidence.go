// Package evidence makes bundles of evidence from the access log: the entries of
// a range of times or of a case, each with the proof that the log holds it, a
// report that people can read, and the log's signature on all of it. A bundle
// stands by itself: see verifylog evidence. That it was made and for whom is an
// entry of the log, which is durable before the first file is written.
package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
)

// Maker makes bundles.
type Maker struct {
	DB     *postgres.DB
	Log    accesslog.Appender
	Keys   *seal.KeyRing
	Origin string // the log's name
	// Limit bounds the entries of a bundle; 0 means 20,000.
	Limit int
}

// Request says what is asked for, by whom and for whom.
type Request struct {
	// Dir is the folder to write; it must not be there yet, or be empty.
	Dir string
	// From and Until bound the time of entries: from ≤ time < until. Zero is open.
	From, Until time.Time
	// Force is the code of the force whose callers' entries are wanted; empty
	// means all forces.
	Force string
	// Case, if set, selects the entries that bore this crime or incident
	// reference of Force.
	Case string
	// Subject, if set, selects the entries of one caller.
	Subject string
	// Reference is that of the proceedings for which the bundle is made.
	Reference string
	// Recipient is the code of the body that receives it, such as "iopc", "cps" or
	// "forces/33": small letters, digits, and / . - within, at most 64. It stands in
	// the log in clear, so it must not name a person.
	Recipient string
	// Operator is who makes it, for the log.
	Operator string
}

// Result says what was made.
type Result struct {
	Entries    int   // without that of the disclosure
	Disclosure int64 // index of the entry that records it
}

// Errors of Make.
var (
	// ErrNothing says that no entry is selected. Nothing is written and logged.
	ErrNothing = errors.New("no entry is selected")
	// ErrTooMany says that a bundle cannot hold so many entries.
	ErrTooMany = errors.New("too many entries for a bundle: narrow the selection, or export a part of the log")
)

const (
	defaultLimit = 20_000
	method       = "register.Evidence"
)

var recipientForm = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9/.-]{0,62}[a-z0-9])?$`)

func (r *Request) check() error {
	switch {
	case !recipientForm.MatchString(r.Recipient):
		return errors.New("recipient: it must be the code of a body, such as iopc, cps or forces/33, and not a person")
	case strings.TrimSpace(r.Reference) == "" || len(r.Reference) > 200:
		return errors.New("reference: the proceedings must be named, in at most 200 bytes")
	case r.Case != "" && r.Force == "":
		return errors.New("case: a reference is unique within a force only: name the force")
	case r.From.IsZero() && r.Case == "" && r.Subject == "":
		return errors.New("from: a time, a case or a subject must be named")
	case !r.Until.IsZero() && !r.From.Before(r.Until):
		return errors.New("until: it must be after from")
	}
	return nil
}

// Selection says in words what was asked for.
func (r *Request) Selection() string {
	parts := []string{"all entries"}
	if r.Force != "" {
		parts = append(parts, "of force "+r.Force)
	}
	if r.Case != "" {
		parts = append(parts, "of the case "+r.Case)
	}
	if r.Subject != "" {
		parts = append(parts, "of the caller "+r.Subject)
	}
	if !r.From.IsZero() {
		parts = append(parts, "from "+r.From.UTC().Format(time.RFC3339))
	}
	if !r.Until.IsZero() {
		parts = append(parts, "before "+r.Until.UTC().Format(time.RFC3339))
	}
	return strings.Join(parts, " ")
}

// Sink takes the files of a bundle, one after the other. Names have slashes.
type Sink interface {
	Put(name string, data []byte) error
}

// Make logs the disclosure and writes the bundle.
func (m *Maker) Make(ctx context.Context, r Request) (Result, error) {
	if err := r.check(); err != nil {
		return Result{}, err
	}
	if err := mustBeEmpty(r.Dir); err != nil {
		return Result{}, err
	}
	entries, err := m.Find(ctx, &r)
	if err != nil {
		return Result{}, err
	}
	receipt, err := m.disclose(ctx, &r, entries)
	if err != nil {
		return Result{}, err
	}
	return Result{Entries: len(entries), Disclosure: receipt.Index}, m.Write(ctx, folder(r.Dir), &r, entries, receipt)
}

// Write writes the bundle of entries whose disclosure was logged under a receipt.
func (m *Maker) Write(ctx context.Context, to Sink, r *Request, entries []postgres.Entry, receipt accesslog.Receipt) error {
	own, err := m.DB.Entries(ctx, receipt.Index, receipt.Index+1, 1)
	if err != nil {
		return err
	}
	if len(own) != 1 {
		return accesslog.ErrCorrupt
	}
	b := bundle{ctx: ctx, to: to, maker: m, request: r, receipt: receipt, entries: entries, own: own[0]}
	return b.write()
}

// Reason is what the entry of a disclosure seals: what was selected, and the hash of
// the leaves that were disclosed.
func (r *Request) Reason(method string, entries []postgres.Entry) *storev1.StoredReason {
	leaves := sha256.New()
	for i := range entries {
		leaves.Write(entries[i].LeafHash)
	}
	return &storev1.StoredReason{
		Method: method, Code: "DISCLOSURE", Reference: r.Reference, Subject: r.Subject,
		Explanation: fmt.Sprintf("%s: %d entries, whose leaf hashes have the SHA-256 %s", r.Selection(), len(entries), hex.EncodeToString(leaves.Sum(nil))),
	}
}

// Find reads the entries that are selected, by ascending index: ErrNothing when there
// is none, ErrTooMany when a bundle cannot hold them.
func (m *Maker) Find(ctx context.Context, r *Request) ([]postgres.Entry, error) {
	var references []string
	if r.Case != "" {
		references = m.Keys.ReferenceHMACs(r.Force, r.Case)
	}
	limit := m.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	var found []postgres.Entry
	f := postgres.EntryFilter{
		Force: r.Force, Actor: r.Subject, ReferenceHMACs: references, From: r.From, Until: r.Until, Limit: 1000,
	}
	for {
		page, err := m.DB.ListEntries(ctx, f)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		found = append(found, page...)
		if len(found) > limit {
			return nil, fmt.Errorf("%w: more than %d", ErrTooMany, limit)
		}
		f.After = &page[len(page)-1].Index
	}
	if len(found) == 0 {
		return nil, ErrNothing
	}
	return found, nil
}

// disclose logs that the entries leave the register, for whom and why. What may
// name a person is sealed.
func (m *Maker) disclose(ctx context.Context, r *Request, entries []postgres.Entry) (accesslog.Receipt, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return accesslog.Receipt{}, err
	}
	body, err := m.seal(id, r.Reason(method, entries))
	if err != nil {
		return accesslog.Receipt{}, err
	}
	return m.Log.Append(ctx, &accesslog.Pending{Body: body, Entry: accesslog.Metadata{
		ID: id, Actor: accesslog.Actor{Sub: r.Operator, Force: r.Force, Kind: accesslog.System}, Client: "register evidence",
		Method: method, Operation: "DISCLOSURE", ReferenceHMAC: m.Keys.ReferenceHMAC(r.Force, r.Reference),
		ResultCount: len(entries), Recipients: []string{r.Recipient}, Outcome: "OK",
	}})
}

func (m *Maker) seal(entry uuid.UUID, message proto.Message) (*postgres.Body, error) {
	plain, err := proto.Marshal(message)
	if err != nil {
		return nil, err
	}
	key := seal.NewDataKey()
	sealed, err := key.Seal(plain, seal.BodyAD(entry))
	if err != nil {
		return nil, err
	}
	wrapped, err := m.Keys.Wrap(key, entry[:])
	return &postgres.Body{Wrapped: wrapped, Sealed: sealed}, err
}
