package servertest

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/witness"
)

// Witness is a witness of a site's log, over TLS with the site's certificate.
type Witness struct {
	// State is the folder of its memory.
	State string
	// Config is how a replica reaches it.
	Config server.WitnessConfig
	// Settings are its own, read at each start.
	Settings *witness.Config

	site *Site
	stop context.CancelFunc
	done chan error
}

// StartWitness makes and starts a witness; it is stopped when the test ends, if
// not before.
func (s *Site) StartWitness(name string) *Witness {
	s.tb.Helper()
	l := witness.LogConfig{Origin: Origin}
	for _, v := range s.Keys.LogVerifiers() {
		l.Keys = append(l.Keys, witness.KeyConfig{Verifier: v})
	}
	config, verifier, err := witness.Init(witness.Setup{
		Dir: filepath.Join(s.tb.TempDir(), "witness"), Name: name, Listen: "127.0.0.1:0",
		Cert: s.PKI.ServerCert, Key: s.PKI.ServerKey, Logs: []witness.LogConfig{l},
	})
	must(s.tb, err)
	config.PerSecond = 1e6
	w := &Witness{State: config.State, Settings: config, site: s, Config: server.WitnessConfig{Key: verifier, CA: s.PKI.RootFile}}
	w.Start()
	s.tb.Cleanup(w.Stop)
	return w
}

// Start starts the witness again, at the address it had.
func (w *Witness) Start() {
	w.site.tb.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(w.site.tb.Context()))
	srv, err := witness.NewServer(ctx, w.Settings, w.site.Log)
	if err != nil {
		stop()
		w.site.tb.Fatalf("start a witness: %v", err)
	}
	w.Config.URL = srv.URL()
	w.Settings.Listen = strings.TrimPrefix(srv.URL(), "https://")
	w.stop, w.done = stop, make(chan error, 1)
	go func() { w.done <- srv.Run(ctx) }()
}

// Stop stops the witness, once.
func (w *Witness) Stop() {
	if w.done == nil {
		return
	}
	w.stop()
	if err := <-w.done; err != nil {
		w.site.tb.Errorf("witness: %v", err)
	}
	w.done = nil
}
