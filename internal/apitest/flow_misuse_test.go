package apitest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// A PCSO looks up a woman, her friends, family and colleagues. Nobody of them is on
// the register. Before the twentieth search her department sees it; she does not.
func TestManySearchesForUnknownPeopleReachTheDepartment(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	const who = "investigator-33"
	for i := range 19 {
		s.must(who, createSearch, unexplained(fmt.Sprintf("friend %d", i)))
	}
	f := s.waitForFlag("psd-33", "forces/33", who, nil)
	if f.GetSubject() != s.subject(who) || f.GetForce() != "forces/33" || len(f.GetEntries()) == 0 || f.GetSettings() == "" {
		t.Errorf("flag: %v", f)
	}
	rules := map[string]bool{}
	var aCase string
	for _, f := range s.flags("psd-33", "forces/33", who) {
		rules[f.GetRule()], aCase = true, f.GetMisuseCase()
	}
	if !rules["ZERO_HITS"] && !rules["BURST"] {
		t.Errorf("rules: %v", rules)
	}
	c := s.must("psd-33", getCase, &pb.GetCaseRequest{Name: aCase}).(*pb.MisuseCase)
	if len(c.GetFlags()) != len(s.flags("psd-33", "forces/33", who)) {
		t.Errorf("the case holds %d flags", len(c.GetFlags()))
	}
	// She, her supervisor and other forces learn nothing.
	for _, other := range []string{who, "supervisor-33", "psd-10", "dpo-33", "admin"} {
		if code, _, _ := refusal(s.try(other, getCase, &pb.GetCaseRequest{Name: aCase})); code != codes.PermissionDenied {
			t.Errorf("%s: %v", other, code)
		}
	}
	// The flags' own entries name nobody to those who read the log of her force.
	for _, e := range s.must("psd-33", listEntries, entriesOf("forces/33")).(*pb.ListEntriesResponse).GetEntries() {
		if e.GetMethod() == "misuse.flag" {
			t.Error("the flag stands among the entries of the force")
		}
	}
	for _, e := range s.must("auditor", listEntries, entriesOf("forces/-")).(*pb.ListEntriesResponse).GetEntries() {
		if e.GetMethod() == "misuse.flag" && strings.Contains(string(e.GetMetadata()), s.subject(who)) {
			t.Error("the flag's entry names the actor")
		}
	}
}

// What a case accounts for is not held against the one who works on it.
func TestFactsExplain(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	const who = "investigator-33"
	subject := s.subject(who)
	s.must("system-33", putFacts, &pb.PutFactsRequest{Parent: "forces/33", Facts: []*pb.Fact{{Fact: &pb.Fact_Case{Case: &pb.CaseFact{
		Reference: "33CR/1234/26", Allocated: []string{subject}, OpenTime: timestamppb.New(time.Now().Add(-time.Hour)),
	}}}}})
	for i := range 30 {
		s.must(who, createSearch, search(fmt.Sprintf("witness %d", i)))
	}
	for i := range 19 { // somebody else without a case, after him
		s.must("supervisor-33", createSearch, unexplained(fmt.Sprintf("friend %d", i)))
	}
	s.waitForFlag("psd-33", "forces/33", "supervisor-33", nil)
	if got := s.flags("psd-33", "forces/33", who); len(got) > 0 {
		t.Errorf("flags: %v", got)
	}
}

// A question that another force puts through the register accounts for looking up him whom
// it is about, and nobody else, under that force's reference.
func TestAQuestionPutThroughTheRegisterExplains(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	s.tag = "asked about"
	s.sent(nominal("33", "asked about", "A", 1))
	s.names["search"] = s.search("investigator-10", "asked about").GetName()
	s.must("investigator-10", askOwner, ask(s))
	for _, colleague := range []string{"asked about", "another"} { // searches for whom would be flagged
		given, surname, birth := invented(colleague)
		s.tell("33", &pb.StaffFact{Subject: "issuer#" + colleague, Person: &pb.FactPerson{Names: []*pb.PersonName{{Full: given + " " + surname}}, BirthDate: birth}})
	}
	under := func(person, reference string) {
		r := search(person)
		r.Search.Reference = reference
		s.must("spoc-33", createSearch, r)
	}
	for i := range 6 { // as many unknown references as are believed in a day
		under(fmt.Sprintf("witness %d", i), fmt.Sprintf("by telephone %d", i))
	}
	under("asked about", "10/7/26")
	under("another", "10/7/26")
	if f := s.waitForFlag("psd-33", "forces/33", "spoc-33", nil); f.GetRule() != "COLLEAGUE" {
		t.Errorf("flag: %v", f)
	}
	if got := s.flags("psd-33", "forces/33", "spoc-33"); len(got) != 1 {
		t.Errorf("flags: %v", got)
	}
}

