package standards

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/service"
	"github.com/perpetrator-register/register/internal/view"
)

// user is somebody whose use of the register is reviewed.
type user struct {
	force   string // code; empty for national roles
	subject string // his name in the log; empty when only a number is known
	collar  string // may be empty
}

// userOf is the user of whom a flag or a case is: a force system's officer is named
// "system/collar number" there.
func userOf(force, subject string) user {
	u := user{force: call.ForceCode(force), subject: subject}
	if at := strings.LastIndexByte(subject, '/'); at >= 0 && !strings.Contains(subject, "#") {
		u.collar = subject[at+1:]
	}
	return u
}

// callersOf are those behind an entry: its caller, and the officer for whom he called.
func callersOf(m *accesslog.Metadata) []user {
	out := []user{{force: m.Actor.Force, subject: m.Actor.Sub, collar: m.Actor.Collar}}
	if m.OnBehalfOf != "" {
		out = append(out, user{force: m.Actor.Force, collar: m.OnBehalfOf})
	}
	return out
}

// reviewer tells what binds a caller to those whose use he would review. What forces
// have told of them is read once.
type reviewer struct {
	d     *service.Deps
	c     *call.Call
	facts map[string]*misuse.Staff // by force and key
}

func reviewerOf(d *service.Deps, c *call.Call) *reviewer {
	return &reviewer{d: d, c: c, facts: map[string]*misuse.Staff{}}
}

// check refuses a reviewer who is bound to any of the users, and otherwise says how
// far that could be told. It stands in the entry.
func (r *reviewer) check(ctx context.Context, users ...user) (registerv1.ConflictCheck, error) {
	least := registerv1.ConflictCheck_CONFLICT_CHECK_COMPUTED
	for _, u := range users {
		tie, check, err := r.tie(ctx, u)
		switch {
		case err != nil:
			return 0, err
		case tie == misuse.TieSelf:
			return 0, notYours("it is about your own use")
		case tie != misuse.TieNone:
			return 0, service.NewProblem(codes.FailedPrecondition, service.ReasonReviewerConflict, "it is about "+string(tie)+": whoever is concerned cannot review; hand it to another")
		}
		least = min(least, check)
	}
	r.c.Entry.Marks = []string{conflictMark(least)}
	return least, nil
}

// apart refuses a second person who is the first, under whatever sign-in, or close to him:
// two who are as one are not two. That they are of one unit or line is no matter, as a
// department is.
func (r *reviewer) apart(ctx context.Context, first user) error {
	tie, _, err := r.tie(ctx, first)
	switch {
	case err != nil:
		return err
	case tie == misuse.TieSelf:
		return notYours("a second person must decide on what you have asked for")
	case tie == misuse.TieClose:
		return service.NewProblem(codes.FailedPrecondition, service.ReasonReviewerConflict, "it was asked by "+string(tie)+": hand it to another")
	}
	return nil
}

// conflictMark is how an entry says how far a reviewer could be checked.
func conflictMark(c registerv1.ConflictCheck) string {
	if c == registerv1.ConflictCheck_CONFLICT_CHECK_COMPUTED {
		return "conflict:computed"
	}
	return "conflict:declared"
}

// tie says what binds the caller to a user, and how far it could be told.
func (r *reviewer) tie(ctx context.Context, of user) (misuse.Tie, registerv1.ConflictCheck, error) {
	a := r.c.Actor
	own := user{force: a.Force, subject: call.Subject(a), collar: a.Collar}
	if own.subject == of.subject || (access.SameCollar(own.collar, of.collar) && own.force == of.force) {
		return misuse.TieSelf, 0, nil
	}
	mine, err := r.member(ctx, own)
	if err != nil {
		return "", 0, err
	}
	his, err := r.member(ctx, of)
	if err != nil {
		return "", 0, err
	}
	check := registerv1.ConflictCheck_CONFLICT_CHECK_DECLARED
	if mine.Placed() && his.Placed() {
		check = registerv1.ConflictCheck_CONFLICT_CHECK_COMPUTED
	}
	tie := misuse.TieBetween(mine, his, func(subject string) *misuse.Staff {
		for _, force := range []string{mine.Force, his.Force} {
			s, failed := r.fact(ctx, force, service.StaffKey(subject))
			if failed != nil {
				err = failed
			}
			if s != nil {
				return s
			}
		}
		return nil
	})
	return tie, check, err
}

// member is what his force has told of a user: under his sign-in, or else under his
// collar number. Where it has told nothing, others of whom it has may still name him.
func (r *reviewer) member(ctx context.Context, u user) (*misuse.Staff, error) {
	if u.force == "" { // of national roles nothing is told
		return &misuse.Staff{Subject: u.subject}, nil
	}
	s, err := r.fact(ctx, u.force, service.StaffKey(u.subject))
	if s == nil && err == nil && u.collar != "" {
		s, err = r.fact(ctx, u.force, service.CollarKey(u.collar))
	}
	if s == nil {
		s = &misuse.Staff{Subject: u.subject, Force: u.force}
	}
	return s, err
}

// fact is what a force has told of a member of staff under a key.
func (r *reviewer) fact(ctx context.Context, force, key string) (*misuse.Staff, error) {
	if s, ok := r.facts[force+key]; ok {
		return s, nil
	}
	cur, found, err := r.d.BySource(ctx, r.d.Keys.SourceHMACs(force, systemFacts, key, spaceFact))
	if err != nil {
		return nil, err
	}
	var s *misuse.Staff
	if found && cur.Wrapped != nil {
		var stored storev1.StoredFact
		if _, err := view.OpenVersion(r.d.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
			return nil, err
		}
		switch v := stored.GetFact().(type) {
		case *storev1.StoredFact_Staff:
			of := staffOf(force, v.Staff)
			s = &of
		case *storev1.StoredFact_Collar:
			if s, err = r.fact(ctx, force, service.StaffKey(v.Collar.GetSubject())); err != nil {
				return nil, err
			}
			if s != nil && !slices.Contains(s.Collars, strings.TrimPrefix(key, service.CollarKey(""))) {
				s = nil // he has another number by now
			}
		}
	}
	r.facts[force+key] = s
	return s, nil
}
