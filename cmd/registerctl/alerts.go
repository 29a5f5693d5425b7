package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type alertsCmd struct {
	List   alertsListCmd   `cmd:"" help:"List the alerts of your force in the order of the log."`
	Ack    alertsAckCmd    `cmd:"" help:"Note that somebody has taken alerts up."`
	Review alertsReviewCmd `cmd:"" help:"Note what a review of a counter-allegation found."`
	Watch  alertsWatchCmd  `cmd:"" help:"Print alerts as they come, and go on later where it stopped."`
}

const maxAlerts = 500

type alertsListCmd struct {
	Open      bool   `help:"Only those that nobody has acknowledged."`
	Force     string `help:"Force whose alerts are listed; else your own." placeholder:"CODE"`
	Limit     int    `help:"How many at most." default:"100"`
	PageToken string `help:"Go on from this token, printed by the page before; it stays good." placeholder:"TOKEN"`
}

// Run lists alerts.
func (c *alertsListCmd) Run(a *app) error {
	if c.Limit < 1 {
		return usageError{errors.New("--limit must be at least 1")}
	}
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	all := &registerv1.ListAlertsResponse{NextPageToken: c.PageToken, More: true}
	for all.GetMore() && len(all.GetAlerts()) < c.Limit {
		page, err := a.alerts(force, c.Open, all.GetNextPageToken(), min(c.Limit-len(all.GetAlerts()), maxAlerts))
		if err != nil {
			return err
		}
		all.Alerts = append(all.Alerts, page.GetAlerts()...)
		all.NextPageToken, all.More = page.GetNextPageToken(), page.GetMore()
	}
	if a.JSON {
		return a.printJSON(all)
	}
	for _, alert := range all.GetAlerts() {
		a.showAlert(alert)
	}
	a.say("%s: --page-token %s", map[bool]string{true: "More", false: "What comes next"}[all.GetMore()], client.Clean(all.GetNextPageToken()))
	return nil
}

// alerts reads a page of a force's alerts.
func (a *app) alerts(force string, open bool, token string, size int) (*registerv1.ListAlertsResponse, error) {
	conn, err := a.connect()
	if err != nil {
		return nil, err
	}
	var page *registerv1.ListAlertsResponse
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		page, err = registerv1.NewAlertServiceClient(conn).ListAlerts(ctx, &registerv1.ListAlertsRequest{
			Parent: "forces/" + force, Open: open, PageToken: token, PageSize: int32(size), //nolint:gosec // at most maxAlerts
		}, opts...)
		return err
	})
	return page, err
}

func (a *app) showAlert(alert *registerv1.Alert) {
	state := "open"
	if t := alert.GetAcknowledgeTime(); t != nil {
		state = "taken up " + minute(t)
	}
	a.say("%s  %s  (%s)", minute(alert.GetCreateTime()), strings.ToUpper(words("ALERT_KIND_", alert.GetKind())), state)
	a.say("  %s", client.Clean(alert.GetMessage()))
	if n := alert.GetOfficersShown(); n > 0 {
		a.say("  shown to %s of the force", plural(int(n), "officer", "officers"))
	}
	for _, n := range alert.GetNominals() {
		a.say("  record: %s", client.Clean(n))
	}
	if alert.GetSubject() != "" {
		a.say("  about: %s", client.Clean(alert.GetSubject()))
	}
	if alert.GetRelated() != "" {
		a.say("  bears upon: %s", client.Clean(alert.GetRelated()))
	}
	if alert.GetLink() != "" {
		a.say("  link: %s", client.Clean(alert.GetLink()))
	}
	a.say("  %s, entry %d, %d", client.Clean(alert.GetName()), alert.GetLogIndex(), alert.GetOrdinal())
}

type alertsAckCmd struct {
	Name []string `arg:"" help:"The alerts, forces/33/alerts/…"`
}

// Run acknowledges alerts.
func (c *alertsAckCmd) Run(a *app) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	for _, name := range c.Name {
		var alert *registerv1.Alert
		_, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
			alert, err = registerv1.NewAlertServiceClient(conn).AcknowledgeAlert(ctx, &registerv1.AcknowledgeAlertRequest{Name: name}, opts...)
			return err
		})
		if err != nil {
			return err
		}
		if a.JSON {
			err = a.printJSON(alert)
		} else {
			a.showAlert(alert)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type retractionsCmd struct {
	Since string `help:"Only what has fallen away since: 2026-11-20, 2026-11-20T08:00:00Z, or 24h, 7d before now; else the last 90 days." placeholder:"TIME"`
}

// Run lists what was shown to the caller and no longer holds.
func (c *retractionsCmd) Run(a *app) error {
	since, err := moment(c.Since, time.Now())
	if err != nil {
		return usageError{err}
	}
	req := &registerv1.ListRetractionsRequest{Since: stamp(since)}
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var list *registerv1.ListRetractionsResponse
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		list, err = registerv1.NewAlertServiceClient(conn).ListRetractions(ctx, req, opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(list)
	}
	if len(list.GetRetractions()) == 0 {
		a.say("Nothing that was shown to you has fallen away.")
	}
	for _, r := range list.GetRetractions() {
		a.say("%s  %s", minute(r.GetTime()), client.Clean(r.GetCode()))
		a.text("  ", r.GetMessage())
		a.say("  last shown to you %s, entry %d", minute(r.GetShownTime()), r.GetShownIndex())
		for _, s := range r.GetSearches() {
			a.say("  by %s", client.Clean(s))
		}
	}
	return nil
}
