package apitest

import (
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	registerMeasure    = "MeasureService.RegisterMeasure"
	registerBreach     = "MeasureService.RegisterBreach"
	registerAssessment = "AssessmentService.RegisterAssessment"
	registerPlan       = "AssessmentService.RegisterPlan"
	regradeAssessment  = "AssessmentService.RegradeAssessment"
	getAssessment      = "AssessmentService.GetAssessment"
	settleVictims      = "ConductService.SettleVictims"
)

// givenMatter registers a nominal with a course and a measure.
func givenMatter(s *stage) {
	s.Helper()
	givenCourse(s)
	r := s.must("system-33", registerMeasure, measure("33", s.names["nominal"], "MM-"+s.tag, 1)).(*pb.RegisterMeasureResponse)
	s.names["measure"] = r.GetName()
}

// givenPart registers a part of a kind beside the matter, under revision 5.
func givenPart(k partKind) func(*stage) {
	return then(givenMatter, func(s *stage) {
		r := s.must("system-33", k.method("Register"), k.register(s, "P-"+s.tag, 5))
		s.names["part"] = r.(interface{ GetName() string }).GetName()
	})
}

func (s *stage) silence() { s.restrict(s.names["nominal"], pb.Restriction_RESTRICTION_SILENT) }

// partCases are the cases that all kinds of parts have.
func partCases() []apiCase {
	var out []apiCase
	for _, k := range partKinds() {
		out = append(out, partRegistered(k)...)
		out = append(out, partStates(k)...)
	}
	return out
}

func partRegistered(k partKind) []apiCase {
	method, what := k.method("Register"), strings.ToLower(k.name)
	fresh := func(edit func(proto.Message)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			r := k.register(s, "P-"+s.run, 1)
			if edit != nil {
				edit(r)
			}
			return r
		}
	}
	again := func(revision int64, edit func(proto.Message)) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			r := k.register(s, "P-"+s.tag, revision)
			if edit != nil {
				edit(r)
			}
			return r
		}
	}
	var flags []string
	for _, f := range k.flagged {
		flags = append(flags, f+" UNKNOWN_CODE")
	}
	created := wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_CREATED, 1)
	bySource := func(s *stage) proto.Message {
		r := k.register(s, "P-"+s.run, 1)
		setIn(r, "nominal", "")
		set(r, "nominal_source", source("N-"+s.tag, 0))
		switch m := r.(type) {
		case *pb.RegisterMeasureRequest:
			m.Measure.Courses, m.CourseSources = nil, []*pb.SourceKey{source("C-"+s.tag, 0)}
		case *pb.RegisterBreachRequest:
			m.Breach.Measure, m.MeasureSource = "", source("MM-"+s.tag, 0)
		case *pb.RegisterAssessmentRequest:
			m.Assessment.Course, m.CourseSource = "", source("C-"+s.tag, 0)
		case *pb.RegisterPlanRequest:
			m.Plan.Course, m.CourseSource = "", source("C-"+s.tag, 0)
		}
		return r
	}
	return []apiCase{
		{name: "register a " + what, method: method, who: "investigator-33", prepare: givenMatter, writes: true, request: fresh(nil), check: created},
		{name: "register a " + what + " by source keys", method: method, who: "system-33", prepare: givenMatter, writes: true, request: bySource, check: created},
		{
			name: "register a " + what + " with unknown codes", method: method, who: "system-33", prepare: givenMatter, writes: true, request: fresh(k.unknown),
			check: wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_CREATED, 1, flags...),
		},
		{
			name: "register a " + what + " with nothing right", method: method, who: "system-33", prepare: givenMatter, request: fresh(k.wrong),
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: k.faulty,
		},
		{
			name: "register a " + what + " of nobody and of two", method: method, who: "system-33", prepare: givenMatter,
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"request"},
			request: fresh(func(m proto.Message) { set(m, "nominal_source", source("x", 0)) }),
		},
		{name: "a " + what + " of another force", method: method, who: "system-10", prepare: givenMatter, code: codes.PermissionDenied, reason: "OTHER_FORCE", request: fresh(nil)},
		{name: "a " + what + " by the control room", method: method, who: "control_room-33", prepare: givenMatter, code: codes.PermissionDenied, reason: "NOT_ALLOWED", request: fresh(nil)},
		{
			name: "a " + what + " of another force's nominal", method: method, who: "system-33", code: codes.NotFound, reason: "NOT_FOUND",
			prepare: then(givenMatter, func(s *stage) { s.names["nominal"] = s.register("10", s.tag+"o", "O-"+s.tag) }), request: fresh(nil),
		},
		{
			name: "a " + what + " that names somebody else's record", method: method, who: "system-33", prepare: then(givenMatter, func(s *stage) {
				s.names["nominal"] = s.register("33", s.tag+"o", "O-"+s.tag)
			}), request: fresh(nil), code: otherCode(k), reason: otherReason(k),
		},
		{
			// To the system that registered it, the nominal must look as before.
			name: "a " + what + " of a nominal that was silenced, by its system", method: method, who: "system-33", prepare: then(givenMatter, (*stage).silence),
			request: fresh(nil), writes: true, check: created,
		},
		{
			name: "a " + what + " of a silent nominal", method: method, who: "supervisor-33", prepare: then(givenMatter, (*stage).silence), request: fresh(nil),
			code: codes.NotFound, reason: "NOT_FOUND",
		},
		{name: "the same " + what + " again", method: method, who: "system-33", prepare: givenPart(k), request: again(5, nil), check: wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_UNCHANGED, 1)},
		{
			name: "the next revision of a " + what, method: method, who: "system-33", prepare: givenPart(k), writes: true, request: again(6, k.changed),
			check: wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_UPDATED, 2),
		},
		{name: "an older revision of a " + what, method: method, who: "system-33", prepare: givenPart(k), request: again(4, nil), code: codes.Aborted, reason: "STALE_REVISION"},
		{name: "the revision of a " + what + " with other content", method: method, who: "system-33", prepare: givenPart(k), request: again(5, k.changed), code: codes.Aborted, reason: "REVISION_REUSED"},
		{
			name: "a cancelled " + what + "'s revision", method: method, who: "system-33", prepare: then(givenPart(k), cancelPart(k)), request: again(6, nil),
			code: codes.FailedPrecondition, reason: "RECORD_CANCELLED",
		},
		{
			name: "a cancelled " + what + " stands again", method: method, who: "system-33", prepare: then(givenPart(k), cancelPart(k)), writes: true,
			request: again(6, func(m proto.Message) { set(m, "reinstate", true) }), check: wantOutcome(pb.RegisterOutcome_REGISTER_OUTCOME_UPDATED, 3),
		},
		{
			name: "an erased " + what + "'s revision", method: method, who: "system-33", prepare: then(givenPart(k), erasePart(k)), request: again(6, nil),
			code: codes.FailedPrecondition, reason: "RECORD_ERASED",
		},
	}
}

