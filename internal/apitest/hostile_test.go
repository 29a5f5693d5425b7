package apitest

import (
	"context"
	"encoding/base64"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/service"
)

// badToken is a credential that must be refused.
type badToken struct {
	name   string
	token  func(t *testing.T, w *world) string
	force  string // of the certificate that it comes over; empty: none
	code   codes.Code
	reason access.Reason
	// known: it is known who is refused, so that each refusal is an entry.
	known bool
}

func changed(account string, changes map[string]any) func(*testing.T, *world) string {
	return func(_ *testing.T, w *world) string { return w.site.Token(account, changes) }
}

func ago(d time.Duration) int64 { return time.Now().Add(-d).Unix() }

func badTokens() []badToken {
	const un, denied = codes.Unauthenticated, codes.PermissionDenied
	bound := func(w *world, force string) map[string]string {
		return map[string]string{"x5t#S256": access.Fingerprint(w.leaves[force])}
	}
	return []badToken{
		{name: "no credential", token: func(*testing.T, *world) string { return "" }, code: un, reason: access.ReasonCredentialsMissing},
		{name: "not a token", token: func(*testing.T, *world) string { return "letmein" }, code: un, reason: access.ReasonTokenFormat},
		{name: "an unknown issuer", token: changed("investigator-33", map[string]any{"iss": "https://idp.example/33"}), code: un, reason: access.ReasonTokenIssuer},
		{name: "another force's issuer by name", token: func(t *testing.T, w *world) string {
			issuer, err := w.site.IDP.Issuer("investigator-10")
			if err != nil {
				t.Fatal(err)
			}
			return w.site.Token("investigator-33", map[string]any{"iss": issuer})
		}, code: un, reason: access.ReasonTokenSignature},
		{name: "another audience", token: changed("investigator-33", map[string]any{"aud": "payroll"}), code: un, reason: access.ReasonTokenAudience},
		{name: "an ID token", token: changed("investigator-33", map[string]any{"typ": "JWT"}), code: un, reason: access.ReasonTokenType},
		{name: "expired", token: changed("investigator-33", map[string]any{"iat": ago(time.Hour), "nbf": ago(time.Hour), "exp": ago(time.Minute)}), code: un, reason: access.ReasonTokenExpired},
		{name: "of tomorrow", token: changed("investigator-33", map[string]any{"iat": ago(-24 * time.Hour), "nbf": ago(-24 * time.Hour), "exp": ago(-24*time.Hour - time.Minute)}), code: un, reason: access.ReasonTokenNotYetValid},
		{name: "for ever", token: changed("investigator-33", map[string]any{"exp": ago(-365 * 24 * time.Hour)}), code: un, reason: access.ReasonTokenLifetime},
		{name: "without a signature", token: unsigned, code: un, reason: access.ReasonTokenAlgorithm},
		{name: "signed with a shared secret", token: sharedSecret, code: un, reason: access.ReasonTokenAlgorithm},
		{name: "changed after it was signed", token: func(_ *testing.T, w *world) string {
			parts := strings.Split(w.site.Token("investigator-33", nil), ".")
			other := strings.Split(w.site.Token("supervisor-33", nil), ".")
			return parts[0] + "." + other[1] + "." + parts[2]
		}, code: un, reason: access.ReasonTokenSignature},
		{name: "bound to a certificate that is not there", token: func(_ *testing.T, w *world) string {
			return w.site.Token("investigator-33", map[string]any{"cnf": bound(w, "33")})
		}, code: un, reason: access.ReasonTokenBinding, known: true},
		{name: "not bound to the certificate that is there", token: changed("investigator-33", nil), force: "33", code: un, reason: access.ReasonTokenBinding, known: true},
		{name: "bound to another certificate", token: func(_ *testing.T, w *world) string {
			return w.site.Token("investigator-33", map[string]any{"cnf": bound(w, "10")})
		}, force: "33", code: un, reason: access.ReasonTokenBinding, known: true},
		{name: "over another force's system", token: func(_ *testing.T, w *world) string {
			return w.site.Token("investigator-33", map[string]any{"cnf": bound(w, "10")})
		}, force: "10", code: denied, reason: access.ReasonForceMismatch, known: true},
		{name: "too weak a sign-in", token: changed("investigator-33", map[string]any{"acr": "aal1"}), code: un, reason: access.ReasonWeakAuthentication, known: true},
		{name: "a role that the issuer may not grant", token: changed("investigator-33", map[string]any{"roles": []string{"investigator", "auditor"}}), code: denied, reason: access.ReasonRoleNotGranted, known: true},
		{name: "the role of a system", token: changed("investigator-33", map[string]any{"roles": []string{"system"}}), code: denied, reason: access.ReasonRoleNotGranted, known: true},
		{name: "a role that does not exist", token: changed("investigator-33", map[string]any{"roles": []string{"root"}}), code: denied, reason: access.ReasonRoleNotGranted, known: true},
		{name: "a force that the issuer may not speak for", token: changed("psd-33", map[string]any{"force": "10"}), code: denied, reason: access.ReasonForceNotGranted, known: true},
		{name: "no force from a force's issuer", token: changed("psd-33", map[string]any{"force": nil}), code: denied, reason: access.ReasonForceNotGranted, known: true},
		{name: "a bad token over a good certificate", token: changed("investigator-33", map[string]any{"aud": "payroll"}), force: "33", code: un, reason: access.ReasonTokenAudience, known: true},
	}
}

