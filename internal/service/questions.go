package service

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// AskOwner implements the RPC.
func (s *Exchange) AskOwner(ctx context.Context, req *registerv1.AskOwnerRequest) (answer *registerv1.Question, err error) {
	c := call.From(ctx)
	force, asked := call.ForceCode(req.GetParent()), call.ForceCode(req.GetAskedForce())
	if force == asked {
		return nil, Invalid(ReasonInvalidFields, []Violation{{"asked_force", "is your own force: ask another"}})
	}
	err = Retry(ctx, func() error {
		c.Requires = nil
		all, err := s.basis(ctx, c, force, req.GetBasis())
		if err != nil {
			return err
		}
		stored := &storev1.StoredQuestion{Question: &registerv1.Question{
			AskingForce: req.GetParent(), AskedForce: req.GetAskedForce(), Text: req.GetText(), Reference: req.GetReference(),
			Officer: c.Actor.Collar, AskTime: s.Timestamp(),
		}}
		var theirs []identity.ID
		for _, id := range all {
			if n, ok := s.View.Nominal(id); ok && n.Force == asked && !n.Silent() {
				theirs = append(theirs, id)
				stored.Nominals = append(stored.Nominals, id[:])
			}
		}
		if len(theirs) == 0 {
			return Invalid(ReasonInvalidFields, []Violation{{"asked_force", "owns nothing of what you have been shown: ask a force that is named in it"}})
		}
		id := uuid.Must(uuid.NewV7())
		change, err := s.FirstWith(id, postgres.KindQuestion, force, s.Keys.SourceHMAC(force, systemQuestion, id.String(), systemQuestion), 1, stored)
		if err != nil {
			return err
		}
		if err := s.require(c, theirs...); err != nil {
			return err
		}
		b := newBatch(s.Deps)
		kind := registerv1.AlertKind_ALERT_KIND_QUESTION_ASKED
		if err := b.alert(asked, conductAlert{
			kind: kind, key: fmt.Sprintf("%s/%d", id, kind), subject: inNameOf(change.Record, asked), nominals: theirs, other: force,
			message: s.forceTitle(force) + " asks about a record of your force.",
		}); err != nil {
			return err
		}
		c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Explanation: req.GetText(), Reference: req.GetBasis()})
		if err := s.Commit(ctx, c, change.Record, append(b.changes, change)...); err != nil {
			return err
		}
		answer = s.shownQuestion(change.Record, force, stored)
		return nil
	})
	return answer, err
}

// inNameOf is a record in the name of a force that may read it.
func inNameOf(r postgres.Record, force string) postgres.Record {
	r.Force = force
	return r
}

// shownQuestion is a question as a force reads it.
func (s *Exchange) shownQuestion(r postgres.Record, force string, stored *storev1.StoredQuestion) *registerv1.Question {
	out := stored.GetQuestion()
	out.Name = recordName(inNameOf(r, force))
	asked := call.ForceCode(out.GetAskedForce())
	out.Nominals = nil
	for _, id := range stored.GetNominals() {
		out.Nominals = append(out.Nominals, ResourceName(postgres.KindNominal, asked, uuid.UUID(id)))
	}
	return out
}

// openQuestion reads a question in the name of a force that may read it.
func (s *Exchange) openQuestion(ctx context.Context, c *call.Call, name string) (postgres.Current, seal.DataKey, *storev1.StoredQuestion, error) {
	p, err := s.paper(ctx, c, postgres.KindQuestion, name)
	if err != nil {
		return postgres.Current{}, seal.DataKey{}, nil, err
	}
	stored := &storev1.StoredQuestion{}
	cur, key, err := s.OpenRecord(ctx, postgres.KindQuestion, uuid.UUID(p.ID), stored)
	return cur, key, stored, err
}

// AnswerQuestion implements the RPC.
func (s *Exchange) AnswerQuestion(ctx context.Context, req *registerv1.AnswerQuestionRequest) (answer *registerv1.Question, err error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetName())
	err = Retry(ctx, func() error {
		cur, key, stored, err := s.openQuestion(ctx, c, req.GetName())
		if err != nil {
			return err
		}
		q := stored.GetQuestion()
		switch {
		case call.ForceCode(q.GetAskedForce()) != force:
			return NotFound("question")
		case q.GetAnswerTime() != nil:
			return errAnswered()
		}
		q.Answer, q.AnswerTime = req.GetText(), s.Timestamp()
		change, err := s.Next(cur, key, cur.Version.Revision+1, stored)
		if err != nil {
			return err
		}
		asking := cur.Record.Force
		b := newBatch(s.Deps)
		kind := registerv1.AlertKind_ALERT_KIND_QUESTION_ANSWERED
		a := conductAlert{
			kind: kind, key: fmt.Sprintf("%s/%d", cur.Record.ID, kind), subject: cur.Record, other: force,
			message: s.forceTitle(force) + " has answered a question of your force.",
		}
		for _, id := range stored.GetNominals() {
			a.about = append(a.about, identity.ID(id))
		}
		if err := b.alert(asking, a); err != nil {
			return err
		}
		c.Entry.Recipients = []string{"forces/" + asking}
		c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Explanation: req.GetText(), Reference: req.GetName()})
		if err := s.Commit(ctx, c, cur.Record, append(b.changes, change)...); err != nil {
			return err
		}
		answer = s.shownQuestion(cur.Record, force, stored)
		return nil
	})
	return answer, err
}

// GetQuestion implements the RPC.
func (s *Exchange) GetQuestion(ctx context.Context, req *registerv1.GetQuestionRequest) (*registerv1.Question, error) {
	c := call.From(ctx)
	cur, _, stored, err := s.openQuestion(ctx, c, req.GetName())
	if err != nil {
		return nil, err
	}
	c.Show(cur.Record.ID, cur.Record.Force)
	return s.shownQuestion(cur.Record, call.ForceCode(req.GetName()), stored), nil
}

// answering are the roles that see all questions of their force: those that answer
// them, and the systems that hand them on.
const answering = access.RoleSPOC | access.RoleSupervisor | access.RoleSystem

// ListQuestions implements the RPC.
func (s *Exchange) ListQuestions(ctx context.Context, req *registerv1.ListQuestionsRequest) (*registerv1.ListQuestionsResponse, error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	mine := req.GetMine() || c.Actor.Roles&answering == 0
	resp := &registerv1.ListQuestionsResponse{}
	var err error
	resp.NextPageToken, err = listPapers(ctx, s.Deps, c, postgres.KindQuestion, req, func(p *view.Paper) bool {
		return (!req.GetOpen() || !p.Answered) && (!mine || p.Forces[0] == force && p.Officer != "" && p.Officer == c.Actor.Collar)
	}, func(cur postgres.Current, m *storev1.StoredQuestion) error {
		resp.Questions = append(resp.Questions, s.shownQuestion(cur.Record, force, m))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}
