package service

import (
	"regexp"
	"strings"

	"buf.build/go/protovalidate"
)

// plainRule says in words what one of the contract's rules asks. Nothing of it is the value.
func plainRule(v *protovalidate.Violation) string {
	message := v.Proto.GetMessage()
	switch v.Proto.GetRuleId() {
	case "required":
		return "is required"
	case "enum.not_in":
		return "is required: choose one of its values"
	case "enum.defined_only":
		return "is not one of its values"
	case "string.min_len":
		if v.RuleValue.Uint() == 1 {
			return "is required"
		}
	case "repeated.min_items":
		if v.RuleValue.Uint() == 1 {
			return "is required: give at least one"
		}
	case "string.pattern":
		return patternWords(v.RuleValue.String())
	}
	if message == "" {
		return "does not satisfy " + v.Proto.GetRuleId()
	}
	return fromTo.ReplaceAllString(message, "must be $1 to $2")
}

var fromTo = regexp.MustCompile(`^must be greater than or equal to (\S+) and less than or equal to (\S+)$`)

// exampleName makes an example of the pattern of a resource name.
var exampleName = strings.NewReplacer(
	"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "0198…", "[0-9a-f-]{36}", "0198…",
	"([0-9]{2}|-)", "33", "[0-9]{2}", "33", "[0-9]{1,18}", "1", "[0-9]{1,2}", "1",
	"[a-zA-Z]{1,40}", "behaviours", "(alerts|links)", "alerts", "[a-z]+", "…", "(/nominals/[0-9a-f-]{36})?", "",
)

// otherPatterns are the patterns of the contract that are not of resource names.
var otherPatterns = map[string]string{
	`^[\x21-\x7e]{0,512}$`:                                 "must be printable ASCII without blanks, at most 512 characters",
	`^[\x21-\x7e]{0,200}$`:                                 "must be printable ASCII without blanks, at most 200 characters",
	`^[0-9a-f]{64}$`:                                       "must be 64 hexadecimal digits in lower case",
	`^([A-Za-z./-]*[0-9][A-Za-z0-9./-]*)?$`:                "must be a collar number: letters, digits, full stops, slashes and hyphens, with a digit in it",
	`^([A-Za-z0-9]([A-Za-z0-9./-]{0,14}[A-Za-z0-9])?)?$`:   "must be a collar number: at most 16 letters and digits, with full stops, slashes and hyphens between them",
	`^[A-Za-z0-9/-]{0,20}$`:                                "may hold letters, digits, slashes and hyphens, at most 20",
	`^[a-z0-9][a-z0-9._-]*$`:                               "may hold lower-case letters, digits, full stops, underscores and hyphens, and begins with a letter or a digit",
	`^[a-z0-9]([a-z0-9/.-]{0,62}[a-z0-9])?$`:               "may hold lower-case letters, digits, slashes, full stops and hyphens, at most 64, and begins and ends with a letter or a digit",
	`^[A-Za-z0-9._-]{1,64}$`:                               "may hold letters, digits, full stops, underscores and hyphens, at most 64",
	`^[A-Z0-9_]{1,60}$`:                                    "must be a code of capital letters, digits and underscores",
	`^[PC]$`:                                               "must be P or C",
	`^[A-E]$`:                                              "must be one of A to E",
	`^([A-Z]{1,2}[0-9][0-9A-Z]?|[A-Z]{2}([0-9]{2}){1,3})$`: "must be a postcode district such as LE2, or a square of the national grid such as SK60",
	`^(?s:.{10,1000})?$`:                                   "must be 10 to 1000 characters",
}

// patternWords says what a pattern of the contract asks.
func patternWords(pattern string) string {
	if words, ok := otherPatterns[pattern]; ok {
		return words
	}
	name := strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "$")
	if strings.HasPrefix(name, "(") { // optional, or one of several
		name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "("), "?"), ")")
	}
	forms := "must have the form " + strings.ReplaceAll(exampleName.Replace(name), "|", " or ")
	if strings.Contains(pattern, "|-)") {
		forms += ", or forces/- where no one force is meant"
	}
	return forms
}
