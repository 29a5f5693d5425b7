package gather_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
)

// testWait bounds what a test waits for; nothing is asserted about time.
const testWait = 45 * time.Second

// world is a site with its journal.
type world struct {
	*testing.T
	*servertest.Site
	journal *journal
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	j := &journal{}
	return &world{t, servertest.NewSite(t, slog.New(slog.NewTextHandler(j, nil))), j}
}

// config is that of a replica with witnesses, who are asked each second.
func (w *world) config(quorum int, list ...server.WitnessConfig) *server.Config {
	c := w.Config()
	c.Witnesses = server.Witnesses{Quorum: quorum, Every: time.Second, WarnAfter: 3 * time.Second, List: list}
	return c
}

// ask asks a replica for its checkpoints; each call is an entry.
func (w *world) ask(r *servertest.Replica) *registerv1.Checkpoint {
	w.Helper()
	c, err := registerv1.NewAccessLogServiceClient(r.Dial("")).GetCheckpoint(w.As(w.Context(), "auditor"), &registerv1.GetCheckpointRequest{})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// witnessed waits until a tree of more than so many entries is co-signed.
func (w *world) witnessed(r *servertest.Replica, above int64) *registerv1.WitnessedCheckpoint {
	w.Helper()
	var got *registerv1.Checkpoint
	w.await("a co-signed checkpoint", func() bool {
		got = w.ask(r)
		return got.GetWitnessed().GetTreeSize() > above
	})
	if got.GetWitnessed().GetTreeSize() > got.GetTreeSize() {
		w.Errorf("%d entries witnessed of %d", got.GetWitnessed().GetTreeSize(), got.GetTreeSize())
	}
	return got.GetWitnessed()
}

func (w *world) await(what string, holds func() bool) {
	w.Helper()
	for end := time.Now().Add(testWait); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("in vain: %s\n%s", what, w.journal)
		}
	}
}

// cosigners verifies a co-signed note, and names who signed it.
func (w *world) cosigners(signed string, list ...server.WitnessConfig) []string {
	w.Helper()
	var known []note.Verifier
	for _, one := range list {
		v, err := checkpoint.NewCosignatureVerifier(one.Key)
		if err != nil {
			w.Fatal(err)
		}
		known = append(known, v)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(known...))
	if err != nil {
		w.Fatal(err)
	}
	var names []string
	for _, s := range n.Sigs {
		names = append(names, s.Name)
	}
	log, err := note.NewVerifier(w.Keys.LogVerifiers()[0])
	if err != nil {
		w.Fatal(err)
	}
	if _, err := checkpoint.Open([]byte(signed), servertest.Origin, note.VerifierList(log)); err != nil {
		w.Errorf("the log's own signature: %v", err)
	}
	return names
}

func (w *world) get(r *servertest.Replica, path string) string {
	w.Helper()
	resp, err := http.Get("http://" + r.Server.AdminAddr() + path)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		w.Fatalf("%s: %d, %v", path, resp.StatusCode, err)
	}
	return string(text)
}

// journal is what replicas and witnesses write.
type journal struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.String()
}

func (j *journal) has(text string) bool { return strings.Contains(j.String(), text) }
