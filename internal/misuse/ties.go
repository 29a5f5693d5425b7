package misuse

import "slices"

// Tie is what binds two members of staff, so that neither may judge the other's use.
type Tie string

// The ties, the closest first.
const (
	// TieNone says that nothing known binds them.
	TieNone Tie = ""
	// TieSelf says that they are one.
	TieSelf Tie = "himself"
	// TieClose says that one has declared the other to be close to him, or that they
	// have a telephone or an e-mail address in common.
	TieClose Tie = "somebody close to him"
	// TieLine says that one is above the other in the line of management.
	TieLine Tie = "somebody in his line of management"
	// TieUnit says that they are of one unit.
	TieUnit Tie = "a member of his own unit"
)

// maxLine bounds how far up a line of management is followed; a circle ends too.
const maxLine = 16

// TieBetween says what binds two members of staff, by what forces have told of them.
// fact is what was told of a subject, nil when nothing was.
func TieBetween(a, b *Staff, fact func(subject string) *Staff) Tie {
	switch {
	case a.Subject == b.Subject && a.Subject != "":
		return TieSelf
	case overlap(a.Identity, b.Identity) || overlap(a.Associates, b.Identity) || overlap(b.Associates, a.Identity):
		return TieClose
	case slices.Contains(line(a, fact), b.Subject) || slices.Contains(line(b, fact), a.Subject):
		return TieLine
	case a.Unit != 0 && a.Unit == b.Unit && a.Force == b.Force:
		return TieUnit
	}
	return TieNone
}

// line are the subjects above a member, the nearest first.
func line(s *Staff, fact func(subject string) *Staff) []string {
	var out []string
	for s != nil && s.Manager != "" && len(out) < maxLine && !slices.Contains(out, s.Manager) {
		out = append(out, s.Manager)
		s = fact(s.Manager)
	}
	return out
}

// Placed reports whether enough was told of a member to say in whose line he is.
func (s *Staff) Placed() bool { return s.Unit != 0 || s.Manager != "" }

// member is what was told of whoever made an event: by his sign-in, or else by the
// collar number under which his force knows him.
func (f *Facts) member(ev *Event) *Staff {
	if s := f.staff[ev.Actor]; s != nil || ev.Collar == "" {
		return s
	}
	return f.staff[f.collars[collar{ev.Force, ev.Collar}]]
}

// oversees reports whether a member is of his force's professional standards
// department, or above somebody of it: its members cannot judge him.
func (f *Facts) oversees(s *Staff) bool {
	if s == nil {
		return false
	}
	if s.Standards {
		return true
	}
	for subject := range f.standards[s.Force] {
		if slices.Contains(line(f.staff[subject], func(subject string) *Staff { return f.staff[subject] }), s.Subject) {
			return true
		}
	}
	return false
}
