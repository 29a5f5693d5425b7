package standards

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/sample"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/service"
)

// revealTime is how long both parties have to reveal their nonces.
const revealTime = 7 * 24 * time.Hour

// BeginSample implements the RPC. Terms and commitment stand in the entry in the
// clear, so that anyone can redo the draw from the log alone.
func (s *Standards) BeginSample(ctx context.Context, req *registerv1.BeginSampleRequest) (*registerv1.Sample, error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	c.Entry.Reason = purposeName(req.GetPurpose())
	s.noteReason(c, c.Actor.Force, &storev1.StoredReason{Code: req.GetPurpose().String(), Reference: req.GetReference()})
	head, err := s.DB.Head(ctx)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return nil, err
	}
	from, until := int64(0), head.Size
	if req.GetStartTime() != nil || req.GetEndTime() != nil {
		var start, end time.Time
		if t := req.GetStartTime(); t != nil {
			start = t.AsTime()
		}
		if t := req.GetEndTime(); t != nil {
			end = t.AsTime()
		}
		if from, until, err = s.DB.IndexBounds(ctx, start, end); err != nil {
			return nil, err
		}
		until = min(until, head.Size)
	}
	population, err := s.DB.Population(ctx, force, from, until)
	if err != nil {
		return nil, err
	}
	if len(population) == 0 {
		return nil, service.NewProblem(codes.FailedPrecondition, service.ReasonNotFound, "there is no entry of the force's callers in that time to draw")
	}
	id := uuid.Must(uuid.NewV7())
	out := &registerv1.Sample{
		State: registerv1.SampleState_SAMPLE_STATE_BEGUN, Purpose: req.GetPurpose(), Reference: req.GetReference(),
		FromIndex: from, UntilIndex: until, Size: req.GetSize(), PsdCommitment: req.GetCommitment(), BeginTime: s.Timestamp(),
	}
	c.Entry.Marks = []string{begun(id, force, out)}
	source := s.Keys.SourceHMAC(force, "standards", id.String(), string(postgres.KindSample))
	change, err := s.FirstWith(id, postgres.KindSample, force, source, 1, &storev1.StoredSample{Sample: out})
	if err != nil {
		return nil, err
	}
	out.Name = service.ResourceName(postgres.KindSample, force, id)
	if err := s.Commit(ctx, c, change.Record, change); err != nil {
		c.Entry.Marks = nil
		return nil, err
	}
	return out, nil
}

// begun is the mark of the entry that began a sample.
func begun(id uuid.UUID, force string, o *registerv1.Sample) string {
	commitment, _ := sample.ParseHex(o.GetPsdCommitment()) // the contract's rule has checked it
	return sample.Terms{
		ID: id.String(), Force: force, From: o.GetFromIndex(), Until: o.GetUntilIndex(), Size: int(o.GetSize()),
	}.Begin(commitment)
}

// openedSample is a sample with what is needed to write its next version.
type openedSample struct {
	cur    postgres.Current
	key    seal.DataKey
	stored *storev1.StoredSample
	*registerv1.Sample
}

func (o *openedSample) id() string { return o.cur.Record.ID.String() }

// stepSample makes the next version of a sample by a step, which says under which
// marks it is logged; with none and no error nothing changes.
func (s *Standards) stepSample(ctx context.Context, name string, step func(o *openedSample) (marks []string, err error)) (answer *registerv1.Sample, err error) {
	c := call.From(ctx)
	defer func() {
		if err != nil {
			c.Entry.Marks = nil // what was not done must not stand in the log
		}
	}()
	err = service.Retry(ctx, func() error {
		o := &openedSample{stored: &storev1.StoredSample{}}
		var err error
		if o.cur, o.key, err = s.Current(ctx, postgres.KindSample, name, o.stored); err != nil {
			return err
		}
		o.Sample = o.stored.GetSample()
		marks, err := step(o)
		if err != nil {
			return err
		}
		c.Entry.Marks = marks
		var changes []accesslog.Change
		if marks != nil {
			change, err := s.Next(o.cur, o.key, o.cur.Version.Revision+1, o.stored)
			if err != nil {
				return err
			}
			changes = append(changes, change)
		}
		o.Name, answer = name, o.Sample
		return s.Commit(ctx, c, o.cur.Record, changes...)
	})
	return answer, err
}

