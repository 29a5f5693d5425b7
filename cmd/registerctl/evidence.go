package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type psdCaseAccessesCmd struct {
	Force     string `required:"" help:"Force that they are for." placeholder:"CODE"`
	PageToken string `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// Run lists case accesses.
func (c *psdCaseAccessesCmd) Run(a *app) error {
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.ListCaseAccessesResponse, error) {
		return s.ListCaseAccesses(ctx, &registerv1.ListCaseAccessesRequest{Parent: "forces/" + c.Force, PageSize: 200, PageToken: c.PageToken, NewestFirst: true}, opts...)
	}, func(m *registerv1.ListCaseAccessesResponse) {
		for _, k := range m.GetCaseAccesses() {
			a.say("%s", client.Clean(k.GetName()))
			a.field("for", words("LOG_PURPOSE_", k.GetPurpose())+" ("+k.GetReference()+")")
			a.field("opened", minute(k.GetOpenTime())+" by "+k.GetOpener())
			a.field("until", minute(k.GetExpireTime()))
		}
		a.more(m.GetNextPageToken())
	})
}

type psdEvidenceCmd struct {
	logPeriod
	Reference string `required:"" help:"Reference of the proceedings for which it is made."`
	Recipient string `required:"" help:"Code of the body that receives it: iopc, cps, forces/33. No person: it stands in the log in clear."`
	Subject   string `help:"Only this user's or system's entries."`
	Crime     string `help:"Only entries with this crime or incident reference of the force." placeholder:"REFERENCE"`
	Force     string `help:"Force whose entries are wanted; else your own." placeholder:"CODE"`
	AllForces bool   `help:"Entries of all forces, for the national auditor."`
	Out       string `required:"" help:"The archive (ZIP) to write; it must not be there yet." type:"path" placeholder:"FILE"`
}

// Run makes a bundle, and writes it to a file of the caller's own. What breaks off is
// no evidence, and is not kept.
func (c *psdEvidenceCmd) Run(a *app) (err error) {
	period, err := c.read(time.Now())
	if err != nil {
		return err
	}
	force, err := a.logForce(c.Force, c.AllForces)
	if err != nil {
		return err
	}
	subject, err := a.wholeSubject(c.Subject)
	if err != nil {
		return err
	}
	conn, err := a.connect()
	if err != nil {
		return err
	}
	file, err := newOwnFile(c.Out)
	if err != nil {
		return err
	}
	defer func() { err = file.end(err) }()
	// A bundle takes longer than a call.
	stream, err := registerv1.NewStandardsServiceClient(conn).MakeEvidence(a.ctx, &registerv1.MakeEvidenceRequest{
		Parent: "forces/" + force, Purpose: period.purpose, Reference: c.Reference, Recipient: c.Recipient, Subject: subject, CrimeReference: c.Crime, StartTime: period.since, EndTime: period.until,
	})
	if err != nil {
		return err
	}
	for {
		part, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			a.say("OFFICIAL-SENSITIVE: %s; unpack it, and verify it by verifylog evidence", client.Clean(c.Out))
			return a.keepReceipt(stream.Trailer())
		case err != nil:
			return err
		case part.GetHead() != nil:
			a.say("%d entries. This disclosure is recorded under your name, entry %d.", part.GetHead().GetEntries(), part.GetHead().GetDisclosure())
		}
		if _, err := file.Write(part.GetChunk()); err != nil {
			return fmt.Errorf("%s: %w", c.Out, err)
		}
	}
}
