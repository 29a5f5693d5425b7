// Package console is the register's pages, for people who would rather look
// than read JSON. Each page is one typed view and one template; it works
// without scripts. The pages reach the register through its services alone, as
// the person who is signed in, so that every page is authorised and logged as
// any call.
package console

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/console/assets"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/refdata"
)

// Options is what the console stands on.
type Options struct {
	// Config is the console's part of the configuration, validated.
	Config *Config
	// URL is the console's address without a path; it is asked with each request.
	URL func() string
	// Issuers are the OpenID providers that the register trusts, with standard values
	// filled in.
	Issuers []access.IssuerConfig
	// Conn reaches the register's services through the chain.
	Conn grpc.ClientConnInterface
	// As returns the context of calls that a request makes with an access token.
	As func(r *http.Request, token string) context.Context
	// DB keeps the sessions.
	DB *postgres.DB
	// Ref is the reference data, for titles and choices.
	Ref *refdata.Set
	// MaxBody bounds a form, in bytes.
	MaxBody int64
	// Development allows pages without styles.
	Development bool
	// Log is the journal.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Console serves the pages.
type Console struct {
	config    *Config
	url       func() string
	as        func(*http.Request, string) context.Context
	db        *postgres.DB
	words     *words
	providers []*provider
	issuers   []access.IssuerConfig
	assets    *assets.Set
	pages     map[string]*template.Template
	maxBody   int64
	log       *slog.Logger
	now       func() time.Time

	refreshing [64]sync.Mutex // by session

	searches  registerv1.SearchServiceClient
	nominals  registerv1.NominalServiceClient
	conduct   registerv1.ConductServiceClient
	links     registerv1.LinkServiceClient
	alerts    registerv1.AlertServiceClient
	accessLog registerv1.AccessLogServiceClient
	directory registerv1.DirectoryServiceClient
	duties    registerv1.DutyServiceClient
	measures  registerv1.MeasureServiceClient
	misuse    registerv1.MisuseServiceClient
	standards registerv1.StandardsServiceClient

	histories   registerv1.HistoryServiceClient
	assessments registerv1.AssessmentServiceClient
	exchange    registerv1.ExchangeServiceClient
	transfers   registerv1.TransferServiceClient
}

// New prepares the pages. It fails when the styles were not compiled into the
// program, but for development.
func New(o Options) (*Console, error) {
	c := &Console{
		config: o.Config, url: o.URL, as: o.As, db: o.DB, issuers: o.Issuers, words: &words{o.Ref}, maxBody: o.MaxBody, log: o.Log, now: o.Now,
		searches: registerv1.NewSearchServiceClient(o.Conn), nominals: registerv1.NewNominalServiceClient(o.Conn),
		conduct: registerv1.NewConductServiceClient(o.Conn), links: registerv1.NewLinkServiceClient(o.Conn),
		alerts: registerv1.NewAlertServiceClient(o.Conn), accessLog: registerv1.NewAccessLogServiceClient(o.Conn),
		directory: registerv1.NewDirectoryServiceClient(o.Conn), duties: registerv1.NewDutyServiceClient(o.Conn),
		measures: registerv1.NewMeasureServiceClient(o.Conn), misuse: registerv1.NewMisuseServiceClient(o.Conn),
		standards: registerv1.NewStandardsServiceClient(o.Conn),
		histories: registerv1.NewHistoryServiceClient(o.Conn), assessments: registerv1.NewAssessmentServiceClient(o.Conn), exchange: registerv1.NewExchangeServiceClient(o.Conn),
		transfers: registerv1.NewTransferServiceClient(o.Conn),
	}
	if c.now == nil {
		c.now = time.Now
	}
	var err error
	if c.assets, err = assets.Load(); err != nil {
		return nil, err
	}
	if !c.assets.Built() {
		if !o.Development {
			return nil, errors.New("console: the styles are not in this program: build it with `make build`")
		}
		c.log.Warn("the console's styles are not compiled: run `make assets`")
	}
	if c.pages, err = parsePages(); err != nil {
		return nil, err
	}
	for _, p := range o.Config.Providers {
		i := slices.IndexFunc(o.Issuers, func(i access.IssuerConfig) bool { return i.URL == p.Issuer })
		if i < 0 {
			return nil, fmt.Errorf("console: issuer %s is not trusted", p.Issuer)
		}
		provider, err := newProvider(p, o.Issuers[i])
		if err != nil {
			return nil, err
		}
		c.providers = append(c.providers, provider)
	}
	return c, nil
}

// secure reports whether browsers reach the console over TLS.
func (c *Console) secure() bool { return strings.HasPrefix(c.url(), "https://") }

// visit is one request of a person who is signed in.
type visit struct {
	c *Console
	w http.ResponseWriter
	r *http.Request
	s *session
	// ctx is the context of calls in the person's name.
	ctx     context.Context //nolint:containedctx // of this one request
	trailer metadata.MD
}

// noted is the option by which a call's receipt is kept for the page.
func (v *visit) noted() grpc.CallOption { return grpc.Trailer(&v.trailer) }

// force is the resource name of the person's own force.
func (v *visit) force() string { return "forces/" + v.s.data.Force }

// may reports whether the person's roles allow an action at all.
func (v *visit) may(permission string) bool { return v.s.data.may(permission) }

// seeOther sends the browser on to another page.
func (v *visit) seeOther(path string) error {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// Handler serves the pages and what belongs to them.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range c.routes() {
		mux.Handle(r.pattern, c.signedIn(r))
	}
	mux.HandleFunc("GET /sign-in", c.showSignIn)
	mux.HandleFunc("GET /sign-in/start", c.startSignIn)
	mux.HandleFunc("GET "+callbackPath, c.finishSignIn)
	mux.HandleFunc("POST /sign-out", c.signOut)
	mux.HandleFunc("GET /signed-out", c.showSignedOut)
	mux.Handle("GET /assets/", c.assets)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.problem(w, c.whose(r), http.StatusNotFound, problemView{Heading: "There is no such page", Paragraphs: []string{"If you typed the address, check that it is right."}})
	})
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c.problem(w, nil, http.StatusForbidden, problemView{Heading: "This request came from another site", Paragraphs: []string{"Nothing was done. If you did not mean to send it, tell your force’s service desk where you were."}})
	}))
	return c.headers(c.ownHost(cross.Handler(mux)))
}

