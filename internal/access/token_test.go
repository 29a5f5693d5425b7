package access_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/devstack/pki"
)

// forge joins a header and claims to an unsigned token.
func forge(t *testing.T, header, payload claims) string {
	t.Helper()
	part := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	return part(header) + "." + part(payload)
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	now := time.Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	mint := func(changes claims) string { return w.mint("spoc-33", changes) }
	iss := w.issuer("spoc-33")
	full := claims{"iss": iss, "sub": "spoc-33", "aud": "register", "client_id": "registerctl", "jti": "1", "iat": at(0), "exp": at(time.Minute), "acr": "aal2", "force": "33", "roles": []string{"spoc"}}
	public := w.publicKey("spoc-33")
	hs256 := forge(t, claims{"alg": "HS256", "typ": "at+jwt"}, full)
	mac := hmac.New(sha256.New, public)
	_, _ = io.WriteString(mac, hs256)
	good := mint(nil)
	parts := strings.Split(good, ".")

	for name, c := range map[string]struct {
		token   string
		reason  access.Reason
		genuine bool // refused for what a genuine token claims
	}{
		"good":                      {token: good},
		"several audiences":         {token: mint(claims{"aud": []string{"other", "register"}})},
		"stronger":                  {token: mint(claims{"acr": "aal3"})},
		"other spelling of typ":     {token: mint(claims{"typ": "application/AT+JWT"})},
		"just expired":              {token: mint(claims{"exp": at(-20 * time.Second), "iat": at(-time.Minute)})},
		"clock a little ahead":      {token: mint(claims{"iat": at(20 * time.Second), "nbf": at(20 * time.Second)})},
		"no roles":                  {token: mint(claims{"roles": nil})},
		"fractional times":          {token: mint(claims{"exp": float64(at(time.Minute)) + 0.5})},
		"garbage":                   {"garbage", access.ReasonTokenFormat, false},
		"garbage in three parts":    {"a.b.c", access.ReasonTokenFormat, false},
		"five parts":                {"a.b.c.d.e", access.ReasonTokenFormat, false},
		"no alg":                    {forge(t, claims{"typ": "at+jwt"}, full) + ".AAAA", access.ReasonTokenAlgorithm, false},
		"none alg":                  {forge(t, claims{"alg": "none", "typ": "at+jwt"}, full) + ".", access.ReasonTokenAlgorithm, false},
		"none alg, signed":          {forge(t, claims{"alg": "none", "typ": "at+jwt"}, full) + "." + parts[2], access.ReasonTokenAlgorithm, false},
		"None alg":                  {forge(t, claims{"alg": "None", "typ": "at+jwt"}, full) + ".AAAA", access.ReasonTokenAlgorithm, false},
		"HS256 with the public key": {hs256 + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), access.ReasonTokenAlgorithm, false},
		"no signature":              {parts[0] + "." + parts[1] + ".", access.ReasonTokenSignature, false},
		"signature of another":      {parts[0] + "." + parts[1] + "." + strings.Split(mint(nil), ".")[2], access.ReasonTokenSignature, false},
		"claims of another":         {parts[0] + "." + strings.Split(mint(claims{"roles": []string{"psd"}}), ".")[1] + "." + parts[2], access.ReasonTokenSignature, false},
		"own key in the header":     {w.selfSigned(full), access.ReasonTokenSignature, false},
		"ID token":                  {mint(claims{"typ": "JWT", "aud": "registerctl", "nonce": "n"}), access.ReasonTokenType, false},
		"ID token for us":           {mint(claims{"typ": "JWT"}), access.ReasonTokenType, false},
		"logout token":              {mint(claims{"typ": "logout+jwt"}), access.ReasonTokenType, false},
		"unknown issuer":            {mint(claims{"iss": "https://evil.example"}), access.ReasonTokenIssuer, false},
		"issuer with slash":         {mint(claims{"iss": iss + "/"}), access.ReasonTokenIssuer, false},
		"no issuer":                 {mint(claims{"iss": nil}), access.ReasonTokenIssuer, false},
		"another's issuer":          {mint(claims{"iss": w.issuer("spoc-10"), "force": "10"}), access.ReasonTokenSignature, false},
		"national issuer":           {mint(claims{"iss": w.issuer("auditor"), "force": nil, "roles": []string{"auditor"}}), access.ReasonTokenSignature, false},
		"wrong audience":            {mint(claims{"aud": "other"}), access.ReasonTokenAudience, false},
		"no audience":               {mint(claims{"aud": nil}), access.ReasonTokenAudience, false},
		"audience by prefix":        {mint(claims{"aud": "register.evil.example"}), access.ReasonTokenAudience, false},
		"expired":                   {mint(claims{"exp": at(-time.Minute), "iat": at(-2 * time.Minute)}), access.ReasonTokenExpired, false},
		"nbf in the future":         {mint(claims{"nbf": at(5 * time.Minute)}), access.ReasonTokenNotYetValid, false},
		"iat in the future":         {mint(claims{"iat": at(5 * time.Minute)}), access.ReasonTokenNotYetValid, false},
		"no expiry":                 {mint(claims{"exp": nil}), access.ReasonTokenClaims, false},
		"no iat":                    {mint(claims{"iat": nil}), access.ReasonTokenClaims, false},
		"expiry before issue":       {mint(claims{"exp": at(0), "iat": at(time.Second)}), access.ReasonTokenClaims, false},
		"lives too long":            {mint(claims{"exp": at(2 * time.Hour)}), access.ReasonTokenLifetime, false},
		"expiry beyond all time":    {mint(claims{"exp": 1e300}), access.ReasonTokenFormat, false},
		"negative expiry":           {mint(claims{"exp": -1}), access.ReasonTokenFormat, false},
		"expiry as text":            {mint(claims{"exp": "tomorrow"}), access.ReasonTokenFormat, false},
		"roles as text":             {mint(claims{"roles": "spoc"}), access.ReasonTokenFormat, false},
		"no subject":                {mint(claims{"sub": nil}), access.ReasonTokenClaims, false},
		"subject with line end":     {mint(claims{"sub": "a\nb"}), access.ReasonTokenClaims, false},
		"endless subject":           {mint(claims{"sub": strings.Repeat("a", 256)}), access.ReasonTokenClaims, false},
		"no client":                 {mint(claims{"client_id": nil}), access.ReasonTokenClaims, false},
		"no token id":               {mint(claims{"jti": nil}), access.ReasonTokenClaims, false},
		"ill-formed collar":         {mint(claims{"collar": "<b>"}), access.ReasonTokenClaims, false},
		"another force":             {mint(claims{"force": "10"}), access.ReasonForceNotGranted, true},
		"no force":                  {mint(claims{"force": nil}), access.ReasonForceNotGranted, true},
		"empty force":               {mint(claims{"force": ""}), access.ReasonForceNotGranted, true},
		"nonsense for force":        {mint(claims{"force": "33 or 10"}), access.ReasonForceNotGranted, true},
		"force of other case":       {mint(claims{"force": nil, "Force": "33"}), access.ReasonForceNotGranted, true},
		"auditor by a force":        {mint(claims{"roles": []string{"auditor"}}), access.ReasonRoleNotGranted, true},
		"one role too many":         {mint(claims{"roles": []string{"spoc", "admin"}}), access.ReasonRoleNotGranted, true},
		"system by a token":         {mint(claims{"roles": []string{"system"}}), access.ReasonRoleNotGranted, true},
		"unknown role":              {mint(claims{"roles": []string{"root"}}), access.ReasonRoleNotGranted, true},
		"psd nationally":            {w.mint("auditor", claims{"roles": []string{"psd"}}), access.ReasonRoleNotGranted, true},
		"force nationally":          {w.mint("auditor", claims{"force": "33"}), access.ReasonForceNotGranted, true},
		"weak":                      {mint(claims{"acr": "aal1"}), access.ReasonWeakAuthentication, true},
		"no strength":               {mint(claims{"acr": nil}), access.ReasonWeakAuthentication, true},
		"unknown strength":          {mint(claims{"acr": "aal22"}), access.ReasonWeakAuthentication, true},
		"bound, no certificate":     {mint(claims{"cnf": claims{"x5t#S256": "AAAA"}}), access.ReasonTokenBinding, true},
		"empty binding":             {mint(claims{"cnf": claims{"x5t#S256": ""}}), access.ReasonTokenBinding, true},
		"binding we cannot check":   {mint(claims{"cnf": claims{"jkt": "AAAA"}}), access.ReasonTokenBinding, true},
		"binding of another kind":   {mint(claims{"cnf": "AAAA"}), access.ReasonTokenBinding, true},
	} {
		t.Run(name, func(t *testing.T) {
			cred := access.Credentials{Authorization: bearer(c.token), Address: "192.0.2.7:1"}
			actor, err := w.auth.Authenticate(t.Context(), cred)
			// What is remembered of a token must not change the answer.
			again, errAgain := w.auth.Authenticate(t.Context(), cred)
			if again != actor || fmt.Sprint(errAgain) != fmt.Sprint(err) {
				t.Errorf("first %+v, %v; then %+v, %v", actor, err, again, errAgain)
			}
			if c.reason == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				if actor.Kind != access.KindPerson || actor.Subject != "spoc-33" || actor.Issuer != iss || actor.Force != "33" ||
					actor.Officer != access.OfficerVerified || actor.Collar == "" || actor.Address != "192.0.2.7:1" || actor.Roles&^access.RoleSPOC != 0 {
					t.Errorf("actor %+v", actor)
				}
				return
			}
			refusal := refused(t, err, c.reason)
			if denied := c.reason == access.ReasonForceNotGranted || c.reason == access.ReasonRoleNotGranted; refusal.Denied() != denied {
				t.Errorf("denied %t", refusal.Denied())
			}
			if refusal.Authenticated != c.genuine || refusal.Temporary {
				t.Errorf("refusal %+v", refusal)
			}
			if c.genuine != (refusal.Actor.Issuer != "" && refusal.Actor.Subject != "") {
				t.Errorf("the refusal says of whom: %+v", refusal.Actor)
			}
			if refusal.Actor.Roles != 0 || refusal.Actor.Address != "192.0.2.7:1" || actor != (access.Actor{}) {
				t.Errorf("refusal %+v, actor %+v", refusal.Actor, actor)
			}
		})
	}
}

