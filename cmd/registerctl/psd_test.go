package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

const sanctionID = "forces/33/sanctions/0198f000-0000-7000-8000-000000000005"

func theSanction() *registerv1.Sanction {
	return &registerv1.Sanction{
		Name: sanctionID, Kind: registerv1.SanctionKind_SANCTION_KIND_STEP_UP, Subject: "https://login.example#17", CollarNumber: "1234", MinStrength: "aal3", Fresh: true,
		Reason: "odd\x1b[2J hours", Reference: "PSD/1", Imposer: "https://login.example#9", ImposeTime: &timestamppb.Timestamp{Seconds: 1_700_000_000},
		Lifter: "https://login.example#8", LiftTime: &timestamppb.Timestamp{Seconds: 1_700_000_100}, LiftReason: "settled",
	}
}

func (f *fake) ImposeSanction(ctx context.Context, r *registerv1.ImposeSanctionRequest) (*registerv1.Sanction, error) {
	receipt(ctx, 46)
	f.asked(r)
	return theSanction(), nil
}

func (f *fake) LiftSanction(_ context.Context, r *registerv1.LiftSanctionRequest) (*registerv1.Sanction, error) {
	f.asked(r)
	return theSanction(), nil
}

func (f *fake) ListSanctions(_ context.Context, r *registerv1.ListSanctionsRequest) (*registerv1.ListSanctionsResponse, error) {
	f.asked(r)
	return &registerv1.ListSanctionsResponse{Sanctions: []*registerv1.Sanction{theSanction()}, NextPageToken: "2"}, nil
}

// printed is a command, what it asks of the register, and what it prints.
type printed struct {
	args []string
	want proto.Message
	out  []string
}

func (b *bench) prints(all []printed) {
	b.t.Helper()
	for _, c := range all {
		code, out, errOut := b.run("", c.args...)
		if code != exitOK || errOut != "" {
			b.t.Errorf("%v: exit %d, %s", c.args, code, errOut)
		}
		for _, want := range c.out {
			if !strings.Contains(out, want) {
				b.t.Errorf("%v prints no %q:\n%s", c.args, want, out)
			}
		}
		if strings.Contains(out, "\x1b") {
			b.t.Errorf("%v prints control characters", c.args)
		}
		if c.want != nil && !proto.Equal(c.want, b.fake.decided) {
			b.t.Errorf("%v asks %v, want %v", c.args, b.fake.decided, c.want)
		}
		if code, out, _ := b.run("", append([]string{"--json"}, c.args...)...); code != exitOK || !strings.HasPrefix(out, "{") {
			b.t.Errorf("%v as JSON: exit %d\n%s", c.args, code, out)
		}
	}
}

func (f *fake) SummariseActivity(_ context.Context, r *registerv1.SummariseActivityRequest) (*registerv1.SummariseActivityResponse, error) {
	f.asked(r)
	return &registerv1.SummariseActivityResponse{Counts: []*registerv1.ActivityCount{{Key: "CRIME\x1b", Entries: 7, Refused: 2, Records: 11}}}, nil
}

func TestCount(t *testing.T) {
	newBench(t).prints([]printed{{
		[]string{"log", "count", "reason", "--purpose", "security", "--reference", "R/1"},
		&registerv1.SummariseActivityRequest{Parent: "forces/33", Purpose: registerv1.LogPurpose_LOG_PURPOSE_SECURITY, Reference: "R/1", GroupBy: registerv1.ActivityGrouping_ACTIVITY_GROUPING_REASON},
		[]string{"CRIME", "7", "11"},
	}})
}

