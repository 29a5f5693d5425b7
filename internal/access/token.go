package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// leeway is how far the issuer's clock may be from ours.
const leeway = 30 * time.Second

// algorithms are the accepted signatures: asymmetric ones only.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.EdDSA}

var algorithmNames = []string{oidc.RS256, oidc.ES256, oidc.EdDSA}

// token returns the person behind an access token (RFC 9068). fingerprint is
// that of the client certificate of the connection; empty if there is none.
func (a *Authenticator) token(ctx context.Context, raw, fingerprint string) (Actor, *AuthError) {
	i, claims, refusal := a.verified(ctx, raw)
	if refusal != nil {
		return Actor{}, refusal
	}
	if refusal := i.checkTimes(claims, a.now()); refusal != nil {
		return Actor{}, refusal
	}
	actor, refusal := i.person(claims)
	if refusal != nil {
		return Actor{}, refusal
	}
	if !bound(claims, fingerprint) {
		return Actor{}, refuseActor(ReasonTokenBinding, actor)
	}
	return actor, nil
}

// verified returns the claims of a token with the issuer that signed it for us.
func (a *Authenticator) verified(ctx context.Context, raw string) (*issuer, tokenClaims, *AuthError) {
	sum := sha256.Sum256([]byte(raw))
	known, hit := a.tokens.get(sum)
	i := known.issuer
	if !hit {
		var refusal *AuthError
		if i, refusal = a.issuerOf(raw); refusal != nil {
			return nil, tokenClaims{}, refusal
		}
	}
	set, err := i.keySet(ctx)
	if err != nil {
		return nil, tokenClaims{}, unavailable(err)
	}
	if hit && known.keys == set {
		return i, known.claims, nil
	}
	claims, refusal := i.verify(ctx, set, raw)
	if refusal == nil {
		a.tokens.put(sum, verifiedToken{i, set, claims})
	}
	return i, claims, refusal
}

// issuerOf finds the configured issuer from what the token says before it is
// verified; verify then holds the token to that.
func (a *Authenticator) issuerOf(raw string) (*issuer, *AuthError) {
	jws, err := jose.ParseSignedCompact(raw, algorithms)
	var algorithm *jose.ErrUnexpectedSignatureAlgorithm
	switch {
	case errors.As(err, &algorithm):
		return nil, refuse(ReasonTokenAlgorithm)
	case err != nil || len(jws.Signatures) != 1:
		return nil, refuse(ReasonTokenFormat)
	}
	// An ID token has another type: it proves a sign-in to a client, not a
	// right to call us (RFC 9068 section 4).
	typ, _ := jws.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string)
	if t := strings.ToLower(typ); t != "at+jwt" && t != "application/at+jwt" {
		return nil, refuse(ReasonTokenType)
	}
	claims, ok := parseClaims(jws.UnsafePayloadWithoutVerification())
	if !ok {
		return nil, refuse(ReasonTokenFormat)
	}
	i := a.issuers[claims.Issuer]
	if i == nil {
		return nil, refuse(ReasonTokenIssuer)
	}
	return i, nil
}

// verify checks signature, issuer and audience.
func (i *issuer) verify(ctx context.Context, set oidc.KeySet, raw string) (tokenClaims, *AuthError) {
	keys := &reportingKeys{KeySet: set}
	verifier := oidc.NewVerifier(i.config.URL, keys, &oidc.Config{
		SupportedSigningAlgs: algorithmNames,
		// Both are checked below, with our own leeway and reasons.
		SkipClientIDCheck: true, SkipExpiryCheck: true,
	})
	verified, err := verifier.Verify(ctx, raw)
	switch {
	case keys.unreachable != nil:
		return tokenClaims{}, unavailable(keys.unreachable)
	case err != nil:
		return tokenClaims{}, refuse(ReasonTokenSignature)
	}
	var payload json.RawMessage
	if err := verified.Claims(&payload); err != nil {
		return tokenClaims{}, refuse(ReasonTokenFormat)
	}
	claims, ok := parseClaims(payload)
	switch {
	case !ok:
		return tokenClaims{}, refuse(ReasonTokenFormat)
	case claims.Issuer != i.config.URL:
		return tokenClaims{}, refuse(ReasonTokenIssuer)
	case !slices.Contains(claims.Audience, i.config.Audience):
		return tokenClaims{}, refuse(ReasonTokenAudience)
	}
	return claims, nil
}

func (i *issuer) checkTimes(c tokenClaims, now time.Time) *AuthError {
	switch {
	case c.Expires.IsZero() || c.Issued.IsZero() || !c.Issued.Before(c.Expires):
		return refuse(ReasonTokenClaims)
	case c.Expires.Sub(c.Issued) > i.config.MaxLifetime:
		return refuse(ReasonTokenLifetime)
	case !now.Before(c.Expires.Add(leeway)):
		return refuse(ReasonTokenExpired)
	case c.Issued.After(now.Add(leeway)) || c.NotBefore.After(now.Add(leeway)):
		return refuse(ReasonTokenNotYetValid)
	}
	return nil
}