// CommitSample implements the RPC.
func (s *Standards) CommitSample(ctx context.Context, req *registerv1.CommitSampleRequest) (*registerv1.Sample, error) {
	return s.stepSample(ctx, req.GetName(), func(o *openedSample) ([]string, error) {
		commitment, _ := sample.ParseHex(req.GetCommitment())
		switch {
		case o.GetAuditorCommitment() == req.GetCommitment():
			return nil, nil
		case o.GetState() != registerv1.SampleState_SAMPLE_STATE_BEGUN:
			return nil, service.NewProblem(codes.FailedPrecondition, service.ReasonTooLate, "the national auditor is bound to another nonce")
		case req.GetCommitment() == o.GetPsdCommitment():
			return nil, service.Invalid(service.ReasonInvalidFields, []service.Violation{{Field: "commitment", Description: "is PSD's own: choose a nonce of yours"}})
		}
		o.State, o.AuditorCommitment = registerv1.SampleState_SAMPLE_STATE_COMMITTED, req.GetCommitment()
		o.RevealUntil = timestamppb.New(s.Now().Add(revealTime))
		return []string{sample.Commit(o.id(), commitment)}, nil
	})
}

// basis is the checkpoint that the draw of a sample rests on: the first after the
// second commitment that witnesses have co-signed, so that nobody has chosen it.
func (s *Standards) basis(ctx context.Context, o *openedSample) (postgres.WitnessedCheckpoint, error) {
	if o.GetState() == registerv1.SampleState_SAMPLE_STATE_BEGUN {
		return postgres.WitnessedCheckpoint{}, service.NewProblem(codes.FailedPrecondition, service.ReasonTooEarly, "the national auditor is not bound to a nonce yet")
	}
	versions, err := s.DB.VersionsByID(ctx, o.cur.Record.ID)
	if err != nil {
		return postgres.WitnessedCheckpoint{}, err
	}
	const committed = 1 // the second version is the second commitment's
	cp, err := s.DB.WitnessedAfter(ctx, versions[committed].Version.LogIndex)
	if errors.Is(err, postgres.ErrNotFound) {
		return cp, service.NewProblem(codes.FailedPrecondition, service.ReasonNotWitnessed, "witnesses have not co-signed the log since both were bound: try again later")
	}
	return cp, err
}

// RevealSample implements the RPC.
func (s *Standards) RevealSample(ctx context.Context, req *registerv1.RevealSampleRequest) (*registerv1.Sample, error) {
	c := call.From(ctx)
	return s.stepSample(ctx, req.GetName(), func(o *openedSample) ([]string, error) {
		mine, commitment := &o.PsdNonce, o.GetPsdCommitment()
		if national(c.Actor) {
			mine, commitment = &o.AuditorNonce, o.GetAuditorCommitment()
		}
		if *mine == req.GetNonce() {
			return nil, nil
		}
		cp, err := s.basis(ctx, o)
		if err != nil {
			return nil, err
		}
		nonce, _ := sample.ParseHex(req.GetNonce())
		bound, _ := sample.ParseHex(commitment)
		switch {
		case o.GetState() == registerv1.SampleState_SAMPLE_STATE_DRAWN:
			return nil, service.NewProblem(codes.FailedPrecondition, service.ReasonTooLate, "the sample was drawn without it")
		case sha256.Sum256(nonce[:]) != bound:
			return nil, service.Invalid(service.ReasonInvalidFields, []service.Violation{{Field: "nonce", Description: "is not the one that was committed to"}})
		}
		*mine = req.GetNonce()
		marks := []string{sample.Reveal(o.id(), nonce[:])}
		if o.GetPsdNonce() == "" || o.GetAuditorNonce() == "" {
			return marks, nil
		}
		drawn, err := s.draw(ctx, o, cp)
		return append(marks, drawn), err
	})
}

