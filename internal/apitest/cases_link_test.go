package apitest

import (
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	listLinks   = "LinkService.ListLinks"
	getLink     = "LinkService.GetLink"
	proposeLink = "LinkService.ProposeLink"
	confirmLink = "LinkService.ConfirmLink"
	rejectLink  = "LinkService.RejectLink"
	getPerson   = "LinkService.GetPerson"
	splitPerson = "LinkService.SplitPerson"
)

// twoForces registers one person in forces 33 and 10, and keeps the names of
// the nominals and of their link.
func twoForces(s *stage) {
	s.Helper()
	s.names["nominal"] = s.register("33", s.tag, "A-"+s.tag)
	s.names["theirs"] = s.register("10", s.tag, "B-"+s.tag)
	l := s.linkOf("system-33", s.names["nominal"])
	s.names["link"] = l.GetName()
	s.names["their link"] = theirs(l.GetName())
}

// linkOf is the only link of a nominal.
func (s *stage) linkOf(who, nominal string) *pb.Link {
	s.Helper()
	links := s.must(who, listLinks, &pb.ListLinksRequest{Parent: nominal, Deferred: true}).(*pb.ListLinksResponse).GetLinks()
	if len(links) != 1 {
		s.Fatalf("%d links of %s", len(links), nominal)
	}
	return links[0]
}

// theirs is the name of a link as force 10 sees it.
func theirs(name string) string { return "forces/10" + strings.TrimPrefix(name, "forces/33") }

func getTheLink(s *stage) proto.Message   { return &pb.GetLinkRequest{Name: s.names["link"]} }
func getTheirLink(s *stage) proto.Message { return &pb.GetLinkRequest{Name: s.names["their link"]} }

// then does more after a preparation.
func then(first, more func(*stage)) func(*stage) {
	return func(s *stage) {
		s.Helper()
		first(s)
		more(s)
	}
}

// restrictedTo restricts the nominal of force 33.
func restrictedTo(to pb.Restriction) func(*stage) {
	return then(twoForces, func(s *stage) { s.restrict(s.names["nominal"], to) })
}

// wantLink looks at a link of the two nominals in a state: own is the key of the
// asking force's nominal, which comes first.
func wantLink(state pb.LinkState, own, other string) func(*stage, proto.Message) {
	return func(s *stage, m proto.Message) {
		s.Helper()
		l := m.(*pb.Link)
		given, surname, birth := invented(s.tag)
		n := l.GetNominals()
		if l.GetState() != state || len(n) != 2 || n[0].GetNominal() != s.names[own] || n[1].GetNominal() != s.names[other] {
			s.Errorf("link %v", l)
			return
		}
		for _, side := range n {
			if side.GetDisplayName() != given+" "+surname || !proto.Equal(side.GetBirthDate(), birth) || side.GetAskOwner() {
				s.Errorf("side %v", side)
			}
		}
		if n[0].GetContact() != nil || n[1].GetContact().GetForce() != n[1].GetForce() {
			s.Errorf("contacts of %v", n)
		}
		if len(l.GetDecisions()) == 0 || l.GetDecisions()[len(l.GetDecisions())-1].GetState() != state || l.GetVersion() != int64(len(l.GetDecisions())) {
			s.Errorf("decisions %v, version %d", l.GetDecisions(), l.GetVersion())
		}
	}
}

func wantEvidence(s *stage, m proto.Message) {
	s.Helper()
	l := m.(*pb.Link)
	if l.GetBits() == 0 || l.GetProbability() < 0.5 || l.GetModelVersion() == "" || len(l.GetTerms()) == 0 {
		s.Errorf("evidence of %v", l)
	}
	for _, t := range l.GetTerms() {
		if t.GetField() == "" || t.GetRule() == "" || t.GetQueryValue() == "" || t.GetRecordValue() == "" {
			s.Errorf("term %v", t)
		}
	}
}

func both(checks ...func(*stage, proto.Message)) func(*stage, proto.Message) {
	return func(s *stage, m proto.Message) {
		s.Helper()
		for _, c := range checks {
			c(s, m)
		}
	}
}

