package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
	"github.com/perpetrator-register/register/internal/witness"
)

// The ceremony of a lawful restore, as docs/operations.md tells it: the witness
// refuses the restored log under the old name, and goes with the new.
func TestCeremonyOfARestore(t *testing.T) {
	t.Parallel()
	site := servertest.NewSite(t, slog.New(slog.DiscardHandler))
	one := site.StartWitness("witness.example/1")
	config := func(origin, url string) *server.Config {
		c := site.Config()
		c.Origin, c.Database.URL = origin, url
		c.Witnesses = server.Witnesses{Quorum: 1, Every: time.Second, List: []server.WitnessConfig{one.Config}}
		return c
	}
	witnessed := func(r *servertest.Replica, above int64) *registerv1.WitnessedCheckpoint {
		t.Helper()
		for end := time.Now().Add(45 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			c, err := registerv1.NewAccessLogServiceClient(r.Dial("")).GetCheckpoint(site.As(t.Context(), "auditor"), &registerv1.GetCheckpointRequest{})
			must(t, err)
			if c.GetWitnessed().GetTreeSize() > above {
				return c.GetWitnessed()
			}
		}
		t.Fatal("not witnessed")
		return nil
	}
	replica := site.Start(config(servertest.Origin, site.DB.ServiceURL))
	early := witnessed(replica, 0)
	replica.Stop()
	backup := pgtest.Copy(t, site.DB)
	replica = site.Start(config(servertest.Origin, site.DB.ServiceURL))
	lost := witnessed(replica, early.GetTreeSize()+5)

	// The database is lost; the backup takes its place. A signer of the new name
	// is made, and the configuration names it.
	const fresh = servertest.Origin + "/2"
	must(t, seal.AddLogSigner(t.Context(), seal.DirProvider(site.KeyDir), fresh))
	keys, err := seal.Open(t.Context(), seal.DirProvider(site.KeyDir))
	must(t, err)
	file := filepath.Join(t.TempDir(), "register.yaml")
	raw, err := yaml.Marshal(config(fresh, backup.ServiceURL))
	must(t, err)
	must(t, os.WriteFile(file, raw, 0o600))
	known := filepath.Join(t.TempDir(), "checkpoint")
	must(t, os.WriteFile(known, []byte(lost.GetNote()), 0o600))
	if _, err := server.New(t.Context(), config(fresh, backup.ServiceURL), site.Log); err == nil || !strings.Contains(err.Error(), "ceremony") {
		t.Fatalf("a new name without an epoch: %v", err)
	}
	begin := epochCmd{Config: file, Development: true, Checkpoint: known, Reason: "RESTORE", Reference: "INC/1", Explanation: "Both halls flooded."}
	running := begin
	running.Config = filepath.Join(t.TempDir(), "running.yaml")
	raw, err = yaml.Marshal(config(fresh, site.DB.ServiceURL))
	must(t, err)
	must(t, os.WriteFile(running.Config, raw, 0o600))
	if err := running.Run(t.Context(), site.Log); err == nil || !strings.Contains(err.Error(), "stop all") {
		t.Errorf("while a replica serves: %v", err)
	}
	replica.Stop()
	must(t, begin.Run(t.Context(), site.Log))
	if err := begin.Run(t.Context(), site.Log); err == nil {
		t.Error("the same epoch begins twice")
	}

	// The witness's operator has compared, closes the old log and watches the new.
	all := keys.LogVerifiers()
	one.Stop()
	one.Settings.Logs[0].Closed = true
	one.Settings.Logs = append(one.Settings.Logs, witness.LogConfig{Origin: fresh, Keys: []witness.KeyConfig{{Verifier: all[1]}}})
	one.Start()
	replica = site.Start(config(fresh, backup.ServiceURL))
	now := witnessed(replica, early.GetTreeSize()+1)
	if c, err := checkpoint.Peek([]byte(now.GetNote())); err != nil || c.Origin != fresh {
		t.Errorf("%+v, %v", c, err)
	}

	// Receipts of before the backup are proved still, those of what was lost are not.
	prover := &client.Prover{Log: registerv1.NewAccessLogServiceClient(replica.Dial("")), Key: strings.Join(all, " ")}
	as := site.As(t.Context(), "auditor")
	kept, err := prover.Entry(as, 0)
	must(t, err)
	if _, err := prover.Receipt(as, &client.Receipt{Index: 0, Leaf: kept.Leaf, Note: early.GetNote()}); err != nil {
		t.Errorf("a receipt of the earlier epoch: %v", err)
	}
	if _, err := prover.Receipt(as, &client.Receipt{Index: 0, Leaf: kept.Leaf, Note: lost.GetNote()}); err == nil {
		t.Error("a receipt of what was lost is proved")
	}
	replica.Stop()
	verify := verifyCmd{DatabaseURL: backup.ServiceURL, Origin: []string{servertest.Origin, fresh}, Verifier: all}
	must(t, verify.Run(t.Context()))
}
