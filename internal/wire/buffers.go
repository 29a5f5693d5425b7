// Package wire sizes the buffers in which messages of the contract are sent and received.
// Whoever imports it has them; there is nothing to call.
package wire

import (
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/mem"
)

// sizes are those of the buffers, as powers of two: 256 bytes to 1 MiB. Without those
// between 32 KiB and 1 MiB a whole MiB is cleared for each detail of a person.
var sizes = []uint8{8, 12, 14, 15, 16, 17, 18, 20}

// It must be done before anything else runs.
func init() {
	pool, err := mem.NewBinaryTieredBufferPool(sizes...)
	if err != nil {
		panic(err)
	}
	experimental.SetDefaultBufferPool(pool)
}
