package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// liveEvery is how often an open list asks for what is new, in seconds. Each
// asking is an entry of the log.
const liveEvery = 20

const alertPage = 200

type alertsView struct {
	Frame
	Alerts  []alertView
	All     bool
	Other   string // address of the other list
	Earlier bool   // the oldest are shown first, and there are more
	Next    string
	Live    string
	Every   int
	MayTake bool
}

// alertView is an alert, on the page and in what keeps it up to date.
type alertView struct {
	ID           string `json:"id"`
	Kind         string `json:"kind"`
	Message      string `json:"message"`
	When         string `json:"when"`
	Link         string `json:"link"`
	LinkText     string `json:"link_text"`
	Record       string `json:"record"`
	Ask          string `json:"ask"`
	AskText      string `json:"ask_text"`
	Acknowledge  string `json:"acknowledge"`
	Grave        bool   `json:"grave"` // to be looked at before the rest
	Acknowledged string `json:"-"`
}

// showAlerts lists what the force was told.
func (c *Console) showAlerts(v *visit) error {
	q := v.r.URL.Query()
	all := q.Get("all") != ""
	got, err := c.alerts.ListAlerts(v.ctx, &registerv1.ListAlertsRequest{Parent: v.force(), Open: !all, PageSize: alertPage, PageToken: q.Get("page")}, v.noted())
	if err != nil {
		return err
	}
	view := &alertsView{Frame: v.page("Alerts"), All: all, Every: liveEvery, MayTake: v.may("alert.acknowledge")}
	for _, a := range got.GetAlerts() {
		view.Alerts = append(view.Alerts, c.alertView(v, a))
	}
	slices.Reverse(view.Alerts) // the newest first
	next := url.Values{"page": {got.GetNextPageToken()}}
	if view.Other = "/alerts?all=1"; all {
		view.Other = "/alerts"
		next.Set("all", "1")
	}
	if got.GetMore() {
		view.Next = "/alerts?" + next.Encode()
	} else {
		view.Live = "/alerts/live?" + next.Encode()
	}
	view.Receipt = v.receipt()
	return v.show("alerts", view)
}

// alertTitles name the kinds of alert whose code does not say it well.
var alertTitles = map[registerv1.AlertKind]string{
	registerv1.AlertKind_ALERT_KIND_LINKED:            "Probably the same person",
	registerv1.AlertKind_ALERT_KIND_LINK_PROPOSED:     "May be the same person: decide",
	registerv1.AlertKind_ALERT_KIND_LINK_RETRACTED:    "No longer holds",
	registerv1.AlertKind_ALERT_KIND_CONDUCT_REPORTED:  "New report elsewhere",
	registerv1.AlertKind_ALERT_KIND_BREACH_REPORTED:   "Measure breached",
	registerv1.AlertKind_ALERT_KIND_SERIAL_REACHED:    "Serial",
	registerv1.AlertKind_ALERT_KIND_VICTIM_MATCH:      "Same victim, another suspect",
	registerv1.AlertKind_ALERT_KIND_VICTIM_PROBE:      "A victim was looked for",
	registerv1.AlertKind_ALERT_KIND_CONDUCT_RETRACTED: "No longer holds",
	registerv1.AlertKind_ALERT_KIND_DUTY_OPENED:       "New duty",
	registerv1.AlertKind_ALERT_KIND_DUTY_ESCALATED:    "Duty not done in time",
	registerv1.AlertKind_ALERT_KIND_DUTY_FELL_AWAY:    "Duty fell away",

	registerv1.AlertKind_ALERT_KIND_SUBSCRIBED_REGISTERED: "Registered elsewhere: you asked to be told",
	registerv1.AlertKind_ALERT_KIND_SUBSCRIBED_SEARCHED:   "Searched for elsewhere: you asked to be told",
	registerv1.AlertKind_ALERT_KIND_QUESTION_ASKED:        "A question to your force",
	registerv1.AlertKind_ALERT_KIND_QUESTION_ANSWERED:     "Your question is answered",
	registerv1.AlertKind_ALERT_KIND_TRANSFER_OFFERED:      "A matter is offered to your force",
	registerv1.AlertKind_ALERT_KIND_TRANSFER_ACCEPTED:     "A matter has changed hands",
	registerv1.AlertKind_ALERT_KIND_TRANSFER_REFUSED:      "A matter you offered is declined",
	registerv1.AlertKind_ALERT_KIND_TRANSFER_WITHDRAWN:    "An offered matter is taken back",
}

// grave are the kinds of alert that say of danger to somebody now, or of what was not
// done in time.
var grave = []registerv1.AlertKind{
	registerv1.AlertKind_ALERT_KIND_CONDUCT_REPORTED, registerv1.AlertKind_ALERT_KIND_BREACH_REPORTED, registerv1.AlertKind_ALERT_KIND_SERIAL_REACHED,
	registerv1.AlertKind_ALERT_KIND_VICTIM_MATCH, registerv1.AlertKind_ALERT_KIND_VICTIM_PROBE, registerv1.AlertKind_ALERT_KIND_DUTY_ESCALATED,
}

