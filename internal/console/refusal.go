package console

import (
	"net/http"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/perpetrator-register/register/internal/client"
)

// refused notes on a form why the register did not do what it asks for, and says
// with which status it comes back. It is not ok when there is no error, or one
// that has a page of its own. What is about no field stands at the last place, if that
// is for no field, and otherwise at the head of the form.
func (f *form) refused(err error, places []fieldPlace) (status int, ok bool) {
	p := client.AsProblem(err)
	if p == nil {
		return 0, false
	}
	whole := ""
	if n := len(places); n > 0 && places[n-1].place == "" {
		whole = places[n-1].id
	}
	switch p.Code { //nolint:exhaustive // what else may be wrong has a page of its own
	case codes.InvalidArgument:
		f.take(p, places)
		return http.StatusUnprocessableEntity, true
	case codes.FailedPrecondition, codes.Aborted:
		f.fault(whole, p.Message)
		return http.StatusConflict, true
	case codes.PermissionDenied:
		if p.Reason == "NOT_YOURS" {
			f.fault(whole, p.Message)
			return http.StatusForbidden, true
		}
	}
	return 0, false
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
