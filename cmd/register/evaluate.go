package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/perpetrator-register/register/internal/identity"
)

type evaluateCmd struct {
	Data []string `help:"Labelled records (CSV with a header). With a second file all of the first are indexed and the second's are looked for; else the first record of each person is indexed and the others are looked for." required:"" placeholder:"FILE[,FILE2]"`
	tables
	Truth   string   `help:"The column that says which person a record is of; with a regular expression, the first group that fits, or all it matches." required:"" placeholder:"COLUMN[~REGEXP]"`
	Query   []string `help:"The fields to ask with; all of --columns when absent." placeholder:"FIELD,…"`
	Weights string   `help:"A weights file in place of the shipped one." type:"existingfile"`
	JSON    bool     `name:"json" help:"Print one JSON object."`

	// out is where the result goes; standard output when nil.
	out io.Writer
}

// Run judges the matching on labelled records.
func (c *evaluateCmd) Run(_ context.Context, log *slog.Logger) error {
	c.truth, c.query = c.Truth, c.Query
	model, err := weights(c.Weights)
	if err != nil {
		return err
	}
	if len(c.Data) > 2 {
		return errors.New("--data: takes one file or two")
	}
	sets, err := c.read(c.Data, log)
	if err != nil {
		return err
	}
	var result identity.Evaluation
	if len(sets) == 1 {
		result = identity.Evaluate(model, sets[0], nil)
	} else {
		result = identity.Evaluate(model, sets[1], sets[0])
	}
	if result.Queries == 0 {
		log.Warn("nobody was looked for: by --truth no record to ask with is of a person who is indexed")
	}
	out := c.out
	if out == nil {
		out = os.Stdout
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(result)
	}
	_, err = fmt.Fprintf(out, `indexed %d, asked %d
recall     first %.4f   among ten %.4f   mean reciprocal rank %.4f
time       p50 %.3f ms   p99 %.3f ms
pairs      precision %.4f   recall %.4f   F1 %.4f
automatic  precision %.4f   recall %.4f
`, result.Records, result.Queries, result.RecallAt1, result.RecallAt10, result.MRR, result.P50, result.P99,
		result.PairsPrecision, result.PairsRecall, result.PairsF1, result.AutomaticPrecision, result.AutomaticRecall)
	return err
}

// weights reads a weights file; without a path it returns the shipped ones.
func weights(path string) (*identity.Model, error) {
	if path == "" {
		return identity.DefaultModel(), nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--weights: %w", err)
	}
	model, err := identity.ParseModel(raw)
	if err != nil {
		return nil, fmt.Errorf("--weights: %s: %w", path, err)
	}
	return model, nil
}
