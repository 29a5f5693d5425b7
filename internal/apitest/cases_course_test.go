package apitest

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	registerCourse = "ConductService.RegisterCourse"
	getCourse      = "ConductService.GetCourse"
	listCourses    = "ConductService.ListCourses"
	cancelCourse   = "ConductService.CancelCourse"
	eraseCourse    = "ConductService.EraseCourse"
)

// givenCourse registers a nominal with a course.
func givenCourse(s *stage) {
	s.Helper()
	given(s)
	r := s.must("system-33", registerCourse, course("33", s.names["nominal"], "C-"+s.tag, 5)).(*pb.RegisterCourseResponse)
	s.names["course"] = r.GetName()
}

func courseCases() []apiCase {
	fresh := func(edit func(*stage, *pb.RegisterCourseRequest)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			r := course("33", s.names["nominal"], "C-"+s.run, 1)
			if edit != nil {
				edit(s, r)
			}
			return r
		}
	}
	again := func(revision int64, edit func(*pb.RegisterCourseRequest)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			r := course("33", s.names["nominal"], "C-"+s.tag, revision)
			if edit != nil {
				edit(r)
			}
			return r
		}
	}
	created := wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_CREATED, 1)
	return []apiCase{
		{name: "register a course", method: registerCourse, who: "investigator-33", prepare: given, writes: true, request: fresh(nil), check: created},
		{
			name: "register a course by the nominal's own key", method: registerCourse, who: "system-33", prepare: given, writes: true, check: created,
			request: fresh(func(s *stage, r *pb.RegisterCourseRequest) {
				r.Course.Nominal, r.NominalSource = "", &pb.SourceKey{System: "crime", Reference: "N-" + s.tag}
			}),
		},
		{
			name: "register a course with unknown codes", method: registerCourse, who: "system-33", prepare: given, writes: true,
			request: fresh(func(_ *stage, r *pb.RegisterCourseRequest) {
				r.Course.Relationship, r.Course.Motivation = "PEN_FRIEND", "BORED"
				r.Course.Incidents[0].Behaviours = []string{"FOLLOWING", "LOCAL_7"}
				r.Course.Incidents[0].PrincipalOffence = "LOCAL/1"
				r.Course.Incidents[0].IncludedClassifications = []string{"8/65", "LOCAL/2"}
			}),
			check: wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_CREATED, 1,
				"course.relationship UNKNOWN_CODE", "course.motivation UNKNOWN_CODE", "course.incidents[0].behaviours[1] UNKNOWN_CODE",
				"course.incidents[0].principal_offence UNKNOWN_CODE", "course.incidents[0].included_classifications[1] UNKNOWN_CODE"),
		},
		{
			name: "register a course with nothing right", method: registerCourse, who: "system-33", prepare: given,
			code: codes.InvalidArgument, reason: "INVALID_FIELDS",
			request: fresh(func(_ *stage, r *pb.RegisterCourseRequest) {
				at := timestamppb.New(firstIncident)
				before := timestamppb.New(firstIncident.AddDate(0, 0, -1))
				r.Course = &pb.CourseOfConduct{
					Source: &pb.SourceKey{System: "crime", Reference: "x"}, Nominal: "forces/33/nominals/none",
					Victim:   &pb.Victim{BirthDate: &pb.PartialDate{Year: 1990, Day: 4}},
					Standing: pb.Standing_STANDING_UNSPECIFIED,
					Incidents: []*pb.Incident{
						{Reference: "a", OccurTime: at, ReportTime: before, Behaviours: []string{"FOLLOWING"}},
						{Reference: "a", Behaviours: []string{"FOLLOWING"}, Grade: &pb.IntelligenceGrade{Source: 4, Assessment: "F", Handling: "P"}},
						{OccurTime: at},
					},
				}
			}),
			fields: []string{
				"course.nominal", "course.victim.names", "course.victim.birth_date", "course.standing",
				"course.incidents[0].report_time", "course.incidents[1].reference", "course.incidents[1].occur_time",
				"course.incidents[1].grade.source", "course.incidents[1].grade.assessment",
				"course.incidents[2].reference", "course.incidents[2].behaviours",
			},
		},
		{
			name: "register a course of two suspects", method: registerCourse, who: "system-33", prepare: given,
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"request"},
			request: fresh(func(_ *stage, r *pb.RegisterCourseRequest) {
				r.NominalSource = &pb.SourceKey{System: "crime", Reference: "x"}
			}),
		},
		{
			name: "the victim in free text", method: registerCourse, who: "investigator-33", prepare: given,
			code: codes.InvalidArgument, reason: "VICTIM_IN_TEXT",
			request: fresh(func(_ *stage, r *pb.RegisterCourseRequest) {
				r.Course.Summary = "He followed Vesna Harcastle home."
				r.Course.Incidents[0].Narrative = "Rang 07700900461 forty times."
			}),
			fields: []string{"course.summary", "course.incidents[0].narrative"},
		},
		{
			name: "a course of another force", method: registerCourse, who: "system-10", prepare: given, code: codes.PermissionDenied, reason: "OTHER_FORCE", request: fresh(nil),
		},
		{name: "a course by the control room", method: registerCourse, who: "control_room-33", prepare: given, code: codes.PermissionDenied, reason: "NOT_ALLOWED", request: fresh(nil)},
		{
			name: "a course of another force's nominal", method: registerCourse, who: "system-33", code: codes.NotFound, reason: "NOT_FOUND",
			prepare: func(s *stage) { s.names["nominal"] = s.register("10", s.tag, "N-"+s.tag) }, request: fresh(nil),
		},
		{
			// To the system that registered it, the nominal must look as before.
			name: "a course of a nominal that was silenced, by its system", method: registerCourse, who: "system-33", prepare: silent, request: fresh(nil),
			writes: true, check: wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_CREATED, 1),
		},
		{name: "a course of a silent nominal", method: registerCourse, who: "supervisor-33", prepare: silent, code: codes.NotFound, reason: "NOT_FOUND", request: fresh(nil)},
		{name: "a course of an erased nominal", method: registerCourse, who: "system-33", prepare: erased, code: codes.NotFound, reason: "NOT_FOUND", request: fresh(nil)},
		{name: "the same course again", method: registerCourse, who: "system-33", prepare: givenCourse, request: again(5, nil), check: wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_UNCHANGED, 1)},
		{
			name: "the next revision of a course", method: registerCourse, who: "system-33", prepare: givenCourse, writes: true,
			request: again(6, func(r *pb.RegisterCourseRequest) { r.Course.Standing = pb.Standing_STANDING_CHARGED }),
			check:   wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_UPDATED, 2),
		},
		{name: "an older revision of a course", method: registerCourse, who: "system-33", prepare: givenCourse, request: again(4, nil), code: codes.Aborted, reason: "STALE_REVISION"},
		{
			name: "the same revision of a course with another victim", method: registerCourse, who: "system-33", prepare: givenCourse,
			request: again(5, func(r *pb.RegisterCourseRequest) { r.Course.Victim.BirthDate.Day = 18 }), code: codes.Aborted, reason: "REVISION_REUSED",
		},
	}
}

