package apitest

import (
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
)

// aboutForce makes, for every RPC, a request that is about a force's things:
// whether it may be made depends on the policy alone. Nothing that it names
// exists, so that nothing is changed.
func aboutForce(force string) map[string]proto.Message {
	n, c, l := unknownRecord(force, "nominals"), unknownRecord(force, "courses"), unknownRecord(force, "links")
	d := unknownRecord(force, "duties")
	out := map[string]proto.Message{
		registerNominal:     &pb.RegisterNominalRequest{Parent: "forces/" + force},
		getNominal:          &pb.GetNominalRequest{Name: n},
		listNominals:        &pb.ListNominalsRequest{Parent: "forces/" + force, PageSize: 1},
		cancelNominal:       &pb.CancelNominalRequest{Name: n},
		restrictNominal:     &pb.RestrictNominalRequest{Name: n},
		eraseNominal:        &pb.EraseNominalRequest{Name: n},
		registerCourse:      &pb.RegisterCourseRequest{Parent: "forces/" + force},
		getCourse:           &pb.GetCourseRequest{Name: c},
		listCourses:         &pb.ListCoursesRequest{Parent: n},
		cancelCourse:        &pb.CancelCourseRequest{Name: c},
		eraseCourse:         &pb.EraseCourseRequest{Name: c},
		registerRecords:     nil,
		findNominals:        &pb.FindNominalsRequest{Parent: "forces/" + force},
		createSearch:        &pb.CreateSearchRequest{Search: &pb.Search{}},
		getSearch:           &pb.GetSearchRequest{Name: unknownSearch},
		getCandidate:        &pb.GetCandidateRequest{Name: unknownSearch + "/candidates/1"},
		listLinks:           &pb.ListLinksRequest{Parent: "forces/" + force, PageSize: 1},
		getLink:             &pb.GetLinkRequest{Name: l},
		proposeLink:         &pb.ProposeLinkRequest{Parent: "forces/" + force},
		confirmLink:         &pb.ConfirmLinkRequest{Name: l},
		rejectLink:          &pb.RejectLinkRequest{Name: l},
		getPerson:           &pb.GetPersonRequest{Name: n},
		splitPerson:         &pb.SplitPersonRequest{Name: n},
		listAlerts:          &pb.ListAlertsRequest{Parent: "forces/" + force, PageSize: 1},
		reviewCounter:       &pb.ReviewCounterRequest{Name: unknownRecord(force, "alerts")},
		createSubscription:  &pb.CreateSubscriptionRequest{Parent: "forces/" + force, Basis: n, Reason: "an inquiry of our own"},
		listSubscriptions:   &pb.ListSubscriptionsRequest{Parent: "forces/" + force, PageSize: 1},
		deleteSubscription:  &pb.DeleteSubscriptionRequest{Name: unknownRecord(force, "subscriptions")},
		askOwner:            &pb.AskOwnerRequest{Parent: "forces/" + force},
		answerQuestion:      &pb.AnswerQuestionRequest{Name: unknownRecord(force, "questions"), Text: "nothing is known"},
		getQuestion:         &pb.GetQuestionRequest{Name: unknownRecord(force, "questions")},
		listQuestions:       &pb.ListQuestionsRequest{Parent: "forces/" + force, PageSize: 1},
		offerTransfer:       &pb.OfferTransferRequest{Parent: "forces/" + force},
		acceptTransfer:      &pb.AcceptTransferRequest{Name: unknownRecord(force, "transfers"), Source: source("x", 1)},
		declineTransfer:     &pb.DeclineTransferRequest{Name: unknownRecord(force, "transfers"), Reason: why},
		withdrawTransfer:    &pb.WithdrawTransferRequest{Name: unknownRecord(force, "transfers"), Reason: why},
		getTransfer:         &pb.GetTransferRequest{Name: unknownRecord(force, "transfers")},
		listTransfers:       &pb.ListTransfersRequest{Parent: "forces/" + force, PageSize: 1},
		watchAlerts:         &pb.WatchAlertsRequest{Parent: "forces/" + force, Once: true},
		acknowledgeAlert:    &pb.AcknowledgeAlertRequest{Name: unknownRecord(force, "alerts")},
		listDuties:          &pb.ListDutiesRequest{Parent: "forces/" + force, PageSize: 1},
		getDuty:             &pb.GetDutyRequest{Name: d},
		assignDuty:          &pb.AssignDutyRequest{Name: d, Role: pb.DutyRole_DUTY_ROLE_SPOC},
		closeDuty:           &pb.CloseDutyRequest{Name: d, Reason: why},
		approveClosure:      &pb.ApproveClosureRequest{Name: d, Version: 1},
		refuseClosure:       &pb.RefuseClosureRequest{Name: d, Version: 1, Reason: why},
		judgePrompt:         &pb.JudgePromptRequest{Parent: n},
		listJudgements:      &pb.ListPromptJudgementsRequest{Parent: n},
		listRetractions:     &pb.ListRetractionsRequest{},
		getCheckpoint:       &pb.GetCheckpointRequest{},
		getInclusionProof:   &pb.GetInclusionProofRequest{TreeSize: 1},
		getConsistencyProof: &pb.GetConsistencyProofRequest{FirstTreeSize: 1, SecondTreeSize: 1},
		listEntries:         entriesOf("forces/" + force),
		putFacts:            &pb.PutFactsRequest{Parent: "forces/" + force},
		listFlags:           &pb.ListFlagsRequest{Parent: "forces/" + force, PageSize: 1},
		listCases:           &pb.ListCasesRequest{Parent: "forces/" + force, PageSize: 1},
		getCase:             &pb.GetCaseRequest{Name: unknownRecord(force, "misuseCases")},
		openCase:            &pb.OpenCaseRequest{Name: unknownRecord(force, "misuseCases")},
		askExplanation:      &pb.AskExplanationRequest{Name: unknownRecord(force, "misuseCases")},
		addNote:             &pb.AddNoteRequest{Name: unknownRecord(force, "misuseCases")},
		decideCase:          &pb.DecideCaseRequest{Name: unknownRecord(force, "misuseCases")},
		getRuleReport:       &pb.GetRuleReportRequest{Parent: "forces/" + force},
		imposeSanction:      &pb.ImposeSanctionRequest{Parent: "forces/" + force},
		liftSanction:        &pb.LiftSanctionRequest{Name: unknownRecord(force, "sanctions")},
		listSanctions:       &pb.ListSanctionsRequest{Parent: "forces/" + force, PageSize: 1},
		summariseActivity:   activityOf("forces/" + force),
		requestUnsealing:    &pb.RequestUnsealingRequest{Parent: "forces/" + force},
		approveUnsealing:    &pb.ApproveUnsealingRequest{Name: unknownRecord(force, "unsealings"), NoConflict: true},
		refuseUnsealing:     &pb.RefuseUnsealingRequest{Name: unknownRecord(force, "unsealings"), NoConflict: true, Reason: "no case bears this reference"},
		openUnsealing:       &pb.OpenUnsealingRequest{Name: unknownRecord(force, "unsealings")},
		listUnsealings:      &pb.ListUnsealingsRequest{Parent: "forces/" + force, PageSize: 1},
		openCaseAccess:      &pb.OpenCaseAccessRequest{Parent: "forces/" + force},
		listCaseAccesses:    &pb.ListCaseAccessesRequest{Parent: "forces/" + force, PageSize: 1},
		makeEvidence:        &pb.MakeEvidenceRequest{Parent: "forces/" + force},
		listReadings:        &pb.ListReadingsRequest{Parent: "forces/" + force},
		reviewReading:       &pb.ReviewReadingRequest{Name: "forces/" + force + "/readings/0"},
		beginSample:         &pb.BeginSampleRequest{Parent: "forces/" + force},
		commitSample:        &pb.CommitSampleRequest{Name: unknownRecord(force, "samples")},
		revealSample:        &pb.RevealSampleRequest{Name: unknownRecord(force, "samples")},
		drawSample:          &pb.DrawSampleRequest{Name: unknownRecord(force, "samples")},
		judgeSample:         &pb.JudgeSampleRequest{Name: unknownRecord(force, "samples")},
		listSamples:         &pb.ListSamplesRequest{Parent: "forces/" + force, PageSize: 1},
		placeHold:           &pb.PlaceHoldRequest{Parent: "forces/" + force},
		liftHold:            &pb.LiftHoldRequest{Name: unknownRecord(force, "holds")},
		listHolds:           &pb.ListHoldsRequest{Parent: "forces/" + force, PageSize: 1},
		listForces:          &pb.ListForcesRequest{},
		getForce:            &pb.GetForceRequest{Name: "forces/" + force},
		updateForceContact:  &pb.UpdateForceContactRequest{Contact: &pb.ForceContact{Force: "forces/" + force}},
		listClients:         &pb.ListClientsRequest{Parent: "forces/" + force},
		listCodes:           &pb.ListCodesRequest{Parent: "codeLists/warnings"},
		getSelf:             &pb.GetSelfRequest{},
		getHistory:          &pb.GetHistoryRequest{Name: n},
		listRanked:          &pb.ListRankedRequest{Parent: "forces/" + force, PageSize: 1},
		createPack:          &pb.CreateEvidencePackRequest{Name: n},
		settleVictims:       &pb.SettleVictimsRequest{Name: c},
		regradeAssessment:   &pb.RegradeAssessmentRequest{Name: unknownRecord(force, "assessments")},
	}
	for _, k := range partKinds() {
		part := map[string]any{"name": unknownRecord(force, k.collection)}
		out[k.method("Register")] = k.message("Register", map[string]any{"parent": "forces/" + force})
		out[k.method("List")] = k.message("List", map[string]any{"parent": n})
		out[k.method("Get")], out[k.method("Cancel")], out[k.method("Erase")] = k.message("Get", part), k.message("Cancel", part), k.message("Erase", part)
	}
	return out
}

