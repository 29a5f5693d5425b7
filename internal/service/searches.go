package service

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// Searches implements register.v1.SearchService.
type Searches struct {
	registerv1.UnimplementedSearchServiceServer
	*Deps
}

// Limits of an answer.
const (
	maxCandidates = 10 // persons shown
	maxNominals   = 40 // nominals looked at to form them
)

// Marks of searches in the log.
const (
	MarkSelf = "self" // refused: it was for the searcher himself
	MarkWide = "wide" // more persons match than are shown
)

// CreateSearch implements the RPC.
func (s *Searches) CreateSearch(ctx context.Context, req *registerv1.CreateSearchRequest) (*registerv1.Search, error) {
	c := call.From(ctx)
	asked := req.GetSearch()
	s.noteGround(c, asked)
	mapped := view.MapCriteria(asked.GetCriteria(), "search.criteria")
	c.Entry.Terms = s.termHMACs(mapped.Raw)
	if searchesSelf(c.Actor, mapped.Raw) {
		return nil, refusedSelf(c, ownSearch)
	}
	record, _ := identity.NewRecord(mapped.Raw)
	found, silent, err := s.look(ctx, c, record)
	if err != nil {
		return nil, notChecked(err)
	}

	id := uuid.Must(uuid.NewV7())
	now := s.Now()
	answer := &registerv1.Search{
		Name:          "searches/" + id.String(),
		Reason:        asked.GetReason(),
		Justification: asked.GetJustification(),
		Reference:     asked.GetReference(),
		OnBehalfOf:    asked.GetOnBehalfOf(),
		Criteria:      asked.GetCriteria(),
		Outcome:       registerv1.SearchOutcome_SEARCH_OUTCOME_NO_HIT,
		CreateTime:    timestamppb.New(now),
		ExpireTime:    timestamppb.New(now.Add(s.SearchTTL)),
		ModelVersion:  s.View.Index().Model().Version,
		Notices:       notices(found),
	}
	body := &storev1.StoredSearch{Subject: call.Subject(c.Actor)}
	people, more := s.people(c.Actor.Force, found.Candidates)
	body.Victims = s.noteVictims(c, asked.GetCriteria())
	body.Silent = s.noteSilent(c, silent)
	if more || found.Found > len(found.Candidates) {
		answer.Notices = append(answer.Notices, s.more(c))
	}
	for i, p := range people {
		for _, l := range p.links {
			s.met(c, l.ID)
		}
		candidate := s.candidate(p)
		candidate.Name = fmt.Sprintf("%s/candidates/%d", answer.GetName(), i+1)
		answer.Candidates = append(answer.Candidates, candidate)
		basis, err := freeze(p, candidate)
		if err != nil {
			return nil, err
		}
		body.Bases = append(body.Bases, basis)
		for _, m := range p.members {
			c.Show(uuid.UUID(m.nominal.ID), m.nominal.Force)
		}
	}
	if len(people) > 0 {
		answer.Outcome = registerv1.SearchOutcome_SEARCH_OUTCOME_HIT
	}
	s.possiblySame(c, people, answer.GetCandidates())
	body.Search = withoutShown(answer)
	c.SetSearch(id, body)
	var nominals []identity.ID
	for _, p := range people {
		for _, m := range p.members {
			nominals = append(nominals, m.nominal.ID)
		}
	}
	b := newBatch(s.Deps)
	err = b.searched(c.Actor.Force, id, nominals, "has searched for a person of whom your force asked to be told.")
	if err != nil || len(b.changes) == 0 {
		return answer, err
	}
	return answer, c.Commit(ctx, OutcomeName(codes.OK), b.changes...)
}

// look finds nominals with every change that committed before the call. While little is
// written it asks nobody: the log makes sure as it writes the entry, and has the call
// performed again if something was written after all.
func (s *Searches) look(ctx context.Context, c *call.Call, record identity.Record) (identity.Result, []*view.Nominal, error) {
	limits := identity.Limits{Candidates: maxNominals}
	if s.Confirms && !c.Overtaken && s.View.Quiet() {
		c.Level, c.Unchanged = s.View.Head(), true // before: more may be learnt in between
		found, silent := s.View.Glance(record, limits)
		return found, silent, nil
	}
	return s.View.Search(ctx, record, limits)
}

// noteSilent notes in the entry the SILENT nominals that the criteria fit, and returns their
// ids.
func (s *Searches) noteSilent(c *call.Call, silent []*view.Nominal) (ids [][]byte) {
	if len(silent) == 0 {
		// One row at least: how long the entry takes must not tell either.
		c.ShowSilent(nobody(c.Entry.Terms), "")
	}
	for _, n := range silent {
		c.ShowSilent(uuid.UUID(n.ID), n.Force)
		ids = append(ids, n.ID[:])
	}
	return ids
}

// more tells that more match than are shown, and marks the entry by it.
func (s *Searches) more(c *call.Call) *registerv1.SearchNotice {
	c.Entry.Marks = append(c.Entry.Marks, MarkWide)
	return &registerv1.SearchNotice{
		Code: "MORE_CANDIDATES", Message: "more persons match than are shown: add a date of birth, an identifier or a fuller name",
	}
}

// noteGround notes in the entry why, for whom and for what matter a person is asked about.
func (d *Deps) noteGround(c *call.Call, g interface {
	GetReason() string
	GetOnBehalfOf() string
	GetReference() string
}) {
	c.Entry.Reason, c.Entry.OnBehalfOf = g.GetReason(), g.GetOnBehalfOf()
	if g.GetReference() != "" {
		c.Entry.ReferenceHMAC = d.Keys.ReferenceHMAC(c.Actor.Force, g.GetReference())
	}
}

