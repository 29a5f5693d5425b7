package service

import (
	"context"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// MarkCheck marks entries of registrations that answered what is known of the suspect.
// Such an entry has a reason too, which no other registration has: by that the database
// takes it for a check, as it takes a search.
const MarkCheck = "check"

// personCheck is the check of a suspect that the registration of a course or a breach asks
// for: it is part of its entry, which names all that is shown as that of a search does.
type personCheck struct {
	*Deps
	c      *call.Call
	basis  *registerv1.CheckBasis
	force  string
	id     uuid.UUID
	answer *registerv1.PersonCheck
}

// newCheck notes in the entry why a registration asks what is known of the suspect, and
// refuses whoever may not search; nil when it does not ask.
func (d *Deps) newCheck(c *call.Call, force string, basis *registerv1.CheckBasis) (*personCheck, error) {
	if basis == nil {
		return nil, nil //nolint:nilnil // nothing was asked
	}
	d.noteGround(c, basis)
	c.Entry.Marks = append(c.Entry.Marks, MarkCheck)
	if _, ok := c.Policy.Decide(c.Actor.Roles, "search", "create"); !ok {
		return nil, NewProblem(codes.PermissionDenied, ReasonNotAllowed, "your roles do not allow a search: register without `check`")
	}
	return &personCheck{Deps: d, c: c, basis: basis, force: force, id: uuid.Must(uuid.NewV7())}, nil
}

// refuseSelf refuses a check of the caller himself.
func (k *personCheck) refuseSelf(nominal postgres.Current) error {
	if k == nil {
		return nil
	}
	var stored storev1.StoredNominal
	if _, err := view.OpenVersion(k.Keys, nominal.Record, nominal.Version, nominal.Wrapped, &stored); err != nil {
		return err
	}
	if !searchesSelf(k.c.Actor, view.MapNominal(stored.GetNominal(), "nominal").Raw) {
		return nil
	}
	return refusedSelf(k.c, ownSearch)
}

// made is the check as the rules see it: with the entry that commits, the force has
// looked; nil when it does not.
func (k *personCheck) made(now time.Time) *conduct.Check {
	if k == nil {
		return nil
	}
	return &conduct.Check{Force: k.force, Time: now, Reference: k.basis.GetReference()}
}

// subscribed tells the forces that have asked to be told of searches for a person that he
// was checked.
func (k *personCheck) subscribed(b *batch, asked identity.ID) error {
	if k == nil || k.silent(asked) {
		return nil
	}
	return b.searched(k.force, k.id, k.View.Person(asked).Members, "has checked, with a registration, a person of whom your force asked to be told.")
}

// writtenBeside is what a registration has written so far beside a record; nothing, while the
// record stands as it was sent.
type writtenBeside struct {
	content proto.Message
	duties  []dutyWritten
}

// also has a registration look, when the version that will stand is known; nil when it
// does not ask. Where nothing is written, it makes the changes that tell of the check.
func (k *personCheck) also(ctx context.Context, nominal uuid.UUID, w *writtenBeside) func(postgres.Record, int32) ([]accesslog.Change, error) {
	if k == nil {
		return nil
	}
	return func(r postgres.Record, n int32) ([]accesslog.Change, error) {
		b := newBatch(k.Deps)
		if w.content == nil {
			if err := k.subscribed(&b, identity.ID(nominal)); err != nil {
				return nil, err
			}
		}
		return b.changes, k.look(ctx, identity.ID(nominal), r, n, w)
	}
}

// look answers what is known of the suspect of a record that will stand in a version.
// What is shown is noted in the call. The view must have been pulled.
//
// That the victim came forward elsewhere, or is accused herself, is not in it, whoever
// asks: nobody learns that by registering.
func (k *personCheck) look(ctx context.Context, asked identity.ID, r postgres.Record, n int32, w *writtenBeside) error {
	if err := k.View.PullSearches(ctx); err != nil {
		return err
	}
	now := k.Now()
	who := k.View.Person(asked)
	see := k.sight(k.c, k.force)
	p := &person{links: who.Joined}
	h, err := k.history(ctx, k.force, k.insiders(k.c, k.force, asked, who))
	if err != nil {
		return err
	}
	confirmed := map[identity.ID]bool{}
	for _, id := range who.Members {
		confirmed[id] = who.Confirmed[id]
		m, ok := k.View.Nominal(id)
		if !ok {
			continue
		}
		see.note(id, m.Force, true)
		one := member{nominal: m, confirmed: who.Confirmed[id], open: m.Restriction == registerv1.Restriction_RESTRICTION_UNSPECIFIED || m.Force == k.force}
		if id == asked {
			one.found.ID = id
		}
		p.members = append(p.members, one)
		p.unconfirmed = p.unconfirmed || !one.confirmed
		k.warnings(h, &one)
	}
	for _, bond := range who.Joined {
		if l, ok := k.View.Link(bond.ID); ok {
			see.noteLink(l)
		}
	}
	standing := h.records[r.ID]
	delete(h.records, r.ID) // it is noted as what was registered
	k.noteShown(k.c, h.sorted())
	if standing != nil {
		h.records[r.ID] = standing
	}
	if w.content != nil {
		h.records[r.ID] = &opened{cur: postgres.Current{Record: r}, name: recordName(r)}
		if err := k.include(h.History, r, n, w.content, confirmed); err != nil {
			return err
		}
	}
	k.answer = &registerv1.PersonCheck{AsOfIndex: k.View.Head(), PossiblySame: k.possiblySame(see, asked)}
	k.tell(h, now)
	shown := k.shows(p)
	if k.answer.Duties, err = k.open(ctx, see, who, w.duties); err != nil {
		return err
	}
	return k.keep(p, shown, now)
}

// warnings adds the warnings that a nominal bears, and of one whose owner lets nothing
// else be told those of weapons and violence.
func (k *personCheck) warnings(h *history, m *member) {
	switch {
	case m.open:
		h.bear(m.nominal.Warnings, m.confirmed)
	case m.nominal.Restriction == registerv1.Restriction_RESTRICTION_SAFETY:
		danger := map[string]bool{}
		k.safetyWarnings(m.nominal, k.View.Courses(m.nominal.ID), danger)
		h.bear(sortedKeys(danger), m.confirmed)
	}
}

// tell fills in what the rules make of a history.
func (k *personCheck) tell(h *history, now time.Time) {
	if len(h.Checks) > 0 { // the newest first
		k.answer.LastCheck = &registerv1.HistoryCheck{Force: "forces/" + h.Checks[0].Force, CheckTime: timestamppb.New(h.Checks[0].Time)}
	}
	h.Checks = append(h.Checks, *k.made(now))
	card := k.Rules.Card(h.History, now)
	k.answer.Card, k.answer.Pattern = k.card(h, &card), pattern(card.Pattern)
	k.answer.HighRisk, k.answer.HighRiskUnconfirmed = card.HighRisk.Level == conduct.Yes, card.HighRisk.Unconfirmed
	for i := range card.Prompts {
		prompt := k.prompt(h, &card.Prompts[i])
		prompt.Evidence = nil
		k.answer.Prompts = append(k.answer.Prompts, prompt)
	}
}

// shows fills in who is behind the answer, and returns it as a search's candidate.
func (k *personCheck) shows(p *person) *registerv1.Candidate {
	out := k.candidate(p)
	out.Pattern, out.Strength = k.answer.GetPattern(), registerv1.MatchStrength_MATCH_STRENGTH_UNSPECIFIED
	k.answer.Records, k.answer.Contacts = out.GetRecords(), out.GetContacts()
	k.answer.Unconfirmed, k.answer.AskOwner = out.GetUnconfirmed(), out.GetAskOwner()
	return out
}

// keep seals with the entry what was shown, as that of a search is: for professional
// standards. No further step hangs on it; that hangs on the own nominal.
func (k *personCheck) keep(p *person, shown *registerv1.Candidate, now time.Time) error {
	search := &registerv1.Search{
		Name: "searches/" + k.id.String(), Reason: k.basis.GetReason(), Justification: k.basis.GetJustification(), Reference: k.basis.GetReference(),
		OnBehalfOf: k.basis.GetOnBehalfOf(), Outcome: registerv1.SearchOutcome_SEARCH_OUTCOME_HIT,
		CreateTime: timestamppb.New(now), ExpireTime: timestamppb.New(now), ModelVersion: k.View.Index().Model().Version,
	}
	shown.Name = search.GetName() + "/candidates/1"
	search.Candidates = []*registerv1.Candidate{shown}
	basis, err := freeze(p, shown)
	if err != nil {
		return err
	}
	k.c.SetSearch(k.id, &storev1.StoredSearch{Subject: call.Subject(k.c.Actor), Search: withoutShown(search), Bases: []*storev1.Basis{basis}})
	return nil
}

// committed completes an answer by the entry that it came with.
func (k *personCheck) committed() *registerv1.PersonCheck {
	if k == nil {
		return nil
	}
	for _, duty := range k.answer.GetDuties() {
		if duty.GetLogIndex() == 0 && k.c.Receipt != nil {
			duty.LogIndex = k.c.Receipt.Index
		}
	}
	return k.answer
}
