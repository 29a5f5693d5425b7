package console

import (
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/console/picture"
)

// linkLists are the lists of links by the word in their address, linkStates what is in
// each.
var (
	linkLists  = []listName{{"proposed", "To decide"}, {"automatic", "Unconfirmed"}, {"confirmed", "Confirmed"}, {"rejected", "Rejected"}, {"deferred", "Beyond the day’s number"}}
	linkStates = map[string]registerv1.LinkState{
		"proposed": registerv1.LinkState_LINK_STATE_PROPOSED, "automatic": registerv1.LinkState_LINK_STATE_AUTOMATIC, "confirmed": registerv1.LinkState_LINK_STATE_CONFIRMED,
		"rejected": registerv1.LinkState_LINK_STATE_REJECTED, "deferred": registerv1.LinkState_LINK_STATE_PROPOSED,
	}
)

type linksView struct {
	Frame
	listed
	Links []linkView
}

// linkView is one link with what it joins.
type linkView struct {
	Address     string
	State       string
	Tag         string // the colour of its state
	Probability string
	Own, Other  sideView
	Changed     string
	Twins       bool
	Barred      bool
	Waterfall   picture.Waterfall
	Terms       []termView
	LeftHead    string
	RightHead   string
	Decisions   []decisionView
	Version     int64
	Rejected    bool
}

// sideView is one of the two nominals of a link.
type sideView struct {
	Force, Name, Born string
	Address           string // of an own record
	AskOwner          bool
	Contact           []contactView
}

type decisionView struct{ When, What, Who, Reason string }

// showLinks is the work list of links.
func (c *Console) showLinks(v *visit) error {
	view := &linksView{Frame: v.page("Links"), listed: v.listed("/links", nil, linkLists...)}
	deferred := view.word == "deferred"
	got, err := c.links.ListLinks(v.ctx, &registerv1.ListLinksRequest{
		Parent: v.force(), States: []registerv1.LinkState{linkStates[view.word]}, Deferred: deferred, PageSize: 50, PageToken: view.token,
	}, v.noted())
	if err != nil {
		return err
	}
	for _, l := range got.GetLinks() {
		if deferred && !l.GetDeferred() {
			continue
		}
		view.Links = append(view.Links, c.linkView(v, l))
	}
	view.goOn(got.GetNextPageToken())
	view.Receipt = v.receipt()
	return v.show("links", view)
}

func (c *Console) linkView(v *visit, l *registerv1.Link) linkView {
	out := linkView{
		State: linkState(l.GetState()), Changed: dateTime(l.GetUpdateTime().AsTime()), Twins: l.GetTwins(), Barred: l.GetBarred(), Version: l.GetVersion(),
		Rejected: l.GetState() == registerv1.LinkState_LINK_STATE_REJECTED,
	}
	if l.GetName() != "" {
		out.Address = linkAddress(l.GetName())
	}
	switch l.GetState() {
	case registerv1.LinkState_LINK_STATE_CONFIRMED:
		out.Tag = "govuk-tag--green"
	case registerv1.LinkState_LINK_STATE_REJECTED, registerv1.LinkState_LINK_STATE_WITHDRAWN:
		out.Tag = "govuk-tag--grey"
	default:
		out.Tag = "govuk-tag--orange"
	}
	if l.GetProbability() > 0 {
		out.Probability = percent(l.GetProbability())
	}
	sides := []*sideView{&out.Own, &out.Other}
	for i, n := range l.GetNominals() {
		if i < len(sides) {
			*sides[i] = c.sideView(v, n)
		}
	}
	out.LeftHead, out.RightHead = out.Own.Force, out.Other.Force
	if out.LeftHead == out.RightHead {
		out.LeftHead, out.RightHead = "First record", "Second record"
	}
	var steps []picture.Step
	for _, t := range l.GetTerms() {
		out.Terms = append(out.Terms, termOf(t))
		steps = append(steps, picture.Step{Label: fieldTitle(t.GetField()), Bits: t.GetBits()})
	}
	if len(steps) > 0 {
		out.Waterfall = picture.NewWaterfall("waterfall", "Why the two records may be one person", l.GetPrior(), steps)
	}
	for _, d := range l.GetDecisions() {
		who := "The register"
		if d.GetForce() != "" {
			who = c.words.force(d.GetForce())
		}
		out.Decisions = append(out.Decisions, decisionView{dateTime(d.GetTime().AsTime()), linkState(d.GetState()), who, d.GetReason()})
	}
	return out
}

