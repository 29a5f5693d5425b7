package devstack

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/witness"
)

// startWitness runs a witness of the stack's log in this process, on a free
// port, so that the demonstration shows a witnessed log. A real one is run by
// somebody else, elsewhere.
func (s *Stack) startWitness(ctx context.Context, keyDir string) error {
	keys, err := seal.Open(ctx, seal.DirProvider(keyDir))
	if err != nil {
		return err
	}
	l := witness.LogConfig{Origin: Origin}
	for _, v := range keys.LogVerifiers() {
		l.Keys = append(l.Keys, witness.KeyConfig{Verifier: v})
	}
	dir := filepath.Join(s.options.Dir, "witness")
	config := &witness.Config{
		Listen: "127.0.0.1:0", Cert: s.PKI.ServerCert, Key: s.PKI.ServerKey, State: filepath.Join(dir, "state"),
		SigningKeys: []string{filepath.Join(dir, "witness.key")}, Logs: []witness.LogConfig{l},
	}
	if _, err := os.Stat(config.SigningKeys[0]); errors.Is(err, fs.ErrNotExist) {
		setup := witness.Setup{Dir: dir, Name: "register.example/development-witness", Listen: config.Listen, Cert: config.Cert, Key: config.Key, Logs: config.Logs}
		if _, _, err := witness.Init(setup); err != nil {
			return err
		}
	}
	verifiers, err := witness.Verifiers(config)
	if err != nil {
		return err
	}
	w, err := witness.NewServer(ctx, config, s.options.Log)
	if err != nil {
		return err
	}
	s.group.Go(func() error { return w.Run(s.ctx) })
	s.WitnessKey = verifiers[0]
	s.Config.Witnesses = server.Witnesses{
		Quorum: 1, Every: 5 * time.Second, WarnAfter: time.Minute,
		List: []server.WitnessConfig{{Key: s.WitnessKey, URL: w.URL(), CA: s.PKI.RootFile}},
	}
	return nil
}