// wantClosed looks at a link of which the second nominal may not be known.
func wantClosed(s *stage, m proto.Message) {
	s.Helper()
	l := m.(*pb.Link)
	if l.GetBits() != 0 || l.GetPrior() != 0 || l.GetProbability() != 0 || len(l.GetTerms()) > 0 || l.GetTwins() || l.GetModelVersion() != "" {
		s.Errorf("evidence of a restricted nominal: %v", l)
	}
	n := l.GetNominals()[1]
	if n.GetDisplayName() != "" || n.GetBirthDate() != nil || !n.GetAskOwner() || n.GetContact().GetTeam() == "" || n.GetForce() != "forces/33" {
		s.Errorf("a restricted nominal shows %v", n)
	}
	if l.GetNominals()[0].GetDisplayName() == "" {
		s.Error("the own nominal has no name")
	}
}

func linkCases() []apiCase {
	const automatic = pb.LinkState_LINK_STATE_AUTOMATIC
	get := func(name, who string, prepare func(*stage), request func(*stage) proto.Message, check func(*stage, proto.Message)) apiCase {
		return apiCase{name: name, method: getLink, who: who, prepare: prepare, request: request, check: check}
	}
	none := func(name, who string, prepare func(*stage), request func(*stage) proto.Message) apiCase {
		return apiCase{name: name, method: getLink, who: who, prepare: prepare, request: request, code: codes.NotFound, reason: "NOT_FOUND"}
	}
	silent := restrictedTo(pb.Restriction_RESTRICTION_SILENT)
	cancelled := then(twoForces, func(s *stage) { s.must("spoc-33", cancelNominal, cancelIt(s)) })
	erased := then(twoForces, func(s *stage) { s.must("dpo-33", eraseNominal, eraseIt(s)) })
	ofNominal := func(s *stage) proto.Message { return &pb.ListLinksRequest{Parent: s.names["nominal"]} }
	ofForce := func(force string) func(*stage) proto.Message {
		return func(*stage) proto.Message { return &pb.ListLinksRequest{Parent: "forces/" + force} }
	}
	out := []apiCase{
		get("a link", "investigator-33", twoForces, getTheLink, both(wantLink(automatic, "nominal", "theirs"), wantEvidence)),
		get("a link by a system", "system-33", twoForces, getTheLink, wantLink(automatic, "nominal", "theirs")),
		get("a link by a DPO", "dpo-33", twoForces, getTheLink, wantLink(automatic, "nominal", "theirs")),
		get("a link as the other force sees it", "spoc-10", twoForces, getTheirLink, both(wantLink(automatic, "theirs", "nominal"), wantEvidence)),
		{name: "a link by the control room", method: getLink, who: "control_room-33", prepare: twoForces, request: getTheLink, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "a link by the auditor", method: getLink, who: "auditor", prepare: twoForces, request: getTheLink, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "a link under another force's name", method: getLink, who: "supervisor-10", prepare: twoForces, request: getTheLink, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		none("a link that does not concern the force", "investigator-43", twoForces, func(s *stage) proto.Message {
			return &pb.GetLinkRequest{Name: "forces/43" + strings.TrimPrefix(s.names["link"], "forces/33")}
		}),
		none("a link that does not exist", "spoc-33", nil, func(*stage) proto.Message { return &pb.GetLinkRequest{Name: unknownRecord("33", "links")} }),
		none("a nominal as a link", "spoc-33", given, func(s *stage) proto.Message {
			return &pb.GetLinkRequest{Name: strings.Replace(s.names["nominal"], "nominals", "links", 1)}
		}),
		{name: "a link by a name that is none", method: getLink, who: "spoc-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"name"},
			request: func(*stage) proto.Message { return &pb.GetLinkRequest{Name: "forces/33/links/first"} }},

		none("a link with a silent record, in its force", "spoc-33", silent, getTheLink),
		none("a link with a silent record, elsewhere", "supervisor-10", silent, getTheirLink),
		none("a link with a silent record, by PSD elsewhere", "psd-10", silent, getTheirLink),
		get("a link with a silent record by its PSD", "psd-33", silent, getTheLink, wantLink(automatic, "nominal", "theirs")),
		get("a link with a record that was silenced, by the system that registered it", "system-33", silent, getTheLink, wantLink(automatic, "nominal", "theirs")),
		get("a link with a contact record, elsewhere", "spoc-10", restrictedTo(pb.Restriction_RESTRICTION_CONTACT), getTheirLink, wantClosed),
		get("a link with a safety record, elsewhere", "investigator-10", restrictedTo(pb.Restriction_RESTRICTION_SAFETY), getTheirLink, wantClosed),
		get("a link with a contact record, in its force", "spoc-33", restrictedTo(pb.Restriction_RESTRICTION_CONTACT), getTheLink, both(wantLink(automatic, "nominal", "theirs"), wantEvidence)),
		get("a link of a cancelled record, elsewhere", "spoc-10", cancelled, getTheirLink, both(wantClosed, wantState(pb.LinkState_LINK_STATE_WITHDRAWN))),
		get("a link of a cancelled record, in its force", "spoc-33", cancelled, getTheLink, wantState(pb.LinkState_LINK_STATE_WITHDRAWN)),
		none("a link of a silent record that was cancelled", "spoc-10", then(silent, func(s *stage) {
			s.must("psd-33", cancelNominal, cancelIt(s))
		}), getTheirLink),
		none("a link of an erased record", "spoc-10", erased, getTheirLink),

		{name: "the links of a nominal", method: listLinks, who: "supervisor-33", prepare: twoForces, request: ofNominal, check: wantOneLink(true)},
		{name: "the links of a nominal by PSD", method: listLinks, who: "psd-33", prepare: twoForces, request: ofNominal, check: wantOneLink(true)},
		{name: "the links of a silent nominal by its PSD", method: listLinks, who: "psd-33", prepare: silent, request: ofNominal, check: wantOneLink(true)},
		{name: "the links of a silent nominal in its force", method: listLinks, who: "spoc-33", prepare: silent, request: ofNominal, code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "the links of a nominal of which the other is silent", method: listLinks, who: "spoc-10", prepare: silent,
			request: func(s *stage) proto.Message { return &pb.ListLinksRequest{Parent: s.names["theirs"]} },
			check: func(s *stage, m proto.Message) {
				if n := len(m.(*pb.ListLinksResponse).GetLinks()); n != 0 {
					s.Errorf("%d links", n)
				}
			}},
		{name: "the links of a nominal that PSD registered, found on the spot", method: listLinks, who: "psd-33", request: ofNominal, check: wantOnTheSpot,
			prepare: func(s *stage) {
				s.names["theirs"] = s.register("10", s.tag, "B-"+s.tag)
				hidden := nominal("33", s.tag, "A-"+s.tag, 1)
				hidden.Nominal.Restriction = pb.Restriction_RESTRICTION_SILENT
				s.names["nominal"] = s.registerByPSD(hidden)
			}},
		{name: "the links of a nominal by an investigator", method: listLinks, who: "investigator-33", prepare: twoForces, request: ofNominal, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "the links of another force", method: listLinks, who: "spoc-33", request: ofForce("10"), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "the links of a nominal that does not exist", method: listLinks, who: "spoc-33", code: codes.NotFound, reason: "NOT_FOUND",
			request: func(*stage) proto.Message { return &pb.ListLinksRequest{Parent: unknownRecord("33", "nominals")} }},
		{name: "the links that wait for a decision", method: listLinks, who: "system-43", live: true, prepare: waiting, request: ofForce("43"), check: wantWaiting},
		{name: "links by a forged token", method: listLinks, who: "spoc-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_token"},
			request: func(*stage) proto.Message { return &pb.ListLinksRequest{Parent: "forces/33", PageToken: "AAAA.1:00"} }},
		{name: "links in no state", method: listLinks, who: "spoc-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_size"},
			request: func(*stage) proto.Message { return &pb.ListLinksRequest{Parent: "forces/33", PageSize: 201} }},

		{name: "the person of a nominal", method: getPerson, who: "investigator-33", prepare: twoForces, request: personOf("nominal"), check: wantPerson(true, "nominal", "theirs")},
		{name: "the person of a nominal as the other force sees it", method: getPerson, who: "dpo-10", prepare: twoForces, request: personOf("theirs"), check: wantPerson(true, "theirs", "nominal")},
		{name: "the person of a nominal by its system", method: getPerson, who: "system-33", prepare: given, request: personOf("nominal"), check: wantPerson(false, "nominal")},
		{name: "the person of a nominal linked to a silent one", method: getPerson, who: "spoc-10", prepare: silent, request: personOf("theirs"), check: wantPerson(false, "theirs")},
		{name: "the person of a silent nominal", method: getPerson, who: "spoc-33", prepare: silent, request: personOf("nominal"), code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "the person of a silent nominal by PSD", method: getPerson, who: "psd-33", prepare: silent, request: personOf("nominal"), check: wantPerson(true, "nominal", "theirs")},
		{name: "the person of another force's nominal", method: getPerson, who: "spoc-10", prepare: twoForces, request: personOf("nominal"), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "the person of a nominal by the control room", method: getPerson, who: "control_room-33", prepare: twoForces, request: personOf("nominal"), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		missing("the person of what does not exist", getPerson, "spoc-33", func(n string) proto.Message { return &pb.GetPersonRequest{Name: n} }, "nominals"),
	}
	return out
}

