package apitest

import (
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
)

// tell stores what force 33 tells of members of its staff.
func (s *stage) tell(force string, staff ...*pb.StaffFact) {
	s.Helper()
	r := &pb.PutFactsRequest{Parent: "forces/" + force}
	for _, f := range staff {
		r.Facts = append(r.Facts, &pb.Fact{Fact: &pb.Fact_Staff{Staff: f}})
	}
	s.must("system-"+force, putFacts, r)
}

// bound expects that the reviewer is refused as one who is bound to whom he would review.
func (s *stage) bound(what, who, method string, request proto.Message) {
	s.Helper()
	if code, reason, _ := refusal(s.try(who, method, request)); code != codes.FailedPrecondition || reason != "REVIEWER_CONFLICT" {
		s.Errorf("%s: %v %s", what, code, reason)
	}
}

// Neither the actor nor his line, nor those near him, review a flag, a case, a reading,
// an unsealing: as far as forces have told; and where they have not, the answer and the
// log say so.
func TestWhoIsBoundCannotReview(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	const declared, computed = pb.ConflictCheck_CONFLICT_CHECK_DECLARED, pb.ConflictCheck_CONFLICT_CHECK_COMPUTED
	psd, second, officer := s.subject("psd-33"), s.subject("psd2-33"), s.subject("investigator-33")

	// Nothing is told: what is declared is all there is.
	sealedSearch(s)
	u := s.must("psd-33", requestUnsealing, s.unsealing()).(*pb.Unsealing)
	if u.GetAskerCheck() != declared || u.GetApproverCheck() != 0 {
		t.Errorf("asked: %v", u)
	}
	s.names["unsealing"] = u.GetName()

	// One person with two sign-ins is no second person: his collar number tells.
	self := s.must("psd-33", "DirectoryService.GetSelf", &pb.GetSelfRequest{}).(*pb.Self)
	other := "Bearer " + s.w.site.Token("psd2-33", map[string]any{"collar": self.GetCollarNumber()})
	for _, m := range []struct {
		method  string
		request proto.Message
	}{{approveUnsealing, unsealingApproved(s)}, {refuseUnsealing, unsealingRefused(s)}} {
		a := grpcCall(s.Context(), s.w.conns[""], s.w.methods[m.method], other, m.request)
		if code, reason, _ := refusal(a.err); code != codes.PermissionDenied || reason != "NOT_YOURS" {
			t.Errorf("%s by the asker's other sign-in: %v %s", m.method, code, reason)
		}
	}

	// The second is the officer's manager's manager; the first is in another unit.
	s.tell("33",
		&pb.StaffFact{Subject: officer, Unit: "CID 3", LineManager: "issuer#sergeant"},
		&pb.StaffFact{Subject: "issuer#sergeant", LineManager: second},
		&pb.StaffFact{Subject: psd, Unit: "PSD", CollarNumbers: []string{"4711"}},
	)
	s.bound("a manager approves", "psd2-33", approveUnsealing, unsealingApproved(s))
	if u := s.must("psd3-33", approveUnsealing, unsealingApproved(s)).(*pb.Unsealing); u.GetApproverCheck() != declared || u.GetAskerCheck() != declared {
		t.Errorf("approved: %v", u)
	}
	if u := s.must("psd-33", requestUnsealing, s.unsealing()).(*pb.Unsealing); u.GetAskerCheck() != computed {
		t.Errorf("asked with all told: %v", u)
	}
	marks := map[string]bool{}
	for _, e := range s.must("auditor", listEntries, entriesOf("forces/33")).(*pb.ListEntriesResponse).GetEntries() {
		meta, err := accesslog.ParseMetadata(e.GetMetadata())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range meta.Marks {
			marks[e.GetMethod()+" "+m] = true
		}
	}
	if !marks[requestUnsealing+" conflict:declared"] || !marks[requestUnsealing+" conflict:computed"] || !marks[approveUnsealing+" conflict:declared"] {
		t.Errorf("the log says: %v", marks)
	}

	// A flag and its case; meanwhile the first has become the officer's sergeant's equal.
	for i := range 19 {
		s.must("investigator-33", createSearch, unexplained(fmt.Sprintf("friend %d", i)))
	}
	f := s.waitForFlag("psd-33", "forces/33", "investigator-33", nil)
	if f.GetConflictCheck() != computed {
		t.Errorf("flag: %v", f)
	}
	if got := s.flags("psd2-33", "forces/33", "investigator-33"); len(got) > 0 {
		t.Errorf("his manager sees: %v", got)
	}
	s.bound("a manager opens the case", "psd2-33", openCase, &pb.OpenCaseRequest{Name: f.GetMisuseCase()})
	if c := s.must("psd-33", openCase, &pb.OpenCaseRequest{Name: f.GetMisuseCase()}).(*pb.MisuseCase); c.GetConflictCheck() != computed || c.GetEvents()[0].GetConflictCheck() != computed {
		t.Errorf("case: %v", c)
	}
	s.tell("33", &pb.StaffFact{Subject: psd, Unit: "CID 3", CollarNumbers: []string{"4711"}})
	s.bound("what was approved is opened by one who is of his unit by now", "psd-33", openUnsealing, openIt(s))
	s.bound("the case is decided by one who is of his unit by now", "psd-33", decideCase, &pb.DecideCaseRequest{
		Name: f.GetMisuseCase(), Outcome: pb.CaseOutcome_CASE_OUTCOME_JUSTIFIED, Rationale: "he was working on it",
	})

	// Nor does he suspend the officer, nor lift what another has imposed.
	order := suspension("33", "x")
	order.Subject, order.CollarNumber = officer, ""
	s.bound("a sanction by one of his unit", "psd-33", imposeSanction, order)
	s.bound("a sanction by a manager", "psd2-33", imposeSanction, order)
	imposed := s.must("psd3-33", imposeSanction, order).(*pb.Sanction)
	if imposed.GetImposerCheck() != declared {
		t.Errorf("imposed: %v", imposed)
	}
	lift := &pb.LiftSanctionRequest{Name: imposed.GetName(), Reason: "nothing was found against him"}
	s.bound("a sanction lifted by one of his unit", "psd-33", liftSanction, lift)
	if o := s.must("auditor", liftSanction, lift).(*pb.Sanction); o.GetLifterCheck() != declared || o.GetLifter() != s.subject("auditor") {
		t.Errorf("lifted: %v", o)
	}
	s.bound("a colleague of the department", "psd-33", imposeSanction, func() proto.Message { // all in it are of one unit
		s.tell("33", &pb.StaffFact{Subject: psd, Unit: "PSD", CollarNumbers: []string{"4711"}}, &pb.StaffFact{Subject: "issuer#colleague", Unit: "PSD", CollarNumbers: []string{"4712"}})
		r := suspension("33", "x")
		r.Subject, r.CollarNumber = "", "4712"
		return r
	}())

	// A reading is reviewed by another force, but not by somebody close to the reader.
	looked(s)
	r := readingReviewed(s).(*pb.ReviewReadingRequest)
	if got := s.must("psd-10", reviewReading, r).(*pb.Reading); got.GetReviewCheck() != declared {
		t.Errorf("reviewed: %v", got)
	}
	her := &pb.FactPerson{Phones: []string{"07700 900456"}}
	s.tell("10", &pb.StaffFact{Subject: s.subject("psd-10"), Unit: "PSD", Person: her})
	s.tell("33", &pb.StaffFact{Subject: psd, Unit: "PSD", Associates: []*pb.FactPerson{her}, CollarNumbers: []string{"4711"}})
	s.bound("a reading by somebody close", "psd-10", reviewReading, r)
	if got := s.must("auditor", reviewReading, r).(*pb.Reading); got.GetReviewCheck() != declared {
		t.Errorf("reviewed by the auditor: %v", got)
	}

	// Two who are close to each other are not two.
	sealedSearch(s)
	s.askUnsealing("psd-33")
	s.tell("33", &pb.StaffFact{Subject: s.subject("psd3-33"), Unit: "PSD", Person: her})
	s.bound("the second person is close to the asker", "psd3-33", approveUnsealing, unsealingApproved(s))
	s.bound("and does not refuse either", "psd3-33", refuseUnsealing, unsealingRefused(s))
}
