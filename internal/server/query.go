package server

import (
	"net/http"
	"net/url"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/service"
)

// queryNames are the names of the query parameters of the contract: those of
// the requests that are read by GET, in both spellings.
func queryNames() (map[string]bool, error) {
	methods, err := call.LoadMethods()
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, m := range methods {
		rule, ok := proto.GetExtension(m.Descriptor.Options(), annotations.E_Http).(*annotations.HttpRule)
		if !ok || rule.GetGet() == "" {
			continue
		}
		fields := m.Descriptor.Input().Fields()
		for i := range fields.Len() {
			f := fields.Get(i)
			// Names of resources stand in the path, and of messages times alone
			// have a form in a query.
			if f.Name() == "name" || f.Name() == "parent" || f.Message() != nil && f.Message().FullName() != "google.protobuf.Timestamp" {
				continue
			}
			out[string(f.Name())], out[f.JSONName()] = true, true
		}
	}
	return out, nil
}

// strictQuery refuses query parameters that the contract does not name: what
// is searched for or registered must never travel in a URL, and whoever sends
// it there must notice at once.
func strictQuery(next http.Handler, allowed map[string]bool, refuse runtime.ErrorHandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		values, err := url.ParseQuery(r.URL.RawQuery)
		good := err == nil && (len(values) == 0 || r.Method == http.MethodGet)
		for name := range values {
			good = good && allowed[name]
		}
		if !good {
			refuse(r.Context(), nil, nil, w, r, &service.Problem{
				Code: codes.InvalidArgument, Reason: service.ReasonMalformedRequest,
				Message: "the URL has a query that the contract does not name: personal data must never travel in a URL; see /openapi.json",
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}
