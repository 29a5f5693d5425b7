package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// historical imports a table of real historical people by registerctl, spread
// over ten forces, into an empty register.
func (r *run) historical(ctx context.Context) error {
	r.out.heading("Import of a table")
	table, err := os.ReadFile(r.Historical)
	if errors.Is(err, os.ErrNotExist) {
		r.out.paragraph("Left out: the table of historical people is not there.")
		return nil
	}
	if err != nil {
		return err
	}
	// registerctl keeps its state beside the input.
	input := filepath.Join(r.site.dir, "historical.csv")
	if err := os.WriteFile(input, table, 0o600); err != nil { //nolint:gosec // into our own folder
		return err
	}
	server, err := r.site.start(ctx, "register", "historical")
	if err != nil {
		return err
	}
	defer func() { _ = server.stop() }()                                          // its figures are taken
	command := exec.CommandContext(ctx, filepath.Join(r.site.dir, "registerctl"), //nolint:gosec // our own program
		"--server", server.address, "--ca", r.site.pki.RootFile, "--json",
		"import", input, "--format", "csv", "--system", system, "--lenient",
		"--cert-dir", filepath.Join(r.site.pki.Dir, "clients"),
		"--spread-forces", "05,06,10,13,20,33,42,43,46,52",
		"--map", "unique_id=reference,first_name=given,surname=surname,full_name=name,dob=dob,gender=sex,postcode_fake=postcode",
	)
	began := time.Now()
	out, err := command.Output()
	took := time.Since(began)
	var counts struct{ Created, Updated, Rejected int64 }
	// It fails when the register refused some records, and still tells of all.
	if parseErr := json.Unmarshal(out, &counts); parseErr != nil {
		return fmt.Errorf("registerctl import: %w", errors.Join(err, parseErr))
	}
	done := counts.Created + counts.Updated + counts.Rejected
	if done == 0 {
		return fmt.Errorf("registerctl import: nothing was done: %w", err)
	}
	r.out.paragraph("`registerctl import` of %d records of historical people, over 10 streams, the program's start included: **%.1f s**, %s records a second; %d were registered, %d have no name and were refused.",
		done, took.Seconds(), count(float64(done)/took.Seconds()), counts.Created, counts.Rejected)
	return nil
}
