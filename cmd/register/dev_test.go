package main

import (
	"net"
	"strings"
	"testing"
)

// Whoever starts a second register is told of every address that is taken, before
// anything is started.
func TestTakenAddresses(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // the test has ended
	free := devCmd{GRPC: "127.0.0.1:0", REST: "127.0.0.1:0", Admin: "127.0.0.1:0", IDP: "127.0.0.1:0"}
	if err := free.free(t.Context()); err != nil {
		t.Error(err)
	}
	taken := free
	taken.REST, taken.IDP = l.Addr().String(), l.Addr().String()
	err = taken.free(t.Context())
	if err == nil || !strings.Contains(err.Error(), "--rest "+l.Addr().String()) || !strings.Contains(err.Error(), "--idp") || strings.Contains(err.Error(), "--grpc") {
		t.Errorf("told: %v", err)
	}
}
