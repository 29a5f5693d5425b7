package main

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

const dutyID = "forces/33/duties/0198f000-0000-7000-8000-000000000007"

func theDuty() *registerv1.Duty {
	return &registerv1.Duty{
		Name: dutyID, Code: "NO_ACTION", Title: "Report not answered", Message: "Nobody has seen to her\x1b[2J.", Nominal: nominal().GetName(),
		Owner: &registerv1.DutyOwner{Role: registerv1.DutyRole_DUTY_ROLE_DUTY_INSPECTOR}, State: registerv1.DutyState_DUTY_STATE_OPEN,
		DueTime: &timestamppb.Timestamp{Seconds: 1_700_000_000}, ClosingActions: []string{"ARRESTED", "ATTENDED"}, Version: 3, LogIndex: 46,
		Evidence: []*registerv1.DutyEvidence{{Kind: "incident", Force: "forces/33", Record: "forces/33/courses/1"}},
		Events:   []*registerv1.DutyEvent{{Code: "CLIMBED", By: "register", Reason: "The deadline has passed."}},
	}
}

func (f *fake) ListDuties(_ context.Context, r *registerv1.ListDutiesRequest) (*registerv1.ListDutiesResponse, error) {
	f.asked(r)
	out := &registerv1.ListDutiesResponse{Duties: []*registerv1.Duty{theDuty()}}
	if r.GetPageToken() == "" {
		out.NextPageToken = "2"
	}
	return out, nil
}

func (f *fake) GetDuty(_ context.Context, r *registerv1.GetDutyRequest) (*registerv1.Duty, error) {
	f.asked(r)
	return theDuty(), nil
}

func (f *fake) AssignDuty(_ context.Context, r *registerv1.AssignDutyRequest) (*registerv1.Duty, error) {
	f.asked(r)
	return theDuty(), nil
}

func (f *fake) CloseDuty(_ context.Context, r *registerv1.CloseDutyRequest) (*registerv1.Duty, error) {
	f.asked(r)
	return theDuty(), nil
}

func (f *fake) ApproveClosure(_ context.Context, r *registerv1.ApproveClosureRequest) (*registerv1.Duty, error) {
	f.asked(r)
	return theDuty(), nil
}

func (f *fake) RefuseClosure(_ context.Context, r *registerv1.RefuseClosureRequest) (*registerv1.Duty, error) {
	f.asked(r)
	return theDuty(), nil
}

func (f *fake) JudgePrompt(_ context.Context, r *registerv1.JudgePromptRequest) (*registerv1.PromptJudgement, error) {
	f.asked(r)
	return &registerv1.PromptJudgement{Code: r.GetCode(), Verdict: r.GetVerdict(), Reason: r.GetReason(), By: "1234"}, nil
}

func (f *fake) ListPromptJudgements(_ context.Context, r *registerv1.ListPromptJudgementsRequest) (*registerv1.ListPromptJudgementsResponse, error) {
	f.asked(r)
	return &registerv1.ListPromptJudgementsResponse{Judgements: []*registerv1.PromptJudgement{{Code: "REPEAT", Verdict: 1, Reason: "so\x07 it is"}}}, nil
}

func TestDuties(t *testing.T) {
	b := newBench(t)
	name := nominal().GetName()
	for _, c := range []struct {
		args []string
		want proto.Message
		out  []string
	}{
		{[]string{"duties", "list"}, &registerv1.ListDutiesRequest{Parent: "forces/33", PageToken: "2", PageSize: 49}, []string{"Report not answered  (open, OVERDUE)", "for: duty inspector", dutyID}},
		{
			[]string{"duties", "list", name, "--all", "--overdue", "--role", "spoc", "--collar", "12", "--code", "no_action", "--limit", "1"},
			&registerv1.ListDutiesRequest{Parent: "forces/33", Nominal: name, Closed: true, Overdue: true, Role: registerv1.DutyRole_DUTY_ROLE_SPOC, Officer: "12", Code: "NO_ACTION", PageSize: 1},
			[]string{"--page-token 2"},
		},
		{[]string{"duties", "show", dutyID}, &registerv1.GetDutyRequest{Name: dutyID}, []string{"version 3", "closed by: ARRESTED, ATTENDED", "rests on: incident", "CLIMBED by register", "entry 46"}},
		{[]string{"duties", "assign", dutyID, "--role", "supervisor", "--collar", "12"}, &registerv1.AssignDutyRequest{Name: dutyID, Role: registerv1.DutyRole_DUTY_ROLE_SUPERVISOR, Officer: "12"}, nil},
		{[]string{"duties", "close", dutyID, "--action", "arrested", "--record", "forces/33/courses/1"}, &registerv1.CloseDutyRequest{Name: dutyID, Action: "ARRESTED", Record: "forces/33/courses/1"}, nil},
		{[]string{"duties", "close", dutyID, "--reason", "he has died"}, &registerv1.CloseDutyRequest{Name: dutyID, Reason: "he has died"}, nil},
		{[]string{"duties", "approve", dutyID, "--version", "3"}, &registerv1.ApproveClosureRequest{Name: dutyID, Version: 3}, nil},
		{[]string{"duties", "refuse", dutyID, "--version", "3", "--reason", "he has not"}, &registerv1.RefuseClosureRequest{Name: dutyID, Version: 3, Reason: "he has not"}, nil},
		{
			[]string{"duties", "judge", name, "--code", "repeat", "--prompt", "k", "--verdict", "overridden", "--reason", "two people"},
			&registerv1.JudgePromptRequest{Parent: name, Code: "REPEAT", Key: "k", Verdict: registerv1.PromptVerdict_PROMPT_VERDICT_OVERRIDDEN, Reason: "two people"},
			[]string{"REPEAT overridden by 1234"},
		},
		{[]string{"duties", "judged", name}, &registerv1.ListPromptJudgementsRequest{Parent: name}, []string{"REPEAT accepted"}},
	} {
		code, out, errOut := b.run("", c.args...)
		if code != exitOK || errOut != "" {
			t.Errorf("%v: exit %d, %s", c.args, code, errOut)
		}
		for _, want := range c.out {
			if !strings.Contains(out, want) {
				t.Errorf("%v: no %q in\n%s", c.args, want, out)
			}
		}
		if strings.ContainsAny(out, "\x1b\x07") {
			t.Errorf("%v: control characters reach the terminal", c.args)
		}
		b.fake.mu.Lock()
		if !proto.Equal(b.fake.decided, c.want) {
			t.Errorf("%v: asked %v, want %v", c.args, b.fake.decided, c.want)
		}
		b.fake.mu.Unlock()
	}
	if code, _, _ := b.run("", "duties", "list", "--role", "chief"); code != exitUsage {
		t.Errorf("an unknown role: exit %d", code)
	}
}
