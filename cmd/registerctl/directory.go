package main

import (
	"context"
	"regexp"
	"strings"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

type forcesCmd struct{}

// Run lists the forces.
func (c *forcesCmd) Run(a *app) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var list *registerv1.ListForcesResponse
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		list, err = registerv1.NewDirectoryServiceClient(conn).ListForces(ctx, &registerv1.ListForcesRequest{}, opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(list)
	}
	var rows [][]string
	for _, f := range list.GetForces() {
		k := f.GetContact()
		rows = append(rows, []string{f.GetCode(), f.GetTitle(), k.GetTeam(), k.GetPhone(), k.GetEmail(), k.GetHours()})
	}
	a.table([]string{"CODE", "FORCE", "ASK", "PHONE", "E-MAIL", "HOURS"}, rows)
	return nil
}

type codesCmd struct {
	List string `arg:"" help:"The list."`
}

var kebab = regexp.MustCompile(`-([a-z])`)

// Run lists a code list.
func (c *codesCmd) Run(a *app) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	// search-reasons is searchReasons.
	name := kebab.ReplaceAllStringFunc(strings.TrimPrefix(c.List, "codeLists/"), func(s string) string { return strings.ToUpper(s[1:]) })
	var list *registerv1.ListCodesResponse
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		list, err = registerv1.NewDirectoryServiceClient(conn).ListCodes(ctx, &registerv1.ListCodesRequest{Parent: "codeLists/" + name}, opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(list)
	}
	var rows [][]string
	for _, k := range list.GetCodes() {
		note := k.GetNote()
		if k.GetUnverified() {
			note = strings.TrimSpace(note + " (not confirmed against its primary source)")
		}
		rows = append(rows, []string{k.GetCode(), k.GetTitle(), note})
	}
	a.table([]string{"CODE", "MEANING", "NOTE"}, rows)
	return nil
}
