package service

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/refdata"
)

// lists are reference data in which force 33 has its own wording of one question.
func lists(t *testing.T, version, title string) *refdata.Set {
	t.Helper()
	s, err := refdata.Load(fstest.MapFS{
		"33/tools.csv":     {Data: []byte("code,scale,version,medium_at,high_at,refer_at,title,purpose\nS_DASH,yes_no," + version + ",1,2,0,Ours,p\n")},
		"33/questions.csv": {Data: []byte("code,tool,number,grave,title,purpose\nS_DASH.FRIGHTENED,S_DASH,1,false," + title + ",p\nS_DASH.NEW,S_DASH,2,false,Anything new?,p\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func assessed(tool, version string, questions ...string) *registerv1.Assessment {
	a := &registerv1.Assessment{Tool: tool, ToolVersion: version, WordingForce: "forces/99"}
	for _, q := range questions {
		a.Answers = append(a.Answers, &registerv1.AssessmentAnswer{Question: q, Answer: "YES", Wording: "what the caller says is ignored"})
	}
	return a
}

// An assessment notes which questionnaire it was made with and how each question read there;
// what was noted stands when the lists change.
func TestAnAssessmentKeepsItsWording(t *testing.T) {
	t.Parallel()
	common, _ := refdata.Default().Questionnaires("").Tool("S_DASH")
	first, later := &Deps{Ref: lists(t, "L1", "How frightened?")}, &Deps{Ref: lists(t, "L2", "How afraid?")}
	const common1, own1 = "Is she very frightened?", "How frightened?"
	old := assessed("S_DASH", "", "S_DASH.FRIGHTENED")
	first.worded("33", old, nil)
	for name, c := range map[string]struct {
		d           *Deps
		force       string
		a, old      *registerv1.Assessment
		version, of string
		wording     []string
	}{
		"own":                           {d: first, force: "33", a: assessed("S_DASH", "", "S_DASH.FRIGHTENED", "S_DASH.NEW"), version: "L1", of: "forces/33", wording: []string{own1, "Anything new?"}},
		"another force's":               {d: first, force: "10", a: assessed("S_DASH", "", "S_DASH.FRIGHTENED", "S_DASH.NEW"), version: common.Version, wording: []string{common1, ""}},
		"a tool that is common":         {d: first, force: "33", a: assessed("DASH", "", "DASH.FRIGHTENED"), version: common.Version, wording: []string{common1}},
		"the common one by its version": {d: first, force: "33", a: assessed("S_DASH", common.Version, "S_DASH.FRIGHTENED"), version: common.Version, wording: []string{common1}},
		"a version that is not loaded":  {d: later, force: "33", a: assessed("S_DASH", "L1", "S_DASH.FRIGHTENED"), version: "L1", of: "forces/33", wording: []string{""}},
		"an unknown tool":               {d: first, force: "33", a: assessed("LOCAL", "", "LOCAL.1"), wording: []string{""}},
		"a question of another tool":    {d: first, force: "33", a: assessed("S_DASH", "", "DASH.FRIGHTENED"), version: "L1", of: "forces/33", wording: []string{""}},
		"sent again after a change":     {d: later, force: "33", a: assessed("S_DASH", "", "S_DASH.FRIGHTENED", "S_DASH.NEW"), old: old, version: "L1", of: "forces/33", wording: []string{own1, ""}},
		"made anew after a change":      {d: later, force: "33", a: assessed("S_DASH", "L2", "S_DASH.FRIGHTENED"), old: old, version: "L2", of: "forces/33", wording: []string{"How afraid?"}},
		"of a time before wordings were kept": {d: first, force: "33", a: assessed("S_DASH", "", "S_DASH.FRIGHTENED"),
			old:     &registerv1.Assessment{Tool: "S_DASH", ToolVersion: common.Version, Answers: []*registerv1.AssessmentAnswer{{Question: "S_DASH.FRIGHTENED", Answer: "NO"}}},
			version: common.Version, wording: []string{""}},
	} {
		c.d.worded(c.force, c.a, c.old)
		if c.a.GetToolVersion() != c.version || c.a.GetWordingForce() != c.of {
			t.Errorf("%s: version %q of %q, want %q of %q", name, c.a.GetToolVersion(), c.a.GetWordingForce(), c.version, c.of)
		}
		for i, answer := range c.a.GetAnswers() {
			if answer.GetWording() != c.wording[i] {
				t.Errorf("%s: question %d reads %q, want %q", name, i, answer.GetWording(), c.wording[i])
			}
		}
	}
	again := assessed("S_DASH", "", "S_DASH.FRIGHTENED")
	later.worded("33", again, old)
	if diff := cmp.Diff(old, again, protocmp.Transform()); diff != "" {
		t.Errorf("sent again it is another: %s", diff)
	}
}
