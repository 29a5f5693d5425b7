package main

import (
	"runtime"
	"syscall"
)

// behindUs is by how much what is measured gives way to who measures it, as nice(1)
// counts.
const behindUs = 5

// behind runs start, and whatever process start begins has less of a claim to the
// processors than the load generator: a client on a machine of his own does not wait
// for the server's processors before he sees his answer, and that wait is none of the
// server's. Server, database and what they are compared with are equal among each other.
func behind(start func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, behindUs); err != nil {
			done <- err
			return
		}
		done <- start()
	}()
	return <-done
}
