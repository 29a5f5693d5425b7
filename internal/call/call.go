// Package call carries one RPC through the register: who calls, what the
// policy grants, and the log entry that the call becomes. Interceptors make a
// Call; use cases fill in its entry and, when they write, commit it.
package call

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
)

// Call is one RPC, or one record of a stream, on its way through the register.
type Call struct {
	// Method is what the contract says of the RPC.
	Method *Method
	// Actor is the authenticated caller.
	Actor access.Actor
	// Policy is the policy in force when the call began.
	Policy *access.Policy
	// Grant is what the policy grants; zero until the call is authorised.
	Grant access.Grant
	// Entry is the log entry in the making.
	Entry accesslog.Metadata
	// Touches are the records that the call showed, changed or met.
	Touches []postgres.Touch
	// Requires are records that must stand unchanged when the entry commits.
	Requires []accesslog.Requirement
	// Level, Unchanged, Amend and Tell are those of accesslog.Pending: what must be taken
	// account of under the log's lock.
	Level     int64
	Unchanged bool
	Amend     func(accesslog.News) (accesslog.Amendment, error)
	Tell      any
	// Stopped is the sanction that stopped the call; its entry tells of it.
	Stopped error
	// StillMay, if not nil, asks whether the caller of a stream may go on: what he
	// presented when it began may have run out or been revoked since, and the policy may
	// be another. It takes the policy that is now in force into the call. A use case asks
	// before each message that it takes or sends.
	StillMay func(context.Context) error
	// BeforeLog, if not nil, is called when the entry is handed to the log: all
	// that is left is to wait.
	BeforeLog func()
	// Tries counts how often the use case has asked what its change means for duties:
	// it was begun afresh because others were quicker.
	Tries int
	// Overtaken says that the call has been performed before, and what it answered held no
	// longer when its entry was to be written: it is to ask for news first.
	Overtaken bool
	// Load names the load of history that the record is part of; empty when it comes
	// alone.
	Load string
	// Receipt is set once the entry is durable; before that nothing may be
	// disclosed.
	Receipt *accesslog.Receipt

	body     proto.Message
	searchID uuid.NullUUID
	log      accesslog.Appender
	keys     *seal.KeyRing
}

// Log is what a Call needs to commit its entry.
type Log struct {
	// Appender appends entries.
	Appender accesslog.Appender
	// Keys seal the bodies of entries.
	Keys *seal.KeyRing
}

// New begins a call.
func New(m *Method, actor access.Actor, policy *access.Policy, log Log) *Call {
	c := &Call{Method: m, Actor: actor, Policy: policy, log: log.Appender, keys: log.Keys}
	c.Entry = accesslog.Metadata{
		ID:        uuid.Must(uuid.NewV7()),
		Actor:     LogActor(actor),
		Roles:     actor.Roles.Names(),
		ACR:       actor.ACR,
		Client:    actor.Client,
		Addr:      actor.Address,
		Method:    m.Short,
		Operation: strings.TrimPrefix(m.Operation.String(), "OPERATION_"),
	}
	if policy != nil {
		c.Entry.Decision.Policy = policy.Hash()
	}
	return c
}

// Fork begins a call for one record of a stream: the same caller and grant,
// an entry of its own.
func (c *Call) Fork() *Call {
	f := New(c.Method, c.Actor, c.Policy, Log{Appender: c.log, Keys: c.keys})
	f.Grant = c.Grant
	f.Load = c.Entry.ID.String()
	f.Entry.Decision = c.Entry.Decision
	f.Entry.Trace = c.Entry.Trace
	return f
}

// LogActor is the caller as entries of the log name him.
func LogActor(a access.Actor) accesslog.Actor {
	return accesslog.Actor{
		Sub:       Subject(a),
		Force:     a.Force,
		Collar:    a.Collar,
		Assurance: accesslog.Assurance(a.Officer),
		Kind:      accesslog.ActorKind(a.Kind),
	}
}

// Subject is the caller's name in the log: unique over all issuers.
func Subject(a access.Actor) string {
	if a.Issuer == "" {
		return a.Subject
	}
	return a.Issuer + "#" + a.Subject
}

// Caller is the caller as sanctions know him.
func (c *Call) Caller() *accesslog.Caller {
	a := &c.Actor
	return &accesslog.Caller{Subject: Subject(*a), Force: a.Force, Collar: a.Collar, Strengths: strings.Fields(a.Strengths), AuthTime: a.AuthTime}
}

// Still reports whether the caller of a stream may go on.
func (c *Call) Still(ctx context.Context) error {
	if c.StillMay == nil {
		return nil
	}
	return c.StillMay(ctx)
}

// Stop notes that a sanction stops the call: all that is left to log is that.
func (c *Call) Stop(sanction error) {
	c.Discard()
	c.Stopped = sanction
	c.Entry.Decision.Effect = accesslog.Deny
	c.Entry.Marks = []string{"refused:sanction"}
}

