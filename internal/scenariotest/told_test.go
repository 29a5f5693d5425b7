package scenariotest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/scenario"
)

// ask has one force ask another about the suspect, whom it has searched for, and the
// other answer.
func (r *run) ask(s *scenario.Step, q scenario.Ask) {
	found := r.search(q.Force, "investigator", "ASK/"+s.At, r.c.Suspect)
	to, of := r.forces[q.Force], r.forces[q.Of]
	client := pb.NewExchangeServiceClient(r.people)
	put, err := client.AskOwner(r.site.As(r.Context(), "investigator-"+to), &pb.AskOwnerRequest{
		Parent: "forces/" + to, AskedForce: "forces/" + of, Basis: found.GetName() + "/candidates/1", Text: q.Text, Reference: "ASK/" + s.At,
	})
	if err != nil {
		r.Fatalf("%s: force %s asks force %s: %v", s.At, q.Force, q.Of, err)
	}
	name := "forces/" + of + strings.TrimPrefix(put.GetName(), "forces/"+to)
	if _, err := client.AnswerQuestion(r.site.As(r.Context(), "spoc-"+of), &pb.AnswerQuestionRequest{Name: name, Text: q.Answer}); err != nil {
		r.Fatalf("%s: force %s answers force %s: %v", s.At, q.Of, q.Force, err)
	}
}

// flags looks at the queues of professional standards until what a step names is there.
// An empty list means that there is nothing in any.
func (r *run) flags(s *scenario.Step) {
	if s.Expect == nil || s.Expect.Flags == nil {
		return
	}
	r.wait(func() string {
		var got []string
		for of, to := range r.forces {
			page, err := pb.NewMisuseServiceClient(r.people).ListFlags(r.site.As(r.Context(), "psd-"+to), &pb.ListFlagsRequest{Parent: "forces/" + to, PageSize: 200})
			if err != nil {
				r.Fatalf("list flags of force %s: %v", to, err)
			}
			for _, f := range page.GetFlags() {
				got = append(got, f.GetRule()+" "+of)
			}
		}
		if len(s.Expect.Flags) == 0 && len(got) > 0 {
			return fmt.Sprintf("%s: %s\nflags %q and must be none", s.At, s.Says, got)
		}
		for _, want := range s.Expect.Flags {
			if !slices.Contains(got, want) {
				return fmt.Sprintf("%s: %s\nno flag %q; there are %q", s.At, s.Says, want, got)
			}
		}
		return ""
	})
}

// disclosures looks in the log of each force for what it has disclosed to others: all of
// it, with the recipients.
func (r *run) disclosures(s *scenario.Step) {
	if s.Expect == nil || s.Expect.Disclosures == nil {
		return
	}
	got := []string{}
	for of, to := range r.forces {
		req := &pb.ListEntriesRequest{Parent: "forces/" + to, Purpose: pb.LogPurpose_LOG_PURPOSE_SELF_MONITORING, Reference: "PSD/1", PageSize: 500}
		for more := true; more; more = req.PageToken != "" {
			page, err := pb.NewAccessLogServiceClient(r.people).ListEntries(r.site.As(r.Context(), "psd-"+to), req)
			if err != nil {
				r.Fatalf("list entries of force %s: %v", to, err)
			}
			for _, e := range page.GetEntries() {
				if e.GetOperation() != pb.Operation_OPERATION_DISCLOSURE || e.GetOutcome() != "OK" {
					continue
				}
				var meta struct {
					Recipients []string `json:"recipients"`
				}
				if err := json.Unmarshal(e.GetMetadata(), &meta); err != nil {
					r.Fatal(err)
				}
				for _, to := range meta.Recipients {
					got = append(got, of+" "+r.caseForce(to))
				}
			}
			req.PageToken = page.GetNextPageToken()
		}
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(s.Expect.Disclosures)); !slices.Equal(got, want) {
		r.Errorf("%s: %s\ndisclosed %q, want %q", s.At, s.Says, got, want)
	}
}
