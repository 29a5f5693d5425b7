package access_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/access"
)

const (
	smallPolicy = "p, psd, log, list, own_log\n"
	smallTests  = "psd, 33, log, list, 33, allow\npsd, 33, log, list, 10, deny\n"
)

func folder(t *testing.T, tests string) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "model.conf", string(file(t, "model.conf")))
	put(t, dir, "permissions.csv", smallPolicy)
	put(t, dir, "permissions_test.csv", tests)
	return dir
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReload(t *testing.T) {
	dir := folder(t, smallTests)
	s, err := access.OpenPolicy(os.DirFS(dir), used)
	if err != nil {
		t.Fatal(err)
	}
	first := s.Current()
	if _, changed, err := s.Reload(); changed || err != nil {
		t.Errorf("nothing changed, but changed %t: %v", changed, err)
	}
	if n := testing.AllocsPerRun(1, func() { _, _, _ = s.Reload() }); n > 200 {
		t.Errorf("files that stand as they were took %.0f allocations: they were compiled again", n)
	}
	for name, c := range map[string]struct{ permissions, tests, want string }{
		"empty":         {"", smallTests, "empty"},
		"garbled":       {"p, psd", smallTests, "want: p"},
		"failing tests": {smallPolicy, smallTests + "psd, 33, log, prove, -, allow\n", "tests fail"},
		"untested line": {smallPolicy + "p, psd, log, prove, any\n", smallTests, "tests fail"},
		"no tests":      {smallPolicy, "", "tests: empty"},
	} {
		put(t, dir, "permissions.csv", c.permissions)
		put(t, dir, "permissions_test.csv", c.tests)
		if _, changed, err := s.Reload(); changed || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: changed %t: %v", name, changed, err)
		}
		if s.Current() != first {
			t.Errorf("%s: the policy in force was replaced", name)
		}
	}
	put(t, dir, "permissions.csv", smallPolicy+"p, auditor, log, list, all_logs\n")
	put(t, dir, "permissions_test.csv", smallTests+"auditor, -, log, list, 10, allow\n")
	act, changed, err := s.Reload()
	if err != nil || !changed || act.OldHash != first.Hash() || act.NewHash != s.Current().Hash() || act.NewHash == act.OldHash {
		t.Errorf("activation %+v, changed %t: %v", act, changed, err)
	}
	if _, ok := s.Current().Decide(access.RoleAuditor, "log", "list"); !ok {
		t.Error("the new policy is not in force")
	}
	if _, ok := first.Decide(access.RoleAuditor, "log", "list"); ok {
		t.Error("the old policy changed")
	}
	if err := os.Remove(filepath.Join(dir, "model.conf")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Reload(); err == nil {
		t.Error("a missing file was taken")
	}
}

func TestWatchActivates(t *testing.T) {
	dir := folder(t, smallTests)
	s, err := access.OpenPolicy(os.DirFS(dir), used)
	if err != nil {
		t.Fatal(err)
	}
	type report struct {
		act access.Activation
		err error
	}
	ctx, cancel := context.WithCancel(t.Context())
	reports, ended := make(chan report), make(chan struct{})
	go func() {
		defer close(ended)
		s.Watch(ctx, time.Millisecond, func(act access.Activation, err error) {
			select {
			case reports <- report{act, err}:
			case <-ctx.Done():
			}
		})
	}()
	put(t, dir, "permissions.csv", "garbage\n")
	if r := <-reports; r.err == nil {
		t.Errorf("report %+v", r)
	}
	put(t, dir, "permissions.csv", smallPolicy+"# a comment\n")
	for r := range reports {
		if r.err == nil {
			if r.act.NewHash != s.Current().Hash() || r.act.OldHash == r.act.NewHash {
				t.Errorf("report %+v", r)
			}
			break
		}
	}
	cancel()
	<-ended
}

func TestOpenPolicyRefuses(t *testing.T) {
	if _, err := access.OpenPolicy(os.DirFS(t.TempDir()), used); err == nil {
		t.Error("an empty folder was taken")
	}
	if _, err := access.OpenPolicy(os.DirFS(folder(t, "psd, 33, log, list, 33, deny\n")), used); err == nil {
		t.Error("a policy whose tests fail was taken")
	}
}