// askedAbout are the kinds of alert on which the other force can be asked.
var askedAbout = []registerv1.AlertKind{
	registerv1.AlertKind_ALERT_KIND_LINKED, registerv1.AlertKind_ALERT_KIND_LINK_PROPOSED, registerv1.AlertKind_ALERT_KIND_LINK_CONFIRMED,
	registerv1.AlertKind_ALERT_KIND_CONDUCT_REPORTED, registerv1.AlertKind_ALERT_KIND_BREACH_REPORTED, registerv1.AlertKind_ALERT_KIND_MEASURE_CHANGED,
}

func (c *Console) alertView(v *visit, a *registerv1.Alert) alertView {
	id := a.GetName()[strings.LastIndex(a.GetName(), "/")+1:]
	out := alertView{ID: "alert-" + id, Message: sentence(a.GetMessage()), When: dateTime(a.GetCreateTime().AsTime()), Acknowledge: "/alerts/" + id + "/acknowledge", Grave: slices.Contains(grave, a.GetKind())}
	if out.Kind = alertTitles[a.GetKind()]; out.Kind == "" {
		out.Kind = enum("ALERT_KIND_", a.GetKind().String())
	}
	if a.GetOtherForce() != "" {
		out.Kind += ", " + c.words.force(a.GetOtherForce())
	}
	if a.GetLink() != "" && v.may("link.read") {
		out.LinkText, out.Link = "See why", linkAddress(a.GetLink())
	}
	if len(a.GetNominals()) > 0 && v.may("nominal.read") {
		n := a.GetNominals()[0]
		out.Record = "/nominals/" + n[strings.LastIndex(n, "/")+1:]
	}
	if strings.Contains(a.GetSubject(), "/duties/") && v.may("duty.read") {
		out.LinkText, out.Link = "Open the duty", "/duties/"+lastPart(a.GetSubject())
	}
	if strings.Contains(a.GetSubject(), "/questions/") && v.may("question.read") {
		out.LinkText, out.Link = "Open the question", "/questions/"+lastPart(a.GetSubject())
	}
	if strings.Contains(a.GetSubject(), "/transfers/") && v.may("transfer.read") {
		out.LinkText, out.Link = "Open the transfer", "/transfers/"+lastPart(a.GetSubject())
	}
	if a.GetOtherForce() != "" && slices.Contains(askedAbout, a.GetKind()) && v.may("question.ask") {
		out.Ask, out.AskText = askPage(a.GetName(), a.GetOtherForce()), "Ask "+c.words.force(a.GetOtherForce())
	}
	if a.GetUnconfirmed() && out.Link == "" && out.Record != "" && v.may("link.read") {
		out.Link, out.LinkText = out.Record+"/person", "See the links"
	}
	if a.GetAcknowledgeTime() != nil {
		out.Acknowledged = dateTime(a.GetAcknowledgeTime().AsTime())
	}
	return out
}

// liveAlerts answers a list that keeps itself up to date: what came since.
func (c *Console) liveAlerts(v *visit) error {
	q := v.r.URL.Query()
	got, err := c.alerts.ListAlerts(v.ctx, &registerv1.ListAlertsRequest{Parent: v.force(), Open: q.Get("all") == "", PageToken: q.Get("page")})
	if err != nil {
		v.w.WriteHeader(http.StatusServiceUnavailable)
		return nil //nolint:nilerr // the script tells the person
	}
	q.Set("page", got.GetNextPageToken())
	answer := struct {
		Rows []alertView `json:"rows"`
		Next string      `json:"next"`
	}{Rows: []alertView{}, Next: "/alerts/live?" + q.Encode()}
	for _, a := range got.GetAlerts() {
		answer.Rows = append(answer.Rows, c.alertView(v, a))
	}
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(answer)
}

// takeAlert notes that somebody has taken an alert up.
func (c *Console) takeAlert(v *visit) error {
	if _, err := c.alerts.AcknowledgeAlert(v.ctx, &registerv1.AcknowledgeAlertRequest{Name: v.force() + "/alerts/" + v.r.PathValue("alert")}, v.noted()); err != nil {
		return err
	}
	if err := v.tell("The alert is taken up."); err != nil {
		return err
	}
	return v.seeOther("/alerts")
}

type activityView struct {
	Frame
	Subject     string
	Roles       string
	Retractions []retractionView
	Receipts    []ownSearch
}

type retractionView struct {
	What, When, Shown string
	Searches          []string
}

type ownSearch struct{ Address, Entry, When, Why string }

// showActivity shows what a person was shown that no longer holds, and the
// searches of this sign-in.
func (c *Console) showActivity(v *visit) error {
	got, err := c.alerts.ListRetractions(v.ctx, &registerv1.ListRetractionsRequest{}, v.noted())
	if err != nil {
		return err
	}
	view := &activityView{Frame: v.page("My activity"), Subject: shortSubject(v.s.data.Subject)}
	for _, r := range got.GetRetractions() {
		one := retractionView{What: sentence(r.GetMessage()), When: dateTime(r.GetTime().AsTime()), Shown: dateTime(r.GetShownTime().AsTime())}
		for _, s := range r.GetSearches() {
			one.Searches = append(one.Searches, "/"+s)
		}
		view.Retractions = append(view.Retractions, one)
	}
	for _, k := range slices.Backward(v.s.data.Receipts) {
		view.Receipts = append(view.Receipts, ownSearch{"/" + k.Search, k.Entry, dateTime(k.Time), k.Why})
	}
	view.Receipt = v.receipt()
	return v.show("activity", view)
}
