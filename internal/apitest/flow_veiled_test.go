package apitest

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/server"
)

const (
	silentTo  = pb.Restriction_RESTRICTION_SILENT
	contactTo = pb.Restriction_RESTRICTION_CONTACT
	liftTo    = pb.Restriction_RESTRICTION_UNSPECIFIED
)

// A record that PSD silences takes its links and their alerts with it, for
// everybody but PSD and whoever registered it; when the restriction is lifted
// they are there again, and whom it resembles by then is linked.
func TestLinkOfASilencedRecord(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	a, b := s.sent(nominal("33", "p", "A", 1)), s.sent(nominal("10", "p", "B", 1))
	theirs := b.GetLinks()[0].GetName()
	ours := "forces/33" + theirs[len("forces/10"):]
	s.wantKinds("10", "", alertLinked)
	before := s.link("system-33", ours)

	s.restrict(a.GetName(), silentTo)
	for _, who := range []string{"spoc-10", "system-10", "psd-10"} {
		s.gone(who, theirs)
	}
	for _, who := range []string{"spoc-33", "investigator-33", "dpo-33"} {
		s.gone(who, ours)
	}
	s.wantKinds("10", "")
	s.wantKinds("33", "")
	s.wantPersonOf("spoc-10", b.GetName(), false)
	if after := s.link("system-33", ours); !proto.Equal(before, after) {
		t.Errorf("to the system that registered it the link was %v, and is %v", before, after)
	}
	if got, _ := s.alertsOf("system-33", "33", ""); len(got) != 1 {
		t.Errorf("alerts to the system that registered it: %v", got)
	}
	// Who registers the same person now meets nobody but force 10's.
	c := s.sent(nominal("43", "p", "C", 1))
	if len(c.GetLinks()) != 1 || c.GetLinks()[0].GetForce() != "forces/10" {
		t.Errorf("links of a third record: %v", c.GetLinks())
	}
	s.wantPersonOf("psd-33", a.GetName(), true, b.GetName(), c.GetName())
	spot := s.must("psd-33", listLinks, &pb.ListLinksRequest{Parent: a.GetName()}).(*pb.ListLinksResponse).GetLinks()
	if len(spot) != 2 || spot[0].GetName() != ours || spot[1].GetName() != "" || spot[1].GetNominals()[1].GetNominal() != c.GetName() {
		t.Errorf("PSD sees %v", spot)
	}

	s.restrict(a.GetName(), liftTo)
	wantState(pb.LinkState_LINK_STATE_AUTOMATIC)(s, s.link("spoc-10", theirs))
	s.wantPersonOf("spoc-10", b.GetName(), true, a.GetName(), c.GetName())
	if got, _ := s.kinds("10", ""); !slices.Contains(got, alertLinked) {
		t.Errorf("force 10 is alerted to %v", got)
	}
}

// A record that PSD registered as silent is linked, and both forces are told, when
// PSD lifts that; before, nobody is.
func TestLinkedWhenLifted(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	hidden := nominal("33", "p", "A", 1)
	hidden.Nominal.Restriction = silentTo
	a := s.registerByPSD(hidden)
	b := s.sent(nominal("10", "p", "B", 1))
	if len(b.GetLinks()) > 0 {
		t.Errorf("links told: %v", b.GetLinks())
	}
	s.wantKinds("10", "")
	s.wantKinds("33", "")
	s.wantPersonOf("psd-33", a, false)
	s.restrict(a, liftTo)
	s.wantKinds("10", "", alertLinked)
	s.wantKinds("33", "", alertLinked)
	s.wantPersonOf("spoc-10", b.GetName(), true, a)
}