// A colleague whom the force has told of is recognised, by codes alone.
func TestAColleagueIsRecognised(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	given, surname, birth := invented("a colleague")
	s.must("system-33", putFacts, &pb.PutFactsRequest{Parent: "forces/33", Facts: []*pb.Fact{{Fact: &pb.Fact_Staff{Staff: &pb.StaffFact{
		Subject: "issuer#colleague", Person: &pb.FactPerson{Names: []*pb.PersonName{{Full: given + " " + surname}}, BirthDate: birth},
	}}}}})
	s.must("investigator-33", createSearch, unexplained("a colleague"))
	if f := s.waitForFlag("psd-33", "forces/33", "investigator-33", nil); f.GetRule() != "COLLEAGUE" || strings.Contains(f.String(), surname) {
		t.Errorf("flag: %v", f)
	}
	// Nor is he asked about by registering something against him.
	sham := course("33", s.register("33", "a colleague", "N-1"), "C-1", 1)
	sham.Check = &pb.CheckBasis{Reason: "DATA_QUALITY", Justification: "is he known"}
	s.must("spoc-33", registerCourse, sham)
	if f := s.waitForFlag("psd-33", "forces/33", "spoc-33", nil); f.GetRule() != "COLLEAGUE" {
		t.Errorf("flag: %v", f)
	}
	// Nor by sending again what is registered, which changes nothing.
	s.must("supervisor-33", registerCourse, sham)
	if f := s.waitForFlag("psd-33", "forces/33", "supervisor-33", nil); f.GetRule() != "COLLEAGUE" {
		t.Errorf("flag: %v", f)
	}
}

// A victim who is looked up for no reason: her department learns of it, and whoever
// searched sees what he would see of anybody.
func TestASearchForAVictimIsSeen(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	nominal := s.register("33", "the suspect", "N-1")
	told := course("33", nominal, "C-1", 1)
	mother := &pb.Victim{Names: []*pb.PersonName{{Given: "Dagmar", Surname: "Oxlade"}}, BirthDate: &pb.PartialDate{Year: 1962, Month: 9, Day: 3}}
	told.Course.AssociatedVictims = []*pb.Victim{mother}
	s.must("system-33", registerCourse, told)
	v := victim()
	r := unexplained("x")
	r.Search.Criteria = &pb.SearchCriteria{Names: v.GetNames(), BirthDate: v.GetBirthDate(), Phones: v.GetPhones()}
	if got := s.must("investigator-10", createSearch, r).(*pb.Search); got.GetOutcome() != pb.SearchOutcome_SEARCH_OUTCOME_NO_HIT || len(got.GetNotices()) > 0 {
		t.Errorf("search: %v", got)
	}
	f := s.waitForFlag("psd-10", "forces/10", "investigator-10", nil)
	if f.GetRule() != "PROBE" || strings.Contains(f.String(), "Harcastle") {
		t.Errorf("flag: %v", f)
	}
	// So does one who asks for somebody that was harmed because of her.
	r.Search.Criteria = &pb.SearchCriteria{Names: mother.GetNames(), BirthDate: mother.GetBirthDate()}
	if got := s.must("supervisor-10", createSearch, r).(*pb.Search); got.GetOutcome() != pb.SearchOutcome_SEARCH_OUTCOME_NO_HIT || len(got.GetNotices()) > 0 {
		t.Errorf("search: %v", got)
	}
	if f := s.waitForFlag("psd-10", "forces/10", "supervisor-10", nil); f.GetRule() != "PROBE" || strings.Contains(f.String(), "Oxlade") {
		t.Errorf("flag: %v", f)
	}
	// When the course says no longer that she was, nobody is asked about her.
	told.Course.Source.Revision, told.Course.AssociatedVictims, told.Course.Victim = 2, nil, victim()
	s.must("system-33", registerCourse, told)
	seen := s.flags("psd-10", "forces/10", "spoc-10")
	s.must("spoc-10", createSearch, r)
	r.Search.Criteria = &pb.SearchCriteria{Names: v.GetNames(), BirthDate: v.GetBirthDate()}
	s.must("spoc-10", createSearch, r)
	s.waitForFlag("psd-10", "forces/10", "spoc-10", seen)
	if got := s.flags("psd-10", "forces/10", "spoc-10"); len(got) != 1 || got[0].GetSearches() != 1 {
		t.Errorf("flags: %v", got)
	}
	// He whose conduct it is serves in force 10: a reference does not account for it that
	// he looks for her.
	given, surname, birth := invented("the suspect")
	s.tell("10", &pb.StaffFact{Subject: s.subject("control_room-10"), Person: &pb.FactPerson{Names: []*pb.PersonName{{Full: surname + " " + given}}, BirthDate: birth}})
	r = search("x")
	r.Search.Criteria = &pb.SearchCriteria{Names: v.GetNames(), BirthDate: v.GetBirthDate()}
	s.must("control_room-10", createSearch, r)
	if f := s.waitForFlag("psd-10", "forces/10", "control_room-10", nil); f.GetRule() != "OWN_CASE" {
		t.Errorf("flag: %v", f)
	}
	for _, who := range []string{"investigator-10", "supervisor-10", "spoc-10", "control_room-10"} {
		if got := s.flags("psd-33", "forces/33", who); len(got) > 0 {
			t.Errorf("another force's department sees: %v", got)
		}
	}
}

