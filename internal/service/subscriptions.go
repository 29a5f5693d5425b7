package service

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// subscriptionDays is how long a subscription stands unless something else is asked.
const subscriptionDays = 90

// CreateSubscription implements the RPC.
func (s *Exchange) CreateSubscription(ctx context.Context, req *registerv1.CreateSubscriptionRequest) (*registerv1.Subscription, error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	if req.GetSearches() && !c.Actor.Roles.Has(access.RoleSPOC) && !c.Actor.Roles.Has(access.RoleSupervisor) {
		return nil, NewProblem(codes.PermissionDenied, ReasonNotAllowed, "single points of contact and supervisors alone may be told of searches")
	}
	nominals, err := s.basis(ctx, c, force, req.GetBasis())
	if err != nil {
		return nil, err
	}
	days := int(req.GetDays())
	if days == 0 {
		days = subscriptionDays
	}
	now := s.Now()
	out := &registerv1.Subscription{
		Basis: req.GetBasis(), Searches: req.GetSearches(), Reason: req.GetReason(),
		CreateTime: timestamppb.New(now), ExpireTime: timestamppb.New(now.AddDate(0, 0, days)),
	}
	stored := &storev1.StoredSubscription{Subscription: out}
	for _, id := range nominals {
		stored.Nominals = append(stored.Nominals, id[:])
	}
	id := uuid.Must(uuid.NewV7())
	change, err := s.FirstWith(id, postgres.KindSubscription, force, s.Keys.SourceHMAC(force, systemSubscription, id.String(), systemSubscription), 1, stored)
	if err != nil {
		return nil, err
	}
	c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Explanation: req.GetReason(), Reference: req.GetBasis()})
	if err := s.Commit(ctx, c, change.Record, change); err != nil {
		return nil, err
	}
	out.Name = ResourceName(postgres.KindSubscription, force, id)
	return out, nil
}

// ListSubscriptions implements the RPC.
func (s *Exchange) ListSubscriptions(ctx context.Context, req *registerv1.ListSubscriptionsRequest) (*registerv1.ListSubscriptionsResponse, error) {
	c := call.From(ctx)
	now := s.Now()
	resp := &registerv1.ListSubscriptionsResponse{}
	var err error
	resp.NextPageToken, err = listPapers(ctx, s.Deps, c, postgres.KindSubscription, req, func(p *view.Paper) bool { return p.Stands(now) },
		func(cur postgres.Current, m *storev1.StoredSubscription) error {
			m.Subscription.Name = ResourceName(postgres.KindSubscription, cur.Record.Force, cur.Record.ID)
			resp.Subscriptions = append(resp.Subscriptions, m.GetSubscription())
			return nil
		})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// DeleteSubscription implements the RPC.
func (s *Exchange) DeleteSubscription(ctx context.Context, req *registerv1.DeleteSubscriptionRequest) (*registerv1.DeleteSubscriptionResponse, error) {
	c := call.From(ctx)
	err := Retry(ctx, func() error {
		var stored storev1.StoredSubscription
		cur, _, err := s.Current(ctx, postgres.KindSubscription, req.GetName(), &stored)
		if IsNotFound(err) {
			return nil // it has ended
		}
		if err != nil {
			return err
		}
		return s.Commit(ctx, c, cur.Record, erase(cur))
	})
	if err != nil {
		return nil, err
	}
	return &registerv1.DeleteSubscriptionResponse{}, nil
}

// subscribed tells the forces that have asked to be told of one of the nominals,
// but for those that know already.
func (b *batch) subscribed(kind registerv1.AlertKind, by string, nominals []identity.ID, subject postgres.Record, key, message string, knows func(force string) bool) error {
	told := map[string]bool{}
	for _, p := range b.d.View.Subscriptions(b.now, nominals...) {
		force := p.Forces[0]
		if force == by || told[force] || knows(force) || kind == registerv1.AlertKind_ALERT_KIND_SUBSCRIBED_SEARCHED && !p.Searches {
			continue
		}
		told[force] = true
		err := b.alert(force, conductAlert{
			kind: kind, key: fmt.Sprintf("%s/%s/%d", uuid.UUID(p.ID), key, kind), subject: subject, other: by, about: p.Nominals,
			related: postgres.Record{ID: uuid.UUID(p.ID), Kind: postgres.KindSubscription, Force: force}, message: message,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// searched tells the forces that have asked to be told when another one searches for a
// person; message says what it did, after its name.
func (b *batch) searched(by string, search uuid.UUID, nominals []identity.ID, message string) error {
	return b.subscribed(registerv1.AlertKind_ALERT_KIND_SUBSCRIBED_SEARCHED, by, nominals, postgres.Record{}, search.String(),
		b.d.forceTitle(by)+" "+message, func(string) bool { return false })
}
