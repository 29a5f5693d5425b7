package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type linksCmd struct {
	List    linksListCmd    `cmd:"" help:"List the links that wait for a decision, or those of one nominal."`
	Show    linksShowCmd    `cmd:"" help:"Show a link with its evidence."`
	Propose linksProposeCmd `cmd:"" help:"Propose that a nominal of your force and another are the same person."`
	Confirm linksConfirmCmd `cmd:"" help:"Decide that the two nominals of a link are the same person."`
	Reject  linksRejectCmd  `cmd:"" help:"Decide that they are not. This sticks, and whoever was shown the link is told."`
	Split   linksSplitCmd   `cmd:"" help:"Decide that some of the nominals of a person are somebody else."`
}

type linksListCmd struct {
	Nominal   string   `arg:"" optional:"" help:"A nominal of your force, forces/33/nominals/…"`
	State     []string `help:"Only links in this state: automatic, proposed, confirmed, rejected or withdrawn." placeholder:"STATE"`
	Deferred  bool     `help:"Also proposals beyond the day's ceiling."`
	Force     string   `help:"Force whose links are listed; else your own." placeholder:"CODE"`
	Limit     int      `help:"How many at most." default:"50"`
	PageToken string   `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// Run lists links.
func (c *linksListCmd) Run(a *app) error {
	req := &registerv1.ListLinksRequest{Parent: c.Nominal, Deferred: c.Deferred, PageToken: c.PageToken}
	for _, s := range c.State {
		state, ok := registerv1.LinkState_value["LINK_STATE_"+strings.ToUpper(s)]
		if !ok || state == 0 {
			return usageError{errors.New("--state is automatic, proposed, confirmed, rejected or withdrawn")}
		}
		req.States = append(req.States, registerv1.LinkState(state))
	}
	if c.Limit < 1 {
		return usageError{errors.New("--limit must be at least 1")}
	}
	if req.GetParent() == "" {
		force, err := a.force(c.Force)
		if err != nil {
			return err
		}
		req.Parent = "forces/" + force
	}
	conn, err := a.connect()
	if err != nil {
		return err
	}
	all := &registerv1.ListLinksResponse{}
	for len(all.GetLinks()) < c.Limit {
		req.PageSize = int32(min(c.Limit-len(all.GetLinks()), 200)) //nolint:gosec // at most 200
		var page *registerv1.ListLinksResponse
		_, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
			page, err = registerv1.NewLinkServiceClient(conn).ListLinks(ctx, req, opts...)
			return err
		})
		if err != nil {
			return err
		}
		all.Links = append(all.Links, page.GetLinks()...)
		all.NextPageToken = page.GetNextPageToken()
		if req.PageToken = all.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	if a.JSON {
		return a.printJSON(all)
	}
	a.linkTable(all.GetLinks())
	if all.GetNextPageToken() != "" {
		a.say("More: --page-token %s", client.Clean(all.GetNextPageToken()))
	}
	return nil
}

// force is the force asked for, or the caller's own.
func (a *app) force(asked string) (string, error) {
	if asked != "" {
		return forceCode(asked), nil
	}
	self, err := a.self()
	if err != nil {
		return "", err
	}
	force := forceCode(self.GetForce())
	if force == "" {
		return "", usageError{errors.New("you belong to no force: give --force")}
	}
	return force, nil
}

func (a *app) linkTable(links []*registerv1.Link) {
	var rows [][]string
	for _, l := range links {
		row := []string{linkState(l), ""}
		if l.GetProbability() > 0 {
			row[1] = percent(l.GetProbability())
		}
		for _, n := range l.GetNominals() {
			row = append(row, strings.TrimSpace(forceCode(n.GetForce())+" "+linkedName(n)))
		}
		name := l.GetName()
		switch {
		case name == "" && l.GetVersion() == 0:
			name = "(found on the spot)"
		case name == "":
			name = "(of other forces)"
		}
		rows = append(rows, append(row, day(l.GetUpdateTime()), name))
	}
	a.table([]string{"STATE", "LIKELY", "RECORD", "AND", "SINCE", "LINK"}, rows)
}

func linkState(l *registerv1.Link) string {
	s := words("LINK_STATE_", l.GetState())
	if l.GetBarred() {
		s += ", joins nothing"
	}
	if l.GetDeferred() {
		s += ", deferred"
	}
	return s
}

func linkedName(n *registerv1.LinkedNominal) string {
	s := n.GetDisplayName()
	if s == "" {
		s = "(not shown)"
	}
	if born := client.FormatDate(n.GetBirthDate()); born != "" {
		s += ", " + born
	}
	return s
}

type linksShowCmd struct {
	Name string `arg:"" help:"The link, forces/33/links/…"`
}

// Run shows one link.
func (c *linksShowCmd) Run(a *app) error {
	return a.oneLink(func(ctx context.Context, s registerv1.LinkServiceClient, opts ...grpc.CallOption) (*registerv1.Link, error) {
		return s.GetLink(ctx, &registerv1.GetLinkRequest{Name: c.Name}, opts...)
	})
}

// oneLink makes a call that answers with a link, and prints it.
func (a *app) oneLink(do func(ctx context.Context, s registerv1.LinkServiceClient, opts ...grpc.CallOption) (*registerv1.Link, error)) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var l *registerv1.Link
	entry, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		l, err = do(ctx, registerv1.NewLinkServiceClient(conn), opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(l)
	}
	a.showLink(l)
	if entry != "" {
		a.say("Recorded under your name, entry %s.", entry)
	}
	return nil
}

// showLink prints a link with its evidence and what was decided.
func (a *app) showLink(l *registerv1.Link) {
	a.say("LINK %s", client.Clean(l.GetName()))
	a.say("  %s, version %d", linkState(l), l.GetVersion())
	if l.GetState() == registerv1.LinkState_LINK_STATE_AUTOMATIC {
		a.say("  Possible, unconfirmed: nobody has decided on it.")
	}
	if l.GetTwins() {
		a.say("  They agree as twins do: surname, date of birth and home, and not the forename.")
	}
	for _, n := range l.GetNominals() {
		a.say("  force %s  %s  %s", forceCode(n.GetForce()), client.Clean(linkedName(n)), client.Clean(n.GetNominal()))
		if n.GetAskOwner() {
			a.say("    There is more than may be shown: ask the owner force.")
		}
		if n.GetContact() != nil {
			a.say("    ask: %s", contact(n.GetContact()))
		}
	}
	if terms := l.GetTerms(); len(terms) > 0 {
		a.say("  why: %+.1f bits over a prior of %+.1f, probability %s (model %s)", l.GetBits(), l.GetPrior(), percent(l.GetProbability()), client.Clean(l.GetModelVersion()))
		for _, t := range terms {
			a.say("    %+6.1f  %s", t.GetBits(), linkTerm(t))
		}
	}
	for _, d := range l.GetDecisions() {
		who := "the register"
		if d.GetForce() != "" {
			who = "force " + forceCode(d.GetForce())
		}
		line := fmt.Sprintf("  %s  %s by %s", minute(d.GetTime()), words("LINK_STATE_", d.GetState()), who)
		if d.GetReason() != "" {
			line += ": " + client.Clean(d.GetReason())
		}
		a.say("%s", line)
	}
}

func linkTerm(t *registerv1.MatchTerm) string {
	s := fmt.Sprintf("%s: %q and %q", client.Clean(t.GetField()), client.Clean(t.GetQueryValue()), client.Clean(t.GetRecordValue()))
	if t.GetRule() != "" {
		s += ", " + client.Clean(t.GetRule())
	}
	if f := t.GetFrequency(); f > 0 {
		s += fmt.Sprintf(", about 1 in %.0f", 1/f)
	}
	return s
}

type linksProposeCmd struct {
	Nominal   string `arg:"" help:"The nominal of your force, forces/33/nominals/…"`
	Candidate string `help:"The candidate of a search of yours that holds the other, searches/…/candidates/1." placeholder:"NAME"`
	Other     string `help:"The other nominal: one of the candidate's, or of your own force." placeholder:"NOMINAL"`
	Reason    string `required:"" help:"Why, in words; both forces read it."`
}

// Run proposes a link.
func (c *linksProposeCmd) Run(a *app) error {
	if c.Candidate == "" && c.Other == "" {
		return usageError{errors.New("give --candidate or --other")}
	}
	return a.oneLink(func(ctx context.Context, s registerv1.LinkServiceClient, opts ...grpc.CallOption) (*registerv1.Link, error) {
		return s.ProposeLink(ctx, &registerv1.ProposeLinkRequest{
			Parent: "forces/" + forceOf(c.Nominal), Nominal: c.Nominal, Candidate: c.Candidate, Other: c.Other, Reason: c.Reason,
		}, opts...)
	})
}

// ruling are the flags of a decision on a link.
type ruling struct {
	Name    string `arg:"" help:"The link, forces/33/links/…"`
	Version int64  `required:"" help:"The version that you have read, as links show prints it, so that nobody decides on what he has not seen."`
	Reason  string `required:"" help:"Why, in words; both forces read it."`
}

type linksConfirmCmd struct {
	ruling
	Overrule bool `help:"Confirm although the link was rejected before."`
}

// Run confirms a link.
func (c *linksConfirmCmd) Run(a *app) error {
	return a.oneLink(func(ctx context.Context, s registerv1.LinkServiceClient, opts ...grpc.CallOption) (*registerv1.Link, error) {
		return s.ConfirmLink(ctx, &registerv1.ConfirmLinkRequest{Name: c.Name, Version: c.Version, Reason: c.Reason, Overrule: c.Overrule}, opts...)
	})
}

type linksRejectCmd struct{ ruling }

// Run rejects a link.
func (c *linksRejectCmd) Run(a *app) error {
	return a.oneLink(func(ctx context.Context, s registerv1.LinkServiceClient, opts ...grpc.CallOption) (*registerv1.Link, error) {
		return s.RejectLink(ctx, &registerv1.RejectLinkRequest{Name: c.Name, Version: c.Version, Reason: c.Reason}, opts...)
	})
}

type linksSplitCmd struct {
	Nominal string   `arg:"" help:"The nominal of your force whose person is split."`
	Apart   []string `required:"" sep:"none" help:"A nominal that is somebody else; may be given several times." placeholder:"NOMINAL"`
	Reason  string   `required:"" help:"Why, in words; the forces concerned read it."`
}

// Run splits a person.
func (c *linksSplitCmd) Run(a *app) error {
	return a.onePerson(func(ctx context.Context, s registerv1.LinkServiceClient, opts ...grpc.CallOption) (*registerv1.Person, error) {
		return s.SplitPerson(ctx, &registerv1.SplitPersonRequest{Name: c.Nominal, Apart: c.Apart, Reason: c.Reason}, opts...)
	})
}

type personCmd struct {
	Nominal string `arg:"" help:"A nominal of your force, forces/33/nominals/…"`
}

// Run shows the person behind a nominal.
func (c *personCmd) Run(a *app) error {
	return a.onePerson(func(ctx context.Context, s registerv1.LinkServiceClient, opts ...grpc.CallOption) (*registerv1.Person, error) {
		return s.GetPerson(ctx, &registerv1.GetPersonRequest{Name: c.Nominal}, opts...)
	})
}

func (a *app) onePerson(do func(ctx context.Context, s registerv1.LinkServiceClient, opts ...grpc.CallOption) (*registerv1.Person, error)) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var p *registerv1.Person
	entry, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		p, err = do(ctx, registerv1.NewLinkServiceClient(conn), opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(p)
	}
	a.say("PERSON of %s", plural(len(p.GetNominals()), "record", "records"))
	if p.GetUnconfirmed() {
		a.say("  Possibly one person, unconfirmed.")
	}
	var rows [][]string
	for i, n := range p.GetNominals() {
		rows = append(rows, []string{strconv.Itoa(i + 1), forceCode(n.GetForce()), linkedName(n), n.GetNominal()})
	}
	a.table([]string{"#", "FORCE", "NAME", "NOMINAL"}, rows)
	if len(p.GetLinks()) > 0 {
		a.say("")
		a.linkTable(p.GetLinks())
	}
	if entry != "" {
		a.say("Recorded under your name, entry %s.", entry)
	}
	return nil
}