// Whoever reviews is reviewed by others, and judges nobody of his own unit.
func TestReviewersAreReviewedByOthers(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	const who = "psd-33"
	r := entriesOf("forces/33")
	r.Subject = s.subject(who)
	s.must(who, listEntries, r)
	f := s.waitForFlag("auditor", "forces/-", who, nil)
	if f.GetRule() != "REVIEWER_SCOPE" {
		t.Errorf("flag: %v", f)
	}
	if got := s.flags(who, "forces/33", who); len(got) > 0 {
		t.Errorf("the reviewer sees flags of his own use: %v", got)
	}
	if code, _, _ := refusal(s.try(who, getCase, &pb.GetCaseRequest{Name: f.GetMisuseCase()})); code != codes.PermissionDenied {
		t.Errorf("the reviewer reads his own case: %v", code)
	}
	if c := s.must("auditor", openCase, &pb.OpenCaseRequest{Name: f.GetMisuseCase()}).(*pb.MisuseCase); c.GetState() != pb.CaseState_CASE_STATE_OPEN {
		t.Errorf("case: %v", c)
	}

	unit := func(subject string) *pb.Fact {
		return &pb.Fact{Fact: &pb.Fact_Staff{Staff: &pb.StaffFact{Subject: subject, Unit: "PSD intelligence"}}}
	}
	s.must("system-33", putFacts, &pb.PutFactsRequest{Parent: "forces/33", Facts: []*pb.Fact{unit(s.subject(who)), unit(s.subject("investigator-33"))}})
	for i := range 19 {
		s.must("investigator-33", createSearch, unexplained(fmt.Sprintf("friend %d", i)))
	}
	f = s.waitForFlag("auditor", "forces/33", "investigator-33", nil)
	if code, reason, _ := refusal(s.try(who, getCase, &pb.GetCaseRequest{Name: f.GetMisuseCase()})); code != codes.FailedPrecondition || reason != "REVIEWER_CONFLICT" {
		t.Errorf("the reviewer judges his own unit: %v %s", code, reason)
	}
}

// Replicas watch together, and one that starts anew goes on where the flags end: each
// happening is flagged once.
func TestReplicasFlagOnce(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	s.w.site.Start(s.w.site.Config())
	for i := range 19 {
		s.must("investigator-33", createSearch, unexplained(fmt.Sprintf("friend %d", i)))
	}
	s.waitForFlag("psd-33", "forces/33", "investigator-33", nil)
	s.w.site.Start(s.w.site.Config())
	s.must("supervisor-33", createSearch, unexplained("one"))
	for i := range 19 {
		s.must("supervisor-33", createSearch, unexplained(fmt.Sprintf("other %d", i)))
	}
	s.waitForFlag("psd-33", "forces/33", "supervisor-33", nil)
	seen := map[string]bool{}
	for _, who := range []string{"investigator-33", "supervisor-33"} {
		for _, f := range s.flags("psd-33", "forces/33", who) {
			key := fmt.Sprint(f.GetRule(), f.GetSubject(), f.GetLogIndex())
			if seen[key] {
				t.Errorf("flagged twice: %s", key)
			}
			seen[key] = true
		}
	}
}
