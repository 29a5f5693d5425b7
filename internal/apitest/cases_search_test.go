package apitest

import (
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	createSearch = "SearchService.CreateSearch"
	getSearch    = "SearchService.GetSearch"
	getCandidate = "SearchService.GetCandidate"
	findNominals = "SearchService.FindNominals"
)

func searchForIt(s *stage) proto.Message { return search(s.tag) }

// searched prepares a course and a search for its suspect by an investigator
// of force 10.
func searched(s *stage) {
	s.Helper()
	givenCourse(s)
	found := s.must("investigator-10", createSearch, search(s.tag)).(*pb.Search)
	s.names["search"] = found.GetName()
}

func getSearched(s *stage) proto.Message { return &pb.GetSearchRequest{Name: s.names["search"]} }

func openFirst(s *stage) proto.Message {
	return &pb.GetCandidateRequest{Name: s.names["search"] + "/candidates/1"}
}

// wantHit looks at an answer in which the prepared suspect is the one found.
func wantHit(s *stage, m proto.Message) {
	s.Helper()
	found := m.(*pb.Search)
	given, surname, birth := invented(s.tag)
	if found.GetOutcome() != pb.SearchOutcome_SEARCH_OUTCOME_HIT || len(found.GetCandidates()) == 0 {
		s.Errorf("outcome %v with %d candidates", found.GetOutcome(), len(found.GetCandidates()))
		return
	}
	c := found.GetCandidates()[0]
	if c.GetDisplayName() != given+" "+surname || !proto.Equal(c.GetBirthDate(), birth) || c.GetStrength() != pb.MatchStrength_MATCH_STRENGTH_STRONG ||
		c.GetProbability() < 0.99 || len(c.GetTerms()) == 0 {
		s.Errorf("candidate %v", c)
	}
	if c.GetName() != found.GetName()+"/candidates/1" || len(c.GetContacts()) != 1 || c.GetContacts()[0].GetForce() != "forces/33" {
		s.Errorf("name %q, contacts %v", c.GetName(), c.GetContacts())
	}
	p := c.GetPattern()
	if p.GetVictimsMin() != 1 || p.GetVictimsMax() != 1 || p.GetCourses() != 1 || p.GetIncidents() != 1 || p.GetFirstMonth() != "2026-03" ||
		p.GetSerial() != 0 || !slices.Equal(p.GetForces(), []string{"forces/33"}) {
		s.Errorf("pattern %v", p)
	}
	if !slices.Equal(c.GetWarnings(), []string{"WEAPON", "SUICIDE"}) {
		s.Errorf("warnings %q", c.GetWarnings())
	}
	if !found.GetExpireTime().AsTime().After(found.GetCreateTime().AsTime()) || found.GetModelVersion() == "" {
		s.Errorf("times and model %v", found)
	}
}

func wantNoHit(s *stage, m proto.Message) {
	s.Helper()
	found := m.(*pb.Search)
	if found.GetOutcome() != pb.SearchOutcome_SEARCH_OUTCOME_NO_HIT || len(found.GetCandidates()) > 0 {
		s.Errorf("outcome %v with %d candidates", found.GetOutcome(), len(found.GetCandidates()))
	}
}

