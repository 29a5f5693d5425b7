package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/client/bulk"
)

type registerCmd struct {
	File  string `arg:"" help:"File with one record as JSON, or several, one after another; - for standard input. A record is a RegisterRecordsRequest, or a request of one kind: nominal, course, measure, breach, assessment or plan."`
	Force string `help:"Force of the records that name no parent." placeholder:"CODE"`

	Check         string `help:"Ask with each course of conduct and each breach what the register knows of the suspect, for this reason, such as CRIME_INVESTIGATION; see: registerctl codes searchReasons." placeholder:"REASON" group:"Check:"`
	Justification string `help:"Why, in words." placeholder:"TEXT" group:"Check:"`
	Reference     string `help:"Crime or incident reference; without it, that of the record." placeholder:"REF" group:"Check:"`
	OnBehalfOf    string `help:"For whom you ask, such as a collar number." placeholder:"COLLAR" group:"Check:"`
}

// ask asks with a course or a breach what is known of the suspect, unless the record does
// so itself.
func (c *registerCmd) ask(r *registerv1.RegisterRecordsRequest) {
	if c.Check == "" {
		return
	}
	basis := &registerv1.CheckBasis{Reason: c.Check, Justification: c.Justification, Reference: c.Reference, OnBehalfOf: c.OnBehalfOf}
	if course := r.GetCourse(); course != nil && course.GetCheck() == nil {
		basis.Reference = cmp.Or(basis.GetReference(), course.GetCourse().GetSource().GetReference())
		course.Check = basis
	}
	if breach := r.GetBreach(); breach != nil && breach.GetCheck() == nil {
		basis.Reference = cmp.Or(basis.GetReference(), breach.GetBreach().GetSource().GetReference())
		breach.Check = basis
	}
}

const maxRegister = 64 << 20

// Run registers each record by a call of its own. For many, import is quicker.
func (c *registerCmd) Run(a *app) error {
	data, err := a.readInput(c.File, maxRegister)
	if err != nil {
		return err
	}
	records, err := c.records(data)
	if err != nil {
		return err
	}
	conn, err := a.connect()
	if err != nil {
		return err
	}
	worst := exitOK
	for i, r := range records {
		err := registerOne(a, conn, r)
		if err == nil {
			continue
		}
		if len(records) > 1 {
			a.warn("record %d of %d:", i+1, len(records))
		}
		code := a.conclude(err)
		if worst == exitOK {
			worst = code
		}
		if code == exitNotAnswered {
			break // neither will it take the next
		}
	}
	if worst != exitOK {
		return exitError(worst)
	}
	return nil
}

// records reads the records, or names every one that cannot be read: then none is sent.
func (c *registerCmd) records(data []byte) (records []*registerv1.RegisterRecordsRequest, err error) {
	var faults []error
	d := json.NewDecoder(bytes.NewReader(data))
	for n := 1; ; n++ {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // nor can what comes after it be read
			faults = append(faults, fmt.Errorf("record %d: is not JSON: %s", n, client.Clean(err.Error())))
			break
		}
		r, err := bulk.ParseRecord(raw, c.Force)
		if err != nil {
			faults = append(faults, fmt.Errorf("record %d: %w", n, err))
			continue
		}
		c.ask(r)
		records = append(records, r)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("nothing was registered:\n%w", errors.Join(faults...))
	}
	if len(records) == 0 {
		return nil, errors.New("there is no record in the input")
	}
	return records, nil
}

