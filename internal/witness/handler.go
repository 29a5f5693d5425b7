package witness

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"golang.org/x/time/rate"
)

// sizeType is the content type of a refusal that tells a tree's size.
const sizeType = "text/x.tlog.size"

// Handler serves POST /add-checkpoint of the protocol. perSecond bounds the
// requests of one source.
func (w *Witness) Handler(perSecond float64) http.Handler {
	sources := &sources{perSecond: rate.Limit(perSecond), burst: max(1, int(4*perSecond)), of: map[netip.Prefix]*rate.Limiter{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", func(out http.ResponseWriter, r *http.Request) {
		status, contentType, body := w.serve(out, r, sources)
		w.counts.request(status)
		out.Header().Set("Content-Type", contentType)
		out.Header().Set("X-Content-Type-Options", "nosniff")
		out.Header().Set("Cache-Control", "no-store")
		out.WriteHeader(status)
		_, _ = out.Write(body) //nolint:gosec // plain text of our own; the caller may have gone
	})
	return mux
}

const plain = "text/plain; charset=utf-8"

func (w *Witness) serve(out http.ResponseWriter, r *http.Request, sources *sources) (status int, contentType string, body []byte) {
	if !sources.allow(r.RemoteAddr) {
		out.Header().Set("Retry-After", "1")
		return http.StatusTooManyRequests, plain, []byte("too many requests\n")
	}
	raw, err := io.ReadAll(http.MaxBytesReader(out, r.Body, MaxRequest))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge, plain, []byte("the request is too large\n")
	}
	if err != nil {
		return http.StatusBadRequest, plain, []byte("the request could not be read\n")
	}
	request, err := ParseRequest(raw)
	if err != nil {
		return http.StatusBadRequest, plain, []byte(err.Error() + "\n")
	}
	lines, err := w.Add(r.Context(), request)
	var refusal *RefusalError
	switch {
	case err == nil:
		return http.StatusOK, plain, lines
	case errors.As(err, &refusal) && refusal.Status == http.StatusConflict:
		return refusal.Status, sizeType, fmt.Appendf(nil, "%d\n", refusal.Size)
	case errors.As(err, &refusal):
		return refusal.Status, plain, []byte(refusal.What + "\n")
	}
	w.log.ErrorContext(r.Context(), "a checkpoint cannot be co-signed", "err", err)
	return http.StatusInternalServerError, plain, []byte("the witness cannot sign now\n")
}

// sources bounds the rate of each network that asks. When very many ask, all
// begin afresh: a bound on memory matters more than on each of them.
type sources struct {
	mu        sync.Mutex
	perSecond rate.Limit
	burst     int
	of        map[netip.Prefix]*rate.Limiter
}

const maxSources = 4096

func (s *sources) allow(remote string) bool {
	network := networkOf(remote)
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.of[network]
	if l == nil {
		if len(s.of) >= maxSources {
			clear(s.of)
		}
		l = rate.NewLimiter(s.perSecond, s.burst)
		s.of[network] = l
	}
	return l.Allow()
}

// networkOf is the address itself, or the /64 that one site has of IPv6.
func networkOf(remote string) netip.Prefix {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	addr = addr.Unmap().WithZone("")
	width := 32
	if addr.Is6() {
		width = 64
	}
	return netip.PrefixFrom(addr, width).Masked()
}
