// Package apitest holds the tests of the register's API as its callers meet
// it: one table of cases over every transport, proof that the table is
// complete, and hostile callers.
package apitest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
)

// world is one site with one replica, and clients for every caller.
type world struct {
	site     *servertest.Site
	replica  *servertest.Replica
	methods  map[string]*call.Method // by short name
	policy   *access.Policy
	known    note.Verifiers
	conns    map[string]*grpc.ClientConn // by the force of the certificate; "" is none
	clients  map[string]*http.Client
	hasty    *grpc.ClientConn // to a replica whose searches expire at once
	leaves   map[string]*x509.Certificate
	accounts map[string]account

	mu     sync.Mutex
	tokens map[string]string
	shared map[string]map[string]string // names of prepared states that nothing changes
}

type account struct {
	force, role string
}

// newWorld starts a site; change, if any, changes its configuration.
func newWorld(t *testing.T, change func(*server.Config)) *world {
	t.Helper()
	site := servertest.NewSite(t, nil)
	c := site.Config()
	// Force systems may call over REST too.
	c.REST.ClientCA, c.REST.CRLDir = c.GRPC.ClientCA, c.GRPC.CRLDir
	c.Witnesses = server.Witnesses{List: []server.WitnessConfig{site.StartWitness("witness.example/1").Config}, Quorum: 1, Every: time.Second, WarnAfter: time.Hour}
	if change != nil {
		change(c)
	}
	w := &world{
		site: site, replica: site.Start(c), methods: map[string]*call.Method{},
		conns: map[string]*grpc.ClientConn{}, clients: map[string]*http.Client{},
		leaves: map[string]*x509.Certificate{}, accounts: map[string]account{}, tokens: map[string]string{},
	}
	all := loadMethods(t)
	for _, m := range all {
		w.methods[m.Short] = m
	}
	policy, err := shippedPolicy()
	if err != nil {
		t.Fatal(err)
	}
	w.policy = policy
	var verifiers []note.Verifier
	for _, text := range site.Keys.LogVerifiers() {
		v, err := note.NewVerifier(text)
		if err != nil {
			t.Fatal(err)
		}
		verifiers = append(verifiers, v)
	}
	w.known = note.VerifierList(verifiers...)
	for _, force := range append([]string{""}, servertest.Forces...) {
		config := site.ClientTLS(force)
		w.conns[force] = dial(t, w.replica.Server.GRPCAddr(), config)
		w.clients[force] = httpClient(t, config)
		if force != "" {
			leaf, err := x509.ParseCertificate(config.Certificates[0].Certificate[0])
			if err != nil {
				t.Fatal(err)
			}
			w.leaves[force] = leaf
			w.accounts["system-"+force] = account{force, "system"}
		}
	}
	for _, a := range site.IDP.Accounts() {
		w.accounts[a.Login] = account{a.Force, a.Roles[0]}
	}
	// Somebody who can sign in and has no role.
	w.accounts["nobody-33"] = account{"33", ""}
	// Second persons, who approve.
	w.accounts["psd2-33"], w.accounts["psd3-33"], w.accounts["auditor2"] = account{"33", "psd"}, account{"33", "psd"}, account{"", "auditor"}
	return w
}

// shippedPolicy is compiled once: that takes a second under the race detector.
var shippedPolicy = sync.OnceValues(func() (*access.Policy, error) {
	all, err := call.LoadMethods()
	if err != nil {
		return nil, err
	}
	store, err := access.OpenPolicy(os.DirFS(servertest.PolicyDir()), all.Permissions())
	if err != nil {
		return nil, err
	}
	return store.Current(), nil
})

func loadMethods(t *testing.T) call.Methods {
	t.Helper()
	all, err := call.LoadMethods()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func dial(t *testing.T, addr string, config *tls.Config) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func httpClient(t *testing.T, config *tls.Config) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// token is an access token of an account; bound ties it to its force system's
// certificate.
func (w *world) token(who string, bound bool) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := who
	if bound {
		key += " bound"
	}
	if got, ok := w.tokens[key]; ok {
		return got
	}
	changes := map[string]any{}
	if bound {
		changes["cnf"] = map[string]string{"x5t#S256": access.Fingerprint(w.leaves[w.accounts[who].force])}
	}
	login := who
	if who == "nobody-33" {
		login, changes["roles"] = "investigator-33", []string{}
	}
	switch who {
	case "psd2-33", "psd3-33":
		login, changes["sub"], changes["collar"] = "psd-33", who, "3350"+who[3:4]
	case "auditor2":
		login, changes["sub"] = "auditor", who
	}
	got := w.site.Token(login, changes)
	w.tokens[key] = got
	return got
}

// isSystem reports whether the caller is a force system.
func isSystem(who string) bool { return strings.HasPrefix(who, "system-") }

// transport is a way to call.
type transport string

// The ways to call: force systems prove themselves by certificates, people by
// tokens; over a system's connection a person's token is bound to it.
const (
	overMTLS  transport = "grpc-mtls"
	overToken transport = "grpc-token"
	overREST  transport = "rest"
)

// transportsOf are the ways that are open to a caller.
func (w *world) transportsOf(who string) []transport {
	switch {
	case isSystem(who):
		return []transport{overMTLS, overREST}
	case w.accounts[who].force == "":
		return []transport{overToken, overREST} // no force system speaks for national roles
	}
	return []transport{overMTLS, overToken, overREST}
}

// roles are the roles that a caller has over a transport: a force system's
// connection adds its own.
func (w *world) roles(t *testing.T, who string, via transport) access.Roles {
	t.Helper()
	var names []string
	if role := w.accounts[who].role; role != "" {
		names = append(names, role)
	}
	if via == overMTLS && !isSystem(who) {
		names = append(names, "system")
	}
	roles, err := access.ParseRoles(names...)
	if err != nil {
		t.Fatal(err)
	}
	return roles
}

// answer is what came back of a call, whatever the transport.
type answer struct {
	responses []proto.Message
	err       error  // a status error
	receipt   string // as sent
	entry     string
	http      int
	header    http.Header
}

func (a *answer) response() proto.Message {
	if len(a.responses) == 0 {
		return nil
	}
	return a.responses[0]
}

// call makes one call over a transport. A stream takes all requests.
func (w *world) call(ctx context.Context, via transport, who, short string, requests ...proto.Message) *answer {
	m := w.methods[short]
	force := ""
	if isSystem(who) || via == overMTLS {
		force = w.accounts[who].force
	}
	authorization := ""
	if !isSystem(who) {
		authorization = "Bearer " + w.token(who, via == overMTLS)
	}
	if via == overREST {
		return restCall(ctx, w.clients[force], w.replica.REST(), m, authorization, requests...)
	}
	return grpcCall(ctx, w.conns[force], m, authorization, requests...)
}

// newMessage makes an empty message of a method's input or output.
func newMessage(d protoreflect.MessageDescriptor) proto.Message {
	t, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		panic(err) // it is linked into this program
	}
	return t.New().Interface()
}
