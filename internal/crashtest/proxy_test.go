package crashtest

import (
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a replica and PostgreSQL, and can cut them off.
type proxy struct {
	tb       testing.TB
	listener net.Listener
	target   string
	received atomic.Int64 // bytes that PostgreSQL sent

	mu     sync.Mutex
	resume *sync.Cond
	down   bool // refuse and drop
	held   bool // let nothing through, and say nothing
	conns  map[net.Conn]bool
}

// through returns a proxy and the connection string that leads through it.
func through(tb testing.TB, database string) (*proxy, string) {
	tb.Helper()
	u, err := url.Parse(database)
	if err != nil {
		tb.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &proxy{tb: tb, listener: l, target: u.Host, conns: map[net.Conn]bool{}}
	p.resume = sync.NewCond(&p.mu)
	go p.serve()
	tb.Cleanup(func() {
		_ = l.Close()
		p.set(true, false)
	})
	u.Host = l.Addr().String()
	return p, u.String()
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.join(client)
	}
}

func (p *proxy) join(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil || !p.keep(client, server) {
		_ = client.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.copy(server, client, nil) })
	both.Go(func() { p.copy(client, server, &p.received) })
	both.Wait()
	p.mu.Lock()
	delete(p.conns, client)
	delete(p.conns, server)
	p.mu.Unlock()
}

func (p *proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.down {
			_ = c.Close()
		}
		p.conns[c] = true
	}
	return !p.down
}

func (p *proxy) copy(to, from net.Conn, count *atomic.Int64) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		for p.held && !p.down {
			p.resume.Wait()
		}
		p.mu.Unlock()
		if count != nil {
			count.Add(int64(n))
		}
		if _, errWrite := to.Write(buffer[:n]); err != nil || errWrite != nil {
			return
		}
	}
}

// set cuts the line (down), or keeps it open and lets nothing through (held).
func (p *proxy) set(down, held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down, p.held = down, held
	if down {
		for c := range p.conns {
			_ = c.Close()
		}
	}
	p.resume.Broadcast()
}
