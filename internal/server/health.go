package server

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/perpetrator-register/register/internal/postgres"
)

// readiness follows the database: a replica that cannot reach it must get no
// calls.
type readiness struct {
	database atomic.Bool
	draining atomic.Bool
}

const readyEvery = time.Second

func (r *readiness) watch(ctx context.Context, db *postgres.DB, log *slog.Logger) {
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	for {
		pingCtx, cancel := context.WithTimeout(ctx, readyEvery)
		err := db.Ping(pingCtx)
		cancel()
		if was := r.database.Swap(err == nil); was && err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "the database is away: not ready", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (r *readiness) ok() bool { return r.database.Load() && !r.draining.Load() }

// adminHandler serves metrics and health, on loopback.
func (s *Server) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.otel.metricsHandler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, true)
		if s.gatherer != nil { // told, and no reason to be restarted
			_, _ = w.Write([]byte(s.gatherer.Status().String() + "\n"))
		}
		_, _ = w.Write([]byte(s.watcher.Status().String() + "\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.ready.ok()) })
	return mux
}

func answer(w http.ResponseWriter, ok bool) {
	text := "ok\n"
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
		text = "not ready\n"
	}
	_, _ = w.Write([]byte(text)) // the caller may have gone
}
