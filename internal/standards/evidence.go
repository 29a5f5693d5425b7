package standards

import (
	"archive/zip"
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	bundle "github.com/perpetrator-register/register/internal/evidence"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/service"
)

// Limits of MakeEvidence.
const (
	evidenceLongest = 10 * time.Minute // for all of a bundle
	evidenceChunk   = 64 << 10         // bytes of one part
)

// ListCaseAccesses implements the RPC.
func (s *Standards) ListCaseAccesses(ctx context.Context, req *registerv1.ListCaseAccessesRequest) (*registerv1.ListCaseAccessesResponse, error) {
	c := call.From(ctx)
	out := &registerv1.ListCaseAccessesResponse{}
	var err error
	out.NextPageToken, err = service.ListRecords(ctx, s.Deps, service.PageOf(postgres.KindCaseAccess, req), service.Every, func(cur postgres.Current, m *storev1.StoredCaseAccess) {
		m.Access.Name = req.GetParent() + "/caseAccesses/" + cur.Record.ID.String()
		c.Show(cur.Record.ID, cur.Record.Force)
		out.CaseAccesses = append(out.CaseAccesses, m.GetAccess())
	})
	return out, err
}

// MakeEvidence implements the RPC. The entry of the call is that of the disclosure: it
// commits before the first part is sent.
func (s *Standards) MakeEvidence(req *registerv1.MakeEvidenceRequest, stream registerv1.StandardsService_MakeEvidenceServer) error {
	ctx, cancel := context.WithTimeout(stream.Context(), evidenceLongest)
	defer cancel()
	c := call.From(ctx)
	r := bundle.Request{
		Force: call.ForceCode(req.GetParent()), Case: req.GetCrimeReference(), Subject: req.GetSubject(), Reference: req.GetReference(), Recipient: req.GetRecipient(),
	}
	if t := req.GetStartTime(); t != nil {
		r.From = t.AsTime()
	}
	if t := req.GetEndTime(); t != nil {
		r.Until = t.AsTime()
	}
	c.Entry.Reason = purposeName(req.GetPurpose())
	c.Entry.ReferenceHMAC = s.Keys.ReferenceHMAC(c.Actor.Force, req.GetReference())
	maker := bundle.Maker{DB: s.DB, Keys: s.Keys, Origin: s.Origin}
	finding, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	entries, err := maker.Find(finding, &r)
	switch {
	case errors.Is(err, bundle.ErrNothing):
		return service.NewProblem(codes.FailedPrecondition, service.ReasonNoEntry, "no entry is selected: nothing was made")
	case errors.Is(err, bundle.ErrTooMany):
		return service.NewProblem(codes.FailedPrecondition, service.ReasonTooManyEntries, "more than 20,000 entries are selected: ask for a shorter time, or for an export of the log")
	case err != nil:
		return err
	}
	c.SetBody(r.Reason(c.Method.Short, entries))
	of, err := callersForces(entries)
	if err != nil {
		return err
	}
	noteAbout(c, r.Force, of...)
	c.Entry.ResultCount, c.Entry.Recipients = len(entries), []string{req.GetRecipient()}
	limited, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	if err := c.Commit(limited, service.OutcomeName(codes.OK)); err != nil {
		return err
	}
	head := &registerv1.EvidenceHead{Disclosure: c.Receipt.Index, Receipt: c.Receipt.String(), Entries: service.Count(len(entries))}
	if err := stream.Send(&registerv1.MakeEvidenceResponse{Part: &registerv1.MakeEvidenceResponse_Head{Head: head}}); err != nil {
		return err
	}
	parts := &evidenceParts{stream: stream}
	archive := zip.NewWriter(parts)
	if err := maker.Write(ctx, zipSink{archive, c.Receipt.Time}, &r, entries, *c.Receipt); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return parts.flush()
}

// zipSink puts the files of a bundle into an archive.
type zipSink struct {
	archive *zip.Writer
	made    time.Time
}

// Put implements bundle.Sink.
func (z zipSink) Put(name string, data []byte) error {
	w, err := z.archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: z.made})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// evidenceParts sends what is written in parts.
type evidenceParts struct {
	stream registerv1.StandardsService_MakeEvidenceServer
	held   []byte
}

// Write implements io.Writer.
func (p *evidenceParts) Write(data []byte) (int, error) {
	n := len(data)
	for len(data) > 0 {
		take := min(len(data), evidenceChunk-len(p.held))
		p.held, data = append(p.held, data[:take]...), data[take:]
		if len(p.held) == evidenceChunk {
			if err := p.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

// flush sends what is held. Every part has bytes of its own: who receives it in this
// process may hold them still.
func (p *evidenceParts) flush() error {
	if len(p.held) == 0 {
		return nil
	}
	part := p.held
	p.held = nil
	return p.stream.Send(&registerv1.MakeEvidenceResponse{Part: &registerv1.MakeEvidenceResponse_Chunk{Chunk: part}})
}
