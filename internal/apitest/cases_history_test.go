package apitest

import (
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	getHistory = "HistoryService.GetHistory"
	createPack = "HistoryService.CreateEvidencePack"
	listRanked = "HistoryService.ListRanked"
)

// twoHistories registers one person in forces 33 and 10, with conduct of every
// kind in both.
func twoHistories(s *stage) {
	s.Helper()
	twoCourses(s)
	add := func(force, nominal, course string) string {
		who, ref := "system-"+force, "-"+force+s.tag
		m := s.must(who, registerMeasure, measure(force, nominal, "M"+ref, 1)).(*pb.RegisterMeasureResponse).GetName()
		s.must(who, registerBreach, breach(force, nominal, m, "B"+ref, 1))
		s.must(who, registerAssessment, assessment(force, nominal, course, "A"+ref, 1))
		s.must(who, registerPlan, plan(force, nominal, course, "P"+ref, 1))
		return m
	}
	s.names["measure"] = add("33", s.names["nominal"], s.names["course"])
	s.names["their measure"] = add("10", s.names["theirs"], s.names["their course"])
}

// wantHistory looks at the history of twoHistories as force 33 sees it.
func wantHistory(s *stage, h *pb.History) {
	s.Helper()
	if len(h.GetMeasures()) != 2 || len(h.GetBreaches()) != 2 || len(h.GetAssessments()) != 2 || len(h.GetPlans()) != 2 {
		s.Errorf("history %v", h)
		return
	}
	for _, m := range h.GetMeasures() {
		own := strings.HasPrefix(m.GetName(), "forces/33/")
		z := m.GetConditions()[1]
		if own != (z.GetZone().GetArea() == "LE2") || own == z.GetZone().GetWithheld() || own != (z.GetText() != "") || m.GetConditions()[0].GetText() == "" {
			s.Errorf("own %v, conditions %v", own, m.GetConditions())
		}
	}
	for _, p := range h.GetPlans() {
		own := strings.HasPrefix(p.GetName(), "forces/33/")
		if a := p.GetActions()[0]; own != (a.GetOwner() != "") || own != (a.GetCode() != "") || own != (a.GetOutcome() != "") || a.GetDoneTime() == nil {
			s.Errorf("own %v, actions %v", own, p.GetActions())
		}
	}
	card := h.GetCard()
	if len(card.GetMeasures()) != 2 || card.GetMeasures()[0].GetBreachAllows() == "" || card.GetMeasures()[0].GetBreaches() != 1 || len(card.GetGuidance()) == 0 {
		s.Errorf("card %v", card)
	}
	if !slices.ContainsFunc(h.GetPrompts(), func(p *pb.Prompt) bool {
		return p.GetCode() == "UNACTIONED_BREACH" && p.GetCritical() && len(p.GetEvidence()) > 0 && p.GetReason() != "" && p.GetSource() != ""
	}) {
		s.Errorf("prompts %v", h.GetPrompts())
	}
	if len(h.GetParts()) != 2 || len(h.GetRanking().GetComponents()) == 0 || h.GetRanking().GetScore() <= 0 {
		s.Errorf("parts %v, ranking %v", h.GetParts(), h.GetRanking())
	}
	kinds := map[pb.TimelineKind]int{}
	for i, e := range h.GetTimeline() {
		kinds[e.GetKind()]++
		if i > 0 && e.GetEventTime().AsTime().After(h.GetTimeline()[i-1].GetEventTime().AsTime()) {
			s.Errorf("event %d is out of order", i)
		}
	}
	for kind, n := range map[pb.TimelineKind]int{
		pb.TimelineKind_TIMELINE_KIND_INCIDENT: 3, pb.TimelineKind_TIMELINE_KIND_MEASURE: 2, pb.TimelineKind_TIMELINE_KIND_BREACH: 2,
		pb.TimelineKind_TIMELINE_KIND_ASSESSMENT: 2, pb.TimelineKind_TIMELINE_KIND_PLAN: 2, pb.TimelineKind_TIMELINE_KIND_REFERRAL: 2,
		pb.TimelineKind_TIMELINE_KIND_STANDING: 3, pb.TimelineKind_TIMELINE_KIND_PLAN_ACTION: 2, pb.TimelineKind_TIMELINE_KIND_ACTION: 2,
	} {
		if kinds[kind] != n {
			s.Errorf("%v: %d events, want %d", kind, kinds[kind], n)
		}
	}
}

