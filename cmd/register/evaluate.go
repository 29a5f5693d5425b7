package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/perpetrator-register/register/internal/identity"
)

type evaluateCmd struct {
	Data []string `help:"Labelled records (CSV with a header). With a second file all of the first are indexed and the second's are looked for; else the first record of each person is indexed and the others are looked for." required:"" placeholder:"FILE[,FILE2]"`
	tables
	Truth   string   `help:"The column that says which person a record is of; with a regular expression, its first group, or all it matches." required:"" placeholder:"COLUMN[~REGEXP]"`
	Query   []string `help:"The fields to ask with; all of --columns when absent." placeholder:"FIELD,…"`
	Weights string   `help:"A weights file in place of the shipped one." type:"existingfile"`
	JSON    bool     `name:"json" help:"Print one JSON object."`
}

// Run judges the matching on labelled records.
func (c *evaluateCmd) Run(_ context.Context) error {
	c.truth, c.query = c.Truth, c.Query
	model, err := weights(c.Weights)
	if err != nil {
		return err
	}
	var sets [][]identity.Labelled
	for _, path := range c.Data {
		set, err := c.read(path, uint64(len(sets)))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		sets = append(sets, set)
	}
	var result identity.Evaluation
	switch len(sets) {
	case 1:
		result = identity.Evaluate(model, sets[0], nil)
	case 2:
		result = identity.Evaluate(model, sets[1], sets[0])
	default:
		return errors.New("--data takes one file or two")
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(result)
	}
	fmt.Printf(`indexed %d, asked %d
recall     first %.4f   among ten %.4f   mean reciprocal rank %.4f
time       p50 %.3f ms   p99 %.3f ms
pairs      precision %.4f   recall %.4f   F1 %.4f
automatic  precision %.4f   recall %.4f
`, result.Records, result.Queries, result.RecallAt1, result.RecallAt10, result.MRR, result.P50, result.P99,
		result.PairsPrecision, result.PairsRecall, result.PairsF1, result.AutomaticPrecision, result.AutomaticRecall)
	return nil
}

// weights reads a weights file; without a path it returns the shipped ones.
func weights(path string) (*identity.Model, error) {
	if path == "" {
		return identity.DefaultModel(), nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return identity.ParseModel(raw)
}
