package main

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type logCountCmd struct {
	By string `arg:"" help:"hour, day, force, reason, method or outcome. Hours and days are UTC."`
	logPeriod
	Reference string `required:"" help:"Reference of the case or review."`
	Subject   string `help:"Only this user's or system's entries."`
	Force     string `help:"Force whose entries are counted; else your own." placeholder:"CODE"`
	AllForces bool   `help:"Entries of all forces, for the national auditor."`
}

// Run counts entries.
func (c *logCountCmd) Run(a *app) error {
	by, err := chosen(registerv1.ActivityGrouping_value, "ACTIVITY_GROUPING_", "BY", c.By)
	if err != nil {
		return err
	}
	period, err := c.read(time.Now())
	if err != nil {
		return err
	}
	force, err := a.logForce(c.Force, c.AllForces)
	if err != nil {
		return err
	}
	subject, err := a.wholeSubject(c.Subject)
	if err != nil {
		return err
	}
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var got *registerv1.SummariseActivityResponse
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		got, err = registerv1.NewAccessLogServiceClient(conn).SummariseActivity(ctx, &registerv1.SummariseActivityRequest{
			Parent: "forces/" + force, Purpose: period.purpose, Reference: c.Reference, GroupBy: registerv1.ActivityGrouping(by),
			Subject: subject, StartTime: period.since, EndTime: period.until,
		}, opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(got)
	}
	var rows [][]string
	for _, n := range got.GetCounts() {
		rows = append(rows, []string{client.Clean(n.GetKey()), strconv.FormatInt(n.GetEntries(), 10), strconv.FormatInt(n.GetRefused(), 10), strconv.FormatInt(n.GetRecords(), 10)})
	}
	a.table([]string{"BY " + c.By, "ENTRIES", "REFUSED", "RECORDS"}, rows)
	if got.GetTruncated() {
		a.warn("There are more: ask for a shorter time.")
	}
	return nil
}
