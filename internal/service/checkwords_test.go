package service

import (
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/refdata"
)

// Nobody who errs is answered by a regular expression.
func TestEveryPatternHasWords(t *testing.T) {
	t.Parallel()
	methods, err := call.LoadMethods()
	if err != nil {
		t.Fatal(err)
	}
	patterns := map[string]bool{}
	seen := map[protoreflect.FullName]bool{}
	var walk func(protoreflect.MessageDescriptor)
	walk = func(d protoreflect.MessageDescriptor) {
		if seen[d.FullName()] {
			return
		}
		seen[d.FullName()] = true
		for i := range d.Fields().Len() {
			f := d.Fields().Get(i)
			rules, _ := proto.GetExtension(f.Options(), validate.E_Field).(*validate.FieldRules)
			for _, p := range []string{rules.GetString().GetPattern(), rules.GetRepeated().GetItems().GetString().GetPattern()} {
				if p != "" {
					patterns[p] = true
				}
			}
			if f.Message() != nil {
				walk(f.Message())
			}
		}
	}
	for _, m := range methods {
		walk(m.Descriptor.Input())
	}
	if len(patterns) < 40 {
		t.Fatalf("%d patterns", len(patterns))
	}
	for p := range patterns {
		if words := patternWords(p); strings.ContainsAny(words, `[]{}()^$\?*+`) {
			t.Errorf("%s is said as %q", p, words)
		}
	}
	for pattern, want := range map[string]string{
		"^forces/[0-9]{2}$":                           "must have the form forces/33",
		"^(forces/[0-9]{2}/nominals/[0-9a-f-]{36})?$": "must have the form forces/33/nominals/0198…",
		"^(forces/[0-9]{2}/(alerts|links)/[0-9a-f-]{36}|searches/[0-9a-f-]{36}/candidates/[0-9]{1,2})$": "must have the form forces/33/alerts/0198… or searches/0198…/candidates/1",
		"^forces/([0-9]{2}|-)/readings/[0-9]{1,18}$":                                                    "must have the form forces/33/readings/1, or forces/- where no one force is meant",
	} {
		if got := patternWords(pattern); got != want || !patterns[pattern] {
			t.Errorf("%s is said as %q, want %q", pattern, got, want)
		}
	}
}

// A reason of blanks is none, control characters are no text, and what is missing is
// told once, in words.
func TestTexts(t *testing.T) {
	t.Parallel()
	ref, err := refdata.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	methods, err := call.LoadMethods()
	if err != nil {
		t.Fatal(err)
	}
	check, err := NewChecker(ref, methods)
	if err != nil {
		t.Fatal(err)
	}
	search := func(s *registerv1.Search) proto.Message { return &registerv1.CreateSearchRequest{Search: s} }
	who := &registerv1.SearchCriteria{Names: []*registerv1.PersonName{{Full: "Ada Quill"}}}
	for name, c := range map[string]struct {
		request proto.Message
		want    string // empty: it is sound
	}{
		"sound":               {search(&registerv1.Search{Reason: "CRIME_INVESTIGATION", Reference: "33/1", Criteria: who}), ""},
		"line breaks":         {search(&registerv1.Search{Reason: "THREAT_TO_LIFE", Justification: "a call\r\n\tfrom\va neighbour", Criteria: who}), ""},
		"reference of blanks": {search(&registerv1.Search{Reason: "CRIME_INVESTIGATION", Reference: " ", Criteria: who}), "search: `justification` and `reference` hold nothing but blanks: say why you ask"},
		"reason of blanks":    {search(&registerv1.Search{Reason: "THREAT_TO_LIFE", Justification: strings.Repeat(" ", 12), Criteria: who}), "search: `justification` and `reference` hold nothing but blanks: say why you ask"},
		"no reason at all":    {search(&registerv1.Search{Reason: "THREAT_TO_LIFE", Criteria: who}), "search: give `justification` (at least 10 characters) or `reference` (a crime, incident or custody reference)"},
		"nothing to look for": {search(&registerv1.Search{Reason: "CRIME_INVESTIGATION", Reference: "33/1"}), "search.criteria: is required"},
		"a NUL":               {search(&registerv1.Search{Reason: "CRIME_INVESTIGATION", Reference: "33\x001", Criteria: who}), "search.reference: holds a control character: leave it out"},
		"an escape": {
			search(&registerv1.Search{Reason: "CRIME_INVESTIGATION", Reference: "33/1", Criteria: &registerv1.SearchCriteria{Names: []*registerv1.PersonName{{Full: "A B"}, {Full: "A\x1b[2J"}}}}),
			"search.criteria.names[1].full: holds a control character: leave it out",
		},
		"a text turned round":       {search(&registerv1.Search{Reason: "CRIME_INVESTIGATION", Reference: "33/1", Justification: "no weapon \u202etnelov", Criteria: who}), "search.justification: holds a character that makes what follows read in another order: leave it out"},
		"a name from right to left": {search(&registerv1.Search{Reason: "CRIME_INVESTIGATION", Reference: "33/1", Criteria: &registerv1.SearchCriteria{Names: []*registerv1.PersonName{{Full: "\u200fمریم\u200cسادات\u200e"}}}}), ""},
		"a sanction for blanks": {
			&registerv1.ImposeSanctionRequest{Parent: "forces/33", Kind: registerv1.SanctionKind_SANCTION_KIND_SUSPENSION, Subject: "somebody", Reason: strings.Repeat(" ", 20), Reference: "PSD/1"},
			"reason: must be at least 10 characters: blanks at its ends do not count",
		},
		"one mistake told once": {
			&registerv1.RegisterNominalRequest{Parent: "forces/33", Nominal: &registerv1.Nominal{
				Source: &registerv1.SourceKey{System: "crime", Reference: "1", Revision: 1}, Names: []*registerv1.PersonName{{}}, BirthDates: []*registerv1.PartialDate{{Year: 1985, Month: 13}},
			}},
			"nominal.names[0]: give `full`, or `given` and `surname` (either may be empty, not both); nominal.birth_dates[0].month: must be 0 to 12",
		},
		"nothing registered": {&registerv1.RegisterNominalRequest{Parent: "forces/33"}, "nominal: is required"},
	} {
		got := ""
		if err := check.Check(c.request); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