// A breach of somebody else's measure of the own force is a mistake; the others'
// courses are not there.
func otherCode(k partKind) codes.Code {
	if k.name == "Breach" {
		return codes.FailedPrecondition
	}
	return codes.NotFound
}

func otherReason(k partKind) string {
	if k.name == "Breach" {
		return "NOT_ONE_PERSON"
	}
	return "NOT_FOUND"
}

// set sets a field of a request, setIn one of the record in it.
func set(m proto.Message, field string, value any) {
	r := m.ProtoReflect()
	f := r.Descriptor().Fields().ByName(protoreflect.Name(field))
	if sub, ok := value.(proto.Message); ok {
		r.Set(f, protoreflect.ValueOfMessage(sub.ProtoReflect()))
		return
	}
	r.Set(f, protoreflect.ValueOf(value))
}

func setIn(m proto.Message, field, value string) {
	r := m.ProtoReflect()
	inner := r.Get(r.Descriptor().Fields().ByNumber(2)).Message()
	inner.Set(inner.Descriptor().Fields().ByName(protoreflect.Name(field)), protoreflect.ValueOfString(value))
}

func cancelPart(k partKind) func(*stage) {
	return func(s *stage) { s.must("spoc-33", k.method("Cancel"), k.cancel(s.names["part"])) }
}

func erasePart(k partKind) func(*stage) {
	return func(s *stage) { s.must("dpo-33", k.method("Erase"), k.erase(s.names["part"])) }
}

func (k partKind) cancel(name string) proto.Message {
	return k.message("Cancel", map[string]any{"name": name, "reason": pb.CancelReason_CANCEL_REASON_ENTERED_IN_ERROR.Number(), "explanation": "another man"})
}

func (k partKind) erase(name string) proto.Message {
	return k.message("Erase", map[string]any{"name": name, "ground": pb.ErasureGround_ERASURE_GROUND_ORDER.Number(), "reference": "DPO/26/9"})
}

// list is the records of a response to List.
func (k partKind) list(m proto.Message) (out []proto.Message) {
	l := m.ProtoReflect().Get(m.ProtoReflect().Descriptor().Fields().ByNumber(1)).List()
	for i := range l.Len() {
		out = append(out, l.Get(i).Message().Interface())
	}
	return out
}

