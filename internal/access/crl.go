package access

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"sync"
	"time"
)

// revocations are the lists of one reading of the folder. They are trusted
// only after their signature was checked with the issuer's certificate, which
// arrives with a chain: the folder itself holds no keys.
type revocations struct {
	byIssuer map[string][]*crl // key: the issuer's name, raw DER
	verified sync.Map          // crlKey → bool
}

type crl struct {
	list    *x509.RevocationList
	revoked map[string]bool // key: serial number, decimal
}

type crlKey struct {
	list   *crl
	issuer [sha256.Size]byte
}

func parseCRLs(files []namedFile) (*revocations, error) {
	r := &revocations{byIssuer: map[string][]*crl{}}
	for _, f := range files {
		der := f.data
		if block, _ := pem.Decode(f.data); block != nil {
			if block.Type != "X509 CRL" {
				return nil, fmt.Errorf("revocation list %s: holds a %q", f.name, block.Type)
			}
			der = block.Bytes
		}
		list, err := x509.ParseRevocationList(der)
		if err != nil {
			return nil, fmt.Errorf("revocation list %s: %w", f.name, err)
		}
		// A critical extension changes what the list means (a delta, or the
		// list of another issuer's certificates): refuse rather than misread.
		for _, e := range list.Extensions {
			if e.Critical {
				return nil, fmt.Errorf("revocation list %s: critical extension %s is not supported", f.name, e.Id)
			}
		}
		c := &crl{list: list, revoked: make(map[string]bool, len(list.RevokedCertificateEntries))}
		for _, e := range list.RevokedCertificateEntries {
			c.revoked[e.SerialNumber.String()] = true
		}
		r.byIssuer[string(list.RawIssuer)] = append(r.byIssuer[string(list.RawIssuer)], c)
	}
	return r, nil
}

// until is when the first of the authorities' lists is out of date, each taken by its
// newest list; zero without lists.
func (r *revocations) until() (first time.Time) {
	for _, lists := range r.byIssuer {
		var newest time.Time
		for _, c := range lists {
			if c.list.NextUpdate.After(newest) {
				newest = c.list.NextUpdate
			}
		}
		if first.IsZero() || newest.Before(first) {
			first = newest
		}
	}
	return first
}

// check wants at least one chain in which nothing is revoked.
func (r *revocations) check(chains [][]*x509.Certificate, now time.Time, require bool) error {
	worst := &AuthError{Reason: ReasonCertificateChain}
	for _, chain := range chains {
		reason := r.checkChain(chain, now, require)
		if reason == "" {
			return nil
		}
		worst = &AuthError{Reason: reason}
	}
	return worst
}

func (r *revocations) checkChain(chain []*x509.Certificate, now time.Time, require bool) Reason {
	unknown := false
	for i := 0; i+1 < len(chain); i++ {
		revoked, current := r.status(chain[i], chain[i+1], now)
		if revoked {
			return ReasonCertificateRevoked
		}
		unknown = unknown || !current
	}
	if require && unknown {
		return ReasonRevocationUnknown
	}
	return ""
}

// status reads every list that the issuer signed. A revoked serial counts
// whatever the list's age; current says that one of them is not out of date.
func (r *revocations) status(cert, issuer *x509.Certificate, now time.Time) (revoked, current bool) {
	serial := cert.SerialNumber.String()
	for _, c := range r.byIssuer[string(cert.RawIssuer)] {
		if !r.signedBy(c, issuer) {
			continue
		}
		revoked = revoked || c.revoked[serial]
		if !now.Before(c.list.ThisUpdate) && !c.list.NextUpdate.IsZero() && now.Before(c.list.NextUpdate) {
			current = true
		}
	}
	return revoked, current
}

func (r *revocations) signedBy(c *crl, issuer *x509.Certificate) bool {
	key := crlKey{c, sha256.Sum256(issuer.Raw)}
	if ok, found := r.verified.Load(key); found {
		return ok.(bool)
	}
	ok := c.list.CheckSignatureFrom(issuer) == nil
	r.verified.Store(key, ok)
	return ok
}
