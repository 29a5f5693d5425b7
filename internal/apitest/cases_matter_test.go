package apitest

import (
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// matterCases are what is particular to breaches of other forces' measures, to
// regrades, to closing and to settling who the victims are.
func matterCases() []apiCase {
	breachOfTheirs := func(s *stage) proto.Message {
		return breach("33", s.names["nominal"], s.names["their measure"], "B-"+s.run, 1)
	}
	created := wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_CREATED, 1)
	return append([]apiCase{
		{name: "a breach of a linked force's measure", method: registerBreach, who: "investigator-33", prepare: theirMeasure(true), writes: true, request: breachOfTheirs, check: created},
		{name: "a breach of a stranger's measure", method: registerBreach, who: "investigator-33", prepare: theirMeasure(false), request: breachOfTheirs, code: codes.NotFound, reason: "NOT_FOUND"},
		{
			name: "a breach of a measure that a search found", method: registerBreach, who: "investigator-33", prepare: theirMeasure(false), writes: true, check: created,
			request: func(s *stage) proto.Message {
				found := s.must("investigator-33", createSearch, search(s.tag+"o")).(*pb.Search)
				r := breach("33", s.names["nominal"], s.names["their measure"], "B-"+s.run, 1)
				r.Candidate = found.GetCandidates()[0].GetName()
				return r
			},
		},
		{
			name: "a breach of a measure that somebody else's search found", method: registerBreach, who: "investigator-33", prepare: theirMeasure(false),
			code: codes.NotFound, reason: "NOT_FOUND",
			request: func(s *stage) proto.Message {
				found := s.must("spoc-33", createSearch, search(s.tag+"o")).(*pb.Search)
				r := breach("33", s.names["nominal"], s.names["their measure"], "B-"+s.run, 1)
				r.Candidate = found.GetCandidates()[0].GetName()
				return r
			},
		},
		{
			name: "a breach of a measure of a restricted nominal", method: registerBreach, who: "investigator-10", code: codes.NotFound, reason: "NOT_FOUND",
			prepare: then(twoForces, func(s *stage) {
				s.names["measure"] = s.must("system-33", registerMeasure, measure("33", s.names["nominal"], "MM-"+s.tag, 1)).(*pb.RegisterMeasureResponse).GetName()
				s.restrict(s.names["nominal"], pb.Restriction_RESTRICTION_CONTACT)
			}),
			request: func(s *stage) proto.Message {
				return breach("10", s.names["theirs"], s.names["measure"], "B-"+s.run, 1)
			},
		},
		{
			name: "a breach of no measure", method: registerBreach, who: "investigator-33", prepare: givenMatter, code: codes.NotFound, reason: "NOT_FOUND",
			request: func(s *stage) proto.Message {
				return breach("33", s.names["nominal"], unknownRecord("33", "measures"), "B-"+s.run, 1)
			},
		},
		{
			name: "a breach of a course", method: registerBreach, who: "investigator-33", prepare: givenMatter, code: codes.NotFound, reason: "NOT_FOUND",
			request: func(s *stage) proto.Message {
				return breach("33", s.names["nominal"], strings.Replace(s.names["course"], "courses", "measures", 1), "B-"+s.run, 1)
			},
		},
	}, append(regradeCases(), append(settleCases(), closeCases()...)...)...)
}

// theirMeasure registers a measure of force 10 against the same person, or another.
func theirMeasure(same bool) func(*stage) {
	return func(s *stage) {
		if same {
			twoForces(s)
		} else {
			given(s)
			s.names["theirs"] = s.register("10", s.tag+"o", "B-"+s.tag)
		}
		r := s.must("system-10", registerMeasure, measure("10", s.names["theirs"], "TM-"+s.tag, 1)).(*pb.RegisterMeasureResponse)
		s.names["their measure"] = r.GetName()
	}
}

