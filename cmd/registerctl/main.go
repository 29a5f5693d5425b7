// Command registerctl is the command-line client of the register: it signs
// people in, searches, shows, registers and imports records, and reads and
// verifies the access log.
//
// It ends with 0 for success (of a search: a hit), 3 for a search without a
// hit, 4 when the register could not answer (of a search: the person was NOT
// checked), 5 for an import with rejects, 2 for a mistake in the command line
// and 1 for every other error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/perpetrator-register/register/internal/client"
)

// The exit codes.
const (
	exitOK          = 0
	exitFault       = 1
	exitUsage       = 2
	exitNoHit       = 3
	exitNotAnswered = 4
	exitRejects     = 5
)

// command is the command line.
type command struct {
	globals

	Login         loginCmd         `cmd:"" help:"Sign in."`
	Logout        logoutCmd        `cmd:"" help:"Forget the sign-in."`
	Whoami        whoamiCmd        `cmd:"" help:"Show who the register takes you to be, and what you may do."`
	Token         tokenCmd         `cmd:"" help:"Print the access token, for use with other programs."`
	Search        searchCmd        `cmd:"" help:"Has this person done this before, to whom else, anywhere?"`
	Show          showCmd          `cmd:"" help:"Show a search, a candidate of an own search, or a record of your own force."`
	Register      registerCmd      `cmd:"" help:"Register one record, or several, from JSON."`
	Import        importCmd        `cmd:"" help:"Import a table or JSON lines."`
	Nominal       nominalCmd       `cmd:"" help:"Restrict, withdraw or erase a record of your own force."`
	Ranked        rankedCmd        `cmd:"" help:"The persons of your force who are most urgent to be looked at, with the reasons."`
	History       historyCmd       `cmd:"" help:"What all forces recorded of the person of a nominal of your force: what matters first."`
	Pack          packCmd          `cmd:"" help:"Make a pack of evidence of it, to be printed."`
	Conduct       conductCmd       `cmd:"" help:"List, withdraw, erase, regrade and settle what is recorded of your force's nominals."`
	Person        personCmd        `cmd:"" help:"Show whose records are held to be the same person as one of your force's."`
	Links         linksCmd         `cmd:"" help:"Look at links between records, and decide on them."`
	Alerts        alertsCmd        `cmd:"" help:"What your force is told unasked."`
	Duties        dutiesCmd        `cmd:"" help:"What your force must do, by when and who: look, assign, close."`
	Subscriptions subscriptionsCmd `cmd:"" help:"Whom your force asked to be told of."`
	Questions     questionsCmd     `cmd:"" help:"What forces ask one another about their records."`
	Transfers     transfersCmd     `cmd:"" help:"Matters that one force hands over to another."`
	Retractions   retractionsCmd   `cmd:"" help:"What was shown to you and no longer holds."`
	Log           logCmd           `cmd:"" help:"Read and verify the access log."`
	PSD           psdCmd           `cmd:"" name:"psd" help:"For professional standards and the national auditor."`
	Flags         flagsCmd         `cmd:"" help:"For professional standards: flags of possible misuse."`
	Cases         casesCmd         `cmd:"" help:"For professional standards: cases of possible misuse."`
	Facts         factsCmd         `cmd:"" help:"For force systems: tell of cases, rosters and staff."`
	Receipts      receiptCmd       `cmd:"" name:"receipt" help:"Prove what saved receipts say, and keep the proofs."`
	Forces        forcesCmd        `cmd:"" help:"List the forces and whom to ask there."`
	Clients       clientsCmd       `cmd:"" help:"For administrators, auditors and professional standards: who may call on behalf of a force, and which systems have."`
	Codes         codesCmd         `cmd:"" help:"List a code list, such as searchReasons, behaviours or offences; one that is not there names them all."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// exitError is an error that has been told already.
type exitError int

// Error names the code.
func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// usageError is a mistake in the command line that the parser cannot see.
type usageError struct{ error }

func newParser(cmd *command, out, errOut io.Writer, exit func(int)) (*kong.Kong, error) {
	return kong.New(cmd,
		kong.Name("registerctl"),
		kong.Description("The client of the register of stalking perpetrators. Every call is recorded under your name."),
		kong.Writers(out, errOut),
		kong.Exit(exit),
		kong.Vars{"default_server": client.DefaultServer},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
}

func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) (code int) {
	var cmd command
	helped := false
	parser, err := newParser(&cmd, out, errOut, func(int) { helped = true })
	if err != nil {
		_, _ = fmt.Fprintf(errOut, "registerctl: %v\n", err)
		return exitFault
	}
	parsed, err := parser.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		_, _ = fmt.Fprintf(errOut, "registerctl: %s\nTry registerctl --help.\n", client.Clean(err.Error()))
		return exitUsage
	}
	a := &app{ctx: ctx, in: in, out: out, errOut: errOut, globals: &cmd.globals}
	defer a.close()
	return a.conclude(parsed.Run(a))
}

// conclude tells of an error and chooses the exit code.
func (a *app) conclude(err error) int {
	var told exitError
	var usage usageError
	switch {
	case err == nil:
		err = a.writeErr
		if err == nil {
			return exitOK
		}
	case errors.As(err, &told):
		return int(told)
	}
	p := client.AsProblem(err)
	if p == nil {
		a.warn("registerctl: %s", err)
		if errors.As(err, &usage) {
			return exitUsage
		}
		return exitFault
	}
	for i, line := range p.Lines() {
		if i == 0 {
			line = "registerctl: " + line
		}
		a.warn("%s", line)
	}
	if client.Unanswered(p.Code) {
		return exitNotAnswered
	}
	return exitFault
}
