package gather_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
	"github.com/perpetrator-register/register/internal/witness"
)

// Two of three suffice; with one alone the log goes on and complains; when the
// second is back, remembering what it signed, the log is witnessed again.
func TestQuorum(t *testing.T) {
	w := newWorld(t)
	first, second, dead := w.StartWitness("witness.example/1"), w.StartWitness("witness.example/2"), w.StartWitness("witness.example/3")
	dead.Stop()
	list := []server.WitnessConfig{first.Config, second.Config, dead.Config}
	r := w.Start(w.config(2, list...))
	got := w.witnessed(r, 0)
	if names := w.cosigners(got.GetNote(), list...); !slices.Equal(names, []string{"witness.example/1", "witness.example/2"}) || !slices.Equal(got.GetWitnesses(), names) {
		t.Errorf("signed by %v, told %v", names, got.GetWitnesses())
	}
	got = w.witnessed(r, got.GetTreeSize())
	m := w.get(r, "/metrics")
	if !strings.Contains(m, "register_witnesses_answered{") {
		t.Errorf("metrics:\n%s", m)
	}
	for _, name := range alarms(t) {
		if !strings.Contains(m, "\n"+name+"{") && !strings.HasSuffix(name, "_duration_seconds") { // calls appear when there are some
			t.Errorf("docs/operations.md tells to watch %s, which is not there", name)
		}
	}
	if h := w.get(r, "/healthz"); !strings.HasPrefix(h, "ok\n") || !strings.Contains(h, "witness.example/2") {
		t.Errorf("health:\n%s", h)
	}
	if !w.journal.has(`"a witness does not co-sign" witness=witness.example/3`) {
		t.Errorf("the dead witness is not told of:\n%s", w.journal)
	}

	second.Stop()
	w.await("the complaint", func() bool { return w.journal.has("THE LOG IS NOT WITNESSED") })
	before := w.ask(r).GetWitnessed().GetTreeSize() // calls are answered all the same
	second.Start()
	w.witnessed(r, max(before, got.GetTreeSize()))
	w.await("the relief", func() bool { return w.journal.has("the log is witnessed again") })
	if w.journal.has("DOES NOT ACCEPT") {
		t.Errorf("a witness contradicts the log:\n%s", w.journal)
	}
}

// alarms are the figures that the operator is told to watch.
func alarms(t *testing.T) []string {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, watch, _ := strings.Cut(string(page), "## What to watch\n")
	watch, _, _ = strings.Cut(watch, "\n## ")
	names := regexp.MustCompile("\\bregister_[a-z_]+").FindAllString(watch, -1)
	if len(names) < 10 {
		t.Fatalf("the figures to watch: %v", names)
	}
	return names
}

// Whichever replica goes, another has the log witnessed.
func TestFailover(t *testing.T) {
	w := newWorld(t)
	one := w.StartWitness("witness.example/1")
	replicas := []*servertest.Replica{w.Start(w.config(1, one.Config)), w.Start(w.config(1, one.Config))}
	size := w.witnessed(replicas[0], 0).GetTreeSize()
	for range 2 {
		replicas[0].Stop()
		size = w.witnessed(replicas[1], size).GetTreeSize()
		replicas = []*servertest.Replica{replicas[1], w.Start(w.config(1, one.Config))}
		size = w.witnessed(replicas[1], size).GetTreeSize()
	}
	if w.journal.has("DOES NOT ACCEPT") || w.journal.has("level=ERROR") {
		t.Errorf("journal:\n%s", w.journal)
	}
}

