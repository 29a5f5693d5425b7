package main

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

const (
	subscriptionID = "forces/33/subscriptions/1"
	questionID     = "forces/33/questions/1"
)

func subscription() *registerv1.Subscription {
	return &registerv1.Subscription{Name: subscriptionID, Basis: searchID + "/candidates/1", Searches: true, Reason: "an\x1b[2J inquiry"}
}

func aQuestion() *registerv1.Question {
	return &registerv1.Question{
		Name: questionID, AskingForce: "forces/10", AskedForce: "forces/33", Text: "Does he carry a\x07 knife?", Answer: "Seen with one.",
		AnswerTime: &timestamppb.Timestamp{Seconds: 1_700_000_000},
	}
}

func (f *fake) ReviewCounter(_ context.Context, r *registerv1.ReviewCounterRequest) (*registerv1.ReviewCounterResponse, error) {
	f.asked(r)
	return &registerv1.ReviewCounterResponse{}, nil
}

func (f *fake) CreateSubscription(_ context.Context, r *registerv1.CreateSubscriptionRequest) (*registerv1.Subscription, error) {
	f.asked(r)
	return subscription(), nil
}

func (f *fake) ListSubscriptions(_ context.Context, r *registerv1.ListSubscriptionsRequest) (*registerv1.ListSubscriptionsResponse, error) {
	f.asked(r)
	return &registerv1.ListSubscriptionsResponse{Subscriptions: []*registerv1.Subscription{subscription()}, NextPageToken: "2"}, nil
}

func (f *fake) DeleteSubscription(_ context.Context, r *registerv1.DeleteSubscriptionRequest) (*registerv1.DeleteSubscriptionResponse, error) {
	f.asked(r)
	return &registerv1.DeleteSubscriptionResponse{}, nil
}

func (f *fake) AskOwner(_ context.Context, r *registerv1.AskOwnerRequest) (*registerv1.Question, error) {
	f.asked(r)
	return aQuestion(), nil
}

func (f *fake) AnswerQuestion(_ context.Context, r *registerv1.AnswerQuestionRequest) (*registerv1.Question, error) {
	f.asked(r)
	return aQuestion(), nil
}

func (f *fake) GetQuestion(_ context.Context, r *registerv1.GetQuestionRequest) (*registerv1.Question, error) {
	f.asked(r)
	return aQuestion(), nil
}

func (f *fake) ListQuestions(_ context.Context, r *registerv1.ListQuestionsRequest) (*registerv1.ListQuestionsResponse, error) {
	f.asked(r)
	return &registerv1.ListQuestionsResponse{Questions: []*registerv1.Question{aQuestion()}, NextPageToken: "2"}, nil
}

func TestExchange(t *testing.T) {
	b := newBench(t)
	basis := searchID + "/candidates/1"
	for _, c := range []struct {
		args []string
		want proto.Message
		out  []string
	}{
		{[]string{"alerts", "review", "forces/33/alerts/0", "--upheld", "--reason", "both were heard"}, &registerv1.ReviewCounterRequest{Name: "forces/33/alerts/0", Upheld: true, Reason: "both were heard"}, []string{"has been noted"}},
		{[]string{"subscriptions", "list"}, &registerv1.ListSubscriptionsRequest{Parent: "forces/33"}, []string{"registrations and searches", subscriptionID, "--page-token 2"}},
		{[]string{"subscriptions", "add", basis, "--searches", "--reason", "an inquiry", "--days", "7"}, &registerv1.CreateSubscriptionRequest{Parent: "forces/33", Basis: basis, Searches: true, Reason: "an inquiry", Days: 7}, []string{subscriptionID}},
		{[]string{"subscriptions", "end", subscriptionID}, &registerv1.DeleteSubscriptionRequest{Name: subscriptionID}, []string{"has ended"}},
		{[]string{"questions", "list", "--open", "--mine"}, &registerv1.ListQuestionsRequest{Parent: "forces/33", Open: true, Mine: true}, []string{"forces/10 asks forces/33", "Seen with one.", "--page-token 2"}},
		{[]string{"questions", "show", questionID}, &registerv1.GetQuestionRequest{Name: questionID}, []string{questionID}},
		{[]string{"questions", "ask", basis, "--asked", "10", "--text", "Does he carry a knife?"}, &registerv1.AskOwnerRequest{Parent: "forces/33", Basis: basis, AskedForce: "forces/10", Text: "Does he carry a knife?"}, []string{"(answered "}},
		{[]string{"questions", "answer", questionID, "--text", "Seen with one."}, &registerv1.AnswerQuestionRequest{Name: questionID, Text: "Seen with one."}, []string{questionID}},
	} {
		code, out, errOut := b.run("", c.args...)
		if code != exitOK || errOut != "" || strings.ContainsAny(out, "\x1b\x07") {
			t.Errorf("%v: exit %d, %s\n%q", c.args, code, errOut, out)
		}
		for _, want := range c.out {
			if !strings.Contains(out, want) {
				t.Errorf("%v prints no %q:\n%s", c.args, want, out)
			}
		}
		if !proto.Equal(c.want, b.fake.decided) {
			t.Errorf("%v asks %v, want %v", c.args, b.fake.decided, c.want)
		}
		if code, out, _ := b.run("", append([]string{"--json"}, c.args...)...); code != exitOK || !strings.HasPrefix(out, "{") {
			t.Errorf("%v as JSON: exit %d\n%s", c.args, code, out)
		}
	}
}