// SetBody gives the part of the entry that is stored sealed.
func (c *Call) SetBody(m proto.Message) { c.body = m }

// SetSearch gives the sealed part of a search's entry.
func (c *Call) SetSearch(id uuid.UUID, m proto.Message) {
	c.body, c.searchID = m, uuid.NullUUID{UUID: id, Valid: true}
}

// Show notes that the call discloses a record; entries name at most
// accesslog.MaxResults of them and count all.
func (c *Call) Show(id uuid.UUID, force string) {
	c.Entry.ResultCount++
	if len(c.Entry.Results) < accesslog.MaxResults {
		c.Entry.Results = append(c.Entry.Results, id)
	}
	c.Touches = append(c.Touches, postgres.Touch{Record: id, Force: force})
}

// Require adds a record that must stand unchanged when the entry commits, unless
// it is required already.
func (c *Call) Require(r accesslog.Requirement) {
	if !slices.Contains(c.Requires, r) {
		c.Requires = append(c.Requires, r)
	}
}

// ShowSilent notes that the call met a record that it must not show. Only the
// owner force's PSD can read it.
func (c *Call) ShowSilent(id uuid.UUID, force string) {
	c.Touches = append(c.Touches, postgres.Touch{Record: id, Force: force, Silent: true})
}

// Met notes that the call used a record that is not itself an answer, such as
// the link that joins two nominals shown.
func (c *Call) Met(id uuid.UUID, force string) {
	c.Touches = append(c.Touches, postgres.Touch{Record: id, Force: force})
}

// Afresh takes back what was noted of records: the use case begins anew.
func (c *Call) Afresh() {
	c.Entry.Results, c.Entry.ResultCount, c.Touches = nil, 0, nil
}

// Discard takes back what the use case noted, because it failed and nothing
// is disclosed. What it met and must not show stays noted for the owner's PSD.
func (c *Call) Discard() {
	c.Entry.Results, c.Entry.ResultCount, c.Requires = nil, 0, nil
	c.Level, c.Unchanged, c.Amend, c.Tell = 0, false, nil, nil
	// A fresh list: an entry that was given up may still be on its way to the log.
	var silent []postgres.Touch
	for _, t := range c.Touches {
		if t.Silent {
			silent = append(silent, t)
		}
	}
	c.Touches = silent
	c.body, c.searchID = nil, uuid.NullUUID{}
}

// Commit appends the entry, with changes if there are any, and waits until
// both are durable. It may be called again after accesslog.ErrConflict. After an
// error that accesslog.Sanctioned knows, it is to be called once more, to log that
// the call was stopped.
func (c *Call) Commit(ctx context.Context, outcome string, changes ...accesslog.Change) error {
	if c.Receipt != nil {
		return errors.New("call: committed twice")
	}
	if c.Stopped != nil && (outcome == "OK" || len(changes) > 0) {
		return c.Stopped
	}
	c.Entry.Outcome = outcome
	p := &accesslog.Pending{Entry: c.Entry, Changes: changes, Touches: c.Touches, Requires: c.Requires,
		Level: c.Level, Unchanged: c.Unchanged, Amend: c.Amend, Tell: c.Tell}
	if c.body != nil {
		body, err := c.sealBody()
		if err != nil {
			return err
		}
		p.Body = body
	}
	if c.Stopped == nil {
		p.Caller = c.Caller()
	}
	if c.BeforeLog != nil {
		c.BeforeLog()
	}
	receipt, err := c.log.Append(ctx, p)
	if accesslog.Sanctioned(err) {
		c.Stop(err)
	}
	if errors.Is(err, accesslog.ErrUnknownOutcome) {
		c.Entry.ID = uuid.Must(uuid.NewV7()) // that entry may stand: another must not bear its id
	}
	if err != nil {
		return err
	}
	c.Receipt = &receipt
	return nil
}

func (c *Call) sealBody() (*postgres.Body, error) {
	plain, err := proto.Marshal(c.body)
	if err != nil {
		return nil, fmt.Errorf("call: body: %w", err)
	}
	dek := seal.NewDataKey()
	sealed, err := dek.Seal(plain, seal.BodyAD(c.Entry.ID))
	if err != nil {
		return nil, fmt.Errorf("call: body: %w", err)
	}
	wrapped, err := c.keys.Wrap(dek, c.Entry.ID[:])
	if err != nil {
		return nil, fmt.Errorf("call: body: %w", err)
	}
	return &postgres.Body{SearchID: c.searchID, Wrapped: wrapped, Sealed: sealed}, nil
}

type key struct{}

// With puts the call into a context.
func With(ctx context.Context, c *Call) context.Context { return context.WithValue(ctx, key{}, c) }

// From returns the call of a context. Without one the use case was reached
// past the chain, which must never happen: it panics.
func From(ctx context.Context) *Call {
	c, ok := ctx.Value(key{}).(*Call)
	if !ok {
		panic("call: a use case was reached outside the chain")
	}
	return c
}
