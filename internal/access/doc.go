// Package access answers two questions about every call: who is making it
// (client certificates and OpenID Connect access tokens, see Authenticator)
// and what that actor may do (a casbin policy compiled into a table, see
// Policy). It holds no personal data beyond the caller's own staff identity,
// and none of its errors contain token content.
package access
