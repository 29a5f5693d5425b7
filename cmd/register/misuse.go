package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/misuse/year"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/standards"
	"github.com/perpetrator-register/register/policies"
)

type misuseCmd struct {
	Replay misuseReplayCmd `cmd:"" help:"Run the rules over the log as it is, and say what they would flag. Nothing is written."`
	Rules  misuseRulesCmd  `cmd:"" help:"Print the rules and what their numbers mean, as Markdown."`
	Year   misuseYearCmd   `cmd:"" help:"Judge the rules on a made-up year of a force, with planted misuse."`
}

type misuseReplayCmd struct {
	Config      string `arg:"" help:"The configuration file (YAML) of the servers." type:"existingfile"`
	Rules       string `help:"Thresholds to try, in place of those in the policy's folder." type:"existingfile"`
	From        when   `help:"The first time that counts: 2026-11-01 (its beginning in London), 2026-11-01T08:00:00Z, or 24h, 7d before now; else 28 days ago." placeholder:"TIME"`
	To          when   `help:"Entries before this time count; with a day, those before the day begins; else all until now." placeholder:"TIME"`
	JSON        bool   `help:"Print JSON." name:"json"`
	Development bool   `help:"As for serve."`
}

// Run replays the log.
func (c *misuseReplayCmd) Run(ctx context.Context, log *slog.Logger) error {
	config, err := server.LoadConfig(c.Config, c.Development)
	if err != nil {
		return err
	}
	config.Database.OwnerURL = "" // the servers migrate
	settings, err := readRules(c.Rules)
	if err != nil {
		return err
	}
	from := c.From.Time
	if from.IsZero() {
		from = time.Now().AddDate(0, 0, -28)
	}
	out, err := server.ReplayMisuse(ctx, config, settings, from, c.To.Time, log)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(out)
	}
	return printReplay(os.Stdout, out)
}

// readRules reads thresholds from a file; nil when none is named.
func readRules(path string) (*misuse.Settings, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // none named
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--rules: %w", err)
	}
	settings, err := misuse.ParseSettings(data)
	if err != nil {
		return nil, fmt.Errorf("--rules: %s: %w", path, err)
	}
	return settings, nil
}

// printReplay prints what rules would flag.
func printReplay(to io.Writer, r *standards.MisuseReplay) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "%d entries over %.1f days of the log, thresholds %s\n\n", r.Entries, r.Days, r.Settings)
	_, _ = fmt.Fprintln(w, "RULE\tFLAGS\tA DAY\tUSERS\tDECIDED\tUPHELD\tJUSTIFIED\tPRECISION")
	total := 0
	for _, rule := range r.Rules {
		precision := "-"
		if n := rule.Upheld + rule.Justified; n > 0 {
			precision = fmt.Sprintf("%.2f", float64(rule.Upheld)/float64(n))
		}
		_, _ = fmt.Fprintf(w, "%s\t%d\t%.2f\t%d\t%d\t%d\t%d\t%s\n", rule.Rule, rule.Flags, float64(rule.Flags)/r.Days, rule.Actors, rule.Known, rule.Upheld, rule.Justified, precision)
		total += rule.Flags
	}
	_, _ = fmt.Fprintf(w, "all\t%d\t%.2f\n", total, float64(total)/r.Days)
	return w.Flush()
}

type misuseRulesCmd struct{}

// Run prints the rules.
func (misuseRulesCmd) Run() error {
	_, err := fmt.Print(misuse.Table() + "\n" + misuse.ThresholdTable())
	return err
}

type misuseYearCmd struct {
	Users  int         `help:"How many members of staff use the register." default:"2000"`
	Days   int         `help:"How long the year is." default:"365"`
	Seed   uint64      `help:"Which year: another seed makes another of the same kind." default:"7"`
	Rules  string      `help:"Thresholds to try, in place of those that are built in." type:"existingfile"`
	Habits year.Habits `help:"How the honest work: steady (even days, told of at once) or busy (peaks, nights, live incidents, shared caseloads, moves, told of late)." enum:"steady,busy" default:"steady"`
}

// Run judges the rules on a made-up year.
func (c *misuseYearCmd) Run() error {
	if c.Users < 50 || c.Days < 1 {
		return fmt.Errorf("give at least 50 users and 1 day")
	}
	settings, err := readRules(c.Rules)
	if settings == nil && err == nil {
		settings, err = misuse.ParseSettings(policies.Misuse)
	}
	if err != nil {
		return err
	}
	return year.Judge(year.Options{Seed: c.Seed, Users: c.Users, Days: c.Days, Habits: c.Habits}, settings).Write(os.Stdout)
}
