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

type dutiesCmd struct {
	List    dutiesListCmd    `cmd:"" help:"List your force's duties, the earliest deadline first."`
	Show    dutiesShowCmd    `cmd:"" help:"Show a duty with what it rests on and what happened to it."`
	Assign  dutiesAssignCmd  `cmd:"" help:"Give a duty to a role or an officer."`
	Close   dutiesCloseCmd   `cmd:"" help:"Close a duty by a recorded action, or propose to close it for a reason."`
	Approve dutiesApproveCmd `cmd:"" help:"Approve a closure that somebody else has proposed."`
	Refuse  dutiesRefuseCmd  `cmd:"" help:"Refuse a proposed closure."`
	Judge   dutiesJudgeCmd   `cmd:"" help:"Note that a prompt was accepted or overridden, and why."`
	Judged  dutiesJudgedCmd  `cmd:"" help:"List what your force made of the prompts about one of its records."`
}

type dutiesListCmd struct {
	Nominal   string `arg:"" optional:"" help:"Only duties about this record of your force, forces/33/nominals/…"`
	All       bool   `help:"Those that are closed too."`
	Overdue   bool   `help:"Only those whose deadline has passed."`
	Role      string `help:"Only those of a role: officer_in_case, supervisor, duty_inspector or spoc." placeholder:"ROLE"`
	Officer   string `name:"collar" help:"Only those of an officer, by collar number." placeholder:"NUMBER"`
	Code      string `help:"Only those of one kind, such as UNACTIONED_BREACH." placeholder:"CODE"`
	Force     string `help:"Force whose duties are listed; else your own." placeholder:"CODE"`
	Limit     int    `help:"How many at most." default:"50"`
	PageToken string `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// dutyRole reads the name of a role.
func dutyRole(name string) (registerv1.DutyRole, error) {
	if name == "" {
		return registerv1.DutyRole_DUTY_ROLE_UNSPECIFIED, nil
	}
	role, ok := registerv1.DutyRole_value["DUTY_ROLE_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))]
	if !ok || role == 0 {
		return 0, usageError{errors.New("--role is officer_in_case, supervisor, duty_inspector or spoc")}
	}
	return registerv1.DutyRole(role), nil
}

// Run lists duties.
func (c *dutiesListCmd) Run(a *app) error {
	role, err := dutyRole(c.Role)
	if err != nil {
		return err
	}
	if c.Limit < 1 {
		return usageError{errors.New("--limit must be at least 1")}
	}
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	req := &registerv1.ListDutiesRequest{
		Parent: "forces/" + force, Nominal: c.Nominal, Closed: c.All, Overdue: c.Overdue, Role: role, Officer: c.Officer,
		Code: strings.ToUpper(c.Code), PageToken: c.PageToken,
	}
	conn, err := a.connect()
	if err != nil {
		return err
	}
	all := &registerv1.ListDutiesResponse{}
	for len(all.GetDuties()) < c.Limit {
		req.PageSize = int32(min(c.Limit-len(all.GetDuties()), 200)) //nolint:gosec // at most 200
		var page *registerv1.ListDutiesResponse
		_, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
			page, err = registerv1.NewDutyServiceClient(conn).ListDuties(ctx, req, opts...)
			return err
		})
		if err != nil {
			return err
		}
		all.Duties, all.NextPageToken = append(all.Duties, page.GetDuties()...), page.GetNextPageToken()
		if req.PageToken = all.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	if a.JSON {
		return a.printJSON(all)
	}
	for _, d := range all.GetDuties() {
		a.dutyHead(d)
	}
	if len(all.GetDuties()) == 0 {
		a.say("No duties.")
	}
	if all.GetNextPageToken() != "" {
		a.say("More: --page-token %s", client.Clean(all.GetNextPageToken()))
	}
	return nil
}

// dutyHead prints a duty in short.
func (a *app) dutyHead(d *registerv1.Duty) {
	state := words("DUTY_STATE_", d.GetState())
	if open := d.GetClosing() == nil || d.GetState() == registerv1.DutyState_DUTY_STATE_PROPOSED_CLOSURE; open && d.GetDueTime().AsTime().Before(time.Now()) {
		state += ", OVERDUE"
	}
	a.say("due %s  %s  (%s)", minute(d.GetDueTime()), client.Clean(d.GetTitle()), state)
	a.text("  ", d.GetMessage())
	if d.GetUnconfirmed() {
		a.say("  Possible, unconfirmed.")
	}
	a.say("  for: %s", owner(d.GetOwner()))
	if d.GetNominal() != "" {
		a.say("  record: %s", client.Clean(d.GetNominal()))
	}
	a.say("  %s", client.Clean(d.GetName()))
}

func owner(o *registerv1.DutyOwner) string {
	out := words("DUTY_ROLE_", o.GetRole())
	if o.GetOfficer() != "" {
		out += " " + client.Clean(o.GetOfficer())
	}
	return out
}

// showDuty prints a duty in full.
func (a *app) showDuty(d *registerv1.Duty) error {
	if a.JSON {
		return a.printJSON(d)
	}
	a.dutyHead(d)
	a.say("  version %d, raised %s by entry %d", d.GetVersion(), minute(d.GetOpenTime()), d.GetLogIndex())
	for _, line := range []struct{ what, name string }{{"course", d.GetCourse()}, {"measure", d.GetMeasure()}} {
		if line.name != "" {
			a.say("  %s: %s", line.what, client.Clean(line.name))
		}
	}
	a.say("  closed by: %s", client.Clean(strings.Join(d.GetClosingActions(), ", ")))
	for _, e := range d.GetEvidence() {
		a.say("  rests on: %s of %s, %s  %s", client.Clean(e.GetKind()), client.Clean(e.GetForce()), minute(e.GetTime()), client.Clean(e.GetRecord()))
	}
	if t := d.GetClimbTime(); t != nil {
		a.say("  climbs: %s", minute(t))
	}
	for _, e := range d.GetEvents() {
		a.say("  %s  %s by %s", minute(e.GetTime()), client.Clean(e.GetCode()), client.Clean(e.GetBy()))
		a.text("    ", e.GetReason())
	}
	return nil
}

// duty makes a call that answers with a duty, and prints it.
func (a *app) duty(ask func(context.Context, registerv1.DutyServiceClient, ...grpc.CallOption) (*registerv1.Duty, error)) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var d *registerv1.Duty
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		d, err = ask(ctx, registerv1.NewDutyServiceClient(conn), opts...)
		return err
	})
	if err != nil {
		return err
	}
	return a.showDuty(d)
}

type dutiesShowCmd struct {
	Name string `arg:"" help:"The duty, forces/33/duties/…"`
}

// Run shows a duty.
func (c *dutiesShowCmd) Run(a *app) error {
	return a.duty(func(ctx context.Context, s registerv1.DutyServiceClient, opts ...grpc.CallOption) (*registerv1.Duty, error) {
		return s.GetDuty(ctx, &registerv1.GetDutyRequest{Name: c.Name}, opts...)
	})
}

type dutiesAssignCmd struct {
	Name    string `arg:"" help:"The duty, forces/33/duties/…"`
	Role    string `help:"The role: officer_in_case, supervisor, duty_inspector or spoc; else it stays as it is." placeholder:"ROLE"`
	Officer string `name:"collar" help:"The officer by collar number; without, it is the role's." placeholder:"NUMBER"`
	Reason  string `help:"Why, in words."`
}

// Run assigns a duty.
func (c *dutiesAssignCmd) Run(a *app) error {
	role, err := dutyRole(c.Role)
	if err != nil {
		return err
	}
	return a.duty(func(ctx context.Context, s registerv1.DutyServiceClient, opts ...grpc.CallOption) (*registerv1.Duty, error) {
		return s.AssignDuty(ctx, &registerv1.AssignDutyRequest{Name: c.Name, Role: role, Officer: c.Officer, Reason: c.Reason}, opts...)
	})
}

type dutiesCloseCmd struct {
	Name   string `arg:"" help:"The duty, forces/33/duties/…"`
	Action string `help:"The action that closes it, as recorded, such as ARRESTED." placeholder:"CODE"`
	Record string `help:"The record of your force that holds the action." placeholder:"NAME"`
	Reason string `help:"Why it needs no action: it closes once another person has approved."`
}

// Run closes a duty.
func (c *dutiesCloseCmd) Run(a *app) error {
	return a.duty(func(ctx context.Context, s registerv1.DutyServiceClient, opts ...grpc.CallOption) (*registerv1.Duty, error) {
		return s.CloseDuty(ctx, &registerv1.CloseDutyRequest{Name: c.Name, Action: strings.ToUpper(c.Action), Record: c.Record, Reason: c.Reason}, opts...)
	})
}

type dutiesApproveCmd struct {
	Name    string `arg:"" help:"The duty, forces/33/duties/…"`
	Version int64  `required:"" help:"The version that you have read."`
	Reason  string `help:"Why, in words."`
}

// Run approves a closure.
func (c *dutiesApproveCmd) Run(a *app) error {
	return a.duty(func(ctx context.Context, s registerv1.DutyServiceClient, opts ...grpc.CallOption) (*registerv1.Duty, error) {
		return s.ApproveClosure(ctx, &registerv1.ApproveClosureRequest{Name: c.Name, Version: c.Version, Reason: c.Reason}, opts...)
	})
}

type dutiesRefuseCmd struct {
	Name    string `arg:"" help:"The duty, forces/33/duties/…"`
	Version int64  `required:"" help:"The version that you have read."`
	Reason  string `required:"" help:"Why, in words."`
}

// Run refuses a closure.
func (c *dutiesRefuseCmd) Run(a *app) error {
	return a.duty(func(ctx context.Context, s registerv1.DutyServiceClient, opts ...grpc.CallOption) (*registerv1.Duty, error) {
		return s.RefuseClosure(ctx, &registerv1.RefuseClosureRequest{Name: c.Name, Version: c.Version, Reason: c.Reason}, opts...)
	})
}
