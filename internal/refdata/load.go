package refdata

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed data/*.csv
var builtIn embed.FS

// Default returns the built-in lists. It panics only if they are faulty, which the
// package's tests rule out.
var Default = sync.OnceValue(func() *Set {
	s, err := Load(nil)
	if err != nil {
		panic(err)
	}
	return s
})

// Load reads the built-in lists, each replaced by the file of the same name in
// override where there is one; override may be nil. It reports every fault of every
// file at once.
func Load(override fs.FS) (*Set, error) {
	l := loader{override: override}
	s := &Set{lists: map[List]table[Item]{}, aliases: map[string]string{}}
	l.unknownFiles()

	// Warnings come first: behaviours and offences refer to them.
	s.warnings = read(&l, "warnings", []string{"gravity"}, func(r row) (string, Warning) {
		return r.code, Warning{Item: r.item(), Gravity: r.number("gravity", 1, 100)}
	})
	s.warnings.sort(func(w Warning) string { return w.Code }, func(a, b Warning) int {
		return cmp.Or(b.Gravity-a.Gravity, strings.Compare(a.Code, b.Code))
	})
	warnings := func(r row) []string {
		return r.words("warnings", func(w string) bool { _, ok := s.warnings.at[w]; return ok })
	}

	s.forces = readForces(&l, s.aliases)
	s.offences = read(&l, "offences", []string{"scheme", "jurisdiction", "act", "from", "to", "kind", "unverified", "warnings"},
		func(r row) (string, Offence) {
			o := Offence{
				Item:         r.item(),
				Scheme:       r.oneOf("scheme", "CJS", "HO", "LOCAL"),
				Jurisdiction: r.oneOf("jurisdiction", "england and wales", "scotland", "northern ireland", "united kingdom"),
				Act:          r.get("act"),
				From:         r.date("from"),
				To:           r.date("to"),
				Kind: r.oneOf("kind", "stalking", "harassment", "breach", "coercion", "communications",
					"property", "violence", "sexual", "other"),
				Unverified: r.flag("unverified"),
				Warnings:   warnings(r),
			}
			if o.To != "" && o.To < o.From {
				r.fault("to", "must not be before from")
			}
			return r.code, o
		})
	ordinals := map[uint8]bool{}
	s.behaviours = read(&l, "behaviours", []string{"ordinal", "statute", "warnings"}, func(r row) (string, Behaviour) {
		b := Behaviour{
			Item:     r.item(),
			Ordinal:  uint8(r.number("ordinal", 0, 63)), // #nosec G115 -- number bounds it
			Statute:  r.flag("statute"),
			Warnings: warnings(r),
		}
		if ordinals[b.Ordinal] {
			r.fault("ordinal", "must not be used twice")
		}
		ordinals[b.Ordinal] = true
		return r.code, b
	})
	s.behaviours.sort(func(b Behaviour) string { return b.Code }, func(a, b Behaviour) int {
		return int(a.Ordinal) - int(b.Ordinal)
	})
	s.standings = read(&l, "standings", []string{"counts", "convicts"}, func(r row) (string, Standing) {
		st := Standing{Item: r.item(), Counts: r.flag("counts"), Convicts: r.flag("convicts")}
		if st.Convicts && !st.Counts {
			r.fault("convicts", "needs counts")
		}
		return r.code, st
	})
	s.assessments = read(&l, "assessments", []string{"counts"}, func(r row) (string, Assessment) {
		return r.code, Assessment{Item: r.item(), Counts: r.flag("counts")}
	})
	s.reasons = read(&l, "reasons", []string{"needs_reference"}, func(r row) (string, Reason) {
		return r.code, Reason{Item: r.item(), NeedsReference: r.flag("needs_reference")}
	})
	for _, list := range PlainLists() {
		s.lists[list] = read(&l, string(list), nil, func(r row) (string, Item) { return r.code, r.item() })
	}
	loadConduct(&l, s)
	if err := errors.Join(l.faults...); err != nil {
		return nil, fmt.Errorf("reference data: %w", err)
	}
	return s, nil
}

func readForces(l *loader, aliases map[string]string) table[Force] {
	forces := read(l, "forces", []string{"name", "kind", "nation", "aliases"}, func(r row) (string, Force) {
		f := Force{
			Code:    r.code,
			Name:    r.required("name"),
			Kind:    r.oneOf("kind", "territorial", "national", "special", "agency"),
			Nation:  r.oneOf("nation", "england", "wales", "scotland", "northern ireland", "united kingdom"),
			Aliases: r.words("aliases", isForceCode),
			Retired: r.flag("retired"),
		}
		if !isForceCode(f.Code) {
			r.fault("code", "must be two capital letters or digits")
		}
		for _, a := range f.Aliases {
			if _, taken := aliases[a]; taken {
				r.fault("aliases", "must not be used twice")
			}
			aliases[a] = f.Code
		}
		return f.Code, f
	})
	for _, f := range forces.rows {
		if _, taken := aliases[f.Code]; taken {
			l.fault("forces", "code %s is also an alias", f.Code)
		}
	}
	forces.sort(func(f Force) string { return f.Code }, func(a, b Force) int { return strings.Compare(a.Code, b.Code) })
	return forces
}

func isForceCode(code string) bool {
	return len(code) == 2 && !strings.ContainsFunc(code, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z')
	})
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// files are the names of all lists, without ".csv".
func files() []string {
	names := []string{"warnings", "forces", "offences", "behaviours", "standings", "assessments", "reasons",
		"measures", "conditions", "actions", "statements", "gravities", "rank-weights", "recording-rules", "tools", "questions", "ladder", "guidance"}
	for _, l := range PlainLists() {
		names = append(names, string(l))
	}
	slices.Sort(names)
	return names
}
