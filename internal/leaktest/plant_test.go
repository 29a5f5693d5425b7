package leaktest

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// notPlanted are the string fields of good requests that hold no canary: they
// name resources, are codes that are checked, or name the officer, who stands
// in the log by design. In bad requests they hold one too.
var notPlanted = map[string]bool{
	"register.v1.SourceKey.system":                    true, // a system's name
	"register.v1.PersonName.full":                     true, // instead of the parts; see the extra name
	"register.v1.Nominal.ethnicity":                   true,
	"register.v1.CourseOfConduct.nominal":             true,
	"register.v1.IntelligenceGrade.assessment":        true,
	"register.v1.IntelligenceGrade.handling":          true,
	"register.v1.ForceContact.force":                  true,
	"register.v1.Search.reason":                       true,
	"register.v1.Search.on_behalf_of":                 true, // an officer's collar number
	"register.v1.CheckBasis.reason":                   true,
	"register.v1.CheckBasis.on_behalf_of":             true,
	"register.v1.ListEntriesRequest.subject":          true, // filters by what stands in the log
	"register.v1.ListEntriesRequest.method":           true,
	"register.v1.ListEntriesRequest.outcome":          true,
	"register.v1.SummariseActivityRequest.subject":    true,
	"register.v1.ListEntriesRequest.record":           true,
	"register.v1.RegisterCourseRequest.parent":        true,
	"register.v1.RequestUnsealingRequest.case_access": true,
	"register.v1.AskOwnerRequest.basis":               true,
	"register.v1.AskOwnerRequest.asked_force":         true,
	"register.v1.OfferTransferRequest.course":         true,
	"register.v1.OfferTransferRequest.to_force":       true,
	"register.v1.AcceptTransferRequest.nominal":       true,
	"register.v1.AcceptTransferRequest.officer":       true,
	"register.v1.CreateSubscriptionRequest.basis":     true,
	"register.v1.PlaceHoldRequest.record":             true, // one of three
	"register.v1.PlaceHoldRequest.crime_reference":    true,
	"register.v1.MakeEvidenceRequest.recipient":       true, // the code of a body
	"register.v1.MakeEvidenceRequest.subject":         true, // select what stands in the log
	"register.v1.MakeEvidenceRequest.crime_reference": true,
	"register.v1.BeginSampleRequest.commitment":       true, // hashes and nonces of a form that no word has
	"register.v1.CommitSampleRequest.commitment":      true,
	"register.v1.RevealSampleRequest.nonce":           true,
	"register.v1.ListReadingsRequest.subject":         true,
	"register.v1.ImposeSanctionRequest.min_strength":  true,
	"register.v1.RegisterNominalRequest.parent":       true,
	"register.v1.ProposeLinkRequest.nominal":          true,
	"register.v1.ProposeLinkRequest.candidate":        true,
	"register.v1.ProposeLinkRequest.other":            true,
	"register.v1.SplitPersonRequest.apart":            true,
	"register.v1.ListDutiesRequest.nominal":           true,
	"register.v1.CloseDutyRequest.action":             true, // one way or the other
	"register.v1.CloseDutyRequest.record":             true,
	"register.v1.JudgePromptRequest.code":             true,
	"register.v1.SettleVictimsRequest.other":          true,
	"register.v1.PoliceAction.code":                   true, // NONE needs a reason, the others have none
	"register.v1.Measure.nominal":                     true,
	"register.v1.Measure.courses":                     true,
	"register.v1.ExclusionZone.area":                  true, // a postcode district or a square of the grid
	"register.v1.Breach.nominal":                      true,
	"register.v1.Breach.measure":                      true,
	"register.v1.RegisterBreachRequest.candidate":     true,
	"register.v1.Assessment.nominal":                  true,
	"register.v1.Assessment.course":                   true,
	"register.v1.SafetyPlan.nominal":                  true,
	"register.v1.SafetyPlan.course":                   true,
}

// planted fills every string field of a good request that may hold free or
// personal data with a canary, output-only fields included, and keeps the
// request good.
func (c *canaries) planted(m proto.Message) proto.Message {
	out := proto.Clone(m)
	enrich(out, c)
	c.plant(out.ProtoReflect(), string(out.ProtoReflect().Descriptor().Name()), 0)
	return out
}

