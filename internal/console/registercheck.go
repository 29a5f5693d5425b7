package console

import (
	"reflect"
	"slices"

	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// Why the console asks what is known of a suspect whose report or breach is registered.
const (
	reportReason = "CRIME_INVESTIGATION"
	breachReason = "PROTECTIVE_ORDER"
)

// checkBasis asks with a registration what the register knows of the suspect, of those
// who may search; for others it is nil.
func checkBasis(v *visit, reason, reference string) *registerv1.CheckBasis {
	if !v.may("search.create") {
		return nil
	}
	return &registerv1.CheckBasis{Reason: reason, Reference: reference}
}

// checkView is what the register knows of a suspect, with what was just registered of him.
type checkView struct {
	Pattern     patternView
	History     *historyView
	Unconfirmed bool
	AskOwner    bool
	Alone       bool // no record but the force's own
	Duties      []dutyView
	Contacts    []contactView
}

// checkView reads what a registration was answered; nil when it did not ask.
func (c *Console) checkView(v *visit, done *registered) (*checkView, error) {
	if len(done.Check) == 0 {
		return nil, nil //nolint:nilnil // nothing to show
	}
	k := &registerv1.PersonCheck{}
	if err := proto.Unmarshal(done.Check, k); err != nil {
		return nil, err
	}
	prompts := k.GetPrompts()
	if v.may("duty.read") {
		prompts = slices.DeleteFunc(prompts, func(p *registerv1.Prompt) bool { return isDuty(k.GetDuties(), p, v.force()) })
	}
	out := &checkView{
		Alone: len(k.GetRecords()) == 1 && k.GetRecords()[0].GetNominals() == 1, Pattern: c.words.pattern(k.GetPattern(), k.GetRecords()), Unconfirmed: k.GetUnconfirmed(), AskOwner: k.GetAskOwner(),
		History: c.words.history(&registerv1.History{Card: k.GetCard(), Prompts: prompts, LastCheck: k.GetLastCheck()}, c.now()),
	}
	if k.GetHighRisk() {
		out.Pattern.Facts = append(out.Pattern.Facts, asked{"Risk", "Graded high" + map[bool]string{true: ": possible, unconfirmed"}[k.GetHighRiskUnconfirmed()]})
	}
	for _, contact := range c.words.contacts(k.GetContacts()) {
		if "forces/"+contact.Code != v.force() {
			out.Contacts = append(out.Contacts, contact)
		}
	}
	if v.may("course.register") && done.Nominal != "" {
		leadOn(out.History.Prompts, prompts, v.force(), "/nominals/"+lastPart(done.Nominal))
	}
	// Without its evidence a prompt of one victim reads like that of another.
	out.History.Prompts = slices.CompactFunc(out.History.Prompts, func(a, b promptView) bool { return reflect.DeepEqual(a, b) })
	if v.may("duty.read") {
		for _, d := range k.GetDuties() {
			out.Duties = append(out.Duties, c.dutyView(v, d))
		}
	}
	return out, nil
}

// isDuty reports whether a prompt is shown as a duty of the force already.
func isDuty(duties []*registerv1.Duty, p *registerv1.Prompt, force string) bool {
	return p.GetForce() == force && slices.ContainsFunc(duties, func(d *registerv1.Duty) bool { return d.GetCode() == p.GetCode() && d.GetKey() == p.GetKey() })
}
