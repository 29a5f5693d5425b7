package gather

import (
	"context"
	"errors"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/witness"
)

// answer is what became of asking one witness.
type answer struct {
	line []byte
	err  error
	// contradicts says that the witness has signed what this log is not an
	// extension of: the log, or the witness, is not what it was.
	contradicts bool
}

// What a witness may hold against the log.
var (
	errRolledBack = errors.New("it has co-signed a larger tree than ours: this log was rolled back, or another signs under its name")
	errForked     = errors.New("it has co-signed another tree of this size: history was forked")
)

// maxAsks bounds how often a witness is asked in a round: once to learn what it
// signed last, and once more should another replica have been quicker.
const maxAsks = 3

// ask has one witness co-sign a checkpoint; old is what it probably signed last.
func (g *Gatherer) ask(ctx context.Context, w *witness.Client, head postgres.Checkpoint, old int64) answer {
	for range maxAsks {
		if old > head.Size {
			return g.behind(ctx, old)
		}
		r := witness.Request{Old: old, Checkpoint: head.Note}
		if old > 0 && old < head.Size {
			proof, err := g.o.Proof.Consistency(ctx, old, head.Size)
			if err != nil {
				return answer{err: err}
			}
			r.Proof = proof
		}
		line, err := w.Add(ctx, r)
		var conflict *witness.ConflictError
		switch {
		case err == nil:
			return answer{line: line}
		case errors.As(err, &conflict) && conflict.Size == old:
			return answer{err: errForked, contradicts: true}
		case errors.As(err, &conflict):
			old = conflict.Size
		default:
			return answer{err: err, contradicts: errors.Is(err, witness.ErrInconsistent)}
		}
	}
	return answer{err: errors.New("it changes what it has signed while it is asked")}
}

// behind tells a log that was rolled back from a round that came too late.
func (g *Gatherer) behind(ctx context.Context, size int64) answer {
	head, err := g.o.DB.Head(ctx)
	if err != nil {
		return answer{err: err}
	}
	if head.Size >= size {
		return answer{err: errors.New("another replica was quicker")}
	}
	return answer{err: errRolledBack, contradicts: true}
}

// tell notes in the journal what is wrong with a witness, once for each fault;
// what puts the log itself in doubt is said each time.
func (g *Gatherer) tell(ctx context.Context, name string, a answer) {
	fault := ""
	if a.err != nil {
		fault = a.err.Error()
	}
	before := g.faults[name]
	g.faults[name] = fault
	switch {
	case a.contradicts:
		g.o.Log.ErrorContext(ctx, "A WITNESS DOES NOT ACCEPT THE LOG", "witness", name, "err", a.err)
	case fault != "" && fault != before:
		g.o.Log.WarnContext(ctx, "a witness does not co-sign", "witness", name, "err", a.err)
	case fault == "" && before != "":
		g.o.Log.InfoContext(ctx, "a witness co-signs again", "witness", name)
	}
}
