package console

import (
	"net/http"

	"google.golang.org/grpc/codes"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type ownView struct {
	Frame
	Nominal     nominalView
	State       string
	Restriction string
	Path        string
	Links       []navItem   // what else is known, or can be done
	Duties      []dutyView  // the open ones of the force
	Record      *recordView // nil for who may read the nominal alone
	MayRecord   bool
	Name        string   // to ask who saw it
	Log         *purpose // for those who may read the log
}

// showNominal shows a record of the person's own force.
func (c *Console) showNominal(v *visit) error {
	id := v.r.PathValue("nominal")
	name := v.force() + "/nominals/" + id
	n, err := c.nominals.GetNominal(v.ctx, &registerv1.GetNominalRequest{Name: name}, v.noted())
	if err != nil {
		return err
	}
	view := &ownView{Frame: v.page("Own record"), Nominal: c.words.nominal(n), Path: "/nominals/" + id}
	view.Title = view.Nominal.Names
	if n.GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED {
		view.State = "Withdrawn"
	}
	view.Restriction = enum("RESTRICTION_", n.GetRestriction().String())
	view.MayRecord = v.may("course.register") && view.State == ""
	if view.MayRecord {
		view.Nominal.Report = "/register/for/" + id
	}
	if view.Duties, err = c.dutiesOn(v, name); err != nil {
		return err
	}
	if view.Record, err = c.recordOf(v, name); err != nil {
		return err
	}
	if v.may("link.read") {
		view.Links = append(view.Links, navItem{Title: "Records that may be the same person", Path: view.Path + "/person"})
	}
	if v.may("subscription.create") && view.State == "" {
		view.Links = append(view.Links, navItem{Title: "Tell us when another force registers him", Path: subscribePage(name)})
	}
	if v.may("transfer.offer") && view.State == "" && view.Record != nil && len(view.Record.Courses) > 0 {
		view.Links = append(view.Links, navItem{Title: "Offer a matter to another force", Path: view.Path + "/transfer"})
	}
	if v.may("history.export") {
		view.Links = append(view.Links, navItem{Title: "Evidence for a stalking protection order", Path: view.Path + "/pack"})
	}
	if v.may("log.list") {
		view.Name, view.Log = name, &v.s.data.Log
	}
	view.Receipt = v.receipt()
	return v.show("nominal", view)
}

type wholeView struct {
	Frame
	Path        string
	Sides       []sideView
	Choices     choiceField
	Links       []linkView
	Unconfirmed bool
	MayDecide   bool
	Reason      textField
}

// showWhole shows who is held to be the same person as an own record.
func (c *Console) showWhole(v *visit) error { return c.showWholeForm(v, emptyForm(), http.StatusOK) }

func (c *Console) showWholeForm(v *visit, f *form, status int) error {
	id := v.r.PathValue("nominal")
	p, err := c.links.GetPerson(v.ctx, &registerv1.GetPersonRequest{Name: v.force() + "/nominals/" + id}, v.noted())
	if err != nil {
		return err
	}
	view := &wholeView{
		Frame: v.page("Person"), Path: "/nominals/" + id + "/split", Unconfirmed: p.GetUnconfirmed(), MayDecide: v.may("link.decide") && len(p.GetNominals()) > 1,
		Reason: f.area("why", "Why", "The forces concerned read it. At least 10 characters.", 3, 1000),
	}
	view.Back, view.BackText = "/nominals/"+id, "The record"
	var options []choice
	for _, n := range p.GetNominals() {
		side := c.sideView(v, n)
		view.Sides = append(view.Sides, side)
		title := side.Name + ", " + side.Force
		if side.Born != "" {
			title += ", born " + side.Born
		}
		options = append(options, choice{Value: n.GetNominal(), Title: title})
	}
	view.Choices = f.choices("apart", "Which records are somebody else?", "All links between these and the rest are rejected at once.", options)
	for _, l := range p.GetLinks() {
		view.Links = append(view.Links, c.linkView(v, l))
	}
	view.Errors = f.faults
	view.Receipt = v.receipt()
	return v.showAs(status, "whole", view)
}

// splitPerson sets some records of a person apart from the rest.
func (c *Console) splitPerson(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	if len(f.values["apart"]) == 0 {
		f.fault("apart", "Choose the records that are somebody else")
	}
	if len([]rune(f.get("why"))) < 10 {
		f.fault("why", "Say why, in at least 10 characters")
	}
	if len(f.faults) > 0 {
		return c.showWholeForm(v, f, http.StatusUnprocessableEntity)
	}
	id := v.r.PathValue("nominal")
	_, err = c.links.SplitPerson(v.ctx, &registerv1.SplitPersonRequest{Name: v.force() + "/nominals/" + id, Apart: f.values["apart"], Reason: f.get("why")}, v.noted())
	if p := client.AsProblem(err); p != nil && p.Code == codes.InvalidArgument {
		f.take(p, []fieldPlace{{"reason", "why"}, {"apart", "apart"}, {"", "apart"}})
		return c.showWholeForm(v, f, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	if err := v.tell("The records are set apart. Every force concerned has been told."); err != nil {
		return err
	}
	return v.seeOther("/nominals/" + id + "/person")
}
