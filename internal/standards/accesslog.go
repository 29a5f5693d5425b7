package standards

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/service"
)

// AccessLog implements register.v1.AccessLogService.
type AccessLog struct {
	registerv1.UnimplementedAccessLogServiceServer
	*service.Deps
}

// GetCheckpoint implements the RPC.
func (s *AccessLog) GetCheckpoint(ctx context.Context, _ *registerv1.GetCheckpointRequest) (*registerv1.Checkpoint, error) {
	// Read first, so that its tree is a prefix of the newest.
	witnessed, err := s.DB.Witnessed(ctx)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return nil, err
	}
	head, err := s.DB.Head(ctx)
	if errors.Is(err, postgres.ErrNotFound) {
		return nil, service.NewProblem(codes.FailedPrecondition, service.ReasonNotFound, "the log is empty: it has no checkpoint yet")
	}
	if err != nil {
		return nil, err
	}
	out := &registerv1.Checkpoint{Origin: s.Origin, TreeSize: head.Size, RootHash: head.Root, Note: string(head.Note), Time: timestamppb.New(head.Time)}
	if w := witnessed; w.Size > 0 {
		out.Witnessed = &registerv1.WitnessedCheckpoint{TreeSize: w.Size, WitnessTime: timestamppb.New(w.Time), Witnesses: w.Witnesses, Note: string(w.Note)}
	}
	return out, nil
}

// size returns the asked tree size, or the newest; a size beyond the newest
// is the caller's fault.
func (s *AccessLog) size(ctx context.Context, asked int64, field string) (int64, error) {
	head, err := s.DB.Head(ctx)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return 0, err
	}
	switch {
	case asked == 0 && head.Size > 0:
		return head.Size, nil
	case asked == 0, asked > head.Size:
		return 0, service.Invalid(service.ReasonInvalidFields, []service.Violation{{Field: field, Description: fmt.Sprintf("the newest checkpoint has %d entries", head.Size)}})
	}
	return asked, nil
}

// GetInclusionProof implements the RPC.
func (s *AccessLog) GetInclusionProof(ctx context.Context, req *registerv1.GetInclusionProofRequest) (*registerv1.InclusionProof, error) {
	size, err := s.size(ctx, req.GetTreeSize(), "tree_size")
	if err != nil {
		return nil, err
	}
	if req.GetIndex() >= size {
		return nil, service.Invalid(service.ReasonInvalidFields, []service.Violation{{Field: "index", Description: fmt.Sprintf("must be below the tree's size, %d", size)}})
	}
	proof, err := s.Proof.Inclusion(ctx, req.GetIndex(), size)
	if err != nil {
		return nil, err
	}
	root, err := s.Proof.Root(ctx, size)
	if err != nil {
		return nil, err
	}
	entries, err := s.DB.Entries(ctx, req.GetIndex(), req.GetIndex()+1, 1)
	if err != nil {
		return nil, err
	}
	out := &registerv1.InclusionProof{Index: req.GetIndex(), TreeSize: size, RootHash: root[:]}
	if len(entries) == 1 {
		out.LeafHash = entries[0].LeafHash
	}
	for _, h := range proof {
		out.Hashes = append(out.Hashes, h[:])
	}
	cp, err := s.DB.CheckpointAt(ctx, size)
	if err == nil && cp.Size == size {
		out.Checkpoint = string(cp.Note)
	}
	return out, nil
}

// GetConsistencyProof implements the RPC.
func (s *AccessLog) GetConsistencyProof(ctx context.Context, req *registerv1.GetConsistencyProofRequest) (*registerv1.ConsistencyProof, error) {
	second, err := s.size(ctx, req.GetSecondTreeSize(), "second_tree_size")
	if err != nil {
		return nil, err
	}
	if req.GetFirstTreeSize() > second {
		return nil, service.Invalid(service.ReasonInvalidFields, []service.Violation{{Field: "first_tree_size", Description: fmt.Sprintf("must not be above the later size, %d", second)}})
	}
	proof, err := s.Proof.Consistency(ctx, req.GetFirstTreeSize(), second)
	if err != nil {
		return nil, err
	}
	first, err := s.Proof.Root(ctx, req.GetFirstTreeSize())
	if err != nil {
		return nil, err
	}
	last, err := s.Proof.Root(ctx, second)
	if err != nil {
		return nil, err
	}
	out := &registerv1.ConsistencyProof{FirstTreeSize: req.GetFirstTreeSize(), SecondTreeSize: second, FirstRootHash: first[:], SecondRootHash: last[:]}
	for _, h := range proof {
		out.Hashes = append(out.Hashes, h[:])
	}
	return out, nil
}

