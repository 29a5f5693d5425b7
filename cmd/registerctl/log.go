package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/uktime"
)

type logCmd struct {
	List          logListCmd       `cmd:"" help:"List entries, newest first. Reading the log is itself recorded, with its purpose."`
	Count         logCountCmd      `cmd:"" help:"Count entries by hour, day, force, reason, method or outcome. This is recorded too."`
	Checkpoint    logCheckpointCmd `cmd:"" help:"Show the newest signed checkpoint."`
	Prove         logProveCmd      `cmd:"" help:"Verify that the log holds an entry."`
	VerifyReceipt verifyCmd        `cmd:"" name:"verify-receipt" help:"Verify the receipt of a call given as text; see receipt verify for a file."`
}

// logPeriod is what every reading of the log says: for what, and of which time.
type logPeriod struct {
	Purpose string `required:"" help:"Lawful purpose: lawfulness, self-monitoring, security or criminal-proceedings."`
	Since   string `help:"Only entries from this time on: 2026-11-20, 2026-11-20T08:00:00Z, or 24h, 7d before now." placeholder:"TIME"`
	Until   string `help:"Only entries before this time." placeholder:"TIME"`
}

// periodRead is a logPeriod as the contract has it.
type periodRead struct {
	purpose      registerv1.LogPurpose
	since, until *timestamppb.Timestamp
}

// read tells all that is wrong with it at once.
func (p *logPeriod) read(now time.Time) (periodRead, error) {
	purpose, err := client.LogPurpose(p.Purpose)
	since, errSince := moment(p.Since, now)
	until, errUntil := moment(p.Until, now)
	if err := errors.Join(err, errSince, errUntil); err != nil {
		return periodRead{}, usageError{err}
	}
	return periodRead{purpose: purpose, since: stamp(since), until: stamp(until)}, nil
}

