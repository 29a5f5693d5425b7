package service

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/retention"
	"github.com/perpetrator-register/register/internal/view"
)

// Checker validates requests: the contract's rules and those that need
// reference data or the forms of identifiers, all faults in one answer.
type Checker struct {
	rules   protovalidate.Validator
	ref     *refdata.Set
	methods map[string]bool // by short name
	// Now is the clock.
	Now func() time.Time
}

// contractRules are the contract's rules. Those of a message are compiled when the first
// of its kind is checked, and every replica of the process shares them.
var contractRules = sync.OnceValues(func() (protovalidate.Validator, error) { return protovalidate.New() })

// NewChecker prepares the contract's rules.
func NewChecker(ref *refdata.Set, methods call.Methods) (*Checker, error) {
	rules, err := contractRules()
	if err != nil {
		return nil, fmt.Errorf("service: validation rules: %w", err)
	}
	c := &Checker{rules: rules, ref: ref, methods: map[string]bool{}, Now: time.Now}
	for _, m := range methods {
		c.methods[m.Short] = true
	}
	return c, nil
}

// Check returns nil or a *Problem that names every faulty field. A request that is refused
// may be shorter then than it was.
func (c *Checker) Check(m proto.Message) error {
	var all []Violation
	cut := shorten(m.ProtoReflect())
	if err := c.rules.Validate(m); err != nil {
		var invalid *protovalidate.ValidationError
		if !errors.As(err, &invalid) {
			return fmt.Errorf("service: validate: %w", err)
		}
		for _, v := range invalid.Violations {
			all = append(all, Violation{
				Field:       fieldPath(protovalidate.FieldPathString(v.Proto.GetField())),
				Description: plainRule(v),
			})
		}
	}
	all = append(all, texts(m.ProtoReflect(), "")...)
	domain, reason := c.domain(m)
	if reason != ReasonVictimInText { // which is told whatever else is wrong
		domain = unsaid(all, domain)
	}
	all = append(all, domain...)
	switch {
	case len(all) > 0:
		return Invalid(reason, dedupe(all))
	case cut:
		return errOverlong(m)
	}
	return nil
}

func fieldPath(p string) string {
	if p == "" {
		return "request"
	}
	return p
}

// unsaid are those of more whose field, or something within it, the contract's rules have
// not found fault with already: one mistake is told once.
func unsaid(said, more []Violation) []Violation {
	return slices.DeleteFunc(more, func(v Violation) bool {
		return slices.ContainsFunc(said, func(s Violation) bool {
			rest, within := strings.CutPrefix(s.Field, v.Field)
			return within && (rest == "" || rest[0] == '.')
		})
	})
}