func (c *Console) sideView(v *visit, n *registerv1.LinkedNominal) sideView {
	out := sideView{Force: c.words.force(n.GetForce()), Name: n.GetDisplayName(), Born: partialDate(n.GetBirthDate()), AskOwner: n.GetAskOwner()}
	if out.Name == "" {
		out.Name = "Not shown"
	}
	if n.GetForce() == v.force() && v.may("nominal.read") {
		out.Address = "/nominals/" + n.GetNominal()[strings.LastIndex(n.GetNominal(), "/")+1:]
	}
	if n.GetContact() != nil && n.GetForce() != v.force() {
		out.Contact = c.words.contacts([]*registerv1.ForceContact{n.GetContact()})
	}
	return out
}

type oneLinkView struct {
	Frame
	Link      linkView
	MayDecide bool
	Reason    textField
	Overrule  choiceField
}

// showLink shows one link with its evidence.
func (c *Console) showLink(v *visit) error {
	return c.showLinkForm(v, emptyForm(), http.StatusOK)
}

func (c *Console) showLinkForm(v *visit, f *form, status int) error {
	l, err := c.links.GetLink(v.ctx, &registerv1.GetLinkRequest{Name: v.force() + "/links/" + v.r.PathValue("link")}, v.noted())
	if err != nil {
		return err
	}
	view := &oneLinkView{
		Frame: v.page("Link"), Link: c.linkView(v, l), MayDecide: v.may("link.decide"),
		Reason:   f.area("why", "Why", "Both forces read it. At least 10 characters.", 3, 1000),
		Overrule: f.choices("overrule", "Rejected before", "", []choice{{Value: "yes", Title: "I have spoken with the other force, and confirm although the link was rejected"}}),
	}
	if v.may("link.list") {
		view.Back, view.BackText = "/links", "All links"
	}
	v.asking(view.Link.Other.Contact, l.GetName())
	view.Errors = f.faults
	view.Receipt = v.receipt()
	return v.showAs(status, "link", view)
}

// decideLink confirms or rejects a link.
func (c *Console) decideLink(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	name := v.force() + "/links/" + v.r.PathValue("link")
	version := f.number("version")
	if len([]rune(f.get("why"))) < 10 {
		f.fault("why", "Say why, in at least 10 characters")
		return c.showLinkForm(v, f, http.StatusUnprocessableEntity)
	}
	done := "The link is confirmed. The other force has been told."
	if f.get("decision") == "confirm" {
		_, err = c.links.ConfirmLink(v.ctx, &registerv1.ConfirmLinkRequest{Name: name, Version: version, Reason: f.get("why"), Overrule: f.get("overrule") == "yes"}, v.noted())
	} else {
		done = "The link is rejected. Whoever was shown it has been told."
		_, err = c.links.RejectLink(v.ctx, &registerv1.RejectLinkRequest{Name: name, Version: version, Reason: f.get("why")}, v.noted())
	}
	if p := client.AsProblem(err); p != nil {
		switch {
		case p.Code == codes.InvalidArgument:
			f.take(p, []fieldPlace{{"reason", "why"}})
			return c.showLinkForm(v, f, http.StatusUnprocessableEntity)
		case p.Reason == "LINK_CHANGED":
			f.fault("", "The link has changed since you read it. Read it again, then decide")
			return c.showLinkForm(v, f, http.StatusConflict)
		case p.Reason == "LINK_REJECTED":
			f.fault("overrule", "The link was rejected before. Speak with the other force first")
			return c.showLinkForm(v, f, http.StatusConflict)
		}
	}
	if err != nil {
		return err
	}
	if err := v.tell(done); err != nil {
		return err
	}
	return v.seeOther("/links/" + v.r.PathValue("link"))
}
