package service

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// Listing is a page that is asked of a force's records of a kind.
type Listing struct {
	Force       string
	Kind        postgres.Kind
	Binding     string // what the page token is bound to
	Token       string
	Size        int32 // as asked; 0 means 50
	NewestFirst bool
}

// walk hands over the records of a kind from a place on, in the order of their making
// or the newest first, until more is false; erased ones are passed over. next is the
// place where to go on, uuid.Nil at the end.
func (d *Deps) walk(ctx context.Context, l Listing, from uuid.UUID, each func(postgres.Current) (more bool, err error)) (next uuid.UUID, err error) {
	read := d.DB.ListRecords
	if l.NewestFirst {
		read = d.DB.ListRecordsNewest
		if from == uuid.Nil {
			from = uuid.Max
		}
	}
	const page = 200
	for {
		list, err := read(ctx, l.Force, l.Kind, from, page)
		if err != nil {
			return uuid.Nil, err
		}
		for _, cur := range list {
			if cur.Wrapped != nil {
				more, err := each(cur)
				if err != nil {
					return uuid.Nil, err
				}
				if !more {
					return from, nil
				}
			}
			from = cur.Record.ID
		}
		if len(list) < page {
			return uuid.Nil, nil
		}
	}
}

// content is what a record's newest version holds, as a message M.
type content[M any] interface {
	*M
	proto.Message
}

// EveryRecord opens the records of a kind, the newest first, until more is false.
func EveryRecord[M any, P content[M]](ctx context.Context, d *Deps, force string, kind postgres.Kind, each func(postgres.Current, P) (more bool, err error)) error {
	_, err := d.walk(ctx, Listing{Force: force, Kind: kind, NewestFirst: true}, uuid.Nil, func(cur postgres.Current) (bool, error) {
		m := P(new(M))
		if _, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, m); err != nil {
			return false, err
		}
		return each(cur, m)
	})
	return err
}

// ListRecords shows a page of the records that are wanted, and returns the token of
// the next page; empty when no other record is wanted.
func ListRecords[M any, P content[M]](ctx context.Context, d *Deps, l Listing, wanted func(P) (bool, error), show func(postgres.Current, P)) (token string, err error) {
	var from uuid.UUID
	if err := d.ReadPageToken(l.Token, l.Binding, &from); err != nil {
		return "", err
	}
	shown, size := 0, PageSize(l.Size, 50)
	next, err := d.walk(ctx, l, from, func(cur postgres.Current) (bool, error) {
		m := P(new(M))
		if _, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, m); err != nil {
			return false, err
		}
		if ok, err := wanted(m); err != nil || !ok {
			return true, err
		}
		if shown == size {
			return false, nil
		}
		shown++
		show(cur, m)
		return true, nil
	})
	if err != nil || next == uuid.Nil {
		return "", err
	}
	return d.PageToken(l.Binding, next), nil
}

// pageRequest asks for a page of a force's records.
type pageRequest interface {
	proto.Message
	GetParent() string
	GetPageToken() string
	GetPageSize() int32
	GetNewestFirst() bool
}

// PageOf is the page that professional standards ask of the records of a kind.
func PageOf(kind postgres.Kind, req pageRequest) Listing {
	return Listing{Force: call.ForceCode(req.GetParent()), Kind: kind, Binding: AskedOf(string(kind), req), Token: req.GetPageToken(), Size: req.GetPageSize(), NewestFirst: req.GetNewestFirst()}
}

// Every wants every record.
func Every[P any](P) (bool, error) { return true, nil }
