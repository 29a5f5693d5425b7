package server

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/gather"
	"github.com/perpetrator-register/register/internal/tlogfile"
	"github.com/perpetrator-register/register/internal/witness"
)

// Witnesses are the independent parties that co-sign the log's checkpoints.
type Witnesses struct {
	// Quorum is how many of them must sign: more than half of them unless it is
	// set, so that no two histories can both be signed.
	Quorum int `yaml:"quorum,omitempty"`
	// Every is the time between two rounds: a minute.
	Every time.Duration `yaml:"every,omitempty"`
	// WarnAfter is the age of the newest co-signed checkpoint from which on the
	// journal complains: ten minutes.
	WarnAfter time.Duration `yaml:"warn_after,omitempty"`
	// List are the witnesses.
	List []WitnessConfig `yaml:"list,omitempty"`
}

// WitnessConfig is one witness.
type WitnessConfig struct {
	// Key is its verifier key, name+hash+key, as `register witness verifier`
	// prints it. Its name is the witness's name everywhere.
	Key string `yaml:"key"`
	// URL is its submission prefix, such as https://witness.example.
	URL string `yaml:"url"`
	// CA is a PEM file of the roots of its certificate; empty for the system's.
	CA string `yaml:"ca,omitempty"`
}

const (
	// maxWitnesses keeps a checkpoint with all signatures within a signed note.
	maxWitnesses = 32
	// witnessTimeout bounds one call of a witness.
	witnessTimeout = 5 * time.Second
)

func (w *Witnesses) standard() {
	if len(w.List) == 0 {
		return
	}
	set(&w.Quorum, tlogfile.Majority(len(w.List)))
	set(&w.Every, time.Minute)
	set(&w.WarnAfter, max(10*time.Minute, 10*w.Every))
}

func (w *Witnesses) validate(development bool, fault func(name, what string)) {
	if len(w.List) == 0 {
		if w.Quorum != 0 {
			fault("witnesses.list", "is required with a quorum")
		}
		return
	}
	if w.Quorum < 1 || w.Quorum > len(w.List) {
		fault("witnesses.quorum", "must be between 1 and the number of witnesses")
	}
	if len(w.List) > maxWitnesses {
		fault("witnesses.list", fmt.Sprintf("at most %d", maxWitnesses))
	}
	if w.Every < time.Second {
		fault("witnesses.every", "must be a second at least")
	}
	if w.WarnAfter < 2*w.Every {
		fault("witnesses.warn_after", "must be twice witnesses.every at least")
	}
	seen := map[string]bool{}
	for i, one := range w.List {
		name := fmt.Sprintf("witnesses.list[%d]", i)
		v, err := checkpoint.NewCosignatureVerifier(one.Key)
		switch {
		case err != nil:
			fault(name+".key", err.Error())
		case seen[v.Name()]:
			fault(name+".key", "two witnesses have one name")
		default:
			seen[v.Name()] = true
		}
		u, err := url.Parse(one.URL)
		plain := err == nil && u.Scheme == "http" && development && isLoopback(u.Host)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "https" && !plain) {
			fault(name+".url", "must be a URL such as https://witness.example")
		}
	}
}

// openGatherer makes what asks the witnesses; nil when there are none.
func (s *Server) openGatherer() error {
	c := s.config.Witnesses
	if len(c.List) == 0 {
		s.log.Warn("the log has no witnesses: whoever holds this server, its keys and its database could rewrite it unseen")
		return nil
	}
	o := gather.Options{
		DB: s.db, Proof: accesslog.NewReader(s.db), Quorum: c.Quorum, Every: c.Every, WarnAfter: c.WarnAfter, Log: s.log,
	}
	for i, one := range c.List {
		client, err := one.client()
		if err != nil {
			return fmt.Errorf("witnesses.list[%d]: %w", i, err)
		}
		o.Witnesses = append(o.Witnesses, client)
	}
	var err error
	s.gatherer, err = gather.New(o)
	return err
}

func (w *WitnessConfig) client() (*witness.Client, error) {
	v, err := checkpoint.NewCosignatureVerifier(w.Key)
	if err != nil {
		return nil, err
	}
	var roots *x509.CertPool
	if w.CA != "" {
		pem, err := os.ReadFile(w.CA)
		if err != nil {
			return nil, fmt.Errorf("ca: %w", err)
		}
		if roots = x509.NewCertPool(); !roots.AppendCertsFromPEM(pem) {
			return nil, errors.New("ca: no certificate in it")
		}
	}
	return &witness.Client{URL: w.URL, Verifier: v, HTTP: witness.NewHTTPClient(roots, witnessTimeout)}, nil
}
