package tlogfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// MaxEntry bounds the metadata of one entry, in bytes.
const MaxEntry = 1 << 20

// maxSmall is the longest entry that a bundle of C2SP's form can hold.
const maxSmall = 1<<16 - 1

// AppendBundle writes a bundle of entries, each after its length. large says
// that an entry is longer than 65,535 bytes, so that the lengths take four bytes
// instead of two and the bundle belongs at LargeBundlePath.
func AppendBundle(b []byte, entries [][]byte) (bundle []byte, large bool) {
	for _, e := range entries {
		large = large || len(e) > maxSmall
	}
	for _, e := range entries {
		if large {
			b = binary.BigEndian.AppendUint32(b, uint32(len(e))) // #nosec G115 -- an entry is at most MaxEntry
		} else {
			b = binary.BigEndian.AppendUint16(b, uint16(len(e))) // #nosec G115 -- as just seen
		}
		b = append(b, e...)
	}
	return b, large
}

// BundleReader reads the entries of a bundle one after the other.
type BundleReader struct {
	r     *bufio.Reader
	large bool
	buf   []byte
}

// NewBundleReader reads a bundle; large is that of AppendBundle.
func NewBundleReader(r *bufio.Reader, large bool) *BundleReader {
	return &BundleReader{r: r, large: large}
}

var errTorn = errors.New("the bundle ends within an entry")

// Next returns the next entry, valid until the call after it, or io.EOF.
func (b *BundleReader) Next() ([]byte, error) {
	width := 2
	if b.large {
		width = 4
	}
	var head [4]byte
	if _, err := io.ReadFull(b.r, head[4-width:]); err != nil {
		return nil, torn(err)
	}
	n := int(binary.BigEndian.Uint32(head[:]))
	if n > MaxEntry {
		return nil, fmt.Errorf("an entry of %d bytes: at most %d can be", n, MaxEntry)
	}
	if cap(b.buf) < n {
		b.buf = make([]byte, n, max(n, 4<<10))
	}
	b.buf = b.buf[:n]
	if _, err := io.ReadFull(b.r, b.buf); err != nil {
		return nil, errTorn
	}
	return b.buf, nil
}

func torn(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errTorn
	}
	return err
}
