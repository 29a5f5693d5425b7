package service

import (
	"testing"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// The token of a page is good for the same question alone.
func TestTokensAreOfOneQuestion(t *testing.T) {
	t.Parallel()
	asked := AskedOf("duties", &registerv1.ListDutiesRequest{Parent: "forces/33", Overdue: true})
	if again := AskedOf("duties", &registerv1.ListDutiesRequest{Parent: "forces/33", Overdue: true, PageSize: 7, PageToken: "x"}); again != asked {
		t.Error("the next page is of another question")
	}
	for about, other := range map[string]string{
		"without a filter": AskedOf("duties", &registerv1.ListDutiesRequest{Parent: "forces/33"}),
		"another force":    AskedOf("duties", &registerv1.ListDutiesRequest{Parent: "forces/10", Overdue: true}),
		"another list":     AskedOf("others", &registerv1.ListDutiesRequest{Parent: "forces/33", Overdue: true}),
	} {
		if other == asked {
			t.Errorf("%s is the same question", about)
		}
	}
}