// Witnesses that are slow, broken or false neither sign nor stand in the way.
func TestFalseWitnesses(t *testing.T) {
	w := newWorld(t)
	honest := []*servertest.Witness{w.StartWitness("witness.example/1"), w.StartWitness("witness.example/2")}
	list := []server.WitnessConfig{honest[0].Config, honest[1].Config}
	const secret = "text that must not be repeated"
	stop, release := context.WithCancel(t.Context())
	defer release()
	for name, answer := range map[string]http.HandlerFunc{
		"late":    func(http.ResponseWriter, *http.Request) { <-stop.Done() },
		"garbage": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(secret)) },
		"huge":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 10<<20)) },
		"broken":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"turning": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte("0\n"))
		},
		"larger": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte("9000000000\n"))
		},
	} {
		_, verifier, err := checkpoint.GenerateCosigner("witness.example/" + name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, server.WitnessConfig{Key: verifier, URL: w.serve(answer), CA: w.PKI.RootFile})
	}
	_, verifier, err := checkpoint.GenerateCosigner("witness.example/wrong")
	if err != nil {
		t.Fatal(err)
	}
	list = append(list, server.WitnessConfig{Key: verifier, URL: honest[0].Config.URL, CA: w.PKI.RootFile})
	r := w.Start(w.config(2, list...))
	got := w.witnessed(r, 0)
	if names := w.cosigners(got.GetNote(), list...); !slices.Equal(names, []string{"witness.example/1", "witness.example/2"}) {
		t.Errorf("signed by %v", names)
	}
	w.witnessed(r, got.GetTreeSize())
	for _, name := range []string{"late", "garbage", "huge", "broken", "wrong"} {
		if !w.journal.has("witness.example/" + name) {
			t.Errorf("%s is not told of:\n%s", name, w.journal)
		}
	}
	for _, name := range []string{"turning", "larger"} {
		if !w.journal.has(`"A WITNESS DOES NOT ACCEPT THE LOG" witness=witness.example/` + name) {
			t.Errorf("%s is not told of:\n%s", name, w.journal)
		}
	}
	if w.journal.has(secret) {
		t.Error("what a witness wrote is repeated")
	}
}

// serve runs an answer over TLS with the site's certificate.
func (w *world) serve(answer http.HandlerFunc) (url string) {
	w.Helper()
	cert, err := tls.LoadX509KeyPair(w.PKI.ServerCert, w.PKI.ServerKey)
	if err != nil {
		w.Fatal(err)
	}
	s := httptest.NewUnstartedServer(answer)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13}
	s.StartTLS()
	w.Cleanup(s.Close)
	return s.URL
}

// One log, two histories under its own keys: a witness that has seen the one
// refuses the other, keeps the proof, and both sides say so loudly.
func TestForkAndRollback(t *testing.T) {
	w := newWorld(t)
	one, two := w.StartWitness("witness.example/1"), w.StartWitness("witness.example/2")
	list := []server.WitnessConfig{one.Config, two.Config}
	r := w.Start(w.config(2, list...))
	w.witnessed(r, 0)
	r.Stop()
	backup, other := pgtest.Copy(t, w.DB), pgtest.Copy(t, w.DB)
	r = w.Start(w.config(2, list...))
	ahead := w.witnessed(r, 0).GetTreeSize()
	for range 5 {
		ahead = w.witnessed(r, ahead).GetTreeSize()
	}
	if w.journal.has("DOES NOT ACCEPT") {
		t.Fatalf("the one history is refused:\n%s", w.journal)
	}

	// An old backup is restored, and the log goes on from there.
	c := w.config(2, list...)
	c.Database.URL = backup.ServiceURL
	restored := w.Start(c)
	size := w.ask(restored).GetWitnessed().GetTreeSize()
	w.await("the rollback to be seen", func() bool { return w.journal.has("this log was rolled back") })
	// It grows beyond what the witnesses have seen: now it is a fork.
	for w.ask(restored).GetTreeSize() <= ahead {
	}
	w.await("the fork to be seen", func() bool {
		w.ask(restored)
		return w.journal.has("does not accept that the log extends")
	})
	if got := w.ask(restored).GetWitnessed().GetTreeSize(); got != size {
		t.Errorf("the false history is witnessed up to %d", got)
	}
	restored.Stop()

	// Two trees of one size, both signed: proof by themselves.
	c.Database.URL = other.ServiceURL
	again := w.Start(c)
	for w.ask(again).GetTreeSize() < ahead {
	}
	w.await("evidence", func() bool { return len(w.evidence(one)) > 0 && len(w.evidence(two)) > 0 })
	for _, e := range append(w.evidence(one), w.evidence(two)...) {
		w.cosigners(e.Remembered, list...) // signed by the log and by a witness
		known, err := checkpoint.Peek([]byte(e.Refused))
		if err != nil || known.Origin != servertest.Origin {
			t.Errorf("%+v, %v", known, err)
		}
	}
	// The true history goes on.
	again.Stop()
	w.witnessed(r, ahead)
}

func (w *world) evidence(of *servertest.Witness) []witness.Evidence {
	w.Helper()
	all, err := witness.ReadEvidence(of.State, servertest.Origin)
	if err != nil {
		w.Fatal(err)
	}
	return all
}