// What falls while a record is silent falls without a word, and a silent record
// that is withdrawn does not come to light by it.
func TestSilentRecordIsWithdrawnQuietly(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	a, b := s.sent(nominal("33", "p", "A", 1)), s.sent(nominal("10", "p", "B", 1))
	theirs := b.GetLinks()[0].GetName()
	s.search("investigator-43", "p")
	s.restrict(a.GetName(), silentTo)
	s.must("psd-33", cancelNominal, &pb.CancelNominalRequest{Name: a.GetName(), Reason: pb.CancelReason_CANCEL_REASON_DUPLICATE})
	s.gone("spoc-10", theirs)
	for _, force := range []string{"10", "33", "43"} {
		s.wantKinds(force, "")
	}
	for _, who := range []string{"investigator-43", "spoc-10"} {
		if r := s.must(who, listRetractions, &pb.ListRetractionsRequest{}).(*pb.ListRetractionsResponse); len(r.GetRetractions()) > 0 {
			t.Errorf("%s is told of %v", who, r)
		}
	}
	// Of the other side that is withdrawn nobody is told either.
	if l := s.must("spoc-10", listLinks, &pb.ListLinksRequest{Parent: b.GetName()}).(*pb.ListLinksResponse); len(l.GetLinks()) > 0 {
		t.Errorf("links %v", l)
	}
}

// A record that was registered as restricted is linked; of how well it agrees
// nothing is told elsewhere, then or later.
func TestLinkOfARestrictedRecord(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	hidden := nominal("33", "p", "A", 1)
	hidden.Nominal.Restriction = contactTo
	a := s.registerByPSD(hidden)
	b := s.sent(nominal("10", "p", "B", 1))
	if len(b.GetLinks()) != 1 || b.GetLinks()[0].GetProbability() != 0 || b.GetLinks()[0].GetForce() != "forces/33" {
		t.Fatalf("links told: %v", b.GetLinks())
	}
	s.names["nominal"], s.names["theirs"], s.tag = a, b.GetName(), "p"
	theirs := b.GetLinks()[0].GetName()
	ours := "forces/33" + theirs[len("forces/10"):]
	wantClosed(s, s.link("spoc-10", theirs))
	both(wantLink(pb.LinkState_LINK_STATE_AUTOMATIC, "nominal", "theirs"), wantEvidence)(s, s.link("spoc-33", ours))
	p := s.wantPersonOf("spoc-10", b.GetName(), true, a)
	wantClosed(s, p.GetLinks()[0])

	// Reasons in words may name what is restricted.
	s.must("spoc-33", confirmLink, &pb.ConfirmLinkRequest{Name: ours, Version: 1, Reason: why})
	if d := s.link("spoc-10", theirs).GetDecisions(); len(d) != 2 || d[1].GetReason() != "" || d[1].GetForce() != "forces/33" {
		t.Errorf("decisions %v", d)
	}
	s.restrict(a, liftTo)
	both(wantLink(pb.LinkState_LINK_STATE_CONFIRMED, "theirs", "nominal"), wantEvidence)(s, s.link("spoc-10", theirs))
	if d := s.link("spoc-10", theirs).GetDecisions(); d[1].GetReason() != why {
		t.Errorf("decisions %v", d)
	}
}

// The erasure of a record destroys its links' evidence, for both forces, and
// whoever was shown or alerted to them is told that they fell.
func TestErasureTakesTheLink(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	a, b := s.sent(nominal("33", "p", "A", 1)), s.sent(nominal("10", "p", "B", 1))
	theirs := b.GetLinks()[0].GetName()
	found := s.search("investigator-43", "p")
	s.wantKinds("10", "", alertLinked)
	s.must("dpo-33", eraseNominal, &pb.EraseNominalRequest{Name: a.GetName(), Ground: pb.ErasureGround_ERASURE_GROUND_ORDER, Reference: "ICO/26/3"})
	s.gone("spoc-10", theirs)
	s.gone("dpo-33", "forces/33"+theirs[len("forces/10"):])
	s.wantPersonOf("spoc-10", b.GetName(), false)
	if l := s.must("spoc-10", listLinks, &pb.ListLinksRequest{Parent: b.GetName()}).(*pb.ListLinksResponse); len(l.GetLinks()) > 0 {
		t.Errorf("links %v", l)
	}
	for _, force := range []string{"33", "10", "43"} {
		s.wantKinds(force, "", alertRetracted) // of the link itself nothing is left to look at
	}
	r := s.must("investigator-43", listRetractions, &pb.ListRetractionsRequest{}).(*pb.ListRetractionsResponse).GetRetractions()
	if len(r) != 1 || r[0].GetCode() != "LINK_WITHDRAWN" || !strings.Contains(r[0].GetMessage(), "erased") || !slices.Equal(r[0].GetSearches(), []string{found.GetName()}) {
		t.Errorf("retractions %v", r)
	}
}

