package refdata

import (
	"cmp"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Tool is a tool to assess risk.
type Tool struct {
	Item
	// Force is the code of the force whose own it is; empty for a common one.
	Force string
	// Scale is how its questions are answered: "yes_no", "frequency" or "judgement".
	Scale, Version string
	// MediumAt and HighAt are how many answers that speak for risk show that grade,
	// and ReferAt those that refer to MARAC; 0 for no bound.
	MediumAt, HighAt, ReferAt int
}

// Question is one question of a tool.
type Question struct {
	Item
	// Tool is the tool's code, Number its place, from 1.
	Tool   string
	Number int
	// Grave says that a yes shows at least a medium grade, and two a high one.
	Grave bool
}

// Questionnaires are the tools to assess risk that one force uses, with their questions:
// its own, and the common ones for the rest. They are read-only, as a Set is.
type Questionnaires struct {
	tools     table[Tool]
	questions table[Question] // of a force, its own
	common    *Questionnaires // nil for the common ones
}

// Tools lists the tools: the common ones in their order, a force's own in their place, and
// what a force has beside.
func (q *Questionnaires) Tools() []Tool { return q.tools.rows }

// Tool finds a tool by code.
func (q *Questionnaires) Tool(code string) (Tool, bool) { return q.tools.get(code) }

// Questions lists the questions of a tool in their order: a force's own, if it has any of
// that tool, and else the common ones. A tool whose questions are not public has none until
// a force loads its own.
func (q *Questionnaires) Questions(tool string) []Question {
	var out []Question
	for _, x := range q.questions.rows {
		if x.Tool == tool {
			out = append(out, x)
		}
	}
	if len(out) == 0 && q.common != nil {
		return q.common.Questions(tool)
	}
	slices.SortStableFunc(out, func(a, b Question) int { return cmp.Or(a.Number-b.Number, strings.Compare(a.Code, b.Code)) })
	return out
}

// Question finds a question by code; a common one that the force's own have replaced too,
// for older assessments hold it.
func (q *Questionnaires) Question(code string) (Question, bool) {
	x, ok := q.questions.get(code)
	if !ok && q.common != nil {
		return q.common.Question(code)
	}
	return x, ok
}

// Questionnaires are those of a force by its code, such as "33"; the common ones for a force
// that has none of its own, and for "".
func (s *Set) Questionnaires(force string) *Questionnaires {
	if own, ok := s.conduct.questionnaires[force]; ok {
		return own
	}
	return s.conduct.questionnaires[""]
}

func readTools(l *loader, file, force string) table[Tool] {
	return read(l, file, []string{"scale", "version", "medium_at", "high_at", "refer_at"}, func(r row) (string, Tool) {
		return r.code, Tool{
			Item: r.item(), Force: force, Scale: r.oneOf("scale", "yes_no", "frequency", "judgement"), Version: r.required("version"),
			MediumAt: r.number("medium_at", 0, 200), HighAt: r.number("high_at", 0, 200), ReferAt: r.number("refer_at", 0, 200),
		}
	})
}

func readQuestions(l *loader, file, needs string, tools table[Tool]) table[Question] {
	return read(l, file, []string{"tool", "number", "grave"}, func(r row) (string, Question) {
		if _, ok := tools.at[r.get("tool")]; !ok {
			r.fault("tool", "must be the code of a tool"+needs)
		}
		return r.code, Question{Item: r.item(), Tool: r.get("tool"), Number: r.number("number", 1, 200), Grave: r.flag("grave")}
	})
}

// ownLists are the lists that a force can have of its own.
var ownLists = []string{"tools", "questions"}

// loadQuestionnaires reads the common questionnaires, and those of each force that has a
// folder of its own in the override, named by its code.
func loadQuestionnaires(l *loader, s *Set) {
	common := &Questionnaires{tools: readTools(l, "tools", "")}
	common.questions = readQuestions(l, "questions", "", common.tools)
	s.conduct.questionnaires = map[string]*Questionnaires{"": common}
	for _, force := range l.folders() {
		if f, ok := s.Force(force); !ok || f.Code != force {
			l.folderFault(force, "must be named by the code of a force")
			continue
		}
		s.conduct.questionnaires[force] = readOwn(l, force, common)
	}
}

// readOwn reads the questionnaires of one force. Its questions are of tools that it has
// itself, so that their version tells which wording was used.
func readOwn(l *loader, force string, common *Questionnaires) *Questionnaires {
	out := &Questionnaires{common: common, tools: table[Tool]{at: map[string]int{}}, questions: table[Question]{at: map[string]int{}}}
	own := table[Tool]{at: map[string]int{}}
	given := l.ownFiles(force)
	if slices.Contains(given, "tools") {
		own = readTools(l, path.Join(force, "tools"), force)
	}
	if slices.Contains(given, "questions") {
		out.questions = readQuestions(l, path.Join(force, "questions"), " of the same folder", own)
	}
	for _, t := range common.tools.rows {
		if mine, ok := own.get(t.Code); ok {
			t = mine
		}
		out.tools.add(t.Code, t)
	}
	for _, t := range own.rows {
		if _, ok := out.tools.at[t.Code]; !ok {
			out.tools.add(t.Code, t)
		}
	}
	return out
}

func (t *table[T]) add(code string, row T) {
	t.at[code] = len(t.rows)
	t.rows = append(t.rows, row)
}

// folders are the folders of the override; those that begin with a dot are not read.
func (l *loader) folders() []string {
	if l.override == nil {
		return nil
	}
	entries, err := fs.ReadDir(l.override, ".")
	if err != nil {
		return nil // it has been told
	}
	var out []string
	for _, e := range entries {
		if info, err := fs.Stat(l.override, e.Name()); err == nil && info.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, e.Name())
		}
	}
	return out
}

// ownFiles are the lists in the folder of a force. One that a force cannot have of its own
// would be overlooked: it is a fault.
func (l *loader) ownFiles(force string) (lists []string) {
	entries, err := fs.ReadDir(l.override, force)
	if err != nil {
		l.folderFault(force, "cannot be read")
		return nil
	}
	for _, e := range entries {
		name, isCSV := strings.CutSuffix(e.Name(), ".csv")
		switch {
		case !isCSV:
		case slices.Contains(ownLists, name):
			lists = append(lists, name)
		default:
			l.fault(path.Join(force, name), "a force can have of its own the lists %s", strings.Join(ownLists, ", "))
		}
	}
	return lists
}
