package service

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// Alerts implements register.v1.AlertService.
type Alerts struct {
	registerv1.UnimplementedAlertServiceServer
	*Deps
	// Watches are the streams that are open.
	Watches *Watches
}

// cursor is a place in a force's alerts: that of the last one looked at.
type cursor struct {
	index   int64
	ordinal int32
}

func (c cursor) bytes() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.index))   //nolint:gosec // read back as it was
	return binary.BigEndian.AppendUint32(b, uint32(c.ordinal)) //nolint:gosec // likewise
}

func readCursor(b []byte) cursor {
	return cursor{int64(binary.BigEndian.Uint64(b)), int32(binary.BigEndian.Uint32(b[8:]))} //nolint:gosec // as bytes wrote it
}

// shows reports whether the caller may learn of an alert: he is of its audience,
// it is not hidden from him because he caused it, and no nominal behind it is
// SILENT to him. Of a link that was erased he learns only that it fell.
func (s *sight) shows(a *view.Alert) bool {
	if !s.addressed(a.Audience) || s.caused(a) {
		return false
	}
	if a.Link == (identity.ID{}) {
		return !slices.ContainsFunc(a.About, func(id identity.ID) bool { return s.Hides(s.c, id) })
	}
	l, ok := s.View.Link(a.Link)
	if !ok {
		return a.Kind == registerv1.AlertKind_ALERT_KIND_LINK_RETRACTED
	}
	return s.sees(l)
}

// caused reports whether it was the caller who caused an alert that is not for
// him.
func (s *sight) caused(a *view.Alert) bool {
	return a.Cause != "" && (a.Cause == call.Subject(s.c.Actor) || access.SameCollar(a.CauseCollar, s.c.Actor.Collar))
}

// addressed reports whether the caller is of an audience. That a force's system
// is told, everybody who reads it is.
func (s *sight) addressed(to registerv1.AlertAudience) bool {
	roles := s.c.Actor.Roles
	switch to {
	case registerv1.AlertAudience_ALERT_AUDIENCE_SPOC:
		return roles.Has(access.RoleSPOC)
	case registerv1.AlertAudience_ALERT_AUDIENCE_REVIEWERS:
		return roles.Has(access.RoleSPOC) || roles.Has(access.RoleSupervisor)
	case registerv1.AlertAudience_ALERT_AUDIENCE_PSD:
		return s.c.Policy.MaySeeSilent(s.c.Actor, s.force)
	case registerv1.AlertAudience_ALERT_AUDIENCE_UNSPECIFIED:
		// Professional standards reads what is addressed to it, and no more.
		return roles&^access.RolePSD != 0
	}
	return false
}

// alertsOf is what a place among the alerts of a force is bound to: the force alone. A token
// of the list is good for the stream and the other way round, whatever either filters, and
// consumers keep theirs.
func alertsOf(parent string) string { return "alerts|" + parent }

// ListAlerts implements the RPC. The view is pulled to the head of the log
// first: nothing can come later that belongs before the cursor.
func (s *Alerts) ListAlerts(ctx context.Context, req *registerv1.ListAlertsRequest) (*registerv1.ListAlertsResponse, error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	binding := alertsOf(req.GetParent())
	at := cursor{index: -1}
	place := at.bytes()
	if err := s.readToken(req.GetPageToken(), binding, place); err != nil {
		return nil, err
	}
	at = readCursor(place)
	if err := s.View.Pull(ctx); err != nil {
		return nil, err
	}
	see := s.sight(c, force)
	size := PageSize(req.GetPageSize(), 100)
	resp := &registerv1.ListAlertsResponse{}
	page, at, more := s.after(see, at, size, func(a *view.Alert) bool { return !req.GetOpen() || !a.Acknowledged })
	resp.More = more
	resp.NextPageToken = s.token(binding, at.bytes())
	var err error
	resp.Alerts, err = s.page(ctx, see, page)
	return resp, err
}

// page reads the alerts of a page.
func (s *Alerts) page(ctx context.Context, see *sight, page []*view.Alert) ([]*registerv1.Alert, error) {
	ids := make([]uuid.UUID, len(page))
	for i, a := range page {
		ids[i] = uuid.UUID(a.ID)
	}
	current, err := s.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []*registerv1.Alert
	for _, id := range ids {
		cur, ok := current[id]
		if !ok {
			continue
		}
		var stored storev1.StoredAlert
		if _, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
			return nil, err
		}
		out = append(out, see.shownAlert(cur, &stored))
	}
	return out, nil
}

// shownAlert completes a stored alert, and notes that it and its link were shown.
func (s *sight) shownAlert(cur postgres.Current, stored *storev1.StoredAlert) *registerv1.Alert {
	out := stored.GetAlert()
	out.Name = ResourceName(postgres.KindAlert, cur.Record.Force, cur.Record.ID)
	out.LogIndex = view.FirstIndex(out, cur.Version)
	s.c.Show(cur.Record.ID, cur.Record.Force)
	if id, err := uuid.FromBytes(stored.GetSubjectId()); err == nil {
		// Whoever was told of a record is told when it falls.
		s.c.Met(id, call.ForceCode(out.GetSubject()))
	}
	id, err := uuid.FromBytes(stored.GetLinkId())
	if err != nil {
		return out
	}
	if len(out.GetNominals()) > 0 {
		out.Link = linkName(s.force, id)
	}
	if l, ok := s.View.Link(identity.ID(id)); ok {
		s.noteLink(l)
	}
	return out
}

// AcknowledgeAlert implements the RPC.
func (s *Alerts) AcknowledgeAlert(ctx context.Context, req *registerv1.AcknowledgeAlertRequest) (answer *registerv1.Alert, err error) {
	c := call.From(ctx)
	err = Retry(ctx, func() error {
		c.Afresh()
		if err := s.View.Pull(ctx); err != nil {
			return err
		}
		see := s.sight(c, call.ForceCode(req.GetName()))
		var stored storev1.StoredAlert
		cur, key, err := s.Current(ctx, postgres.KindAlert, req.GetName(), &stored)
		if err != nil {
			return err
		}
		if a, ok := s.View.Alert(identity.ID(cur.Record.ID)); ok && !see.shows(a) {
			if l, linked := s.View.Link(a.Link); linked {
				see.meet(l)
			}
			for _, id := range a.About {
				if see.Hides(c, id) {
					see.note(id, "", false)
				}
			}
			return NotFound("alert")
		}
		if stored.GetAlert().GetAcknowledgeTime() != nil {
			answer = see.shownAlert(cur, &stored)
			return nil // the chain makes the entry
		}
		// Its place in the log stays that of its first version.
		stored.Alert.LogIndex, stored.Alert.AcknowledgeTime = view.FirstIndex(stored.GetAlert(), cur.Version), s.Timestamp()
		next, err := s.Next(cur, key, cur.Version.Revision+1, &stored)
		if err != nil {
			return err
		}
		answer = see.shownAlert(cur, &stored)
		return c.Commit(ctx, OutcomeName(codes.OK), next)
	})
	return answer, err
}
