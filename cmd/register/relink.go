package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/user"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/service"
)

type relinkCmd struct {
	Config      string `arg:"" help:"The configuration file (YAML) of the servers." type:"existingfile"`
	Weights     string `help:"Weights to try in place of those configured; not with --apply." type:"existingfile"`
	Apply       bool   `help:"Make the changes. Without it they are only counted."`
	Development bool   `help:"As for serve."`
}

// Run weighs every nominal anew, and says what changes.
func (c *relinkCmd) Run(ctx context.Context, log *slog.Logger) error {
	config, err := server.LoadConfig(c.Config, c.Development)
	if err != nil {
		return err
	}
	if c.Weights != "" {
		if c.Apply {
			return errors.New("--weights: other weights can only be tried: to use them, set `weights` in the configuration of every server, restart them, and relink")
		}
		config.Weights = c.Weights
	}
	config.Database.OwnerURL = "" // the servers migrate
	done, err := server.Relink(ctx, config, operator(), c.Apply, log)
	if done != nil {
		printRelinked(done, c.Apply)
	}
	return err
}

// operator names whoever runs the command, for the log.
func operator() string {
	u, err := user.Current()
	if err != nil {
		return "operator"
	}
	return "operator#" + u.Username
}

func printRelinked(r *service.Relinked, applied bool) {
	fmt.Printf("%d nominals weighed with model %s\n", r.Nominals, r.Model)
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	moves := slices.SortedFunc(maps.Keys(r.Moves), func(a, b service.Move) int {
		return 10*int(a.From-b.From) + int(a.To-b.To)
	})
	name := func(s fmt.Stringer) string {
		n := strings.ToLower(strings.TrimPrefix(s.String(), "LINK_STATE_"))
		return strings.Replace(n, "unspecified", "new", 1)
	}
	for _, m := range moves {
		_, _ = fmt.Fprintf(w, "%s\t→ %s\t%d\n", name(m.From), name(m.To), r.Moves[m])
	}
	for _, f := range slices.Sorted(maps.Keys(r.Forces)) {
		_, _ = fmt.Fprintf(w, "force %s\t\t%d\n", f, r.Forces[f])
	}
	_ = w.Flush()
	if r.Deferred > 0 {
		fmt.Printf("%d proposals are beyond the day's ceiling and raise no alert\n", r.Deferred)
	}
	switch {
	case len(r.Moves) == 0:
		fmt.Println("every link stands as it should")
	case !applied:
		fmt.Println("nothing was changed: --apply does it")
	}
}
