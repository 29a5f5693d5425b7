package standards

import (
	"context"
	"encoding/binary"
	"strconv"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/service"
	"github.com/perpetrator-register/register/internal/view"
)

// readingMethods are the calls by which people look into the log.
var readingMethods = []string{
	"AccessLogService.ListEntries", "AccessLogService.SummariseActivity",
	"StandardsService.OpenUnsealing", "StandardsService.ListReadings", "StandardsService.MakeEvidence",
}

// reviewable refuses to let a force, or the national auditor, review itself.
func reviewable(c *call.Call, audience string) error {
	switch {
	case audience == misuse.National && national(c.Actor):
		return service.NewProblem(codes.PermissionDenied, service.ReasonOtherForce, "your own readings are reviewed by the department of a force")
	case audience == c.Actor.Force:
		return service.NewProblem(codes.PermissionDenied, service.ReasonOtherForce, "the readings of your own force are reviewed by another, or by the national auditor")
	}
	return nil
}

// readingsOf selects the readings of a force's people, or of the national auditor's.
func readingsOf(audience string) postgres.EntryFilter {
	f := postgres.EntryFilter{Methods: readingMethods, Outcome: service.OutcomeName(codes.OK)}
	if audience == misuse.National {
		f.National = true
	} else {
		f.Force = audience
	}
	return f
}

// readingsPage is how many entries are read at a time to find those that one may review.
const readingsPage = 201

// ListReadings implements the RPC. A page is full whatever was left out, so that nobody can
// count what is about him.
func (s *Standards) ListReadings(ctx context.Context, req *registerv1.ListReadingsRequest) (*registerv1.ListReadingsResponse, error) {
	c := call.From(ctx)
	of := audience(req.GetParent())
	if err := reviewable(c, of); err != nil {
		return nil, err
	}
	notePurpose(s.Deps, c, req)
	noteAbout(c, call.ForceCode(req.GetParent()))
	binding := service.AskedOf("readings", req)
	filter := readingsOf(of)
	filter.Actor, filter.NewestFirst, filter.Limit = req.GetSubject(), true, readingsPage
	var after uuid.UUID
	if err := s.ReadPageToken(req.GetPageToken(), binding, &after); err != nil {
		return nil, err
	}
	if after != uuid.Nil {
		before := int64(binary.BigEndian.Uint64(after[8:])) //nolint:gosec // written by indexToken
		filter.Before = &before
	}
	out := &registerv1.ListReadingsResponse{}
	var shown int64
	for more := true; more; {
		rows, err := s.DB.ListEntries(ctx, filter)
		if err != nil {
			return nil, err
		}
		more = len(rows) == readingsPage
		for _, row := range rows {
			filter.Before = &row.Index
			m, err := accesslog.ParseMetadata(row.Meta)
			if err != nil {
				return nil, err
			}
			if !national(c.Actor) && !mayReview(&m, c.Actor.Force) {
				continue
			}
			if len(out.GetReadings()) == service.PageSize(req.GetPageSize(), 50) {
				out.NextPageToken, more = s.PageToken(binding, indexToken(shown)), false
				break
			}
			r := readingOf(&m, row.Index, of)
			if _, _, err := s.review(ctx, r, of, row.Index); err != nil {
				return nil, err
			}
			out.Readings, shown = append(out.Readings, r), row.Index
		}
	}
	c.Entry.ResultCount = len(out.GetReadings())
	return out, nil
}

// readingOf makes a reading of its entry.
func readingOf(m *accesslog.Metadata, index int64, of string) *registerv1.Reading {
	return &registerv1.Reading{
		Name: parentOf(of) + "/readings/" + strconv.FormatInt(index, 10), Time: timestamppb.New(m.Time),
		Subject: m.Actor.Sub, CollarNumber: m.Actor.Collar, Method: m.Method, Purpose: m.Reason, ResultCount: service.Count(m.ResultCount),
	}
}

func (s *Standards) reviewKeys(of string, index int64) []seal.HMAC {
	return s.Keys.SourceHMACs(of, "standards", strconv.FormatInt(index, 10), string(postgres.KindReview))
}

// review puts the verdict that stands into a reading; found is false when there is
// none.
func (s *Standards) review(ctx context.Context, r *registerv1.Reading, of string, index int64) (cur postgres.Current, found bool, err error) {
	cur, found, err = s.BySource(ctx, s.reviewKeys(of, index))
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
	of := audience(req.GetName())
	if err := reviewable(c, of); err != nil {
		return nil, err
	}
	s.noteReason(c, c.Actor.Force, &storev1.StoredReason{Code: req.GetVerdict().String(), Explanation: req.GetNote()})
	index, err := strconv.ParseInt(call.RecordID(req.GetName()), 10, 64)
	if err != nil {
		return nil, service.NotFound("reading")
	}
	before, after := index+1, index-1
	filter := readingsOf(of)
	filter.After, filter.Before, filter.Limit = &after, &before, 1
	rows, err := s.DB.ListEntries(ctx, filter)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, service.NotFound("reading")
	}
	meta, err := accesslog.ParseMetadata(rows[0].Meta)
	if err != nil {
		return nil, err
	}
	if !national(c.Actor) && !mayReview(&meta, c.Actor.Force) {
		return nil, service.NotFound("reading")
	}
	check, err := reviewerOf(s.Deps, c).check(ctx, callersOf(&meta)...)
	if err != nil {
		return nil, err
	}
	err = service.Retry(ctx, func() error {
		answer = readingOf(&meta, index, of)
		cur, found, err := s.review(ctx, answer, of, index)
		if err != nil {
			return err
		}
		answer.Verdict, answer.Note, answer.Reviewer, answer.ReviewTime = req.GetVerdict(), req.GetNote(), call.Subject(c.Actor), s.Timestamp()
		answer.ReviewCheck = check
		content := &storev1.StoredReview{Reading: &registerv1.Reading{
			Verdict: answer.GetVerdict(), Note: answer.GetNote(), Reviewer: answer.GetReviewer(), ReviewTime: answer.GetReviewTime(), ReviewCheck: check,
		}}
		change, err := s.NextOrFirst(cur, found, postgres.KindReview, of, s.reviewKeys(of, index)[0], content)
		if err != nil {
			return err
		}
		return s.Commit(ctx, c, change.Record, change)
	})
	return answer, err
}