// registerByPSD registers by an officer of PSD of force 33 over the force's
// system, which may register.
func (s *stage) registerByPSD(r *pb.RegisterNominalRequest) string {
	s.Helper()
	return s.must("psd-33", registerNominal, r).(*pb.RegisterNominalResponse).GetName()
}

func personOf(key string) func(*stage) proto.Message {
	return func(s *stage) proto.Message { return &pb.GetPersonRequest{Name: s.names[key]} }
}

func wantState(state pb.LinkState) func(*stage, proto.Message) {
	return func(s *stage, m proto.Message) {
		s.Helper()
		if l := m.(*pb.Link); l.GetState() != state {
			s.Errorf("state %v, want %v", l.GetState(), state)
		}
	}
}

// wantOneLink looks at a list of the one prepared link.
func wantOneLink(named bool) func(*stage, proto.Message) {
	return func(s *stage, m proto.Message) {
		s.Helper()
		links := m.(*pb.ListLinksResponse).GetLinks()
		if len(links) != 1 || (links[0].GetName() == s.names["link"]) != named || len(links[0].GetTerms()) > 0 {
			s.Errorf("links %v", links)
			return
		}
		wantLink(pb.LinkState_LINK_STATE_AUTOMATIC, "nominal", "theirs")(s, links[0])
	}
}

