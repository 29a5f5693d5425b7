package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// effort is the processor time that each party has used.
type effort struct{ server, database, load time.Duration }

func (e effort) minus(o effort) effort {
	return effort{e.server - o.server, e.database - o.database, e.load - o.load}
}

func (e effort) plus(o effort) effort {
	return effort{e.server + o.server, e.database + o.database, e.load + o.load}
}

// effort tells what has been used up to now: by a server, unless it is nil, by
// PostgreSQL, and by this program. What cannot be told is 0.
func (s *site) effort(server *replica) effort {
	var e effort
	if server != nil {
		_, e.server = processTime(server.command.Process.Pid)
	}
	e.database = familyTime(s.postgres.PID())
	var own syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &own) == nil {
		e.load = time.Duration(own.Utime.Nano() + own.Stime.Nano())
	}
	return e
}

// processTime is a process's parent and the processor time it has used.
func processTime(pid int) (parent int, used time.Duration) {
	const tick = 10 * time.Millisecond // a hundred to the second
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, 0
	}
	// After the name in brackets: state, parent, and from the twelfth on the
	// ticks spent for itself and in the kernel.
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, 0
	}
	var own, kernel int64
	if _, err := fmt.Sscan(fields[1]+" "+fields[11]+" "+fields[12], &parent, &own, &kernel); err != nil {
		return 0, 0
	}
	return parent, time.Duration(own+kernel) * tick
}

// familyTime is the time of a process and of its children that still run.
func familyTime(pid int) time.Duration {
	_, sum := processTime(pid)
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return sum
	}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if parent, used := processTime(child); parent == pid {
			sum += used
		}
	}
	return sum
}
