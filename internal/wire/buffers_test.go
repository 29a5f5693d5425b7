package wire

import (
	"testing"

	"google.golang.org/grpc/mem"
)

// A message is held in a buffer of at most four times its size, from a few KiB on.
func TestBuffersFit(t *testing.T) {
	t.Parallel()
	for size := 4 << 10; size <= 1<<20; size += 4 << 10 {
		buffer := mem.DefaultBufferPool().Get(size)
		if len(*buffer) != size || cap(*buffer) > 4*size {
			t.Errorf("%d bytes are held in a buffer of %d", size, cap(*buffer))
		}
		mem.DefaultBufferPool().Put(buffer)
	}
}
