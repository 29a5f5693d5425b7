package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/console"
)

// pages measures the console: a search is a form that is posted and the page of
// its answer, a person one page more. Both are as a browser without its cache of
// styles gets them.
func (r *run) pages(ctx context.Context) error {
	on, err := r.site.start(ctx, "register", database)
	if err != nil {
		return err
	}
	defer func() { _ = on.stop() }() // its figures are taken
	all := []*variant{
		{name: "search and answer, two pages", server: on, open: func(ctx context.Context, n int) (caller, func(), error) { return r.browse(ctx, on, n, false) }},
		{name: "search, answer and person, three pages", server: on, open: func(ctx context.Context, n int) (caller, func(), error) { return r.browse(ctx, on, n, true) }},
	}
	if err := r.inTurn(ctx, clientCounts, all); err != nil {
		return err
	}
	r.out.heading("Pages")
	r.out.paragraph("HTTP/1.1 in clear, one signed-in browser a client, the questions of the searches above as far as the form has fields for them. Times are of all pages together, and at the end of one page, from the request to the last byte. The budget is 60 ms for a page at p99 with 8 users and a million nominals.")
	var rows [][]string
	for _, v := range all {
		for _, n := range clientCounts {
			m := v.measures[n]
			rows = append(rows, slices.Concat(m.row(v.name, strconv.Itoa(n)), m.perCall(), m.onePage()))
		}
	}
	r.out.table(slices.Concat(usual, perCallColumns, []string{"one page: p50", "p99"}), rows)
	return nil
}

// onePage are the median and the 99th percentile of single pages.
func (m *measure) onePage() []string {
	var all []time.Duration
	for _, c := range m.calls {
		all = append(all, c.pages...)
	}
	if len(all) == 0 {
		return []string{"–", "–"}
	}
	slices.Sort(all)
	return []string{ms(all[len(all)/2]), ms(all[len(all)*99/100])}
}

// stopwatch notes how long each page took until its last byte was read. One client
// uses it.
type stopwatch struct {
	http.RoundTripper
	took []time.Duration
}

// RoundTrip implements http.RoundTripper.
func (s *stopwatch) RoundTrip(req *http.Request) (*http.Response, error) {
	began := time.Now()
	resp, err := s.RoundTripper.RoundTrip(req)
	if err == nil {
		resp.Body = &timedBody{resp.Body, s, began}
	}
	return resp, err
}

// drain returns what was noted, and begins anew.
func (s *stopwatch) drain() []time.Duration {
	out := s.took
	s.took = nil
	return out
}

type timedBody struct {
	io.ReadCloser
	watch *stopwatch
	began time.Time
}

// Close implements io.Closer.
func (b *timedBody) Close() error {
	b.watch.took = append(b.watch.took, time.Since(b.began))
	return b.ReadCloser.Close()
}

var candidatePath = regexp.MustCompile(`/searches/[0-9a-f-]{36}/candidates/1"`)

// browse returns a caller that searches by the pages, and opens the first person
// found when asked to.
func (r *run) browse(ctx context.Context, on *replica, clients int, person bool) (caller, func(), error) {
	browsers, watches := make([]*http.Client, clients), make([]*stopwatch, clients)
	accounts := []string{"investigator-10", "investigator-33", "investigator-43"}
	for i := range browsers {
		var err error
		if browsers[i], err = on.browser(ctx, accounts[i%len(accounts)]); err != nil {
			return nil, nil, err
		}
		watches[i] = &stopwatch{RoundTripper: browsers[i].Transport}
		browsers[i].Transport = watches[i]
	}
	return func(ctx context.Context, client, n int) (answer, error) {
		q := &r.people.questions[(client*step+n)%len(r.people.questions)]
		text, err := visit(ctx, browsers[client], http.MethodPost, on.rest+"/search", formOf(q.request.GetSearch()))
		if err != nil {
			return answer{}, err
		}
		at := candidatePath.FindString(text)
		a := answer{hit: at != "", first: at != "", shown: at != ""}
		if person && at != "" {
			_, err = visit(ctx, browsers[client], http.MethodGet, on.rest+strings.TrimSuffix(at, `"`), nil)
		}
		a.pages = watches[client].drain()
		return a, err
	}, func() {}, nil
}

// browser signs an account in, as its browser would.
func (r *replica) browser(ctx context.Context, account string) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	issuer, err := r.site.idp.Issuer(account)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(r.site.console.Providers, func(p console.ProviderConfig) bool { return p.Issuer == issuer })
	c := &http.Client{Jar: jar, Transport: &http.Transport{}}
	// The provider is told who it is on the way there.
	c.CheckRedirect = func(req *http.Request, _ []*http.Request) error {
		if strings.HasSuffix(req.URL.Path, "/authorize") {
			q := req.URL.Query()
			q.Set("login_hint", account)
			req.URL.RawQuery = q.Encode()
		}
		return nil
	}
	_, err = visit(ctx, c, http.MethodGet, r.rest+"/sign-in/start?provider="+strconv.Itoa(at), nil)
	return c, err
}

// visit gets a page or posts a form, and follows where it leads.
func visit(ctx context.Context, c *http.Client, method, address string, form url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", resp.Request.URL.Path, resp.Status)
	}
	return string(raw), nil
}

// formOf fills in the search form.
func formOf(s *registerv1.Search) url.Values {
	k := s.GetCriteria()
	out := url.Values{"reason": {cmp.Or(s.GetReason(), "CRIME_INVESTIGATION")}, "reference": {cmp.Or(s.GetReference(), "33/1/26")}}
	set := func(name string, values ...string) {
		if len(values) > 0 {
			out.Set(name, values[0])
		}
	}
	for _, n := range k.GetNames()[:min(1, len(k.GetNames()))] {
		out.Set("given", n.GetGiven())
		out.Set("surname", cmp.Or(n.GetSurname(), n.GetFull()))
	}
	if d := k.GetBirthDate(); d.GetYear() != 0 {
		for name, part := range map[string]int32{"birth-year": d.GetYear(), "birth-month": d.GetMonth(), "birth-day": d.GetDay()} {
			if part != 0 {
				out.Set(name, strconv.Itoa(int(part)))
			}
		}
	}
	set("phone", k.GetPhones()...)
	set("email", k.GetEmails()...)
	set("vehicle", k.GetVehicles()...)
	set("postcode", k.GetPostcodes()...)
	for _, h := range k.GetHandles()[:min(1, len(k.GetHandles()))] {
		out.Set("handle", h.GetValue())
		out.Set("platform", h.GetPlatform())
	}
	for _, i := range k.GetIdentifiers()[:min(1, len(k.GetIdentifiers()))] {
		out.Set("kind", strings.TrimPrefix(i.GetKind().String(), "IDENTIFIER_KIND_"))
		out.Set("number", i.GetValue())
	}
	return out
}
