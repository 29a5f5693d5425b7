package witness

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// counts are a witness's metrics.
type counts struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	faults   *prometheus.CounterVec
	sizes    *prometheus.GaugeVec
	times    *prometheus.GaugeVec
}

func newCounts() *counts {
	c := &counts{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "witness_requests_total", Help: "Requests by HTTP status.",
		}, []string{"status"}),
		faults: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "witness_log_faults_total", Help: "Checkpoints refused because they contradict what was co-signed.",
		}, []string{"origin", "fault"}),
		sizes: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "witness_log_size", Help: "Entries of the tree co-signed last.",
		}, []string{"origin"}),
		times: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "witness_cosigned_timestamp_seconds", Help: "When a checkpoint was last co-signed.",
		}, []string{"origin"}),
	}
	c.registry.MustRegister(c.requests, c.faults, c.sizes, c.times)
	return c
}

func (c *counts) request(status int)           { c.requests.WithLabelValues(strconv.Itoa(status)).Inc() }
func (c *counts) fault(origin string, f Fault) { c.faults.WithLabelValues(origin, string(f)).Inc() }
func (c *counts) size(origin string, n int64)  { c.sizes.WithLabelValues(origin).Set(float64(n)) }
func (c *counts) cosigned(origin string, now time.Time) {
	c.times.WithLabelValues(origin).Set(float64(now.Unix()))
}
func (c *counts) handler() http.Handler {
	return promhttp.HandlerFor(c.registry, promhttp.HandlerOpts{})
}
