package standards

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/service"
)

func purposeName(p registerv1.LogPurpose) string {
	return strings.TrimPrefix(p.String(), "LOG_PURPOSE_")
}

// unseal opens the sealed part of an entry for the caller. What a search showed of a
// record that is erased has gone with its key; of one that is SILENT to the caller
// nothing is shown, and its owner's PSD can see that it was met.
func (s *Standards) unseal(ctx context.Context, c *call.Call, body postgres.StoredBody) (*registerv1.UnsealedEntry, error) {
	entry, err := logEntry(body.Entry)
	if err != nil {
		return nil, err
	}
	out := &registerv1.UnsealedEntry{Entry: entry}
	if !body.SearchID.Valid {
		var given storev1.StoredReason
		if err := service.OpenBody(s.Keys, body, &given); err != nil {
			return nil, err
		}
		out.Content = &registerv1.UnsealedEntry_Reason{Reason: &registerv1.GivenReason{
			Code: given.GetCode(), Explanation: given.GetExplanation(), Reference: given.GetReference(), Subject: given.GetSubject(),
		}}
		return out, nil
	}
	var stored storev1.StoredSearch
	if err := service.OpenBody(s.Keys, body, &stored); err != nil {
		return nil, err
	}
	if err := s.View.Pull(ctx); err != nil {
		return nil, err
	}
	answer := stored.GetSearch()
	owners, keys, err := s.Behind(ctx, &stored)
	if err != nil {
		return nil, err
	}
	for i, b := range stored.GetBases() {
		hidden := false
		for _, ref := range b.GetNominals() {
			id := uuid.UUID(ref.GetId())
			switch {
			case owners[id] == "":
			case s.Hides(c, identity.ID(id)):
				hidden = true
				c.ShowSilent(id, owners[id])
			default:
				c.Show(id, owners[id])
			}
		}
		if hidden {
			continue
		}
		if _, err := service.Unfreeze(b, answer.GetCandidates()[i], keys); err != nil {
			return nil, err
		}
	}
	out.Content = &registerv1.UnsealedEntry_Search{Search: answer}
	return out, nil
}

// OpenCaseAccess implements the RPC.
func (s *Standards) OpenCaseAccess(ctx context.Context, req *registerv1.OpenCaseAccessRequest) (*registerv1.CaseAccess, error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	c.Entry.Reason = purposeName(req.GetPurpose())
	s.noteReason(c, c.Actor.Force, &storev1.StoredReason{Code: req.GetPurpose().String(), Explanation: req.GetReason(), Reference: req.GetReference()})
	now := s.Now()
	out := &registerv1.CaseAccess{
		Purpose: req.GetPurpose(), Reference: req.GetReference(), Opener: call.Subject(c.Actor),
		OpenTime: timestamppb.New(now), ExpireTime: timestamppb.New(now.AddDate(0, 0, int(req.GetDays()))),
	}
	id := uuid.Must(uuid.NewV7())
	source := s.Keys.SourceHMAC(force, "standards", id.String(), string(postgres.KindCaseAccess))
	change, err := s.FirstWith(id, postgres.KindCaseAccess, force, source, 1, &storev1.StoredCaseAccess{Access: out, Reason: req.GetReason()})
	if err != nil {
		return nil, err
	}
	out.Name = req.GetParent() + "/caseAccesses/" + id.String()
	return out, s.Commit(ctx, c, change.Record, change)
}

// checkCaseAccess holds the national auditor to an access that is open for the
// force, and PSD to none.
func (s *Standards) checkCaseAccess(ctx context.Context, c *call.Call, force, name string) error {
	invalid := func(what string) error {
		return service.Invalid(service.ReasonInvalidFields, []service.Violation{{Field: "case_access", Description: what}})
	}
	switch {
	case !national(c.Actor) && name != "":
		return invalid("is the national auditor's: leave it out")
	case !national(c.Actor):
		return nil
	case call.ForceCode(name) != force:
		return invalid("is needed: open one for the force first")
	}
	var stored storev1.StoredCaseAccess
	if _, _, err := s.Current(ctx, postgres.KindCaseAccess, name, &stored); err != nil {
		if service.IsNotFound(err) {
			return invalid("does not exist")
		}
		return err
	}
	if !s.Now().Before(stored.GetAccess().GetExpireTime().AsTime()) {
		return service.NewProblem(codes.FailedPrecondition, service.ReasonTooLate, "the case access has ended: open another")
	}
	return nil
}
