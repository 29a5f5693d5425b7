package console

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// logMethods are the calls that the log is most asked for.
var logMethods = []choice{
	{Value: "", Title: "Anything"}, {Value: "SearchService.CreateSearch", Title: "Searched"}, {Value: "SearchService.GetCandidate", Title: "Opened a person"},
	{Value: "SearchService.GetSearch", Title: "Looked at a search again"}, {Value: "NominalService.RegisterNominal", Title: "Registered a nominal"},
	{Value: "NominalService.GetNominal", Title: "Read a nominal"}, {Value: "NominalService.RestrictNominal", Title: "Restricted a nominal"},
	{Value: "ConductService.RegisterCourse", Title: "Registered a course of conduct"}, {Value: "LinkService.GetLink", Title: "Read a link"},
	{Value: "HistoryService.GetHistory", Title: "Read a history"}, {Value: "HistoryService.ListRanked", Title: "Read the ranked list"}, {Value: "HistoryService.CreateEvidencePack", Title: "Made a pack of evidence"},
	{Value: "MeasureService.RegisterMeasure", Title: "Registered a measure"}, {Value: "MeasureService.RegisterBreach", Title: "Registered a breach"},
	{Value: "AssessmentService.RegisterAssessment", Title: "Registered an assessment"}, {Value: "AssessmentService.RegradeAssessment", Title: "Graded a risk anew"},
	{Value: "AssessmentService.RegisterPlan", Title: "Registered a safety plan"}, {Value: "ExchangeService.AskOwner", Title: "Asked the owner"},
	{Value: "ExchangeService.AnswerQuestion", Title: "Answered a question"}, {Value: "ExchangeService.CreateSubscription", Title: "Asked to be told"},
	{Value: "LinkService.ConfirmLink", Title: "Confirmed a link"}, {Value: "LinkService.RejectLink", Title: "Rejected a link"},
	{Value: "AlertService.ListAlerts", Title: "Listed alerts"}, {Value: "AccessLogService.ListEntries", Title: "Read the log"},
}

// otherMethods are calls whose names do not say in words what was done.
var otherMethods = map[string]string{
	"AccessLogService.SummariseActivity": "Counted entries of the log",
	"AlertService.ReviewCounter":         "Reviewed a counter of alerts",
	"AssessmentService.GetPlan":          "Read a safety plan",
	"AssessmentService.ListPlans":        "Listed safety plans",
	"DirectoryService.GetSelf":           "Asked what the role allows",
	"DirectoryService.ListCodes":         "Listed codes",
	"ExchangeService.ListSubscriptions":  "Listed who is watched",
	"FactService.PutFacts":               "Told facts of staff and cases",
	"LinkService.GetPerson":              "Read a person’s records",
	"LinkService.SplitPerson":            "Split a person’s records",
	"MisuseService.AskExplanation":       "Noted whom an explanation was asked of",
	"MisuseService.GetRuleReport":        "Read how often the rules are right",
	"StandardsService.MakeEvidence":      "Made an evidence bundle",
	"Tick.Climb":                         "A duty climbed",
	"Tick.Duties":                        "A duty arose by time",
	"Tick.Matches":                       "Links were looked for",
	"log.epoch":                          "A new epoch began",
	"misuse.flag":                        "A rule of misuse fired",
	"policy.activate":                    "A policy came into force",
	"retention.dispose":                  "Retention dropped sealed parts",
}

// pasts are the verbs of calls whose past is not made in the regular way.
var pasts = map[string]string{
	"Begin": "Began", "Cancel": "Cancelled", "Commit": "Committed", "Draw": "Drew", "Get": "Read", "Make": "Made", "Open": "Opened", "Withdraw": "Withdrew",
}

// methodTitle says in words what a call did.
func methodTitle(method string) string {
	if i := slices.IndexFunc(logMethods, func(k choice) bool { return k.Value == method }); i >= 0 {
		return logMethods[i].Title
	}
	if title := otherMethods[method]; title != "" {
		return title
	}
	// Else its name in words: by "LinkService.ListLinks" one listed links.
	_, name, _ := strings.Cut(method, ".")
	var parts []string
	for _, r := range name {
		if unicode.IsUpper(r) || len(parts) == 0 {
			parts = append(parts, "")
		}
		parts[len(parts)-1] += string(r)
	}
	if len(parts) < 2 {
		return cmp.Or(sentenceCase(name), method)
	}
	what := strings.ToLower(strings.Join(parts[1:], " "))
	if !strings.HasSuffix(what, "s") {
		what = article(what) + " " + what
	}
	return past(parts[0]) + " " + what
}

func past(verb string) string {
	switch irregular := pasts[verb]; {
	case irregular != "":
		return irregular
	case strings.HasSuffix(verb, "e"):
		return verb + "d"
	}
	return verb + "ed"
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an"
	}
	return "a"
}
