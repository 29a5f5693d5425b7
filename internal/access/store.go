package access

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The files of a policy folder.
const (
	modelFile       = "model.conf"
	permissionsFile = "permissions.csv"
	testsFile       = "permissions_test.csv"
)

// Activation tells that a policy came into force, for the access log.
type Activation struct {
	// OldHash is empty when the server starts.
	OldHash string
	// NewHash is the hex SHA-256 of the policy now in force.
	NewHash string
}

// PolicyStore holds the policy in force and replaces it atomically when its
// files change. It is safe for concurrent use.
type PolicyStore struct {
	fsys    fs.FS
	used    []Permission
	current atomic.Pointer[Policy]
	mu      sync.Mutex // one reload at a time
	files   [][]byte   // of the policy in force, its tests included
}

// OpenPolicy reads and compiles the policy of a folder: model.conf,
// permissions.csv and permissions_test.csv, whose tests must pass. Use
// os.DirFS for a folder that operators edit, or the files built into the
// program.
func OpenPolicy(fsys fs.FS, used []Permission) (*PolicyStore, error) {
	s := &PolicyStore{fsys: fsys, used: append([]Permission(nil), used...)}
	files, err := readStable(fsys, modelFile, permissionsFile, testsFile)
	if err != nil {
		return nil, err
	}
	if err := s.activate(files); err != nil {
		return nil, err
	}
	return s, nil
}

// Current returns the policy in force. It does not allocate. Take it once per
// call, so that one call is decided by one policy.
func (s *PolicyStore) Current() *Policy { return s.current.Load() }

// Reload re-reads the files. changed is false when their hash is the one in
// force. On any fault, failing tests included, the policy in force stays.
func (s *PolicyStore) Reload() (act Activation, changed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := readStable(s.fsys, modelFile, permissionsFile, testsFile)
	if err != nil {
		return Activation{}, false, err
	}
	// To compile a policy and prove it takes half a second of a processor, in which
	// calls wait: not for files that stand as they were.
	if slices.EqualFunc(files, s.files, bytes.Equal) {
		return Activation{}, false, nil
	}
	old := s.current.Load().Hash()
	if err := s.activate(files); err != nil {
		return Activation{}, false, err
	}
	if now := s.current.Load().Hash(); now != old {
		return Activation{OldHash: old, NewHash: now}, true, nil
	}
	return Activation{}, false, nil
}

// Watch looks at the files at each interval until ctx ends, reloads when the
// time or size of one changed, and reports each activation or fault (act is
// zero then). A fault is reported once per state of the files.
func (s *PolicyStore) Watch(ctx context.Context, every time.Duration, report func(act Activation, err error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	// The first tick always reads: files may have changed since OpenPolicy.
	for last := ""; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := stamp(s.fsys, modelFile, permissionsFile, testsFile)
		if now == last {
			continue
		}
		last = now
		if act, changed, err := s.Reload(); changed || err != nil {
			report(act, err)
		}
	}
}

// stamp describes the files' times and sizes; it changes when they may have.
func stamp(fsys fs.FS, names ...string) string {
	var b bytes.Buffer
	for _, name := range names {
		if info, err := fs.Stat(fsys, name); err == nil {
			_, _ = fmt.Fprintf(&b, "%s %d %d\n", name, info.ModTime().UnixNano(), info.Size())
		} else {
			_, _ = fmt.Fprintf(&b, "%s missing\n", name)
		}
	}
	return b.String()
}

// activate puts the policy of files in force, if its tests pass.
func (s *PolicyStore) activate(files [][]byte) error {
	p, _, faults, err := check(files, s.used)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return fmt.Errorf("policy: %d of its tests fail, the first at line %d: %s", len(faults), faults[0].Line, faults[0].Problem)
	}
	s.current.Store(p)
	s.files = files
	return nil
}

// CheckFolder compiles the policy of a folder and runs its tests, for those
// who change it. It returns how many tests ran and every one that failed; the
// error is for files that are missing or do not make a policy at all.
func CheckFolder(fsys fs.FS, used []Permission) (p *Policy, ran int, faults []TestFault, err error) {
	files, err := readStable(fsys, modelFile, permissionsFile, testsFile)
	if err != nil {
		return nil, 0, nil, err
	}
	return check(files, used)
}

// check is CheckFolder of the files' contents.
func check(files [][]byte, used []Permission) (p *Policy, ran int, faults []TestFault, err error) {
	if p, err = LoadPolicy(files[0], files[1], used); err != nil {
		return nil, 0, nil, err
	}
	ran, faults, err = CheckTests(p, files[2])
	return p, ran, faults, err
}

// readStable reads the files until two readings agree, so that a deployment
// in progress is not taken for a policy.
func readStable(fsys fs.FS, names ...string) ([][]byte, error) {
	read := func() ([][]byte, error) {
		out := make([][]byte, 0, len(names))
		for _, name := range names {
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, fmt.Errorf("policy: %w", err)
			}
			out = append(out, data)
		}
		return out, nil
	}
	last, err := read()
	for range 5 {
		if err != nil {
			return nil, err
		}
		var again [][]byte
		if again, err = read(); err != nil {
			return nil, err
		}
		same := true
		for i := range last {
			same = same && bytes.Equal(last[i], again[i])
		}
		if same {
			return last, nil
		}
		last = again
	}
	return nil, errors.New("policy: the files keep changing")
}
