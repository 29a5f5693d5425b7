package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

const (
	ofNominal   = "forces/33/nominals/0198f000-0000-7000-8000-000000000002"
	theMeasure  = "forces/10/measures/0198f000-0000-7000-8000-000000000006"
	anAssess    = "forces/33/assessments/0198f000-0000-7000-8000-000000000007"
	anotherTime = 1_700_000_000
)

func at(offset int64) *timestamppb.Timestamp {
	return &timestamppb.Timestamp{Seconds: anotherTime + offset}
}

func theHistory() *registerv1.History {
	return &registerv1.History{
		Card: &registerv1.HistoryCard{
			Measures: []*registerv1.CardMeasure{{
				Measure: theMeasure, Force: "forces/10", Title: "Police bail\x1b[2J", Conditions: []string{"No contact with the victim"}, VerifyTime: at(0),
				BreachAllows: "Power of arrest.", Breaches: 9, UnactionedBreaches: 7, Unconfirmed: true,
			}},
			Warnings: []*registerv1.CardWarning{{Code: "WEAPON", Title: "Weapon"}},
			Guidance: []*registerv1.CardGuidance{{Code: "NO_BLOCKING", Text: "Do not advise blocking."}},
		},
		Prompts:  []*registerv1.Prompt{{Code: "UNACTIONED_BREACH", Reason: "Nothing was done.", Critical: true, DueTime: at(60), Force: "forces/33"}},
		Ranking:  &registerv1.Ranking{Score: 71.5, Components: []*registerv1.RankingComponent{{Title: "Recency", Points: 20, Weight: 30, Reason: "two days ago"}}},
		HighRisk: true, LastCheck: &registerv1.HistoryCheck{Force: "forces/43", CheckTime: at(0)},
		Timeline: []*registerv1.TimelineEvent{
			{EventTime: at(500_000), Kind: registerv1.TimelineKind_TIMELINE_KIND_BREACH, Force: "forces/10", Codes: []string{"NO_CONTACT"}, Unconfirmed: true},
			{EventTime: at(0), Kind: registerv1.TimelineKind_TIMELINE_KIND_INCIDENT, Force: "forces/33", Text: "He waited.", Item: "33/1", Discounted: true},
		},
	}
}

func (f *fake) GetHistory(ctx context.Context, r *registerv1.GetHistoryRequest) (*registerv1.NominalHistory, error) {
	receipt(ctx, 47)
	f.asked(r)
	return &registerv1.NominalHistory{Nominals: []*registerv1.Nominal{nominal()}, Courses: []*registerv1.CourseOfConduct{course()}, History: theHistory(), AsOfIndex: 12}, nil
}

func (f *fake) ListRanked(_ context.Context, r *registerv1.ListRankedRequest) (*registerv1.ListRankedResponse, error) {
	f.asked(r)
	return &registerv1.ListRankedResponse{Persons: []*registerv1.RankedPerson{{
		Nominal: ofNominal, DisplayName: "Ned\x1bAsh", OpenDuties: 2, Unconfirmed: true,
		Ranking: &registerv1.Ranking{Score: 71.5, Components: []*registerv1.RankingComponent{{Points: 30, Weight: 40, Reason: "Days since the last incident or breach: 3."}}},
	}}}, nil
}

func (f *fake) CreateEvidencePack(ctx context.Context, r *registerv1.CreateEvidencePackRequest) (*registerv1.EvidencePack, error) {
	receipt(ctx, 48)
	f.asked(r)
	return &registerv1.EvidencePack{Html: "<!doctype html>OFFICIAL-SENSITIVE", Digest: "abc"}, nil
}

func (f *fake) GetMeasure(_ context.Context, r *registerv1.GetMeasureRequest) (*registerv1.Measure, error) {
	f.asked(r)
	return &registerv1.Measure{Name: theMeasure, Kind: "POLICE_BAIL\x1b", FromTime: at(0), Conditions: []*registerv1.MeasureCondition{
		{Code: "EXCLUSION_ZONE", Zone: &registerv1.ExclusionZone{Withheld: true, Metres: 200}}, {Code: "NO_CONTACT", Text: "by any means"},
	}}, nil
}

func (f *fake) ListBreaches(_ context.Context, r *registerv1.ListBreachesRequest) (*registerv1.ListBreachesResponse, error) {
	f.asked(r)
	return &registerv1.ListBreachesResponse{Breaches: []*registerv1.Breach{{Name: "forces/33/breaches/1", Measure: theMeasure, OccurTime: at(0)}}}, nil
}

func (f *fake) CancelMeasure(_ context.Context, r *registerv1.CancelMeasureRequest) (*registerv1.CancelMeasureResponse, error) {
	f.asked(r)
	return &registerv1.CancelMeasureResponse{Version: 2}, nil
}

func (f *fake) ErasePlan(_ context.Context, r *registerv1.ErasePlanRequest) (*registerv1.ErasePlanResponse, error) {
	f.asked(r)
	return &registerv1.ErasePlanResponse{}, nil
}