func TestSanctions(t *testing.T) {
	b := newBench(t)
	b.prints([]printed{
		{[]string{"psd", "sanction", "impose", "step-up", "--subject", "https://login.example#s", "--collar", "12", "--min-strength", "aal3", "--fresh", "--reason", "odd hours", "--reference", "PSD/1"},
			&registerv1.ImposeSanctionRequest{Parent: "forces/33", Kind: registerv1.SanctionKind_SANCTION_KIND_STEP_UP, Subject: "https://login.example#s", CollarNumber: "12", MinStrength: "aal3", Fresh: true, Reason: "odd hours", Reference: "PSD/1"},
			[]string{"STEP UP " + sanctionID, "aal3", "lifted", "entry 46"}},
		{[]string{"psd", "sanction", "lift", sanctionID, "--reason", "settled"}, &registerv1.LiftSanctionRequest{Name: sanctionID, Reason: "settled"}, []string{"settled"}},
		{[]string{"psd", "sanction", "list", "--force", "10"}, &registerv1.ListSanctionsRequest{Parent: "forces/10", PageSize: 200}, []string{"1234", "--page-token 2"}},
	})
	for _, bad := range [][]string{{"psd", "sanction", "impose", "flogging", "--reason", "x", "--reference", "y"}, {"psd", "sanction", "lift"}} {
		if code, _, errOut := b.run("", bad...); code != exitUsage {
			t.Errorf("%v: exit %d, %s", bad, code, errOut)
		}
	}
}

const unsealingID = "forces/33/unsealings/0198f000-0000-7000-8000-000000000006"

func theUnsealing() *registerv1.Unsealing {
	return &registerv1.Unsealing{
		Name: unsealingID, Entry: 41, Subject: "https://login.example#17", State: registerv1.UnsealingState_UNSEALING_STATE_APPROVED, Reference: "PSD/1",
		Reason: "odd\x1b[2J hours", Asker: "https://login.example#9", Approver: "https://login.example#8",
		AskTime: &timestamppb.Timestamp{Seconds: 1_700_000_000}, ApproveTime: &timestamppb.Timestamp{Seconds: 1_700_000_100}, ExpireTime: &timestamppb.Timestamp{Seconds: 1_700_086_500},
	}
}

func (f *fake) RequestUnsealing(_ context.Context, r *registerv1.RequestUnsealingRequest) (*registerv1.Unsealing, error) {
	f.asked(r)
	return theUnsealing(), nil
}

func (f *fake) ApproveUnsealing(_ context.Context, r *registerv1.ApproveUnsealingRequest) (*registerv1.Unsealing, error) {
	f.asked(r)
	return theUnsealing(), nil
}

func (f *fake) RefuseUnsealing(_ context.Context, r *registerv1.RefuseUnsealingRequest) (*registerv1.Unsealing, error) {
	f.asked(r)
	u := theUnsealing()
	u.State, u.Refuser, u.RefuseReason = registerv1.UnsealingState_UNSEALING_STATE_REFUSED, "https://login.example#12", r.GetReason()
	return u, nil
}

func (f *fake) OpenUnsealing(ctx context.Context, r *registerv1.OpenUnsealingRequest) (*registerv1.UnsealedEntry, error) {
	receipt(ctx, 47)
	f.asked(r)
	search := hit()
	search.Justification = "seen\x1b[2J outside"
	search.Criteria = &registerv1.SearchCriteria{
		Names: []*registerv1.PersonName{{Full: "Callum Thackery"}}, BirthDate: &registerv1.PartialDate{Year: 1987, Month: 3}, Sex: registerv1.Sex_SEX_MALE,
		Phones: []string{"07700 900133"}, Emails: []string{"c@example.net"}, Vehicles: []string{"AB12 CDE"}, Postcodes: []string{"LE2 7PQ"},
		Handles:     []*registerv1.Handle{{Value: "cal_t", Platform: "Chat"}},
		Identifiers: []*registerv1.Identifier{{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_PNC, Value: "87/1234P"}},
	}
	return &registerv1.UnsealedEntry{Entry: &registerv1.LogEntry{Index: 41, Method: "SearchService.CreateSearch"}, Content: &registerv1.UnsealedEntry_Search{Search: search}}, nil
}

func (f *fake) ListUnsealings(_ context.Context, r *registerv1.ListUnsealingsRequest) (*registerv1.ListUnsealingsResponse, error) {
	f.asked(r)
	return &registerv1.ListUnsealingsResponse{Unsealings: []*registerv1.Unsealing{theUnsealing()}, NextPageToken: "2"}, nil
}

func (f *fake) OpenCaseAccess(_ context.Context, r *registerv1.OpenCaseAccessRequest) (*registerv1.CaseAccess, error) {
	f.asked(r)
	return &registerv1.CaseAccess{Name: "forces/33/caseAccesses/1"}, nil
}

