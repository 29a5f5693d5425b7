package service

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Relinked says what weighing the register anew changes, or would change.
type Relinked struct {
	// Nominals is how many were weighed, Model the weights they were weighed with.
	Nominals int
	Model    string
	// Moves counts the links by the state they had, LINK_STATE_UNSPECIFIED for
	// none, and the state they get.
	Moves map[Move]int
	// Forces counts them by the force that owns either nominal.
	Forces map[string]int
	// Deferred counts the proposals beyond the day's ceiling of their force.
	Deferred int
}

// Move is a change of a link's state.
type Move struct{ From, To registerv1.LinkState }

// relinkMethod is what the log calls the relinking of one nominal.
const relinkMethod = "Relink"

// Relink weighs every nominal anew, such as with new weights. Without apply it
// changes nothing and says what it would change. With it, each nominal's changes
// commit with a log entry of their own, under the name of operator; it may be
// stopped and begun again, and runs beside a register that serves.
func (l *Linker) Relink(ctx context.Context, log accesslog.Appender, operator string, apply bool) (*Relinked, error) {
	out := &Relinked{Model: l.View.Index().Model().Version, Moves: map[Move]int{}, Forces: map[string]int{}}
	pairs := map[[2]identity.ID]bool{} // each is met from both sides
	for _, id := range l.View.Nominals() {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		var k *linking
		err := Retry(ctx, func() (err error) {
			if apply {
				if err := l.View.Pull(ctx); err != nil {
					return err
				}
			}
			if k, err = l.relinkOne(ctx, id); k == nil || err != nil || !apply || len(k.changes) == 0 {
				return err
			}
			return k.commit(ctx, log, operator)
		})
		if err != nil {
			return out, fmt.Errorf("nominal %s: %w", uuid.UUID(id), err)
		}
		if k == nil {
			continue
		}
		out.Nominals++
		for _, f := range k.found {
			pair := [2]identity.ID{identity.ID(f.link.GetA()), identity.ID(f.link.GetB())}
			if pairs[pair] {
				continue
			}
			pairs[pair] = true
			out.count(f.link)
		}
	}
	return out, nil
}

func (r *Relinked) count(l *storev1.StoredLink) {
	r.Moves[Move{before(l), l.GetLink().GetState()}]++
	r.Forces[l.GetForceA()]++
	if l.GetForceB() != l.GetForceA() {
		r.Forces[l.GetForceB()]++
	}
	if l.GetLink().GetDeferred() {
		r.Deferred++
	}
}

// relinkOne weighs one nominal; nil when it takes part in no link.
func (l *Linker) relinkOne(ctx context.Context, id identity.ID) (*linking, error) {
	record, force, ok := l.View.Index().Held(id)
	if !ok {
		return nil, nil //nolint:nilnil // withdrawn or SILENT
	}
	return l.compare(ctx, id, force, record, false)
}

// commit commits the links of a nominal that is not itself changed. All nominals
// concerned must stand as they were weighed.
func (k *linking) commit(ctx context.Context, log accesslog.Appender, operator string) error {
	p := &accesslog.Pending{
		Changes: k.changes,
		Entry: accesslog.Metadata{
			Actor:  accesslog.Actor{Sub: operator, Kind: accesslog.System},
			Method: relinkMethod, Operation: "COMBINATION", Outcome: OutcomeName(codes.OK),
			Client: "register relink, model " + k.View.Index().Model().Version,
		},
	}
	required := map[identity.ID]bool{}
	for _, f := range k.found {
		for _, id := range []identity.ID{identity.ID(f.link.GetA()), identity.ID(f.link.GetB())} {
			n, ok := k.View.Nominal(id)
			if !ok {
				return accesslog.ErrConflict
			}
			if !required[id] {
				required[id] = true
				p.Requires = append(p.Requires, accesslog.Requirement{Record: uuid.UUID(id), N: int32(n.Version)}) //nolint:gosec // version numbers are 32 bits
			}
		}
	}
	for i := range k.changes {
		p.Touches = append(p.Touches, postgres.Touch{Record: k.changes[i].Record.ID, Force: k.changes[i].Record.Force})
	}
	_, err := log.Append(ctx, p)
	if errors.Is(err, accesslog.ErrUnknownOutcome) {
		return fmt.Errorf("%w: begin again to make sure", err)
	}
	return err
}
