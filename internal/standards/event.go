package standards

import (
	"slices"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/service"
	"github.com/perpetrator-register/register/internal/view"
)

// event is what the rules see of an entry.
func (w *Watcher) event(entry *postgres.Entry, bodies map[int64]postgres.Body) (misuse.Event, error) {
	m, err := accesslog.ParseMetadata(entry.Meta)
	if err != nil {
		return misuse.Event{}, err
	}
	e := misuse.Event{
		Index: entry.Index, Time: m.Time, Actor: m.Actor.Sub, Force: m.Actor.Force, Collar: m.Actor.Collar, OnBehalfOf: m.OnBehalfOf,
		Reason: m.Reason, Reference: misuse.ParseCode(m.ReferenceHMAC), Terms: misuse.ParseCodes(m.Terms), Found: m.ResultCount,
		Asserted: m.Actor.Assurance == accesslog.Asserted,
		Self:     slices.Contains(m.Marks, service.MarkSelf), Wide: slices.Contains(m.Marks, service.MarkWide), Refused: m.Outcome != service.OutcomeName(codes.OK),
	}
	for _, r := range m.Roles {
		if r != "system" || m.Actor.Kind == accesslog.System { // over a force system's connection a person has its role too
			e.Roles = append(e.Roles, r)
		}
	}
	named := m.Actor.Kind == accesslog.Person
	if m.Actor.Kind == accesslog.System && m.Actor.Collar != "" {
		e.Actor, named = m.Actor.Sub+"/"+m.Actor.Collar, true
	}
	checked := named && slices.Contains(m.Marks, service.MarkCheck)
	for _, id := range m.Results {
		e.Records = append(e.Records, misuse.CodeOf(id[:]))
	}
	switch {
	case (m.Method == "SearchService.CreateSearch" || m.Method == "SearchService.FindNominals") && named && len(m.Terms) > 0 && (!e.Refused || e.Self || m.Outcome == service.OutcomeName(codes.PermissionDenied)):
		e.Kind = misuse.Look
		var stored storev1.HiddenSearch
		if openWatched(w.Keys, m.ID, bodies, entry.Index, &stored) {
			w.hidden(&e, &stored)
		}
	case m.Operation == "CONSULTATION" && m.Method == "AccessLogService.ListEntries" && !e.Refused:
		e.Kind = misuse.Review
		var stored storev1.StoredReason
		if openWatched(w.Keys, m.ID, bodies, entry.Index, &stored) {
			e.Subject = stored.GetSubject()
		}
	case len(m.Versions) > 0 && (strings.HasSuffix(m.Method, ".RegisterNominal") || strings.HasSuffix(m.Method, ".RegisterCourse") || strings.HasSuffix(m.Method, ".RegisterRecords")):
		e.Kind = misuse.Registration
		e.Terms, e.Records = w.registered(m.Versions)
		e.Checked = checked && len(e.Terms) > 0
	case checked && e.Self:
		e.Kind = misuse.Look
	}
	if checked && !e.Checked && !e.Refused { // of a breach, or of what was sent again
		w.checked(&e, m.Results)
	}
	return e, nil
}

// checked makes an event of a registration that was nothing but a check of its suspect, as
// far as the rules go: results are the records that it showed, first what was registered.
func (w *Watcher) checked(e *misuse.Event, results []uuid.UUID) {
	if len(results) == 0 {
		return
	}
	suspect, ok := w.View.About(identity.ID(results[0]))
	n, stands := w.View.Nominal(suspect)
	if !ok || !stands || n.Silent() {
		return
	}
	e.Kind, e.Terms, e.Records = misuse.Look, w.named(n), nil
	for _, id := range results {
		e.Records = append(e.Records, misuse.CodeOf(id[:]))
	}
}

// openWatched opens the sealed part of an entry, as far as into has fields for it; false
// when it was dropped.
func openWatched(keys *seal.KeyRing, id uuid.UUID, bodies map[int64]postgres.Body, index int64, into proto.Message) bool {
	b, ok := bodies[index]
	if !ok {
		return false
	}
	key, err := keys.Unwrap(b.Wrapped, id[:])
	if err != nil {
		return false
	}
	plain, err := key.Open(b.Sealed, seal.BodyAD(id))
	return err == nil && proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(plain, into) == nil
}

// hidden adds what the searcher was not told: SILENT records that he met, and victims
// whom his criteria fit.
func (w *Watcher) hidden(e *misuse.Event, stored *storev1.HiddenSearch) {
	for _, id := range stored.GetSilent() {
		if veil, ok := w.View.Veil(identity.ID(id)); ok && !slices.Contains(e.Silent, veil.Force) {
			e.Silent = append(e.Silent, veil.Force)
		}
	}
	slices.Sort(e.Silent)
	for _, id := range stored.GetVictims() {
		e.Victims = append(e.Victims, misuse.CodeOf(id))
		if a, ok := w.accused(id); ok {
			e.Accused = append(e.Accused, a)
		}
	}
	slices.Sort(e.Victims) // in an order that does not hang on the surest
}

// accused is the suspect of a course.
func (w *Watcher) accused(course []byte) (out misuse.Accused, ok bool) {
	id, err := uuid.FromBytes(course)
	if err != nil {
		return out, false
	}
	suspect, ok := w.View.Suspect(identity.ID(id))
	if !ok {
		return out, false
	}
	n, ok := w.View.Nominal(suspect)
	if !ok {
		return out, false
	}
	if n.Silent() {
		out.Owner = n.Force
	}
	out.Codes = w.named(n, service.TermName, service.TermIdentity)
	return out, true
}

// registered are the codes of whom a change is about: the name of the nominal, and
// the records.
func (w *Watcher) registered(versions []accesslog.VersionRef) (terms, records []misuse.Code) {
	for _, v := range versions {
		id := identity.ID(v.Record)
		if suspect, ok := w.View.Suspect(id); ok {
			id = suspect
		}
		n, ok := w.View.Nominal(id)
		if !ok || n.Silent() {
			continue
		}
		records = append(records, misuse.CodeOf(n.ID[:]))
		if len(terms) == 0 {
			terms = w.named(n)
		}
	}
	return terms, records
}

// named are the codes of a nominal's name and date of birth, as a search for him has them:
// of the kinds given, or of all.
func (w *Watcher) named(n *view.Nominal, kinds ...string) (out []misuse.Code) {
	for _, t := range factTerms(&registerv1.FactPerson{Names: []*registerv1.PersonName{{Full: n.Name}}, BirthDate: n.Birth}) {
		if len(kinds) == 0 || slices.Contains(kinds, t.Kind) {
			out = append(out, misuse.ParseCode(w.Keys.TermHMAC(t.Kind, t.Value)))
		}
	}
	return out
}

// staffOf is what a force has told of a member of staff, as the rules see it.
func staffOf(force string, s *storev1.StoredStaff) misuse.Staff {
	return misuse.Staff{
		Subject: s.GetSubject(), Force: force, Unit: unitCode(s.GetUnit()), Collars: s.GetCollarNumbers(),
		Manager: s.GetLineManager(), Standards: s.GetProfessionalStandards(),
		Identity: misuse.ParseCodes(s.GetIdentity()), Names: misuse.ParseCodes(s.GetNames()), Surnames: misuse.ParseCodes(s.GetSurnames()),
		Addresses: misuse.ParseCodes(s.GetAddresses()), Associates: misuse.ParseCodes(s.GetAssociates()),
	}
}

func unitCode(unit string) misuse.Code {
	if unit == "" {
		return 0
	}
	return misuse.CodeOf([]byte(unit))
}