// twin is somebody's twin: all the same but the forename.
func twin(force, given, reference string) *pb.RegisterNominalRequest {
	r := nominal(force, "twins", reference, 1)
	r.Nominal.Names[0].Given = given
	r.Nominal.Addresses = []*pb.Address{{Lines: []string{"14 Tollgate Crescent", "Wigston"}, Postcode: "LE18 3QX"}}
	r.Nominal.Identifiers = []*pb.Identifier{{Kind: pb.IdentifierKind_IDENTIFIER_KIND_PHONE, Value: "07700 900461"}}
	return r
}

// Twins are never linked without a human.
func TestTwinsAreNeverAutomatic(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	s.sent(twin("33", "Thaddeus", "A"))
	b := s.sent(twin("10", "Barnaby", "B"))
	for _, l := range b.GetLinks() {
		if l.GetState() != pb.LinkState_LINK_STATE_PROPOSED {
			t.Errorf("twins are linked: %v", l)
		}
		if full := s.link("spoc-10", l.GetName()); !full.GetTwins() {
			t.Errorf("not told that they agree as twins do: %v", full)
		}
	}
	s.wantPersonOf("spoc-10", b.GetName(), false)
}

// Proposals beyond the day's ceiling raise no alert and are in no list unless
// asked for; people can bring one up.
func TestProposalsBeyondTheCeiling(t *testing.T) {
	t.Parallel()
	s := flow(t, func(c *server.Config) { c.Limits.ProposalsPerDay = 1 })
	s.sent(twin("33", "Thaddeus", "A"))
	if first := s.sent(twin("10", "Barnaby", "B")).GetLinks(); len(first) != 1 {
		t.Fatalf("the twins: %v", first)
	}
	at := s.wantKinds("10", "", alertProposed)
	c := s.sent(twin("10", "Ignatius", "C"))
	if len(c.GetLinks()) == 0 {
		t.Fatal("the third of them is linked with nobody")
	}
	s.wantKinds("10", at)
	list := func(deferred bool) []*pb.Link {
		return s.must("spoc-10", listLinks, &pb.ListLinksRequest{Parent: "forces/10", Deferred: deferred}).(*pb.ListLinksResponse).GetLinks()
	}
	shown, all := list(false), list(true)
	if len(shown) != 1 || shown[0].GetDeferred() || len(all) != 1+len(c.GetLinks()) || !all[0].GetDeferred() {
		t.Fatalf("%d in the list, %d with those beyond the ceiling", len(shown), len(all))
	}
	var own *pb.Link
	for _, l := range all {
		if l.GetDeferred() && l.GetNominals()[1].GetForce() == "forces/10" {
			own = l
		}
	}
	if own == nil {
		t.Fatalf("no proposal between the force's own among %v", all)
	}
	got := s.must("spoc-10", proposeLink, &pb.ProposeLinkRequest{
		Parent: "forces/10", Nominal: own.GetNominals()[0].GetNominal(), Other: own.GetNominals()[1].GetNominal(), Reason: why,
	}).(*pb.Link)
	if got.GetName() != own.GetName() || got.GetDeferred() || got.GetVersion() != 2 {
		t.Errorf("brought up: %v", got)
	}
	s.wantKinds("10", at, alertProposed)
	if len(list(false)) != 2 {
		t.Errorf("%d in the list", len(list(false)))
	}
}

