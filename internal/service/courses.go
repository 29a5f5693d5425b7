package service

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// Courses implements register.v1.ConductService.
type Courses struct {
	registerv1.UnimplementedConductServiceServer
	*Deps
	// Nominals opens the suspects.
	Nominals *Nominals
}

// RegisterCourse implements the RPC.
func (s *Courses) RegisterCourse(ctx context.Context, req *registerv1.RegisterCourseRequest) (*registerv1.RegisterCourseResponse, error) {
	return s.register(ctx, call.From(ctx), req)
}

func (s *Courses) register(ctx context.Context, c *call.Call, req *registerv1.RegisterCourseRequest) (*registerv1.RegisterCourseResponse, error) {
	force := call.ForceCode(req.GetParent())
	course, ok := proto.Clone(req.GetCourse()).(*registerv1.CourseOfConduct)
	if !ok {
		return nil, errors.New("service: clone")
	}
	content := s.content(force, course)
	content.Registrant = call.Subject(c.Actor)
	if req.GetHistoricLoad() {
		course.LoadTime = content.GetCreateTime()
	}
	source := course.GetSource()
	resp := &registerv1.RegisterCourseResponse{Flags: s.Check.courseFlags(course)}
	check, err := s.newCheck(c, force, req.GetCheck())
	if err != nil {
		return nil, err
	}
	err = Retry(ctx, func() error {
		// What it means for others is told with it.
		if err := s.View.Pull(ctx); err != nil {
			return err
		}
		nominal, err := s.Nominals.suspect(ctx, c, force, req.GetCourse().GetNominal(), req.GetNominalSource())
		if err != nil {
			return err
		}
		if err := check.refuseSelf(nominal); err != nil {
			return err
		}
		course.Nominal = ResourceName(postgres.KindNominal, force, nominal.Record.ID)
		content.NominalId = nominal.Record.ID[:]
		if content.ContentHash, err = ContentHash(asSent(course)); err != nil {
			return err
		}
		// The suspect must not be erased or changed meanwhile.
		c.Requires = []accesslog.Requirement{{Record: nominal.Record.ID, N: nominal.Version.N}}
		at := place{hmacs: s.Keys.SourceHMACs(force, source.GetSystem(), source.GetReference(), spaceCourse)}
		if err := s.look(ctx, &at); err != nil {
			return err
		}
		if !at.found {
			course.Standings = reached(nil, course, content.GetUpdateTime())
			if err := s.mayClose(ctx, c, uuid.Nil, nil, content); err != nil {
				return err
			}
		}
		var was *storev1.StoredCourse
		var beside writtenBeside
		done, err := s.upsert(ctx, c, upsert{
			kind: postgres.KindCourse, force: force, place: at, revision: source.GetRevision(), content: content,
			revise: func(cur postgres.Current) (change accesslog.Change, same bool, err error) {
				change, was, same, err = s.revise(ctx, c, cur, content, req.GetReinstate())
				return change, same, err
			},
			beside: func(change accesslog.Change) ([]accesslog.Change, error) {
				told, err := s.tellOfCourse(ctx, c, change, was, content, check)
				if err != nil {
					return nil, err
				}
				beside = writtenBeside{content, told.duties}
				return told.changes, nil
			},
			also: check.also(ctx, nominal.Record.ID, &beside),
		})
		resp.Name, resp.Version, resp.Outcome = done.name, done.version, done.outcome
		return err
	})
	if err != nil {
		return nil, err
	}
	resp.Check = check.committed()
	return resp, nil
}

// content makes of a course as sent what is stored of it: from here on the victims
// exist as tokens alone.
func (s *Courses) content(force string, course *registerv1.CourseOfConduct) *storev1.StoredCourse {
	principal := VictimDetails(course.GetVictim())
	if ref := course.GetVictimReference(); ref != "" {
		principal.Reference = force + "|" + ref
	}
	now := s.Timestamp()
	out := &storev1.StoredCourse{Course: course, Victim: s.tokens(principal), CreateTime: now, UpdateTime: now}
	for _, a := range course.GetAssociatedVictims() {
		out.Associated = append(out.Associated, s.tokens(VictimDetails(a)))
	}
	course.Victim, course.AssociatedVictims, course.VictimReference = nil, nil, ""
	course.Name, course.Version, course.UpdateTime, course.LoadTime, course.Standings = "", 0, nil, nil, nil
	course.Owners, course.Offer, course.TransferredTo = nil, "", ""
	course.AssociatedVictimCount = int32(len(out.GetAssociated())) //nolint:gosec // at most 20
	course.State = registerv1.RecordState_RECORD_STATE_ACTIVE
	sortIncidents(course)
	return out
}

// asSent is a course without what the register keeps beside it.
func asSent(course *registerv1.CourseOfConduct) *registerv1.CourseOfConduct {
	out, ok := proto.Clone(course).(*registerv1.CourseOfConduct)
	if !ok {
		return course
	}
	out.LoadTime, out.Standings, out.Owners = nil, nil, nil
	return out
}

