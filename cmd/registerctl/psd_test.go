package main

import (
	"context"
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
		{[]string{"psd", "sanction", "impose", "step-up", "--subject", "s", "--collar", "12", "--min-strength", "aal3", "--fresh", "--reason", "odd hours", "--reference", "PSD/1"},
			&registerv1.ImposeSanctionRequest{Parent: "forces/33", Kind: registerv1.SanctionKind_SANCTION_KIND_STEP_UP, Subject: "s", CollarNumber: "12", MinStrength: "aal3", Fresh: true, Reason: "odd hours", Reference: "PSD/1"},
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