// enrich adds the parts that a sample leaves out.
func enrich(m proto.Message, c *canaries) {
	switch r := m.(type) {
	case *registerv1.RegisterRecordsRequest:
		if n := r.GetNominal(); n != nil {
			enrich(n, c)
		}
		if n := r.GetCourse(); n != nil {
			enrich(n, c)
		}
	case *registerv1.RegisterNominalRequest:
		n := r.GetNominal()
		n.Names = append(n.Names, &registerv1.PersonName{Full: c.word("full name") + " " + c.word("full name"), Kind: registerv1.NameKind_NAME_KIND_ALIAS})
		for kind := range registerv1.IdentifierKind_name {
			if kind != 0 {
				n.Identifiers = append(n.Identifiers, &registerv1.Identifier{Kind: registerv1.IdentifierKind(kind)})
			}
		}
		n.Addresses = append(n.Addresses, &registerv1.Address{})
	case *registerv1.RegisterCourseRequest:
		v := r.GetCourse().GetVictim()
		v.Addresses = append(v.Addresses, &registerv1.Address{})
		r.Course.Statements = append(r.Course.Statements, &registerv1.VictimStatement{StateTime: day(1)})
		r.Course.Informed = append(r.Course.Informed, &registerv1.VictimInformed{InformTime: day(1)})
		r.Course.Exhibits = append(r.Course.Exhibits, &registerv1.Exhibit{})
		r.Course.Actions = append(r.Course.Actions, &registerv1.PoliceAction{Code: "NONE", ActTime: day(1)})
		r.Course.Closure = &registerv1.Closure{}
		r.Course.AssociatedVictims = append(r.Course.AssociatedVictims, proto.Clone(v).(*registerv1.Victim)) //nolint:forcetypeassert // a clone
	case *registerv1.CreateSearchRequest:
		s := r.GetSearch()
		for kind := range registerv1.IdentifierKind_name {
			switch registerv1.IdentifierKind(kind) {
			// The others have forms that no word fits, and bad ones are sent too.
			case registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE, registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL,
				registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE, registerv1.IdentifierKind_IDENTIFIER_KIND_VEHICLE,
				registerv1.IdentifierKind_IDENTIFIER_KIND_OTHER:
				s.Criteria.Identifiers = append(s.Criteria.Identifiers, &registerv1.Identifier{Kind: registerv1.IdentifierKind(kind)})
			}
		}
		s.Criteria.Identifiers = s.GetCriteria().GetIdentifiers()[:min(10, len(s.GetCriteria().GetIdentifiers()))]
		s.Criteria.Handles = append(s.Criteria.Handles, &registerv1.Handle{})
	}
}

func (c *canaries) plant(m protoreflect.Message, path string, depth int) {
	if n, ok := m.Interface().(*registerv1.PersonName); ok && n.GetFull() != "" {
		return // in place of the parts
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		at := path + "." + string(f.Name())
		switch {
		case f.Kind() == protoreflect.StringKind && !c.skips(f, depth):
			value := protoreflect.ValueOfString(c.value(m, f, at))
			if f.IsList() {
				list := m.Mutable(f).List()
				list.Truncate(0)
				list.Append(value)
			} else {
				m.Set(f, value)
			}
		case f.Kind() != protoreflect.MessageKind || strings.HasPrefix(string(f.Message().FullName()), "google."):
		case f.IsList():
			list := m.Mutable(f).List()
			for j := range list.Len() {
				c.plant(list.Get(j).Message(), at, depth+1)
			}
		case m.Has(f):
			c.plant(m.Mutable(f).Message(), at, depth+1)
		}
	}
}

// skips tells whether a field of a good request holds no canary.
func (c *canaries) skips(f protoreflect.FieldDescriptor, depth int) bool {
	name := string(f.Name())
	return notPlanted[string(f.FullName())] || depth == 0 && (name == "name" || name == "parent" || name == "page_token")
}

// value is a canary of the field's form.
func (c *canaries) value(m protoreflect.Message, f protoreflect.FieldDescriptor, at string) string {
	switch f.Name() {
	case "phone", "phones":
		return c.phone(at)
	case "email", "emails":
		return c.email(at)
	case "vehicles":
		return c.vehicle(at)
	case "postcode", "postcodes":
		return c.postcode(at)
	}
	id, ok := m.Interface().(*registerv1.Identifier)
	if !ok || f.Name() != "value" {
		return c.word(at)
	}
	at += " (" + id.GetKind().String() + ")"
	switch id.GetKind() {
	case registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE:
		return c.phone(at)
	case registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL:
		return c.email(at)
	case registerv1.IdentifierKind_IDENTIFIER_KIND_VEHICLE:
		return c.vehicle(at)
	}
	return c.word(at)
}

// spoilt makes requests out of a good one, each with one string field that
// holds a canary and is bad: too long, or not of its form.
func (c *canaries) spoilt(m proto.Message) (out []proto.Message) {
	var walk func(path []protoreflect.FieldDescriptor, d protoreflect.MessageDescriptor)
	walk = func(path []protoreflect.FieldDescriptor, d protoreflect.MessageDescriptor) {
		if len(path) > 5 || strings.HasPrefix(string(d.FullName()), "google.") {
			return
		}
		fields := d.Fields()
		for i := range fields.Len() {
			f := fields.Get(i)
			here := append(append([]protoreflect.FieldDescriptor{}, path...), f)
			switch f.Kind() {
			case protoreflect.MessageKind:
				walk(here, f.Message())
			case protoreflect.StringKind:
				var at []string
				for _, p := range here {
					at = append(at, string(p.Name()))
				}
				where := string(m.ProtoReflect().Descriptor().Name()) + "." + strings.Join(at, ".")
				word := c.word("bad " + where)
				out = append(out, with(m, here, word), with(m, here, word+strings.Repeat(" "+word, 300)), with(m, here, "\u0000"+word+"\u202e; --'\""))
			}
		}
	}
	walk(nil, m.ProtoReflect().Descriptor())
	return out
}

// with sets one field of a copy, making what leads to it.
func with(m proto.Message, path []protoreflect.FieldDescriptor, value string) proto.Message {
	out := proto.Clone(m)
	at := out.ProtoReflect()
	for _, f := range path[:len(path)-1] {
		if f.IsList() {
			list := at.Mutable(f).List()
			if list.Len() == 0 {
				list.AppendMutable()
			}
			at = list.Get(0).Message()
		} else {
			at = at.Mutable(f).Message()
		}
	}
	if f := path[len(path)-1]; f.IsList() {
		at.Mutable(f).List().Append(protoreflect.ValueOfString(value))
	} else {
		at.Set(f, protoreflect.ValueOfString(value))
	}
	return out
}