// reached is the list of standings with the one that a course has now.
func reached(before []*registerv1.StandingSince, course *registerv1.CourseOfConduct, stored *timestamppb.Timestamp) []*registerv1.StandingSince {
	since := course.GetStandingTime()
	if since == nil {
		since = stored
	}
	out := slices.Clone(before)
	if last := len(out) - 1; last >= 0 && out[last].GetStanding() == course.GetStanding() {
		if course.GetStandingTime() != nil {
			out[last] = &registerv1.StandingSince{Standing: course.GetStanding(), SinceTime: since}
		}
		return out
	}
	return append(out, &registerv1.StandingSince{Standing: course.GetStanding(), SinceTime: since})
}

// sortIncidents puts the incidents into the order they happened, so that the
// order in which a system sends them makes no new content.
func sortIncidents(course *registerv1.CourseOfConduct) {
	slices.SortStableFunc(course.GetIncidents(), func(a, b *registerv1.Incident) int {
		return cmp.Or(a.GetOccurTime().AsTime().Compare(b.GetOccurTime().AsTime()), strings.Compare(a.GetReference(), b.GetReference()))
	})
}

func (s *Courses) tokens(v victim.Details) *storev1.VictimTokens {
	out := &storev1.VictimTokens{}
	for _, t := range s.Keys.VictimTokens(v) {
		out.Tokens = append(out.Tokens, &storev1.VictimToken{Kind: uint32(t.Kind), Layer: uint32(t.Layer), Sum: t.Sum[:]})
	}
	return out
}

// revise makes the next version of a known course, and returns what it was; same
// is true when this revision is stored already.
func (s *Courses) revise(ctx context.Context, c *call.Call, cur postgres.Current, content *storev1.StoredCourse, reinstate bool) (change accesslog.Change, was *storev1.StoredCourse, same bool, err error) {
	if cur.Wrapped == nil {
		return accesslog.Change{}, nil, false, ErrErased()
	}
	was = &storev1.StoredCourse{}
	key, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, was)
	if err != nil {
		return accesslog.Change{}, nil, false, err
	}
	sameContent := bytes.Equal(was.GetContentHash(), content.GetContentHash()) && s.sameVictims(was, content)
	same, err = checkRevision(content.GetCourse().GetSource().GetRevision(), cur.Version.Revision, sameContent)
	if err != nil || same {
		return accesslog.Change{}, nil, same, err
	}
	if err := mayRevise(was.GetTransferredTo()); err != nil {
		return accesslog.Change{}, nil, false, err
	}
	if was.GetCourse().GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED && !reinstate {
		return accesslog.Change{}, nil, false, errCancelled()
	}
	// What the register keeps goes on from version to version.
	content.CreateTime, content.Settlements, content.CounterReviews = was.GetCreateTime(), was.GetSettlements(), was.GetCounterReviews()
	content.Course.LoadTime, content.Course.Owners = was.GetCourse().GetLoadTime(), was.GetCourse().GetOwners()
	content.Former, content.Offer = was.GetFormer(), was.GetOffer()
	content.Course.Standings = reached(was.GetCourse().GetStandings(), content.GetCourse(), content.GetUpdateTime())
	if err := s.mayClose(ctx, c, cur.Record.ID, was, content); err != nil {
		return accesslog.Change{}, nil, false, err
	}
	if closes(content.GetCourse().GetStanding()) && !closes(was.GetCourse().GetStanding()) {
		if err := s.mayLapse(ctx, closing(cur.Record, was, content)); err != nil {
			return accesslog.Change{}, nil, false, err
		}
	}
	content.FallenIndex = 0
	if err := s.keepFallen(cur, was, content); err != nil {
		return accesslog.Change{}, nil, false, err
	}
	change, err = s.Next(cur, key, content.GetCourse().GetSource().GetRevision(), content)
	return change, was, false, err
}

// sameVictims compares tokens at the current layer of keys.
func (s *Courses) sameVictims(a, b *storev1.StoredCourse) bool {
	all := func(c *storev1.StoredCourse) []victim.Token {
		var out []victim.Token
		for _, v := range append([]*storev1.VictimTokens{c.GetVictim()}, c.GetAssociated()...) {
			for _, t := range v.GetTokens() {
				token := victim.Token{Kind: victim.Kind(t.GetKind()), Layer: uint16(t.GetLayer())} //nolint:gosec // written from these types
				copy(token.Sum[:], t.GetSum())
				lifted, err := s.Keys.Lift(token)
				if err != nil {
					return nil
				}
				out = append(out, lifted)
			}
			out = append(out, victim.Token{})
		}
		return out
	}
	return slices.Equal(all(a), all(b))
}