func courseStateCases() []apiCase {
	get := func(s *stage) proto.Message { return &pb.GetCourseRequest{Name: s.names["course"]} }
	list := func(s *stage) proto.Message { return &pb.ListCoursesRequest{Parent: s.names["nominal"]} }
	cancel := func(s *stage) proto.Message {
		return &pb.CancelCourseRequest{Name: s.names["course"], Reason: pb.CancelReason_CANCEL_REASON_NO_CRIME}
	}
	erase := func(s *stage) proto.Message {
		return &pb.EraseCourseRequest{Name: s.names["course"], Ground: pb.ErasureGround_ERASURE_GROUND_UNLAWFUL, Reference: "DPO/26/9"}
	}
	wantCourse := func(s *stage, c *pb.CourseOfConduct) {
		s.Helper()
		if c.GetNominal() != s.names["nominal"] || c.GetVictim() != nil || len(c.GetAssociatedVictims()) > 0 || c.GetRelationship() != "EX_PARTNER" || len(c.GetIncidents()) != 1 {
			s.Errorf("course %v", c)
		}
	}
	denied := func(name, method, who, reason string, request func(*stage) proto.Message) apiCase {
		return apiCase{name: name, method: method, who: who, prepare: givenCourse, request: request, code: codes.PermissionDenied, reason: reason}
	}
	hidden := func(s *stage) { givenCourse(s); s.restrict(s.names["nominal"], pb.Restriction_RESTRICTION_SILENT) }
	return []apiCase{
		{name: "read an own course", method: getCourse, who: "investigator-33", prepare: givenCourse, request: get, check: func(s *stage, m proto.Message) { wantCourse(s, m.(*pb.CourseOfConduct)) }},
		denied("read another force's course", getCourse, "dpo-10", "OTHER_FORCE", get),
		denied("read a course by PSD", getCourse, "psd-33", "NOT_ALLOWED", get),
		missing("read a course that does not exist", getCourse, "dpo-33", func(n string) proto.Message { return &pb.GetCourseRequest{Name: n} }, "courses"),
		{name: "read a silent nominal's course", method: getCourse, who: "spoc-33", prepare: hidden, request: get, code: codes.NotFound, reason: "NOT_FOUND"},
		{
			name: "read a nominal as a course", method: getCourse, who: "spoc-33", prepare: given, code: codes.NotFound, reason: "NOT_FOUND",
			request: func(s *stage) proto.Message {
				return &pb.GetCourseRequest{Name: "forces/33/courses/" + s.names["nominal"][len("forces/33/nominals/"):]}
			},
		},
		{
			name: "read a course by a name that is none", method: getCourse, who: "spoc-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"name"},
			request: func(*stage) proto.Message { return &pb.GetCourseRequest{Name: "forces/33/courses/1"} },
		},

		{
			name: "list courses", method: listCourses, who: "dpo-33", prepare: givenCourse, request: list,
			check: func(s *stage, m proto.Message) {
				all := m.(*pb.ListCoursesResponse).GetCourses()
				if len(all) != 1 || m.(*pb.ListCoursesResponse).GetNextPageToken() != "" {
					s.Fatalf("%d courses", len(all))
				}
				wantCourse(s, all[0])
			},
		},
		denied("list courses by an investigator", listCourses, "investigator-33", "NOT_ALLOWED", list),
		denied("list courses of another force", listCourses, "spoc-10", "OTHER_FORCE", list),
		missing("list courses of nobody", listCourses, "spoc-33", func(n string) proto.Message { return &pb.ListCoursesRequest{Parent: n} }, "nominals"),
		{
			name: "list courses with a forged token", method: listCourses, who: "spoc-33", prepare: givenCourse, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_token"},
			request: func(s *stage) proto.Message {
				return &pb.ListCoursesRequest{Parent: s.names["nominal"], PageToken: "%%%"}
			},
		},
		{
			name: "list too many courses", method: listCourses, who: "spoc-33", prepare: givenCourse, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_size"},
			request: func(s *stage) proto.Message { return &pb.ListCoursesRequest{Parent: s.names["nominal"], PageSize: -1} },
		},

		{name: "cancel a course", method: cancelCourse, who: "spoc-33", prepare: givenCourse, request: cancel, writes: true, check: wantVersion(2)},
		denied("cancel a course by an investigator", cancelCourse, "investigator-33", "NOT_ALLOWED", cancel),
		denied("cancel a course of another force", cancelCourse, "system-43", "OTHER_FORCE", cancel),
		missing("cancel a course that does not exist", cancelCourse, "spoc-33", func(n string) proto.Message {
			return &pb.CancelCourseRequest{Name: n, Reason: pb.CancelReason_CANCEL_REASON_NO_CRIME}
		}, "courses"),
		{
			name: "cancel a course without a reason", method: cancelCourse, who: "spoc-33", prepare: givenCourse, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"reason"},
			request: func(s *stage) proto.Message { return &pb.CancelCourseRequest{Name: s.names["course"], Reason: 50} },
		},
		{
			name: "a cancelled course's revision", method: registerCourse, who: "system-33", code: codes.FailedPrecondition, reason: "RECORD_CANCELLED",
			prepare: func(s *stage) { givenCourse(s); s.must("spoc-33", cancelCourse, cancel(s)) },
			request: func(s *stage) proto.Message { return course("33", s.names["nominal"], "C-"+s.tag, 6) },
		},

		{name: "erase a course", method: eraseCourse, who: "dpo-33", prepare: givenCourse, request: erase, writes: true},
		denied("erase a course by a supervisor", eraseCourse, "supervisor-33", "NOT_ALLOWED", erase),
		denied("erase a course of another force", eraseCourse, "dpo-43", "OTHER_FORCE", erase),
		missing("erase a course that does not exist", eraseCourse, "dpo-33", func(n string) proto.Message {
			return &pb.EraseCourseRequest{Name: n, Ground: pb.ErasureGround_ERASURE_GROUND_ORDER, Reference: "DPO/26/9"}
		}, "courses"),
		{
			name: "erase a course without a ground", method: eraseCourse, who: "dpo-33", prepare: givenCourse, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"ground", "reference"},
			request: func(s *stage) proto.Message { return &pb.EraseCourseRequest{Name: s.names["course"]} },
		},
		{
			name: "an erased course's revision", method: registerCourse, who: "system-33", code: codes.FailedPrecondition, reason: "RECORD_ERASED",
			prepare: func(s *stage) { givenCourse(s); s.must("dpo-33", eraseCourse, erase(s)) },
			request: func(s *stage) proto.Message { return course("33", s.names["nominal"], "C-"+s.tag, 6) },
		},
	}
}
