package standards

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/service"
)

// maxCounts is how many groups an answer holds at most.
const maxCounts = 10_000

var groupings = map[registerv1.ActivityGrouping]postgres.Grouping{
	registerv1.ActivityGrouping_ACTIVITY_GROUPING_HOUR:    postgres.ByHour,
	registerv1.ActivityGrouping_ACTIVITY_GROUPING_DAY:     postgres.ByDay,
	registerv1.ActivityGrouping_ACTIVITY_GROUPING_FORCE:   postgres.ByForce,
	registerv1.ActivityGrouping_ACTIVITY_GROUPING_REASON:  postgres.ByReason,
	registerv1.ActivityGrouping_ACTIVITY_GROUPING_METHOD:  postgres.ByMethod,
	registerv1.ActivityGrouping_ACTIVITY_GROUPING_OUTCOME: postgres.ByOutcome,
}

// SummariseActivity implements the RPC.
func (s *AccessLog) SummariseActivity(ctx context.Context, req *registerv1.SummariseActivityRequest) (*registerv1.SummariseActivityResponse, error) {
	c := call.From(ctx)
	notePurpose(s.Deps, c, req)
	f := postgres.SummaryFilter{
		By: groupings[req.GetGroupBy()], Force: call.ForceCode(req.GetParent()), Actor: req.GetSubject(), Limit: maxCounts + 1,
	}
	unit := 24 * time.Hour
	if f.By == postgres.ByHour {
		unit = time.Hour
	}
	var faults []service.Violation
	read := func(t *timestamppb.Timestamp, field string) (at time.Time) {
		if t == nil {
			return at
		}
		if at = t.AsTime(); f.Actor == "" && !at.Truncate(unit).Equal(at) {
			faults = append(faults, service.Violation{Field: field, Description: "must be the beginning of a day in UTC; by hour, of an hour"})
		}
		return at
	}
	f.From, f.Until = read(req.GetStartTime(), "start_time"), read(req.GetEndTime(), "end_time")
	if len(faults) > 0 {
		return nil, service.Invalid(service.ReasonInvalidFields, faults)
	}
	counts, err := s.DB.Summarise(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &registerv1.SummariseActivityResponse{Truncated: len(counts) > maxCounts}
	for _, n := range counts[:min(len(counts), maxCounts)] {
		out.Counts = append(out.Counts, &registerv1.ActivityCount{Key: n.Key, Entries: n.Entries, Refused: n.Refused, Records: n.Records})
	}
	of, err := aboutSubject(ctx, s.Deps, c, f.Force, f.Actor)
	if err != nil {
		return nil, err
	}
	noteAbout(c, f.Force, of...)
	return out, nil
}
