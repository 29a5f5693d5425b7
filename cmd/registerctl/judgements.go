package main

import (
	"context"
	"strings"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type dutiesJudgeCmd struct {
	Nominal string `arg:"" help:"The record of your force, forces/33/nominals/…"`
	Code    string `required:"" help:"The prompt's code, such as MISRECORDED." placeholder:"CODE"`
	Key     string `required:"" name:"prompt" help:"The prompt's key, as shown with it." placeholder:"KEY"`
	Verdict string `required:"" enum:"accepted,overridden" help:"accepted or overridden."`
	Reason  string `required:"" help:"Why, in words."`
}

// Run judges a prompt.
func (c *dutiesJudgeCmd) Run(a *app) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var j *registerv1.PromptJudgement
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		j, err = registerv1.NewDutyServiceClient(conn).JudgePrompt(ctx, &registerv1.JudgePromptRequest{
			Parent: c.Nominal, Code: strings.ToUpper(c.Code), Key: c.Key, Reason: c.Reason,
			Verdict: registerv1.PromptVerdict(registerv1.PromptVerdict_value["PROMPT_VERDICT_"+strings.ToUpper(c.Verdict)]),
		}, opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(j)
	}
	a.judgement(j)
	return nil
}

func (a *app) judgement(j *registerv1.PromptJudgement) {
	a.say("%s  %s %s by %s", minute(j.GetTime()), client.Clean(j.GetCode()), words("PROMPT_VERDICT_", j.GetVerdict()), client.Clean(j.GetBy()))
	a.text("  ", j.GetReason())
}

type dutiesJudgedCmd struct {
	Nominal string `arg:"" help:"The record of your force, forces/33/nominals/…"`
}

// Run lists judgements.
func (c *dutiesJudgedCmd) Run(a *app) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var list *registerv1.ListPromptJudgementsResponse
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		list, err = registerv1.NewDutyServiceClient(conn).ListPromptJudgements(ctx, &registerv1.ListPromptJudgementsRequest{Parent: c.Nominal}, opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(list)
	}
	for _, j := range list.GetJudgements() {
		a.judgement(j)
	}
	if len(list.GetJudgements()) == 0 {
		a.say("Nobody has judged a prompt.")
	}
	return nil
}
