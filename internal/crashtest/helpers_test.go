package crashtest

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/servertest"
)

// wait bounds whatever a test waits for; nothing is asserted about time.
const wait = 60 * time.Second

func TestMain(m *testing.M) {
	code := m.Run()
	servertest.RemoveBinary()
	os.Exit(code)
}

// eventually repeats a check until it succeeds.
func eventually(tb testing.TB, what string, check func(ctx context.Context) error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), wait)
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			tb.Fatalf("%s: %v", what, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