func partStates(k partKind) []apiCase {
	what := strings.ToLower(k.name)
	get, list, cancel, erase := k.method("Get"), k.method("List"), k.method("Cancel"), k.method("Erase")
	getIt := func(s *stage) proto.Message { return k.message("Get", map[string]any{"name": s.names["part"]}) }
	listIt := func(s *stage) proto.Message { return k.message("List", map[string]any{"parent": s.names["nominal"]}) }
	cancelIt := func(s *stage) proto.Message { return k.cancel(s.names["part"]) }
	eraseIt := func(s *stage) proto.Message { return k.erase(s.names["part"]) }
	looks := func(s *stage, m proto.Message) {
		if !k.looks(s, m) {
			s.Errorf("%v", m)
		}
	}
	denied := func(name, method, who, reason string, request func(*stage) proto.Message) apiCase {
		return apiCase{name: name, method: method, who: who, prepare: givenPart(k), request: request, code: codes.PermissionDenied, reason: reason}
	}
	hidden := then(givenPart(k), (*stage).silence)
	return []apiCase{
		{name: "read an own " + what, method: get, who: "investigator-33", prepare: givenPart(k), request: getIt, check: looks},
		denied("read another force's "+what, get, "spoc-10", "OTHER_FORCE", getIt),
		denied("read a "+what+" by the control room", get, "control_room-33", "NOT_ALLOWED", getIt),
		missing("read a "+what+" that does not exist", get, "dpo-33", func(n string) proto.Message {
			return k.message("Get", map[string]any{"name": n})
		}, k.collection),
		{name: "read a silent nominal's " + what, method: get, who: "spoc-33", prepare: hidden, request: getIt, code: codes.NotFound, reason: "NOT_FOUND"},
		{
			name: "read a nominal as a " + what, method: get, who: "spoc-33", prepare: given, code: codes.NotFound, reason: "NOT_FOUND",
			request: func(s *stage) proto.Message {
				id := s.names["nominal"][strings.LastIndex(s.names["nominal"], "/"):]
				return k.message("Get", map[string]any{"name": "forces/33/" + k.collection + id})
			},
		},
		{
			name: "a " + what + " that was cancelled says so", method: get, who: "spoc-33", prepare: then(givenPart(k), cancelPart(k)), request: getIt,
			check: func(s *stage, m proto.Message) {
				if r := m.(interface{ GetState() pb.RecordState }); r.GetState() != pb.RecordState_RECORD_STATE_CANCELLED {
					s.Errorf("%v", m)
				}
			},
		},
		{
			name: "list " + what + "s", method: list, who: "dpo-33", prepare: givenPart(k), request: listIt,
			check: func(s *stage, m proto.Message) {
				all := k.list(m)
				if i := slices.IndexFunc(all, func(m proto.Message) bool { return m.(interface{ GetName() string }).GetName() == s.names["part"] }); i < 0 {
					s.Errorf("%v", m)
				} else {
					looks(s, all[i])
				}
			},
		},
		denied("list "+what+"s by an investigator", list, "investigator-33", "NOT_ALLOWED", listIt),
		denied("list "+what+"s of another force", list, "spoc-10", "OTHER_FORCE", listIt),
		missing("list "+what+"s of nobody", list, "spoc-33", func(n string) proto.Message {
			return k.message("List", map[string]any{"parent": n})
		}, "nominals"),
		{name: "list a silent nominal's " + what + "s", method: list, who: "spoc-33", prepare: hidden, request: listIt, code: codes.NotFound, reason: "NOT_FOUND"},
		{
			name: "list " + what + "s with a forged token", method: list, who: "spoc-33", prepare: givenPart(k), code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_token"},
			request: func(s *stage) proto.Message {
				return k.message("List", map[string]any{"parent": s.names["nominal"], "page_token": "%%%"})
			},
		},
		{name: "cancel a " + what, method: cancel, who: "spoc-33", prepare: givenPart(k), request: cancelIt, writes: true, check: wantVersion(2)},
		denied("cancel a "+what+" by an investigator", cancel, "investigator-33", "NOT_ALLOWED", cancelIt),
		denied("cancel a "+what+" of another force", cancel, "system-43", "OTHER_FORCE", cancelIt),
		missing("cancel a "+what+" that does not exist", cancel, "spoc-33", k.cancel, k.collection),
		{name: "cancel a silent nominal's " + what, method: cancel, who: "spoc-33", prepare: hidden, request: cancelIt, code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "erase a " + what, method: erase, who: "dpo-33", prepare: givenPart(k), request: eraseIt, writes: true},
		denied("erase a "+what+" by a supervisor", erase, "supervisor-33", "NOT_ALLOWED", eraseIt),
		denied("erase a "+what+" of another force", erase, "dpo-43", "OTHER_FORCE", eraseIt),
		missing("erase a "+what+" that does not exist", erase, "dpo-33", k.erase, k.collection),
		{
			name: "read an erased " + what, method: get, who: "spoc-33", prepare: then(givenPart(k), erasePart(k)), request: getIt,
			code: codes.NotFound, reason: "NOT_FOUND",
		},
	}
}