func registerOne(a *app, conn grpc.ClientConnInterface, r *registerv1.RegisterRecordsRequest) error {
	var answer interface {
		proto.Message
		GetName() string
		GetVersion() int64
		GetOutcome() registerv1.RegisterOutcome
		GetFlags() []*registerv1.Flag
	}
	entry, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		switch r := r.GetRecord().(type) {
		case *registerv1.RegisterRecordsRequest_Course:
			answer, err = registerv1.NewConductServiceClient(conn).RegisterCourse(ctx, r.Course, opts...)
		case *registerv1.RegisterRecordsRequest_Measure:
			answer, err = registerv1.NewMeasureServiceClient(conn).RegisterMeasure(ctx, r.Measure, opts...)
		case *registerv1.RegisterRecordsRequest_Breach:
			answer, err = registerv1.NewMeasureServiceClient(conn).RegisterBreach(ctx, r.Breach, opts...)
		case *registerv1.RegisterRecordsRequest_Assessment:
			answer, err = registerv1.NewAssessmentServiceClient(conn).RegisterAssessment(ctx, r.Assessment, opts...)
		case *registerv1.RegisterRecordsRequest_Plan:
			answer, err = registerv1.NewAssessmentServiceClient(conn).RegisterPlan(ctx, r.Plan, opts...)
		case *registerv1.RegisterRecordsRequest_Nominal:
			answer, err = registerv1.NewNominalServiceClient(conn).RegisterNominal(ctx, r.Nominal, opts...)
		}
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(answer)
	}
	line := fmt.Sprintf("%s %s, version %d", client.Clean(answer.GetName()), words("REGISTER_OUTCOME_", answer.GetOutcome()), answer.GetVersion())
	if entry != "" {
		line += ", entry " + entry
	}
	a.say("%s", line)
	if n, ok := answer.(*registerv1.RegisterNominalResponse); ok {
		for _, l := range n.GetLinks() {
			a.say("  %s", linkLine(l))
		}
	}
	if asked, ok := answer.(interface {
		GetCheck() *registerv1.PersonCheck
	}); ok && asked.GetCheck() != nil {
		a.showCheck(asked.GetCheck())
	}
	for _, f := range answer.GetFlags() {
		a.say("  look at %s: %s (%s)", client.Clean(f.GetField()), client.Clean(f.GetMessage()), client.Clean(f.GetCode()))
	}
	return nil
}

// linkLine tells of a link that a registration made.
func linkLine(l *registerv1.LinkSummary) string {
	line := map[registerv1.LinkState]string{
		registerv1.LinkState_LINK_STATE_AUTOMATIC: "probably the same person, unconfirmed",
		registerv1.LinkState_LINK_STATE_PROPOSED:  "possibly the same person",
		registerv1.LinkState_LINK_STATE_WITHDRAWN: "no longer held to be the same person",
	}[l.GetState()]
	if p := l.GetProbability(); p > 0 {
		line += " (" + percent(p) + ")"
	}
	return line + ": a record of force " + forceCode(l.GetForce()) + ", " + client.Clean(l.GetName())
}

// showCheck prints what the register knows of the suspect of a record.
func (a *app) showCheck(k *registerv1.PersonCheck) {
	a.say("")
	a.say("CHECKED%s", unsure(k.GetUnconfirmed()))
	if p := k.GetPattern(); p.GetCourses() > 0 {
		a.say("  known for %s; victims %s", pattern(p), victims(p))
	}
	if k.GetAskOwner() {
		a.say("  A record of his is restricted: ask its owner force.")
	}
	for _, l := range k.GetPossiblySame() {
		a.say("  %s", linkLine(l))
	}
	a.showCard(&registerv1.History{
		Card: k.GetCard(), Prompts: k.GetPrompts(), HighRisk: k.GetHighRisk(), HighRiskUnconfirmed: k.GetHighRiskUnconfirmed(), LastCheck: k.GetLastCheck(),
	})
	if len(k.GetDuties()) > 0 {
		a.say("")
		a.say("DUTIES OF YOUR FORCE")
	}
	for _, d := range k.GetDuties() {
		a.say("  %s, by %s%s: %s", client.Clean(d.GetCode()), minute(d.GetDueTime()), unsure(d.GetUnconfirmed()), client.Clean(d.GetName()))
	}
	a.say("")
}
