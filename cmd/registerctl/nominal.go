package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

type nominalCmd struct {
	Restrict nominalRestrictCmd `cmd:"" help:"Limit who learns of a record, or lift that; for PSD."`
	Cancel   nominalCancelCmd   `cmd:"" help:"Withdraw a record: it is kept, and found by nobody else."`
	Find     nominalFindCmd     `cmd:"" help:"Find the own force's records of somebody who exercises a right over his data; for the data protection officer."`
	Erase    nominalEraseCmd    `cmd:"" help:"Destroy a record, its courses and its links for good; for the data protection officer."`
}

// chosen is the value of an enum that a flag names in words, such as "no-crime".
func chosen(values map[string]int32, prefix, flag, word string) (int32, error) {
	name := prefix + strings.ToUpper(strings.ReplaceAll(word, "-", "_"))
	if v := values[name]; v != 0 {
		return v, nil
	}
	var all []string
	for n, v := range values {
		if v != 0 {
			all = append(all, strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(n, prefix), "_", "-")))
		}
	}
	return 0, usageError{errors.New(flag + " is one of: " + strings.Join(slices.Sorted(slices.Values(all)), ", "))}
}

// change makes a call that changes a record, and says that it was made.
func (a *app) change(done string, do func(ctx context.Context, s registerv1.NominalServiceClient, opts ...grpc.CallOption) (proto.Message, error)) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var m proto.Message
	entry, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		m, err = do(ctx, registerv1.NewNominalServiceClient(conn), opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(m)
	}
	a.say("%s", done)
	if erased, ok := m.(*registerv1.EraseNominalResponse); ok {
		a.say("%s erased with it.", plural(int(erased.GetErasedCourses()), "course of conduct was", "courses of conduct were"))
	}
	if entry != "" {
		a.say("Recorded under your name, entry %s.", entry)
	}
	return nil
}

type nominalRestrictCmd struct {
	Name        string `arg:"" help:"The record, forces/33/nominals/…"`
	To          string `required:"" help:"silent, contact or safety; none lifts the restriction." placeholder:"RESTRICTION"`
	Explanation string `required:"" help:"Why, in words."`
}

// Run restricts a record.
func (c *nominalRestrictCmd) Run(a *app) error {
	to := c.To
	if to == "none" {
		to = "unspecified"
	}
	value, ok := registerv1.Restriction_value["RESTRICTION_"+strings.ToUpper(to)]
	if !ok || value == 0 && c.To != "none" {
		return usageError{errors.New("--to is silent, contact, safety, or none")}
	}
	return a.change("Restricted.", func(ctx context.Context, s registerv1.NominalServiceClient, opts ...grpc.CallOption) (proto.Message, error) {
		return s.RestrictNominal(ctx, &registerv1.RestrictNominalRequest{Name: c.Name, Restriction: registerv1.Restriction(value), Explanation: c.Explanation}, opts...)
	})
}

type nominalCancelCmd struct {
	Name        string `arg:"" help:"The record, forces/33/nominals/…"`
	Reason      string `required:"" help:"entered-in-error, no-crime, duplicate or exonerated." placeholder:"CODE"`
	Explanation string `help:"Why, in words."`
}

// Run withdraws a record.
func (c *nominalCancelCmd) Run(a *app) error {
	reason, err := chosen(registerv1.CancelReason_value, "CANCEL_REASON_", "--reason", c.Reason)
	if err != nil {
		return err
	}
	return a.change("Withdrawn. Registering it again with `reinstate` makes it stand.", func(ctx context.Context, s registerv1.NominalServiceClient, opts ...grpc.CallOption) (proto.Message, error) {
		return s.CancelNominal(ctx, &registerv1.CancelNominalRequest{Name: c.Name, Reason: registerv1.CancelReason(reason), Explanation: c.Explanation}, opts...)
	})
}

type nominalEraseCmd struct {
	Name      string `arg:"" help:"The record, forces/33/nominals/…"`
	Ground    string `required:"" help:"retention, subject-request, order or unlawful." placeholder:"CODE"`
	Reference string `required:"" help:"Reference of the decision."`
	Yes       bool   `help:"Erase without asking again: it cannot be undone."`
}

// Run erases a record.
func (c *nominalEraseCmd) Run(a *app) error {
	ground, err := chosen(registerv1.ErasureGround_value, "ERASURE_GROUND_", "--ground", c.Ground)
	if err != nil {
		return err
	}
	if !c.Yes {
		return usageError{errors.New("an erasure cannot be undone: give --yes")}
	}
	return a.change("Erased.", func(ctx context.Context, s registerv1.NominalServiceClient, opts ...grpc.CallOption) (proto.Message, error) {
		return s.EraseNominal(ctx, &registerv1.EraseNominalRequest{Name: c.Name, Ground: registerv1.ErasureGround(ground), Reference: c.Reference}, opts...)
	})
}
