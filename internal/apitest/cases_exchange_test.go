package apitest

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	createSubscription = "ExchangeService.CreateSubscription"
	listSubscriptions  = "ExchangeService.ListSubscriptions"
	deleteSubscription = "ExchangeService.DeleteSubscription"
	askOwner           = "ExchangeService.AskOwner"
	answerQuestion     = "ExchangeService.AnswerQuestion"
	getQuestion        = "ExchangeService.GetQuestion"
	listQuestions      = "ExchangeService.ListQuestions"
)

// subscribeTo asks force 10 to be told of the person that was searched for.
func subscribeTo(s *stage) proto.Message {
	return &pb.CreateSubscriptionRequest{Parent: "forces/10", Basis: s.names["search"] + "/candidates/1", Reason: "an inquiry of our own"}
}

func withSearches(m proto.Message) proto.Message {
	m.(*pb.CreateSubscriptionRequest).Searches = true
	return m
}

// subscribed prepares a subscription of force 10.
func subscribed(s *stage) {
	s.Helper()
	searched(s)
	s.names["subscription"] = s.must("investigator-10", createSubscription, subscribeTo(s)).(*pb.Subscription).GetName()
}

func ask(s *stage) proto.Message {
	return &pb.AskOwnerRequest{
		Parent: "forces/10", AskedForce: "forces/33", Basis: s.names["search"] + "/candidates/1", Text: "Is he known to carry a knife?", Reference: "10/7/26",
	}
}

// asked prepares a question of force 10 to force 33.
func asked(s *stage) {
	s.Helper()
	searched(s)
	q := s.must("investigator-10", askOwner, ask(s)).(*pb.Question)
	s.names["question"] = q.GetName()
	s.names["put"] = "forces/33" + q.GetName()[len("forces/10"):]
}

func answerIt(s *stage) proto.Message {
	return &pb.AnswerQuestionRequest{Name: s.names["put"], Text: "He was seen with one twice."}
}

