package refdata

import (
	"strings"
	"testing"
	"testing/fstest"
)

const (
	toolHeader     = "code,scale,version,medium_at,high_at,refer_at,title,purpose\n"
	questionHeader = "code,tool,number,grave,title,purpose\n"
)

func titles(questions []Question) string {
	var out []string
	for _, q := range questions {
		out = append(out, q.Title)
	}
	return strings.Join(out, " ")
}

// Two forces of one register have their own wording of one tool and tools of their own, and
// a third has what is common.
func TestQuestionnairesOfForces(t *testing.T) {
	common := Default().Questionnaires("")
	s, err := Load(fstest.MapFS{
		"33/tools.csv": {Data: []byte(toolHeader + "S_DASH,yes_no,33-2,2,3,0,S-DASH of ours,p\nDOORSTEP,judgement,33-1,1,0,0,At the door,p\n")},
		"33/questions.csv": {Data: []byte(questionHeader + "S_DASH.BEFORE,S_DASH,2,true,Has he done this before?,p\nS_DASH.FRIGHTENED,S_DASH,1,false,How frightened?,p\n" +
			"DOORSTEP.ALONE,DOORSTEP,1,false,Is she alone?,p\n")},
		"10/tools.csv":     {Data: []byte(toolHeader + "S_DASH,yes_no,N7,3,7,0,S-DASH North,p\nDASH,yes_no,N1,1,2,0,DASH North,p\n")},
		"10/questions.csv": {Data: []byte(questionHeader + "N.AFRAID,S_DASH,1,false,Afraid?,p\n")},
		"10/README.md":     {Data: []byte("ours")},
		"..data/x.csv":     {Data: []byte("a mounted volume has such a folder")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for force, want := range map[string]string{"33": "How frightened? Has he done this before?", "10": "Afraid?", "43": titles(common.Questions("S_DASH")), "": titles(common.Questions("S_DASH"))} {
		if got := titles(s.Questionnaires(force).Questions("S_DASH")); got != want {
			t.Errorf("force %q asks %q, want %q", force, got, want)
		}
	}
	of33, of10 := s.Questionnaires("33"), s.Questionnaires("10")
	if tool, ok := of33.Tool("S_DASH"); !ok || tool.Force != "33" || tool.Version != "33-2" || tool.HighAt != 3 {
		t.Errorf("of 33: %+v", tool)
	}
	if tool, ok := of33.Tool("DASH"); !ok || tool.Force != "" || tool.Version == "N1" || len(of33.Questions("DASH")) != len(common.Questions("DASH")) {
		t.Errorf("what 33 has not is not the common: %+v", tool)
	}
	if tool, ok := of10.Tool("DASH"); !ok || tool.Force != "10" || len(of10.Questions("DASH")) != len(common.Questions("DASH")) {
		t.Errorf("10 has bounds of its own and the common questions: %+v", tool)
	}
	if _, ok := of10.Tool("DOORSTEP"); ok {
		t.Error("10 has the tool of 33")
	}
	if n := len(of33.Tools()); n != len(common.Tools())+1 || of33.Tools()[0].Title != "S-DASH of ours" || of33.Tools()[n-1].Code != "DOORSTEP" {
		t.Errorf("the tools of 33: %+v", of33.Tools())
	}
	if q, ok := of10.Question("S_DASH.FRIGHTENED"); !ok || q.Title == "How frightened?" {
		t.Errorf("a replaced question is not to be found for older assessments: %+v", q)
	}
	if q, ok := common.Question("DOORSTEP.ALONE"); ok {
		t.Errorf("a force's own question is common: %+v", q)
	}
}

func TestFaultyFoldersOfForces(t *testing.T) {
	_, err := Load(fstest.MapFS{
		"leicestershire/tools.csv": {Data: []byte(toolHeader + "A,yes_no,1,0,0,0,T,p\n")},
		"70/tools.csv":             {Data: []byte(toolHeader + "A,yes_no,1,0,0,0,T,p\n")}, // an alias
		"33/reasons.csv":           {Data: []byte("code\nA\n")},
		"33/questions.csv":         {Data: []byte(questionHeader + "A,S_DASH,1,false,T,p\n")},
		"10/tools.csv":             {Data: []byte(toolHeader + "A,perhaps,1,0,0,0,T,p\n")},
	})
	if err == nil {
		t.Fatal("faulty folders loaded")
	}
	for _, want := range []string{
		"folder leicestershire: must be named by the code of a force",
		"folder 70: must be named by the code of a force",
		"33/reasons.csv: a force can have of its own the lists tools, questions",
		"33/questions.csv: line 2: tool must be the code of a tool of the same folder",
		"10/tools.csv: line 2: scale must be one of",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s\nin: %v", want, err)
		}
	}
}