// unsigned is a token with the algorithm "none".
func unsigned(_ *testing.T, w *world) string {
	parts := strings.Split(w.site.Token("investigator-33", nil), ".")
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt"}`)) + "." + parts[1] + "."
}

// sharedSecret is a token signed with a secret that its maker chose.
func sharedSecret(t *testing.T, w *world) string {
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(w.site.Token("investigator-33", nil), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte("0123456789abcdef0123456789abcdef")}, (&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestBadCredentials presents each bad credential over each transport: it is
// refused with its reason, and the refusal is logged, by itself when it is
// known who was refused, else as part of a count.
func TestBadCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	reader := w.site.Start(nil) // sees what the first replica has counted once that has stopped
	counts := map[string]int64{}
	known := map[string]string{} // receipt's entry to what stands in it
	for _, c := range badTokens() {
		token := c.token(t, w)
		authorization := ""
		if token != "" {
			authorization = "Bearer " + token
		}
		for _, via := range []transport{overToken, overREST} {
			for _, method := range []string{getSelf, createSearch, registerRecords} {
				request := map[string]proto.Message{getSelf: &pb.GetSelfRequest{}, createSearch: search("nobody"), registerRecords: &pb.RegisterRecordsRequest{}}[method]
				var a *answer
				if via == overREST {
					a = restCall(t.Context(), w.clients[c.force], w.replica.REST(), w.methods[method], authorization, request)
				} else {
					a = grpcCall(t.Context(), w.conns[c.force], w.methods[method], authorization, request)
				}
				code, reason, _ := refusal(a.err)
				if code != c.code || reason != string(c.reason) {
					t.Errorf("%s, %s, %s: %s %s, want %s %s (%v)", c.name, via, method, code, reason, c.code, c.reason, a.err)
				}
				if len(a.responses) > 0 {
					t.Errorf("%s, %s, %s: disclosed %v", c.name, via, method, a.responses)
				}
				if a.http == 401 && a.header.Get("WWW-Authenticate") == "" && method != registerRecords {
					t.Errorf("%s: 401 without a challenge", c.name)
				}
				if (a.receipt != "") != c.known {
					t.Errorf("%s, %s, %s: receipt %q", c.name, via, method, a.receipt)
				}
				if c.known {
					known[a.entry] = method + " " + service.OutcomeName(c.code) + " refused:" + string(c.reason)
				} else {
					counts[method+" "+service.OutcomeName(c.code)+"/"+string(c.reason)]++
				}
			}
		}
	}
	w.replica.Stop()
	w.replica = reader
	w.conns[""] = dial(t, reader.Server.GRPCAddr(), w.site.ClientTLS(""))
	got := map[string]int64{}
	for _, e := range readLog(t, w, "auditor", "forces/-") {
		meta, err := accesslog.ParseMetadata(e.GetMetadata())
		if err != nil {
			t.Fatal(err)
		}
		if meta.Count > 0 {
			got[meta.Method+" "+meta.Outcome] += meta.Count
			if meta.Source != "127.0.0.0/24" || meta.Actor.Kind != accesslog.Anonymous {
				t.Errorf("aggregate %s", e.GetMetadata())
			}
		}
		if want, ok := known[itoa(e.GetIndex())]; ok {
			if have := meta.Method + " " + meta.Outcome + " " + strings.Join(meta.Marks, ","); have != want || meta.Decision.Effect != accesslog.Deny || len(meta.Roles) > 0 || meta.Actor.Sub == "" {
				t.Errorf("entry %d: %s, want %s", e.GetIndex(), e.GetMetadata(), want)
			}
			delete(known, itoa(e.GetIndex()))
		}
	}
	if len(known) > 0 {
		t.Errorf("refusals without an entry: %v", known)
	}
	if !maps.Equal(got, counts) {
		t.Errorf("counted %v, want %v", got, counts)
	}
}

// TestForgedIdentity tries to say who one is by other means than a credential.
func TestForgedIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	t.Run("self-search", func(t *testing.T) { selfSearch(t, w) })
	// Over REST, headers that the gateway would hand on as metadata.
	for _, header := range []string{"Grpc-Metadata-Authorization", "Grpc-Metadata-Register-Officer", "X-Forwarded-Client-Cert", "Register-Actor"} {
		a := restWith(t, w, "GET", "/v1/self", "", nil, header, "Bearer "+w.token("psd-33", false))
		if code, reason, _ := refusal(a.err); code != codes.Unauthenticated || reason != string(access.ReasonCredentialsMissing) {
			t.Errorf("%s: %s %s", header, code, reason)
		}
	}
	// An officer who is not the token's.
	a := restWith(t, w, "GET", "/v1/self", "Bearer "+w.token("psd-33", false), nil, "Register-Officer", "1066")
	if code, reason, _ := refusal(a.err); code != codes.PermissionDenied || reason != string(access.ReasonOfficerConflict) {
		t.Errorf("officer conflict: %s %s", code, reason)
	}
	// A system may name one, who then stands as asserted.
	ctx := metadata.AppendToOutgoingContext(t.Context(), "register-officer", "1066")
	var trailer metadata.MD
	if _, err := pb.NewDirectoryServiceClient(w.conns["33"]).GetSelf(ctx, &pb.GetSelfRequest{}, grpc.Trailer(&trailer)); err != nil {
		t.Fatal(err)
	}
	receipt, err := accesslog.ParseReceipt(strings.Join(trailer.Get(accesslog.ReceiptKey), ""))
	if err != nil {
		t.Fatal(err)
	}
	e := readLog(t, w, "psd-33", "forces/33")[receipt.Index]
	if e.GetCollarNumber() != "1066" || e.GetOfficerVerified() {
		t.Errorf("entry %v", e)
	}
	// Two credentials are none.
	ctx = metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+w.token("psd-33", false), "authorization", "Bearer "+w.token("psd-10", false))
	_, err = pb.NewDirectoryServiceClient(w.conns[""]).GetSelf(ctx, &pb.GetSelfRequest{})
	if code, reason, _ := refusal(err); code != codes.Unauthenticated || reason != string(access.ReasonAuthorizationFormat) {
		t.Errorf("two tokens: %s %s", code, reason)
	}
}