// whose is the session of a request, if there is one.
func (c *Console) whose(r *http.Request) *session {
	s, err := c.load(r.Context(), r, false)
	if err != nil {
		return nil
	}
	return s
}

// signedIn serves a page to those who are signed in, as whom they are.
func (c *Console) signedIn(to route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, c.maxBody)
		s, err := c.load(r.Context(), r, !to.quiet)
		if err == nil {
			err = c.fresh(r.Context(), r, s)
		}
		if err != nil {
			c.turnAway(w, r, err)
			return
		}
		v := &visit{c: c, w: w, r: r, s: s, ctx: c.as(r, s.data.Access)}
		if to.needs != "" && !v.may(to.needs) {
			c.problem(w, s, http.StatusForbidden, notAllowed)
			return
		}
		if err := to.serve(v); err != nil {
			c.fail(v, err)
		}
	})
}

// turnAway answers a request without a good sign-in.
func (c *Console) turnAway(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, errSignedOut) {
		c.log.WarnContext(r.Context(), "session not read", "err", err)
		c.problem(w, nil, http.StatusServiceUnavailable, notAnswered)
		return
	}
	c.setCookie(w, sessionCookie, "", 0)
	switch {
	case strings.Contains(r.Header.Get("Accept"), "application/json"), r.URL.Path == "/session/extend":
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodGet:
		to := "/sign-in"
		if p := localPath(r.URL.RequestURI()); p != "/" {
			to += "?" + url.Values{"to": {p}}.Encode()
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	default:
		c.problem(w, nil, http.StatusUnauthorized, problemView{
			Heading:    "You are signed out",
			Paragraphs: []string{"Your sign-in ran out before this was sent. Nothing was searched and nothing was stored."},
			Link:       "/sign-in", LinkText: "Sign in again",
		})
	}
}

// headers sets what every answer carries.
func (c *Console) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		// Not "no-referrer": forms would then be sent without their origin.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		if c.secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// ownHost answers requests for the console's own address alone, so that no
// page elsewhere can reach it under another name. Who asks for a page under
// another name of this machine is sent to the right one.
func (c *Console) ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own, err := url.Parse(c.url())
		switch {
		case err == nil && r.Host == own.Host:
			next.ServeHTTP(w, r)
		case r.Method == http.MethodGet && r.URL.Path == "/":
			http.Redirect(w, r, c.url()+"/", http.StatusSeeOther)
		default:
			http.Error(w, "unknown host", http.StatusMisdirectedRequest)
		}
	})
}
