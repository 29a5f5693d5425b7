package view

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Alert is what the view keeps of an alert. It is shared: do not change it.
type Alert struct {
	// ID is the record id.
	ID identity.ID
	// Force is the force that is told.
	Force string
	// Kind is what it is about.
	Kind registerv1.AlertKind
	// Audience is who of the force is told.
	Audience registerv1.AlertAudience
	// Link is the link it is about; zero when it is about another record.
	Link identity.ID
	// Subject is the record it is about, Related the force's own that this bears
	// upon; zero for a link's.
	Subject, Related identity.ID
	// About are the nominals behind it: where one is SILENT, so is the alert.
	About []identity.ID
	// Cause is who must not learn of it because he caused it, as in the log, and
	// CauseCollar his collar number, if one was known.
	Cause, CauseCollar string
	// Possible says that it rests on an unconfirmed link or a possible victim.
	Possible bool
	// Created is when it was raised.
	Created time.Time
	// Index and Ordinal are its place in the log: those of its first version.
	Index   int64
	Ordinal int32
	// Acknowledged says that somebody has taken it up.
	Acknowledged bool
}

func (d decoder) alert(r *postgres.FeedRow) (*Alert, error) {
	var stored storev1.StoredAlert
	if _, err := OpenVersion(d.keys, r.Record, r.Version, r.Wrapped, &stored); err != nil {
		return nil, err
	}
	a := stored.GetAlert()
	out := &Alert{
		ID: identity.ID(r.Record.ID), Force: r.Record.Force, Kind: a.GetKind(), Audience: a.GetAudience(), Cause: stored.GetCause(), CauseCollar: stored.GetCauseCollar(),
		Possible: a.GetUnconfirmed(), Created: a.GetCreateTime().AsTime(),
		Index: FirstIndex(a, r.Version), Ordinal: a.GetOrdinal(), Acknowledged: a.GetAcknowledgeTime() != nil,
	}
	var bad error
	read := func(raw []byte) (id identity.ID) {
		if len(raw) == 0 {
			return id
		}
		u, err := uuid.FromBytes(raw)
		bad = errors.Join(bad, err)
		return identity.ID(u)
	}
	out.Link, out.Subject, out.Related = read(stored.GetLinkId()), read(stored.GetSubjectId()), read(stored.GetRelatedId())
	for _, raw := range stored.GetAbout() {
		out.About = append(out.About, read(raw))
	}
	if bad != nil {
		return nil, fmt.Errorf("view: record %s version %d: content malformed", r.Record.ID, r.Version.N)
	}
	return out, nil
}

// FirstIndex is the log index at which an alert was raised: later versions
// keep it, the first takes its own.
func FirstIndex(a *registerv1.Alert, v postgres.Version) int64 {
	if i := a.GetLogIndex(); i > 0 {
		return i
	}
	return v.LogIndex
}

// place is an alert's cursor: its place in the log.
func (a *Alert) place(index int64, ordinal int32) int {
	return cmp.Or(cmp.Compare(a.Index, index), cmp.Compare(a.Ordinal, ordinal))
}

// alerts are the alerts of each force in the order of the log.
type alerts struct {
	all     map[identity.ID]*Alert
	byForce map[string][]*Alert
	// about are the alerts about a record, of all forces.
	about map[identity.ID][]identity.ID
}

func newAlerts() alerts {
	return alerts{all: map[identity.ID]*Alert{}, byForce: map[string][]*Alert{}, about: map[identity.ID][]identity.ID{}}
}

// apply takes a version of an alert in.
func (s *alerts) apply(id identity.ID, a *Alert) {
	if a == nil {
		return // alerts are not erased: they name nobody
	}
	if _, again := s.all[id]; !again {
		for _, record := range a.records() {
			s.about[record] = append(s.about[record], id)
		}
	}
	s.all[id] = a
	list := s.byForce[a.Force]
	at, found := slices.BinarySearchFunc(list, a, func(b, a *Alert) int {
		return cmp.Or(b.place(a.Index, a.Ordinal), slices.Compare(b.ID[:], a.ID[:]))
	})
	// Readers hold the old list: it is replaced, unless it only grows at its end.
	switch {
	case found:
		list = slices.Clone(list)
		list[at] = a
	case at == len(list):
		list = append(list, a)
	default:
		list = slices.Insert(slices.Clone(list), at, a)
	}
	s.byForce[a.Force] = list
}

// Alert returns an alert.
func (v *View) Alert(id identity.ID) (*Alert, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	a, ok := v.alerts.all[id]
	return a, ok
}

// records are the records that an alert is found by: its subject, and of an
// accusation both ways the other course too.
func (a *Alert) records() []identity.ID {
	var none identity.ID
	switch {
	case a.Subject == none:
		return nil
	case a.Kind == registerv1.AlertKind_ALERT_KIND_COUNTER_ALLEGATION && a.Related != none:
		return []identity.ID{a.Subject, a.Related}
	}
	return []identity.ID{a.Subject}
}

// AlertsAbout returns the alerts that were raised about a record, to whichever
// force, in no order.
func (v *View) AlertsAbout(record identity.ID) []*Alert {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var out []*Alert
	for _, id := range v.alerts.about[record] {
		out = append(out, v.alerts.all[id])
	}
	return out
}

// Alerts returns the alerts of a force after a place in the log, in its order.
// The list is shared. (-1, 0) is before the first.
func (v *View) Alerts(force string, index int64, ordinal int32) []*Alert {
	v.mu.RLock()
	defer v.mu.RUnlock()
	list := v.alerts.byForce[force]
	at, _ := slices.BinarySearchFunc(list, 0, func(a *Alert, _ int) int {
		if a.place(index, ordinal) <= 0 {
			return -1
		}
		return 1
	})
	return list[at:]
}
