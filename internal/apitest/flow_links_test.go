package apitest

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/server"
)

// flow is a register of its own, in which a test does one thing after another.
func flow(t *testing.T, change func(*server.Config)) *stage {
	t.Helper()
	return &stage{T: t, w: newWorld(t, change), tag: "flow", run: "flow", names: map[string]string{}}
}

// try makes a call and returns its error.
func (s *stage) try(who, method string, request proto.Message) error {
	s.Helper()
	return s.w.call(s.Context(), s.w.transportsOf(who)[0], who, method, request).err
}

// gone checks that a link is not there for somebody.
func (s *stage) gone(who, name string) {
	s.Helper()
	if code, reason, _ := refusal(s.try(who, getLink, &pb.GetLinkRequest{Name: name})); code != codes.NotFound || reason != "NOT_FOUND" {
		s.Errorf("%s reads %s: %v %s", who, name, code, reason)
	}
}

// sent registers a nominal and returns the answer.
func (s *stage) sent(r *pb.RegisterNominalRequest) *pb.RegisterNominalResponse {
	s.Helper()
	who := "system-" + r.GetParent()[len("forces/"):]
	return s.must(who, registerNominal, r).(*pb.RegisterNominalResponse)
}

func (s *stage) link(who, name string) *pb.Link {
	s.Helper()
	return s.must(who, getLink, &pb.GetLinkRequest{Name: name}).(*pb.Link)
}

func (s *stage) reject(who, name string) *pb.Link {
	s.Helper()
	return s.must(who, rejectLink, &pb.RejectLinkRequest{Name: name, Version: s.link(who, name).GetVersion(), Reason: why}).(*pb.Link)
}

func (s *stage) confirm(who, name string) *pb.Link {
	s.Helper()
	return s.must(who, confirmLink, &pb.ConfirmLinkRequest{Name: name, Version: s.link(who, name).GetVersion(), Reason: why}).(*pb.Link)
}

// wantPersonOf compares the nominals of a person with those wanted, in any order.
func (s *stage) wantPersonOf(who, nominal string, unconfirmed bool, want ...string) *pb.Person {
	s.Helper()
	p := s.must(who, getPerson, &pb.GetPersonRequest{Name: nominal}).(*pb.Person)
	var got []string
	for _, n := range p.GetNominals() {
		got = append(got, n.GetNominal())
	}
	slices.Sort(got)
	want = append([]string{nominal}, want...)
	slices.Sort(want)
	if !slices.Equal(got, want) || p.GetUnconfirmed() != unconfirmed {
		s.Errorf("person %v (unconfirmed %t), want %v (%t)", got, p.GetUnconfirmed(), want, unconfirmed)
	}
	return p
}

// kinds are the kinds of a force's alerts after a cursor, and the next cursor.
func (s *stage) kinds(force, token string) (out []pb.AlertKind, next string) {
	s.Helper()
	all, next := s.alertsOf("spoc-"+force, force, token)
	for _, a := range all {
		out = append(out, a.GetKind())
	}
	return out, next
}

func (s *stage) wantKinds(force, token string, want ...pb.AlertKind) (next string) {
	s.Helper()
	got, next := s.kinds(force, token)
	if !slices.Equal(got, want) {
		s.Errorf("force %s is alerted to %v, want %v", force, got, want)
	}
	return next
}

func (s *stage) search(who, person string) *pb.Search {
	s.Helper()
	return s.must(who, createSearch, search(person)).(*pb.Search)
}

func (s *stage) noticed(who, name string) (codes []string) {
	s.Helper()
	for _, n := range s.must(who, getSearch, &pb.GetSearchRequest{Name: name}).(*pb.Search).GetNotices() {
		codes = append(codes, n.GetCode())
	}
	return codes
}

const (
	alertLinked    = pb.AlertKind_ALERT_KIND_LINKED
	alertProposed  = pb.AlertKind_ALERT_KIND_LINK_PROPOSED
	alertConfirmed = pb.AlertKind_ALERT_KIND_LINK_CONFIRMED
	alertRetracted = pb.AlertKind_ALERT_KIND_LINK_RETRACTED
)

