package service

import (
	"maps"
	"slices"

	"github.com/perpetrator-register/register/internal/refdata"
)

// codeLists are the lists of codes that ListCodes gives, by name. Each calls add for
// every entry, with whether it is unverified. force is the caller's: its questionnaires are
// those that it uses, the common ones for a caller of none.
var codeLists = map[string]func(s *refdata.Set, force string, add func(refdata.Item, bool)){
	"searchReasons": codesOf((*refdata.Set).Reasons, func(x refdata.Reason) (refdata.Item, bool) { return x.Item, false }),
	"behaviours":    codesOf((*refdata.Set).Behaviours, func(x refdata.Behaviour) (refdata.Item, bool) { return x.Item, false }),
	"offences":      codesOf((*refdata.Set).Offences, func(x refdata.Offence) (refdata.Item, bool) { return x.Item, x.Unverified }),
	"warnings":      codesOf((*refdata.Set).Warnings, func(x refdata.Warning) (refdata.Item, bool) { return x.Item, false }),
	"measures":      codesOf((*refdata.Set).Measures, func(x refdata.MeasureKind) (refdata.Item, bool) { return x.Item, x.Unverified }),
	"conditions":    codesOf((*refdata.Set).Conditions, func(x refdata.ConditionKind) (refdata.Item, bool) { return x.Item, false }),
	"actions":       codesOf((*refdata.Set).Actions, func(x refdata.ActionKind) (refdata.Item, bool) { return x.Item, false }),
	"statements":    codesOf((*refdata.Set).Statements, func(x refdata.StatementKind) (refdata.Item, bool) { return x.Item, false }),
	"tools":         codesOfTools,
	"questions":     codesOfQuestions,

	"relationships":   codesOfList(refdata.Relationships),
	"motivations":     codesOfList(refdata.Motivations),
	"ethnicities":     codesOfList(refdata.Ethnicities),
	"logPurposes":     codesOfList(refdata.LogPurposes),
	"noActionReasons": codesOfList(refdata.NoActionReasons),
	"informed":        codesOfList(refdata.InformedCodes),
	"exhibits":        codesOfList(refdata.Exhibits),
	"notifications":   codesOfList(refdata.Notifications),
	"planActions":     codesOfList(refdata.PlanActions),
	"referrals":       codesOfList(refdata.Referrals),
	"closures":        codesOfList(refdata.Closures),
	"dutyRoles":       codesOfList(refdata.DutyRoles),
}

// codeListNames are the names of the lists, sorted.
func codeListNames() []string { return slices.Sorted(maps.Keys(codeLists)) }

func codesOf[T any](list func(*refdata.Set) []T, item func(T) (refdata.Item, bool)) func(*refdata.Set, string, func(refdata.Item, bool)) {
	return func(s *refdata.Set, _ string, add func(refdata.Item, bool)) {
		for _, x := range list(s) {
			add(item(x))
		}
	}
}

func codesOfList(l refdata.List) func(*refdata.Set, string, func(refdata.Item, bool)) {
	return func(s *refdata.Set, _ string, add func(refdata.Item, bool)) {
		for _, i := range s.Items(l) {
			add(i, false)
		}
	}
}

func codesOfTools(s *refdata.Set, force string, add func(refdata.Item, bool)) {
	for _, t := range s.Questionnaires(force).Tools() {
		add(t.Item, false)
	}
}

// codesOfQuestions lists those of every tool, in the order of the tools.
func codesOfQuestions(s *refdata.Set, force string, add func(refdata.Item, bool)) {
	asked := s.Questionnaires(force)
	for _, t := range asked.Tools() {
		for _, q := range asked.Questions(t.Code) {
			add(q.Item, false)
		}
	}
}
