package console

import (
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

// registerReport registers suspect and conduct, and leads to what came of it. False
// without an error means that the register did not accept them: the form's faults say why.
func (c *Console) registerReport(v *visit, f *form, course *registerv1.CourseOfConduct) (bool, error) {
	// What is sent again after a lost answer is the same report: the register
	// knows it by the draft's own reference.
	if err := c.change(v.r.Context(), v.s, func(k *kept) { k.Draft.Revision++ }); err != nil {
		return false, err
	}
	d := v.s.data.Draft
	source := &registerv1.SourceKey{System: ownSystem, Reference: d.ID, Revision: d.Revision}
	if !d.Chosen && !d.Sent {
		if ok, err := c.registerSuspect(v, f, source); !ok || err != nil {
			return false, err
		}
		d = v.s.data.Draft
	}
	done := &registered{Label: d.Label, Nominal: d.Nominal, Links: d.Links, Flags: d.Flags}
	course.Source, course.Nominal = source, done.Nominal
	made, err := c.conduct.RegisterCourse(v.ctx, &registerv1.RegisterCourseRequest{
		Parent: v.force(), Course: course, Check: checkBasis(v, reportReason, course.GetIncidents()[0].GetReference()),
	}, v.noted())
	if p := client.AsProblem(err); p != nil && p.Code == codes.InvalidArgument {
		f.take(p, courseFields)
		if !d.Chosen {
			f.fault("", "The suspect is registered, the report is not yet")
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	done.Receipt, done.Flags = v.receipt(), append(done.Flags, flagTexts(made.GetFlags())...)
	return true, v.done(done, made.GetCheck())
}

// done leads to the page that shows what a registration came to; check is nil when it did
// not ask what is known of the suspect. A report is no draft any more.
func (v *visit) done(done *registered, check *registerv1.PersonCheck) (err error) {
	if check != nil {
		if done.Check, err = proto.Marshal(check); err != nil {
			return err
		}
	}
	err = v.c.change(v.r.Context(), v.s, func(k *kept) {
		k.Done = done
		if !done.Breach {
			k.Draft = nil
		}
	})
	if err != nil {
		return err
	}
	return v.seeOther("/register/done")
}

// registerSuspect registers the suspect and keeps in the draft what came of it.
// False means that the register did not accept him.
func (c *Console) registerSuspect(v *visit, f *form, source *registerv1.SourceKey) (bool, error) {
	suspect := &form{values: v.s.data.Draft.Suspect}
	nominal, places := nominalOf(suspect)
	nominal.Source = source
	made, err := c.nominals.RegisterNominal(v.ctx, &registerv1.RegisterNominalRequest{Parent: v.force(), Nominal: nominal}, v.noted())
	if p := client.AsProblem(err); p != nil && p.Code == codes.InvalidArgument {
		suspect.take(p, places)
		for _, e := range suspect.faults {
			f.fault("", "Suspect: "+e.Message) // the field is on the page before
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, c.change(v.r.Context(), v.s, func(k *kept) {
		d := k.Draft
		d.Sent, d.Nominal = true, made.GetName()
		for _, l := range made.GetLinks() {
			d.Links = slices.DeleteFunc(d.Links, func(old madeLink) bool { return old.Name == l.GetName() })
			d.Links = append(d.Links, madeLink{Name: l.GetName(), State: linkState(l.GetState()), Force: c.words.force(l.GetForce()), Probability: percent(l.GetProbability())})
		}
		d.Flags = flagTexts(made.GetFlags())
	})
}

func flagTexts(flags []*registerv1.Flag) []string {
	var out []string
	for _, f := range flags {
		out = append(out, sentence(f.GetMessage()))
	}
	return out
}

func linkState(s registerv1.LinkState) string {
	switch s {
	case registerv1.LinkState_LINK_STATE_AUTOMATIC:
		return "Possible, unconfirmed"
	case registerv1.LinkState_LINK_STATE_PROPOSED:
		return "Proposed: waits for a decision"
	default:
	}
	return enum("LINK_STATE_", s.String())
}

type registeredView struct {
	Frame
	Done  *registered
	Check *checkView
	Alone bool // no other record is linked with his
	Links []linkRow
	Next  []navItem // what else is recorded of him
}

type linkRow struct{ Address, State, Force, Probability string }

// showRegistered shows what the registration came to.
func (c *Console) showRegistered(v *visit) error {
	if v.s.data.Done == nil {
		return v.seeOther("/register")
	}
	done, err := v.takeRegistered()
	if err != nil {
		return err
	}
	view := &registeredView{Frame: v.page("Registered"), Done: done}
	for _, l := range done.Links {
		row := linkRow{State: l.State, Force: l.Force, Probability: l.Probability}
		if v.may("link.read") {
			row.Address = linkAddress(l.Name)
		}
		view.Links = append(view.Links, row)
	}
	if record := "/nominals/" + lastPart(done.Nominal); done.Nominal != "" && v.may("nominal.read") {
		view.Next = []navItem{{Title: "Assess the risk", Path: record + "/assessment"}, {Title: "Make a safety plan", Path: record + "/plan"}, {Title: "Record a measure", Path: record + "/measure"}, {Title: "Open the record", Path: record}}
	}
	if view.Check, err = c.checkView(v, done); err != nil {
		return err
	}
	alone := !done.Breach // the registration of a suspect tells
	if view.Check != nil {
		alone = view.Check.Alone
	}
	view.Alone = alone && !done.Shown && len(view.Links) == 0
	view.Receipt = done.Receipt
	return v.show("registered", view)
}

// takeRegistered takes from the session what the register answered that it knows of the
// suspect. It is shown once, for the registration is the entry of the log under which it
// was told: of two requests for the page, one has it.
func (v *visit) takeRegistered() (*registered, error) {
	var done registered
	return &done, v.c.change(v.r.Context(), v.s, func(k *kept) {
		if done = (registered{Shown: true}); k.Done != nil {
			done = *k.Done
			k.Done = &registered{Breach: done.Breach, Label: done.Label, Nominal: done.Nominal, Flags: done.Flags, Receipt: done.Receipt, Shown: true}
		}
	})
}

// linkAddress is the page of a link.
func linkAddress(name string) string { return "/links/" + name[strings.LastIndex(name, "/")+1:] }