// dedupe keeps the first violation of each field and description.
func dedupe(all []Violation) []Violation {
	seen := map[Violation]bool{}
	out := all[:0]
	for _, v := range all {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// domain applies the rules that the contract cannot state.
func (c *Checker) domain(m proto.Message) ([]Violation, string) {
	switch r := m.(type) {
	case *registerv1.CreateSearchRequest:
		return c.search(r.GetSearch()), ReasonInvalidFields
	case *registerv1.RegisterNominalRequest:
		return append(c.force(r.GetParent(), "parent"), c.nominal(r.GetNominal())...), ReasonInvalidFields
	case *registerv1.RegisterCourseRequest:
		out := append(c.force(r.GetParent(), "parent"), c.course(r.GetCourse())...)
		out = append(out, c.courseRest(r.GetCourse())...)
		out = append(out, c.checkBasis(r.GetCheck(), r.GetHistoricLoad())...)
		if text := c.victimInText(r); len(text) > 0 {
			return append(out, text...), ReasonVictimInText
		}
		return out, ReasonInvalidFields
	case *registerv1.RegisterMeasureRequest:
		return append(c.force(r.GetParent(), "parent"), c.measure(r.GetMeasure())...), ReasonInvalidFields
	case *registerv1.RegisterBreachRequest:
		out := append(c.force(r.GetParent(), "parent"), c.breach(r.GetBreach())...)
		return append(out, c.checkBasis(r.GetCheck(), r.GetHistoricLoad())...), ReasonInvalidFields
	case *registerv1.RegisterAssessmentRequest:
		return append(c.force(r.GetParent(), "parent"), c.assessment(r.GetAssessment())...), ReasonInvalidFields
	case *registerv1.RegisterPlanRequest:
		return append(c.force(r.GetParent(), "parent"), c.plan(r.GetPlan())...), ReasonInvalidFields
	case *registerv1.ListEntriesRequest:
		return append(c.logFilter(r), c.logReference(r)...), ReasonInvalidFields
	case *registerv1.SummariseActivityRequest:
		return c.logFilter(r), ReasonInvalidFields
	case *registerv1.ListReadingsRequest:
		return c.logFilter(r), ReasonInvalidFields
	case *registerv1.PutFactsRequest:
		return c.facts(r), ReasonInvalidFields
	case *registerv1.UpdateForceContactRequest:
		return c.force(r.GetContact().GetForce(), "contact.force"), ReasonInvalidFields
	}
	return nil, ReasonInvalidFields
}

// logFilter checks what the log is filtered by: no subject, method or outcome in
// it holds anything but printable ASCII, and a filter that can match nothing is
// refused, because an empty list must mean that nothing was done.
func (c *Checker) logFilter(r interface{ GetSubject() string }) []Violation {
	var method, outcome string
	if list, ok := r.(*registerv1.ListEntriesRequest); ok {
		method, outcome = list.GetMethod(), list.GetOutcome()
	}
	var out []Violation
	for _, f := range []struct {
		field, text string
		known       bool
		wanted      string
	}{
		{"subject", r.GetSubject(), true, ""},
		{"method", method, c.methods[method] || ofRegister(method), "is not a method of the contract, such as SearchService.CreateSearch"},
		{"outcome", outcome, knownOutcome(outcome), "is not OK or the name of a gRPC code, such as PERMISSION_DENIED"},
	} {
		switch {
		case strings.ContainsFunc(f.text, func(c rune) bool { return c < ' ' || c > '~' }):
			out = append(out, Violation{f.field, "must be printable ASCII: give it as it stands in an entry"})
		case f.text != "" && !f.known:
			out = append(out, Violation{f.field, f.wanted})
		}
	}
	return out
}

// FlagMethod is under what the flags that the misuse rules raise stand in the log.
const FlagMethod = "misuse.flag"

// ofRegister reports whether a method is one of what the register does of itself.
func ofRegister(method string) bool {
	switch method {
	case "policy.activate", relinkMethod, FlagMethod, tickDuties, tickClimb, retention.Method:
		return true
	}
	return false
}

// logReference refuses a crime reference of no force: references are unique only
// together with theirs.
func (c *Checker) logReference(r *registerv1.ListEntriesRequest) []Violation {
	if r.GetCrimeReference() != "" && call.ForceCode(r.GetParent()) == "" {
		return []Violation{{"crime_reference", "needs the force in `parent` whose reference it is"}}
	}
	return nil
}

func knownOutcome(name string) bool {
	for _, n := range outcomeNames {
		if n == name {
			return true
		}
	}
	return false
}

func (c *Checker) force(name, field string) []Violation {
	code, ok := strings.CutPrefix(name, "forces/")
	if !ok {
		return nil // the contract's rule has said so
	}
	if f, ok := c.ref.Force(code); !ok || f.Code != code {
		return []Violation{{field, "is not a force's current code: see ListForces"}}
	}
	return nil
}

func (c *Checker) search(s *registerv1.Search) []Violation {
	out := c.reason("search", s)
	// What cannot be read is never silently left out of a search.
	mapped := view.MapCriteria(s.GetCriteria(), "search.criteria")
	_, faults := identity.NewQuery(mapped.Raw)
	for _, f := range faults {
		if f.Field != "" { // else nothing is given at all: the contract's rule has said so
			out = append(out, Violation{mapped.Path(f.Field), f.Message})
		}
	}
	return out
}

// reason checks why the register is asked.
func (c *Checker) reason(at string, asked interface {
	GetReason() string
	GetReference() string
	GetJustification() string
}) []Violation {
	if blank(asked.GetReference()) && utf8.RuneCountInString(strings.TrimSpace(asked.GetJustification())) < leastWords &&
		(asked.GetReference() != "" || utf8.RuneCountInString(asked.GetJustification()) >= leastWords) { // else the contract's rule has said so
		return []Violation{{at, "`justification` and `reference` hold nothing but blanks: say why you ask"}}
	}
	code := asked.GetReason()
	if code == "" {
		return nil // the contract's rule has said so
	}
	reason, ok := c.ref.Reason(code)
	switch {
	case !ok || reason.Retired:
		return []Violation{{at + ".reason", "is not a reason code: see codeLists/searchReasons"}}
	case reason.NeedsReference && blank(asked.GetReference()):
		return []Violation{{at + ".reference", "is required with this reason: give the crime, incident or custody reference"}}
	}
	return nil
}

// checkBasis checks why a registration asks what is known of the suspect.
func (c *Checker) checkBasis(basis *registerv1.CheckBasis, historic bool) []Violation {
	if basis == nil {
		return nil
	}
	out := c.reason("check", basis)
	if historic {
		out = append(out, Violation{"check", "is for what is reported now: leave it out of what is loaded as history"})
	}
	return out
}

func (c *Checker) nominal(n *registerv1.Nominal) []Violation {
	var out []Violation
	if e := n.GetEthnicity(); e != "" && !c.ref.Has(refdata.Ethnicities, e) {
		out = append(out, Violation{"nominal.ethnicity", "is not a self-defined ethnicity code (16+1)"})
	}
	mapped := view.MapNominal(n, "nominal")
	_, faults := identity.NewRecord(mapped.Raw)
	for _, f := range faults {
		if !f.Kept && f.Field != "" { // as for a search
			out = append(out, Violation{mapped.Path(f.Field), f.Message})
		}
	}
	return out
}

// flagNominal returns what is accepted and should be looked at, and notes in
// the record which identifiers are unverified, and that no others are.
func (c *Checker) flagNominal(n *registerv1.Nominal) []*registerv1.Flag {
	var out []*registerv1.Flag
	for _, id := range n.GetIdentifiers() {
		id.Unverified = false
	}
	mapped := view.MapNominal(n, "nominal")
	_, faults := identity.NewRecord(mapped.Raw)
	for _, f := range faults {
		if !f.Kept {
			continue
		}
		out = append(out, &registerv1.Flag{Field: mapped.Path(f.Field), Code: "UNVERIFIED_IDENTIFIER", Message: f.Message})
		if i, ok := indexIn(f.Field, "identifiers"); ok {
			n.Identifiers[i].Unverified = true
		}
	}
	for i, w := range n.GetWarnings() {
		if _, ok := c.ref.Warning(w); !ok {
			out = append(out, unknownCode(fmt.Sprintf("nominal.warnings[%d]", i)))
		}
	}
	return out
}

// future is how far ahead of our clock a reported time may lie: clocks and
// time zones differ.
const future = 24 * time.Hour

func (c *Checker) course(course *registerv1.CourseOfConduct) []Violation {
	var out []Violation
	for i, incident := range course.GetIncidents() {
		at := fmt.Sprintf("course.incidents[%d]", i)
		if t := incident.GetOccurTime(); t != nil && t.AsTime().After(c.Now().Add(future)) {
			out = append(out, Violation{at + ".occur_time", "lies in the future"})
		}
		if r := incident.GetReportTime(); r != nil && incident.GetOccurTime() != nil && r.AsTime().Before(incident.GetOccurTime().AsTime()) {
			out = append(out, Violation{at + ".report_time", "is before it happened"})
		}
	}
	seen := map[string]bool{}
	for i, incident := range course.GetIncidents() {
		if ref := incident.GetReference(); ref != "" && seen[ref] {
			out = append(out, Violation{fmt.Sprintf("course.incidents[%d].reference", i), "stands twice in the course: give each incident its own"})
		} else {
			seen[ref] = true
		}
	}
	return out
}

func (c *Checker) courseFlags(course *registerv1.CourseOfConduct) []*registerv1.Flag {
	var out []*registerv1.Flag
	if r := course.GetRelationship(); r != "" && !c.ref.Has(refdata.Relationships, r) {
		out = append(out, unknownCode("course.relationship"))
	}
	if m := course.GetMotivation(); m != "" && !c.ref.Has(refdata.Motivations, m) {
		out = append(out, unknownCode("course.motivation"))
	}
	for i, incident := range course.GetIncidents() {
		at := fmt.Sprintf("course.incidents[%d]", i)
		for j, b := range incident.GetBehaviours() {
			if _, ok := c.ref.Behaviour(b); !ok {
				out = append(out, unknownCode(fmt.Sprintf("%s.behaviours[%d]", at, j)))
			}
		}
		if o := incident.GetPrincipalOffence(); o != "" {
			if _, ok := c.ref.Offence(o); !ok {
				out = append(out, unknownCode(at+".principal_offence"))
			}
		}
		for j, o := range incident.GetIncludedClassifications() {
			if _, ok := c.ref.Offence(o); !ok {
				out = append(out, unknownCode(fmt.Sprintf("%s.included_classifications[%d]", at, j)))
			}
		}
	}
	return append(out, c.courseRestFlags(course)...)
}

func unknownCode(field string) *registerv1.Flag {
	return &registerv1.Flag{Field: field, Code: "UNKNOWN_CODE", Message: "is not a code of the register: kept as given, and no rule looks at it; see ListCodes"}
}

// victimInText refuses free text that holds the victims' own details: a
// register of suspects must not become a register of victims.
func (c *Checker) victimInText(r *registerv1.RegisterCourseRequest) []Violation {
	course := r.GetCourse()
	people := []victim.Details{VictimDetails(course.GetVictim())}
	for _, a := range course.GetAssociatedVictims() {
		people = append(people, VictimDetails(a))
	}
	var out []Violation
	look := func(field, text string) {
		if text == "" {
			return
		}
		read := victim.Read(text)
		for _, p := range people {
			for _, m := range read.Mentions(p) {
				out = append(out, Violation{field, "holds the victim's " + string(m) + ": leave it out, the register keeps no victim's details"})
			}
		}
	}
	look("course.summary", course.GetSummary())
	for _, t := range courseTexts(course) {
		look(t.field, t.text)
	}
	look("course.source.reference", course.GetSource().GetReference())
	look("check.justification", r.GetCheck().GetJustification())
	look("check.reference", r.GetCheck().GetReference())
	return out
}

// VictimDetails maps a victim of the contract.
func VictimDetails(v *registerv1.Victim) victim.Details {
	var d victim.Details
	for i, n := range v.GetNames() {
		given, surname := n.GetGiven(), n.GetSurname()
		if full := strings.Fields(n.GetFull()); len(full) > 0 {
			given, surname = strings.Join(full[:len(full)-1], " "), full[len(full)-1]
		}
		if i == 0 {
			d.Given, d.Surname = strings.Fields(given), surname
		} else {
			d.Former = append(d.Former, strings.TrimSpace(given+" "+surname))
		}
	}
	d.DOB = view.FormatDate(v.GetBirthDate())
	d.Phones, d.Emails, d.Handles = v.GetPhones(), v.GetEmails(), v.GetHandles()
	for _, a := range v.GetAddresses() {
		if a.GetPostcode() != "" {
			d.Postcodes = append(d.Postcodes, a.GetPostcode())
		}
		d.Addresses = append(d.Addresses, a.GetLines()...)
	}
	return d
}
