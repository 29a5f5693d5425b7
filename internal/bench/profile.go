package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// profiled runs a server of the benchmark build with the log on, and writes a
// CPU profile of it while do runs, and what it has allocated.
func (r *run) profiled(ctx context.Context, name string, do func(*replica) error) error {
	server, err := r.site.start(ctx, "register-bench", database, "REGISTER_BENCH_PPROF=127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = server.stop() }() // the profile is taken
	written := make(chan error, 1)
	go func() {
		time.Sleep(r.Time / 10) // until the load has got going
		written <- server.profile(ctx, name, r.Time)
	}()
	return errors.Join(do(server), <-written, server.fetch(ctx, "allocs", name+"-allocs"))
}

// profile takes a CPU profile for so long.
func (r *replica) profile(ctx context.Context, name string, d time.Duration) error {
	return r.fetch(ctx, fmt.Sprintf("profile?seconds=%d", max(1, int(d.Seconds()))), name)
}

// fetch writes a profile that the server gives.
func (r *replica) fetch(ctx context.Context, what, name string) (err error) {
	url := fmt.Sprintf("http://%s/debug/pprof/%s", r.profiler, what)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	path := filepath.Join(filepath.Dir(r.site.dir), "bench-"+name+".pprof")
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, response.Body); err != nil {
		return errors.Join(err, file.Close())
	}
	say("wrote %s", path)
	return file.Close()
}

func (r *run) profiledLoad(ctx context.Context) error {
	if r.Keep && r.loaded() {
		return nil
	}
	if r.Direct {
		_, err := r.fill(ctx)
		return err
	}
	return r.profiled(ctx, "register", func(server *replica) error {
		rates, err := r.bulk(ctx, server)
		err = errors.Join(err, r.markLoaded())
		if err == nil {
			r.out.paragraph("Nominals registered a second: %s.", span(rates))
		}
		return err
	})
}

// profiledStart profiles a server while it reads the register.
func (r *run) profiledStart(ctx context.Context) error {
	written := make(chan error, 1)
	r.site.starting = func(server *replica) {
		go func() {
			<-server.profiling
			written <- server.profile(ctx, "start", time.Duration(1+r.Nominals/100_000)*time.Second)
		}()
	}
	server, err := r.site.start(ctx, "register-bench", database, "REGISTER_BENCH_PPROF=127.0.0.1:0")
	r.site.starting = nil
	if err != nil {
		return err
	}
	_, used := processTime(server.command.Process.Pid)
	r.out.paragraph("Start: %s, processor time of the server %s, resident %d MiB, at most %d MiB.",
		server.started.Round(time.Millisecond), used, server.resident()>>20, server.peak()>>20)
	return errors.Join(<-written, server.stop())
}

func (r *run) profiledSearch(ctx context.Context) error {
	return r.profiledCalls(ctx, "search", func(ctx context.Context, server *replica, clients int) (caller, func(), error) {
		return r.ask(ctx, server, clients, r.people.questions)
	})
}

func (r *run) profiledDetail(ctx context.Context) error {
	return r.profiledCalls(ctx, "detail", func(ctx context.Context, server *replica, clients int) (caller, func(), error) {
		if _, err := r.registerDetail(ctx, server); err != nil {
			return nil, nil, err
		}
		return server.details(ctx, clients)
	})
}

func (r *run) profiledPages(ctx context.Context) error {
	return r.profiledCalls(ctx, "pages", func(ctx context.Context, server *replica, clients int) (caller, func(), error) {
		return r.browse(ctx, server, clients, true)
	})
}

func (r *run) profiledDuties(ctx context.Context) error {
	return r.profiled(ctx, "duties", func(server *replica) error {
		_, err := r.coursesOfOne(ctx, server, dutyPersons)
		return err
	})
}

// profiledCalls profiles a server while eight clients make the calls of open.
func (r *run) profiledCalls(ctx context.Context, name string, open func(context.Context, *replica, int) (caller, func(), error)) error {
	return r.profiled(ctx, name, func(server *replica) error {
		const clients = 8
		call, done, err := open(ctx, server, clients)
		if err != nil {
			return err
		}
		defer done()
		var m measure
		if err := r.take(ctx, &m, server, clients, r.Time*5/4, call); err != nil {
			return err
		}
		r.out.table(slices.Concat(usual, perCallColumns), [][]string{slices.Concat(m.row(name, "8"), m.perCall())})
		return nil
	})
}