// runRoles calls every RPC in every role, about the own force and about
// another, and expects what the shipped policy says.
func runRoles(t *testing.T, w *world, made *runs) {
	callers := []string{"system-33", "nobody-33", "auditor", "admin"}
	for _, role := range []string{"investigator", "control_room", "spoc", "supervisor", "psd", "dpo"} {
		callers = append(callers, role+"-33")
	}
	for _, who := range callers {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			for _, via := range w.transportsOf(who) {
				for _, force := range []string{"33", "10"} {
					requests := aboutForce(force)
					for short, m := range w.methods {
						request, ok := requests[short]
						if !ok {
							t.Errorf("no request of %s", short)
							continue
						}
						w.tryRole(t, made, via, who, m, request)
					}
				}
			}
		})
	}
}

func (w *world) tryRole(t *testing.T, made *runs, via transport, who string, m *call.Method, request proto.Message) {
	t.Helper()
	want, wantReason := codes.OK, ""
	grant, ok := w.policy.Decide(w.roles(t, who, via), m.Permission.Resource, m.Permission.Action)
	switch {
	case !ok:
		want, wantReason = codes.PermissionDenied, "NOT_ALLOWED"
	case request != nil && !grant.Covers(w.accounts[who].force, call.TargetForce(request)):
		want, wantReason = codes.PermissionDenied, "OTHER_FORCE"
	}
	var requests []proto.Message
	if request != nil {
		requests = []proto.Message{request}
	}
	a := w.call(t.Context(), via, who, m.Short, requests...)
	code, reason, _ := refusal(a.err)
	about := fmt.Sprintf("%s: %s", via, m.Short)
	switch {
	case want == codes.PermissionDenied && (code != want || reason != wantReason):
		t.Errorf("%s: %s %s, want %s %s: %v", about, code, reason, want, wantReason, a.err)
	case want == codes.OK && code != codes.OK && code != codes.InvalidArgument && code != codes.NotFound:
		t.Errorf("%s: %s %s, but the policy allows it by %q", about, code, reason, grant.Line)
	}
	made.note(t, w, a, who, m.Short, via, code)
}