func (f *fake) ListCaseAccesses(_ context.Context, r *registerv1.ListCaseAccessesRequest) (*registerv1.ListCaseAccessesResponse, error) {
	f.asked(r)
	return &registerv1.ListCaseAccessesResponse{CaseAccesses: []*registerv1.CaseAccess{{Name: "forces/33/caseAccesses/1", Reference: "IOPC/1\x1b"}}, NextPageToken: "2"}, nil
}

func (f *fake) MakeEvidence(r *registerv1.MakeEvidenceRequest, stream registerv1.StandardsService_MakeEvidenceServer) error {
	f.asked(r)
	if r.GetRecipient() == "nobody" {
		return errors.New("broken off")
	}
	return errors.Join(
		stream.Send(&registerv1.MakeEvidenceResponse{Part: &registerv1.MakeEvidenceResponse_Head{Head: &registerv1.EvidenceHead{Disclosure: 48, Entries: 2}}}),
		stream.Send(&registerv1.MakeEvidenceResponse{Part: &registerv1.MakeEvidenceResponse_Chunk{Chunk: []byte("PK")}}),
		stream.Send(&registerv1.MakeEvidenceResponse{Part: &registerv1.MakeEvidenceResponse_Chunk{Chunk: []byte("archive")}}),
	)
}

// A bundle of evidence is written to a file; what breaks off leaves none.
func TestEvidence(t *testing.T) {
	b := newBench(t)
	out := filepath.Join(t.TempDir(), "bundle.zip")
	args := func(to, recipient string) []string {
		return []string{"psd", "evidence", "--purpose", "criminal-proceedings", "--reference", "CPS/1", "--recipient", recipient, "--crime", "33CR/1", "--out", to}
	}
	code, said, _ := b.run("", args(out, "cps")...)
	for _, want := range []string{"2 entries", "entry 48", "OFFICIAL-SENSITIVE"} {
		if code != exitOK || !strings.Contains(said, want) {
			t.Errorf("exit %d, it does not say %q: %s", code, want, said)
		}
	}
	if raw, err := os.ReadFile(out); err != nil || string(raw) != "PKarchive" {
		t.Errorf("the file holds %q, %v", raw, err)
	}
	if code, _, _ := b.run("", args(out, "cps")...); code == exitOK {
		t.Error("a file was written over")
	}
	other := filepath.Join(t.TempDir(), "other.zip")
	if code, _, _ := b.run("", args(other, "nobody")...); code == exitOK {
		t.Error("what broke off was taken for a bundle")
	}
	if _, err := os.Stat(other); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what broke off was kept: %v", err)
	}
}

func (f *fake) ListReadings(_ context.Context, r *registerv1.ListReadingsRequest) (*registerv1.ListReadingsResponse, error) {
	f.asked(r)
	return &registerv1.ListReadingsResponse{Readings: []*registerv1.Reading{{Name: "forces/10/readings/7", Purpose: "SECURITY\x1b", Verdict: registerv1.Verdict_VERDICT_PROPER}}}, nil
}

func (f *fake) ReviewReading(_ context.Context, r *registerv1.ReviewReadingRequest) (*registerv1.Reading, error) {
	f.asked(r)
	return &registerv1.Reading{Name: r.GetName(), Verdict: r.GetVerdict()}, nil
}

