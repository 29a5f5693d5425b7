package standards

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/service"
	"github.com/perpetrator-register/register/internal/view"
)

// Standards implements register.v1.StandardsService.
type Standards struct {
	registerv1.UnimplementedStandardsServiceServer
	*service.Deps
	// Strengths lists the strengths of authentication of a force's issuers.
	Strengths func(force string) []string
}

// noteReason puts why the caller asks into the entry: the reference as a code, the
// words sealed.
func (s *Standards) noteReason(c *call.Call, force string, r *storev1.StoredReason) {
	r.Method = c.Method.Short
	if r.GetReference() != "" {
		c.Entry.ReferenceHMAC = s.Keys.ReferenceHMAC(force, r.GetReference())
	}
	c.SetBody(r)
}

// ImposeSanction implements the RPC. A sanction of one user has one record: imposed
// again after it was lifted, it takes its next version, and while it stands a
// request that was sent twice changes nothing.
func (s *Standards) ImposeSanction(ctx context.Context, req *registerv1.ImposeSanctionRequest) (answer *registerv1.Sanction, err error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	if known := s.Strengths(force); req.GetMinStrength() != "" && !slices.Contains(known, req.GetMinStrength()) {
		return nil, service.Invalid(service.ReasonInvalidFields, []service.Violation{{Field: "min_strength", Description: "is not a strength that the force's sign-in knows: " + strings.Join(known, ", ")}})
	}
	s.noteReason(c, force, &storev1.StoredReason{
		Code: req.GetKind().String(), Explanation: req.GetReason(), Reference: req.GetReference(), Subject: req.GetSubject(),
	})
	key := strings.Join([]string{req.GetKind().String(), req.GetSubject(), req.GetCollarNumber(), req.GetMinStrength()}, "|")
	if req.GetFresh() {
		key += "|fresh"
	}
	hmacs := s.Keys.SourceHMACs(force, "standards", key, string(postgres.KindSanction))
	err = service.Retry(ctx, func() error {
		check, err := reviewerOf(s.Deps, c).check(ctx, user{force: force, subject: req.GetSubject(), collar: req.GetCollarNumber()})
		if err != nil {
			return err
		}
		answer = &registerv1.Sanction{
			Kind: req.GetKind(), Subject: req.GetSubject(), CollarNumber: req.GetCollarNumber(),
			MinStrength: req.GetMinStrength(), Fresh: req.GetFresh(), Reason: req.GetReason(), Reference: req.GetReference(),
			Imposer: call.Subject(c.Actor), ImposeTime: s.Timestamp(), ImposerCheck: check,
		}
		cur, found, err := s.BySource(ctx, hmacs)
		if err != nil {
			return err
		}
		if found {
			var stored storev1.StoredSanction
			if _, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
				return err
			}
			if stored.GetSanction().GetLiftTime() == nil {
				answer = named(stored.GetSanction(), cur.Record)
				return s.Commit(ctx, c, cur.Record)
			}
		}
		change, err := s.NextOrFirst(cur, found, postgres.KindSanction, force, hmacs[0], &storev1.StoredSanction{Sanction: answer})
		if err != nil {
			return err
		}
		answer = named(answer, change.Record)
		return s.Commit(ctx, c, change.Record, change)
	})
	return answer, err
}

// named is a sanction with its resource name, which is not kept.
func named(o *registerv1.Sanction, r postgres.Record) *registerv1.Sanction {
	out, ok := proto.Clone(o).(*registerv1.Sanction)
	if !ok {
		out = &registerv1.Sanction{}
	}
	out.Name = service.ResourceName(r.Kind, r.Force, r.ID)
	return out
}

// LiftSanction implements the RPC.
func (s *Standards) LiftSanction(ctx context.Context, req *registerv1.LiftSanctionRequest) (answer *registerv1.Sanction, err error) {
	c := call.From(ctx)
	s.noteReason(c, c.Actor.Force, &storev1.StoredReason{Explanation: req.GetReason()})
	err = service.Retry(ctx, func() error {
		var stored storev1.StoredSanction
		cur, key, err := s.Current(ctx, postgres.KindSanction, req.GetName(), &stored)
		if err != nil {
			return err
		}
		o := stored.GetSanction()
		check, err := reviewerOf(s.Deps, c).check(ctx, user{force: cur.Record.Force, subject: o.GetSubject(), collar: o.GetCollarNumber()})
		if err != nil {
			return err
		}
		if o.GetLiftTime() != nil {
			answer = named(o, cur.Record)
			return s.Commit(ctx, c, cur.Record)
		}
		if req.GetReason() == "" && o.GetImposer() == call.Subject(c.Actor) {
			return service.Invalid(service.ReasonInvalidFields, []service.Violation{{Field: "reason", Description: "is needed from whoever imposed the sanction"}})
		}
		o.Lifter, o.LiftTime, o.LiftReason, o.LifterCheck = call.Subject(c.Actor), s.Timestamp(), req.GetReason(), check
		change, err := s.Next(cur, key, cur.Version.Revision+1, &stored)
		if err != nil {
			return err
		}
		answer = named(o, cur.Record)
		return s.Commit(ctx, c, cur.Record, change)
	})
	return answer, err
}

// ListSanctions implements the RPC.
func (s *Standards) ListSanctions(ctx context.Context, req *registerv1.ListSanctionsRequest) (*registerv1.ListSanctionsResponse, error) {
	c := call.From(ctx)
	out := &registerv1.ListSanctionsResponse{}
	wanted := func(m *storev1.StoredSanction) (bool, error) {
		return !req.GetStanding() || m.GetSanction().GetLiftTime() == nil, nil
	}
	var err error
	out.NextPageToken, err = service.ListRecords(ctx, s.Deps, service.PageOf(postgres.KindSanction, req), wanted, func(cur postgres.Current, m *storev1.StoredSanction) {
		c.Show(cur.Record.ID, cur.Record.Force)
		out.Sanctions = append(out.Sanctions, named(m.GetSanction(), cur.Record))
	})
	return out, err
}
