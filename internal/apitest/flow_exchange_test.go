package apitest

import (
	"testing"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// A force that asked to be told of a person is told when another registers conduct
// of him or searches for him, by force and never by whom; not of its own doings,
// and no longer once the subscription has ended.
func TestSubscribed(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	const registered, searchedFor = pb.AlertKind_ALERT_KIND_SUBSCRIBED_REGISTERED, pb.AlertKind_ALERT_KIND_SUBSCRIBED_SEARCHED
	a := s.sent(nominal("33", "p", "A", 1)).GetName()
	found := s.search("spoc-10", "p")
	sub := s.must("spoc-10", createSubscription, &pb.CreateSubscriptionRequest{
		Parent: "forces/10", Basis: found.GetName() + "/candidates/1", Searches: true, Reason: "an inquiry of our own",
	}).(*pb.Subscription)
	at := s.wantKinds("10", "")
	s.must("system-33", registerCourse, against("33", a, "C1", "Wenna", "Ashdowne"))
	at = s.wantKinds("10", at, registered)
	s.search("spoc-10", "p")
	at = s.wantKinds("10", at)
	s.search("investigator-33", "p")
	all, next := s.alertsOf("spoc-10", "10", at)
	if len(all) != 1 || all[0].GetKind() != searchedFor || all[0].GetOtherForce() != "forces/33" || all[0].GetSubject() != "" || all[0].GetRelated() != sub.GetName() {
		t.Errorf("told of a search: %v", all)
	}
	// A record of a third force that is linked with him.
	s.sent(nominal("43", "p", "B", 1))
	at = s.wantKinds("10", next, registered)
	// A check with a registration is a search for him, though it may register nothing new.
	s.must("system-33", registerCourse, checked(against("33", a, "C1", "Wenna", "Ashdowne")))
	at = s.wantKinds("10", at, searchedFor)
	s.must("system-33", registerCourse, checked(against("33", a, "C3", "Wenna", "Ashdowne")))
	at = s.wantKinds("10", at, registered, searchedFor)
	s.must("spoc-10", deleteSubscription, &pb.DeleteSubscriptionRequest{Name: sub.GetName()})
	s.must("spoc-10", deleteSubscription, &pb.DeleteSubscriptionRequest{Name: sub.GetName()})
	s.search("investigator-33", "p")
	s.must("system-33", registerCourse, checked(against("33", a, "C2", "Orla", "Penhaligon")))
	s.wantKinds("10", at)
}

// Of one who has become SILENT no force hears that he was checked, though it asked to be told.
func TestNobodyHearsOfACheckOfTheSilent(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	a := s.sent(nominal("33", "p", "A", 1)).GetName()
	s.must("spoc-10", createSubscription, &pb.CreateSubscriptionRequest{
		Parent: "forces/10", Basis: s.search("spoc-10", "p").GetName() + "/candidates/1", Searches: true, Reason: "an inquiry of our own",
	})
	at := s.wantKinds("10", "")
	s.restrict(a, pb.Restriction_RESTRICTION_SILENT)
	for range 2 { // the second changes nothing
		if checkOf(s.must("system-33", registerCourse, checked(against("33", a, "C1", "Wenna", "Ashdowne")))) == nil {
			t.Error("who registered him is not answered")
		}
	}
	s.wantKinds("10", at)
}

// A question is told to the owner force with it, and its answer to who asked.
func TestQuestionIsTold(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	s.tag = "q"
	s.sent(nominal("33", "q", "A", 1))
	s.names["search"] = s.search("investigator-10", "q").GetName()
	q := s.must("investigator-10", askOwner, ask(s)).(*pb.Question)
	s.names["put"] = "forces/33" + q.GetName()[len("forces/10"):]
	all, _ := s.alertsOf("spoc-33", "33", "")
	if len(all) != 1 || all[0].GetKind() != pb.AlertKind_ALERT_KIND_QUESTION_ASKED || all[0].GetSubject() != s.names["put"] {
		t.Errorf("force 33 is told %v", all)
	}
	s.must("spoc-33", answerQuestion, answerIt(s))
	all, _ = s.alertsOf("spoc-10", "10", "")
	if len(all) != 1 || all[0].GetKind() != pb.AlertKind_ALERT_KIND_QUESTION_ANSWERED || all[0].GetSubject() != q.GetName() {
		t.Errorf("force 10 is told %v", all)
	}
}
