package service

import (
	"context"
	"encoding/binary"
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
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// readingMethods are the calls by which people look into the log.
var readingMethods = []string{
	"AccessLogService.ListEntries", "AccessLogService.SummariseActivity",
	"StandardsService.OpenUnsealing", "StandardsService.ListReadings", "StandardsService.MakeEvidence",
}

// reviewable refuses to let a force review itself.
func reviewable(c *call.Call, force string) error {
	if !national(c.Actor) && c.Actor.Force == force {
		return problem(codes.PermissionDenied, ReasonOtherForce, "the readings of your own force are reviewed by another, or by the national auditor")
	}
	return nil
}

// ListReadings implements the RPC.
func (s *Standards) ListReadings(ctx context.Context, req *registerv1.ListReadingsRequest) (*registerv1.ListReadingsResponse, error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	if err := reviewable(c, force); err != nil {
		return nil, err
	}
	s.notePurpose(c, req)
	binding := strings.Join([]string{"readings", req.GetParent(), req.GetSubject()}, "|")
	size := pageSize(req.GetPageSize(), 50)
	filter := postgres.EntryFilter{Force: force, Actor: req.GetSubject(), Methods: readingMethods, Outcome: OutcomeName(codes.OK), NewestFirst: true, Limit: size + 1}
	var after uuid.UUID
	if err := s.readPageToken(req.GetPageToken(), binding, &after); err != nil {
		return nil, err
	}
	if after != uuid.Nil {
		before := int64(binary.BigEndian.Uint64(after[8:])) //nolint:gosec // written by indexToken
		filter.Before = &before
	}
	rows, err := s.DB.ListEntries(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := &registerv1.ListReadingsResponse{}
	for i, row := range rows {
		if i == size {
			out.NextPageToken = s.pageToken(binding, indexToken(rows[i-1].Index))
			break
		}
		r, err := readingOf(row, force)
		if err != nil {
			return nil, err
		}
		if _, _, err := s.review(ctx, r, force, row.Index); err != nil {
			return nil, err
		}
		out.Readings = append(out.Readings, r)
	}
	c.Entry.ResultCount = len(out.GetReadings())
	return out, nil
}

// readingOf makes a reading of its entry.
func readingOf(row postgres.Entry, force string) (*registerv1.Reading, error) {
	m, err := accesslog.ParseMetadata(row.Meta)
	if err != nil {
		return nil, err
	}
	return &registerv1.Reading{
		Name: "forces/" + force + "/readings/" + strconv.FormatInt(row.Index, 10), Time: timestamppb.New(m.Time),
		Subject: m.Actor.Sub, CollarNumber: m.Actor.Collar, Method: m.Method, Purpose: m.Reason, ResultCount: clamp(m.ResultCount),
	}, nil
}

func (s *Standards) reviewKeys(force string, index int64) []seal.HMAC {
	return s.Keys.SourceHMACs(force, "standards", strconv.FormatInt(index, 10), string(postgres.KindReview))
}

// review puts the verdict that stands into a reading; found is false when there is
// none.
func (s *Standards) review(ctx context.Context, r *registerv1.Reading, force string, index int64) (cur postgres.Current, found bool, err error) {
	cur, found, err = s.bySource(ctx, s.reviewKeys(force, index))
	if err != nil || !found {
		return cur, false, err
	}
	var stored storev1.StoredReview
	if _, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
		return cur, false, err
	}
	v := stored.GetReading()
	r.Verdict, r.Note, r.Reviewer, r.ReviewTime, r.ReviewCheck = v.GetVerdict(), v.GetNote(), v.GetReviewer(), v.GetReviewTime(), v.GetReviewCheck()
	return cur, true, nil
}

// ReviewReading implements the RPC.
func (s *Standards) ReviewReading(ctx context.Context, req *registerv1.ReviewReadingRequest) (answer *registerv1.Reading, err error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetName())
	if err := reviewable(c, force); err != nil {
		return nil, err
	}
	s.noteReason(c, c.Actor.Force, &storev1.StoredReason{Code: req.GetVerdict().String(), Explanation: req.GetNote()})
	index, err := strconv.ParseInt(call.RecordID(req.GetName()), 10, 64)
	if err != nil {
		return nil, notFound("reading")
	}
	before := index + 1
	after := index - 1
	rows, err := s.DB.ListEntries(ctx, postgres.EntryFilter{Force: force, Methods: readingMethods, Outcome: OutcomeName(codes.OK), After: &after, Before: &before, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, notFound("reading")
	}
	meta, err := accesslog.ParseMetadata(rows[0].Meta)
	if err != nil {
		return nil, err
	}
	check, err := s.reviewer(c).check(ctx, callersOf(&meta)...)
	if err != nil {
		return nil, err
	}
	err = retry(ctx, func() error {
		if answer, err = readingOf(rows[0], force); err != nil {
			return err
		}
		cur, found, err := s.review(ctx, answer, force, index)
		if err != nil {
			return err
		}
		answer.Verdict, answer.Note, answer.Reviewer, answer.ReviewTime = req.GetVerdict(), req.GetNote(), call.Subject(c.Actor), s.timestamp()
		answer.ReviewCheck = check
		content := &storev1.StoredReview{Reading: &registerv1.Reading{
			Verdict: answer.GetVerdict(), Note: answer.GetNote(), Reviewer: answer.GetReviewer(), ReviewTime: answer.GetReviewTime(), ReviewCheck: check,
		}}
		change, err := s.nextOrFirst(cur, found, postgres.KindReview, force, s.reviewKeys(force, index)[0], content)
		if err != nil {
			return err
		}
		return s.commit(ctx, c, change.Record, change)
	})
	return answer, err
}