func TestUnsealings(t *testing.T) {
	const security = registerv1.LogPurpose_LOG_PURPOSE_SECURITY
	newBench(t).prints([]printed{
		{[]string{"psd", "unseal", "ask", "41", "--purpose", "security", "--reference", "PSD/1", "--reason", "odd hours", "--no-conflict"},
			&registerv1.RequestUnsealingRequest{Parent: "forces/33", Entry: 41, Purpose: security, Reference: "PSD/1", Reason: "odd hours", NoConflict: true}, []string{"APPROVED " + unsealingID, "approved"}},
		{[]string{"psd", "unseal", "approve", unsealingID, "--no-conflict"}, &registerv1.ApproveUnsealingRequest{Name: unsealingID, NoConflict: true}, nil},
		{[]string{"psd", "unseal", "refuse", unsealingID, "--reason", "no case bears this reference", "--no-conflict"},
			&registerv1.RefuseUnsealingRequest{Name: unsealingID, Reason: "no case bears this reference", NoConflict: true}, []string{"REFUSED " + unsealingID, "why refused", "no case bears"}},
		{[]string{"psd", "unseal", "open", unsealingID}, &registerv1.OpenUnsealingRequest{Name: unsealingID}, []string{"ENTRY 41", "outside", "Callum Thackery", "1987", "male", "07700 900133", "c@example.net", "AB12 CDE", "LE2 7PQ", "cal_t Chat", "pnc", "87/1234P", "entry 47"}},
		{[]string{"psd", "unseal", "list"}, &registerv1.ListUnsealingsRequest{Parent: "forces/33", PageSize: 200}, []string{"--page-token 2"}},
		{[]string{"psd", "case-access", "--force", "33", "--purpose", "security", "--reference", "IOPC/1", "--reason", "a complaint", "--days", "30"},
			&registerv1.OpenCaseAccessRequest{Parent: "forces/33", Purpose: security, Reference: "IOPC/1", Reason: "a complaint", Days: 30}, []string{"caseAccesses/1"}},
		{[]string{"psd", "case-accesses", "--force", "33"}, &registerv1.ListCaseAccessesRequest{Parent: "forces/33", PageSize: 200, NewestFirst: true}, []string{"caseAccesses/1", "--page-token 2"}},
		{[]string{"psd", "readings", "--force", "10", "--purpose", "security", "--reference", "R/1"},
			&registerv1.ListReadingsRequest{Parent: "forces/10", Purpose: security, Reference: "R/1", PageSize: 200}, []string{"forces/10/readings/7", "proper"}},
		{[]string{"psd", "review", "forces/10/readings/7", "--verdict", "proper"}, &registerv1.ReviewReadingRequest{Name: "forces/10/readings/7", Verdict: registerv1.Verdict_VERDICT_PROPER}, []string{"proper"}},
	})
}

const sampleID = "forces/33/samples/0198f000-0000-7000-8000-000000000007"

func theSample() *registerv1.Sample {
	return &registerv1.Sample{
		Name: sampleID, State: registerv1.SampleState_SAMPLE_STATE_DRAWN, FromIndex: 3, UntilIndex: 90, Size: 2, Reference: "DIP\x1b/1", Missing: []string{"IOPC"},
		BeginTime: &timestamppb.Timestamp{Seconds: 1_699_300_000}, RevealUntil: &timestamppb.Timestamp{Seconds: 1_700_000_000},
		Entries: []*registerv1.DrawnEntry{{Index: 17, Verdict: registerv1.Verdict_VERDICT_IMPROPER, Note: "no\x1b case"}, {Index: 40}},
	}
}

func (f *fake) sampled(m proto.Message) (*registerv1.Sample, error) {
	f.asked(m)
	return theSample(), nil
}

func (f *fake) BeginSample(_ context.Context, r *registerv1.BeginSampleRequest) (*registerv1.Sample, error) {
	return f.sampled(r)
}

func (f *fake) CommitSample(_ context.Context, r *registerv1.CommitSampleRequest) (*registerv1.Sample, error) {
	return f.sampled(r)
}

func (f *fake) RevealSample(_ context.Context, r *registerv1.RevealSampleRequest) (*registerv1.Sample, error) {
	return f.sampled(r)
}

func (f *fake) DrawSample(_ context.Context, r *registerv1.DrawSampleRequest) (*registerv1.Sample, error) {
	return f.sampled(r)
}

func (f *fake) JudgeSample(_ context.Context, r *registerv1.JudgeSampleRequest) (*registerv1.Sample, error) {
	return f.sampled(r)
}

func (f *fake) ListSamples(_ context.Context, r *registerv1.ListSamplesRequest) (*registerv1.ListSamplesResponse, error) {
	f.asked(r)
	return &registerv1.ListSamplesResponse{Samples: []*registerv1.Sample{theSample()}}, nil
}

