package main

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// asProgram, set in the environment, makes the test program the register itself.
const asProgram = "REGISTER_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// A command that computes for a minute ends when it is interrupted.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	long := exec.CommandContext(t.Context(), os.Args[0], "misuse", "year")
	long.Env = append(os.Environ(), asProgram+"=1")
	if err := long.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- long.Wait() }()
	select {
	case err := <-ended:
		t.Fatalf("it ended before it was interrupted: %v", err)
	case <-time.After(time.Second):
	}
	if err := long.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Error("it says that it came to its end")
		}
	case <-time.After(10 * time.Second):
		t.Error("it does not end")
	}
}
