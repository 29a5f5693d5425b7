package server

import "net/http"

// RESTHandler is the REST edge, for tests that call it without a network.
func (s *Server) RESTHandler() http.Handler { return s.rest.Handler }
