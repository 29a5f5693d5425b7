// Command register is the server of the register, and the operator's tools.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the command line.
type cli struct {
	Serve     serveCmd     `cmd:"" help:"Serve the register, as configured in a file."`
	Dev       devCmd       `cmd:"" help:"Run a whole register on this machine, with a private PostgreSQL and demonstration data."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database's schema up to date."`
	Policy    policyCmd    `cmd:"" help:"Check the access policy."`
	Keys      keysCmd      `cmd:"" help:"Make and rotate keys."`
	Evaluate  evaluateCmd  `cmd:"" help:"Judge the matching on labelled records."`
	Train     trainCmd     `cmd:"" help:"Learn the weights of the matching from records."`
	Relink    relinkCmd    `cmd:"" help:"Weigh every nominal anew, such as with new weights, and show or make the changes of links."`
	Misuse    misuseCmd    `cmd:"" help:"Try the rules that look for misuse of the register."`
	Verify    verifyCmd    `cmd:"" help:"Check the stored log and records against each other."`
	Witness   witnessCmd   `cmd:"" help:"Watch another party's log: co-sign its checkpoints, refuse forks and rollbacks."`
	Export    exportCmd    `cmd:"" help:"Write the access log into a folder that verifylog can verify."`
	Epoch     epochCmd     `cmd:"" help:"Begin a new epoch of the log after a lawful restore, naming what is lost."`
	Retention retentionCmd `cmd:"" help:"Show or drop the sealed parts of log entries that are older than the policy allows."`
	Evidence  evidenceCmd  `cmd:"" help:"Make a signed bundle of evidence from the access log, recorded as a disclosure."`
	Siem      siemCmd      `cmd:"" help:"Hand the access log on to a security-monitoring system, as OCSF JSON lines."`

	Version   kong.VersionFlag `help:"Print the version that was built, and end."`
	LogFormat string           `help:"Form of the journal: text or json." enum:"text,json" default:"text" env:"REGISTER_LOG_FORMAT"`
	LogLevel  string           `help:"Least level of the journal." enum:"debug,info,warn,error" default:"info" env:"REGISTER_LOG_LEVEL"`
}

func main() {
	var c cli
	k := kong.Parse(&c, kong.Name("register"), kong.UsageOnError(), kong.Vars{"version": version()},
		kong.Description("Serial-perpetrator register for stalking."))
	log := c.journal()
	slog.SetDefault(log)
	err := k.BindSingletonProvider(untilStopped)
	if err == nil {
		err = k.Run(log)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "register:", err)
		os.Exit(1)
	}
}

// untilStopped is the context of commands that ask for one: they end in order when they
// are interrupted. The others, which only compute, end at once.
func untilStopped() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // until the process ends
	return ctx
}

// version is that of the source: a tag, or the time and the commit.
func version() string {
	about, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return about.Main.Version + " " + about.GoVersion
}

func (c *cli) journal() *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}