func regradeCases() []apiCase {
	k := partKinds()[2]
	regrade := func(version int64) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			return &pb.RegradeAssessmentRequest{
				Name: s.names["part"], Version: version, Grade: pb.RiskGrade_RISK_GRADE_HIGH, Rationale: "Earlier violence, and all four indicators.",
			}
		}
	}
	regraded := func(s *stage, m proto.Message) {
		s.Helper()
		a := m.(*pb.Assessment)
		if a.GetGrade() != pb.RiskGrade_RISK_GRADE_STANDARD || a.GetStandingGrade() != pb.RiskGrade_RISK_GRADE_HIGH || len(a.GetRegrades()) != 1 ||
			a.GetRegrades()[0].GetRationale() == "" || a.GetRegrades()[0].GetSupervisor() == "" || a.GetRegrades()[0].GetSupervisor() == a.GetAssessor() {
			s.Errorf("%v", a)
		}
	}
	give := func(s *stage) { s.must("supervisor-33", regradeAssessment, regrade(1)(s)) }
	return []apiCase{
		{
			name: "regrade an assessment", method: regradeAssessment, who: "supervisor-33", prepare: givenPart(k), request: regrade(1), writes: true, live: true,
			check: func(s *stage, m proto.Message) {
				regraded(s, m)
				if m.(*pb.Assessment).GetVersion() != 2 {
					s.Errorf("%v", m)
				}
			},
		},
		{
			name: "a regrade outlives the next revision", method: getAssessment, who: "investigator-33", check: regraded,
			prepare: then(givenPart(k), func(s *stage) {
				give(s)
				s.must("system-33", registerAssessment, k.register(s, "P-"+s.tag, 6))
			}),
			request: func(s *stage) proto.Message { return &pb.GetAssessmentRequest{Name: s.names["part"]} },
		},
		{name: "regrade what has changed", method: regradeAssessment, who: "supervisor-33", prepare: then(givenPart(k), give), request: regrade(1), code: codes.Aborted, reason: "RECORD_CHANGED"},
		{
			name: "regrade the own assessment", method: regradeAssessment, who: "supervisor-33", request: regrade(1), code: codes.FailedPrecondition, reason: "SAME_PERSON",
			prepare: then(givenMatter, func(s *stage) {
				r := s.must("supervisor-33", registerAssessment, k.register(s, "P-"+s.tag, 5))
				s.names["part"] = r.(*pb.RegisterAssessmentResponse).GetName()
			}),
		},
		{
			name: "regrade what was withdrawn", method: regradeAssessment, who: "supervisor-33", request: regrade(2), code: codes.FailedPrecondition, reason: "RECORD_CANCELLED",
			prepare: then(givenPart(k), cancelPart(k)),
		},
		{name: "regrade by a SPOC", method: regradeAssessment, who: "spoc-33", prepare: givenPart(k), request: regrade(1), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "regrade by another force", method: regradeAssessment, who: "supervisor-10", prepare: givenPart(k), request: regrade(1), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{
			name: "regrade without a grade or a reason", method: regradeAssessment, who: "supervisor-33", prepare: givenPart(k), code: codes.InvalidArgument, reason: "INVALID_FIELDS",
			request: func(s *stage) proto.Message { return &pb.RegradeAssessmentRequest{Name: s.names["part"]} }, fields: []string{"version", "grade", "rationale"},
		},
	}
}

// twoCourses registers one person in two forces, each with a course, and the own
// force with a second.
func twoCourses(s *stage) {
	s.Helper()
	twoForces(s)
	register := func(force, nominal, reference string) string {
		return s.must("system-"+force, registerCourse, course(force, nominal, reference+s.tag, 1)).(*pb.RegisterCourseResponse).GetName()
	}
	s.names["course"] = register("33", s.names["nominal"], "C-")
	s.names["second"] = register("33", s.names["nominal"], "S-")
	s.names["their course"] = register("10", s.names["theirs"], "T-")
}

