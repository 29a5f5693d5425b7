package pgserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// binaryFolders are where packages put the server's programs, by version.
var binaryFolders = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
}

var versionInPath = regexp.MustCompile(`[/@-](\d+)/bin$`)

const minVersion = 15

// binaries is the folder of the server's programs: of the version that wrote
// the data folder, else the newest. Where there are none, root installs them.
func binaries(ctx context.Context, data string, log *slog.Logger) (string, error) {
	want := 0
	if raw, err := os.ReadFile(filepath.Join(data, "PG_VERSION")); err == nil {
		if want, err = strconv.Atoi(strings.TrimSpace(string(raw))); err != nil {
			return "", fmt.Errorf("PG_VERSION: %w", err)
		}
	}
	if bin := find(binaryFolders, want); bin != "" {
		return bin, nil
	}
	if want != 0 {
		return "", fmt.Errorf("the data was written by PostgreSQL %d, whose programs are not installed", want)
	}
	if err := install(ctx, log); err != nil {
		return "", err
	}
	if bin := find(binaryFolders, 0); bin != "" {
		return bin, nil
	}
	return "", fmt.Errorf("no PostgreSQL %d or later was found, nor could it be installed", minVersion)
}

// find picks the folder of a version, or with version 0 the newest.
func find(patterns []string, version int) string {
	type candidate struct {
		version int
		dir     string
	}
	var found []candidate
	for _, pattern := range patterns {
		dirs, _ := filepath.Glob(pattern) // the patterns are valid
		for _, dir := range dirs {
			m := versionInPath.FindStringSubmatch(dir)
			if m == nil || !executable(dir, "postgres") || !executable(dir, "initdb") {
				continue
			}
			v, err := strconv.Atoi(m[1])
			if err == nil && v >= minVersion && (version == 0 || v == version) {
				found = append(found, candidate{v, dir})
			}
		}
	}
	if len(found) == 0 {
		return ""
	}
	return slices.MaxFunc(found, func(a, b candidate) int { return cmp.Compare(a.version, b.version) }).dir
}

func executable(dir, name string) bool {
	st, err := os.Stat(filepath.Join(dir, name))
	return err == nil && !st.IsDir() && st.Mode().Perm()&0o111 != 0
}

const byHand = "install PostgreSQL's server, for example: sudo apt-get install postgresql"

// install brings the server from the distribution, without the cluster that
// Debian would otherwise create and start.
func install(ctx context.Context, log *slog.Logger) error {
	if os.Geteuid() != 0 {
		return errors.New("PostgreSQL's server programs are missing, and only root can install them: " + byHand)
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return errors.New("PostgreSQL's server programs are missing, and there is no apt-get: " + byHand)
	}
	const noCluster = "/etc/postgresql-common/createcluster.d"
	if err := os.MkdirAll(noCluster, 0o755); err != nil { //nolint:gosec // a system folder, readable by all
		return err
	}
	conf := filepath.Join(noCluster, "register.conf")
	if err := os.WriteFile(conf, []byte("create_main_cluster = false\n"), 0o644); err != nil { //nolint:gosec // likewise
		return err
	}
	for _, args := range [][]string{
		{"update", "-q"},
		{"install", "-y", "-q", "--no-install-recommends", "postgresql"},
	} {
		log.InfoContext(ctx, "installing PostgreSQL", "step", "apt-get "+args[0])
		cmd := exec.CommandContext(ctx, "apt-get", args...) //nolint:gosec // fixed arguments
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w: %s (%s)", args[0], err, lastLines(string(out), 3), byHand)
		}
	}
	return nil
}
