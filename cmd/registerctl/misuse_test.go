package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

const caseID = "forces/33/misuseCases/0198f000-0000-7000-8000-000000000006"

func theFlag() *registerv1.MisuseFlag {
	return &registerv1.MisuseFlag{
		Name: "forces/33/misuseFlags/0198f000-0000-7000-8000-000000000007", Rule: "ZERO_HITS", Title: "Many people", Subject: "https://login.example#17\x1b[2J",
		Seen: "12 searches in one day", Weighed: []string{"no reference"}, Entries: []int64{91, 90}, MisuseCase: caseID, CreateTime: &timestamppb.Timestamp{Seconds: 1_700_000_000},
	}
}

func theCase() *registerv1.MisuseCase {
	return &registerv1.MisuseCase{
		Name: caseID, Subject: "https://login.example#17", Force: "forces/33", State: registerv1.CaseState_CASE_STATE_DECIDED, Outcome: registerv1.CaseOutcome_CASE_OUTCOME_CONCERN,
		Reviewer: "https://login.example#9", Flags: []*registerv1.MisuseFlag{theFlag()}, Rules: []string{"ZERO_HITS"}, FlagCount: 1, Neighbours: []string{caseID + "x"},
		Events: []*registerv1.CaseEvent{{Subject: "https://login.example#9", Action: "NOTE", Text: "spoke\x1b[2J to him"}},
	}
}

func (f *fake) ListFlags(_ context.Context, r *registerv1.ListFlagsRequest) (*registerv1.ListFlagsResponse, error) {
	f.asked(r)
	return &registerv1.ListFlagsResponse{Flags: []*registerv1.MisuseFlag{theFlag()}, NextPageToken: "2"}, nil
}

func (f *fake) ListCases(_ context.Context, r *registerv1.ListCasesRequest) (*registerv1.ListCasesResponse, error) {
	f.asked(r)
	return &registerv1.ListCasesResponse{MisuseCases: []*registerv1.MisuseCase{theCase()}}, nil
}

func (f *fake) GetCase(_ context.Context, r *registerv1.GetCaseRequest) (*registerv1.MisuseCase, error) {
	f.asked(r)
	return theCase(), nil
}

func (f *fake) OpenCase(_ context.Context, r *registerv1.OpenCaseRequest) (*registerv1.MisuseCase, error) {
	f.asked(r)
	return theCase(), nil
}

func (f *fake) AskExplanation(_ context.Context, r *registerv1.AskExplanationRequest) (*registerv1.MisuseCase, error) {
	f.asked(r)
	return theCase(), nil
}

func (f *fake) AddNote(_ context.Context, r *registerv1.AddNoteRequest) (*registerv1.MisuseCase, error) {
	f.asked(r)
	return theCase(), nil
}

func (f *fake) DecideCase(_ context.Context, r *registerv1.DecideCaseRequest) (*registerv1.MisuseCase, error) {
	f.asked(r)
	return theCase(), nil
}

func (f *fake) GetRuleReport(_ context.Context, r *registerv1.GetRuleReportRequest) (*registerv1.RuleReport, error) {
	f.asked(r)
	return &registerv1.RuleReport{Rules: []*registerv1.RuleResult{{Rule: "ZERO_HITS", Flags: 7, Decided: 3, Upheld: 2, Justified: 1, Precision: proto.Float64(2.0 / 3)}}}, nil
}

func (f *fake) PutFacts(_ context.Context, r *registerv1.PutFactsRequest) (*registerv1.PutFactsResponse, error) {
	f.asked(r)
	return &registerv1.PutFactsResponse{Stored: 1, Unchanged: 2}, nil
}

func TestFlagsAndCases(t *testing.T) {
	whole := []string{"DECIDED concern", "spoke", "12 searches in one day", "91 90", "no reference", caseID + "x"}
	newBench(t).prints([]printed{
		{[]string{"flags"}, &registerv1.ListFlagsRequest{Parent: "forces/33", PageSize: 200}, []string{"ZERO_HITS", "--page-token 2", caseID}},
		{[]string{"flags", "--national", "--rule", "SELF"}, &registerv1.ListFlagsRequest{Parent: "forces/-", Rule: "SELF", PageSize: 200}, nil},
		{[]string{"flags", "report"}, &registerv1.GetRuleReportRequest{Parent: "forces/33"}, []string{"0.67"}},
		{[]string{"cases", "--undecided"}, &registerv1.ListCasesRequest{Parent: "forces/33", Undecided: true, PageSize: 200}, []string{"decided", "concern", caseID}},
		{[]string{"cases", "show", caseID}, &registerv1.GetCaseRequest{Name: caseID}, whole},
		{[]string{"cases", "open", caseID}, &registerv1.OpenCaseRequest{Name: caseID}, whole},
		{[]string{"cases", "ask", caseID, "on which case?"}, &registerv1.AskExplanationRequest{Name: caseID, Question: "on which case?"}, whole},
		{[]string{"cases", "note", caseID, "text"}, &registerv1.AddNoteRequest{Name: caseID, Text: "text"}, whole},
		{
			[]string{"cases", "decide", caseID, "not-established", "--rationale", "nothing is known"},
			&registerv1.DecideCaseRequest{Name: caseID, Outcome: registerv1.CaseOutcome_CASE_OUTCOME_NOT_ESTABLISHED, Rationale: "nothing is known"}, whole,
		},
	})
}

func TestFacts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "facts.json")
	if err := os.WriteFile(file, []byte(`{"facts": [{"case": {"reference": "33CR/1", "openTime": "2026-11-01T00:00:00Z"}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	want := &registerv1.PutFactsRequest{Parent: "forces/33", Facts: []*registerv1.Fact{{Fact: &registerv1.Fact_Case{Case: &registerv1.CaseFact{
		Reference: "33CR/1", OpenTime: &timestamppb.Timestamp{Seconds: 1_793_491_200},
	}}}}}
	newBench(t).prints([]printed{{[]string{"facts", file}, want, []string{"1 stored, 2 unchanged"}}})
}