// DrawSample implements the RPC.
func (s *Standards) DrawSample(ctx context.Context, req *registerv1.DrawSampleRequest) (*registerv1.Sample, error) {
	return s.stepSample(ctx, req.GetName(), func(o *openedSample) ([]string, error) {
		if o.GetState() == registerv1.SampleState_SAMPLE_STATE_DRAWN {
			return nil, nil
		}
		cp, err := s.basis(ctx, o)
		if err != nil {
			return nil, err
		}
		if s.Now().Before(o.GetRevealUntil().AsTime()) {
			return nil, service.NewProblem(codes.FailedPrecondition, service.ReasonTooEarly, "both may still reveal their nonces")
		}
		drawn, err := s.draw(ctx, o, cp)
		return []string{drawn}, err
	})
}

// draw draws the entries of a sample, and returns the mark that records it.
func (s *Standards) draw(ctx context.Context, o *openedSample, cp postgres.WitnessedCheckpoint) (string, error) {
	force := o.cur.Record.Force
	population, err := s.DB.Population(ctx, force, o.GetFromIndex(), o.GetUntilIndex())
	if err != nil {
		return "", err
	}
	text, _, _ := strings.Cut(string(cp.Note), "\n\n")
	parts := [2][32]byte{}
	for i, p := range []struct{ party, nonce, commitment string }{
		{"PSD", o.GetPsdNonce(), o.GetPsdCommitment()}, {"IOPC", o.GetAuditorNonce(), o.GetAuditorCommitment()},
	} {
		value := p.nonce
		if value == "" {
			value, o.Missing = p.commitment, append(o.Missing, p.party)
		}
		parts[i], _ = sample.ParseHex(value)
	}
	seed := sample.Seed(begun(o.cur.Record.ID, force, o.Sample), text+"\n", parts[0], parts[1])
	var indices []int64
	for _, place := range sample.Draw(seed, len(population), int(o.GetSize())) {
		indices = append(indices, population[place])
		o.Entries = append(o.Entries, &registerv1.DrawnEntry{Index: population[place]})
	}
	o.State, o.TreeSize = registerv1.SampleState_SAMPLE_STATE_DRAWN, cp.Size
	return sample.Drawn(o.id(), cp.Size, indices), nil
}

// JudgeSample implements the RPC.
func (s *Standards) JudgeSample(ctx context.Context, req *registerv1.JudgeSampleRequest) (*registerv1.Sample, error) {
	c := call.From(ctx)
	s.noteReason(c, c.Actor.Force, &storev1.StoredReason{Code: req.GetVerdict().String(), Explanation: req.GetNote()})
	return s.stepSample(ctx, req.GetName(), func(o *openedSample) ([]string, error) {
		for _, e := range o.GetEntries() {
			if e.GetIndex() != req.GetIndex() {
				continue
			}
			rows, err := s.DB.Entries(ctx, e.GetIndex(), e.GetIndex()+1, 1)
			if err != nil || len(rows) == 0 {
				return nil, err
			}
			meta, err := accesslog.ParseMetadata(rows[0].Meta)
			if err != nil {
				return nil, err
			}
			if e.ReviewCheck, err = reviewerOf(s.Deps, c).check(ctx, callersOf(&meta)...); err != nil {
				return nil, err
			}
			e.Verdict, e.Note, e.Reviewer, e.ReviewTime = req.GetVerdict(), req.GetNote(), call.Subject(c.Actor), s.Timestamp()
			return []string{conflictMark(e.GetReviewCheck())}, nil
		}
		return nil, service.Invalid(service.ReasonInvalidFields, []service.Violation{{Field: "index", Description: "is not one of the entries drawn"}})
	})
}

// ListSamples implements the RPC.
func (s *Standards) ListSamples(ctx context.Context, req *registerv1.ListSamplesRequest) (*registerv1.ListSamplesResponse, error) {
	c := call.From(ctx)
	out := &registerv1.ListSamplesResponse{}
	var err error
	out.NextPageToken, err = service.ListRecords(ctx, s.Deps, service.PageOf(postgres.KindSample, req), service.Every, func(cur postgres.Current, m *storev1.StoredSample) {
		m.Sample.Name = service.ResourceName(cur.Record.Kind, cur.Record.Force, cur.Record.ID)
		c.Show(cur.Record.ID, cur.Record.Force)
		out.Samples = append(out.Samples, m.GetSample())
	})
	return out, err
}