func TestSamples(t *testing.T) {
	b := newBench(t)
	nonce := filepath.Join(b.dir, "nonce")
	begin := []string{"psd", "sample", "begin", "--nonce-file", nonce, "--purpose", "security", "--reference", "DIP/1", "--size", "2"}
	if code, out, errOut := b.run("", begin...); code != exitOK || !strings.Contains(out, "DRAWN "+sampleID) {
		t.Fatalf("exit %d, %s\n%s", code, errOut, out)
	}
	kept, err := os.ReadFile(nonce)
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimSpace(string(kept))
	raw, _ := hex.DecodeString(secret)
	sum := sha256.Sum256(raw)
	if r := b.fake.decided.(*registerv1.BeginSampleRequest); r.GetCommitment() != hex.EncodeToString(sum[:]) || r.GetSize() != 2 {
		t.Errorf("begun by %v", r)
	}
	if code, _, _ := b.run("", begin...); code == exitOK {
		t.Error("a nonce is written over")
	}
	b.prints([]printed{
		{[]string{"psd", "sample", "reveal", sampleID, "--nonce-file", nonce}, &registerv1.RevealSampleRequest{Name: sampleID, Nonce: secret}, []string{"missing     IOPC", "entry 17  improper"}},
		{[]string{"psd", "sample", "draw", sampleID}, &registerv1.DrawSampleRequest{Name: sampleID}, []string{"verifylog sample 0198f000"}},
		{[]string{"psd", "sample", "judge", sampleID, "17", "--verdict", "improper", "--note", "no case"}, &registerv1.JudgeSampleRequest{Name: sampleID, Index: 17, Verdict: registerv1.Verdict_VERDICT_IMPROPER, Note: "no case"}, nil},
		{[]string{"psd", "sample", "list"}, &registerv1.ListSamplesRequest{Parent: "forces/33", PageSize: 200}, []string{sampleID}},
	})
	if code, _, _ := b.run("", "psd", "sample", "commit", sampleID, "--nonce-file", filepath.Join(b.dir, "other")); code != exitOK {
		t.Errorf("commit: exit %d", code)
	}
}

const holdID = "forces/33/holds/0198f000-0000-7000-8000-000000000008"

func theHold() *registerv1.Hold {
	return &registerv1.Hold{
		Name: holdID, FromIndex: 3, UntilIndex: 9, Reason: "court\x1b case", Reference: "PSD/1", Placer: "https://login.example#9",
		PlaceTime: &timestamppb.Timestamp{Seconds: 1_700_000_000}, Lifter: "https://login.example#8", LiftTime: &timestamppb.Timestamp{Seconds: 1_700_000_100}, LiftReason: "over",
	}
}

func (f *fake) PlaceHold(_ context.Context, r *registerv1.PlaceHoldRequest) (*registerv1.Hold, error) {
	f.asked(r)
	return theHold(), nil
}

func (f *fake) LiftHold(_ context.Context, r *registerv1.LiftHoldRequest) (*registerv1.Hold, error) {
	f.asked(r)
	return theHold(), nil
}

func (f *fake) ListHolds(_ context.Context, r *registerv1.ListHoldsRequest) (*registerv1.ListHoldsResponse, error) {
	f.asked(r)
	return &registerv1.ListHoldsResponse{Holds: []*registerv1.Hold{theHold()}}, nil
}

func TestHolds(t *testing.T) {
	b := newBench(t)
	b.prints([]printed{
		{[]string{"psd", "hold", "place", "--from", "3", "--until", "9", "--reason", "court case", "--reference", "PSD/1"},
			&registerv1.PlaceHoldRequest{Parent: "forces/33", FromIndex: 3, UntilIndex: 9, Reason: "court case", Reference: "PSD/1"}, []string{"HOLD " + holdID, "3 to 8"}},
		{[]string{"psd", "hold", "lift", holdID, "--reason", "over"}, &registerv1.LiftHoldRequest{Name: holdID, Reason: "over"}, []string{"lifted"}},
		{[]string{"psd", "hold", "list"}, &registerv1.ListHoldsRequest{Parent: "forces/33", PageSize: 200}, []string{holdID}},
	})
	for _, bad := range [][]string{{"psd", "hold", "place", "--reason", "x", "--reference", "y"}, {"psd", "hold", "place", "--subject", "a", "--crime", "b", "--reason", "x", "--reference", "y"}, {"psd", "hold", "place", "--subject", "not-whole", "--reason", "x", "--reference", "y"}} {
		if code, _, errOut := b.run("", bad...); code != exitUsage {
			t.Errorf("%v: exit %d, %s", bad, code, errOut)
		}
	}
}