// subject bounds what goes from a token into the log.
var subject = regexp.MustCompile(`^[\x21-\x7e]{1,255}$`)

// person holds the verified claims to what this issuer may say.
func (i *issuer) person(c tokenClaims) (Actor, *AuthError) {
	if !subject.MatchString(c.Subject) || !subject.MatchString(c.ClientID) || c.ID == "" || c.Collar != "" && !ValidCollar(c.Collar) {
		return Actor{}, refuse(ReasonTokenClaims)
	}
	actor := Actor{
		Kind: KindPerson, Subject: c.Subject, Issuer: i.config.URL, Collar: c.Collar,
		Client: c.ClientID, Officer: OfficerVerified, Profile: c.Profile, Expires: c.Expires,
	}
	if meets := i.strong[c.ACR]; meets != "" { // another is unbounded text, and would stand in the log
		actor.ACR, actor.Strengths, actor.AuthTime = c.ACR, meets, c.Authenticated
	}
	if ValidForce(c.Force) {
		actor.Force = c.Force
	}
	if !i.forces[c.Force] && (c.Force != "" || !i.config.National) {
		return Actor{}, refuseActor(ReasonForceNotGranted, actor)
	}
	roles, err := ParseRoles(c.Roles...)
	if err != nil || roles&^i.roles != 0 || roles.Has(RoleAuditor) && c.Force != "" {
		return Actor{}, refuseActor(ReasonRoleNotGranted, actor)
	}
	if actor.ACR == "" {
		return Actor{}, refuseActor(ReasonWeakAuthentication, actor)
	}
	actor.Roles = roles
	return actor, nil
}

// bound applies RFC 8705 section 3: a bound token counts only over its
// certificate, and over a certificate only a token bound to it counts. Any
// other confirmation method is one we cannot check.
func bound(c tokenClaims, fingerprint string) bool {
	if !c.Confirmed {
		return fingerprint == ""
	}
	return c.Fingerprint != "" && subtle.ConstantTimeCompare([]byte(c.Fingerprint), []byte(fingerprint)) == 1
}

type tokenClaims struct {
	Issuer, Subject, ClientID, ID, ACR, Force, Collar string
	Audience, Roles                                   []string
	Expires, Issued, NotBefore, Authenticated         time.Time
	// Confirmed says that there is a cnf claim; Fingerprint is its x5t#S256,
	// empty if it says anything else.
	Confirmed   bool
	Fingerprint string
	Profile     Profile
}

// parseClaims reads the claims by their exact names: encoding/json alone would
// also take "Roles" for "roles".
func parseClaims(payload []byte) (tokenClaims, bool) {
	var all map[string]json.RawMessage
	if json.Unmarshal(payload, &all) != nil {
		return tokenClaims{}, false
	}
	var (
		c  tokenClaims
		ok = true
	)
	read := func(name string, to any) {
		if raw, found := all[name]; found && ok {
			ok = json.Unmarshal(raw, to) == nil
		}
	}
	for name, to := range map[string]*string{
		"iss": &c.Issuer, "sub": &c.Subject, "client_id": &c.ClientID, "jti": &c.ID,
		"acr": &c.ACR, "force": &c.Force, "collar": &c.Collar,
		"name": &c.Profile.Name, "birthdate": &c.Profile.BirthDate,
		"email": &c.Profile.Email, "phone_number": &c.Profile.Phone,
	} {
		read(name, to)
	}
	read("roles", &c.Roles)
	read("aud", (*oneOrMore)(&c.Audience))
	for name, to := range map[string]*time.Time{"exp": &c.Expires, "iat": &c.Issued, "nbf": &c.NotBefore, "auth_time": &c.Authenticated} {
		read(name, (*numericDate)(to))
	}
	var cnf map[string]string
	if raw, found := all["cnf"]; found {
		c.Confirmed = true
		if json.Unmarshal(raw, &cnf) == nil && len(cnf) == 1 {
			c.Fingerprint = cnf["x5t#S256"]
		}
	}
	return c, ok
}

// oneOrMore is a string or a list of them (RFC 7519 section 4.1.3).
type oneOrMore []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMore) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	var more []string
	err := json.Unmarshal(b, &more)
	*o = more
	return err
}

// numericDate is seconds since 1970, not necessarily whole (RFC 7519 section 2).
type numericDate time.Time

// UnmarshalJSON implements json.Unmarshaler.
func (d *numericDate) UnmarshalJSON(b []byte) error {
	var s float64
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s <= 0 || s > 253402300799 { // the end of the year 9999
		return errors.New("out of range")
	}
	*d = numericDate(time.Unix(int64(math.Floor(s)), 0))
	return nil
}
