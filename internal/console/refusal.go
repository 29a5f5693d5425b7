package console

import (
	"net/http"
	"slices"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/perpetrator-register/register/internal/client"
)

// refused takes what the register does not accept into a form, and says with which
// status the form is shown again; 0 when the error is not one that a form can show.
// What is about no field stands at the place "", when there is one.
func (f *form) refused(err error, places []fieldPlace) int {
	p := client.AsProblem(err)
	if p == nil {
		return 0
	}
	whole := ""
	if i := slices.IndexFunc(places, func(at fieldPlace) bool { return at.place == "" }); i >= 0 {
		whole = places[i].id
	}
	switch p.Code { //nolint:exhaustive // what else may be wrong has a page of its own
	case codes.InvalidArgument:
		f.take(p, places)
		return http.StatusUnprocessableEntity
	case codes.FailedPrecondition, codes.Aborted:
		f.fault(whole, p.Message)
		return http.StatusConflict
	case codes.PermissionDenied:
		if p.Reason == "NOT_YOURS" {
			f.fault(whole, p.Message)
			return http.StatusForbidden
		}
	}
	return 0
}

// number reads a hidden field that a form carries, such as the version that was
// read; 0, which the register refuses, when it holds none.
func (f *form) number(id string) int64 {
	n, err := strconv.ParseInt(f.get(id), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
