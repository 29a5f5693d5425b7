// Package deptest keeps the shape of the house: which package may use which.
package deptest

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/perpetrator-register/register/"

type pkg struct {
	ImportPath string
	Doc        string
	Imports    []string
	Deps       []string
	GoFiles    []string
}

func packages(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Doc,Imports,Deps,GoFiles", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]pkg{}
	d := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if own, ok := strings.CutPrefix(p.ImportPath, module); ok {
			all[own] = p
		}
	}
}

// The pure packages reach no database, no network, no RPC and no generated code.
func TestPurePackages(t *testing.T) {
	t.Parallel()
	all := packages(t)
	forbidden := []string{"net", "net/http", "os/exec", "database/sql", "google.golang.org/grpc", "github.com/jackc/pgx/v5", module + "api/register/v1", module + "internal/postgres"}
	for _, name := range []string{"internal/identity", "internal/conduct", "internal/conduct/victim", "internal/misuse", "internal/misuse/year"} {
		p, ok := all[name]
		if !ok {
			t.Errorf("no package %s", name)
		}
		for _, f := range forbidden {
			// phonenumbers brings protobuf's runtime, which brings no RPC.
			if slices.Contains(p.Deps, f) {
				t.Errorf("%s reaches %s", name, f)
			}
		}
	}
}

// Arrows go down only: a package may use those in earlier ranks.
func TestArrowsGoDown(t *testing.T) {
	t.Parallel()
	ranks := [][]string{
		{"api", "api/register/v1", "policies"},
		{"api/register/store/v1", "internal/arena", "internal/lately", "internal/uktime", "internal/wire"},
		{
			"internal/identity", "internal/refdata", "internal/checkpoint", "internal/sample", "internal/tlogfile", "internal/misuse",
			"internal/console/picture", "internal/console/assets",
		},
		{"internal/conduct/victim", "internal/client"},
		{"internal/conduct"},
		{"internal/seal", "internal/access"},
		{"internal/postgres"},
		{"internal/accesslog", "internal/witness"},
		{"internal/view", "internal/gather", "internal/logexport", "internal/evidence", "internal/siem"},
		{"internal/sanction", "internal/retention"},
		{"internal/call"},
		{"internal/service"},
		{"internal/standards"},
		{"internal/console"},
		{"internal/server"},
	}
	rank := map[string]int{}
	for i, names := range ranks {
		for _, n := range names {
			rank[n] = i + 1
		}
	}
	for name, p := range packages(t) {
		own, ranked := rank[name]
		if !ranked {
			continue
		}
		for _, i := range p.Imports {
			used, ours := strings.CutPrefix(i, module)
			if !ours {
				continue
			}
			switch r, ok := rank[used]; {
			case !ok:
				t.Errorf("%s uses %s, which nothing served may use", name, used)
			case r >= own:
				t.Errorf("%s uses %s: the arrow goes up", name, used)
			}
		}
	}
}

// Whoever doubts the register need read little: the verifier of exports uses the
// standard library, golang.org/x/mod/sumdb and one package of ours.
func TestVerifierStandsAlone(t *testing.T) {
	t.Parallel()
	p, ok := packages(t)["cmd/verifylog"]
	if !ok {
		t.Fatal("no cmd/verifylog")
	}
	for _, dep := range p.Deps {
		first, _, _ := strings.Cut(dep, "/")
		standard := !strings.Contains(first, ".") // as the go command tells them apart
		switch {
		case standard, dep == module+"internal/tlogfile", strings.HasPrefix(dep, "golang.org/x/mod/sumdb/"):
		default:
			t.Errorf("cmd/verifylog reaches %s", dep)
		}
	}
}

// SQL is written in internal/postgres alone: pgx is used nowhere else.
func TestOneHomeForSQL(t *testing.T) {
	t.Parallel()
	for name, p := range packages(t) {
		if strings.HasPrefix(name, "internal/postgres") || name == "internal/bench" || strings.HasPrefix(name, "internal/devstack") {
			continue
		}
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "github.com/jackc/pgx") {
				t.Errorf("%s uses %s", name, i)
			}
		}
	}
}

// Every package says what it is.
func TestEveryPackageIsDocumented(t *testing.T) {
	t.Parallel()
	for name, p := range packages(t) {
		if p.Doc == "" && len(p.GoFiles) > 0 && !strings.HasPrefix(name, "api/register") {
			t.Errorf("%s has no package comment", name)
		}
	}
}

// The table of docs/architecture.md has each folder once: a newcomer finds everything there.
func TestTableOfFoldersIsWhole(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`(?:internal|cmd)/[^|]*) \\|").FindAllStringSubmatch(string(page), -1) {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			told[name[1]]++
		}
	}
	for _, parent := range []string{"internal", "cmd"} {
		folders, err := os.ReadDir("../../" + parent)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range folders {
			name := parent + "/" + f.Name()
			if told[name] != 1 {
				t.Errorf("docs/architecture.md has %d rows of %s", told[name], name)
			}
			delete(told, name)
		}
	}
	for name := range told {
		t.Errorf("docs/architecture.md tells of %s, which is not there", name)
	}
}
