package main

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type historyCmd struct {
	Name string `arg:"" help:"The nominal, forces/33/nominals/…"`
	AsOf int64  `help:"Show it as it was at this index of the access log." placeholder:"INDEX"`
}

// Run shows the history of an own nominal.
func (c *historyCmd) Run(a *app) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var h *registerv1.NominalHistory
	entry, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		h, err = registerv1.NewHistoryServiceClient(conn).GetHistory(ctx, &registerv1.GetHistoryRequest{Name: c.Name, AsOfIndex: c.AsOf}, opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(h)
	}
	if c.AsOf != 0 {
		a.say("As it was at entry %d.", h.GetAsOfIndex())
	}
	if p := h.GetPattern(); p.GetCourses() > 0 {
		a.say("known for %s; victims %s", pattern(p), victims(p))
	}
	a.showCard(h.GetHistory())
	for _, n := range h.GetNominals() {
		a.say("")
		a.showNominal(n)
	}
	a.showCourses(h.GetCourses())
	a.showTimeline(h.GetHistory())
	a.notices(h.GetNotices())
	if entry != "" {
		a.say("")
		a.say("This view is recorded under your name, entry %s.", entry)
	}
	return nil
}

// unsure marks what rests on a link that nobody has confirmed.
func unsure(b bool) string {
	if b {
		return " (possible, unconfirmed)"
	}
	return ""
}

// showCard prints what an officer must know now.
func (a *app) showCard(h *registerv1.History) {
	card := h.GetCard()
	if len(card.GetMeasures()) > 0 {
		a.say("")
		a.say("IN FORCE NOW")
	}
	for _, m := range card.GetMeasures() {
		until := "until further order"
		if m.GetUntilTime() != nil {
			until = "until " + minute(m.GetUntilTime())
		}
		verified := "never verified"
		if m.GetVerifyTime() != nil {
			verified = "verified " + day(m.GetVerifyTime())
		}
		a.say("  %s, force %s, %s, %s%s", client.Clean(m.GetTitle()), forceCode(m.GetForce()), until, verified, unsure(m.GetUnconfirmed()))
		for _, condition := range m.GetConditions() {
			a.say("    - %s", client.Clean(condition))
		}
		if m.GetBreachAllows() != "" {
			a.text("    ", "A breach: "+m.GetBreachAllows())
		}
		if m.GetBreaches() > 0 {
			a.say("    Broken %d times, %d of them without action.", m.GetBreaches(), m.GetUnactionedBreaches())
		}
	}
	if len(card.GetWarnings()) > 0 {
		a.say("")
		a.say("WARNINGS")
	}
	for _, w := range card.GetWarnings() {
		how := "alleged"
		if w.GetConvicted() {
			how = "convicted"
		}
		a.say("  %s: %s%s", client.Clean(w.GetTitle()), how, unsure(w.GetUnconfirmed()))
	}
	if h.GetHighRisk() {
		a.say("  Graded as of high risk%s", unsure(h.GetHighRiskUnconfirmed()))
	}
	if len(h.GetPrompts()) > 0 {
		a.say("")
		a.say("TO BE DONE OR LOOKED AT")
	}
	for _, p := range h.GetPrompts() {
		line := client.Clean(p.GetCode()) + unsure(p.GetUnconfirmed())
		if p.GetCritical() && p.GetDueTime() != nil {
			line += ", by " + minute(p.GetDueTime())
		}
		if p.GetForce() != "" {
			line += ", force " + forceCode(p.GetForce())
		}
		a.say("  %s", line)
		a.text("    ", p.GetReason())
	}
	if len(card.GetGuidance()) > 0 {
		a.say("")
		a.say("REMEMBER")
	}
	for _, g := range card.GetGuidance() {
		a.text("  ", g.GetText())
	}
	if r := h.GetRanking(); len(r.GetComponents()) > 0 {
		a.say("")
		a.say("RANK %.1f of 100%s: advice, no decision", r.GetScore(), unsure(r.GetUnconfirmed()))
		for _, component := range r.GetComponents() {
			a.say("  %5.1f of %d  %s: %s", component.GetPoints(), component.GetWeight(), client.Clean(component.GetTitle()), client.Clean(component.GetReason()))
		}
	}
	if c := h.GetLastCheck(); c != nil {
		a.say("")
		a.say("Last checked by force %s, %s.", forceCode(c.GetForce()), minute(c.GetCheckTime()))
	}
}

// showTimeline prints all that happened, oldest first.
func (a *app) showTimeline(h *registerv1.History) {
	events := h.GetTimeline()
	if len(events) == 0 {
		return
	}
	a.say("")
	a.say("TIMELINE")
	for i := len(events) - 1; i >= 0; i-- {
		e := events[i]
		line := fmt.Sprintf("  %s  force %s  %s", day(e.GetEventTime()), forceCode(e.GetForce()), words("TIMELINE_KIND_", e.GetKind()))
		if len(e.GetCodes()) > 0 {
			line += ": " + strings.Join(clean(e.GetCodes()), ", ")
		}
		if e.GetItem() != "" && !strings.HasPrefix(e.GetItem(), "forces/") {
			line += "; " + client.Clean(e.GetItem())
		}
		if e.GetDiscounted() {
			line += " (counts towards nothing)"
		}
		a.say("%s%s", line, unsure(e.GetUnconfirmed()))
		if e.GetText() != "" {
			a.text("              ", e.GetText())
		}
	}
}

type packCmd struct {
	Name      string `arg:"" help:"The nominal, forces/33/nominals/…"`
	For       string `required:"" help:"For whom, in words: printed on each page." placeholder:"TEXT"`
	Kind      string `required:"" help:"What kind of recipient: legal-services, court, prosecutor or other-force. It stands in the access log." placeholder:"KIND"`
	Reference string `required:"" help:"The reference of the application."`
	Out       string `required:"" help:"The file to write; it must not be there yet." type:"path" placeholder:"FILE"`
}

// Run makes a pack of evidence and writes it to a file of the caller's own.
func (c *packCmd) Run(a *app) (err error) {
	kind, err := chosen(registerv1.PackRecipient_value, "PACK_RECIPIENT_", "--kind", c.Kind)
	if err != nil {
		return err
	}
	conn, err := a.connect()
	if err != nil {
		return err
	}
	file, err := newOwnFile(c.Out)
	if err != nil {
		return err
	}
	defer func() { err = file.end(err) }()
	var pack *registerv1.EvidencePack
	entry, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		pack, err = registerv1.NewHistoryServiceClient(conn).CreateEvidencePack(ctx, &registerv1.CreateEvidencePackRequest{
			Name: c.Name, Recipient: c.For, RecipientKind: registerv1.PackRecipient(kind), Reference: c.Reference,
		}, opts...)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := file.WriteString(pack.GetHtml()); err != nil {
		return err
	}
	a.say("OFFICIAL-SENSITIVE: %s, sha256 %s", client.Clean(c.Out), client.Clean(pack.GetDigest()))
	if entry != "" {
		a.say("This disclosure is recorded under your name, entry %s.", entry)
	}
	return nil
}
