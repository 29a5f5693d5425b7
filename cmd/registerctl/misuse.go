package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type flagsCmd struct {
	List   flagsListCmd   `cmd:"" default:"withargs" help:"List flags of possible misuse, newest first."`
	Report flagsReportCmd `cmd:"" help:"How often each rule was right, by the cases decided."`
}

// misuseCall makes a call of MisuseService, and says under which entry it is
// recorded; show prints the answer.
func misuseCall[M proto.Message](a *app, do func(ctx context.Context, s registerv1.MisuseServiceClient, opts ...grpc.CallOption) (M, error), show func(M)) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var m M
	entry, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		m, err = do(ctx, registerv1.NewMisuseServiceClient(conn), opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(m)
	}
	show(m)
	if entry != "" {
		a.say("Recorded under your name, entry %s.", entry)
	}
	return nil
}

type flagsListCmd struct {
	Rule      string `help:"Only those of this rule, such as ZERO_HITS."`
	Subject   string `help:"Only those about this user."`
	Force     string `help:"Force; else your own." placeholder:"CODE"`
	National  bool   `help:"Those that no force's department may judge, for the national auditor."`
	PageToken string `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// Run lists flags.
func (c *flagsListCmd) Run(a *app) error {
	force, err := a.logForce(c.Force, c.National)
	if err != nil {
		return err
	}
	subject, err := a.wholeSubject(c.Subject)
	if err != nil {
		return err
	}
	req := &registerv1.ListFlagsRequest{Parent: "forces/" + force, Rule: c.Rule, Subject: subject, PageSize: 200, PageToken: c.PageToken}
	return misuseCall(a, func(ctx context.Context, s registerv1.MisuseServiceClient, opts ...grpc.CallOption) (*registerv1.ListFlagsResponse, error) {
		return s.ListFlags(ctx, req, opts...)
	}, func(m *registerv1.ListFlagsResponse) {
		for _, f := range m.GetFlags() {
			a.showFlag(f)
		}
		a.more(m.GetNextPageToken())
	})
}

func (a *app) showFlag(f *registerv1.MisuseFlag) {
	a.say("%s  %s  %s", minute(f.GetCreateTime()), client.Clean(f.GetRule()), client.Clean(f.GetTitle()))
	a.field("user", f.GetSubject())
	a.field("seen", f.GetSeen())
	a.field("weighed", strings.Join(f.GetWeighed(), "; "))
	entries := make([]string, len(f.GetEntries()))
	for i, e := range f.GetEntries() {
		entries[i] = strconv.FormatInt(e, 10)
	}
	a.field("entries", strings.Join(entries, " "))
	a.field("case", f.GetMisuseCase())
}

type flagsReportCmd struct {
	Force    string `help:"Force; else your own." placeholder:"CODE"`
	National bool   `help:"Flags that no force's department may judge, for the national auditor."`
}

// Run shows how the rules did.
func (c *flagsReportCmd) Run(a *app) error {
	force, err := a.logForce(c.Force, c.National)
	if err != nil {
		return err
	}
	return misuseCall(a, func(ctx context.Context, s registerv1.MisuseServiceClient, opts ...grpc.CallOption) (*registerv1.RuleReport, error) {
		return s.GetRuleReport(ctx, &registerv1.GetRuleReportRequest{Parent: "forces/" + force}, opts...)
	}, func(m *registerv1.RuleReport) {
		var rows [][]string
		for _, r := range m.GetRules() {
			precision := ""
			if r.Precision != nil {
				precision = fmt.Sprintf("%.2f", r.GetPrecision())
			}
			rows = append(rows, []string{
				r.GetRule(), r.GetTitle(), strconv.Itoa(int(r.GetFlags())), strconv.Itoa(int(r.GetDecided())),
				strconv.Itoa(int(r.GetUpheld())), strconv.Itoa(int(r.GetJustified())), precision,
			})
		}
		a.table([]string{"RULE", "WHAT IT IS", "FLAGS", "DECIDED", "UPHELD", "JUSTIFIED", "PRECISION"}, rows)
	})
}

type casesCmd struct {
	List   casesListCmd   `cmd:"" default:"withargs" help:"List cases of possible misuse, newest first."`
	Show   casesShowCmd   `cmd:"" help:"Show a case with its flags."`
	Open   casesOpenCmd   `cmd:"" help:"Take a case up: you become its reviewer."`
	Ask    casesAskCmd    `cmd:"" help:"Note that an explanation was asked for."`
	Note   casesNoteCmd   `cmd:"" help:"Add a note."`
	Decide casesDecideCmd `cmd:"" help:"Decide a case."`
}

type casesListCmd struct {
	Undecided bool   `help:"Only those that are not decided."`
	Force     string `help:"Force; else your own." placeholder:"CODE"`
	National  bool   `help:"Those that no force's department may judge, for the national auditor."`
	PageToken string `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// Run lists cases.
func (c *casesListCmd) Run(a *app) error {
	force, err := a.logForce(c.Force, c.National)
	if err != nil {
		return err
	}
	req := &registerv1.ListCasesRequest{Parent: "forces/" + force, Undecided: c.Undecided, PageSize: 200, PageToken: c.PageToken}
	return misuseCall(a, func(ctx context.Context, s registerv1.MisuseServiceClient, opts ...grpc.CallOption) (*registerv1.ListCasesResponse, error) {
		return s.ListCases(ctx, req, opts...)
	}, func(m *registerv1.ListCasesResponse) {
		var rows [][]string
		for _, k := range m.GetMisuseCases() {
			rows = append(rows, []string{
				minute(k.GetUpdateTime()), words("CASE_STATE_", k.GetState()), words("CASE_OUTCOME_", k.GetOutcome()), k.GetSubject(),
				strconv.Itoa(int(k.GetFlagCount())), strings.Join(k.GetRules(), " "), k.GetName(),
			})
		}
		a.table([]string{"LAST", "STATE", "OUTCOME", "USER", "FLAGS", "RULES", "CASE"}, rows)
		a.more(m.GetNextPageToken())
	})
}

type casesShowCmd struct {
	Name string `arg:"" help:"The case, forces/33/misuseCases/…"`
}

// Run shows a case.
func (c *casesShowCmd) Run(a *app) error {
	return a.oneCase(func(ctx context.Context, s registerv1.MisuseServiceClient, opts ...grpc.CallOption) (*registerv1.MisuseCase, error) {
		return s.GetCase(ctx, &registerv1.GetCaseRequest{Name: c.Name}, opts...)
	})
}

type casesOpenCmd struct {
	Name string `arg:"" help:"The case, forces/33/misuseCases/…"`
}

// Run takes a case up.
func (c *casesOpenCmd) Run(a *app) error {
	return a.oneCase(func(ctx context.Context, s registerv1.MisuseServiceClient, opts ...grpc.CallOption) (*registerv1.MisuseCase, error) {
		return s.OpenCase(ctx, &registerv1.OpenCaseRequest{Name: c.Name}, opts...)
	})
}

type casesAskCmd struct {
	Name     string `arg:"" help:"The case, forces/33/misuseCases/…"`
	Question string `arg:"" help:"What was asked, and of whom."`
}

// Run notes that an explanation was asked for.
func (c *casesAskCmd) Run(a *app) error {
	return a.oneCase(func(ctx context.Context, s registerv1.MisuseServiceClient, opts ...grpc.CallOption) (*registerv1.MisuseCase, error) {
		return s.AskExplanation(ctx, &registerv1.AskExplanationRequest{Name: c.Name, Question: c.Question}, opts...)
	})
}

type casesNoteCmd struct {
	Name string `arg:"" help:"The case, forces/33/misuseCases/…"`
	Text string `arg:"" help:"The note."`
}

// Run adds a note.
func (c *casesNoteCmd) Run(a *app) error {
	return a.oneCase(func(ctx context.Context, s registerv1.MisuseServiceClient, opts ...grpc.CallOption) (*registerv1.MisuseCase, error) {
		return s.AddNote(ctx, &registerv1.AddNoteRequest{Name: c.Name, Text: c.Text}, opts...)
	})
}

type casesDecideCmd struct {
	Name      string `arg:"" help:"The case, forces/33/misuseCases/…"`
	Outcome   string `arg:"" help:"justified, not-established, concern, misconduct or criminal."`
	Rationale string `required:"" help:"Why."`
}

// Run decides a case.
func (c *casesDecideCmd) Run(a *app) error {
	outcome, err := chosen(registerv1.CaseOutcome_value, "CASE_OUTCOME_", "OUTCOME", c.Outcome)
	if err != nil {
		return err
	}
	return a.oneCase(func(ctx context.Context, s registerv1.MisuseServiceClient, opts ...grpc.CallOption) (*registerv1.MisuseCase, error) {
		return s.DecideCase(ctx, &registerv1.DecideCaseRequest{Name: c.Name, Outcome: registerv1.CaseOutcome(outcome), Rationale: c.Rationale}, opts...)
	})
}

func (a *app) oneCase(do func(ctx context.Context, s registerv1.MisuseServiceClient, opts ...grpc.CallOption) (*registerv1.MisuseCase, error)) error {
	return misuseCall(a, do, func(k *registerv1.MisuseCase) {
		a.say("%s  %s %s", client.Clean(k.GetName()), strings.ToUpper(words("CASE_STATE_", k.GetState())), words("CASE_OUTCOME_", k.GetOutcome()))
		a.field("user", k.GetSubject())
		a.field("force", forceCode(k.GetForce()))
		a.field("reviewer", k.GetReviewer())
		a.field("you", strings.TrimSpace(checked(k.GetConflictCheck())))
		for _, n := range k.GetNeighbours() {
			a.field("neighbour", n)
		}
		for _, e := range k.GetEvents() {
			a.say("%s  %s by %s", minute(e.GetEventTime()), client.Clean(e.GetAction()), client.Clean(e.GetSubject()))
			a.text("  ", e.GetText())
		}
		for _, f := range k.GetFlags() {
			a.showFlag(f)
		}
	})
}

type factsCmd struct {
	File  string `arg:"" help:"JSON of a PutFactsRequest: cases, rosters and staff; - for standard input."`
	Force string `help:"Force whose facts they are; else your own." placeholder:"CODE"`
}

const maxFacts = 16 << 20

// Run tells the register a batch of facts.
func (c *factsCmd) Run(a *app) error {
	data, err := a.readInput(c.File, maxFacts)
	if err != nil {
		return err
	}
	req := &registerv1.PutFactsRequest{}
	if err := protojson.Unmarshal(data, req); err != nil {
		return fmt.Errorf("the input is not a PutFactsRequest: %s", client.Clean(err.Error()))
	}
	if req.GetParent() == "" {
		force, err := a.force(c.Force)
		if err != nil {
			return err
		}
		req.Parent = "forces/" + force
	}
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var done *registerv1.PutFactsResponse
	entry, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		done, err = registerv1.NewFactServiceClient(conn).PutFacts(ctx, req, opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(done)
	}
	a.say("%d stored, %d unchanged, entry %s", done.GetStored(), done.GetUnchanged(), entry)
	return nil
}
