package accesslog

import (
	"errors"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/postgres"
)

// cutter passes bytes between the writer and the server, and cuts the
// connection at a chosen moment of one commit.
type cutter struct {
	target string
	l      net.Listener

	mu     sync.Mutex
	mode   cutMode
	closed bool // refuse what comes after the cut
	at     int  // which message, counted from when it was armed, is to commit
}

type cutMode int

const (
	pass        cutMode = iota
	cutRequest          // the batch does not reach the server
	cutResponse         // the server commits, and its answer is lost
)

func newCutter(t *testing.T, target string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{target: target, l: l, at: 2}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(client)
		}
	}()
	return c
}

func (c *cutter) arm(m cutMode, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mode, c.closed = m, closed
}

func (c *cutter) state() (cutMode, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mode, c.closed
}

func (c *cutter) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	if mode, closed := c.state(); closed && mode == pass {
		return
	}
	server, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	// The writer sends two messages a batch, one takes the lock, one commits; or one for both.
	var committing atomic.Bool
	go func() {
		buf := make([]byte, 1<<20)
		armedSends := 0
		for {
			n, err := client.Read(buf)
			if err != nil {
				_ = server.Close()
				return
			}
			if mode, _ := c.state(); mode != pass {
				if armedSends++; armedSends == c.at {
					if mode == cutRequest {
						_ = server.Close()
						return
					}
					committing.Store(true)
				}
			}
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 1<<20)
	for {
		n, err := server.Read(buf)
		if committing.Load() || err != nil {
			c.mu.Lock()
			c.mode = pass
			c.mu.Unlock()
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// A commit whose answer is lost is looked up: what stands in the log is
// acknowledged, what does not is refused, and only when the database stays
// away the outcome is unknown.
func TestLostAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		mode    cutMode
		closed  bool
		written int64
		want    []error
	}{
		"committed":            {cutResponse, false, 1, nil},
		"never arrived":        {cutRequest, false, 0, []error{ErrUnavailable}},
		"committed, then away": {cutResponse, true, 1, []error{ErrUnavailable, ErrUnknownOutcome}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.append(read())
			u, err := url.Parse(f.d.ServiceURL)
			if err != nil {
				t.Fatal(err)
			}
			cut := newCutter(t, u.Host)
			u.Host = cut.l.Addr().String()
			db, err := postgres.Open(t.Context(), postgres.Options{URL: u.String()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(db.Close)
			settle := testWait
			if c.closed {
				settle = 100 * time.Millisecond
			}
			w, err := NewWriter(db, Options{
				Origin: testOrigin, Signers: f.signers(), Settle: settle, Log: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(w.Close)
			if _, err := w.Append(t.Context(), write(newRecord("33"))); err != nil { // statements are prepared now
				t.Fatal(err)
			}
			cut.arm(c.mode, c.closed)
			r, err := w.Append(t.Context(), write(newRecord("33")))
			for _, want := range c.want {
				if !errors.Is(err, want) {
					t.Errorf("got %v, want %v", err, want)
				}
			}
			if c.want == nil && (err != nil || r.Index != 2) {
				t.Errorf("got %v, %v", r.Index, err)
			}
			if c.mode == cutRequest && errors.Is(err, ErrUnknownOutcome) {
				t.Errorf("the outcome could be known: %v", err)
			}
			cut.arm(pass, false)
			if _, err := w.Append(t.Context(), read()); err != nil {
				t.Errorf("afterwards: %v", err)
			}
			if a := f.checkIntegrity(); a.Entries != 3+c.written || a.Versions != 1+c.written {
				t.Errorf("integrity: %+v", a)
			}
		})
	}
}