// Why whoever asks about himself is refused.
const (
	ownSearch  = "nobody may search for himself: ask your supervisor; this refusal says nothing about any record"
	ownNominal = "nobody may register himself: ask your supervisor; this refusal says nothing about any record"
)

// refusedSelf refuses whoever asks about himself, and marks the entry by it.
func refusedSelf(c *call.Call, why string) error {
	c.Entry.Marks = append(c.Entry.Marks, MarkSelf)
	return NewProblem(codes.PermissionDenied, ReasonSelfSearch, why)
}

// met notes that an answer rests on a link, so that whoever was shown it can be
// told when it falls.
func (s *Searches) met(c *call.Call, link identity.ID) {
	if l, ok := s.View.Link(link); ok {
		c.Met(uuid.UUID(l.ID), l.Force)
	}
}

// possiblySame names to each candidate those that may be the same person, on a
// link that waits for a decision.
func (s *Searches) possiblySame(c *call.Call, people []*person, candidates []*registerv1.Candidate) {
	of := map[identity.ID]int{}
	for i, p := range people {
		for _, m := range p.members {
			of[m.nominal.ID] = i
		}
	}
	for i, p := range people {
		for _, m := range p.members {
			for _, l := range s.View.LinksOf(m.nominal.ID) {
				j, shown := of[l.Other(m.nominal.ID)]
				if l.State != registerv1.LinkState_LINK_STATE_PROPOSED || !shown || i == j {
					continue
				}
				if name := candidates[j].GetName(); !slices.Contains(candidates[i].GetPossiblySame(), name) {
					candidates[i].PossiblySame = append(candidates[i].PossiblySame, name)
				}
				s.met(c, l.ID)
			}
		}
	}
}

// nobody is the id of no record, the same whenever the same is asked, so that
// the database finds its place as it does that of a record.
func nobody(terms []string) uuid.UUID {
	sum := sha256.Sum256([]byte(strings.Join(terms, " ")))
	return uuid.UUID(sum[:16])
}

// notices tell how the search was limited.
func notices(found identity.Result) []*registerv1.SearchNotice {
	var out []*registerv1.SearchNotice
	for _, criterion := range found.TooCommon {
		out = append(out, &registerv1.SearchNotice{
			Code: "TOO_COMMON", Field: criterion,
			Message: "matches too many nominals to be used alone: add a date of birth, an identifier or a fuller name",
		})
	}
	if found.BudgetReached {
		out = append(out, &registerv1.SearchNotice{
			Code: "BUDGET_HIT", Message: "not every possible match was looked at: add a date of birth, an identifier or a fuller name",
		})
	}
	return out
}

// termHMACs are the keyed codes of what was asked.
func (s *Searches) termHMACs(raw identity.Raw) []string {
	terms := TermsOf(raw)
	out := make([]string, len(terms))
	for i, t := range terms {
		out[i] = s.Keys.TermHMAC(t.Kind, t.Value)
	}
	return out
}

// freeze is the set of nominals behind a candidate, with what was shown of
// the best of them sealed under that record's own key.
func freeze(p *person, shown *registerv1.Candidate) (*storev1.Basis, error) {
	basis := &storev1.Basis{}
	for _, m := range p.members {
		basis.Nominals = append(basis.Nominals, &storev1.NominalRef{Id: m.nominal.ID[:], Version: m.nominal.Version})
	}
	best := p.best()
	if best == nil {
		return basis, nil
	}
	plain, err := proto.Marshal(&storev1.Shown{Candidate: &registerv1.Candidate{
		DisplayName: shown.GetDisplayName(), BirthDate: shown.GetBirthDate(), Terms: shown.GetTerms(),
	}})
	if err != nil {
		return nil, err
	}
	basis.Shown, err = best.nominal.Key.Seal(plain, shownAD(best.nominal.ID))
	return basis, err
}

func shownAD(id identity.ID) []byte { return seal.RecordAD(id, "shown") }

// withoutShown copies a search and leaves out what it showed of records. That
// is most of it, so it is set aside while the rest is copied.
func withoutShown(s *registerv1.Search) *registerv1.Search {
	type shown struct {
		name  string
		birth *registerv1.PartialDate
		terms []*registerv1.MatchTerm
	}
	aside := make([]shown, len(s.GetCandidates()))
	for i, c := range s.GetCandidates() {
		aside[i] = shown{c.DisplayName, c.BirthDate, c.Terms}
		c.DisplayName, c.BirthDate, c.Terms = "", nil, nil
	}
	out, ok := proto.Clone(s).(*registerv1.Search)
	for i, c := range s.GetCandidates() {
		c.DisplayName, c.BirthDate, c.Terms = aside[i].name, aside[i].birth, aside[i].terms
	}
	if !ok {
		return &registerv1.Search{}
	}
	return out
}

// CurrentByID reads records with their newest versions; those that are not there are left out.
func (d *Deps) CurrentByID(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]postgres.Current, error) {
	out := map[uuid.UUID]postgres.Current{}
	if len(ids) == 0 {
		return out, nil
	}
	all, err := d.DB.CurrentByID(ctx, ids)
	for _, cur := range all {
		out[cur.Record.ID] = cur
	}
	return out, err
}