func historyCases() []apiCase {
	get := func(s *stage) proto.Message { return &pb.GetHistoryRequest{Name: s.names["nominal"]} }
	getAt := func(index int64) func(*stage) proto.Message {
		return func(s *stage) proto.Message {
			return &pb.GetHistoryRequest{Name: s.names["nominal"], AsOfIndex: index}
		}
	}
	whole := func(s *stage, m proto.Message) {
		s.Helper()
		h := m.(*pb.NominalHistory)
		wantHistory(s, h.GetHistory())
		if len(h.GetNominals()) != 2 || h.GetNominals()[0].GetName() != s.names["nominal"] || len(h.GetCourses()) != 3 ||
			h.GetPattern().GetVictimsMax() != 1 || len(h.GetPattern().GetForces()) != 2 || !h.GetUnconfirmed() && len(h.GetNotices()) > 0 {
			s.Errorf("%v", h)
		}
	}
	alone := func(courses int) func(*stage, proto.Message) {
		return func(s *stage, m proto.Message) {
			h := m.(*pb.NominalHistory)
			if len(h.GetNominals()) != 1 || len(h.GetCourses()) != courses || len(h.GetHistory().GetParts()) > 1 {
				s.Errorf("%v", h)
			}
		}
	}
	theirs := func(s *stage) proto.Message { return &pb.GetHistoryRequest{Name: s.names["theirs"]} }
	return []apiCase{
		{name: "the history of an own nominal", method: getHistory, who: "investigator-33", prepare: twoHistories, request: get, check: whole},
		{
			name: "the history when the other force's nominal is restricted", method: getHistory, who: "investigator-10", request: theirs,
			prepare: then(twoHistories, func(s *stage) { s.restrict(s.names["nominal"], pb.Restriction_RESTRICTION_CONTACT) }),
			check: func(s *stage, m proto.Message) {
				alone(1)(s, m)
				if n := m.(*pb.NominalHistory).GetNotices(); len(n) != 1 || n[0].GetCode() != "ASK_OWNER" {
					s.Errorf("notices %v", n)
				}
			},
		},
		{
			name: "the history when the other force's nominal is silent", method: getHistory, who: "investigator-10", request: theirs,
			prepare: then(twoHistories, (*stage).silence),
			check: func(s *stage, m proto.Message) {
				alone(1)(s, m)
				if n := m.(*pb.NominalHistory).GetNotices(); len(n) != 0 {
					s.Errorf("notices %v", n)
				}
			},
		},
		{
			name: "a breach under another name", method: getHistory, who: "investigator-10", request: theirs,
			prepare: then(theirMeasure(false), func(s *stage) {
				found := s.must("investigator-33", createSearch, search(s.tag+"o")).(*pb.Search)
				r := breach("33", s.names["nominal"], s.names["their measure"], "B-"+s.tag, 1)
				r.Candidate = found.GetCandidates()[0].GetName()
				s.must("investigator-33", registerBreach, r)
			}),
			check: func(s *stage, m proto.Message) {
				h := m.(*pb.NominalHistory).GetHistory()
				if len(h.GetBreaches()) != 1 || !h.GetTimeline()[0].GetUnconfirmed() {
					s.Errorf("%v", h)
				}
			},
		},
		{
			// Before anything of him was registered.
			name: "the history as it was at the first entry", method: getHistory, who: "spoc-33", prepare: twoHistories, request: getAt(1),
			check: func(s *stage, m proto.Message) {
				h := m.(*pb.NominalHistory)
				if len(h.GetNominals()) != 0 || len(h.GetCourses()) != 0 || len(h.GetHistory().GetTimeline()) != 0 || h.GetHistory().GetLastCheck() != nil {
					s.Errorf("%v", h)
				}
			},
		},
		{
			name: "the history at an index that is not there", method: getHistory, who: "spoc-33", prepare: given, request: getAt(1 << 40),
			code: codes.OutOfRange, reason: "NO_SUCH_ENTRY", fields: []string{"as_of_index"},
		},
		{name: "the history of a silent nominal", method: getHistory, who: "spoc-33", prepare: silent, request: get, code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "the history of another force's nominal", method: getHistory, who: "spoc-10", prepare: given, request: get, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "the history by the control room", method: getHistory, who: "control_room-33", prepare: given, request: get, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		missing("the history of nobody", getHistory, "spoc-33", func(n string) proto.Message { return &pb.GetHistoryRequest{Name: n} }, "nominals"),
		{
			name: "the detail of a candidate with its history", method: getCandidate, who: "investigator-33",
			prepare: then(twoHistories, func(s *stage) {
				s.names["candidate"] = s.must("investigator-33", createSearch, search(s.tag)).(*pb.Search).GetCandidates()[0].GetName()
			}),
			except:  []transport{overMTLS}, // another person to the register: the token is bound
			request: func(s *stage) proto.Message { return &pb.GetCandidateRequest{Name: s.names["candidate"]} },
			check: func(s *stage, m proto.Message) {
				d := m.(*pb.CandidateDetail)
				wantHistory(s, d.GetHistory())
				if d.GetHistory().GetLastCheck() != nil || d.GetPattern().GetCourses() != 3 {
					s.Errorf("last check %v, pattern %v", d.GetHistory().GetLastCheck(), d.GetPattern())
				}
			},
		},
	}
}

func packCases() []apiCase {
	pack := func(s *stage) proto.Message {
		return &pb.CreateEvidencePackRequest{
			Name: s.names["nominal"], Recipient: "Legal services", Reference: "SPO/26/17", RecipientKind: pb.PackRecipient_PACK_RECIPIENT_LEGAL_SERVICES,
		}
	}
	return []apiCase{
		{
			name: "who ranks first", method: listRanked, who: "spoc-33", prepare: twoHistories, live: true,
			request: func(*stage) proto.Message { return &pb.ListRankedRequest{Parent: "forces/33", PageSize: 50} },
			check: func(s *stage, m proto.Message) {
				s.Helper()
				all := m.(*pb.ListRankedResponse).GetPersons()
				if len(all) == 0 || !slices.IsSortedFunc(all, func(a, b *pb.RankedPerson) int {
					return int(b.GetRanking().GetScore()*10) - int(a.GetRanking().GetScore()*10)
				}) {
					s.Errorf("%d persons, by no order", len(all))
				}
				for _, one := range all {
					h := s.must("spoc-33", getHistory, &pb.GetHistoryRequest{Name: one.GetNominal()}).(*pb.NominalHistory)
					if len(one.GetRanking().GetComponents()) != 4 || one.GetRanking().GetScore() != h.GetHistory().GetRanking().GetScore() || one.GetDisplayName() == "" {
						s.Errorf("%s ranks with %v, by his history with %v", one.GetNominal(), one.GetRanking(), h.GetHistory().GetRanking())
					}
					break
				}
			},
		},
		{
			name: "who ranks first, but for one who is silent", method: listRanked, who: "spoc-33", prepare: silent, live: true,
			request: func(*stage) proto.Message { return &pb.ListRankedRequest{Parent: "forces/33", PageSize: 50} },
			check: func(s *stage, m proto.Message) {
				s.Helper()
				if slices.ContainsFunc(m.(*pb.ListRankedResponse).GetPersons(), func(p *pb.RankedPerson) bool { return p.GetNominal() == s.names["nominal"] }) {
					s.Error("a silent record is listed")
				}
			},
		},
		{name: "who ranks first in another force", method: listRanked, who: "spoc-10", request: func(*stage) proto.Message { return &pb.ListRankedRequest{Parent: "forces/33"} }, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "who ranks first, for an investigator", method: listRanked, who: "investigator-33", request: func(*stage) proto.Message { return &pb.ListRankedRequest{Parent: "forces/33"} }, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "too many who rank first", method: listRanked, who: "spoc-33", request: func(*stage) proto.Message { return &pb.ListRankedRequest{Parent: "forces/33", PageSize: 51} }, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_size"}},
		{
			name: "an evidence pack", method: createPack, who: "spoc-33", prepare: twoHistories, request: pack, live: true,
			check: func(s *stage, m proto.Message) {
				p := m.(*pb.EvidencePack)
				for _, want := range []string{"OFFICIAL-SENSITIVE", "Legal services", "SPO/26/17", "He wrote again.", "He waited outside", "LE2, 200 m", "S-DASH", "lower level"} {
					if !strings.Contains(p.GetHtml(), want) {
						s.Errorf("the pack does not hold %q", want)
					}
				}
				for _, never := range []string{"<script", "http://", "https://", "Harcastle", strings.TrimPrefix(s.names["their course"], "forces/10/courses/"), strings.TrimPrefix(s.names["their measure"], "forces/10/measures/")} {
					if strings.Contains(p.GetHtml(), never) {
						s.Errorf("the pack holds %q", never)
					}
				}
				if len(p.GetDigest()) != 64 {
					s.Errorf("digest %q", p.GetDigest())
				}
			},
		},
		{name: "an evidence pack by an investigator", method: createPack, who: "investigator-33", prepare: given, request: pack, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "an evidence pack of another force's nominal", method: createPack, who: "spoc-10", prepare: given, request: pack, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "an evidence pack of a silent nominal", method: createPack, who: "spoc-33", prepare: silent, request: pack, code: codes.NotFound, reason: "NOT_FOUND"},
		{
			name: "an evidence pack for nobody", method: createPack, who: "spoc-33", prepare: given, code: codes.InvalidArgument, reason: "INVALID_FIELDS",
			request: func(s *stage) proto.Message { return &pb.CreateEvidencePackRequest{Name: s.names["nominal"]} },
			fields:  []string{"recipient", "reference", "recipient_kind"},
		},
	}
}
