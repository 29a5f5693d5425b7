package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
)

// A sample drawn by both parties, and one for which the auditor never revealed his
// nonce, are drawn again from an export by the program that shares nothing with the
// register.
func TestSampleIsDrawnAgain(t *testing.T) {
	t.Parallel()
	verifier := filepath.Join(t.TempDir(), "verifylog")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", verifier, "../verifylog").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	site := servertest.NewSite(t, nil)
	witness := site.StartWitness("witness.example/1")
	another := site.StartWitness("witness.example/2") // which the register does not ask
	config := site.Config()
	config.Witnesses = server.Witnesses{List: []server.WitnessConfig{witness.Config}, Quorum: 1, Every: time.Second, WarnAfter: time.Hour}
	var ahead atomic.Int64
	config.Clock = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	conn := site.Start(config).Dial("")
	as := func(account string) context.Context { return site.As(t.Context(), account) }
	for range 40 {
		_, err := registerv1.NewSearchServiceClient(conn).CreateSearch(as("investigator-33"), &registerv1.CreateSearchRequest{Search: &registerv1.Search{
			Reason: "CRIME_INVESTIGATION", Reference: "33/77/26", Criteria: &registerv1.SearchCriteria{Names: []*registerv1.PersonName{{Surname: "Quillfeather"}}},
		}})
		must(t, err)
	}
	standards := registerv1.NewStandardsServiceClient(conn)
	nonce := func(text string) (nonce, commitment string) {
		n := sha256.Sum256([]byte(text))
		h := sha256.Sum256(n[:])
		return hex.EncodeToString(n[:]), hex.EncodeToString(h[:])
	}
	psd, psdHash := nonce("psd")
	iopc, iopcHash := nonce("iopc")
	begun := func() string {
		o, err := standards.BeginSample(as("psd-33"), &registerv1.BeginSampleRequest{
			Parent: "forces/33", Purpose: registerv1.LogPurpose_LOG_PURPOSE_SELF_MONITORING, Reference: "DIP/1", Size: 7, Commitment: psdHash,
		})
		must(t, err)
		_, err = standards.CommitSample(as("auditor"), &registerv1.CommitSampleRequest{Name: o.GetName(), Commitment: iopcHash})
		must(t, err)
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			_, err = standards.RevealSample(as("psd-33"), &registerv1.RevealSampleRequest{Name: o.GetName(), Nonce: psd})
			if status.Code(err) != codes.FailedPrecondition || time.Now().After(end) {
				must(t, err)
				return o.GetName()
			}
		}
	}
	whole, late := begun(), begun()
	drawn, err := standards.RevealSample(as("auditor"), &registerv1.RevealSampleRequest{Name: whole, Nonce: iopc})
	must(t, err)
	ahead.Store(int64(8 * 24 * time.Hour))
	without, err := standards.DrawSample(as("psd-33"), &registerv1.DrawSampleRequest{Name: late})
	must(t, err)
	if len(drawn.GetEntries()) != 7 || len(without.GetEntries()) != 7 || fmt.Sprint(without.GetMissing()) != "[IOPC]" {
		t.Fatalf("drawn %v and %v", drawn, without)
	}
	if _, err := standards.RevealSample(as("auditor"), &registerv1.RevealSampleRequest{Name: late, Nonce: iopc}); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("revealed after the draw: %v", err)
	}

	dir := filepath.Join(t.TempDir(), "export")
	export := exportCmd{DatabaseURL: site.DB.ServiceURL, Out: dir, To: -1, Checkpoints: 1}
	must(t, export.Run(t.Context(), slog.New(slog.DiscardHandler)))
	again := func(name string) (string, error) {
		out, err := exec.CommandContext(t.Context(), verifier, "sample", name, dir, "--key", site.Keys.LogVerifiers()[0],
			"--witness", witness.Config.Key).CombinedOutput()
		return string(out), err
	}
	for _, o := range []*registerv1.Sample{drawn, without} {
		var want []string
		for _, e := range o.GetEntries() {
			want = append(want, fmt.Sprint(e.GetIndex()))
		}
		out, err := again(o.GetName())
		if err != nil || !strings.HasPrefix(out, "PROVED") || !strings.Contains(out, "entries "+strings.Join(want, " ")+"\n") || !strings.Contains(out, "witness.example/1") {
			t.Errorf("%v: %v\n%s", want, err, out)
		}
		if told := strings.Contains(out, "NOT REVEALED: the nonce of IOPC"); told != (len(o.GetMissing()) > 0) {
			t.Errorf("missing %v:\n%s", o.GetMissing(), out)
		}
	}
	id := strings.TrimPrefix(drawn.GetName(), "forces/33/samples/")
	for name, want := range map[string]string{
		id:                                     "PROVED",
		"forces/43/samples/" + id:              "FAULT",
		"01980000-0000-7000-8000-0123456789ab": "FAULT",
		"forces/33/samples/01980000-0000-7000-8000-0123456789ab": "FAULT",
		"nope":                   "verifylog: ",
		"forces/33/samples/nope": "verifylog: ",
	} {
		if out, err := again(name); (err == nil) != (want == "PROVED") || !strings.HasPrefix(out, want) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	// A witness's key is enough to ask for its signature.
	for key, want := range map[string]string{another.Config.Key: "co-signed by 1", "": "No witness's signature was checked"} {
		args := []string{"sample", id, dir, "--key", site.Keys.LogVerifiers()[0]}
		if key != "" {
			args = append(args, "--witness", key)
		}
		if out, _ := exec.CommandContext(t.Context(), verifier, args...).CombinedOutput(); !strings.Contains(string(out), want) {
			t.Errorf("by the witness's key %q:\n%s", key, out)
		}
	}
}
