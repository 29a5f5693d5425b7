package service

import (
	"bytes"
	"context"
	"errors"

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

// Nominals implements register.v1.NominalService.
type Nominals struct {
	registerv1.UnimplementedNominalServiceServer
	*Deps
	// Linker finds who else a nominal may be.
	Linker *Linker
}

// Key spaces of source references. Those that PSD registers as restricted are
// apart, so that nobody can find out about one by registering the same key.
const (
	spaceNominal    = "nominal"
	spaceRestricted = "nominal/restricted"
	spaceApart      = "nominal/apart/"
	spaceCourse     = "course"
	spaceForce      = "force"
)

// RegisterNominal implements the RPC.
func (s *Nominals) RegisterNominal(ctx context.Context, req *registerv1.RegisterNominalRequest) (*registerv1.RegisterNominalResponse, error) {
	return s.register(ctx, call.From(ctx), req)
}

func (s *Nominals) register(ctx context.Context, c *call.Call, req *registerv1.RegisterNominalRequest) (*registerv1.RegisterNominalResponse, error) {
	force := call.ForceCode(req.GetParent())
	n, ok := proto.Clone(req.GetNominal()).(*registerv1.Nominal)
	if !ok {
		return nil, errors.New("service: clone")
	}
	// Who is told of his links, and what they hold of him, must not be himself.
	if searchesSelf(c.Actor, view.MapNominal(n, "nominal").Raw) {
		return nil, refusedSelf(c, ownNominal)
	}
	n.Name, n.Version, n.UpdateTime = "", 0, nil
	n.State = registerv1.RecordState_RECORD_STATE_ACTIVE
	psd := c.Policy.MaySeeSilent(c.Actor, force)
	restricted := n.GetRestriction() != registerv1.Restriction_RESTRICTION_UNSPECIFIED
	if restricted && !psd {
		return nil, NewProblem(codes.PermissionDenied, ReasonRestriction, "only the owner force's professional standards department may restrict a record")
	}
	hash, err := ContentHash(n)
	if err != nil {
		return nil, err
	}
	source := n.GetSource()
	space := spaceNominal
	if restricted {
		space = spaceRestricted
	}
	resp := &registerv1.RegisterNominalResponse{Flags: s.Check.flagNominal(n)}
	err = Retry(ctx, func() error {
		place, err := s.placeFor(ctx, c, force, source, space)
		if err != nil {
			return err
		}
		links := func() []*registerv1.LinkSummary { return nil }
		content := &storev1.StoredNominal{Nominal: n, ContentHash: hash, UpdateTime: s.Timestamp(), Registrant: call.Subject(c.Actor)}
		done, err := s.upsert(ctx, c, upsert{
			kind: postgres.KindNominal, force: force, place: place, revision: source.GetRevision(), content: content,
			revise: func(cur postgres.Current) (accesslog.Change, bool, error) {
				return s.revise(cur, content, restricted, req.GetReinstate())
			},
			beside: func(change accesslog.Change) (more []accesslog.Change, err error) {
				more, links, err = s.Linker.link(ctx, c, change, n)
				return more, err
			},
		})
		resp.Links = links()
		resp.Name, resp.Version, resp.Outcome = done.name, done.version-int64(content.GetHiddenVersions()), done.outcome
		return err
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

func otherSpace(space string) string {
	if space == spaceRestricted {
		return spaceNominal
	}
	return spaceRestricted
}

// revise makes the next version of a known nominal; same is true when this
// revision is stored already.
func (s *Nominals) revise(cur postgres.Current, content *storev1.StoredNominal, restricted, reinstate bool) (accesslog.Change, bool, error) {
	if cur.Wrapped == nil {
		return accesslog.Change{}, false, ErrErased()
	}
	var stored storev1.StoredNominal
	key, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &stored)
	if err != nil {
		return accesslog.Change{}, false, err
	}
	old := stored.GetNominal()
	content.HiddenVersions, content.Registrant = stored.GetHiddenVersions(), stored.GetRegistrant()
	same, err := checkRevision(content.GetNominal().GetSource().GetRevision(), cur.Version.Revision, bytes.Equal(stored.GetContentHash(), content.GetContentHash()))
	if err != nil || same {
		return accesslog.Change{}, same, err
	}
	if old.GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED && !reinstate {
		return accesslog.Change{}, false, errCancelled()
	}
	if !restricted {
		// A force system's update never lifts what PSD has set.
		content.Nominal.Restriction = old.GetRestriction()
	}
	change, err := s.Next(cur, key, content.GetNominal().GetSource().GetRevision(), content)
	return change, false, err
}

// mayOpen reports whether a caller of the owner force may open a nominal. A
// SILENT one is there for PSD alone; but to whoever registered it, it must look
// as it did before, or the own copy would tell.
func mayOpen(c *call.Call, force string, stored *storev1.StoredNominal) bool {
	return stored.GetNominal().GetRestriction() != registerv1.Restriction_RESTRICTION_SILENT ||
		c.Policy.MaySeeSilent(c.Actor, force) || stored.GetRegistrant() == call.Subject(c.Actor)
}

// placeFor returns where a caller's record of a source key is found or stored. If a record that is SILENT to the caller has the key, the
// caller gets a place of his own: his registration goes as if there were none.
func (s *Nominals) placeFor(ctx context.Context, c *call.Call, force string, source *registerv1.SourceKey, space string) (place, error) {
	codes := func(space string) []seal.HMAC {
		return s.Keys.SourceHMACs(force, source.GetSystem(), source.GetReference(), space)
	}
	hmacs := codes(space)
	if c.Policy.MaySeeSilent(c.Actor, force) {
		return place{hmacs: append(hmacs, codes(otherSpace(space))...)}, nil
	}
	cur, found, err := s.BySource(ctx, hmacs)
	known := place{hmacs: hmacs, looked: true, found: found, cur: cur}
	if err != nil || !found || cur.Wrapped == nil {
		return known, err
	}
	var stored storev1.StoredNominal
	if _, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
		return place{}, err
	}
	if mayOpen(c, force, &stored) {
		return known, nil
	}
	c.ShowSilent(cur.Record.ID, force)
	return place{hmacs: codes(spaceApart + call.Subject(c.Actor))}, nil
}

// suspect finds the nominal on which conduct hangs, by its name or its source key.
func (s *Nominals) suspect(ctx context.Context, c *call.Call, force, name string, source *registerv1.SourceKey) (postgres.Current, error) {
	if name != "" {
		if call.ForceCode(name) != force {
			return postgres.Current{}, NotFound("nominal")
		}
		cur, _, _, err := s.openNominal(ctx, c, name)
		return cur, err
	}
	p, err := s.placeFor(ctx, c, force, source, spaceNominal)
	if err == nil {
		err = s.look(ctx, &p)
	}
	if err != nil || (p.found && p.cur.Wrapped != nil) {
		return p.cur, err
	}
	return postgres.Current{}, NotFound("nominal")
}

// EraseNominal implements the RPC. Erasing again what is erased succeeds, so
// that a caller who got no answer can make sure.
func (s *Nominals) EraseNominal(ctx context.Context, req *registerv1.EraseNominalRequest) (*registerv1.EraseNominalResponse, error) {
	c := call.From(ctx)
	why := &storev1.StoredReason{Method: c.Method.Short, Code: req.GetGround().String(), Reference: req.GetReference()}
	resp := &registerv1.EraseNominalResponse{}
	id, erased, err := s.erasedAlready(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	if !erased {
		err = Retry(ctx, func() error {
			c.Requires = nil
			cur, _, _, err := s.openNominal(ctx, c, req.GetName())
			if err != nil {
				return err
			}
			b := newBatch(s.Deps)
			behind, courses, err := s.erasableBehind(ctx, &b, id)
			if err != nil {
				return err
			}
			erasure := erase(cur)
			if err := b.bereft(ctx, c, id, written{change: erasure, with: behind}); err != nil {
				return err
			}
			resp.ErasedCourses = courses
			c.SetBody(why)
			return s.Commit(ctx, c, cur.Record, append(append(behind, b.changes...), erasure)...)
		})
		if err != nil {
			return nil, err
		}
	}
	late, err := s.eraseLate(ctx, c, id, why)
	resp.ErasedCourses += late
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// erasedAlready reports whether a name is that of an erased nominal.
func (s *Nominals) erasedAlready(ctx context.Context, name string) (identity.ID, bool, error) {
	id, err := uuid.Parse(call.RecordID(name))
	if err != nil {
		return identity.ID{}, false, NotFound("nominal")
	}
	rows, err := s.DB.CurrentByID(ctx, []uuid.UUID{id})
	erased := len(rows) == 1 && rows[0].Version.Erased && rows[0].Record.Kind == postgres.KindNominal && rows[0].Record.Force == call.ForceCode(name)
	return identity.ID(id), erased, err
}

// eraseLate erases what came to hang on a nominal between the reading of it and
// its erasure. After that nothing can, so this ends.
func (s *Nominals) eraseLate(ctx context.Context, c *call.Call, nominal identity.ID, why *storev1.StoredReason) (int32, error) {
	var erased int32
	for {
		b := newBatch(s.Deps)
		behind, courses, err := s.erasableBehind(ctx, &b, nominal)
		if err != nil || len(behind) == 0 {
			return erased, err
		}
		late := c.Fork()
		late.SetBody(why)
		switch err := s.Commit(ctx, late, behind[0].Record, append(behind, b.changes...)...); {
		case errors.Is(err, accesslog.ErrConflict):
		case err != nil:
			return erased, err
		default:
			erased += courses
		}
	}
}

// erasableBehind makes the erasures of all that hangs on a nominal: its courses,
// which are counted, measures, breaches, assessments and plans, and its links, whose
// evidence repeats its details. The batch gets the alerts that they have fallen.
func (s *Nominals) erasableBehind(ctx context.Context, b *batch, nominal identity.ID) (behind []accesslog.Change, courses int32, err error) {
	if err := s.View.Pull(ctx); err != nil {
		return nil, 0, err
	}
	var ids []uuid.UUID
	for _, id := range s.View.CourseIDs(nominal) {
		ids = append(ids, uuid.UUID(id))
	}
	for _, id := range s.View.PartIDs(nominal) {
		ids = append(ids, uuid.UUID(id))
	}
	for _, l := range s.View.LinksOf(nominal) {
		ids = append(ids, uuid.UUID(l.ID))
	}
	for _, duty := range s.View.DutiesOf(nominal) {
		ids = append(ids, uuid.UUID(duty.ID))
	}
	for _, id := range s.View.JudgementsOf(nominal) {
		ids = append(ids, uuid.UUID(id))
	}
	for _, p := range s.View.TransfersOf(nominal) {
		ids = append(ids, uuid.UUID(p.ID))
	}
	if len(ids) == 0 {
		return nil, 0, nil
	}
	all, err := s.DB.CurrentByID(ctx, ids)
	if err != nil {
		return nil, 0, err
	}
	for _, cur := range all {
		if cur.Wrapped == nil {
			continue
		}
		behind = append(behind, erase(cur))
		switch cur.Record.Kind {
		case postgres.KindCourse:
			courses++
			var stored storev1.StoredCourse
			if _, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
				return nil, 0, err
			}
			if err := s.fallsWith(ctx, b, behind[len(behind)-1], &stored, codeErased); err != nil {
				return nil, 0, err
			}
			continue
		case postgres.KindLink:
		default:
			continue
		}
		if err := b.erased(ctx, cur, behind[len(behind)-1]); err != nil {
			return nil, 0, err
		}
	}
	return behind, courses, nil
}
