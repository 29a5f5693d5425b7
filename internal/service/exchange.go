package service

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// Exchange implements register.v1.ExchangeService.
type Exchange struct {
	registerv1.UnimplementedExchangeServiceServer
	*Deps
}

// Source systems of what forces ask.
const (
	systemSubscription = "subscription"
	systemQuestion     = "question"
)

// basis are the nominals that something hangs on which the caller has been shown:
// an own nominal, a candidate of his own search, an alert or a link of his force.
func (s *Exchange) basis(ctx context.Context, c *call.Call, force, name string) ([]identity.ID, error) {
	if err := s.View.Pull(ctx); err != nil {
		return nil, err
	}
	if strings.HasPrefix(name, "searches/") {
		found, err := s.openCandidate(ctx, c, name)
		if err != nil {
			return nil, err
		}
		var out []identity.ID
		for _, ref := range found.basis.GetNominals() {
			if id := identity.ID(ref.GetId()); !s.Hides(c, id) {
				out = append(out, id)
			}
		}
		return out, nil
	}
	if call.ForceCode(name) != force {
		return nil, NotFound("basis")
	}
	see := s.sight(c, force)
	id, err := uuid.Parse(call.RecordID(name))
	if err != nil {
		return nil, NotFound("basis")
	}
	switch strings.Split(name, "/")[2] {
	case "nominals":
		cur, _, _, err := s.openNominal(ctx, c, name)
		if err != nil {
			return nil, err
		}
		return []identity.ID{identity.ID(cur.Record.ID)}, nil
	case "links":
		if l, ok := s.View.Link(identity.ID(id)); ok && l.Concerns(force) && see.sees(l) {
			return []identity.ID{l.A, l.B}, nil
		}
	case "alerts":
		a, ok := s.View.Alert(identity.ID(id))
		if !ok || a.Force != force || !see.shows(a) {
			break
		}
		out := slices.Clone(a.About)
		if l, ok := s.View.Link(a.Link); ok {
			out = append(out, l.A, l.B)
		}
		return out, nil
	}
	return nil, NotFound("basis")
}

// paper reads the place of a subscription, a question or a transfer that the caller's
// force may read; one that rests on a nominal that is SILENT to him is not there.
func (d *Deps) paper(ctx context.Context, c *call.Call, kind postgres.Kind, name string) (*view.Paper, error) {
	id, err := uuid.Parse(call.RecordID(name))
	if err != nil {
		return nil, NotFound(string(kind))
	}
	if err := d.View.Pull(ctx); err != nil {
		return nil, err
	}
	p, ok := d.View.Paper(identity.ID(id))
	if !ok || p.Kind != kind || !slices.Contains(p.Forces, call.ForceCode(name)) || !d.readsPaper(c, p) {
		return nil, NotFound(string(kind))
	}
	return p, nil
}

// readsPaper reports whether the caller may know of all that a paper rests on.
func (d *Deps) readsPaper(c *call.Call, p *view.Paper) bool {
	return !slices.ContainsFunc(p.Nominals, func(id identity.ID) bool { return d.Hides(c, id) })
}

// paperPage is a page of a force's papers, the newest first, and the token of the next.
func (d *Deps) paperPage(ctx context.Context, c *call.Call, kind postgres.Kind, req paperRequest, wants func(*view.Paper) bool) (page []*view.Paper, next string, err error) {
	binding := AskedOf(string(kind), req)
	var after uuid.UUID
	if err := d.ReadPageToken(req.GetPageToken(), binding, &after); err != nil {
		return nil, "", err
	}
	if err := d.View.Pull(ctx); err != nil {
		return nil, "", err
	}
	all := d.View.Papers(call.ForceCode(req.GetParent()), kind)
	slices.Reverse(all)
	if after != uuid.Nil {
		i := slices.IndexFunc(all, func(p *view.Paper) bool { return uuid.UUID(p.ID) == after })
		all = all[i+1:]
	}
	for _, p := range all {
		if !wants(p) || !d.readsPaper(c, p) {
			continue
		}
		if len(page) == PageSize(req.GetPageSize(), 100) {
			return page, d.PageToken(binding, uuid.UUID(page[len(page)-1].ID)), nil
		}
		page = append(page, p)
	}
	return page, "", nil
}

// paperRequest asks for a page of a force's papers.
type paperRequest interface {
	proto.Message
	GetParent() string
	GetPageToken() string
	GetPageSize() int32
}

// listPapers opens a page of those papers of a kind that are wanted, hands each over and
// notes that it was shown. It returns the token of the next page.
func listPapers[M any, P content[M]](ctx context.Context, d *Deps, c *call.Call, kind postgres.Kind, req paperRequest, wants func(*view.Paper) bool, show func(postgres.Current, P) error) (next string, err error) {
	page, next, err := d.paperPage(ctx, c, kind, req, wants)
	if err != nil {
		return "", err
	}
	ids := make([]uuid.UUID, len(page))
	for i, p := range page {
		ids[i] = uuid.UUID(p.ID)
	}
	current, err := d.CurrentByID(ctx, ids)
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		cur, ok := current[id]
		if !ok || cur.Wrapped == nil {
			continue
		}
		m := P(new(M))
		if _, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, m); err != nil {
			return "", err
		}
		c.Show(cur.Record.ID, cur.Record.Force)
		if err := show(cur, m); err != nil {
			return "", err
		}
	}
	return next, nil
}

// errAnswered says that a question has been answered.
func errAnswered() *Problem {
	return NewProblem(codes.FailedPrecondition, ReasonAnswered, "the question has been answered: nothing was changed")
}