func settleCases() []apiCase {
	settle := func(name, other string) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			return &pb.SettleVictimsRequest{
				Name: s.names[name], Other: s.names[other], Sameness: pb.VictimSameness_VICTIM_SAMENESS_DIFFERENT, Explanation: "asked the owner: two numbers",
			}
		}
	}
	settled := func(want bool) func(*stage, proto.Message) {
		return func(s *stage, m proto.Message) {
			if m.(*pb.SettleVictimsResponse).GetSettled() != want {
				s.Errorf("%v, want %v", m, want)
			}
		}
	}
	return []apiCase{
		{name: "settle two own courses' victims", method: settleVictims, who: "spoc-33", prepare: twoCourses, request: settle("course", "second"), writes: true, check: settled(true)},
		{name: "settle with another force alone", method: settleVictims, who: "spoc-33", prepare: twoCourses, request: settle("course", "their course"), writes: true, check: settled(false)},
		{
			name: "settle with another force that agrees", method: settleVictims, who: "spoc-10", request: settle("their course", "course"), writes: true, check: settled(true),
			prepare: then(twoCourses, func(s *stage) { s.must("spoc-33", settleVictims, settle("course", "their course")(s)) }),
		},
		{
			name: "settle with a course of somebody else", method: settleVictims, who: "spoc-33", request: settle("course", "their course"), code: codes.NotFound, reason: "NOT_FOUND",
			prepare: then(givenCourse, func(s *stage) {
				n := s.register("10", s.tag+"o", "O-"+s.tag)
				s.names["their course"] = s.must("system-10", registerCourse, course("10", n, "T-"+s.tag, 1)).(*pb.RegisterCourseResponse).GetName()
			}),
		},
		{
			name: "settle two own courses of two people", method: settleVictims, who: "spoc-33", request: settle("course", "second"), code: codes.FailedPrecondition, reason: "NOT_ONE_PERSON",
			prepare: then(givenCourse, func(s *stage) {
				n := s.register("33", s.tag+"o", "O-"+s.tag)
				s.names["second"] = s.must("system-33", registerCourse, course("33", n, "T-"+s.tag, 1)).(*pb.RegisterCourseResponse).GetName()
			}),
		},
		{
			name: "settle with a course that became silent", method: settleVictims, who: "spoc-10", request: settle("their course", "course"), code: codes.NotFound, reason: "NOT_FOUND",
			prepare: then(twoCourses, (*stage).silence),
		},
		{
			name: "settle a course with itself", method: settleVictims, who: "spoc-33", prepare: givenCourse, request: settle("course", "course"),
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"other"},
		},
		{name: "settle by a supervisor", method: settleVictims, who: "supervisor-33", prepare: twoCourses, request: settle("course", "second"), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "settle another force's course", method: settleVictims, who: "spoc-10", prepare: twoCourses, request: settle("course", "their course"), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
	}
}

