package access_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/access"
)

var systemURI = regexp.MustCompile(`^register://forces/[0-9][0-9]/systems/[a-z0-9-]{1,63}$`)

func FuzzParseSystemURI(f *testing.F) {
	for _, s := range []string{
		"register://forces/33/systems/crime", "register://forces/33/systems/a-b-1", "register://forces/3/systems/crime", "register://forces/33/systems/",
		"register://forces/33/systems/-a", "register://forces/33/systems/a--b", "register://forces/33/systems/a/b", "REGISTER://forces/33/systems/a",
		"register://forces/33/systems/a\n", "register://forces/٣٣/systems/a", "register://forces//33/systems/a", "", "register://", "register://forces/33/systems/" + strings.Repeat("a", 64),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		force, system, ok := access.ParseSystemURI(s)
		if !ok {
			if force != "" || system != "" {
				t.Errorf("refused, but gave %q %q", force, system)
			}
			return
		}
		if !systemURI.MatchString(s) || s != "register://forces/"+force+"/systems/"+system || !access.ValidForce(force) {
			t.Errorf("%q was taken as %q %q", s, force, system)
		}
	})
}

// A certificate's names reach the program as parsed URLs.
func FuzzCertificateName(f *testing.F) {
	auth, err := access.NewAuthenticator(access.Options{})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"register://forces/33/systems/crime", "register://forces/33/systems/crime?", "register:forces/33/systems/crime", "register://forces/33/systems/c%72ime", "//forces/33/systems/crime"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := url.Parse(s)
		if err != nil {
			return
		}
		leaf := &x509.Certificate{Raw: []byte(s), URIs: []*url.URL{u}, NotAfter: time.Now().Add(time.Hour)}
		state := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: [][]*x509.Certificate{{leaf}}}
		actor, err := auth.Authenticate(t.Context(), access.Credentials{TLS: state})
		if err != nil {
			return
		}
		// url.Parse folds the scheme to lower case; nothing else may differ.
		if !systemURI.MatchString(actor.Subject) || !strings.EqualFold(s, actor.Subject) || strings.ToLower(s[:8]) != "register" || s[8:] != actor.Subject[8:] {
			t.Errorf("%q was taken as %+v", s, actor)
		}
	})
}

func FuzzAuthorization(f *testing.F) {
	auth, err := access.NewAuthenticator(access.Options{Issuers: []access.IssuerConfig{{
		// Nothing listens there; no forged token may even make us ask.
		URL: "http://127.0.0.1:1", Forces: []string{"33"}, Roles: []string{"spoc"}, MinACR: "aal2", AllowLoopbackHTTP: true,
	}}})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{
		"", "Bearer", "Bearer ", "Bearer a.b.c", "bearer a.b.", "Basic a.b.c", "Bearer a.b.c.d.e", "Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30.",
		"Bearer eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJpc3MiOiJodHRwOi8vMTI3LjAuMC4xOjEifQ.AAAA",
		"Bearer eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImNyaXQiOlsieCJdfQ.eyJpc3MiOlsieCJdfQ.AAAA",
	} {
		f.Add(s, "")
		f.Add(s, "1234")
	}
	f.Fuzz(func(t *testing.T, header, officer string) {
		c := access.Credentials{Authorization: []string{header}, Address: "a"}
		if officer != "" {
			c.Officer = []string{officer}
		}
		actor, err := auth.Authenticate(t.Context(), c)
		var refusal *access.AuthError
		if !errors.As(err, &refusal) || actor != (access.Actor{}) {
			t.Fatalf("%q gave %+v, %v", header, actor, err)
		}
		if refusal.Authenticated || refusal.Actor != (access.Actor{Kind: access.KindAnonymous, Address: "a"}) {
			t.Errorf("%q: refusal %+v", header, refusal)
		}
	})
}

func FuzzPolicyFiles(f *testing.F) {
	model := string(file(f, "model.conf"))
	used := permissions("log list", "self read")
	f.Add(model, "p, psd, log, list, own_log\n", "psd, 33, log, list, 33, allow\n")
	f.Add(model, "p, psd, log, list, own_log\np, admin, self, read, any\n", "psd, 33, log, list, 33, deny\n")
	f.Add(model, "p,psd,log,list,own_log\r\n# x\n", "psd,33,log,list,33,allow")
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, model, csv, tests string) {
		p, err := access.LoadPolicy([]byte(model), []byte(csv), used)
		if err != nil {
			return
		}
		for _, perm := range []access.Permission{{}, {Resource: "nominal"}, {Action: "read"}, {Resource: "nominal$$read"}} {
			if _, ok := p.Decide(^access.Roles(0), perm.Resource, perm.Action); ok {
				t.Errorf("%q is allowed", perm)
			}
		}
		for _, perm := range used {
			if _, ok := p.Decide(0, perm.Resource, perm.Action); ok {
				t.Errorf("nobody may %s", perm)
			}
		}
		_, _, _ = access.CheckTests(p, []byte(tests))
	})
}
