package conduct

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

func lowerFirst(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	next, _ := utf8.DecodeRuneInString(s[n:])
	if unicode.IsUpper(next) {
		return s // an abbreviation
	}
	return string(unicode.ToLower(first)) + s[n:]
}

// protects says whether a measure is for the victim of a part: of one of its matters,
// or, naming none, of any matter of the same nominal.
func (e *reading) protects(m *Measure, p *part) bool {
	for _, x := range p.matters {
		if slices.Contains(m.Courses, x.ID) || (len(m.Courses) == 0 && m.Nominal == x.Nominal) {
			return true
		}
	}
	return false
}

// restrains says whether the measure is of a kind that protects anybody.
func (e *reading) restrains(m *Measure) bool {
	kind, ok := e.data.Measure(m.Kind)
	return !ok || kind.Protects
}

// measuredSince says whether a measure for the part was applied for or began since.
func (e *reading) measuredSince(p *part, since time.Time) bool {
	return slices.ContainsFunc(e.measures, func(m *Measure) bool {
		return (m.Status == "IN_FORCE" || m.Status == "APPLIED_FOR") && e.restrains(m) && e.protects(m, p) && !m.From.Before(since)
	})
}

// ended says when a measure ended, and whether it has.
func (e *reading) ended(m *Measure) (time.Time, bool) {
	at := m.Until
	switch m.Status {
	case "IN_FORCE", "":
		return at, !at.IsZero() && e.passed(at)
	case "EXPIRED", "DISCHARGED":
		if at.IsZero() {
			at = m.Recorded
		}
		return at, e.passed(at)
	}
	return time.Time{}, false
}

// replaced says whether another measure protects all the same when this one ends.
func (e *reading) replaced(m *Measure, end time.Time, appliedFor bool) bool {
	return slices.ContainsFunc(e.measures, func(o *Measure) bool {
		if o.ID == m.ID || !e.restrains(o) || !sameCourses(m, o) {
			return false
		}
		if o.Status == "APPLIED_FOR" {
			return appliedFor
		}
		return o.Status == "IN_FORCE" && (o.Until.IsZero() || o.Until.After(end)) && !o.From.After(end.Add(oneDay))
	})
}

func sameCourses(a, b *Measure) bool {
	if len(a.Courses) == 0 || len(b.Courses) == 0 {
		return a.Nominal == b.Nominal
	}
	return slices.ContainsFunc(a.Courses, func(c ID) bool { return slices.Contains(b.Courses, c) })
}

// notice is how long before its end a measure is said to be ending: as the kind says,
// and no more than half its length.
func (e *reading) notice(m *Measure) time.Duration {
	days := 7
	if kind, ok := e.data.Measure(m.Kind); ok {
		days = kind.NoticeDays
	}
	notice := time.Duration(days) * oneDay
	if !m.From.IsZero() && !m.Until.IsZero() {
		notice = min(notice, max(0, m.Until.Sub(m.From)/2))
	}
	return notice
}

// wanted says whether anything that the measure protects is still to be protected:
// not when all its matters count towards nothing or a court has decided them.
func (e *reading) wanted(m *Measure) bool {
	if len(m.Courses) == 0 {
		return true
	}
	found := false
	for _, x := range e.matters {
		if slices.Contains(m.Courses, x.ID) {
			found = true
			if x.counts && x.decided.IsZero() {
				return true
			}
		}
	}
	return !found
}

// partsOf are the parts that a measure protects.
func (e *reading) partsOf(m *Measure) []*part {
	var out []*part
	for _, p := range e.parts {
		if e.protects(m, p) {
			out = append(out, p)
		}
	}
	return out
}

// near says whether a coded place is one to keep away from, or lies in one or around
// it.
func near(home string, conditions []Condition) bool {
	return slices.ContainsFunc(conditions, func(c Condition) bool {
		return c.Code != "RESIDE_AT" && home != "" && c.Zone != "" && nearby(coded(home), coded(c.Zone))
	})
}

var (
	fullPostcode = regexp.MustCompile(`^([A-Z]{1,2}[0-9][0-9A-Z]?)[0-9][A-Z]{2}$`)
	gridSquare   = regexp.MustCompile(`^[A-Z]{2}([0-9]{2})+$`)
)

// coded is a coded place in one form: of a whole postcode its district.
func coded(zone string) string {
	z := strings.ToUpper(strings.Join(strings.Fields(zone), ""))
	if m := fullPostcode.FindStringSubmatch(z); m != nil {
		return m[1]
	}
	return z
}

func nearby(a, b string) bool {
	return a == b || gridSquare.MatchString(a) && gridSquare.MatchString(b) && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}
