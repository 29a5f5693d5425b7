//go:build !linux

package server

import "context"

// useHugePages does nothing: elsewhere the kernel decides by itself.
func (s *Server) useHugePages(context.Context) {}
