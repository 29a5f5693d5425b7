package service

import (
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
)

// worded notes in an assessment of a force which questionnaire it was made with, its own or
// the common one, and each question as it reads there, so that what was asked stays to be
// read when the lists change. old is the version before, nil for the first: what was noted
// then stands, as long as tool and version are the same.
func (d *Deps) worded(force string, a, old *registerv1.Assessment) {
	same := old != nil && old.GetTool() == a.GetTool() && (a.GetToolVersion() == "" || a.GetToolVersion() == old.GetToolVersion())
	kept := map[string]string{}
	if same {
		a.ToolVersion, force = old.GetToolVersion(), call.ForceCode(old.GetWordingForce())
		for _, answer := range old.GetAnswers() {
			kept[answer.GetQuestion()] = answer.GetWording()
		}
	}
	asked := d.Ref.Questionnaires(force)
	tool, known := asked.Tool(a.GetTool())
	common := d.Ref.Questionnaires("")
	if shared, ok := common.Tool(a.GetTool()); ok && a.GetToolVersion() == shared.Version && a.GetToolVersion() != tool.Version {
		asked, tool = common, shared // the force says that it used the common one
	}
	a.WordingForce = ""
	switch {
	case same:
		a.WordingForce = old.GetWordingForce()
	case tool.Force != "":
		a.WordingForce = "forces/" + tool.Force
	}
	if known && !same && a.GetToolVersion() == "" {
		a.ToolVersion = tool.Version
	}
	for _, answer := range a.GetAnswers() {
		wording, had := kept[answer.GetQuestion()]
		if q, ok := asked.Question(answer.GetQuestion()); ok && !had && q.Tool == a.GetTool() && a.GetToolVersion() == tool.Version {
			wording = q.Title
		}
		answer.Wording = wording
	}
}
