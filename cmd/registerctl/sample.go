package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type psdSampleCmd struct {
	Begin  sampleBeginCmd  `cmd:"" help:"Begin a dip sample, and bind PSD to a nonce."`
	Commit sampleCommitCmd `cmd:"" help:"For the national auditor: bind yourself to a nonce."`
	Reveal sampleRevealCmd `cmd:"" help:"Reveal your nonce; the second draws the sample."`
	Draw   sampleDrawCmd   `cmd:"" help:"Draw a sample when a nonce was not revealed within seven days."`
	Judge  sampleJudgeCmd  `cmd:"" help:"Give a verdict on an entry that was drawn."`
	List   sampleListCmd   `cmd:"" help:"List the dip samples of a force."`
}

// newNonce makes a nonce, keeps it in a file that only its owner reads, and returns
// its commitment. A file that is there already is not touched.
func newNonce(file string) (commitment string, err error) {
	nonce := make([]byte, 32)
	_, _ = rand.Read(nonce) // never fails
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(hex.EncodeToString(nonce) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", err
	}
	sum := sha256.Sum256(nonce)
	return hex.EncodeToString(sum[:]), nil
}

type sampleBeginCmd struct {
	NonceFile string `required:"" help:"Where the secret nonce goes: keep it until it is revealed." placeholder:"FILE"`
	logPeriod
	Reference string `required:"" help:"Reference of the review."`
	Size      int32  `required:"" help:"How many entries, 1 to 200."`
	Force     string `help:"Force; else your own." placeholder:"CODE"`
}

// Run begins a sample.
func (c *sampleBeginCmd) Run(a *app) error {
	period, err := c.read(time.Now())
	if err != nil {
		return err
	}
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	commitment, err := newNonce(c.NonceFile)
	if err != nil {
		return err
	}
	return a.sample(func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Sample, error) {
		return s.BeginSample(ctx, &registerv1.BeginSampleRequest{
			Parent: "forces/" + force, Purpose: period.purpose, Reference: c.Reference, Size: c.Size,
			StartTime: period.since, EndTime: period.until, Commitment: commitment,
		}, opts...)
	})
}

type sampleCommitCmd struct {
	Name      string `arg:"" help:"The sample, forces/33/samples/…"`
	NonceFile string `required:"" help:"Where the secret nonce goes: keep it until it is revealed." placeholder:"FILE"`
}

// Run binds the auditor.
func (c *sampleCommitCmd) Run(a *app) error {
	commitment, err := newNonce(c.NonceFile)
	if err != nil {
		return err
	}
	return a.sample(func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Sample, error) {
		return s.CommitSample(ctx, &registerv1.CommitSampleRequest{Name: c.Name, Commitment: commitment}, opts...)
	})
}

type sampleRevealCmd struct {
	Name      string `arg:"" help:"The sample, forces/33/samples/…"`
	NonceFile string `required:"" help:"The file with the nonce." placeholder:"FILE"`
}

// Run reveals a nonce.
func (c *sampleRevealCmd) Run(a *app) error {
	nonce, err := os.ReadFile(c.NonceFile)
	if err != nil {
		return err
	}
	return a.sample(func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Sample, error) {
		return s.RevealSample(ctx, &registerv1.RevealSampleRequest{Name: c.Name, Nonce: strings.TrimSpace(string(nonce))}, opts...)
	})
}

type sampleDrawCmd struct {
	Name string `arg:"" help:"The sample, forces/33/samples/…"`
}

// Run draws a sample.
func (c *sampleDrawCmd) Run(a *app) error {
	return a.sample(func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Sample, error) {
		return s.DrawSample(ctx, &registerv1.DrawSampleRequest{Name: c.Name}, opts...)
	})
}

type sampleJudgeCmd struct {
	Name    string `arg:"" help:"The sample, forces/33/samples/…"`
	Entry   int64  `arg:"" help:"The entry's index."`
	Verdict string `required:"" help:"proper, questioned or improper."`
	Note    string `help:"What you note; needed unless proper."`
}

// Run gives a verdict.
func (c *sampleJudgeCmd) Run(a *app) error {
	verdict, err := chosen(registerv1.Verdict_value, "VERDICT_", "--verdict", c.Verdict)
	if err != nil {
		return err
	}
	return a.sample(func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Sample, error) {
		return s.JudgeSample(ctx, &registerv1.JudgeSampleRequest{Name: c.Name, Index: c.Entry, Verdict: registerv1.Verdict(verdict), Note: c.Note}, opts...)
	})
}

type sampleListCmd struct {
	Force     string `help:"Force; else your own." placeholder:"CODE"`
	PageToken string `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// Run lists samples.
func (c *sampleListCmd) Run(a *app) error {
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.ListSamplesResponse, error) {
		return s.ListSamples(ctx, &registerv1.ListSamplesRequest{Parent: "forces/" + force, PageSize: 200, PageToken: c.PageToken}, opts...)
	}, func(m *registerv1.ListSamplesResponse) {
		for _, o := range m.GetSamples() {
			a.showSample(o)
		}
		a.more(m.GetNextPageToken())
	})
}

func (a *app) sample(do func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Sample, error)) error {
	return standards(a, do, a.showSample)
}

func (a *app) showSample(o *registerv1.Sample) {
	a.say("%s %s", strings.ToUpper(words("SAMPLE_STATE_", o.GetState())), client.Clean(o.GetName()))
	a.field("of", "entries "+strconv.FormatInt(o.GetFromIndex(), 10)+" to "+strconv.FormatInt(o.GetUntilIndex()-1, 10))
	a.field("size", strconv.Itoa(int(o.GetSize())))
	a.field("reference", o.GetReference())
	a.field("begun", minute(o.GetBeginTime()))
	if o.GetRevealUntil() != nil {
		a.field("reveal by", minute(o.GetRevealUntil()))
	}
	a.field("missing", strings.Join(o.GetMissing(), ", "))
	for _, e := range o.GetEntries() {
		a.say("  entry %d  %s %s", e.GetIndex(), words("VERDICT_", e.GetVerdict()), client.Clean(e.GetNote()))
	}
	if len(o.GetEntries()) > 0 {
		a.say("  Anyone draws it again: verifylog sample %s EXPORT --key KEY --witness KEY --quorum N", client.Clean(o.GetName()[strings.LastIndexByte(o.GetName(), '/')+1:]))
	}
}