func (f *fake) RegradeAssessment(_ context.Context, r *registerv1.RegradeAssessmentRequest) (*registerv1.Assessment, error) {
	f.asked(r)
	return &registerv1.Assessment{
		Name: anAssess, Tool: "DARA", Grade: registerv1.RiskGrade_RISK_GRADE_MEDIUM, StandingGrade: registerv1.RiskGrade_RISK_GRADE_HIGH,
		Regrades: []*registerv1.Regrade{{Grade: registerv1.RiskGrade_RISK_GRADE_HIGH, Rationale: "Earlier violence.", Supervisor: "77", RegradeTime: at(0)}},
	}, nil
}

func (f *fake) SettleVictims(_ context.Context, r *registerv1.SettleVictimsRequest) (*registerv1.SettleVictimsResponse, error) {
	f.asked(r)
	return &registerv1.SettleVictimsResponse{Version: 3}, nil
}

func TestHistory(t *testing.T) {
	newBench(t).prints([]printed{
		{[]string{"history", ofNominal, "--as-of", "12"}, &registerv1.GetHistoryRequest{Name: ofNominal, AsOfIndex: 12}, []string{
			"As it was at entry 12", "IN FORCE NOW", "Police bail", "force 10", "possible, unconfirmed", "No contact with the victim", "Power of arrest.",
			"Broken 9 times, 7 of them without action", "Weapon: alleged", "high risk", "UNACTIONED_BREACH", "Nothing was done.", "Do not advise blocking.",
			"RANK 71.5", "Last checked by force 43", "2023-11-14  force 33  incident", "counts towards nothing", "entry 47",
		}},
		{[]string{"ranked", "--size", "5"}, &registerv1.ListRankedRequest{Parent: "forces/33", PageSize: 5}, []string{
			"71.5  Ned", ofNominal, "possible, unconfirmed", "open duties: 2", "30.0 of 40  Days since", "never a decision",
		}},
		{[]string{"show", theMeasure}, &registerv1.GetMeasureRequest{Name: theMeasure}, []string{"POLICE_BAIL", "the place is withheld", "by any means"}},
		{[]string{"conduct", "list", "breaches", ofNominal}, &registerv1.ListBreachesRequest{Parent: ofNominal, PageSize: 100}, []string{"BREACH", "NONE RECORDED"}},
		{[]string{"conduct", "cancel", theMeasure, "--reason", "duplicate"}, &registerv1.CancelMeasureRequest{
			Name: theMeasure, Reason: registerv1.CancelReason_CANCEL_REASON_DUPLICATE,
		}, []string{"Withdrawn"}},
		{[]string{"conduct", "erase", "forces/33/plans/1", "--ground", "order", "--reference", "O/1", "--yes"}, &registerv1.ErasePlanRequest{
			Name: "forces/33/plans/1", Ground: registerv1.ErasureGround_ERASURE_GROUND_ORDER, Reference: "O/1",
		}, []string{"Erased"}},
		{[]string{"conduct", "regrade", anAssess, "--to", "high", "--rationale", "Earlier violence.", "--version", "1"}, &registerv1.RegradeAssessmentRequest{
			Name: anAssess, Version: 1, Grade: registerv1.RiskGrade_RISK_GRADE_HIGH, Rationale: "Earlier violence.",
		}, []string{"HIGH", "graded medium", "by 77"}},
		{[]string{"conduct", "settle", "forces/33/courses/1", "forces/10/courses/2", "--victims", "same", "--explanation", "one number"}, &registerv1.SettleVictimsRequest{
			Name: "forces/33/courses/1", Other: "forces/10/courses/2", Sameness: registerv1.VictimSameness_VICTIM_SAMENESS_SAME, Explanation: "one number",
		}, []string{"when the force of the other course, 10, says the same"}},
	})
}

func TestPack(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "pack.html")
	args := []string{"pack", ofNominal, "--for", "Legal services", "--kind", "legal-services", "--reference", "SPO/1", "--out", file}
	code, out, errOut := b.run("", args...)
	if code != exitOK || !strings.Contains(out, "OFFICIAL-SENSITIVE") || !strings.Contains(out, "entry 48") {
		t.Fatalf("exit %d, %s\n%s", code, errOut, out)
	}
	if data, err := os.ReadFile(file); err != nil || !strings.Contains(string(data), "OFFICIAL-SENSITIVE") {
		t.Errorf("%s, %v", data, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if code, _, _ := b.run("", args...); code != exitUsage {
		t.Errorf("over another file: exit %d", code)
	}
	for _, bad := range [][]string{
		{"conduct", "cancel", "forces/33/nominals/1", "--reason", "duplicate"}, {"conduct", "cancel", theMeasure, "--reason", "mood"},
		{"conduct", "erase", theMeasure, "--ground", "order", "--reference", "O/1"}, {"conduct", "regrade", anAssess, "--to", "low", "--rationale", "x", "--version", "1"},
		{"conduct", "list", "secrets", ofNominal}, {"conduct", "settle", "a", "b", "--victims", "perhaps", "--explanation", "x"},
	} {
		if code, _, errOut := b.run("", bad...); code != exitUsage {
			t.Errorf("%v: exit %d, %s", bad, code, errOut)
		}
	}
}
