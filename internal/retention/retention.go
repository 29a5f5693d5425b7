// Package retention drops the sealed parts of old entries of the access log (criteria,
// justifications, what was shown) with their keys, by whole tiles. Every entry, leaf
// and hash stays, so that all proofs do. What professional standards or the national
// auditor hold is not dropped.
package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/tlogfile"
	"github.com/perpetrator-register/register/internal/view"
)

// Method is the method of the entry that tells of a disposal.
const Method = tlogfile.DisposalMethod

// tileWidth is how many entries are kept or dropped together.
const tileWidth = 256

// chunk is how many tiles are dropped while the log's lock is held: a few
// milliseconds.
const chunk = 64

// Disposal drops sealed parts.
type Disposal struct {
	DB   *postgres.DB
	Log  accesslog.Appender
	Keys *seal.KeyRing
	// Forces are the codes of all forces.
	Forces []string
	// Operator is who disposes, as the log is to name him.
	Operator string
}

// Plan is what can be dropped.
type Plan struct {
	Until         int64 // no tile of this entry or a later one is touched
	Tiles         int
	Bodies, Bytes int64
	HeldTiles     int // old enough, and kept by a hold
	HeldBodies    int64
	Holds         int // holds that stand
	drop          []int64
}

// holds is what stands against dropping.
type holds struct {
	postgres.Held
	ranges [][2]int64
	n      int
}

// Plan says what would be dropped of the entries before a time: tiles all of whose
// entries are older, and that hold none that is held.
func (d *Disposal) Plan(ctx context.Context, before time.Time) (Plan, error) {
	p := Plan{}
	_, until, err := d.DB.IndexBounds(ctx, time.Time{}, before)
	if err != nil {
		return p, err
	}
	head, err := d.DB.Head(ctx)
	if errors.Is(err, postgres.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.Until = min(until, head.Size) &^ (tileWidth - 1)
	// The bounds hold a batch more at most: the last tiles may have younger entries.
	for p.Until > 0 {
		last, err := d.DB.Entries(ctx, p.Until-1, p.Until, 1)
		if err != nil {
			return p, err
		}
		if len(last) == 1 && last[0].Time.Before(before) {
			break
		}
		p.Until -= tileWidth
	}
	tiles, err := d.DB.BodyTiles(ctx, 0, p.Until)
	if err != nil {
		return p, err
	}
	h, err := d.holds(ctx)
	if err != nil {
		return p, err
	}
	p.Holds = h.n
	held, err := d.held(ctx, h, 0, p.Until)
	if err != nil {
		return p, err
	}
	for _, t := range tiles {
		if held(t.N) {
			p.HeldTiles++
			p.HeldBodies += t.Bodies
			continue
		}
		p.Tiles++
		p.Bodies += t.Bodies
		p.Bytes += t.Bytes
		p.drop = append(p.drop, t.N)
	}
	return p, nil
}

// Apply drops what a plan says, and returns how many bodies were dropped. Which tiles
// are about to lose theirs is an entry of the log first, so that a body that is gone
// without one can be told from a body that was disposed of. Holds are read afresh under
// the log's lock before each part.
func (d *Disposal) Apply(ctx context.Context, p Plan, by *postgres.Disposer) (dropped int64, err error) {
	marks := []string{fmt.Sprintf("retention:before:%d:tiles:%d:bodies:%d", p.Until, p.Tiles, p.Bodies)}
	for part := range slices.Chunk(p.drop, chunk) {
		if _, err := d.Log.Append(ctx, &accesslog.Pending{Entry: accesslog.Metadata{
			Actor: accesslog.Actor{Sub: d.Operator, Kind: accesslog.System}, Client: "register retention",
			Method: Method, Operation: "ERASURE", Outcome: "OK", Marks: append(slices.Clip(marks), tlogfile.DisposalMark(part)),
		}}); err != nil {
			return dropped, err
		}
		n, err := by.Drop(ctx, func() ([]int64, error) {
			h, err := d.holds(ctx)
			if err != nil {
				return nil, err
			}
			held, err := d.held(ctx, h, part[0]*tileWidth, (part[len(part)-1]+1)*tileWidth)
			if err != nil {
				return nil, err
			}
			return slices.DeleteFunc(slices.Clone(part), held), nil
		})
		dropped += n
		if err != nil {
			return dropped, err
		}
		marks = nil
	}
	return dropped, nil
}

// holds reads the holds that stand.
func (d *Disposal) holds(ctx context.Context) (holds, error) {
	var out holds
	for _, force := range d.Forces {
		var after uuid.UUID
		for {
			page, err := d.DB.ListRecords(ctx, force, postgres.KindHold, after, 200)
			if err != nil {
				return out, err
			}
			for _, cur := range page {
				after = cur.Record.ID
				var stored storev1.StoredHold
				if _, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
					return out, err
				}
				if err := out.add(d.Keys, force, stored.GetHold()); err != nil {
					return out, err
				}
			}
			if len(page) < 200 {
				break
			}
		}
	}
	return out, nil
}

func (h *holds) add(keys *seal.KeyRing, force string, o *registerv1.Hold) error {
	if o.GetLiftTime() != nil {
		return nil
	}
	h.n++
	switch {
	case o.GetSubject() != "":
		h.Forces, h.Actors = append(h.Forces, force), append(h.Actors, o.GetSubject())
	case o.GetCrimeReference() != "":
		h.ReferenceHMACs = append(h.ReferenceHMACs, keys.ReferenceHMACs(force, o.GetCrimeReference())...)
	case o.GetRecord() != "":
		id, err := uuid.Parse(o.GetRecord()[len(o.GetRecord())-36:])
		if err != nil {
			return fmt.Errorf("retention: a hold of force %s names no record", force)
		}
		h.Records = append(h.Records, id)
	default:
		h.ranges = append(h.ranges, [2]int64{o.GetFromIndex(), o.GetUntilIndex()})
	}
	return nil
}

// held says of a tile with from ≤ index < until whether it is held.
func (d *Disposal) held(ctx context.Context, h holds, from, until int64) (func(tile int64) bool, error) {
	tiles, err := d.DB.HeldTiles(ctx, from, until, h.Held)
	return func(n int64) bool {
		return tiles[n] || slices.ContainsFunc(h.ranges, func(r [2]int64) bool { return n*tileWidth < r[1] && (n+1)*tileWidth > r[0] })
	}, err
}