// ListEntries implements the RPC.
func (s *AccessLog) ListEntries(ctx context.Context, req *registerv1.ListEntriesRequest) (*registerv1.ListEntriesResponse, error) {
	c := call.From(ctx)
	notePurpose(s.Deps, c, req)

	filter, err := s.filter(req)
	if err != nil {
		return nil, err
	}
	size := service.PageSize(req.GetPageSize(), 50)
	filter.Limit = size + 1
	var rows []postgres.Entry
	if asked := req.GetIndices(); len(asked) > 0 {
		size = len(asked)
		rows, err = s.DB.EntriesListed(ctx, asked, filter.Force)
	} else {
		rows, err = s.DB.ListEntries(ctx, filter)
	}
	if err != nil {
		return nil, err
	}
	resp := &registerv1.ListEntriesResponse{}
	for i, row := range rows {
		if i == size {
			resp.NextPageToken = s.PageToken(listBinding(req), indexToken(rows[i-1].Index))
			break
		}
		entry, err := logEntry(row)
		if err != nil {
			return nil, err
		}
		resp.Entries = append(resp.Entries, entry)
	}
	shown := forcesOf(resp.GetEntries())
	if len(shown) == 0 {
		if shown, err = aboutSubject(ctx, s.Deps, c, call.ForceCode(req.GetParent()), req.GetSubject()); err != nil {
			return nil, err
		}
	}
	noteAbout(c, call.ForceCode(req.GetParent()), shown...)
	c.Entry.ResultCount = len(resp.GetEntries())
	return resp, nil
}

// reading is a request to look into the log.
type reading interface {
	GetPurpose() registerv1.LogPurpose
	GetReference() string
	GetSubject() string
}

// notePurpose notes for what the caller looks into the log.
func notePurpose(d *service.Deps, c *call.Call, req reading) {
	c.Entry.Reason = strings.TrimPrefix(req.GetPurpose().String(), "LOG_PURPOSE_")
	c.Entry.ReferenceHMAC = d.Keys.ReferenceHMAC(c.Actor.Force, req.GetReference())
	c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Code: req.GetPurpose().String(), Reference: req.GetReference(), Subject: req.GetSubject()})
}

func (s *AccessLog) filter(req *registerv1.ListEntriesRequest) (postgres.EntryFilter, error) {
	force := call.ForceCode(req.GetParent())
	f := postgres.EntryFilter{
		Force: force, Actor: req.GetSubject(), Method: req.GetMethod(), Outcome: req.GetOutcome(), Refused: req.GetRefused(), NewestFirst: true,
	}
	if req.GetCrimeReference() != "" {
		f.ReferenceHMACs = s.Keys.ReferenceHMACs(force, req.GetCrimeReference())
	}
	if req.GetRecord() != "" {
		id, err := uuid.Parse(call.RecordID(req.GetRecord()))
		if err != nil || call.ForceCode(req.GetRecord()) == "" || (force != "" && call.ForceCode(req.GetRecord()) != force) {
			return f, service.Invalid(service.ReasonInvalidFields, []service.Violation{{Field: "record", Description: "is not the resource name of a record of the force in `parent`"}})
		}
		// Everyone who met an own record is asked for, whichever force they are of.
		f.Force, f.Record, f.RecordForce = "", id, call.ForceCode(req.GetRecord())
	}
	if t := req.GetStartTime(); t != nil {
		f.From = t.AsTime()
	}
	if t := req.GetEndTime(); t != nil {
		f.Until = t.AsTime()
	}
	var after uuid.UUID
	if err := s.ReadPageToken(req.GetPageToken(), listBinding(req), &after); err != nil {
		return f, err
	}
	if after != uuid.Nil {
		before := int64(binary.BigEndian.Uint64(after[8:])) //nolint:gosec // written by indexToken
		f.Before = &before
	}
	return f, nil
}

// listBinding binds a page token to all that selects entries.
func listBinding(req *registerv1.ListEntriesRequest) string {
	return strings.Join([]string{
		"log", req.GetParent(), req.GetSubject(), req.GetMethod(), req.GetOutcome(), req.GetRecord(),
		req.GetStartTime().String(), req.GetEndTime().String(), req.GetCrimeReference(), strconv.FormatBool(req.GetRefused()),
	}, "|")
}

// indexToken carries a log index in a page token; the first byte keeps it
// from being the nil id.
func indexToken(index int64) uuid.UUID {
	var id uuid.UUID
	id[0] = 1
	binary.BigEndian.PutUint64(id[8:], uint64(index)) //nolint:gosec // never negative
	return id
}

func logEntry(row postgres.Entry) (*registerv1.LogEntry, error) {
	m, err := accesslog.ParseMetadata(row.Meta)
	if err != nil {
		return nil, fmt.Errorf("service: entry %d: %w", row.Index, err)
	}
	out := &registerv1.LogEntry{
		Index: row.Index, Time: timestamppb.New(m.Time), Subject: m.Actor.Sub, CollarNumber: m.Actor.Collar,
		OfficerVerified: m.Actor.Assurance == accesslog.Verified, Method: m.Method,
		Operation: registerv1.Operation(registerv1.Operation_value["OPERATION_"+m.Operation]),
		Outcome:   m.Outcome, Reason: m.Reason, ResultCount: service.Count(m.ResultCount), LeafHash: row.LeafHash, Metadata: row.Meta,
		Count: max(1, m.Count), Source: m.Source,
	}
	if m.Actor.Force != "" {
		out.Force = "forces/" + m.Actor.Force
	}
	return out, nil
}
