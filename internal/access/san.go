package access

import (
	"crypto/x509"
	"net/url"
	"regexp"
)

var (
	forceCode  = regexp.MustCompile(`^[0-9]{2}$`)
	systemName = regexp.MustCompile(`^/([0-9]{2})/systems/([a-z0-9]+(?:-[a-z0-9]+)*)$`)
)

const maxSystemName = 63

// ValidForce reports whether the code has the form of a force code: two digits.
// Whether there is such a force is the directory's business.
func ValidForce(code string) bool { return forceCode.MatchString(code) }

// ParseSystemURI reads a name of the form register://forces/33/systems/crime,
// as it stands in a certificate. The system's name is of lower-case letters,
// digits and single hyphens between them, at most 63.
func ParseSystemURI(uri string) (force, system string, ok bool) {
	const prefix = "register://forces"
	if len(uri) > len(prefix)+len("/33/systems/")+maxSystemName || len(uri) < len(prefix) || uri[:len(prefix)] != prefix {
		return "", "", false
	}
	m := systemName.FindStringSubmatch(uri[len(prefix):])
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// systemOf returns the one register:// name of a certificate. A second URI of
// any kind is refused: which one was meant would be a guess.
func systemOf(cert *x509.Certificate) (uri, force, system string, ok bool) {
	if len(cert.URIs) != 1 {
		return "", "", "", false
	}
	u := cert.URIs[0]
	// url.Parse folds the scheme's case and decodes escapes; what it prints
	// again is strict enough only if nothing was hidden in other parts.
	if u.User != nil || u.Opaque != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.RawFragment != "" || u.RawPath != "" {
		return "", "", "", false
	}
	uri = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	force, system, ok = ParseSystemURI(uri)
	return uri, force, system, ok
}
