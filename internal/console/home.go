package console

import "slices"

// home leads each role to where its work is.
func (c *Console) home(v *visit) error {
	for _, first := range []struct{ role, path string }{
		{"psd", "/cases"}, {"auditor", "/cases"}, {"admin", "/administration"}, {"spoc", "/work"}, {"supervisor", "/work"},
	} {
		if slices.Contains(v.s.data.Roles, first.role) && c.serves(first.path) {
			return v.seeOther(first.path)
		}
	}
	f := c.frameOf(v.s, "/", "")
	if len(f.Nav) == 0 {
		c.problem(v.w, v.s, 403, notAllowed)
		return nil
	}
	return v.seeOther(f.Nav[0].Path)
}
