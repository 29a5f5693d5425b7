package service

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// rankedReads is how many histories are read for each person that is listed, at most.
const rankedReads = 4

// contender is a person of whom a force holds conduct, by one of its nominals.
type contender struct {
	id     identity.ID
	person identity.Person
	// bound is what his ranking can come to at most, by what is in memory.
	bound float64
}

// ListRanked implements the RPC. What is in memory bounds each ranking; histories
// are read from the highest bound on, until nobody who was not read can come in.
func (s *Histories) ListRanked(ctx context.Context, req *registerv1.ListRankedRequest) (*registerv1.ListRankedResponse, error) {
	c := call.From(ctx)
	if err := s.View.PullAll(ctx); err != nil {
		return nil, err
	}
	force, size, now := call.ForceCode(req.GetParent()), PageSize(req.GetPageSize(), 20), s.Now()
	all := s.contenders(c, force, now)
	var out []*registerv1.RankedPerson
	for i, k := range all {
		if len(out) >= size && out[size-1].GetRanking().GetScore() >= k.bound || i == rankedReads*size {
			break
		}
		one, err := s.ranked(ctx, c, force, k, now)
		if err != nil {
			return nil, err
		}
		if one == nil {
			continue
		}
		at, _ := slices.BinarySearchFunc(out, one, func(a, b *registerv1.RankedPerson) int {
			return cmp.Or(cmp.Compare(b.GetRanking().GetScore(), a.GetRanking().GetScore()), cmp.Compare(a.GetNominal(), b.GetNominal()))
		})
		out = slices.Insert(out, at, one)
	}
	out = out[:min(size, len(out))]
	see := s.sight(c, force)
	for _, one := range out {
		id, err := uuid.Parse(call.RecordID(one.GetNominal()))
		if err != nil {
			return nil, err
		}
		c.Show(id, force)
		for _, bond := range s.View.Person(identity.ID(id)).Joined {
			if l, ok := s.View.Link(bond.ID); ok {
				see.noteLink(l)
			}
		}
	}
	return &registerv1.ListRankedResponse{Persons: out}, nil
}

// contenders are the persons of whom a force holds conduct, the highest bound first.
// Each stands once, by the nominal about which something was recorded last.
func (s *Histories) contenders(c *call.Call, force string, now time.Time) []contender {
	var out []contender
	seen := map[identity.ID]bool{}
	for _, id := range s.View.WithConduct(force) {
		n, ok := s.View.Nominal(id)
		if !ok || n.Force != force || seen[id] || n.Silent() || s.Hides(c, id) {
			continue
		}
		k := contender{id: id, person: s.View.Person(id)}
		for _, other := range k.person.Members {
			seen[other] = true
		}
		k.bound = s.bound(s.insiders(c, force, id, k.person), now)
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b contender) int {
		return cmp.Or(cmp.Compare(b.bound, a.bound), slices.Compare(a.id[:], b.id[:]))
	})
	return out
}

// bound is what a ranking can come to at most, by what is in memory.
func (s *Histories) bound(of []insider, now time.Time) float64 {
	var courses []conduct.Course
	var breaches []conduct.Day
	seen := map[identity.ID]bool{}
	broke := func(id identity.ID) {
		if part, ok := s.View.Part(id); ok && !seen[id] && part.Occurred != conduct.NoDay {
			seen[id] = true
			breaches = append(breaches, part.Occurred)
		}
	}
	for _, in := range of {
		for _, course := range s.View.Courses(in.id) {
			courses = append(courses, *course)
		}
		for _, id := range s.View.PartIDs(in.id, postgres.KindBreach, postgres.KindMeasure) {
			broke(id)
			for _, breach := range s.View.BreachesOf(id) { // under whatever name
				broke(breach)
			}
		}
	}
	return s.Rules.RankAtMost(courses, breaches, now)
}

// ranked reads a person's history and ranks him by it; nil when nothing in it counts.
func (s *Histories) ranked(ctx context.Context, c *call.Call, force string, k contender, now time.Time) (*registerv1.RankedPerson, error) {
	n, ok := s.View.Nominal(k.id)
	if !ok {
		return nil, nil //nolint:nilnil // withdrawn meanwhile
	}
	of := s.insiders(c, force, k.id, k.person)
	h, err := s.history(ctx, force, of)
	if err != nil {
		return nil, err
	}
	h.Counters = s.sight(c, force).counters(h.courses)
	r := s.Rules.Rank(h.History, now)
	if r.Total == 0 {
		return nil, nil //nolint:nilnil // there is nobody to rank
	}
	out := &registerv1.RankedPerson{
		Nominal: ResourceName(postgres.KindNominal, force, uuid.UUID(k.id)), DisplayName: n.Name, BirthDate: n.Birth, Ranking: rankingOf(r),
	}
	for _, in := range of {
		out.Unconfirmed = out.Unconfirmed || !in.confirmed
		for _, d := range s.View.DutiesOf(in.id) {
			if d.Force == force && d.Open() {
				out.OpenDuties++
			}
		}
	}
	return out, nil
}
