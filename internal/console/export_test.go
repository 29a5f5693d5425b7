package console

// Patterns are the patterns of all pages of those who are signed in.
func Patterns() []string {
	var c *Console
	var out []string
	for _, r := range c.routes() {
		out = append(out, r.pattern)
	}
	return out
}
