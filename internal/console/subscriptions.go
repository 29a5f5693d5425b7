package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

type subscriptionsView struct {
	Frame
	listed
	Subscriptions []subscriptionView
	MayEnd        bool
}

// subscriptionView is what a force asked to be told of.
type subscriptionView struct {
	End       string // where it is ended
	Basis     string // the page of whom it is about
	BasisText string
	Searches  bool
	Reason    string
	Since     string
	Until     string
}

// showSubscriptions lists of whom the force asked to be told.
func (c *Console) showSubscriptions(v *visit) error {
	view := &subscriptionsView{Frame: v.page("Watching"), listed: v.listed("/subscriptions", nil), MayEnd: v.may("subscription.delete")}
	got, err := c.exchange.ListSubscriptions(v.ctx, &registerv1.ListSubscriptionsRequest{Parent: v.force(), PageToken: view.token}, v.noted())
	if err != nil {
		return err
	}
	for _, s := range got.GetSubscriptions() {
		one := subscriptionView{
			End: "/subscriptions/" + lastPart(s.GetName()) + "/end", Searches: s.GetSearches(), Reason: s.GetReason(), Since: date(s.GetCreateTime().AsTime()),
			Until: date(s.GetExpireTime().AsTime()), BasisText: "Found by a search",
		}
		if strings.HasPrefix(s.GetBasis(), "forces/") && v.may("nominal.read") {
			one.Basis, one.BasisText = basisPage(s.GetBasis()), "Your force’s record"
		}
		view.Subscriptions = append(view.Subscriptions, one)
	}
	view.goOn(got.GetNextPageToken())
	view.Receipt = v.receipt()
	return v.show("subscriptions", view)
}

// endSubscription ends one.
func (c *Console) endSubscription(v *visit) error {
	if _, err := c.exchange.DeleteSubscription(v.ctx, &registerv1.DeleteSubscriptionRequest{Name: v.force() + "/subscriptions/" + v.r.PathValue("subscription")}, v.noted()); err != nil {
		return err
	}
	if err := v.tell("Ended. Your force is no longer told of that person."); err != nil {
		return err
	}
	return v.seeOther("/subscriptions")
}

type subscribeView struct {
	Frame
	Basis    string
	Reason   textField
	Days     choiceField
	Searches *choiceField // for those who may be told of searches
}

// subscribeForm asks whether to be told of a person.
func (c *Console) subscribeForm(v *visit) error {
	return c.showSubscribeForm(v, emptyForm().set("basis", v.r.URL.Query().Get("basis")).set("days", "90"), http.StatusOK)
}

func (c *Console) showSubscribeForm(v *visit, f *form, status int) error {
	page := basisPage(f.get("basis"))
	if page == "" || page == "/alerts" {
		c.problem(v.w, v.s, http.StatusNotFound, problemView{Heading: "There is nobody here to be told of", Paragraphs: []string{"Ask from the page of a person."}})
		return nil
	}
	view := &subscribeView{
		Frame: v.page("Tell us when another force registers him"), Basis: f.get("basis"), Reason: f.area("reason", "Why your force wants to be told", "At least 10 characters.", 3, 1000),
		Days: f.choices("days", "For how long", "", []choice{{Value: "30", Title: "30 days"}, {Value: "90", Title: "90 days"}, {Value: "180", Title: "Half a year"}, {Value: "365", Title: "A year"}}),
	}
	// Alerts of searches are for those who take alerts up.
	if v.may("alert.acknowledge") {
		k := f.choices("searches", "Searches", "Which force searched, never who.", []choice{{Value: "yes", Title: "Tell us, too, when another force searches for this person"}})
		view.Searches = &k
	}
	view.Back, view.BackText = page, "Back"
	view.Errors = f.faults
	return v.showAs(status, "subscribe", view)
}

// takeSubscription asks that the force be told of a person.
func (c *Console) takeSubscription(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	if len([]rune(f.get("reason"))) < 10 {
		f.fault("reason", "Say why, in at least 10 characters")
		return c.showSubscribeForm(v, f, http.StatusUnprocessableEntity)
	}
	days, err := strconv.ParseInt(f.get("days"), 10, 32)
	if err != nil {
		days = 90
	}
	_, err = c.exchange.CreateSubscription(v.ctx, &registerv1.CreateSubscriptionRequest{
		Parent: v.force(), Basis: f.get("basis"), Searches: f.get("searches") == "yes", Reason: f.get("reason"), Days: int32(days),
	}, v.noted())
	if status := f.refused(err, []fieldPlace{{"days", "days"}, {"", "reason"}}); status != 0 {
		return c.showSubscribeForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell("Your force is told when another registers this person. It comes as an alert."); err != nil {
		return err
	}
	return v.seeOther("/subscriptions")
}

func subscribePage(basis string) string { return "/subscribe?" + url.Values{"basis": {basis}}.Encode() }
