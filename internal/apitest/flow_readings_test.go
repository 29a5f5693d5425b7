package apitest

import (
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// The national auditor's readings are reviewed by departments of forces, each but that of
// the force that it looked into: to that one nothing tells of them, not even the length of
// a page.
func TestTheAuditorsReadingsAreReviewedElsewhere(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	s.must("investigator-33", createSearch, search("somebody"))
	s.must("investigator-10", createSearch, search("somebody"))
	read := func(method string, m proto.Message) string {
		return "forces/-/readings/" + s.entryOf("auditor", method, m)
	}
	everywhere := func(subject string) *pb.ListEntriesRequest {
		r := entriesOf("forces/-")
		r.Subject = subject
		return r
	}
	sealedSearch(s)
	s.names["access"] = s.must("auditor", openCaseAccess, accessFor("33")).(*pb.CaseAccess).GetName()
	s.askUnsealing("auditor")
	s.approve("auditor2")
	about33 := []string{
		read(openUnsealing, openIt(s)),
		read(listEntries, entriesOf("forces/33")),
		read("AccessLogService.SummariseActivity", activityOf("forces/33")),
		read(listEntries, everywhere(s.subject("investigator-33"))),
		read("AccessLogService.SummariseActivity", func() proto.Message {
			r := activityOf("forces/-")
			r.Subject = s.subject("investigator-33")
			return r
		}()),
		read(listReadings, readingsOf("33")),
		read(makeEvidence, &pb.MakeEvidenceRequest{
			Parent: "forces/-", Purpose: pb.LogPurpose_LOG_PURPOSE_LAWFULNESS, Reference: "IOPC/26/1", Recipient: "iopc", Subject: s.subject("investigator-33"),
		}),
	}
	about10 := read(listEntries, everywhere(s.subject("investigator-10")))
	survey := read("AccessLogService.SummariseActivity", activityOf("forces/-"))

	listed := func(who string) (names map[string]bool) {
		names = map[string]bool{}
		r := readingsOf("-")
		r.PageSize = 2
		for pages := 0; ; pages++ {
			page := s.must(who, listReadings, r).(*pb.ListReadingsResponse)
			for _, x := range page.GetReadings() {
				names[x.GetName()] = true
			}
			if page.GetNextPageToken() == "" {
				return names
			}
			if r.PageToken = page.GetNextPageToken(); len(page.GetReadings()) != 2 || pages > 20 {
				t.Fatalf("%s: a page of %d", who, len(page.GetReadings()))
			}
		}
	}
	for who, sees := range map[string]struct{ of33, of10 bool }{"psd-33": {false, true}, "psd-10": {true, false}, "psd-43": {true, true}} {
		got := listed(who)
		for _, name := range about33 {
			if got[name] != sees.of33 {
				t.Errorf("%s, about force 33, %s: %v", who, name, got[name])
			}
		}
		if got[about10] != sees.of10 {
			t.Errorf("%s, about force 10: %v", who, got[about10])
		}
		if !got[survey] {
			t.Errorf("%s does not see a count over all forces", who)
		}
	}
	// A verdict stands for all who may review it.
	s.must("psd-43", reviewReading, &pb.ReviewReadingRequest{Name: about33[0], Verdict: pb.Verdict_VERDICT_QUESTIONED, Note: "no case bears this reference"})
	for _, x := range s.must("psd-10", listReadings, readingsOf("-")).(*pb.ListReadingsResponse).GetReadings() {
		if x.GetName() == about33[0] && (x.GetVerdict() != pb.Verdict_VERDICT_QUESTIONED || x.GetReviewer() != s.subject("psd-43")) {
			t.Errorf("the verdict: %v", x)
		}
	}
	// What the auditor reads is no reading of a force.
	for _, x := range s.must("psd-10", listReadings, readingsOf("33")).(*pb.ListReadingsResponse).GetReadings() {
		if x.GetSubject() == s.subject("auditor") {
			t.Errorf("among the force's: %v", x)
		}
	}
}
