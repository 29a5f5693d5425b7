package access

// Reason is a short stable code that says why a caller was not authenticated.
// It is safe to show to the caller and to log.
type Reason string

// The reasons. Those of the second group come only with AuthError.Authenticated;
// those of the first too, over a good certificate.
const (
	ReasonCredentialsMissing  Reason = "credentials_missing"
	ReasonAuthorizationFormat Reason = "authorization_format"
	ReasonTokenFormat         Reason = "token_format"
	ReasonTokenType           Reason = "token_type"
	ReasonTokenAlgorithm      Reason = "token_algorithm"
	ReasonTokenIssuer         Reason = "token_issuer"
	ReasonTokenSignature      Reason = "token_signature"
	ReasonTokenAudience       Reason = "token_audience"
	ReasonTokenExpired        Reason = "token_expired"
	ReasonTokenNotYetValid    Reason = "token_not_yet_valid"
	ReasonTokenLifetime       Reason = "token_lifetime"
	ReasonTokenClaims         Reason = "token_claims"
	ReasonIssuerUnavailable   Reason = "issuer_unavailable"
	ReasonCertificateName     Reason = "certificate_name"
	ReasonCertificateChain    Reason = "certificate_chain"
	ReasonCertificateRevoked  Reason = "certificate_revoked"
	ReasonRevocationUnknown   Reason = "revocation_unknown"
	ReasonOfficerFormat       Reason = "officer_format"

	// ReasonForceNotGranted: the issuer may not speak for the claimed force.
	ReasonForceNotGranted Reason = "force_not_granted"
	// ReasonRoleNotGranted: the issuer may not grant a claimed role.
	ReasonRoleNotGranted Reason = "role_not_granted"
	// ReasonWeakAuthentication: the user signed in less strongly than needed.
	ReasonWeakAuthentication Reason = "weak_authentication"
	// ReasonTokenBinding: the token is not bound to the certificate presented.
	ReasonTokenBinding Reason = "token_binding"
	// ReasonForceMismatch: token and certificate name different forces.
	ReasonForceMismatch Reason = "force_mismatch"
	// ReasonOfficerConflict: register-officer names someone else than the token.
	ReasonOfficerConflict Reason = "officer_conflict"
)

// AuthError says why a caller was refused. Its text says what the reason means,
// and holds nothing of a token or a certificate.
type AuthError struct {
	// Reason is the code.
	Reason Reason
	// Authenticated is true when it is known who is refused: a genuine token
	// claims what it may not, or a force system brought something bad over its
	// good certificate. The refusal is to be logged by itself. False: aggregate
	// it per source.
	Authenticated bool
	// Actor is who is refused: when Authenticated, the token's subject with its
	// issuer and claimed force, or the system; else Kind anonymous. Address is
	// always set. It carries no roles and must never be used to grant anything.
	Actor Actor
	// Temporary is true when the same credential may succeed later (the
	// issuer's keys could not be fetched): answer UNAVAILABLE. It excludes
	// Authenticated.
	Temporary bool
	// cause is for tests and debugging by errors.Is; it is never printed.
	cause error
}

// Denied reports whether the proof was good but claims what it may not: answer
// PERMISSION_DENIED. Any other refusal, unless Temporary, is UNAUTHENTICATED:
// better proof may succeed.
func (e *AuthError) Denied() bool {
	switch e.Reason {
	case ReasonForceNotGranted, ReasonRoleNotGranted, ReasonForceMismatch, ReasonOfficerConflict:
		return true
	default:
		return false
	}
}

// Error says in words what the reason code means.
func (e *AuthError) Error() string {
	if e.Denied() {
		return "not allowed: " + reasonWords[e.Reason]
	}
	return "not authenticated: " + reasonWords[e.Reason]
}

// reasonWords say what each reason means to whoever must mend it, and nothing of what
// was presented. docs/api.md has them too.
var reasonWords = map[Reason]string{
	ReasonCredentialsMissing:  "send an access token, or call with a client certificate",
	ReasonAuthorizationFormat: "the authorization header must be one, of the form \"Bearer TOKEN\"",
	ReasonTokenFormat:         "the token is not a signed JWT in compact form",
	ReasonTokenType:           "the token is not an access token (its type must be at+jwt): an ID token proves nothing here",
	ReasonTokenAlgorithm:      "the token is not signed by RS256, ES256 or EdDSA",
	ReasonTokenIssuer:         "the token is of an issuer that the register does not know",
	ReasonTokenSignature:      "the token's signature is not its issuer's",
	ReasonTokenAudience:       "the token is for another service: its audience is not the register",
	ReasonTokenExpired:        "the token has expired: sign in again",
	ReasonTokenNotYetValid:    "the token is not valid yet: compare the clocks",
	ReasonTokenLifetime:       "the token lives longer than the register allows",
	ReasonTokenClaims:         "the token lacks a claim, or one has not the form that it must have",
	ReasonIssuerUnavailable:   "the token's issuer cannot be reached",
	ReasonCertificateName:     "the client certificate must have one URI name, such as register://forces/33/systems/niche",
	ReasonCertificateChain:    "the client certificate does not lead to an authority that the register trusts, or is out of date",
	ReasonCertificateRevoked:  "the client certificate is revoked",
	ReasonRevocationUnknown:   "an authority of the client certificate has no current revocation list at the register",
	ReasonOfficerFormat:       "the register-officer header must be one, a collar number of at most 16 letters and digits",
	ReasonForceNotGranted:     "the token's issuer may not speak for the force that it names",
	ReasonRoleNotGranted:      "the token names a role that its issuer may not grant",
	ReasonWeakAuthentication:  "the sign-in was not strong enough",
	ReasonTokenBinding:        "the token is bound to another certificate than the call's, or the call's is one that it is not bound to",
	ReasonForceMismatch:       "token and certificate are of different forces",
	ReasonOfficerConflict:     "the register-officer header names somebody else than the token",
}

// Unwrap returns the cause, if any. Do not show it to callers.
func (e *AuthError) Unwrap() error { return e.cause }

func refuse(r Reason) *AuthError { return &AuthError{Reason: r} }

// refuseActor is for a genuine credential that claims what it may not.
func refuseActor(r Reason, a Actor) *AuthError {
	a.Roles = 0
	return &AuthError{Reason: r, Authenticated: true, Actor: a}
}

func unavailable(cause error) *AuthError {
	return &AuthError{Reason: ReasonIssuerUnavailable, Temporary: true, cause: cause}
}