// publicKey returns the PEM of an issuer's key, as an attacker could get it.
func (w *world) publicKey(login string) []byte {
	w.Helper()
	var set jose.JSONWebKeySet
	w.get(w.issuer(login)+"/jwks", &set)
	der, err := x509.MarshalPKIXPublicKey(set.Keys[0].Key)
	if err != nil {
		w.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func (w *world) get(url string, to any) {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), http.MethodGet, url, nil)
	if err != nil {
		w.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	err = errors.Join(json.NewDecoder(resp.Body).Decode(to), resp.Body.Close())
	if err != nil {
		w.Fatal(err)
	}
}

// selfSigned signs with a key of its own, which it brings along.
func (w *world) selfSigned(payload claims) string {
	w.Helper()
	i, err := w.root.Issue(pki.Leaf{Name: "x"})
	if err != nil {
		w.Fatal(err)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: i.TLS.PrivateKey},
		(&jose.SignerOptions{EmbedJWK: true}).WithType("at+jwt"))
	if err != nil {
		w.Fatal(err)
	}
	data, err := json.Marshal(payload)
	if err != nil {
		w.Fatal(err)
	}
	jws, err := s.Sign(data)
	if err != nil {
		w.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		w.Fatal(err)
	}
	return token
}

// The national auditor is of no force: an issuer that speaks for forces too cannot make
// one of a force's people, who would read every force's log as his own.
func TestAuditorsAreOfNoForce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issuers := w.idp.Issuers()
	for i := range issuers {
		if issuers[i].National {
			issuers[i].Forces = []string{"33"}
		}
	}
	auth, err := access.NewAuthenticator(access.Options{Issuers: issuers})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(changes claims) error {
		_, err := auth.Authenticate(t.Context(), access.Credentials{Authorization: bearer(w.mint("auditor", changes))})
		return err
	}
	if err := ask(nil); err != nil {
		t.Errorf("of no force: %v", err)
	}
	var refused *access.AuthError
	if err := ask(claims{"force": "33"}); !errors.As(err, &refused) || refused.Reason != access.ReasonRoleNotGranted {
		t.Errorf("of a force: %v", err)
	}
}
