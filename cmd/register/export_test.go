package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/evidence"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
)

// What a running register exports, and the evidence made from it, the program
// that shares nothing with it finds sound.
func TestExportAndEvidence(t *testing.T) {
	t.Parallel()
	verifier := filepath.Join(t.TempDir(), "verifylog")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", verifier, "../verifylog").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	site := servertest.NewSite(t, nil)
	replica := site.Start(nil)
	nominal := &registerv1.Nominal{
		Source:     &registerv1.SourceKey{System: "niche", Reference: "R1", Revision: 1},
		Names:      []*registerv1.PersonName{{Given: "Wenceslas", Surname: "Quillfeather"}},
		BirthDates: []*registerv1.PartialDate{{Year: 1984, Month: 6, Day: 14}},
	}
	for _, force := range []string{"10", "33"} {
		_, err := registerv1.NewNominalServiceClient(replica.Dial(force)).RegisterNominal(t.Context(), &registerv1.RegisterNominalRequest{
			Parent: "forces/" + force, Nominal: nominal,
		})
		must(t, err)
	}
	search := func() {
		t.Helper()
		_, err := registerv1.NewSearchServiceClient(replica.Dial("")).CreateSearch(site.As(t.Context(), "investigator-33"), &registerv1.CreateSearchRequest{
			Search: &registerv1.Search{
				Reason: "CRIME_INVESTIGATION", Reference: "33/77/26",
				Criteria: &registerv1.SearchCriteria{Names: []*registerv1.PersonName{{Surname: "Quillfeather"}}},
			},
		})
		must(t, err)
	}
	search()
	proved := func(args ...string) {
		t.Helper()
		args = append(args, "--key", site.Keys.LogVerifiers()[0])
		out, err := exec.CommandContext(t.Context(), verifier, args...).CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "PROVED") {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	dir, silent := filepath.Join(t.TempDir(), "export"), slog.New(slog.DiscardHandler)
	export := exportCmd{DatabaseURL: site.DB.ServiceURL, Out: dir, To: -1, Checkpoints: 1, WithContent: true}
	must(t, export.Run(t.Context(), silent))
	proved(dir)
	kept := filepath.Join(t.TempDir(), "kept")
	first, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	must(t, err)
	must(t, os.WriteFile(kept, first, 0o600))

	bundle := filepath.Join(t.TempDir(), "bundle")
	made, err := server.Evidence(t.Context(), site.Config(), evidence.Request{
		Dir: bundle, Force: "33", Case: "33/77/26", From: time.Now().Add(-time.Hour),
		Reference: "PSD/1", Recipient: "iopc", Operator: "operator#test",
	}, silent)
	must(t, err)
	if made.Entries != 1 {
		t.Errorf("the search is not in the bundle: %+v", made)
	}
	proved("evidence", bundle)

	unpacked := filepath.Join(t.TempDir(), "unpacked")
	unpack(t, evidenceOver(t, registerv1.NewStandardsServiceClient(replica.Dial("")), site.As(t.Context(), "psd-33")), unpacked)
	proved("evidence", unpacked)
	search() // the server goes on from what the command has logged

	must(t, export.Run(t.Context(), silent))
	proved(dir)
	proved("consistency", kept, dir)
	later := exportCmd{DatabaseURL: site.DB.ServiceURL, Out: filepath.Join(t.TempDir(), "later"), SinceDir: dir, To: -1, Checkpoints: 1}
	search()
	must(t, later.Run(t.Context(), silent))
	proved("--part", later.Out)
}

// evidenceOver asks a running register for a bundle, and returns its archive.
func evidenceOver(t *testing.T, service registerv1.StandardsServiceClient, ctx context.Context) []byte { //nolint:revive // as the caller has it
	t.Helper()
	stream, err := service.MakeEvidence(ctx, &registerv1.MakeEvidenceRequest{
		Parent: "forces/33", Purpose: registerv1.LogPurpose_LOG_PURPOSE_CRIMINAL_PROCEEDINGS, Reference: "CPS/1", Recipient: "cps", StartTime: timestamppb.New(time.Now().Add(-time.Hour)),
	})
	must(t, err)
	first, err := stream.Recv()
	must(t, err)
	if first.GetHead().GetEntries() == 0 {
		t.Fatalf("the first part is no head: %v", first)
	}
	var archive []byte
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return archive
		}
		must(t, err)
		archive = append(archive, part.GetChunk()...)
	}
}

// unpack writes the files of an archive.
func unpack(t *testing.T, archive []byte, dir string) {
	t.Helper()
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	must(t, err)
	must(t, os.CopyFS(dir, files))
}
