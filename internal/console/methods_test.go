package console

import (
	"strings"
	"testing"

	"github.com/perpetrator-register/register/internal/call"
)

func TestMethodTitle(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{
		"SearchService.CreateSearch":          "Searched",
		"DirectoryService.GetSelf":            "Asked what the role allows",
		"DutyService.GetDuty":                 "Read a duty",
		"DutyService.ListDuties":              "Listed duties",
		"DutyService.CloseDuty":               "Closed a duty",
		"ExchangeService.GetQuestion":         "Read a question",
		"StandardsService.OpenUnsealing":      "Opened an unsealing",
		"AccessLogService.GetInclusionProof":  "Read an inclusion proof",
		"TransferService.WithdrawTransfer":    "Withdrew a transfer",
		"RegistrationService.RegisterRecords": "Registered records",
		"AssessmentService.CancelAssessment":  "Cancelled an assessment",
		"StandardsService.BeginSample":        "Began a sample",
		"misuse.flag":                         "A rule of misuse fired",
		"elsewhere":                           "elsewhere",
		"something.odd":                       "Odd",
	} {
		if got := methodTitle(method); got != want {
			t.Errorf("%s: %q, want %q", method, got, want)
		}
	}
}

// A call that is renamed must not leave its words behind.
func TestMethodTitlesAreOfCalls(t *testing.T) {
	t.Parallel()
	known, err := call.LoadMethods()
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, k := range logMethods[1:] {
		names = append(names, k.Value)
	}
	for name := range otherMethods {
		if strings.Contains(name, "Service.") {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if _, ok := known["/register.v1."+strings.Replace(name, ".", "/", 1)]; !ok {
			t.Errorf("no call is named %s", name)
		}
	}
}
