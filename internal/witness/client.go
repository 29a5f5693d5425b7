package witness

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

// Client asks one witness for cosignatures. Safe for concurrent use.
type Client struct {
	// URL is the submission prefix: requests go to URL/add-checkpoint.
	URL string
	// Verifier is the witness's key.
	Verifier note.Verifier
	// HTTP makes the calls; it should bound their time.
	HTTP *http.Client
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// NewHTTPClient makes calls over TLS with the roots given, nil for the system's;
// each takes no longer than the timeout. It follows no redirection and uses no
// proxy: a witness is where the configuration says.
func NewHTTPClient(roots *x509.CertPool, timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: maxResponse, IdleConnTimeout: 5 * time.Minute, MaxConnsPerHost: 2,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ConflictError says that the witness co-signed last a tree of another size than
// the request's old size; the same size means that the trees differ.
type ConflictError struct{ Size int64 }

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("the witness has co-signed a tree of %d entries", e.Size)
}

// ErrInconsistent says that the witness does not believe that the tree extends
// the one it has co-signed.
var ErrInconsistent = errors.New("the witness does not accept that the log extends what it has co-signed")

const (
	maxResponse = 16 << 10
	// maxSkew is how far a witness's clock may be from ours.
	maxSkew = 5 * time.Minute
)

// Add asks for a cosignature, and verifies it. The line it returns is one that
// can be added to the checkpoint. Errors are *ConflictError, ErrInconsistent, or
// say in words what is wrong; they hold nothing that the witness wrote.
func (c *Client) Add(ctx context.Context, r Request) (line []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.URL, "/")+"/add-checkpoint", bytes.NewReader(r.Marshal()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", plain)
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return nil, fmt.Errorf("the witness's answer broke off: %w", err)
	}
	if len(body) > maxResponse {
		return nil, errors.New("the witness's answer is too large")
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return c.verified(r.Checkpoint, body)
	case http.StatusConflict:
		return nil, conflict(body)
	case http.StatusUnprocessableEntity:
		return nil, ErrInconsistent
	case http.StatusForbidden:
		return nil, errors.New("the witness does not believe the log's key, or takes the log for closed")
	case http.StatusNotFound:
		return nil, errors.New("the witness does not watch this log, or its address is wrong")
	}
	return nil, fmt.Errorf("the witness answers with status %d", resp.StatusCode)
}

func conflict(body []byte) error {
	digits, ok := strings.CutSuffix(string(body), "\n")
	size, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || size < 0 {
		return errors.New("the witness's answer is malformed")
	}
	return &ConflictError{Size: size}
}

// verified picks the witness's own cosignature out of an answer.
func (c *Client) verified(signed, lines []byte) ([]byte, error) {
	if !bytes.HasPrefix(lines, []byte("— ")) || !bytes.HasSuffix(lines, []byte("\n")) || bytes.Contains(lines, []byte("\n\n")) {
		return nil, errors.New("the witness's answer is malformed")
	}
	text, _, _ := bytes.Cut(signed, []byte("\n\n"))
	bare := append(append([]byte(nil), text...), "\n\n"...)
	n, err := note.Open(append(bare, lines...), note.VerifierList(c.Verifier))
	if err != nil || len(n.Sigs) == 0 {
		return nil, errors.New("the witness's answer bears no signature by its key")
	}
	at, err := checkpoint.CosignatureTime(n.Sigs[0])
	if err != nil {
		return nil, err
	}
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	if skew := at.Sub(now()).Abs(); skew > maxSkew {
		return nil, fmt.Errorf("the witness's clock differs from ours by %s", skew.Round(time.Second))
	}
	return fmt.Appendf(nil, "— %s %s\n", n.Sigs[0].Name, n.Sigs[0].Base64), nil
}
