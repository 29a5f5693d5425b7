package service

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// SettleVictims implements the RPC. What is said is kept on the own course alone:
// between forces it holds once the other force's course says the same.
func (s *Courses) SettleVictims(ctx context.Context, req *registerv1.SettleVictimsRequest) (*registerv1.SettleVictimsResponse, error) {
	c := call.From(ctx)
	if req.GetName() == req.GetOther() {
		return nil, Invalid(ReasonInvalidFields, []Violation{{"other", "is the same course: name another"}})
	}
	resp := &registerv1.SettleVictimsResponse{}
	err := Retry(ctx, func() error {
		cur, stored, err := s.open(ctx, c, req.GetName())
		if err != nil {
			return err
		}
		if err := mayRevise(stored.GetTransferredTo()); err != nil {
			return err
		}
		other, theirs, err := s.otherCourse(ctx, c, cur.Record.Force, identity.ID(stored.GetNominalId()), req.GetOther())
		if err != nil {
			return err
		}
		id := other.Record.ID
		stored.Settlements = slices.DeleteFunc(stored.GetSettlements(), func(s *storev1.Settlement) bool { return uuid.UUID(s.GetOther()) == id })
		if req.GetSameness() != registerv1.VictimSameness_VICTIM_SAMENESS_UNSPECIFIED {
			stored.Settlements = append(stored.Settlements, &storev1.Settlement{Other: id[:], Sameness: req.GetSameness(), SettleTime: s.Timestamp()})
		}
		key, err := s.Keys.Unwrap(cur.Wrapped, cur.Record.ID[:])
		if err != nil {
			return err
		}
		change, err := s.Next(cur, key, cur.Version.Revision, stored)
		if err != nil {
			return err
		}
		resp.Version = int64(change.Version.N)
		if resp.Settled, err = s.holds(cur, stored, other, theirs); err != nil {
			return err
		}
		c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Code: req.GetSameness().String(), Explanation: req.GetExplanation(), Reference: req.GetOther()})
		c.Requires = []accesslog.Requirement{{Record: id, N: other.Version.N}}
		if err := s.Commit(ctx, c, cur.Record, change); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// otherCourse opens a course of any force that the caller may know of, and that is
// one of the person of an own nominal.
func (s *Courses) otherCourse(ctx context.Context, c *call.Call, force string, nominal identity.ID, name string) (postgres.Current, *storev1.StoredCourse, error) {
	if err := s.View.Pull(ctx); err != nil {
		return postgres.Current{}, nil, err
	}
	stored := &storev1.StoredCourse{}
	cur, _, err := s.Current(ctx, postgres.KindCourse, name, stored)
	if err != nil {
		return cur, nil, err
	}
	of := identity.ID(stored.GetNominalId())
	if s.Hides(c, of) {
		c.ShowSilent(cur.Record.ID, cur.Record.Force)
		return cur, nil, NotFound("course")
	}
	n, stands := s.View.Nominal(of)
	inPerson := slices.Contains(s.View.Person(nominal).Members, of)
	if cur.Record.Force != force {
		if !stands || n.Restriction != registerv1.Restriction_RESTRICTION_UNSPECIFIED || !inPerson {
			return cur, nil, NotFound("course")
		}
	} else if !inPerson {
		return cur, nil, NewProblem(codes.FailedPrecondition, ReasonNotOnePerson, "the two courses are not of one person: look at the links of their nominals")
	}
	return cur, stored, nil
}

// holds reports whether what is said of two courses' victims holds.
func (s *Courses) holds(a postgres.Current, own *storev1.StoredCourse, b postgres.Current, theirs *storev1.StoredCourse) (bool, error) {
	one, err := s.View.Course(a.Record, a.Version.N, own)
	if err != nil {
		return false, err
	}
	two, err := s.View.Course(b.Record, b.Version.N, theirs)
	if err != nil {
		return false, err
	}
	return conduct.HoldsSettled(*one, *two), nil
}