// wantOnTheSpot looks at whom a silent nominal resembles.
func wantOnTheSpot(s *stage, m proto.Message) {
	s.Helper()
	links := m.(*pb.ListLinksResponse).GetLinks()
	if len(links) != 1 || links[0].GetName() != "" || links[0].GetVersion() != 0 || links[0].GetState() != pb.LinkState_LINK_STATE_PROPOSED {
		s.Errorf("links %v", links)
		return
	}
	if n := links[0].GetNominals(); n[0].GetNominal() != s.names["nominal"] || n[1].GetNominal() != s.names["theirs"] || n[1].GetDisplayName() == "" {
		s.Errorf("nominals %v", n)
	}
	wantEvidence(s, links[0])
}

// waiting proposes three links of force 43 to itself.
func waiting(s *stage) {
	s.Helper()
	first := s.register("43", s.tag, "W-"+s.tag)
	for _, n := range []string{"a", "b", "c"} {
		l := s.must("spoc-43", proposeLink, &pb.ProposeLinkRequest{
			Parent: "forces/43", Nominal: first, Other: s.register("43", s.tag+n, "W-"+s.tag+n), Reason: "seen together on the same door bell",
		}).(*pb.Link)
		s.names[n] = l.GetName()
	}
}

// wantWaiting pages through the links that wait, the newest first.
func wantWaiting(s *stage, m proto.Message) {
	s.Helper()
	req := &pb.ListLinksRequest{Parent: "forces/43", PageSize: 2}
	var got []string
	for range 30 {
		page := s.must("system-43", listLinks, req).(*pb.ListLinksResponse)
		for _, l := range page.GetLinks() {
			if l.GetState() != pb.LinkState_LINK_STATE_PROPOSED || len(l.GetNominals()) != 2 {
				s.Errorf("link %v", l)
			}
			got = append(got, l.GetName())
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	at := map[string]int{}
	for i, name := range got {
		if _, twice := at[name]; twice {
			s.Errorf("%s is listed twice", name)
		}
		at[name] = i
	}
	for _, n := range []string{"a", "b", "c"} {
		if _, ok := at[s.names[n]]; !ok {
			s.Errorf("link %s is not listed among %d", n, len(got))
		}
	}
	if at[s.names["c"]] > at[s.names["b"]] || at[s.names["b"]] > at[s.names["a"]] {
		s.Error("not the newest first")
	}
}

// wantPerson looks at a person of the nominals kept under the keys.
func wantPerson(unconfirmed bool, keys ...string) func(*stage, proto.Message) {
	return func(s *stage, m proto.Message) {
		s.Helper()
		p := m.(*pb.Person)
		if len(p.GetNominals()) != len(keys) || p.GetUnconfirmed() != unconfirmed {
			s.Errorf("person %v", p)
			return
		}
		for i, k := range keys {
			if n := p.GetNominals()[i]; n.GetNominal() != s.names[k] {
				s.Errorf("nominal %d is %v, want %s", i, n, k)
			}
		}
	}
}
