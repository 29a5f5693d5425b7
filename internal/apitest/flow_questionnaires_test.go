package apitest

import (
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/server"
)

// ownQuestions is a folder of lists in which force 33 has its own wording of S-DASH with lower
// bounds, and a tool of its own.
func ownQuestions(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"33/tools.csv": "code,scale,version,medium_at,high_at,refer_at,title,purpose\nS_DASH,yes_no,L1,1,2,0,S-DASH of Leicestershire,p\nDOORSTEP,yes_no,D1,0,0,0,At the door,p\n",
		"33/questions.csv": "code,tool,number,grave,title,purpose\nS_DASH.FRIGHTENED,S_DASH,1,false,How frightened is she?,p\nS_DASH.BEFORE,S_DASH,2,false,Has he done this before?,p\n" +
			"DOORSTEP.ALONE,DOORSTEP,1,false,Is she alone?,p\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Two forces of one register assess with their own questions: each is asked its own, its
// assessment keeps them, and the rule on grades goes by the tool that was used.
func TestQuestionnairesOfTwoForces(t *testing.T) {
	t.Parallel()
	dir := ownQuestions(t)
	s := flow(t, func(c *server.Config) { c.CodesDir = dir })
	listed := func(who, list, code string) string {
		s.Helper()
		for _, c := range s.must(who, listCodes, &pb.ListCodesRequest{Parent: "codeLists/" + list}).(*pb.ListCodesResponse).GetCodes() {
			if c.GetCode() == code {
				return c.GetTitle()
			}
		}
		return ""
	}
	const ours, common = "How frightened is she?", "Is she very frightened?"
	for who, want := range map[string][3]string{
		"investigator-33": {ours, "S-DASH of Leicestershire", "At the door"}, "system-33": {ours, "S-DASH of Leicestershire", "At the door"},
		"investigator-10": {common, "S-DASH", ""}, "auditor": {common, "S-DASH", ""},
	} {
		if got := [3]string{listed(who, "questions", "S_DASH.FRIGHTENED"), listed(who, "tools", "S_DASH"), listed(who, "tools", "DOORSTEP")}; got != want {
			t.Errorf("%s is asked %q, want %q", who, got, want)
		}
	}

	names := map[string]string{}
	for force, want := range map[string]struct{ version, of, asked string }{"33": {"L1", "forces/33", ours}, "10": {"2026-11-1", "", common}} {
		n := s.register(force, "questioned", "N-"+force)
		course := s.must("system-"+force, registerCourse, course(force, n, "C-"+force, 1)).(*pb.RegisterCourseResponse).GetName()
		r := assessment(force, n, course, "A-"+force, 1)
		r.Assessment.Answers[1].Answer = "YES"
		made := s.must("investigator-"+force, registerAssessment, r).(*pb.RegisterAssessmentResponse)
		names[force] = made.GetName()
		if len(made.GetFlags()) != 0 {
			t.Errorf("force %s: flags %v", force, made.GetFlags())
		}
		a := s.must("investigator-"+force, getAssessment, &pb.GetAssessmentRequest{Name: made.GetName()}).(*pb.Assessment)
		if a.GetToolVersion() != want.version || a.GetWordingForce() != want.of || a.GetAnswers()[0].GetWording() != want.asked {
			t.Errorf("force %s: %v", force, a)
		}
		again := s.must("investigator-"+force, registerAssessment, proto.CloneOf(r)).(*pb.RegisterAssessmentResponse)
		if again.GetOutcome() != pb.RegisterOutcome_REGISTER_OUTCOME_UNCHANGED {
			t.Errorf("force %s: sent again: %v", force, again)
		}
		door := assessment(force, n, course, "D-"+force, 1)
		door.Assessment.Tool, door.Assessment.Answers = "DOORSTEP", []*pb.AssessmentAnswer{{Question: "DOORSTEP.ALONE", Answer: "NO"}}
		other := s.must("investigator-"+force, registerAssessment, door).(*pb.RegisterAssessmentResponse)
		if flags := other.GetFlags(); (len(flags) > 0) != (force == "10") {
			t.Errorf("force %s: flags of the tool that 33 alone has: %v", force, flags)
		}
		s.must("investigator-"+force, "AssessmentService.CancelAssessment", &pb.CancelAssessmentRequest{Name: other.GetName(), Reason: pb.CancelReason_CANCEL_REASON_ENTERED_IN_ERROR})
	}

	// Two answers of yes are a high grade to 33 and none to 10; each reads what the other asked.
	h := s.must("investigator-10", getHistory, &pb.GetHistoryRequest{Name: s.must("investigator-10", getAssessment, &pb.GetAssessmentRequest{Name: names["10"]}).(*pb.Assessment).GetNominal()}).(*pb.NominalHistory).GetHistory()
	asked, below := map[string]string{}, map[string]bool{}
	for _, a := range h.GetAssessments() {
		asked[a.GetName()] = a.GetAnswers()[0].GetWording()
	}
	for _, p := range h.GetPrompts() {
		if p.GetCode() == "GRADE_BELOW_INDICATORS" {
			below[p.GetForce()] = true
		}
	}
	if asked[names["33"]] != ours || asked[names["10"]] != common {
		t.Errorf("force 10 reads %v", asked)
	}
	if !below["forces/33"] || below["forces/10"] {
		t.Errorf("the grade is below the indicators for %v", below)
	}
}