type logListCmd struct {
	logPeriod
	Reference string  `required:"" help:"Reference of the case or review."`
	Subject   string  `help:"Only this user's or system's entries."`
	Method    string  `help:"Only calls of this method, such as SearchService.CreateSearch."`
	Outcome   string  `help:"Only entries with this outcome, such as OK or PERMISSION_DENIED."`
	Crime     string  `help:"Only entries with this crime or incident reference of the force." placeholder:"REFERENCE"`
	Refused   bool    `help:"Only refusals and failures."`
	Record    string  `help:"Only entries that showed, changed or met this record of the force."`
	Entry     []int64 `help:"Only the entry with this index; may be repeated, and goes with no other filter." placeholder:"INDEX"`
	Force     string  `help:"Force whose entries are read; else your own." placeholder:"CODE"`
	AllForces bool    `help:"Entries of all forces, for the national auditor."`
	Limit     int     `help:"How many at most." default:"50"`
	PageToken string  `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

const maxPage = 500

// Run lists entries.
func (c *logListCmd) Run(a *app) error {
	req, err := c.request(a)
	if err != nil {
		return err
	}
	conn, err := a.connect()
	if err != nil {
		return err
	}
	all := &registerv1.ListEntriesResponse{}
	for len(all.GetEntries()) < c.Limit {
		if len(c.Entry) == 0 {
			req.PageSize = int32(min(c.Limit-len(all.GetEntries()), maxPage)) //nolint:gosec // at most maxPage
		}
		var page *registerv1.ListEntriesResponse
		_, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
			page, err = registerv1.NewAccessLogServiceClient(conn).ListEntries(ctx, req, opts...)
			return err
		})
		if err != nil {
			return err
		}
		all.Entries = append(all.Entries, page.GetEntries()...)
		all.NextPageToken = page.GetNextPageToken()
		if all.GetNextPageToken() == "" {
			break
		}
		req.PageToken = all.GetNextPageToken()
	}
	if a.JSON {
		return a.printJSON(all)
	}
	var rows [][]string
	for _, e := range all.GetEntries() {
		who := e.GetSubject()
		if e.GetCollarNumber() != "" {
			who += " (" + e.GetCollarNumber()
			if !e.GetOfficerVerified() {
				who += ", asserted"
			}
			who += ")"
		}
		outcome := e.GetOutcome()
		if e.GetSource() != "" {
			outcome += fmt.Sprintf(" (calls: %d, from %s)", e.GetCount(), e.GetSource())
		}
		rows = append(rows, []string{
			strconv.FormatInt(e.GetIndex(), 10), minute(e.GetTime()), forceCode(e.GetForce()), who, e.GetMethod(),
			words("OPERATION_", e.GetOperation()), outcome, e.GetReason(), strconv.Itoa(int(e.GetResultCount())),
		})
	}
	a.table([]string{"ENTRY", "TIME", "FORCE", "WHO", "METHOD", "OPERATION", "OUTCOME", "REASON", "RECORDS"}, rows)
	if all.GetNextPageToken() != "" {
		a.say("More: --page-token %s", client.Clean(all.GetNextPageToken()))
	}
	return nil
}

func (c *logListCmd) request(a *app) (*registerv1.ListEntriesRequest, error) {
	period, err := c.read(time.Now())
	if err != nil {
		return nil, err
	}
	if c.Limit < 1 {
		return nil, usageError{errors.New("--limit must be at least 1")}
	}
	force, err := a.logForce(c.Force, c.AllForces)
	if err != nil {
		return nil, err
	}
	subject, err := a.wholeSubject(c.Subject)
	if err != nil {
		return nil, err
	}
	return &registerv1.ListEntriesRequest{
		Parent: "forces/" + force, Purpose: period.purpose, Reference: c.Reference, Subject: subject, Method: c.Method,
		Outcome: c.Outcome, CrimeReference: c.Crime, Refused: c.Refused, Record: c.Record, StartTime: period.since, EndTime: period.until, PageToken: c.PageToken, Indices: c.Entry,
	}, nil
}

// logForce is the force whose log is read; "-" is all of them.
func (a *app) logForce(asked string, all bool) (string, error) {
	switch {
	case all && asked != "":
		return "", usageError{errors.New("give --force or --all-forces, not both")}
	case all:
		return "-", nil
	case asked != "":
		return asked, nil
	}
	self, err := a.self()
	if err != nil {
		return "", err
	}
	force := forceCode(self.GetForce())
	if force == "" {
		return "", usageError{errors.New("you belong to no force: give --force or --all-forces")}
	}
	return force, nil
}

// moment reads a time as uktime.Moment does; a day is one of this machine's clock.
func moment(s string, now time.Time) (time.Time, error) {
	return uktime.Moment(s, now, time.Local)
}

// stamp is the time in a message; no time is absent.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

type logCheckpointCmd struct {
	Witnessed bool `help:"The newest that witnesses have co-signed, verified to be a part of the newest."`
}

// Run shows the newest checkpoint.
func (c *logCheckpointCmd) Run(a *app) error {
	if c.Witnessed {
		return a.showWitnessed()
	}
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var got *registerv1.Checkpoint
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		got, err = registerv1.NewAccessLogServiceClient(conn).GetCheckpoint(ctx, &registerv1.GetCheckpointRequest{}, opts...)
		return err
	})
	if err != nil {
		return err
	}
	_, p, err := a.profile()
	if err != nil {
		return err
	}
	checkpoint, err := client.OpenCheckpoint(got.GetNote(), p.LogKey)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(got)
	}
	for _, line := range client.Lines(got.GetNote()) {
		a.say("%s", line)
	}
	a.warn("%s", signature(checkpoint))
	return nil
}

func signature(c *client.Checkpoint) string {
	if c.Signed {
		return "The signature is the log's."
	}
	return "The signature was NOT checked: give the log's key by --log-key."
}

type logProveCmd struct {
	Index int64 `arg:"" help:"The entry."`
}

// Run verifies that the newest checkpoint's tree holds the entry.
func (c *logProveCmd) Run(a *app) error {
	p, err := a.prover()
	if err != nil {
		return err
	}
	var proof *client.Proof
	_, err = a.call(func(ctx context.Context, _ ...grpc.CallOption) (err error) {
		proof, err = p.Entry(ctx, c.Index)
		return err
	})
	if err != nil {
		return err
	}
	return a.showProof(proof)
}

func (a *app) prover() (*client.Prover, error) {
	conn, err := a.connect()
	if err != nil {
		return nil, err
	}
	_, profile, err := a.profile()
	if err != nil {
		return nil, err
	}
	witnesses, err := client.NewWitnesses(profile.WitnessKeys, profile.WitnessQuorum)
	if err != nil {
		return nil, usageError{err}
	}
	return &client.Prover{Log: registerv1.NewAccessLogServiceClient(conn), Key: profile.LogKey, Witnesses: witnesses}, nil
}

func (a *app) showProof(p *client.Proof) error {
	if a.JSON {
		value := map[string]any{
			"index": p.Index, "leafHash": p.Leaf.String(), "origin": p.Checkpoint.Origin, "treeSize": p.Checkpoint.Tree.N,
			"rootHash": p.Checkpoint.Tree.Hash.String(), "newestTreeSize": p.Newest.Tree.N, "signatureChecked": p.Newest.Signed,
		}
		if w := p.Witnessed; w != nil {
			value["witnessedTreeSize"], value["witnessed"] = w.Checkpoint.Tree.N, w.Checkpoint.Tree.N > p.Index
		}
		return a.printValue(value)
	}
	a.say("PROVED. %s holds entry %d in its tree of %d entries.", client.Clean(p.Checkpoint.Origin), p.Index, p.Checkpoint.Tree.N)
	if p.Newest.Tree.N > p.Checkpoint.Tree.N {
		a.say("The newest tree, of %d entries, extends that tree: nothing before was changed.", p.Newest.Tree.N)
	}
	if w := p.Witnessed; w != nil && w.Checkpoint.Tree.N > p.Index {
		a.say("Witnesses have co-signed a tree that holds it, of %d entries: %s.", w.Checkpoint.Tree.N, cosigners(w.By))
	} else if w != nil {
		a.say("It is NOT YET co-signed: the newest tree that witnesses have co-signed has %d entries.", w.Checkpoint.Tree.N)
	}
	a.say("leaf %s", p.Leaf)
	a.say("root %s", p.Checkpoint.Tree.Hash)
	a.warn("%s", signature(p.Newest))
	return nil
}
