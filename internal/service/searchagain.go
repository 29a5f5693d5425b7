package service

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// nominalsBehind are the record ids of the nominals behind a search's candidates.
func nominalsBehind(stored *storev1.StoredSearch) (ids []uuid.UUID) {
	for _, b := range stored.GetBases() {
		for _, ref := range b.GetNominals() {
			ids = append(ids, uuid.UUID(ref.GetId()))
		}
	}
	return ids
}

// GetSearch implements the RPC.
func (s *Searches) GetSearch(ctx context.Context, req *registerv1.GetSearchRequest) (*registerv1.Search, error) {
	c := call.From(ctx)
	stored, index, err := s.ownSearch(ctx, c, req.GetName())
	if err != nil {
		return nil, err
	}
	if err := s.View.Pull(ctx); err != nil {
		return nil, notChecked(err)
	}
	answer := stored.GetSearch()
	current, err := s.currentByID(ctx, nominalsBehind(stored))
	if err != nil {
		return nil, err
	}
	var again *rescoring
	if req.GetRescore() {
		again = s.rescoring(c, answer)
	}
	for i, b := range stored.GetBases() {
		for _, ref := range b.GetNominals() {
			if cur, ok := current[uuid.UUID(ref.GetId())]; ok {
				c.Show(cur.Record.ID, cur.Record.Force)
			}
		}
		best, err := s.unfreeze(b, answer.GetCandidates()[i], current)
		if err == nil && best != nil && again != nil {
			err = again.weigh(answer.GetCandidates()[i], *best)
		}
		if err != nil {
			return nil, err
		}
	}
	answer.Notices = append(answer.Notices, s.retractions(c, stored, index)...)
	if again != nil {
		answer.Notices = append(answer.Notices, again.notice())
	}
	return answer, nil
}

// unfreeze puts back what a candidate showed, and returns the record that it
// showed it of: nil if nothing was shown, or the record was erased.
func (s *Deps) unfreeze(b *storev1.Basis, into *registerv1.Candidate, current map[uuid.UUID]postgres.Current) (*postgres.Current, error) {
	if len(b.GetShown()) == 0 {
		return nil, nil //nolint:nilnil // there is nothing to put back
	}
	for _, ref := range b.GetNominals() {
		id := uuid.UUID(ref.GetId())
		cur, ok := current[id]
		if !ok || cur.Wrapped == nil {
			continue
		}
		key, err := s.Keys.Unwrap(cur.Wrapped, id[:])
		if err != nil {
			return nil, err
		}
		plain, err := key.Open(b.GetShown(), shownAD(identity.ID(id)))
		if err != nil {
			continue // sealed under another of the nominals
		}
		var shown storev1.Shown
		if err := proto.Unmarshal(plain, &shown); err != nil {
			return nil, err
		}
		into.DisplayName = shown.GetCandidate().GetDisplayName()
		into.BirthDate = shown.GetCandidate().GetBirthDate()
		into.Terms = shown.GetCandidate().GetTerms()
		return &cur, nil
	}
	return nil, nil //nolint:nilnil // the record was erased
}

// rescoring weighs the candidates of an old search with today's model and
// records.
type rescoring struct {
	*Deps
	c     *call.Call
	asked identity.Record
	late  bool // candidates can be opened no more
}

func (d *Deps) rescoring(c *call.Call, search *registerv1.Search) *rescoring {
	asked, _ := identity.NewRecord(view.MapCriteria(search.GetCriteria(), "search.criteria").Raw)
	return &rescoring{Deps: d, c: c, asked: asked, late: !d.Now().Before(search.GetExpireTime().AsTime())}
}

// weigh weighs the nominal behind a candidate anew. One that may not be shown
// now, or has been withdrawn, stays as it was shown. Once its candidates can be
// opened no more, a search tells no value of a record that it has not told yet.
func (r *rescoring) weigh(candidate *registerv1.Candidate, cur postgres.Current) error {
	n, stands := r.View.Nominal(identity.ID(cur.Record.ID))
	if !stands || n.Silent() || n.Restriction != registerv1.Restriction_RESTRICTION_UNSPECIFIED && n.Force != r.c.Actor.Force {
		return nil
	}
	var stored storev1.StoredNominal
	if _, err := view.OpenVersion(r.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
		return err
	}
	scored := r.View.Index().Score(r.asked, view.Record(stored.GetNominal()))
	told := map[string]bool{}
	for _, t := range candidate.GetTerms() {
		told[t.GetField()+"\x00"+t.GetRecordValue()] = true
	}
	candidate.Terms = nil
	for _, t := range scored.Terms {
		term := matchTerm(t)
		if r.late && !told[t.Field+"\x00"+t.Record] {
			term.RecordValue = ""
		}
		candidate.Terms = append(candidate.Terms, term)
	}
	candidate.Bits, candidate.Prior, candidate.Probability = round(scored.Bits, 2), round(scored.Prior, 2), round(scored.Probability, 6)
	candidate.Strength = r.strength(scored)
	candidate.RescoredModelVersion = scored.Model
	return nil
}

func (r *rescoring) notice() *registerv1.SearchNotice {
	message := "weighed anew with today's model and records; who was found, and in which order, stays as it was shown"
	if r.late {
		message += "; the search is too old to open candidates from: values of records that it has not shown are left out"
	}
	return &registerv1.SearchNotice{Code: "RESCORED", Message: message}
}

// ownSearch opens the sealed body of a search that the caller made; index is
// that of its entry.
func (d *Deps) ownSearch(ctx context.Context, c *call.Call, name string) (stored *storev1.StoredSearch, index int64, err error) {
	id, err := uuid.Parse(strings.Split(strings.TrimPrefix(name, "searches/"), "/")[0])
	if err != nil {
		return nil, 0, notFound("search of yours")
	}
	body, err := d.DB.BodyBySearch(ctx, id)
	if errors.Is(err, postgres.ErrNotFound) {
		return nil, 0, notFound("search of yours")
	}
	if err != nil {
		return nil, 0, err
	}
	stored = &storev1.StoredSearch{}
	if err := OpenBody(d.Keys, body, stored); err != nil {
		return nil, 0, err
	}
	if stored.GetSubject() != call.Subject(c.Actor) {
		return nil, 0, notFound("search of yours")
	}
	c.Entry.Reason = stored.GetSearch().GetReason()
	return stored, body.Entry.Index, nil
}

// foundCandidate is a candidate of an own search that may still be opened.
type foundCandidate struct {
	search *storev1.StoredSearch
	index  int64 // of the search's entry
	shown  *registerv1.Candidate
	basis  *storev1.Basis
}

// openCandidate finds a candidate of an own search that is not too old.
func (d *Deps) openCandidate(ctx context.Context, c *call.Call, name string) (foundCandidate, error) {
	stored, index, err := d.ownSearch(ctx, c, name)
	if err != nil {
		return foundCandidate{}, err
	}
	if !d.Now().Before(stored.GetSearch().GetExpireTime().AsTime()) {
		return foundCandidate{}, problem(codes.FailedPrecondition, ReasonSearchExpired, "the search is too old to open candidates from: search again")
	}
	number, err := strconv.Atoi(call.RecordID(name))
	if err != nil || number < 1 || number > len(stored.GetBases()) {
		return foundCandidate{}, notFound("candidate")
	}
	return foundCandidate{stored, index, stored.GetSearch().GetCandidates()[number-1], stored.GetBases()[number-1]}, nil
}
