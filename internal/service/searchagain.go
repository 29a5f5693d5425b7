package service

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// Behind gives the owner forces of the nominals behind a search's candidates, and the
// keys of those that have not been erased. Of most the view holds both.
func (d *Deps) Behind(ctx context.Context, stored *storev1.StoredSearch) (owners map[uuid.UUID]string, keys map[uuid.UUID]seal.DataKey, err error) {
	owners, keys = map[uuid.UUID]string{}, map[uuid.UUID]seal.DataKey{}
	var others []uuid.UUID
	for _, b := range stored.GetBases() {
		for _, ref := range b.GetNominals() {
			id := uuid.UUID(ref.GetId())
			if n, ok := d.View.Nominal(identity.ID(id)); ok {
				owners[id], keys[id] = n.Force, n.Key
			} else {
				others = append(others, id) // withdrawn or erased
			}
		}
	}
	current, err := d.CurrentByID(ctx, others)
	for id, cur := range current {
		owners[id] = cur.Record.Force
		if cur.Wrapped != nil && err == nil {
			keys[id], err = d.Keys.Unwrap(cur.Wrapped, id[:])
		}
	}
	return owners, keys, err
}

// keysOf are the keys of records that were opened.
func keysOf(all []*opened) map[uuid.UUID]seal.DataKey {
	out := make(map[uuid.UUID]seal.DataKey, len(all))
	for _, o := range all {
		if o != nil {
			out[o.cur.Record.ID] = o.key
		}
	}
	return out
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
	owners, keys, err := s.Behind(ctx, stored)
	if err != nil {
		return nil, err
	}
	var again *rescoring
	if req.GetRescore() {
		again = s.rescoring(c, answer)
	}
	for i, b := range stored.GetBases() {
		for _, ref := range b.GetNominals() {
			if id := uuid.UUID(ref.GetId()); owners[id] != "" {
				c.Show(id, owners[id])
			}
		}
		best, err := Unfreeze(b, answer.GetCandidates()[i], keys)
		if err == nil && best != uuid.Nil && again != nil {
			err = again.weigh(ctx, answer.GetCandidates()[i], best)
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

// Unfreeze puts back what a candidate showed, and returns the nominal that it showed it
// of: uuid.Nil if nothing was shown, or the record was erased.
func Unfreeze(b *storev1.Basis, into *registerv1.Candidate, keys map[uuid.UUID]seal.DataKey) (uuid.UUID, error) {
	if len(b.GetShown()) == 0 {
		return uuid.Nil, nil
	}
	for _, ref := range b.GetNominals() {
		id := uuid.UUID(ref.GetId())
		key, ok := keys[id]
		if !ok {
			continue
		}
		plain, err := key.Open(b.GetShown(), shownAD(identity.ID(id)))
		if err != nil {
			continue // sealed under another of the nominals
		}
		var shown storev1.Shown
		if err := proto.Unmarshal(plain, &shown); err != nil {
			return uuid.Nil, err
		}
		into.DisplayName = shown.GetCandidate().GetDisplayName()
		into.BirthDate = shown.GetCandidate().GetBirthDate()
		into.Terms = shown.GetCandidate().GetTerms()
		return id, nil
	}
	return uuid.Nil, nil
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
func (r *rescoring) weigh(ctx context.Context, candidate *registerv1.Candidate, id uuid.UUID) error {
	n, stands := r.View.Nominal(identity.ID(id))
	if !stands || n.Silent() || n.Restriction != registerv1.Restriction_RESTRICTION_UNSPECIFIED && n.Force != r.c.Actor.Force {
		return nil
	}
	all, err := r.openAll(ctx, []uuid.UUID{id}, asOfNow)
	if err != nil || all[0] == nil {
		return err
	}
	nominal, _ := all[0].shown[forOwn].(*registerv1.Nominal)
	scored := r.View.Index().Score(r.asked, view.Record(nominal))
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
		return nil, 0, NotFound("search of yours")
	}
	body, err := d.DB.BodyBySearch(ctx, id)
	if errors.Is(err, postgres.ErrNotFound) {
		return nil, 0, NotFound("search of yours")
	}
	if err != nil {
		return nil, 0, err
	}
	stored = &storev1.StoredSearch{}
	if err := OpenBody(d.Keys, body, stored); err != nil {
		return nil, 0, err
	}
	if stored.GetSubject() != call.Subject(c.Actor) {
		return nil, 0, NotFound("search of yours")
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
		return foundCandidate{}, NewProblem(codes.FailedPrecondition, ReasonSearchExpired, "the search is too old to open candidates from: search again")
	}
	number, err := strconv.Atoi(call.RecordID(name))
	if err != nil || number < 1 || number > len(stored.GetBases()) {
		return foundCandidate{}, NotFound("candidate")
	}
	return foundCandidate{stored, index, stored.GetSearch().GetCandidates()[number-1], stored.GetBases()[number-1]}, nil
}

// OpenBody opens the sealed body of a log entry into m.
func OpenBody(keys *seal.KeyRing, b postgres.StoredBody, m proto.Message) error {
	meta, err := accesslog.ParseMetadata(b.Entry.Meta)
	if err != nil {
		return err
	}
	key, err := keys.Unwrap(b.Wrapped, meta.ID[:])
	if err != nil {
		return fmt.Errorf("service: body of entry %d: %w", b.Entry.Index, err)
	}
	plain, err := key.Open(b.Sealed, seal.BodyAD(meta.ID))
	if err != nil {
		return fmt.Errorf("service: body of entry %d: %w", b.Entry.Index, err)
	}
	return proto.Unmarshal(plain, m)
}
