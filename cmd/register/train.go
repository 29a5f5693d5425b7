package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/perpetrator-register/register/internal/identity"
)

type trainCmd struct {
	Data []string `help:"Records to learn from (CSV with a header). With labels several files may be given, each of which counts the same." required:"" placeholder:"FILE,…"`
	tables
	Truth   string `help:"The column that says which person a record is of; with a regular expression, the first group that fits, or all it matches. It may be empty for some records, or absent." placeholder:"COLUMN[~REGEXP]"`
	Weights string `help:"The weights file to start from, in place of the shipped one." type:"existingfile"`
	Out     string `help:"The weights file to write." required:"" placeholder:"FILE" type:"path"`
	Name    string `help:"The version of the new weights; otherwise that of the old with a digest of the new." placeholder:"VERSION"`
}

// Run learns the weights of the matching from records.
func (c *trainCmd) Run(_ context.Context, log *slog.Logger) error {
	start, err := weights(c.Weights)
	if err != nil {
		return err
	}
	c.truth, c.unknown = c.Truth, true
	sets, err := c.read(c.Data, log)
	if err != nil {
		return err
	}
	name := c.Name
	if name == "" {
		name = "unnamed"
	}
	model, err := learn(start, name, sets)
	if err != nil {
		return err
	}
	raw, err := model.Marshal()
	if err == nil && c.Name == "" {
		digest := sha256.Sum256(raw)
		model.Version = start.Version + "+" + hex.EncodeToString(digest[:4])
		raw, err = model.Marshal()
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, raw, 0o600); err != nil {
		return err
	}
	t := model.Thresholds
	fmt.Printf("weights %s, thresholds join %g, propose %g, show %g bits\n", model.Version, t.Join, t.Propose, t.Show)
	return nil
}

// learn fits weights and thresholds where every record's person is known, else
// weights alone.
func learn(start *identity.Model, name string, sets [][]identity.Labelled) (*identity.Model, error) {
	unknown := func(l identity.Labelled) bool { return l.Person == "" }
	if !slices.ContainsFunc(slices.Concat(sets...), unknown) {
		model, err := identity.Fit(start, name, sets...)
		if err != nil {
			return nil, err
		}
		fmt.Println("learnt from labels")
		return identity.FitThresholds(model, sets...)
	}
	if len(sets) > 1 {
		return nil, errors.New("--data takes one file when not every record's person is known")
	}
	learnt, err := identity.FitUnlabelled(start, name, sets[0])
	if err != nil {
		return nil, err
	}
	state := "still changing"
	if learnt.Settled {
		state = "settled"
	}
	fmt.Printf("learnt in %d rounds (%s), from an expected %.0f pairs of one person; the thresholds are those of %s\n",
		learnt.Rounds, state, learnt.Pairs, start.Version)
	return learnt.Model, nil
}
