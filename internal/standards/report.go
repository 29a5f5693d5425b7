package standards

import (
	"context"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/service"
)

// GetRuleReport implements the RPC.
func (s *Misuse) GetRuleReport(ctx context.Context, req *registerv1.GetRuleReportRequest) (*registerv1.RuleReport, error) {
	c := call.From(ctx)
	c.Entry.Reason = reviewPurpose
	force := audience(req.GetParent())
	results := map[string]*registerv1.RuleResult{}
	resp := &registerv1.RuleReport{}
	for _, r := range misuse.Rules() {
		results[r.Code] = &registerv1.RuleResult{Rule: r.Code, Title: r.Title, Looks: r.Looks}
		resp.Rules = append(resp.Rules, results[r.Code])
	}
	outcomes := map[uuid.UUID]registerv1.CaseOutcome{}
	err := service.EveryRecord(ctx, s.Deps, force, postgres.KindMisuseCase, func(cur postgres.Current, m *storev1.StoredMisuseCase) (bool, error) {
		outcomes[cur.Record.ID] = m.GetMisuseCase().GetOutcome()
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	err = service.EveryRecord(ctx, s.Deps, force, postgres.KindMisuseFlag, func(_ postgres.Current, m *storev1.StoredFlag) (bool, error) {
		id, _ := uuid.FromBytes(m.GetCaseId())
		if r, ok := results[m.GetFlag().GetRule()]; ok {
			tally(r, outcomes[id])
		}
		return true, nil
	})
	for _, r := range resp.GetRules() {
		if n := r.GetUpheld() + r.GetJustified(); n > 0 {
			precision := float64(r.GetUpheld()) / float64(n)
			r.Precision = &precision
		}
	}
	c.Entry.ResultCount = len(resp.GetRules())
	return resp, err
}

func tally(r *registerv1.RuleResult, outcome registerv1.CaseOutcome) {
	r.Flags++
	switch outcome {
	case registerv1.CaseOutcome_CASE_OUTCOME_UNSPECIFIED:
		return
	case registerv1.CaseOutcome_CASE_OUTCOME_JUSTIFIED:
		r.Justified++
	case registerv1.CaseOutcome_CASE_OUTCOME_CONCERN, registerv1.CaseOutcome_CASE_OUTCOME_MISCONDUCT, registerv1.CaseOutcome_CASE_OUTCOME_CRIMINAL:
		r.Upheld++
	case registerv1.CaseOutcome_CASE_OUTCOME_NOT_ESTABLISHED:
	}
	r.Decided++
}
