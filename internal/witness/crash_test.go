package witness

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

// childMark tells a test program that it is to be a witness, with the
// configuration on its standard input.
const childMark = "WITNESS_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childMark) != "" {
		if err := beWitness(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func beWitness() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	c, err := ReadConfig(os.Stdin)
	if err != nil {
		return err
	}
	s, err := NewServer(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	fmt.Println(s.URL())
	return s.Run(ctx)
}

// A witness that is killed at any moment remembers each checkpoint that it has
// given a cosignature of.
func TestKilledWitnessRemembers(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(5000, "entry")
	dir := filepath.Join(t.TempDir(), "witness")
	_, verifier, err := Init(Setup{Dir: dir, Name: "witness.example/w1", Listen: "127.0.0.1:0", Logs: []LogConfig{{Origin: origin, Keys: []KeyConfig{{Verifier: l.verifier}}}}})
	must(t, err)
	raw, err := os.ReadFile(filepath.Join(dir, "witness.yaml"))
	must(t, err)
	config := strings.Replace(string(raw), "per_second: 5", "per_second: 100000", 1)
	v, err := checkpoint.NewCosignatureVerifier(verifier)
	must(t, err)
	acknowledged := int64(0)
	for round := range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childMark+"=1")
		cmd.Stdin = strings.NewReader(config)
		cmd.Stderr = t.Output()
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill() }) // should the test end early
		line, err := bufio.NewReader(out).ReadString('\n')
		must(t, err)
		c := &Client{URL: strings.TrimSpace(line), Verifier: v, HTTP: NewHTTPClient(nil, 10*time.Second)}
		// It has not seen the last tree, and tells what it remembers: perhaps one
		// more than was acknowledged, which counts from now on.
		var conflict *ConflictError
		if _, err := c.Add(t.Context(), l.request(l.n, l.n)); !errors.As(err, &conflict) || conflict.Size != acknowledged && conflict.Size != acknowledged+1 {
			t.Fatalf("after %d were acknowledged: %v", acknowledged, err)
		}
		acknowledged = conflict.Size
		for first := acknowledged; ; acknowledged++ {
			if acknowledged == first+1 {
				time.AfterFunc(time.Duration(5*round)*time.Millisecond, func() { _ = cmd.Process.Kill() })
			}
			if _, err := c.Add(t.Context(), l.request(acknowledged, acknowledged+1)); err != nil {
				break
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		c.HTTP.CloseIdleConnections()
	}
}
