package standards

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// MisuseReplay says what rules would have flagged in a part of the log.
type MisuseReplay struct {
	// Settings is the version of the thresholds tried.
	Settings string `json:"settings"`
	// From and Until bound the part.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Days is how much of it the log holds, from its first entry to now, and at least one.
	Days float64 `json:"days"`
	// Entries is how many entries it has.
	Entries int64 `json:"entries"`
	// Rules has every rule, in the order of their declaration.
	Rules []MisuseReplayed `json:"rules"`
}

// MisuseReplayed is one rule's part.
type MisuseReplayed struct {
	// Rule is its code.
	Rule string `json:"rule"`
	// Flags is how many it raised, Actors of how many users.
	Flags  int `json:"flags"`
	Actors int `json:"actors"`
	// Known is how many of these rest on use that a case has decided about; of
	// them Upheld were of concern or worse, Justified justified.
	Known     int `json:"known"`
	Upheld    int `json:"upheld"`
	Justified int `json:"justified"`
}

// Replay runs the watcher's rules over a part of the log, and writes nothing. The
// times are those of entries; until zero means up to now.
func (w *Watcher) Replay(ctx context.Context, from, until time.Time) (*MisuseReplay, error) {
	out := &MisuseReplay{Settings: w.Settings.Version, From: from, Until: until, Days: 1}
	at := map[string]int{}
	actors := map[string]map[string]bool{}
	for i, r := range misuse.Rules() {
		out.Rules = append(out.Rules, MisuseReplayed{Rule: r.Code})
		at[r.Code], actors[r.Code] = i, map[string]bool{}
	}
	head, err := w.DB.Head(ctx)
	if errors.Is(err, postgres.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	_, end, err := w.DB.IndexBounds(ctx, from, until)
	if err != nil {
		return nil, err
	}
	end = min(end, head.Size)
	if out.Days, err = w.days(ctx, from, until); err != nil {
		return nil, err
	}
	judged, err := w.judged(ctx, head.Size)
	if err != nil {
		return nil, err
	}
	r, err := w.reader(ctx, from.Add(-w.Settings.WarmUp()))
	if err != nil {
		return nil, err
	}
	for r.next < end {
		next := min(r.next+misusePage, end)
		err := w.feed(ctx, r.engine, r.next, next, func(e *misuse.Event, flags []misuse.Flag) {
			if e.Time.Before(from) || (!until.IsZero() && !e.Time.Before(until)) {
				return
			}
			out.Entries++
			for i := range flags {
				rule := &out.Rules[at[flags[i].Rule]]
				rule.count(&flags[i], judged)
				actors[rule.Rule][flags[i].Actor] = true
				rule.Actors = len(actors[rule.Rule])
			}
		})
		if err != nil {
			return nil, err
		}
		r.next = next
	}
	return out, nil
}

// days is how much of a time the log holds: a young log has not had 28 days to flag in.
func (w *Watcher) days(ctx context.Context, from, until time.Time) (float64, error) {
	first, err := w.DB.Entries(ctx, 0, 1, 1)
	if err != nil {
		return 0, err
	}
	if len(first) > 0 && from.Before(first[0].Time) {
		from = first[0].Time
	}
	if now := w.Now(); until.IsZero() || now.Before(until) {
		until = now
	}
	return max(1, until.Sub(from).Hours()/24), nil
}

func (r *MisuseReplayed) count(f *misuse.Flag, judged map[int64]registerv1.CaseOutcome) {
	r.Flags++
	for _, entry := range f.Entries {
		var t registerv1.RuleResult
		if outcome, known := judged[entry]; known {
			tally(&t, outcome)
			r.Known++
			r.Upheld += int(t.GetUpheld())
			r.Justified += int(t.GetJustified())
			return
		}
	}
}

// judged are the entries that decided cases were about, with what came of them.
func (w *Watcher) judged(ctx context.Context, size int64) (map[int64]registerv1.CaseOutcome, error) {
	outcomes := map[uuid.UUID]registerv1.CaseOutcome{}
	out := map[int64]registerv1.CaseOutcome{}
	err := w.each(ctx, postgres.KindMisuseCase, size, func(row *postgres.FeedRow) error {
		var stored storev1.StoredMisuseCase
		_, err := view.OpenVersion(w.Keys, row.Record, row.Version, row.Wrapped, &stored)
		outcomes[row.Record.ID] = stored.GetMisuseCase().GetOutcome()
		return err
	})
	if err != nil {
		return nil, err
	}
	err = w.each(ctx, postgres.KindMisuseFlag, size, func(row *postgres.FeedRow) error {
		var stored storev1.StoredFlag
		if _, err := view.OpenVersion(w.Keys, row.Record, row.Version, row.Wrapped, &stored); err != nil {
			return err
		}
		id, _ := uuid.FromBytes(stored.GetCaseId())
		if outcome := outcomes[id]; outcome != registerv1.CaseOutcome_CASE_OUTCOME_UNSPECIFIED {
			for _, entry := range stored.GetFlag().GetEntries() {
				out[entry] = outcome
			}
		}
		return nil
	})
	return out, err
}

// each hands over the versions of records of a kind that can be opened, in log order.
func (w *Watcher) each(ctx context.Context, kind postgres.Kind, until int64, take func(*postgres.FeedRow) error) error {
	for from := int64(0); from < until; {
		rows, err := w.DB.FeedOfKind(ctx, kind, from, until, misusePage)
		if err != nil {
			return err
		}
		for i := range rows {
			from = rows[i].Version.LogIndex + 1
			if rows[i].Wrapped == nil || rows[i].Version.Erased {
				continue
			}
			if err := take(&rows[i]); err != nil {
				return err
			}
		}
		if len(rows) < misusePage {
			return nil
		}
	}
	return nil
}