func exchangeCases() []apiCase {
	asking := func(s *stage, m proto.Message) {
		s.Helper()
		q := m.(*pb.Question)
		if q.GetAskedForce() != "forces/33" || len(q.GetNominals()) != 1 || q.GetNominals()[0] != s.names["nominal"] || q.GetText() == "" {
			s.Errorf("question %v", q)
		}
	}
	answered := func(s *stage, m proto.Message) {
		s.Helper()
		asking(s, m)
		if q := m.(*pb.Question); q.GetAnswer() == "" || q.GetAnswerTime() == nil {
			s.Errorf("question %v", q)
		}
	}
	read := func(name string) func(s *stage) proto.Message {
		return func(s *stage) proto.Message { return &pb.GetQuestionRequest{Name: s.names[name]} }
	}
	return []apiCase{
		{name: "subscribe to a candidate", method: createSubscription, who: "investigator-10", writes: true, prepare: searched, request: subscribeTo, live: true},
		{name: "subscribe to an own nominal with its searches", method: createSubscription, who: "spoc-33", writes: true, prepare: givenCourse, live: true,
			request: func(s *stage) proto.Message {
				return &pb.CreateSubscriptionRequest{Parent: "forces/33", Basis: s.names["nominal"], Reason: "an inquiry of our own", Searches: true, Days: 7}
			}},
		{name: "subscribe to searches as an investigator", method: createSubscription, who: "investigator-10", prepare: searched, code: codes.PermissionDenied, reason: "NOT_ALLOWED",
			request: func(s *stage) proto.Message { return withSearches(subscribeTo(s)) }, except: []transport{overMTLS}},
		{name: "subscribe to another's candidate", method: createSubscription, who: "spoc-10", prepare: searched, request: subscribeTo, code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "subscribe to another force's nominal", method: createSubscription, who: "spoc-10", prepare: givenCourse, code: codes.NotFound, reason: "NOT_FOUND",
			request: func(s *stage) proto.Message {
				return &pb.CreateSubscriptionRequest{Parent: "forces/10", Basis: s.names["nominal"], Reason: "an inquiry of our own"}
			}},
		{name: "subscribe without a reason", method: createSubscription, who: "investigator-10", prepare: searched, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"reason"},
			request: func(s *stage) proto.Message {
				return &pb.CreateSubscriptionRequest{Parent: "forces/10", Basis: s.names["search"] + "/candidates/1"}
			}},
		{name: "subscribe from the control room", method: createSubscription, who: "control_room-33", prepare: searched, request: subscribeTo, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "subscriptions", method: listSubscriptions, who: "spoc-10", prepare: subscribed, live: true,
			request: func(*stage) proto.Message { return &pb.ListSubscriptionsRequest{Parent: "forces/10", PageSize: 500} },
			check: func(s *stage, m proto.Message) {
				s.Helper()
				for _, one := range m.(*pb.ListSubscriptionsResponse).GetSubscriptions() {
					if one.GetName() == s.names["subscription"] {
						return
					}
				}
				s.Error("the subscription is not listed")
			}},
		{name: "another force's subscriptions", method: listSubscriptions, who: "spoc-33", code: codes.PermissionDenied, reason: "OTHER_FORCE",
			request: func(*stage) proto.Message { return &pb.ListSubscriptionsRequest{Parent: "forces/10"} }},
		{name: "end a subscription", method: deleteSubscription, who: "spoc-10", writes: true, prepare: subscribed,
			request: func(s *stage) proto.Message {
				return &pb.DeleteSubscriptionRequest{Name: s.names["subscription"]}
			}},
		{name: "end another force's subscription", method: deleteSubscription, who: "spoc-33", prepare: subscribed, code: codes.PermissionDenied, reason: "OTHER_FORCE",
			request: func(s *stage) proto.Message {
				return &pb.DeleteSubscriptionRequest{Name: s.names["subscription"]}
			}},

		{name: "ask the owner", method: askOwner, who: "investigator-10", writes: true, prepare: searched, request: ask, check: asking, live: true},
		{name: "ask on an alert", method: askOwner, who: "spoc-33", writes: true, prepare: alerted, live: true,
			request: func(s *stage) proto.Message {
				return &pb.AskOwnerRequest{Parent: "forces/33", AskedForce: "forces/10", Basis: s.names["alert"], Text: "Is he known to carry a knife?"}
			}},
		{name: "ask who owns nothing of it", method: askOwner, who: "investigator-10", prepare: searched, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"asked_force"},
			request: func(s *stage) proto.Message {
				m := ask(s).(*pb.AskOwnerRequest)
				m.AskedForce = "forces/43"
				return m
			}},
		{name: "ask on another's candidate", method: askOwner, who: "spoc-10", prepare: searched, request: ask, code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "ask in the name of another force", method: askOwner, who: "investigator-33", prepare: searched, request: ask, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "answer a question", method: answerQuestion, who: "spoc-33", writes: true, prepare: asked, request: answerIt, check: answered, live: true},
		{name: "answer again", method: answerQuestion, who: "spoc-33", code: codes.FailedPrecondition, reason: "QUESTION_ANSWERED", request: answerIt,
			prepare: then(asked, func(s *stage) { s.must("supervisor-33", answerQuestion, answerIt(s)) })},
		{name: "answer one's own question", method: answerQuestion, who: "spoc-10", prepare: asked, code: codes.NotFound, reason: "NOT_FOUND",
			request: func(s *stage) proto.Message {
				return &pb.AnswerQuestionRequest{Name: s.names["question"], Text: "He was seen with one twice."}
			}},
		{name: "answer as an investigator", method: answerQuestion, who: "investigator-33", prepare: asked, request: answerIt, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "a question put to the force", method: getQuestion, who: "spoc-33", prepare: asked, request: read("put"), check: asking, live: true},
		{name: "a question of the force", method: getQuestion, who: "investigator-10", request: read("question"), check: answered, live: true,
			prepare: then(asked, func(s *stage) { s.must("supervisor-33", answerQuestion, answerIt(s)) })},
		{name: "a question about a record that is silent now", method: getQuestion, who: "investigator-10", request: read("question"), code: codes.NotFound, reason: "NOT_FOUND",
			prepare: then(asked, func(s *stage) { s.restrict(s.names["nominal"], pb.Restriction_RESTRICTION_SILENT) })},
		{name: "a question between others", method: getQuestion, who: "spoc-43", prepare: asked, request: read("put"), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "questions", method: listQuestions, who: "spoc-33", prepare: asked, live: true,
			request: func(*stage) proto.Message {
				return &pb.ListQuestionsRequest{Parent: "forces/33", PageSize: 500, Open: true}
			},
			check: func(s *stage, m proto.Message) {
				s.Helper()
				for _, q := range m.(*pb.ListQuestionsResponse).GetQuestions() {
					if q.GetName() == s.names["put"] {
						return
					}
				}
				s.Error("the question is not listed")
			}},
		{name: "one's own questions", method: listQuestions, who: "investigator-10", prepare: asked,
			request: func(*stage) proto.Message { return &pb.ListQuestionsRequest{Parent: "forces/10", PageSize: 500} },
			check: func(s *stage, m proto.Message) {
				s.Helper()
				if n := len(m.(*pb.ListQuestionsResponse).GetQuestions()); n == 0 {
					s.Error("the question that he asked is not listed")
				}
				if n := len(s.must("supervisor-10", listQuestions, &pb.ListQuestionsRequest{Parent: "forces/10", Mine: true}).(*pb.ListQuestionsResponse).GetQuestions()); n != 0 {
					s.Errorf("%d questions are listed as the supervisor's own", n)
				}
			}},
		{name: "no questions of others for who answers none", method: listQuestions, who: "investigator-33", prepare: asked,
			request: func(*stage) proto.Message { return &pb.ListQuestionsRequest{Parent: "forces/33"} },
			check: func(s *stage, m proto.Message) {
				s.Helper()
				if n := len(m.(*pb.ListQuestionsResponse).GetQuestions()); n != 0 {
					s.Errorf("%d questions are listed that were put to his force", n)
				}
			}, except: []transport{overMTLS}},
		{name: "another force's questions", method: listQuestions, who: "spoc-33", code: codes.PermissionDenied, reason: "OTHER_FORCE",
			request: func(*stage) proto.Message { return &pb.ListQuestionsRequest{Parent: "forces/10"} }},
	}
}
