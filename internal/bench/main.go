// Command bench measures the register: registrations, searches with the log
// on and off beside PostgreSQL's pg_trgm, the access log alone beside simpler
// ways to keep one, authorisation, start and memory. Everything that is
// compared runs in one go on one machine, turn by turn, so that the ratios
// mean something where the absolute figures do not.
//
// The servers under measure are processes of their own, on a private durable
// PostgreSQL; this program generates the load. The report is Markdown.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// options are the command line.
type options struct {
	Nominals   int           `help:"Nominals in the register." default:"100000" env:"BENCH_NOMINALS"`
	Entries    int           `help:"Entries of the log that part entries fills; it runs only when asked for." default:"1000000" env:"BENCH_ENTRIES"`
	Seed       uint64        `help:"Seed of the invented people and of the questions." default:"1" env:"BENCH_SEED"`
	Time       time.Duration `help:"How long each measurement lasts." default:"5s" env:"BENCH_TIME"`
	Repeats    int           `help:"How often each is repeated." default:"3" env:"BENCH_REPEATS"`
	Quick      bool          `help:"Small and short: does it work, not how fast." env:"BENCH_QUICK"`
	Profile    bool          `help:"Write CPU profiles of the server in place of the report." env:"BENCH_PROFILE"`
	Only       []string      `help:"Only these parts: search, kinds, detail, pages, import, single, alerts, duties, log, entries, links, access, historical." env:"BENCH_ONLY"`
	Historical string        `help:"A table of people to import; left out when absent." default:"../shared/data/historical_dev.csv" env:"BENCH_HISTORICAL"`
	Direct     bool          `help:"Store the people past the API, without links: for millions, to measure start, memory and searches." env:"BENCH_DIRECT"`
	Alone      bool          `help:"Leave pg_trgm out of the searches: for millions, to measure only the register." env:"BENCH_ALONE"`
	Keep       bool          `help:"Keep the loaded register, and use the one kept if it has the same people." env:"BENCH_KEEP"`
	Dir        string        `help:"Scratch folder; emptied at the start unless kept." default:".run/bench"`
	Report     string        `help:"Where the report goes, beside standard output." default:".run/bench-report.md"`
	Limit      time.Duration `help:"Give up after." default:"2h"`
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("bench"), kong.Description("Measures the register."))
	if o.Quick {
		o.Nominals, o.Time, o.Repeats = min(o.Nominals, 3000), min(o.Time, 300*time.Millisecond), 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := bench(ctx, &o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is what the parts of a benchmark share.
type run struct {
	*options
	site   *site
	people *people
	peer   *peer // nil until it is needed
	out    *report
}

// part is one part of the benchmark.
type part struct {
	name string
	run  func(context.Context) error
}

func bench(ctx context.Context, o *options) (err error) {
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	began := time.Now()
	if err := os.MkdirAll(filepath.Dir(o.Report), 0o755); err != nil { //nolint:gosec // the database's account must reach its own folder below
		return err
	}
	file, err := os.Create(o.Report)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	r := &run{options: o, out: &report{w: io.MultiWriter(os.Stdout, file)}}
	say("building both servers, starting PostgreSQL")
	if r.site, err = newSite(ctx, o); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.site.close(context.WithoutCancel(ctx))) }()
	defer func() {
		if r.peer != nil {
			r.peer.close()
		}
	}()
	r.people = gather(o.Nominals, o.Seed)
	if err := r.machine(ctx); err != nil {
		return err
	}
	parts := []part{
		{"load", r.load}, {"search", r.searches}, {"kinds", r.searchKinds}, {"detail", r.detail}, {"pages", r.pages}, {"import", r.underImport}, {"single", r.singles},
		{"alerts", r.alerts}, {"duties", r.duties},
		{"log", r.logAlone}, {"entries", r.yearOfEntries}, {"links", r.links}, {"access", r.authorisation}, {"historical", r.historical},
	}
	if o.Profile {
		parts = []part{{"load", r.profiledLoad}, {"start", r.profiledStart}, {"search", r.profiledSearch}, {"detail", r.profiledDetail}, {"pages", r.profiledPages}, {"duties", r.profiledDuties}}
	}
	for _, p := range parts {
		if len(o.Only) == 0 && p.name == "entries" {
			continue // it takes long, and much room
		}
		if len(o.Only) > 0 && !slices.Contains(o.Only, p.name) && (p.name != "load" || unloaded(o.Only)) {
			continue
		}
		say("%s", p.name)
		if err := p.run(ctx); err != nil {
			r.out.paragraph("**Broken off in part %q: %v**", p.name, err)
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	r.out.paragraph("Took %s; load average at the end %s.", time.Since(began).Round(time.Second), loadAverage())
	return r.out.err
}

// unloaded reports whether parts need no register that is loaded.
func unloaded(parts []string) bool {
	return !slices.ContainsFunc(parts, func(p string) bool { return p != "links" && p != "log" && p != "entries" && p != "access" })
}

// say tells on standard error what is going on.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}

// quiet is a journal for parts whose warnings are of no interest here.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