func closeCases() []apiCase {
	// A matter with a threat to kill, closed with what edit leaves of a closure.
	closed := func(edit func(*pb.CourseOfConduct)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			r := course("33", s.names["nominal"], "C-"+s.tag, 6)
			r.Course.Incidents[0].Behaviours = []string{"THREATS_TO_KILL"}
			r.Course.Incidents[0].OccurTime = timestamppb.New(time.Now().Add(-10 * time.Minute)) // no duty yet
			r.Course.Standing, r.Course.Officer = pb.Standing_STANDING_NO_FURTHER_ACTION, "1234"
			r.Course.Closure = &pb.Closure{Reason: "EVIDENTIAL", Rationale: "Nothing to add.", SecondPerson: "5678", VictimInformTime: at(3)}
			edit(r.Course)
			return r
		}
	}
	return []apiCase{
		{
			name: "close a grave matter with a second person", method: registerCourse, who: "system-33", prepare: givenCourse, writes: true,
			request: closed(func(*pb.CourseOfConduct) {}), check: wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_UPDATED, 2),
		},
		{
			name: "close a grave matter alone", method: registerCourse, who: "system-33", prepare: givenCourse, code: codes.FailedPrecondition, reason: "CLOSURE_NEEDS_SECOND_PERSON",
			request: closed(func(c *pb.CourseOfConduct) { c.Closure = nil }),
			fields:  []string{"course.closure.reason", "course.closure.rationale", "course.closure.second_person", "course.closure.victim_inform_time"},
		},
		{
			name: "close a grave matter with oneself", method: registerCourse, who: "system-33", prepare: givenCourse, code: codes.FailedPrecondition, reason: "CLOSURE_NEEDS_SECOND_PERSON",
			request: closed(func(c *pb.CourseOfConduct) { c.Closure.SecondPerson = "1234" }), fields: []string{"course.closure.second_person"},
		},
		{
			name: "close a high-risk matter alone", method: registerCourse, who: "system-33", code: codes.FailedPrecondition, reason: "CLOSURE_NEEDS_SECOND_PERSON",
			prepare: then(givenCourse, func(s *stage) {
				r := assessment("33", s.names["nominal"], s.names["course"], "H-"+s.tag, 1)
				r.Assessment.Grade = pb.RiskGrade_RISK_GRADE_HIGH
				s.must("system-33", registerAssessment, r)
			}),
			request: closed(func(c *pb.CourseOfConduct) {
				c.Incidents[0].Behaviours, c.Closure = []string{"CONTACT"}, nil
			}),
			fields: []string{"course.closure.reason", "course.closure.rationale", "course.closure.second_person", "course.closure.victim_inform_time"},
		},
		{
			name: "close a serial man's matter alone", method: registerCourse, who: "system-33", code: codes.FailedPrecondition, reason: "CLOSURE_NEEDS_SECOND_PERSON",
			prepare: then(givenCourse, func(s *stage) {
				r := course("33", s.names["nominal"], "V-"+s.tag, 1)
				r.Course.Victim = &pb.Victim{Names: []*pb.PersonName{{Given: "Orla", Surname: "Quillan"}}, BirthDate: &pb.PartialDate{Year: 1978, Month: 9, Day: 3}}
				s.must("system-33", registerCourse, r)
			}),
			request: closed(func(c *pb.CourseOfConduct) {
				c.Incidents[0].Behaviours, c.Closure.VictimInformTime = []string{"CONTACT"}, nil
			}),
			fields: []string{"course.closure.victim_inform_time"},
		},
		{
			name: "close a slight matter", method: registerCourse, who: "system-33", prepare: givenCourse, writes: true,
			request: closed(func(c *pb.CourseOfConduct) { c.Incidents[0].Behaviours, c.Closure = []string{"CONTACT"}, nil }),
			check:   wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_UPDATED, 2),
		},
		{
			name: "load a grave matter that was closed long ago", method: registerCourse, who: "system-33", prepare: given, writes: true,
			request: func(s *stage) proto.Message {
				r := closed(func(c *pb.CourseOfConduct) { c.Closure = nil })(s).(*pb.RegisterCourseRequest)
				r.HistoricLoad = true
				return r
			},
			check: wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_CREATED, 1),
		},
		{
			name: "a course keeps its standings and loses no statement", method: getCourse, who: "investigator-33",
			prepare: then(givenCourse, func(s *stage) {
				r := course("33", s.names["nominal"], "C-"+s.tag, 6)
				r.Course.Standing, r.Course.StandingTime = pb.Standing_STANDING_CHARGED, at(9)
				r.Course.Statements = []*pb.VictimStatement{{Code: "WITHDRAWS", StateTime: at(8), Text: "Wants no more of it."}}
				r.Course.Informed = []*pb.VictimInformed{{Code: "CHARGE", InformTime: at(9), Officer: "1234"}}
				r.Course.Exhibits = []*pb.Exhibit{{Code: "PHONE", SeizeTime: at(2), ExpectedTime: at(180)}}
				r.Course.Actions = []*pb.PoliceAction{{Code: "MEASURE_CONSIDERED", ActTime: at(3)}}
				r.Course.VictimReference = "V/77"
				s.must("system-33", registerCourse, r)
			}),
			request: func(s *stage) proto.Message { return &pb.GetCourseRequest{Name: s.names["course"]} },
			check: func(s *stage, m proto.Message) {
				c := m.(*pb.CourseOfConduct)
				if len(c.GetStandings()) != 2 || c.GetStandings()[0].GetStanding() != pb.Standing_STANDING_REPORTED ||
					!proto.Equal(c.GetStandings()[1], &pb.StandingSince{Standing: pb.Standing_STANDING_CHARGED, SinceTime: at(9)}) ||
					len(c.GetStatements()) != 1 || len(c.GetExhibits()) != 1 || len(c.GetInformed()) != 1 || len(c.GetActions()) != 1 || c.GetVictimReference() != "" {
					s.Errorf("%v", c)
				}
			},
		},
		{
			name: "the victim in the new texts", method: registerCourse, who: "investigator-33", prepare: given, code: codes.InvalidArgument, reason: "VICTIM_IN_TEXT",
			request: func(s *stage) proto.Message {
				r := course("33", s.names["nominal"], "C-"+s.run, 1)
				r.Course.Statements = []*pb.VictimStatement{{Code: "OTHER", StateTime: at(1), Text: "Vesna Harcastle is afraid."}}
				r.Course.Incidents[0].Actions = []*pb.PoliceAction{{Code: "ATTENDED", ActTime: at(1), Text: "Rang 07700900461."}}
				r.Course.Closure = &pb.Closure{Rationale: "At 14 Tollgate Crescent nobody answered."}
				r.Course.VictimReference = "vesna.harcastle@mail.example"
				return r
			},
			fields: []string{"course.statements[0].text", "course.incidents[0].actions[0].text", "course.closure.rationale", "course.victim_reference"},
		},
	}
}
