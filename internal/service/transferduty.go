package service

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// The duty to answer an offer is no prompt of a person's history: it arises with the
// offer and closes with the answer alone. It climbs as every duty does.
const codeTransferOffered = "TRANSFER_OFFERED"

// tellTransfer alerts a force of what becomes of a transfer.
func (b *batch) tellTransfer(r postgres.Record, stored *storev1.StoredTransfer, force string, kind registerv1.AlertKind, message string) error {
	t := stored.GetTransfer()
	a := conductAlert{
		kind: kind, key: fmt.Sprintf("%s/%d/%s", r.ID, kind, force), subject: inNameOf(r, force), message: message,
		other: call.ForceCode(t.GetFromForce()), about: []identity.ID{identity.ID(stored.GetNominalId())},
	}
	if a.other == force {
		a.other = call.ForceCode(t.GetToForce())
		a.nominals, a.about = a.about, nil
	}
	return b.alert(force, a)
}

// openTransferDuty gives the other force the duty to answer an offer.
func (b *batch) openTransferDuty(r postgres.Record, offer *storev1.StoredTransfer) error {
	t := offer.GetTransfer()
	to := call.ForceCode(t.GetToForce())
	stored := &storev1.StoredDuty{
		NominalId: offer.GetNominalId(), TransferId: r.ID[:],
		Duty: &registerv1.Duty{
			State: registerv1.DutyState_DUTY_STATE_OPEN, Code: codeTransferOffered, RuleVersion: "1", Key: r.ID.String(),
			Title:   "Matter offered by another force",
			Message: b.d.forceTitle(call.ForceCode(t.GetFromForce())) + " offers to hand a matter over. Accept or decline it: until then that force answers for it.", SinceTime: t.GetOfferTime(), DueTime: t.GetDueTime(),
		},
	}
	begin(stored, b.d.ladder(codeTransferOffered), "", b.now)
	happened(stored.GetDuty(), eventOpened, byRegister, "", b.now)
	change, err := b.d.First(postgres.KindDuty, to, b.d.Keys.SourceHMAC(to, systemDuty, codeTransferOffered+"/"+r.ID.String(), systemDuty), 1, stored)
	if err != nil {
		return err
	}
	b.changes = append(b.changes, change)
	return nil // the alert of the offer tells of it
}

// closeTransferDuty closes the duty to answer an offer.
func (b *batch) closeTransferDuty(ctx context.Context, r postgres.Record, to, event string) error {
	known, ok := b.d.View.DutyFor(to, codeTransferOffered, r.ID.String())
	if !ok || !known.Open() {
		return nil
	}
	return b.reviseDuty(ctx, known, "", func(stored *storev1.StoredDuty) {
		duty := stored.GetDuty()
		duty.State, duty.ClimbTime, stored.Proposer = registerv1.DutyState_DUTY_STATE_DONE, nil, ""
		if event == eventFellAway {
			duty.State = registerv1.DutyState_DUTY_STATE_FELL_AWAY
		}
		duty.Closing = &registerv1.DutyClosing{Action: "TRANSFER_ANSWERED", Record: ResourceName(postgres.KindTransfer, to, r.ID), By: byRegister, Time: timestamppb.New(b.now)}
		happened(duty, event, byRegister, "", b.now)
	})
}
