package access_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/devstack/pki"
)

func TestCertificatesAndOfficers(t *testing.T) {
	w := newWorld(t)
	crime := w.peer("register://forces/33/systems/crime")
	other := w.peer("register://forces/33/systems/custody")
	unverified := &tls.ConnectionState{PeerCertificates: crime.PeerCertificates}
	expired, err := w.root.Issue(pki.Leaf{URIs: []string{"register://forces/33/systems/crime"}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	ranOut := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{expired.Cert}, VerifiedChains: [][]*x509.Certificate{{expired.Cert, w.root.Cert}}}
	bound := w.mint("investigator-33", claims{"cnf": binding(crime)})
	collar := "33101" // of investigator-33

	for name, c := range map[string]struct {
		state   *tls.ConnectionState
		token   string
		officer []string
		reason  access.Reason
		want    access.Actor
	}{
		"nothing":                         {reason: access.ReasonCredentialsMissing},
		"TLS without certificate":         {state: &tls.ConnectionState{}, reason: access.ReasonCredentialsMissing},
		"officer alone":                   {officer: []string{"1234"}, reason: access.ReasonCredentialsMissing},
		"system":                          {state: crime, want: access.Actor{Kind: access.KindSystem, Roles: access.RoleSystem}},
		"system, officer asserted":        {state: crime, officer: []string{"1234"}, want: access.Actor{Kind: access.KindSystem, Roles: access.RoleSystem, Collar: "1234", Officer: access.OfficerAsserted}},
		"system, two officers":            {state: crime, officer: []string{"1234", "1235"}, reason: access.ReasonOfficerFormat},
		"system, officer empty":           {state: crime, officer: []string{""}, reason: access.ReasonOfficerFormat},
		"system, officer ill-formed":      {state: crime, officer: []string{"Jo Bloggs"}, reason: access.ReasonOfficerFormat},
		"system, officer endless":         {state: crime, officer: []string{strings.Repeat("1", 17)}, reason: access.ReasonOfficerFormat},
		"chain not verified":              {state: unverified, reason: access.ReasonCertificateChain},
		"certificate ran out since":       {state: ranOut, reason: access.ReasonCertificateChain},
		"no URI":                          {state: w.peer(), reason: access.ReasonCertificateName},
		"two URIs":                        {state: w.peer("register://forces/33/systems/crime", "register://forces/10/systems/crime"), reason: access.ReasonCertificateName},
		"foreign URI":                     {state: w.peer("spiffe://forces/33/systems/crime"), reason: access.ReasonCertificateName},
		"a foreign URI more":              {state: w.peer("register://forces/33/systems/crime", "spiffe://x/y"), reason: access.ReasonCertificateName},
		"URI with query":                  {state: w.peer("register://forces/33/systems/crime?as=psd"), reason: access.ReasonCertificateName},
		"URI with fragment":               {state: w.peer("register://forces/33/systems/crime#x"), reason: access.ReasonCertificateName},
		"URI with user":                   {state: w.peer("register://root@forces/33/systems/crime"), reason: access.ReasonCertificateName},
		"URI with port":                   {state: w.peer("register://forces:33/33/systems/crime"), reason: access.ReasonCertificateName},
		"URI with escapes":                {state: w.peer("register://forces/33/systems/cr%69me"), reason: access.ReasonCertificateName},
		"URI with escaped slash":          {state: w.peer("register://forces/33%2Fsystems/crime"), reason: access.ReasonCertificateName},
		"URI of three digits":             {state: w.peer("register://forces/333/systems/crime"), reason: access.ReasonCertificateName},
		"officer verified over a system":  {state: crime, token: bound, want: access.Actor{Kind: access.KindPerson, Roles: access.RoleSystem | access.RoleInvestigator, Collar: collar, Officer: access.OfficerVerified}},
		"officer verified and asserted":   {state: crime, token: bound, officer: []string{collar}, want: access.Actor{Kind: access.KindPerson, Roles: access.RoleSystem | access.RoleInvestigator, Collar: collar, Officer: access.OfficerVerified}},
		"officer other than the token's":  {state: crime, token: bound, officer: []string{"9999"}, reason: access.ReasonOfficerConflict},
		"unbound token over certificate":  {state: crime, token: w.mint("investigator-33", nil), reason: access.ReasonTokenBinding},
		"token bound to another":          {state: other, token: bound, reason: access.ReasonTokenBinding},
		"bound token, no certificate":     {token: bound, reason: access.ReasonTokenBinding},
		"token of another force":          {state: crime, token: w.mint("investigator-10", claims{"cnf": binding(crime)}), reason: access.ReasonForceMismatch},
		"national token over a system":    {state: crime, token: w.mint("auditor", claims{"cnf": binding(crime)}), reason: access.ReasonForceMismatch},
		"bad token is not made a system":  {state: crime, token: "garbage", reason: access.ReasonTokenFormat},
		"bad certificate, good token":     {state: w.peer(), token: bound, reason: access.ReasonCertificateName},
		"someone else's collar, no cert":  {token: w.mint("spoc-33", nil), officer: []string{"1"}, reason: access.ReasonOfficerConflict},
		"a collar for who has none":       {token: w.mint("auditor", nil), officer: []string{"1"}, reason: access.ReasonOfficerConflict},
		"two confirmations, one the cert": {state: crime, token: w.mint("investigator-33", claims{"cnf": claims{"x5t#S256": access.Fingerprint(crime.PeerCertificates[0]), "jkt": "A"}}), reason: access.ReasonTokenBinding},
	} {
		t.Run(name, func(t *testing.T) {
			cred := access.Credentials{TLS: c.state, Officer: c.officer, Address: "192.0.2.7:1"}
			if c.token != "" {
				cred.Authorization = bearer(c.token)
			}
			actor, err := w.auth.Authenticate(t.Context(), cred)
			if c.reason != "" {
				refusal := refused(t, err, c.reason)
				// What comes over a good certificate is never anonymous.
				if good := c.state == crime || c.state == other; good && !(refusal.Authenticated && refusal.Actor.Force != "" && refusal.Actor.Roles == 0) && c.reason != access.ReasonForceMismatch {
					t.Errorf("refusal %+v", refusal)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if actor.Kind != c.want.Kind || actor.Roles != c.want.Roles || actor.Collar != c.want.Collar || actor.Officer != c.want.Officer ||
				actor.Force != "33" || actor.System != "crime" || actor.Fingerprint != access.Fingerprint(crime.PeerCertificates[0]) {
				t.Errorf("actor %+v", actor)
			}
		})
	}
}

func TestAuthorizationHeader(t *testing.T) {
	w := newWorld(t)
	good := w.mint("psd-33", nil)
	for name, c := range map[string]struct {
		values []string
		reason access.Reason
	}{
		"lower case":      {[]string{"bearer " + good}, ""},
		"upper case":      {[]string{"BEARER " + good}, ""},
		"twice":           {[]string{"Bearer " + good, "Bearer " + good}, access.ReasonAuthorizationFormat},
		"empty":           {[]string{""}, access.ReasonAuthorizationFormat},
		"scheme only":     {[]string{"Bearer"}, access.ReasonAuthorizationFormat},
		"no token":        {[]string{"Bearer "}, access.ReasonAuthorizationFormat},
		"no scheme":       {[]string{good}, access.ReasonAuthorizationFormat},
		"two spaces":      {[]string{"Bearer  " + good}, access.ReasonTokenFormat},
		"space after":     {[]string{"Bearer " + good + " "}, access.ReasonTokenFormat},
		"tab":             {[]string{"Bearer\t" + good}, access.ReasonAuthorizationFormat},
		"line end":        {[]string{"Bearer " + good + "\n"}, access.ReasonTokenFormat},
		"basic":           {[]string{"Basic YTpi"}, access.ReasonAuthorizationFormat},
		"dpop":            {[]string{"DPoP " + good}, access.ReasonAuthorizationFormat},
		"two tokens":      {[]string{"Bearer " + good + "," + good}, access.ReasonTokenFormat},
		"endless":         {[]string{"Bearer " + strings.Repeat("a", 9<<10)}, access.ReasonAuthorizationFormat},
		"padded base64":   {[]string{"Bearer " + good + "="}, access.ReasonTokenFormat},
		"JSON serialised": {[]string{`Bearer {"payload":"","signatures":[]}`}, access.ReasonTokenFormat},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.auth.Authenticate(t.Context(), access.Credentials{Authorization: c.values})
			if c.reason == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if refusal := refused(t, err, c.reason); refusal.Authenticated || refusal.Actor.Kind != access.KindAnonymous {
				t.Errorf("refusal %+v", refusal)
			}
		})
	}
}

func TestRefusalsShowNothingOfTheToken(t *testing.T) {
	w := newWorld(t)
	const canary = "canary-7d1f"
	for _, token := range []string{
		w.mint("spoc-33", claims{"iss": canary}), w.mint("spoc-33", claims{"aud": canary}), w.mint("spoc-33", claims{"force": canary}),
		w.mint("spoc-33", claims{"roles": []string{canary}}), w.mint("spoc-33", claims{"acr": canary}), w.mint("spoc-33", claims{"collar": canary + canary}),
		w.mint("spoc-33", claims{"typ": canary}), canary + ".a.b", canary,
	} {
		_, err := w.auth.Authenticate(t.Context(), access.Credentials{Authorization: bearer(token)})
		var refusal *access.AuthError
		if !errors.As(err, &refusal) {
			t.Fatalf("not refused: %v", err)
		}
		if text := fmt.Sprintf("%v %+v %v", err, refusal.Actor, errors.Unwrap(err)); strings.Contains(text, canary) {
			t.Errorf("%s", text)
		}
	}
}
