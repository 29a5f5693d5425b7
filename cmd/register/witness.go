package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/perpetrator-register/register/internal/witness"
)

// witnessCmd is what a force or the IOPC runs to watch a register's log.
type witnessCmd struct {
	Run      witnessRunCmd      `cmd:"" default:"withargs" help:"Watch logs and co-sign their checkpoints, as configured in a file."`
	Init     witnessInitCmd     `cmd:"" help:"Make a key, an empty memory and a configuration."`
	Key      witnessKeyCmd      `cmd:"" help:"Make one more signing key, to change to it."`
	Verifier witnessVerifierCmd `cmd:"" help:"Print the verifier keys of a witness's signing keys, for registers and auditors."`
}

type witnessRunCmd struct {
	Config string `help:"The configuration file (YAML)." type:"existingfile" required:""`
}

// Run watches until the process is told to stop.
func (c *witnessRunCmd) Run(ctx context.Context, log *slog.Logger) error {
	config, err := witness.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	s, err := witness.NewServer(ctx, config, log)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

type witnessInitCmd struct {
	Dir      string   `help:"Folder of key, memory and configuration." required:"" type:"path"`
	Name     string   `help:"The witness's name in signatures, an address without scheme such as witness.police.example/1." required:""`
	Listen   string   `help:"Address to listen on." default:"127.0.0.1:8443"`
	Cert     string   `help:"PEM chain of the server certificate; required off loopback." type:"path"`
	Key      string   `help:"PEM key of the server certificate." type:"path"`
	Admin    string   `help:"Loopback address of metrics and health." default:"127.0.0.1:9092"`
	Origin   string   `help:"The log to watch: its name in checkpoints." required:""`
	Verifier []string `help:"The log's verifier keys, as its operator read them out; see register keys verifier." required:"" sep:"none"`
}

// Run makes a witness.
func (c *witnessInitCmd) Run() error {
	l := witness.LogConfig{Origin: c.Origin}
	for _, v := range c.Verifier {
		l.Keys = append(l.Keys, witness.KeyConfig{Verifier: v})
	}
	_, verifier, err := witness.Init(witness.Setup{
		Dir: c.Dir, Name: c.Name, Listen: c.Listen, Cert: c.Cert, Key: c.Key, Admin: c.Admin, Logs: []witness.LogConfig{l},
	})
	if err != nil {
		return err
	}
	fmt.Printf("Made %s. Run: register witness --config %[1]s\nGive this verifier key to the register's operator and to auditors:\n%s\n",
		filepath.Join(c.Dir, "witness.yaml"), verifier)
	return nil
}

type witnessKeyCmd struct {
	File string `arg:"" help:"The new key's file; add it to signing_keys." type:"path"`
	Name string `help:"The witness's name in signatures." required:""`
}

// Run makes a key.
func (c *witnessKeyCmd) Run() error {
	verifier, err := witness.AddKey(c.File, c.Name)
	if err != nil {
		return err
	}
	fmt.Println(verifier)
	return nil
}

type witnessVerifierCmd struct {
	Config string `help:"The configuration file (YAML)." type:"existingfile" required:""`
}

// Run prints the verifier keys.
func (c *witnessVerifierCmd) Run() error {
	config, err := witness.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	verifiers, err := witness.Verifiers(config)
	if err != nil {
		return err
	}
	for _, v := range verifiers {
		fmt.Println(v)
	}
	return nil
}