func searchCases() []apiCase {
	edited := func(edit func(*pb.Search)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			r := search(s.tag)
			edit(r.GetSearch())
			return r
		}
	}
	invalid := func(name string, edit func(*pb.Search), fields ...string) apiCase {
		return apiCase{
			name: name, method: createSearch, who: "control_room-33", request: edited(edit),
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: fields,
		}
	}
	return []apiCase{
		{name: "search and find", method: createSearch, who: "investigator-10", prepare: givenCourse, request: searchForIt, check: wantHit},
		{name: "search by a system", method: createSearch, who: "system-43", prepare: givenCourse, request: searchForIt, check: wantHit},
		{name: "search and find nobody", method: createSearch, who: "control_room-10", request: searchForIt, check: wantNoHit},
		invalid("search by an identifier with a wrong check letter", func(s *pb.Search) {
			s.Criteria.Identifiers = []*pb.Identifier{{Kind: pb.IdentifierKind_IDENTIFIER_KIND_PNC, Value: "2001/0171310S"}}
		}, "search.criteria.identifiers[0].value"),
		{name: "search by PSD", method: createSearch, who: "psd-33", request: searchForIt, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "search by the auditor", method: createSearch, who: "auditor", request: searchForIt, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		invalid("search for nothing", func(s *pb.Search) {
			s.Reason, s.Reference, s.Justification, s.OnBehalfOf = "", "", "short", "x y"
			s.Criteria = &pb.SearchCriteria{Sex: 9, BirthDate: &pb.PartialDate{Year: 2001, Month: 4, Day: 31}}
		}, "search", "search.reason", "search.on_behalf_of", "search.criteria", "search.criteria.sex", "search.criteria.birth_date"),
		invalid("search with a made-up reason", func(s *pb.Search) { s.Reason = "CURIOSITY" }, "search.reason"),
		invalid("search without the reference that the reason needs", func(s *pb.Search) { s.Reference = "" }, "search.reference"),
		invalid("search by empty identifiers", func(s *pb.Search) {
			s.Criteria.Phones = []string{"", "07700 900123"}
			s.Criteria.Handles = []*pb.Handle{{Platform: "instagram"}}
		}, "search.criteria.phones[0]", "search.criteria.handles[0].value"),
		invalid("search by identifiers of no form", func(s *pb.Search) {
			s.Criteria.Phones, s.Criteria.Emails = []string{"07700 900123", "call me"}, []string{"nobody at all"}
		}, "search.criteria.phones[1]", "search.criteria.emails[0]"),

		{name: "see an own search again", method: getSearch, who: "investigator-10", prepare: searched, request: getSearched, check: wantHit},
		{name: "see a colleague's search", method: getSearch, who: "spoc-10", prepare: searched, request: getSearched, code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "see a search by a DPO", method: getSearch, who: "dpo-10", prepare: searched, request: getSearched, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{
			name: "see a search that does not exist", method: getSearch, who: "system-33", code: codes.NotFound, reason: "NOT_FOUND",
			request: func(*stage) proto.Message { return &pb.GetSearchRequest{Name: unknownSearch} },
		},
		{
			name: "see a search by a name that is none", method: getSearch, who: "system-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"name"},
			request: func(*stage) proto.Message { return &pb.GetSearchRequest{Name: "searches/latest"} },
		},

		{
			name: "open a candidate", method: getCandidate, who: "investigator-10", prepare: searched, request: openFirst,
			check: func(s *stage, m proto.Message) {
				d := m.(*pb.CandidateDetail)
				if len(d.GetNominals()) != 1 || d.GetNominals()[0].GetName() != s.names["nominal"] || d.GetNominals()[0].GetSource().GetReference() == "" {
					s.Errorf("nominals %v", d.GetNominals())
				}
				if len(d.GetCourses()) != 1 || d.GetCourses()[0].GetName() != s.names["course"] || d.GetCourses()[0].GetVictim() != nil ||
					d.GetCourses()[0].GetIncidents()[0].GetNarrative() == "" {
					s.Errorf("courses %v", d.GetCourses())
				}
				if len(d.GetNotices()) > 0 || d.GetAsOfIndex() == 0 {
					s.Errorf("notices %v as of %d", d.GetNotices(), d.GetAsOfIndex())
				}
			},
		},
		{name: "open a colleague's candidate", method: getCandidate, who: "supervisor-10", prepare: searched, request: openFirst, code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "open a candidate by the control room", method: getCandidate, who: "control_room-10", prepare: searched, request: openFirst, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{
			name: "open a candidate that was not found", method: getCandidate, who: "investigator-10", prepare: searched, code: codes.NotFound, reason: "NOT_FOUND",
			request: func(s *stage) proto.Message {
				return &pb.GetCandidateRequest{Name: s.names["search"] + "/candidates/21"}
			},
		},
		{
			name: "open a candidate by a name that is none", method: getCandidate, who: "investigator-10", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"name"},
			request: func(*stage) proto.Message { return &pb.GetCandidateRequest{Name: unknownSearch + "/candidates/best"} },
		},
		{
			name: "open a candidate too late", method: getCandidate, who: "investigator-10", request: openFirst, code: codes.FailedPrecondition, reason: "SEARCH_EXPIRED",
			prepare: func(s *stage) {
				givenCourse(s)
				a := grpcCall(s.Context(), s.w.hasty, s.w.methods[createSearch], "Bearer "+s.w.token("investigator-10", false), search(s.tag))
				if a.err != nil {
					s.Fatal(a.err)
				}
				s.names["search"] = a.response().(*pb.Search).GetName()
			},
		},
	}
}
