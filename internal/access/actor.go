package access

import "time"

// Kind says what sort of caller an Actor is.
type Kind string

// The kinds of actor.
const (
	// KindPerson is a named member of staff, proved by an access token.
	KindPerson Kind = "person"
	// KindSystem is a force's crime system, proved by a client certificate.
	KindSystem Kind = "system"
	// KindAnonymous is a caller who proved nothing; only refusals carry it.
	KindAnonymous Kind = "anonymous"
)

// Officer says how the officer behind a call is known.
type Officer string

// How an officer is known.
const (
	// OfficerNone means that no officer was named.
	OfficerNone Officer = ""
	// OfficerVerified means that the officer's own access token was presented.
	OfficerVerified Officer = "verified"
	// OfficerAsserted means that a force system named the officer and nothing
	// proves it.
	OfficerAsserted Officer = "asserted"
)

// Actor is an authenticated caller. It is a plain value: copying it is safe.
type Actor struct {
	// Kind is person or system.
	Kind Kind
	// Subject is the token's sub for a person, unique within Issuer, and the
	// certificate's register:// name for a system.
	Subject string
	// Issuer is the token's issuer URL; empty for a system alone.
	Issuer string
	// Force is the two-digit force code; empty for national actors.
	Force string
	// Collar is the officer's collar number, if one is known.
	Collar string
	// Officer says whether Collar is verified or asserted.
	Officer Officer
	// Roles are the actor's roles. A person's come from the token; a call over
	// a force system's certificate has RoleSystem too.
	Roles Roles
	// Expires is when the token expires; zero for a system alone.
	Expires time.Time
	// ACR is the token's authentication strength; empty for a system alone.
	ACR string
	// Strengths are the strengths of authentication that the sign-in meets: the
	// issuer's from the weakest to ACR, separated by spaces.
	Strengths string
	// AuthTime is when the person signed in (the claim auth_time); zero when the
	// token does not say.
	AuthTime time.Time
	// Client is the OpenID Connect client of the token, or the system's name.
	Client string
	// System is the name of the force system whose certificate was presented.
	System string
	// Fingerprint is the base64url SHA-256 of the client certificate, as in
	// the x5t#S256 confirmation of RFC 8705; empty without a certificate.
	Fingerprint string
	// Address is the caller's remote address, as given to the Authenticator.
	Address string
	// Profile is who the token says the person is, as far as it says so. It is
	// compared with what is searched for, and never logged.
	Profile Profile
}

// Profile is a person's own details, from the standard OpenID Connect claims
// of the access token. All are optional.
type Profile struct {
	// Name is the full name.
	Name string
	// BirthDate is YYYY-MM-DD.
	BirthDate string
	// Email and Phone are the person's own.
	Email, Phone string
}
