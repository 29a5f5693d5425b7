package main

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type alertsReviewCmd struct {
	Name   string `arg:"" help:"The alert of a counter-allegation, forces/33/alerts/…"`
	Upheld bool   `help:"The accusation was found genuine: from then on it counts as any other."`
	Reason string `help:"Why, at least 10 characters." required:""`
}

// Run notes what a review found.
func (c *alertsReviewCmd) Run(a *app) error {
	req := &registerv1.ReviewCounterRequest{Name: c.Name, Upheld: c.Upheld, Reason: c.Reason}
	err := exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.ReviewCounterResponse, error) {
		return registerv1.NewAlertServiceClient(conn).ReviewCounter(ctx, req, opts...)
	}, nil)
	if err == nil && !a.JSON {
		a.say("The review has been noted.")
	}
	return err
}

type subscriptionsCmd struct {
	List subscriptionsListCmd `cmd:"" help:"List what your force asked to be told of."`
	Add  subscriptionsAddCmd  `cmd:"" help:"Ask to be told when another force registers a person, or searches for him."`
	End  subscriptionsEndCmd  `cmd:"" help:"End a subscription."`
}

type subscriptionsListCmd struct {
	Force     string `help:"Force whose subscriptions are listed; else your own." placeholder:"CODE"`
	PageToken string `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// Run lists subscriptions.
func (c *subscriptionsListCmd) Run(a *app) error {
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	req := &registerv1.ListSubscriptionsRequest{Parent: "forces/" + force, PageToken: c.PageToken}
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.ListSubscriptionsResponse, error) {
		return registerv1.NewExchangeServiceClient(conn).ListSubscriptions(ctx, req, opts...)
	}, func(m *registerv1.ListSubscriptionsResponse) {
		for _, s := range m.GetSubscriptions() {
			a.showSubscription(s)
		}
		if t := m.GetNextPageToken(); t != "" {
			a.say("More: --page-token %s", client.Clean(t))
		}
	})
}

func (a *app) showSubscription(s *registerv1.Subscription) {
	what := "registrations"
	if s.GetSearches() {
		what = "registrations and searches"
	}
	a.say("%s  %s until %s", minute(s.GetCreateTime()), what, minute(s.GetExpireTime()))
	a.say("  of %s", client.Clean(s.GetBasis()))
	a.text("  ", s.GetReason())
	a.say("  %s", client.Clean(s.GetName()))
}

type subscriptionsAddCmd struct {
	Basis    string `arg:"" help:"A nominal of your force, or a candidate of your search, searches/…/candidates/1."`
	Reason   string `help:"Why, at least 10 characters." required:""`
	Searches bool   `help:"Tell of searches by other forces too."`
	Days     int32  `help:"For how many days." default:"90"`
	Force    string `help:"Force that is to be told; else your own." placeholder:"CODE"`
}

// Run makes a subscription.
func (c *subscriptionsAddCmd) Run(a *app) error {
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	req := &registerv1.CreateSubscriptionRequest{Parent: "forces/" + force, Basis: c.Basis, Reason: c.Reason, Searches: c.Searches, Days: c.Days}
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.Subscription, error) {
		return registerv1.NewExchangeServiceClient(conn).CreateSubscription(ctx, req, opts...)
	}, a.showSubscription)
}

type subscriptionsEndCmd struct {
	Name string `arg:"" help:"The subscription, forces/33/subscriptions/…"`
}

// Run ends a subscription.
func (c *subscriptionsEndCmd) Run(a *app) error {
	err := exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.DeleteSubscriptionResponse, error) {
		return registerv1.NewExchangeServiceClient(conn).DeleteSubscription(ctx, &registerv1.DeleteSubscriptionRequest{Name: c.Name}, opts...)
	}, nil)
	if err == nil && !a.JSON {
		a.say("The subscription has ended.")
	}
	return err
}

type questionsCmd struct {
	List   questionsListCmd   `cmd:"" help:"List what your force has asked and what it was asked."`
	Show   questionsShowCmd   `cmd:"" help:"Show a question with its answer."`
	Ask    questionsAskCmd    `cmd:"" help:"Ask the owner force of a record about it."`
	Answer questionsAnswerCmd `cmd:"" help:"Answer a question: a disclosure to the force that asked."`
}

type questionsListCmd struct {
	Open      bool   `help:"Only those that wait for an answer."`
	Mine      bool   `help:"Only those that you have asked yourself."`
	Force     string `help:"Force whose questions are listed; else your own." placeholder:"CODE"`
	PageToken string `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// Run lists questions.
func (c *questionsListCmd) Run(a *app) error {
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	req := &registerv1.ListQuestionsRequest{Parent: "forces/" + force, Open: c.Open, Mine: c.Mine, PageToken: c.PageToken}
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.ListQuestionsResponse, error) {
		return registerv1.NewExchangeServiceClient(conn).ListQuestions(ctx, req, opts...)
	}, func(m *registerv1.ListQuestionsResponse) {
		for _, q := range m.GetQuestions() {
			a.showQuestion(q)
		}
		if t := m.GetNextPageToken(); t != "" {
			a.say("More: --page-token %s", client.Clean(t))
		}
	})
}

