package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

func (f *fake) ListClients(_ context.Context, r *registerv1.ListClientsRequest) (*registerv1.ListClientsResponse, error) {
	f.asked(r)
	if r.GetParent() == "forces/10" {
		return &registerv1.ListClientsResponse{}, nil
	}
	return &registerv1.ListClientsResponse{
		SignInServices: []*registerv1.SignInService{
			{Issuer: "https://login.example\x1b", Audience: "register", Forces: []string{"forces/10", "forces/33"}, National: true, Roles: []string{"spoc", "psd"},
				AcceptedAcrs: []string{"aal2", "aal3"}, MaxTokenLifetime: durationpb.New(time.Hour), ConsoleClientId: "register-console"},
			{Issuer: "https://oversight.example", National: true, Roles: []string{"auditor"}},
		},
		SystemAuthorities: []*registerv1.SystemAuthority{{Subject: "CN=Systems root", Sha256Fingerprint: strings.Repeat("ab", 32), ExpireTime: &timestamppb.Timestamp{Seconds: 1_900_000_000}}},
		Systems: []*registerv1.SystemClient{{Subject: "register://forces/33/systems/crime\x1b", Force: "forces/33", System: "crime",
			FirstCallTime: &timestamppb.Timestamp{Seconds: 1_700_000_000}, LastCallTime: &timestamppb.Timestamp{Seconds: 1_800_000_000}}},
		Truncated: true,
	}, nil
}

func TestClients(t *testing.T) {
	b := newBench(t)
	b.prints([]printed{
		{[]string{"clients"}, &registerv1.ListClientsRequest{Parent: "forces/33"}, []string{
			"SIGN-IN SERVICE https://login.example", "10, 33, and national roles", "spoc, psd", "aal2, aal3", "1h0m0s at most", "register-console", "forces      national roles",
			"AUTHORITY OF SYSTEMS CN=Systems root", strings.Repeat("ab", 32), "valid until 2030", "register://forces/33/systems/crime", "2023", "2027", "give --force",
		}},
		{[]string{"clients", "--force", "10"}, &registerv1.ListClientsRequest{Parent: "forces/10"}, []string{"No system has called."}},
		{[]string{"clients", "--force", "forces/-"}, &registerv1.ListClientsRequest{Parent: "forces/-"}, []string{"https://oversight.example"}},
	})
}
