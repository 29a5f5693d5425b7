package pgserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the unprivileged account that the server runs under when we are
// root, which PostgreSQL refuses. A nil account means our own.
type account struct {
	name     string
	uid, gid uint32
}

func serverAccount() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // no other account is needed
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errU := strconv.ParseUint(u.Uid, 10, 32)
		gid, errG := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(errU, errG); err != nil {
			return nil, fmt.Errorf("account %s: %w", name, err)
		}
		return &account{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, errors.New("root cannot run PostgreSQL, and there is no account postgres or nobody to run it under")
}

// own hands a file or folder to the account, with all that is in it.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	if err := a.reaches(path); err != nil {
		return err
	}
	if st, err := os.Lstat(path); err != nil {
		return err
	} else if owner(st) == a.uid {
		return nil // handed over before
	}
	return filepath.WalkDir(path, func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, int(a.uid), int(a.gid)) //nolint:gosec // a folder of ours, and no link is followed
	})
}

// reaches says whether the account may pass through every folder above path.
func (a *account) reaches(path string) error {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		st, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if st.Mode().Perm()&0o001 == 0 && owner(st) != a.uid {
			return fmt.Errorf("the account %s, under which PostgreSQL runs for root, cannot pass through %s: choose a folder elsewhere, or run as another user", a.name, dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

func owner(st fs.FileInfo) uint32 {
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		return sys.Uid
	}
	return 0
}

// write replaces a small private file of the account.
func (a *account) write(path, content string) error {
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return err
	}
	return a.own(path)
}

// apply makes a command run under the account, inside its own folder.
func (a *account) apply(cmd *exec.Cmd, dir string) {
	cmd.Dir = dir
	cmd.Env = []string{"TMPDIR=" + dir, "LC_ALL=C", "PATH=" + os.Getenv("PATH"), "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
}

// DefaultDir is a folder for a private server that the server's account can
// reach, whoever runs it: below /var/lib for root, else below the user's own
// data folder.
func DefaultDir(name string) (string, error) {
	if os.Geteuid() == 0 {
		return filepath.Join("/var/lib/register", name), nil
	}
	if base := os.Getenv("XDG_DATA_HOME"); base != "" {
		return filepath.Join(base, "register", name), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "share", "register", name), nil
}

// Reachable tells whether a private server may live in dir.
func Reachable(dir string) error {
	acc, err := serverAccount()
	if err != nil || acc == nil {
		return err
	}
	for existing := dir; ; existing = filepath.Dir(existing) {
		if _, err := os.Stat(existing); err == nil {
			return acc.reaches(filepath.Join(existing, "x"))
		}
	}
}
