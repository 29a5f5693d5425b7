package standards

import (
	"context"

	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/service"
)

// Actions in a case.
const (
	actionOpened  = "OPENED"
	actionAsked   = "ASKED"
	actionNote    = "NOTE"
	actionDecided = "DECIDED"
)

// OpenCase implements the RPC.
func (s *Misuse) OpenCase(ctx context.Context, req *registerv1.OpenCaseRequest) (*registerv1.MisuseCase, error) {
	return s.work(ctx, req.GetName(), actionOpened, "", func(m *registerv1.MisuseCase, caller string) {
		m.Reviewer = caller
		if m.GetState() == registerv1.CaseState_CASE_STATE_NEW {
			m.State = registerv1.CaseState_CASE_STATE_OPEN
		}
	})
}

// AskExplanation implements the RPC.
func (s *Misuse) AskExplanation(ctx context.Context, req *registerv1.AskExplanationRequest) (*registerv1.MisuseCase, error) {
	return s.work(ctx, req.GetName(), actionAsked, req.GetQuestion(), func(m *registerv1.MisuseCase, _ string) {
		m.State = registerv1.CaseState_CASE_STATE_AWAITING_EXPLANATION
	})
}

// AddNote implements the RPC.
func (s *Misuse) AddNote(ctx context.Context, req *registerv1.AddNoteRequest) (*registerv1.MisuseCase, error) {
	return s.work(ctx, req.GetName(), actionNote, req.GetText(), func(*registerv1.MisuseCase, string) {})
}

// DecideCase implements the RPC.
func (s *Misuse) DecideCase(ctx context.Context, req *registerv1.DecideCaseRequest) (*registerv1.MisuseCase, error) {
	return s.work(ctx, req.GetName(), actionDecided, req.GetRationale(), func(m *registerv1.MisuseCase, _ string) {
		m.State, m.Outcome = registerv1.CaseState_CASE_STATE_DECIDED, req.GetOutcome()
	})
}

// maxCaseEvents bounds what is done in one case.
const maxCaseEvents = 1000

// work changes a case and notes what was done. All but opening is the reviewer's.
func (s *Misuse) work(ctx context.Context, name, action, text string, change func(m *registerv1.MisuseCase, caller string)) (answer *registerv1.MisuseCase, err error) {
	c := call.From(ctx)
	c.Entry.Reason = reviewPurpose
	caller := call.Subject(c.Actor)
	err = service.Retry(ctx, func() error {
		c.Afresh()
		var stored storev1.StoredMisuseCase
		cur, key, err := s.caseOf(ctx, c, name, &stored)
		if err != nil {
			return err
		}
		m := stored.GetMisuseCase()
		switch {
		case cur.Record.Force != misuse.National && c.Actor.Force == "":
			return service.NewProblem(codes.PermissionDenied, service.ReasonOtherForce, "a force's cases are worked on by its own department")
		case m.GetState() == registerv1.CaseState_CASE_STATE_DECIDED:
			return service.NewProblem(codes.FailedPrecondition, service.ReasonCaseDecided, "the case is decided: later flags begin another")
		case action != actionOpened && m.GetReviewer() != caller:
			return service.NewProblem(codes.FailedPrecondition, service.ReasonNotOpened, "open the case first: its reviewer alone works on it")
		case len(m.GetEvents()) >= maxCaseEvents:
			return service.NewProblem(codes.FailedPrecondition, service.ReasonInvalidFields, "the case holds as much as it may: decide it")
		}
		now := s.Timestamp()
		change(m, caller)
		m.UpdateTime = now
		m.Events = append(m.Events, &registerv1.CaseEvent{EventTime: now, Subject: caller, Action: action, Text: text, ConflictCheck: m.GetConflictCheck()})
		return s.store(ctx, c, cur, key, &stored, &answer)
	})
	return answer, err
}

// store commits the next version of a case, and makes the answer.
func (s *Misuse) store(ctx context.Context, c *call.Call, cur postgres.Current, key seal.DataKey, stored *storev1.StoredMisuseCase, answer **registerv1.MisuseCase) error {
	next, err := s.Next(cur, key, cur.Version.Revision+1, stored)
	if err != nil {
		return err
	}
	cur.Version.N = next.Version.N
	if *answer, err = s.whole(ctx, c, cur, stored); err != nil {
		return err
	}
	return c.Commit(ctx, service.OutcomeName(codes.OK), next)
}
