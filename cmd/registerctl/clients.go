package main

import (
	"cmp"
	"context"
	"strings"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type clientsCmd struct {
	Force string `help:"Only who may call on behalf of this force. Unless given: your own, or all where you belong to none." placeholder:"CODE"`
}

// Run tells who may call, and which systems have.
func (c *clientsCmd) Run(a *app) error {
	force := forceCode(c.Force)
	if force == "" {
		self, err := a.self()
		if err != nil {
			return err
		}
		force = cmp.Or(forceCode(self.GetForce()), "-")
	}
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var got *registerv1.ListClientsResponse
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		got, err = registerv1.NewDirectoryServiceClient(conn).ListClients(ctx, &registerv1.ListClientsRequest{Parent: "forces/" + force}, opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(got)
	}
	a.showClients(got)
	return nil
}

func (a *app) showClients(got *registerv1.ListClientsResponse) {
	for _, k := range got.GetSignInServices() {
		forces := forceCodes(k.GetForces())
		if k.GetNational() {
			forces = strings.TrimPrefix(forces+", and national roles", ", and ")
		}
		a.say("SIGN-IN SERVICE %s", client.Clean(k.GetIssuer()))
		a.field("audience", k.GetAudience())
		a.field("forces", forces)
		a.field("roles", strings.Join(clean(k.GetRoles()), ", "))
		a.field("strengths", strings.Join(clean(k.GetAcceptedAcrs()), ", "))
		a.field("tokens", "valid for "+k.GetMaxTokenLifetime().AsDuration().String()+" at most")
		a.field("console", k.GetConsoleClientId())
	}
	for _, k := range got.GetSystemAuthorities() {
		a.say("AUTHORITY OF SYSTEMS %s", client.Clean(k.GetSubject()))
		a.field("sha-256", k.GetSha256Fingerprint())
		a.field("valid until", minute(k.GetExpireTime()))
	}
	var rows [][]string
	for _, k := range got.GetSystems() {
		rows = append(rows, []string{k.GetSubject(), minute(k.GetFirstCallTime()), minute(k.GetLastCallTime())})
	}
	if len(rows) == 0 {
		a.say("No system has called.")
		return
	}
	a.table([]string{"SYSTEM THAT HAS CALLED", "FIRST", "LAST"}, rows)
	if got.GetTruncated() {
		a.say("There are more: give --force.")
	}
}
