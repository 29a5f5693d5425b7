package main

import (
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far an import is: a bar on a terminal, else a plain line
// now and then.
type progress struct {
	app *app
	bar *progressbar.ProgressBar

	mu          sync.Mutex
	total       int64
	start, last time.Time
	begun       int64 // done when the first was reported; -1 before
}

// plainEvery is how often a plain line is printed.
const plainEvery = 5 * time.Second

func newProgress(a *app, total int64) *progress {
	p := &progress{app: a, total: total, start: time.Now(), last: time.Now(), begun: -1}
	if f, ok := a.errOut.(*os.File); ok && !a.JSON && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(f), progressbar.OptionSetDescription("importing"),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("records"),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionFullWidth(), progressbar.OptionUseANSICodes(true))
	}
	return p
}

// done takes how many records are done.
func (p *progress) done(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Set64(n) // more than expected is no harm
		return
	}
	if p.begun < 0 {
		p.begun = n
	}
	if time.Since(p.last) < plainEvery {
		return
	}
	p.last = time.Now()
	rate := float64(n-p.begun) / time.Since(p.start).Seconds()
	if p.total > 0 {
		p.app.warn("%d of about %d (%d%%), %.0f per second", n, p.total, 100*n/p.total, rate)
	} else {
		p.app.warn("%d, %.0f per second", n, rate)
	}
}

// say prints a line without spoiling the bar.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	p.app.warn(format, args...)
}

func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Exit()
		p.app.warn(" ")
	}
}
