package view

import (
	"fmt"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Part is what the view keeps of a measure, a breach, an assessment or a safety
// plan: where it belongs. Its content is read when it is asked for.
type Part struct {
	// Kind is its kind.
	Kind postgres.Kind
	// Nominal is the record id of the suspect's nominal.
	Nominal identity.ID
	// Measure is the measure that a breach contravenes.
	Measure identity.ID
	// Version is the version that stands.
	Version int32
	// Occurred is the day of a breach that was not withdrawn, NoDay for all else.
	Occurred conduct.Day
	// Former are the ids that it had before its force took it over; To is the one that
	// it has since another did, zero while none has.
	Former []identity.ID
	To     identity.ID
}

// parts are the parts of the register by what they belong to. The lists are
// replaced, not changed: readers hold them.
type parts struct {
	all       map[identity.ID]Part
	byNominal map[identity.ID][]identity.ID
	byMeasure map[identity.ID][]identity.ID // breaches
}

func newParts() parts {
	return parts{all: map[identity.ID]Part{}, byNominal: map[identity.ID][]identity.ID{}, byMeasure: map[identity.ID][]identity.ID{}}
}

func (s *parts) apply(id identity.ID, p *Part) {
	if old, ok := s.all[id]; ok {
		without(s.byNominal, old.Nominal, id)
		if old.Kind == postgres.KindBreach {
			without(s.byMeasure, old.Measure, id)
		}
		delete(s.all, id)
	}
	if p == nil {
		return
	}
	s.all[id] = *p
	s.byNominal[p.Nominal] = append(slices.Clone(s.byNominal[p.Nominal]), id)
	if p.Kind == postgres.KindBreach {
		s.byMeasure[p.Measure] = append(slices.Clone(s.byMeasure[p.Measure]), id)
	}
}

func without(lists map[identity.ID][]identity.ID, of, id identity.ID) {
	rest := slices.DeleteFunc(slices.Clone(lists[of]), func(i identity.ID) bool { return i == id })
	if len(rest) == 0 {
		delete(lists, of)
	} else {
		lists[of] = rest
	}
}

// storedPart is what the stored forms of all parts have.
type storedPart interface {
	proto.Message
	GetPart() *storev1.Part
}

func (d decoder) part(r *postgres.FeedRow) (*Part, error) {
	var stored storedPart
	breach := &storev1.StoredBreach{}
	switch r.Record.Kind {
	case postgres.KindMeasure:
		stored = &storev1.StoredMeasure{}
	case postgres.KindBreach:
		stored = breach
	case postgres.KindAssessment:
		stored = &storev1.StoredAssessment{}
	default:
		stored = &storev1.StoredPlan{}
	}
	if _, err := OpenVersion(d.keys, r.Record, r.Version, r.Wrapped, stored); err != nil {
		return nil, err
	}
	nominal, err := uuid.FromBytes(stored.GetPart().GetNominalId())
	if err != nil {
		return nil, fmt.Errorf("view: record %s version %d: content malformed", r.Record.ID, r.Version.N)
	}
	out := &Part{Kind: r.Record.Kind, Nominal: identity.ID(nominal), Version: r.Version.N, Occurred: conduct.NoDay}
	former, err := ids(stored.GetPart().GetFormer())
	if err != nil {
		return nil, fmt.Errorf("view: record %s version %d: content malformed", r.Record.ID, r.Version.N)
	}
	for _, id := range former {
		out.Former = append(out.Former, identity.ID(id))
	}
	if to, err := uuid.FromBytes(stored.GetPart().GetTransferredTo()); err == nil {
		out.To = identity.ID(to)
	}
	if r.Record.Kind == postgres.KindBreach {
		measure, err := uuid.FromBytes(breach.GetMeasureId())
		if err != nil {
			return nil, fmt.Errorf("view: record %s version %d: content malformed", r.Record.ID, r.Version.N)
		}
		out.Measure = identity.ID(measure)
		if !breach.GetPart().GetCancelled() {
			out.Occurred = conduct.DayOf(breach.GetBreach().GetOccurTime().AsTime())
		}
	}
	return out, nil
}

// Part returns where a measure, breach, assessment or safety plan belongs.
func (v *View) Part(id identity.ID) (Part, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	p, ok := v.parts.all[id]
	return p, ok
}

// PartIDs returns the record ids of the parts of a nominal, of the kinds given or
// of all. The withdrawn are among them.
func (v *View) PartIDs(nominal identity.ID, kinds ...postgres.Kind) []identity.ID {
	v.mu.RLock()
	defer v.mu.RUnlock()
	all := v.parts.byNominal[nominal]
	if len(kinds) == 0 {
		return slices.Clone(all)
	}
	var out []identity.ID
	for _, id := range all {
		if slices.Contains(kinds, v.parts.all[id].Kind) {
			out = append(out, id)
		}
	}
	return out
}

// BreachesOf returns the record ids of the breaches of a measure, of whichever
// nominals, those that name it as what it was before it was taken over included.
func (v *View) BreachesOf(measure identity.ID) []identity.ID {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var out []identity.ID
	for _, id := range append(slices.Clone(v.parts.all[measure].Former), measure) {
		out = append(out, v.parts.byMeasure[id]...)
	}
	return out
}
