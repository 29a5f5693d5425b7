package apitest

import (
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// viewCases are about what others see of restricted, withdrawn and erased
// records, in a search and in its candidates.
func viewCases() []apiCase {
	restricted := func(to pb.Restriction) func(*stage) {
		return func(s *stage) {
			s.Helper()
			givenCourse(s)
			s.restrict(s.names["nominal"], to)
		}
	}
	// later restricts what an investigator of force 10 has found before.
	later := func(to pb.Restriction) func(*stage) {
		return func(s *stage) {
			s.Helper()
			searched(s)
			s.restrict(s.names["nominal"], to)
		}
	}
	only := func(warnings ...string) func(*stage, proto.Message) {
		return func(s *stage, m proto.Message) {
			s.Helper()
			found := m.(*pb.Search)
			if len(found.GetCandidates()) != 1 {
				s.Fatalf("%d candidates", len(found.GetCandidates()))
			}
			c := found.GetCandidates()[0]
			if !c.GetAskOwner() || c.GetDisplayName() != "" || c.GetBirthDate() != nil || len(c.GetTerms()) > 0 || c.GetBits() != 0 ||
				c.GetProbability() != 0 || c.GetStrength() != 0 || c.GetPattern() != nil {
				s.Errorf("a restricted record shows %v", c)
			}
			if !slices.Equal(c.GetWarnings(), warnings) {
				s.Errorf("warnings %q, want %q", c.GetWarnings(), warnings)
			}
			if len(c.GetContacts()) != 1 || c.GetContacts()[0].GetForce() != "forces/33" || c.GetContacts()[0].GetTeam() == "" {
				s.Errorf("contacts %v", c.GetContacts())
			}
		}
	}
	detail := func(code string) func(*stage, proto.Message) {
		return func(s *stage, m proto.Message) {
			s.Helper()
			d := m.(*pb.CandidateDetail)
			if len(d.GetNominals()) > 0 || len(d.GetCourses()) > 0 || len(d.GetNotices()) != 1 || d.GetNotices()[0].GetCode() != code {
				s.Errorf("detail of %d nominals, %d courses, notices %v", len(d.GetNominals()), len(d.GetCourses()), d.GetNotices())
			}
		}
	}
	find := func(name, who string, prepare func(*stage), check func(*stage, proto.Message)) apiCase {
		return apiCase{name: name, method: createSearch, who: who, prepare: prepare, request: searchForIt, check: check}
	}
	open := func(name string, prepare func(*stage), check func(*stage, proto.Message)) apiCase {
		return apiCase{name: name, method: getCandidate, who: "investigator-10", prepare: prepare, request: openFirst, check: check}
	}
	return []apiCase{
		find("a silent record is no hit elsewhere", "investigator-10", restricted(pb.Restriction_RESTRICTION_SILENT), wantNoHit),
		find("a silent record is no hit in its own force", "investigator-33", restricted(pb.Restriction_RESTRICTION_SILENT), wantNoHit),
		find("a contact record elsewhere", "investigator-10", restricted(pb.Restriction_RESTRICTION_CONTACT), only()),
		find("a contact record in its own force", "investigator-33", restricted(pb.Restriction_RESTRICTION_CONTACT), wantHit),
		find("a safety record elsewhere", "control_room-10", restricted(pb.Restriction_RESTRICTION_SAFETY), only("WEAPON")),
		find("a safety record in its own force", "control_room-33", restricted(pb.Restriction_RESTRICTION_SAFETY), wantHit),
		find("a cancelled record", "investigator-10", cancelled, wantNoHit),
		find("an erased record", "investigator-10", erased, wantNoHit),
		open("open what became silent", later(pb.Restriction_RESTRICTION_SILENT), detail("WITHDRAWN")),
		open("open what was restricted to contact", later(pb.Restriction_RESTRICTION_CONTACT), detail("ASK_OWNER")),
		open("open what was erased", func(s *stage) {
			searched(s)
			s.must("dpo-33", eraseNominal, eraseIt(s))
		}, detail("WITHDRAWN")),
		{
			name: "see an own search of what was erased", method: getSearch, who: "investigator-10", request: getSearched,
			prepare: func(s *stage) {
				searched(s)
				s.must("dpo-33", eraseNominal, eraseIt(s))
			},
			check: func(s *stage, m proto.Message) {
				c := m.(*pb.Search).GetCandidates()[0]
				if c.GetDisplayName() != "" || c.GetBirthDate() != nil || len(c.GetTerms()) > 0 {
					s.Errorf("an erased record shows %v", c)
				}
			},
		},
		{name: "change what is silent", method: cancelNominal, who: "spoc-33", prepare: restricted(pb.Restriction_RESTRICTION_SILENT), request: cancelIt, code: codes.NotFound, reason: "NOT_FOUND"},
	}
}
