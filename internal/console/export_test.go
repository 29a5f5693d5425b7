package console

import "strings"

// Patterns are the patterns of all pages of those who are signed in.
func Patterns() []string {
	var c *Console
	var out []string
	for _, r := range c.routes() {
		out = append(out, r.pattern)
	}
	return out
}

// Pages are the paths of all pages that can be looked at, before the sign-in too.
func Pages() []string {
	var c *Console
	out := []string{"/sign-in", "/signed-out"}
	for _, r := range c.routes() {
		// The first page leads on to another; what a page asks for by itself is no page.
		if path, get := strings.CutPrefix(r.pattern, "GET "); get && !r.quiet && path != "/{$}" {
			out = append(out, path)
		}
	}
	return out
}
