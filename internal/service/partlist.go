package service

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/view"
)

// list reads a page of the parts of an own nominal, the newest first.
func (p *parts[R, S]) list(ctx context.Context, parent, token string, asked int32) (out []R, next string, err error) {
	c := call.From(ctx)
	nominal, _, _, err := p.openNominal(ctx, c, parent)
	if err != nil {
		return nil, "", err
	}
	binding := collection(p.kind) + "|" + parent
	var after uuid.UUID
	if err := p.ReadPageToken(token, binding, &after); err != nil {
		return nil, "", err
	}
	if err := p.View.Pull(ctx); err != nil {
		return nil, "", err
	}
	all, err := p.of(ctx, identity.ID(nominal.Record.ID))
	if err != nil {
		return nil, "", err
	}
	if after != uuid.Nil {
		i := slices.IndexFunc(all, func(o openPart[S]) bool { return o.cur.Record.ID == after })
		all = all[i+1:]
	}
	if size := PageSize(asked, 50); len(all) > size {
		all = all[:size]
		next = p.PageToken(binding, all[size-1].cur.Record.ID)
	}
	for _, o := range all {
		c.Show(o.cur.Record.ID, o.cur.Record.Force)
		out = append(out, p.shown(o))
	}
	return out, next, nil
}

// of reads the parts of a nominal, the newest first.
func (p *parts[R, S]) of(ctx context.Context, nominal identity.ID) ([]openPart[S], error) {
	var ids []uuid.UUID
	for _, id := range p.View.PartIDs(nominal, p.kind) {
		ids = append(ids, uuid.UUID(id))
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := p.DB.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []openPart[S]
	for _, cur := range rows {
		if cur.Wrapped == nil {
			continue
		}
		o := openPart[S]{cur, p.empty()}
		if _, err := view.OpenVersion(p.Keys, cur.Record, cur.Version, cur.Wrapped, o.stored); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b openPart[S]) int {
		if by := p.when(p.record(b.stored)).Compare(p.when(p.record(a.stored))); by != 0 {
			return by
		}
		return bytes.Compare(a.cur.Record.ID[:], b.cur.Record.ID[:])
	})
	return out, nil
}