// selfSearch: nobody may search for himself, and the refusal is the same
// whether there is such a record or not.
func selfSearch(t *testing.T, w *world) {
	record := nominal("10", "searcher", "N-self", 1)
	given, surname, birth := invented("searcher")
	claims := map[string]any{
		"name": given + " " + surname, "birthdate": birthText(birth), "phone_number": "+447700900777", "email": "me@police.example",
	}
	plain := "Bearer " + w.site.Token("investigator-33", claims)
	withBinding := maps.Clone(claims)
	withBinding["cnf"] = map[string]string{"x5t#S256": access.Fingerprint(w.leaves["33"])}
	overSystem := "Bearer " + w.site.Token("investigator-33", withBinding)

	part := func(change func(*pb.PartialDate)) *pb.PartialDate {
		out := proto.Clone(birth).(*pb.PartialDate)
		change(out)
		return out
	}
	named := []*pb.PersonName{{Given: given, Surname: surname}}
	criteria := map[string]*pb.SearchCriteria{
		"name and year":           {Names: named, BirthDate: part(func(d *pb.PartialDate) { d.Month, d.Day = 0, 0 })},
		"name and month":          {Names: named, BirthDate: part(func(d *pb.PartialDate) { d.Day = 0 })},
		"name and about the year": {Names: named, BirthDate: part(func(d *pb.PartialDate) { d.Year, d.Month, d.Day, d.Approximate = d.GetYear()+2, 0, 0, true })},
		"name and date":           {Names: []*pb.PersonName{{Given: given, Surname: surname}}, BirthDate: birth},
		"name alone":              {Names: []*pb.PersonName{{Full: strings.ToUpper(surname + " " + given)}, {Full: given + " " + surname}}},
		"phone":                   {Phones: []string{"07700 900777"}},
		"e-mail":                  {Emails: []string{"Me@Police.example"}},
	}
	ask := func(ctx context.Context, c *pb.SearchCriteria) []*answer {
		r := search("searcher")
		r.Search.Criteria = c
		m := w.methods[createSearch]
		return []*answer{
			grpcCall(ctx, w.conns[""], m, plain, r), grpcCall(ctx, w.conns["33"], m, overSystem, r),
			restCall(ctx, w.clients[""], w.replica.REST(), m, plain, r),
		}
	}
	before := map[string][]string{}
	for _, known := range []bool{false, true} {
		if known {
			record.Nominal.Identifiers = []*pb.Identifier{
				{Kind: pb.IdentifierKind_IDENTIFIER_KIND_PHONE, Value: "07700 900777"},
				{Kind: pb.IdentifierKind_IDENTIFIER_KIND_EMAIL, Value: "me@police.example"},
			}
			if a := w.call(t.Context(), overMTLS, "system-10", registerNominal, record); a.err != nil {
				t.Fatal(a.err)
			}
		}
		for name, c := range criteria {
			for i, a := range ask(t.Context(), c) {
				if code, reason, _ := refusal(a.err); code != codes.PermissionDenied || reason != service.ReasonSelfSearch {
					t.Errorf("%s, record %t: %s %s", name, known, code, reason)
					continue
				}
				text := a.err.Error()
				if !known {
					before[name] = append(before[name], text)
				} else if text != before[name][i] {
					t.Errorf("%s: %q with a record, %q without", name, text, before[name][i])
				}
			}
		}
	}
	// A namesake of another age can be searched for.
	other := proto.Clone(birth).(*pb.PartialDate)
	other.Year -= 20
	for _, a := range ask(t.Context(), &pb.SearchCriteria{Names: []*pb.PersonName{{Given: given, Surname: surname}}, BirthDate: other}) {
		if a.err != nil {
			t.Errorf("a namesake: %v", a.err)
		}
	}
	// Nor by registering himself, of which the answer would tell who else he may be.
	for _, bearer := range []string{plain, overSystem} {
		conn := w.conns[""]
		if bearer == overSystem {
			conn = w.conns["33"]
		}
		a := grpcCall(t.Context(), conn, w.methods[registerNominal], bearer, nominal("33", "searcher", "N-himself", 1))
		if a.err == nil {
			t.Error("he registers himself")
		} else if code, reason, _ := refusal(a.err); code != codes.PermissionDenied || reason != service.ReasonSelfSearch {
			t.Errorf("he registers himself: %s %s", code, reason)
		}
	}
	// Nor by registering what he did.
	own := nominal("33", "searcher", "N-own", 1)
	n := w.call(t.Context(), overMTLS, "system-33", registerNominal, own).response().(*pb.RegisterNominalResponse).GetName()
	if a := grpcCall(t.Context(), w.conns[""], w.methods[registerCourse], plain, checked(course("33", n, "C-self", 1))); a.err == nil {
		t.Error("he checks himself")
	} else if code, reason, _ := refusal(a.err); code != codes.PermissionDenied || reason != service.ReasonSelfSearch {
		t.Errorf("he checks himself: %s %s", code, reason)
	}
}

func birthText(d *pb.PartialDate) string {
	return time.Date(int(d.GetYear()), time.Month(d.GetMonth()), int(d.GetDay()), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}