// Two forces register one person: both are told, and a search shows him once.
// People reject the link: he is two persons again, whoever was shown it is told,
// and it does not come back.
func TestLinkedAndRejected(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	a := s.sent(nominal("33", "p", "A", 1))
	b := s.sent(nominal("10", "p", "B", 1))
	if len(a.GetLinks()) != 0 || len(b.GetLinks()) != 1 {
		t.Fatalf("links told: %v, %v", a.GetLinks(), b.GetLinks())
	}
	if l := b.GetLinks()[0]; l.GetState() != pb.LinkState_LINK_STATE_AUTOMATIC || l.GetForce() != "forces/33" || l.GetProbability() < 0.9 {
		t.Errorf("link told: %v", l)
	}
	link, same := b.GetLinks()[0].GetName(), "forces/33"+b.GetLinks()[0].GetName()[len("forces/10"):]
	s.wantPersonOf("spoc-33", a.GetName(), true, b.GetName())
	at := map[string]string{"33": s.wantKinds("33", "", alertLinked), "10": s.wantKinds("10", "", alertLinked), "43": s.wantKinds("43", "")}

	found := s.search("investigator-43", "p")
	if c := found.GetCandidates(); len(c) != 1 || len(c[0].GetRecords()) != 2 || !c[0].GetUnconfirmed() {
		t.Errorf("found %v", c)
	}
	if codes := s.noticed("investigator-43", found.GetName()); len(codes) > 0 {
		t.Errorf("notices %v", codes)
	}
	if r := s.must("investigator-43", listRetractions, &pb.ListRetractionsRequest{}).(*pb.ListRetractionsResponse); len(r.GetRetractions()) > 0 {
		t.Errorf("retractions %v", r)
	}

	s.reject("spoc-33", same)
	s.wantPersonOf("spoc-33", a.GetName(), false)
	s.wantPersonOf("spoc-10", b.GetName(), false)
	if got := s.link("spoc-10", link).GetDecisions(); len(got) != 2 || got[1].GetReason() != why || got[1].GetForce() != "forces/33" {
		t.Errorf("decisions %v", got)
	}
	for _, force := range []string{"33", "10", "43"} {
		s.wantKinds(force, at[force], alertRetracted)
		at[force] = s.wantKinds(force, at[force], alertRetracted) // the cursor can be used again
	}
	third, _ := s.alertsOf("supervisor-43", "43", "")
	if a := third[0]; a.GetOfficersShown() != 1 || a.GetLink() != "" || len(a.GetNominals()) > 0 || a.GetOtherForce() != "" {
		t.Errorf("alert to a third force: %v", a)
	}
	if two := s.search("investigator-43", "p"); len(two.GetCandidates()) != 2 {
		t.Errorf("found %d persons after the rejection", len(two.GetCandidates()))
	}
	s.toldOff(found.GetName())

	// It does not come back: by a revision, by a withdrawal and reinstatement, or
	// by a third record that agrees with both.
	again := nominal("10", "p", "B", 2)
	again.Nominal.Identifiers = []*pb.Identifier{{Kind: pb.IdentifierKind_IDENTIFIER_KIND_EMAIL, Value: "p@mail.example"}}
	s.sent(again)
	s.must("spoc-33", cancelNominal, &pb.CancelNominalRequest{Name: a.GetName(), Reason: pb.CancelReason_CANCEL_REASON_DUPLICATE})
	back := nominal("33", "p", "A", 2)
	back.Reinstate = true
	s.sent(back)
	wantState(pb.LinkState_LINK_STATE_REJECTED)(s, s.link("spoc-33", same))
	s.wantPersonOf("spoc-33", a.GetName(), false)
	s.sent(nominal("43", "p", "C", 1))
	for _, n := range []struct{ who, name, not string }{{"spoc-33", a.GetName(), b.GetName()}, {"spoc-10", b.GetName(), a.GetName()}} {
		p := s.must(n.who, getPerson, &pb.GetPersonRequest{Name: n.name}).(*pb.Person)
		for _, m := range p.GetNominals() {
			if m.GetNominal() == n.not {
				t.Errorf("a third record brings the rejected pair together: %v", p)
			}
		}
	}
	for _, c := range s.search("investigator-43", "p").GetCandidates() {
		forces := map[string]bool{}
		for _, r := range c.GetRecords() {
			forces[r.GetForce()] = true
		}
		if forces["forces/33"] && forces["forces/10"] {
			t.Errorf("a search shows the rejected pair as one: %v", c)
		}
	}
}

// toldOff checks that the officer who was shown the link is told that it fell:
// by his retractions, and in the search that rests on it.
func (s *stage) toldOff(search string) {
	s.Helper()
	got := s.must("investigator-43", listRetractions, &pb.ListRetractionsRequest{}).(*pb.ListRetractionsResponse).GetRetractions()
	if len(got) != 1 || got[0].GetCode() != "LINK_REJECTED" || got[0].GetMessage() == "" || got[0].GetShownIndex() == 0 || got[0].GetTime() == nil ||
		!slices.Equal(got[0].GetSearches(), []string{search}) {
		s.Errorf("retractions %v, want one by %s", got, search)
	}
	late := &pb.ListRetractionsRequest{Since: timestamppb.New(got[0].GetTime().AsTime().Add(1))}
	if r := s.must("investigator-43", listRetractions, late).(*pb.ListRetractionsResponse); len(r.GetRetractions()) > 0 {
		s.Errorf("retractions since then: %v", r)
	}
	if r := s.must("control_room-43", listRetractions, &pb.ListRetractionsRequest{}).(*pb.ListRetractionsResponse); len(r.GetRetractions()) > 0 {
		s.Errorf("retractions of a colleague who was shown nothing: %v", r)
	}
	if codes := s.noticed("investigator-43", search); !slices.Equal(codes, []string{"RETRACTED"}) {
		s.Errorf("notices %v", codes)
	}
	d := s.must("investigator-43", getCandidate, &pb.GetCandidateRequest{Name: search + "/candidates/1"}).(*pb.CandidateDetail)
	if n := d.GetNotices(); len(n) != 1 || n[0].GetCode() != "RETRACTED" || len(d.GetNominals()) != 2 {
		s.Errorf("detail of %d nominals with notices %v", len(d.GetNominals()), n)
	}
}

