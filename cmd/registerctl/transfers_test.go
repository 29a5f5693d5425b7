package main

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

const transferID = "forces/33/transfers/0198f000-0000-7000-8000-000000000009"

func aTransfer() *registerv1.Transfer {
	return &registerv1.Transfer{
		Name: transferID, FromForce: "forces/10", ToForce: "forces/33", State: registerv1.TransferState_TRANSFER_STATE_OFFERED,
		Reason: "the victim has moved\x1b there", OfferTime: timestamppb.Now(), DueTime: timestamppb.Now(),
		Matter: &registerv1.TransferMatter{
			Incidents: 3, Warnings: []string{"WEAPON"}, Measures: []*registerv1.TransferMeasure{{Kind: "COURT_BAIL", Breaches: 2}},
			Duties: []*registerv1.TransferDuty{{Code: "NO_PLAN", Title: "No safety plan"}}, Nominals: []string{"forces/33/nominals/0"},
		},
	}
}

func (f *fake) GetTransfer(_ context.Context, r *registerv1.GetTransferRequest) (*registerv1.Transfer, error) {
	f.asked(r)
	return aTransfer(), nil
}

func (f *fake) ListTransfers(_ context.Context, r *registerv1.ListTransfersRequest) (*registerv1.ListTransfersResponse, error) {
	f.asked(r)
	return &registerv1.ListTransfersResponse{Transfers: []*registerv1.Transfer{aTransfer()}, NextPageToken: "2"}, nil
}

func (f *fake) OfferTransfer(_ context.Context, r *registerv1.OfferTransferRequest) (*registerv1.Transfer, error) {
	f.asked(r)
	return aTransfer(), nil
}

func (f *fake) AcceptTransfer(_ context.Context, r *registerv1.AcceptTransferRequest) (*registerv1.Transfer, error) {
	f.asked(r)
	t := aTransfer()
	t.State, t.AnswerTime, t.Matter, t.NewCourse = registerv1.TransferState_TRANSFER_STATE_ACCEPTED, timestamppb.Now(), nil, "forces/33/courses/0"
	return t, nil
}

func (f *fake) DeclineTransfer(_ context.Context, r *registerv1.DeclineTransferRequest) (*registerv1.Transfer, error) {
	f.asked(r)
	return aTransfer(), nil
}

func (f *fake) WithdrawTransfer(_ context.Context, r *registerv1.WithdrawTransferRequest) (*registerv1.Transfer, error) {
	f.asked(r)
	return aTransfer(), nil
}

func TestTransfers(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		args []string
		want proto.Message
		out  []string
	}{
		{[]string{"list", "--open"}, &registerv1.ListTransfersRequest{Parent: "forces/33", Open: true}, []string{"forces/10 offers to forces/33", "--page-token 2"}},
		{[]string{"show", transferID}, &registerv1.GetTransferRequest{Name: transferID}, []string{"3 incidents", "WEAPON", "COURT_BAIL, 2 breaches", "No safety plan", "your record of the person: forces/33/nominals/0", transferID}},
		{[]string{"offer", "forces/33/courses/0", "--to", "10", "--reason", "the victim has moved"}, &registerv1.OfferTransferRequest{Parent: "forces/33", Course: "forces/33/courses/0", ToForce: "forces/10", Reason: "the victim has moved"}, []string{"to be answered by"}},
		{[]string{"accept", transferID, "--reference", "33/7", "--nominal-reference", "33/N7", "--collar", "5150"}, &registerv1.AcceptTransferRequest{
			Name: transferID, Source: &registerv1.SourceKey{System: "manual", Reference: "33/7"}, NominalSource: &registerv1.SourceKey{System: "manual", Reference: "33/N7"}, Officer: "5150",
		}, []string{"(accepted ", "now forces/33/courses/0"}},
		{[]string{"decline", transferID, "--reason", "she has not moved"}, &registerv1.DeclineTransferRequest{Name: transferID, Reason: "she has not moved"}, []string{transferID}},
		{[]string{"withdraw", transferID, "--reason", "she has come back"}, &registerv1.WithdrawTransferRequest{Name: transferID, Reason: "she has come back"}, []string{transferID}},
	} {
		args := append([]string{"transfers"}, c.args...)
		code, out, errOut := b.run("", args...)
		if code != exitOK || errOut != "" || strings.ContainsAny(out, "\x1b\x07") {
			t.Errorf("%v: exit %d, %s\n%q", args, code, errOut, out)
		}
		for _, want := range c.out {
			if !strings.Contains(out, want) {
				t.Errorf("%v prints no %q:\n%s", args, want, out)
			}
		}
		if !proto.Equal(c.want, b.fake.decided) {
			t.Errorf("%v asks %v, want %v", args, b.fake.decided, c.want)
		}
	}
}