// open reads an own course, unless its nominal is SILENT to the caller.
func (s *Courses) open(ctx context.Context, c *call.Call, name string) (postgres.Current, *storev1.StoredCourse, error) {
	stored := &storev1.StoredCourse{}
	cur, _, err := s.Current(ctx, postgres.KindCourse, name, stored)
	if err != nil {
		return cur, nil, err
	}
	if _, _, _, err := s.openNominal(ctx, c, stored.GetCourse().GetNominal()); err != nil {
		return cur, nil, NotFound("course")
	}
	return cur, stored, nil
}

// GetCourse implements the RPC.
func (s *Courses) GetCourse(ctx context.Context, req *registerv1.GetCourseRequest) (*registerv1.CourseOfConduct, error) {
	c := call.From(ctx)
	cur, stored, err := s.open(ctx, c, req.GetName())
	if err != nil {
		return nil, err
	}
	c.Show(cur.Record.ID, cur.Record.Force)
	return completeCourse(stored, cur), nil
}

func completeCourse(stored *storev1.StoredCourse, cur postgres.Current) *registerv1.CourseOfConduct {
	course := stored.GetCourse()
	course.Name = ResourceName(postgres.KindCourse, cur.Record.Force, cur.Record.ID)
	course.Version = int64(cur.Version.N)
	course.UpdateTime = stored.GetUpdateTime()
	course.Offer = recordNamed(postgres.KindTransfer, cur.Record.Force, stored.GetOffer())
	return course
}

// CancelCourse implements the RPC.
func (s *Courses) CancelCourse(ctx context.Context, req *registerv1.CancelCourseRequest) (*registerv1.CancelCourseResponse, error) {
	c := call.From(ctx)
	resp := &registerv1.CancelCourseResponse{}
	err := Retry(ctx, func() error {
		c.Requires = nil
		cur, stored, err := s.open(ctx, c, req.GetName())
		if err != nil {
			return err
		}
		if err := s.View.Pull(ctx); err != nil {
			return err
		}
		was, ok := proto.Clone(stored).(*storev1.StoredCourse)
		if !ok {
			return errors.New("service: clone")
		}
		if err := mayRevise(stored.GetTransferredTo()); err != nil {
			return err
		}
		if len(stored.GetOffer()) > 0 {
			return s.errOffered(cur.Record.Force, stored.GetOffer())
		}
		if err := s.keepFallen(cur, was, stored); err != nil {
			return err
		}
		stored.GetCourse().State = registerv1.RecordState_RECORD_STATE_CANCELLED
		stored.UpdateTime = s.Timestamp()
		key, err := s.Keys.Unwrap(cur.Wrapped, cur.Record.ID[:])
		if err != nil {
			return err
		}
		change, err := s.Next(cur, key, cur.Version.Revision, stored)
		if err != nil {
			return err
		}
		b := newBatch(s.Deps)
		if err := s.fallsWith(ctx, &b, change, was, codeCancelled); err != nil {
			return err
		}
		if err := b.conduct(ctx, c, identity.ID(stored.GetNominalId()), written{change: change, content: stored}); err != nil {
			return err
		}
		resp.Version = int64(change.Version.N)
		c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Code: req.GetReason().String(), Explanation: req.GetExplanation()})
		return s.Commit(ctx, c, cur.Record, append(b.changes, change)...)
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// EraseCourse implements the RPC.
func (s *Courses) EraseCourse(ctx context.Context, req *registerv1.EraseCourseRequest) (*registerv1.EraseCourseResponse, error) {
	c := call.From(ctx)
	err := Retry(ctx, func() error {
		c.Requires = nil
		cur, stored, err := s.open(ctx, c, req.GetName())
		if err != nil {
			return err
		}
		if err := s.View.Pull(ctx); err != nil {
			return err
		}
		behind, err := s.partsOfCourse(ctx, cur)
		if err != nil {
			return err
		}
		offers, err := s.transfersOf(ctx, identity.ID(stored.GetNominalId()), identity.ID(cur.Record.ID))
		if err != nil {
			return err
		}
		behind = append(behind, offers...)
		b, erasure := newBatch(s.Deps), erase(cur)
		if err := s.fallsWith(ctx, &b, erasure, stored, codeErased); err != nil {
			return err
		}
		if err := b.conduct(ctx, c, identity.ID(stored.GetNominalId()), written{change: erasure, with: behind}); err != nil {
			return err
		}
		c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Code: req.GetGround().String(), Reference: req.GetReference()})
		return s.Commit(ctx, c, cur.Record, append(append(b.changes, behind...), erasure)...)
	})
	if err != nil {
		return nil, err
	}
	return &registerv1.EraseCourseResponse{}, nil
}

// lastIncident is when the last incident of a stored course happened.
func lastIncident(c *storev1.StoredCourse) time.Time {
	incidents := c.GetCourse().GetIncidents()
	if len(incidents) == 0 {
		return time.Time{}
	}
	return incidents[len(incidents)-1].GetOccurTime().AsTime()
}