// A search that is shown again can be weighed anew, and says so; who was found
// and what is told of records stays within what the search could open.
func TestRescored(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	a := s.sent(nominal("33", "p", "A", 1))
	found := s.search("investigator-10", "p")
	was := found.GetCandidates()[0]
	next := nominal("33", "p", "A", 2)
	next.Nominal.BirthDates = []*pb.PartialDate{{Year: 1901, Month: 2, Day: 3}}
	s.sent(next)

	plain := s.must("investigator-10", getSearch, &pb.GetSearchRequest{Name: found.GetName()}).(*pb.Search)
	if c := plain.GetCandidates()[0]; c.GetBits() != was.GetBits() || c.GetRescoredModelVersion() != "" || len(c.GetTerms()) != len(was.GetTerms()) {
		t.Errorf("as it was shown: %v, now %v", was, c)
	}
	again := s.must("investigator-10", getSearch, &pb.GetSearchRequest{Name: found.GetName(), Rescore: true}).(*pb.Search)
	c := again.GetCandidates()[0]
	if c.GetRescoredModelVersion() == "" || c.GetBits() >= was.GetBits() || c.GetProbability() >= was.GetProbability() || len(c.GetTerms()) == 0 || c.GetDisplayName() != was.GetDisplayName() {
		t.Errorf("weighed anew: %v, was %v", c, was)
	}
	if n := again.GetNotices(); len(n) != 1 || n[0].GetCode() != "RESCORED" {
		t.Errorf("notices %v", n)
	}
	// What may not be shown now is not weighed.
	s.restrict(a.GetName(), contactTo)
	closed := s.must("investigator-10", getSearch, &pb.GetSearchRequest{Name: found.GetName(), Rescore: true}).(*pb.Search).GetCandidates()[0]
	if closed.GetRescoredModelVersion() != "" || closed.GetBits() != was.GetBits() {
		t.Errorf("a restricted record was weighed anew: %v", closed)
	}
	s.restrict(a.GetName(), liftTo)
	s.must("dpo-33", eraseNominal, &pb.EraseNominalRequest{Name: a.GetName(), Ground: pb.ErasureGround_ERASURE_GROUND_ORDER, Reference: "ICO/26/3"})
	erased := s.must("investigator-10", getSearch, &pb.GetSearchRequest{Name: found.GetName(), Rescore: true}).(*pb.Search).GetCandidates()[0]
	if erased.GetDisplayName() != "" || len(erased.GetTerms()) > 0 || erased.GetRescoredModelVersion() != "" {
		t.Errorf("an erased record shows %v", erased)
	}
}

// Once its candidates can be opened no more, a search that is weighed anew tells
// no value of a record that it had not told.
func TestRescoredTooLate(t *testing.T) {
	t.Parallel()
	s := flow(t, func(c *server.Config) { c.Limits.SearchTTL = 1 })
	s.sent(nominal("33", "p", "A", 1))
	found := s.search("investigator-10", "p")
	next := nominal("33", "p", "A", 2)
	next.Nominal.BirthDates = []*pb.PartialDate{{Year: 1901, Month: 2, Day: 3}}
	s.sent(next)
	again := s.must("investigator-10", getSearch, &pb.GetSearchRequest{Name: found.GetName(), Rescore: true}).(*pb.Search)
	told := map[string]bool{}
	for _, t := range found.GetCandidates()[0].GetTerms() {
		told[t.GetField()+t.GetRecordValue()] = true
	}
	c := again.GetCandidates()[0]
	if c.GetRescoredModelVersion() == "" || len(c.GetTerms()) == 0 {
		t.Errorf("weighed anew: %v", c)
	}
	blank := 0
	for _, term := range c.GetTerms() {
		if term.GetRecordValue() == "" {
			blank++
		} else if !told[term.GetField()+term.GetRecordValue()] {
			t.Errorf("a new value: %v", term)
		}
	}
	if blank == 0 {
		t.Errorf("no value was left out: %v", c.GetTerms())
	}
}