// A confirmed link is no longer unconfirmed, and both forces are told; what
// conflicts with a rejection cannot be confirmed, and a person can be split.
func TestConfirmedAndSplit(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	a, b := s.sent(nominal("33", "p", "A", 1)), s.sent(nominal("10", "p", "B", 1))
	at := map[string]string{"33": s.wantKinds("33", "", alertLinked), "10": s.wantKinds("10", "", alertLinked)}
	link := b.GetLinks()[0].GetName()
	s.confirm("supervisor-10", link)
	p := s.wantPersonOf("spoc-33", a.GetName(), false, b.GetName())
	if len(p.GetLinks()) != 1 || p.GetLinks()[0].GetState() != pb.LinkState_LINK_STATE_CONFIRMED || len(p.GetLinks()[0].GetTerms()) > 0 {
		t.Errorf("links %v", p.GetLinks())
	}
	for force := range at {
		at[force] = s.wantKinds(force, at[force], alertConfirmed)
	}
	if c := s.search("investigator-43", "p").GetCandidates(); len(c) != 1 || c[0].GetUnconfirmed() {
		t.Errorf("found %v", c)
	}
	// New evidence does not undo what people have decided.
	s.sent(nominal("10", "p", "B", 2))
	wantState(pb.LinkState_LINK_STATE_CONFIRMED)(s, s.link("spoc-10", link))

	// C is somebody else, B's force says, and C's: A may not be him.
	c := s.register("33", "q", "C")
	apart := s.must("spoc-33", proposeLink, &pb.ProposeLinkRequest{Parent: "forces/33", Nominal: a.GetName(), Other: c, Reason: why}).(*pb.Link)
	found := s.search("spoc-10", "q")
	other := s.must("spoc-10", proposeLink, &pb.ProposeLinkRequest{
		Parent: "forces/10", Nominal: b.GetName(), Candidate: found.GetCandidates()[0].GetName(), Reason: why,
	}).(*pb.Link)
	s.reject("spoc-10", other.GetName())
	err := s.try("spoc-33", confirmLink, &pb.ConfirmLinkRequest{Name: apart.GetName(), Version: 1, Reason: why})
	code, reason, _ := refusal(err)
	inTheWay := "forces/33" + other.GetName()[len("forces/10"):]
	if code != codes.FailedPrecondition || reason != "LINK_CONFLICT" || !strings.Contains(err.Error(), inTheWay) {
		t.Errorf("a conflicting link: %v", err)
	}
	s.wantPersonOf("spoc-33", c, false)

	left := s.must("spoc-33", splitPerson, &pb.SplitPersonRequest{Name: a.GetName(), Apart: []string{b.GetName()}, Reason: why}).(*pb.Person)
	if len(left.GetNominals()) != 1 || left.GetUnconfirmed() {
		t.Errorf("what remains: %v", left)
	}
	s.wantPersonOf("spoc-10", b.GetName(), false)
	wantState(pb.LinkState_LINK_STATE_REJECTED)(s, s.link("spoc-10", link))
	kinds, _ := s.kinds("10", at["10"])
	if !slices.Equal(kinds, []pb.AlertKind{alertProposed, alertRetracted, alertRetracted}) {
		t.Errorf("force 10 is alerted to %v", kinds)
	}
}

// Three records of one person, all tied to each other: when people tell two of
// them apart, the third cannot tie them together.
func TestRejectedWithinAPerson(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	names := map[string]string{}
	for _, force := range []string{"33", "10", "43"} {
		names[force] = s.register(force, "p", "N")
	}
	p := s.wantPersonOf("spoc-33", names["33"], true, names["10"], names["43"])
	var between string
	for _, l := range p.GetLinks() {
		for _, n := range l.GetNominals() {
			if n.GetForce() == "forces/10" && l.GetName() != "" {
				between = l.GetName()
			}
		}
	}
	if between == "" {
		t.Fatalf("no link of forces 33 and 10 among %v", p.GetLinks())
	}
	s.reject("spoc-33", between)
	for _, n := range []struct{ who, force, not string }{{"spoc-33", "33", "10"}, {"spoc-10", "10", "33"}} {
		p := s.must(n.who, getPerson, &pb.GetPersonRequest{Name: names[n.force]}).(*pb.Person)
		for _, m := range p.GetNominals() {
			if m.GetNominal() == names[n.not] {
				t.Errorf("the person of force %s's: %v", n.force, p.GetNominals())
			}
		}
	}
	if found := s.search("investigator-43", "p"); len(found.GetCandidates()) != 2 {
		t.Errorf("found %d persons", len(found.GetCandidates()))
	}
}
