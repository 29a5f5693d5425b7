//go:build bench

package server

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"time"

	"github.com/perpetrator-register/register/internal/accesslog"
)

// appenderFor is where entries go: the log, or with REGISTER_BENCH_LOG=off
// nowhere, to measure what the log costs. With REGISTER_BENCH_PPROF it also
// opens a port for profiles. All of this is in benchmark builds alone.
func appenderFor(w *accesslog.Writer) accesslog.Appender {
	if addr := os.Getenv("REGISTER_BENCH_PPROF"); addr != "" {
		profile(addr)
	}
	if !watching() {
		slog.Warn("BENCHMARK: the access log is off; never serve real data like this")
		return &accesslog.Noop{Writer: w}
	}
	return w
}

// watching is whether the log is watched for misuse: not by a server that keeps none,
// while another that is compared with it does.
func watching() bool { return os.Getenv("REGISTER_BENCH_LOG") != "off" }

// confirming is whether the log makes sure that answers hold: where there is none, each
// call asks the database whether they do.
func confirming() bool { return watching() }

// profile serves CPU and memory profiles on a loopback address.
func profile(addr string) {
	if !isLoopback(addr) {
		slog.Error("profiles are served on loopback alone", "address", addr)
		return
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		slog.Error("no profiles", "err", err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	slog.Info("profiling", "address", l.Addr().String())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { slog.Info("profiling has ended", "err", server.Serve(l)) }()
}
