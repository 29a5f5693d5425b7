package view

import (
	"math"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/arena"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/seal"
)

// Nominal is what the view keeps of a nominal beside its identity.
type Nominal struct {
	// ID is the record id.
	ID identity.ID
	// Force is the owner force's code.
	Force string
	// Version is the version that stands.
	Version int64
	// Restriction limits who learns of it.
	Restriction registerv1.Restriction
	// Warnings are its warning codes. The list is shared: do not change it.
	Warnings []string
	// Name is the name to show.
	Name string
	// Birth is the first date of birth; nil when unknown. It is shared.
	Birth *registerv1.PartialDate
	// Key is the record's data key.
	Key seal.DataKey
}

// Silent says that nobody but the owner force's PSD may learn of the record.
func (n *Nominal) Silent() bool { return n.Restriction == registerv1.Restriction_RESTRICTION_SILENT }

// nominals keeps nominals by the million without a pointer in any of them: the
// collector walks through nothing, and what many hold alike is kept once.
type nominals struct {
	at     map[identity.ID]uint32 // place in rows
	rows   [][]row                // each of rowsAPage
	vacant []uint32
	names  arena.Bytes

	forces   shared[string, string]
	births   shared[date, *registerv1.PartialDate]
	warnings shared[string, []string]
}

const rowsAPage = 4096

// row is a nominal as it is kept.
type row struct {
	id          identity.ID
	key         seal.DataKey
	name        uint32 // in names
	length      uint16 // of the name
	version     int32
	restriction int32
	force       uint32
	birth       uint32
	warnings    uint32
}

// date is a PartialDate that can be compared.
type date struct {
	year, month, day int32
	approximate      bool
}

func newNominals() nominals { return nominals{at: map[identity.ID]uint32{}} }

func (s *nominals) row(at uint32) *row { return &s.rows[at/rowsAPage][at%rowsAPage] }

// put keeps a nominal in place of the one of its id.
func (s *nominals) put(n *Nominal) {
	s.remove(n.ID)
	name := n.Name[:min(len(n.Name), math.MaxUint16)] // the contract allows far less
	r := row{
		id: n.ID, key: n.Key, name: s.names.Put([]byte(name)), length: uint16(len(name)), //nolint:gosec // bounded above
		version: int32(n.Version), restriction: int32(n.Restriction), //nolint:gosec // stored as 32 bits
		force:    s.forces.place(n.Force, n.Force),
		warnings: s.warnings.place(strings.Join(n.Warnings, "\n"), n.Warnings),
		birth:    s.births.place(dateOf(n.Birth), n.Birth),
	}
	at := uint32(len(s.at)) //nolint:gosec // far below the bound
	if last := len(s.vacant) - 1; last >= 0 {
		at, s.vacant = s.vacant[last], s.vacant[:last]
	} else if int(at) == len(s.rows)*rowsAPage {
		s.rows = append(s.rows, make([]row, rowsAPage))
	}
	*s.row(at) = r
	s.at[n.ID] = at
}

func dateOf(d *registerv1.PartialDate) date {
	return date{d.GetYear(), d.GetMonth(), d.GetDay(), d.GetApproximate()}
}

func (s *nominals) remove(id identity.ID) {
	at, ok := s.at[id]
	if !ok {
		return
	}
	r := s.row(at)
	s.names.Release(r.name, int(r.length))
	*r = row{} // its key and id are forgotten
	s.vacant = append(s.vacant, at)
	delete(s.at, id)
}

func (s *nominals) get(id identity.ID) (*Nominal, bool) {
	at, ok := s.at[id]
	if !ok {
		return nil, false
	}
	r := s.row(at)
	return &Nominal{
		ID: r.id, Force: s.forces.values[r.force], Version: int64(r.version), Restriction: registerv1.Restriction(r.restriction),
		Warnings: s.warnings.values[r.warnings], Name: string(s.names.At(r.name)[:r.length]),
		Birth: s.births.values[r.birth], Key: r.key,
	}, true
}

// version is the version of a nominal that stands, 0 when none does.
func (s *nominals) version(id identity.ID) int32 {
	at, ok := s.at[id]
	if !ok {
		return 0
	}
	return s.row(at).version
}

// shows reports whether a nominal stands and is not SILENT.
func (s *nominals) shows(id identity.ID) bool {
	at, ok := s.at[id]
	return ok && s.row(at).restriction != int32(registerv1.Restriction_RESTRICTION_SILENT)
}

// shared keeps one copy of each value that many nominals hold.
type shared[K comparable, V any] struct {
	places map[K]uint32
	values []V
}

func (s *shared[K, V]) place(k K, v V) uint32 {
	at, ok := s.places[k]
	if !ok {
		if s.places == nil {
			s.places = map[K]uint32{}
		}
		at = uint32(len(s.values)) //nolint:gosec // no more than there are nominals
		s.places[k], s.values = at, append(s.values, v)
	}
	return at
}