func (a *app) showQuestion(q *registerv1.Question) {
	state := "waits for an answer"
	if t := q.GetAnswerTime(); t != nil {
		state = "answered " + minute(t)
	}
	a.say("%s  %s asks %s  (%s)", minute(q.GetAskTime()), client.Clean(q.GetAskingForce()), client.Clean(q.GetAskedForce()), state)
	for _, n := range q.GetNominals() {
		a.say("  about %s", client.Clean(n))
	}
	a.text("  ", q.GetText())
	if q.GetAnswer() != "" {
		a.say("  answer:")
		a.text("    ", q.GetAnswer())
	}
	a.say("  %s", client.Clean(q.GetName()))
}

type questionsShowCmd struct {
	Name string `arg:"" help:"The question, forces/33/questions/…"`
}

// Run shows a question.
func (c *questionsShowCmd) Run(a *app) error {
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.Question, error) {
		return registerv1.NewExchangeServiceClient(conn).GetQuestion(ctx, &registerv1.GetQuestionRequest{Name: c.Name}, opts...)
	}, a.showQuestion)
}

type questionsAskCmd struct {
	Basis     string `arg:"" help:"What you were shown: searches/…/candidates/1, or an alert or a link of your force."`
	Asked     string `help:"Force that is asked." required:"" placeholder:"CODE"`
	Text      string `help:"The question, without a victim's details." required:""`
	Reference string `help:"Your reference, such as a crime number."`
	Force     string `help:"Force that asks; else your own." placeholder:"CODE"`
}

// Run asks the owner.
func (c *questionsAskCmd) Run(a *app) error {
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	req := &registerv1.AskOwnerRequest{Parent: "forces/" + force, Basis: c.Basis, AskedForce: "forces/" + c.Asked, Text: c.Text, Reference: c.Reference}
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.Question, error) {
		return registerv1.NewExchangeServiceClient(conn).AskOwner(ctx, req, opts...)
	}, a.showQuestion)
}

type questionsAnswerCmd struct {
	Name string `arg:"" help:"The question, forces/33/questions/…"`
	Text string `help:"The answer, without a victim's details." required:""`
}

// Run answers a question.
func (c *questionsAnswerCmd) Run(a *app) error {
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.Question, error) {
		return registerv1.NewExchangeServiceClient(conn).AnswerQuestion(ctx, &registerv1.AnswerQuestionRequest{Name: c.Name, Text: c.Text}, opts...)
	}, a.showQuestion)
}

// exchange makes a call and shows its answer; show may be nil.
func exchange[M proto.Message](a *app, do func(context.Context, *grpc.ClientConn, ...grpc.CallOption) (M, error), show func(M)) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var answer M
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		answer, err = do(ctx, conn, opts...)
		return err
	})
	switch {
	case err != nil:
		return err
	case a.JSON:
		return a.printJSON(answer)
	case show != nil:
		show(answer)
	}
	return nil
}
