package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// runningPID is the process id of the postmaster of a data folder, 0 if none
// runs. A process that merely has the number of one long gone does not count.
func runningPID(data string) int {
	raw, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 || !alive(pid) {
		return 0
	}
	// The postmaster's working folder is its data folder.
	cwd, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	if err == nil {
		resolved, errResolve := filepath.EvalSymlinks(data)
		if errResolve != nil || resolved != cwd {
			return 0
		}
	}
	return pid
}

// alive is false for a zombie too.
func alive(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return false
	}
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func stopLeftover(ctx context.Context, data string) error {
	pid := runningPID(data)
	if pid == 0 {
		return nil
	}
	return stopProcess(ctx, pid, nil)
}

// stopProcess asks for a fast shutdown, then for an immediate one, then kills.
func stopProcess(ctx context.Context, pid int, done <-chan struct{}) error {
	if pid == 0 {
		return nil
	}
	for _, step := range []struct {
		signal syscall.Signal
		limit  time.Duration
	}{{syscall.SIGINT, stopLimit}, {syscall.SIGQUIT, stopLimit / 4}, {syscall.SIGKILL, stopLimit / 4}} {
		if gone(pid, done) {
			return nil
		}
		if err := syscall.Kill(pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the server: %w", err)
		}
		if waitGone(ctx, pid, done, step.limit) {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.New("the server does not stop")
}

func gone(pid int, done <-chan struct{}) bool {
	if done == nil {
		return !alive(pid)
	}
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func waitGone(ctx context.Context, pid int, done <-chan struct{}, limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for !gone(pid, done) {
		if ctx.Err() != nil || time.Now().After(deadline) {
			return false
		}
		time.Sleep(5 * time.Millisecond)
	}
	return true
}

// killTree kills a postmaster and its children; they form no process group of
// their own, as each backend leaves it.
func killTree(pid int, done <-chan struct{}) error {
	if pid == 0 {
		return nil
	}
	children := childrenOf(pid)
	for _, p := range append([]int{pid}, children...) {
		if err := syscall.Kill(p, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("kill the server: %w", err)
		}
	}
	ctx := context.Background()
	if !waitGone(ctx, pid, done, stopLimit) {
		return errors.New("the server does not die")
	}
	for _, p := range children {
		if !waitGone(ctx, p, nil, stopLimit) {
			return errors.New("a process of the server does not die")
		}
	}
	return nil
}

func childrenOf(pid int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is valid
	var children []int
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // gone in between
		}
		_, rest, ok := strings.Cut(string(raw), ") ")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 2 || fields[1] != strconv.Itoa(pid) {
			continue
		}
		if child, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			children = append(children, child)
		}
	}
	return children
}
