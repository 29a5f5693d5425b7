package witness

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/devstack/pki"
)

// What init makes serves over TLS, shows its metrics, and remembers.
func TestServer(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(30, "entry")
	certs, err := pki.Ensure(filepath.Join(t.TempDir(), "pki"))
	must(t, err)
	dir := filepath.Join(t.TempDir(), "witness")
	setup := Setup{
		Dir: dir, Name: "witness.example/w1", Listen: "127.0.0.1:0", Cert: certs.ServerCert, Key: certs.ServerKey, Admin: "127.0.0.1:0",
		Logs: []LogConfig{{Origin: origin, Keys: []KeyConfig{{Verifier: l.verifier}}}},
	}
	_, verifier, err := Init(setup)
	must(t, err)
	if _, _, err := Init(setup); err == nil {
		t.Error("a second init replaces the key")
	}
	config, err := LoadConfig(filepath.Join(dir, "witness.yaml"))
	must(t, err)
	if all, err := Verifiers(config); err != nil || len(all) != 1 || all[0] != verifier {
		t.Errorf("verifiers %v, %v", all, err)
	}
	v, err := checkpoint.NewCosignatureVerifier(verifier)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certs.Root.PEM())
	for _, r := range []Request{l.request(0, 10), l.request(10, 20)} { // each after a restart
		s, err := NewServer(t.Context(), config, slog.New(slog.DiscardHandler))
		must(t, err)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		c := &Client{URL: s.URL(), Verifier: v, HTTP: NewHTTPClient(roots, 10*time.Second)}
		if _, err := c.Add(t.Context(), r); err != nil {
			t.Error(err)
		}
		if _, err := (&Client{URL: s.URL(), Verifier: v, HTTP: NewHTTPClient(nil, 10*time.Second)}).Add(t.Context(), r); err == nil {
			t.Error("a certificate of nobody known is believed")
		}
		metrics := get(t, "http://"+s.adminListen.Addr().String()+"/metrics")
		if !strings.Contains(metrics, `witness_requests_total{status="200"} 1`) || !strings.Contains(metrics, `witness_log_size{origin="register.example/log"}`) {
			t.Errorf("metrics:\n%s", metrics)
		}
		stop()
		must(t, <-done)
		c.HTTP.CloseIdleConnections()
	}
	must(t, os.Chmod(config.SigningKeys[0], 0o644))
	if _, err := NewServer(t.Context(), config, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("a key that others can read: %v", err)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	must(t, err)
	defer resp.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	return string(text)
}

const soundConfig = `
listen: 0.0.0.0:8443
cert: c.pem
key: k.pem
admin: 127.0.0.1:9092
state: /var/lib/witness
signing_keys: [witness.key]
logs:
  - origin: register.example/log
    keys: [{verifier: VERIFIER, until: 2027-06-30}]
`

// Each insecure or incomplete setting is refused by its name.
func TestConfiguration(t *testing.T) {
	t.Parallel()
	sound := strings.Replace(soundConfig, "VERIFIER", newTestLog(t).verifier, 1)
	if _, err := ReadConfig(strings.NewReader(sound)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]struct{ from, to, fault string }{
		"plain HTTP":            {"cert: c.pem\nkey: k.pem", "", "cert"},
		"certificate alone":     {"key: k.pem", "", "cert"},
		"metrics for everybody": {"127.0.0.1:9092", "0.0.0.0:9092", "admin"},
		"no address":            {"0.0.0.0:8443", "8443", "listen"},
		"no memory":             {"state: /var/lib/witness", "", "state"},
		"no key":                {"[witness.key]", "[]", "signing_keys"},
		"no verifier":           {"verifier: ", "verifier: x", "logs[0].keys"},
		"another's verifier":    {"origin: register.example/log", "origin: register.example/other", "logs[0].keys"},
		"no such day":           {"2027-06-30", "2027-06-31", "logs[0].keys"},
		"former key":            {"state:", "former_keys: [x]\nstate:", "former_keys[0]"},
		"negative rate":         {"state:", "per_second: -1\nstate:", "per_second"},
		"unknown key":           {"state:", "colour: red\nstate:", "colour"},
	} {
		text := strings.Replace(sound, change.from, change.to, 1)
		if text == sound {
			t.Fatalf("%s: the change changes nothing", name)
		}
		if _, err := ReadConfig(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), change.fault) {
			t.Errorf("%s: %v, want a fault of %s", name, err, change.fault)
		}
	}
	if _, err := ReadConfig(strings.NewReader("listen: 127.0.0.1:1\n")); err == nil || !strings.Contains(err.Error(), "logs") || !strings.Contains(err.Error(), "state") {
		t.Errorf("not all faults at once: %v", err)
	}
}
