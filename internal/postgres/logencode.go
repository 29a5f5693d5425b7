package postgres

import (
	"encoding/binary"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// parameters are those of a statement in PostgreSQL's binary form, written one after
// the other into one buffer. The log writes thousands of rows a second: the general
// encoding makes several times as much garbage as there is data.
type parameters struct {
	buf  []byte
	ends []int
}

// reset forgets all, and keeps the room.
func (p *parameters) reset() { p.buf, p.ends = p.buf[:0], p.ends[:0] }

func (p *parameters) end() { p.ends = append(p.ends, len(p.buf)) }

// list gives the parameters, which are valid until reset.
func (p *parameters) list() [][]byte {
	out := make([][]byte, len(p.ends))
	from := 0
	for i, end := range p.ends {
		out[i] = p.buf[from:end:end]
		from = end
	}
	return out
}

func (p *parameters) int64(v int64) {
	p.buf = binary.BigEndian.AppendUint64(p.buf, uint64(v)) //nolint:gosec // two's complement is the form
	p.end()
}

func (p *parameters) bytes(b []byte) {
	p.buf = append(p.buf, b...)
	p.end()
}

// epoch is PostgreSQL's.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// time takes a time of whole microseconds.
func (p *parameters) time(t time.Time) { p.int64(t.Sub(epoch).Microseconds()) }

// array writes an array of n elements without NULL, or of nullable ones; each writes
// element i, and returns false for NULL.
func (p *parameters) array(oid uint32, n int, nullable bool, each func(i int) bool) {
	if n == 0 {
		p.uint32(0, 0, oid)
		p.end()
		return
	}
	flag := uint32(0)
	if nullable {
		flag = 1
	}
	p.uint32(1, flag, oid, uint32(n), 1) //nolint:gosec // a batch is small
	for i := range n {
		at := len(p.buf)
		p.uint32(0)
		size := ^uint32(0) // NULL
		if each(i) {
			size = uint32(len(p.buf) - at - 4) //nolint:gosec // an entry is bounded
		}
		binary.BigEndian.PutUint32(p.buf[at:], size)
	}
	p.end()
}

func (p *parameters) uint32(values ...uint32) {
	for _, v := range values {
		p.buf = binary.BigEndian.AppendUint32(p.buf, v)
	}
}

// byteas writes an array of bytea; nil elements become NULL if they may, else empty.
func (p *parameters) byteas(n int, nullable bool, of func(i int) []byte) {
	p.array(pgtype.ByteaOID, n, nullable, func(i int) bool {
		b := of(i)
		p.buf = append(p.buf, b...)
		return b != nil || !nullable
	})
}

func (p *parameters) texts(n int, of func(i int) string) {
	p.array(pgtype.TextOID, n, false, func(i int) bool {
		p.buf = append(p.buf, of(i)...)
		return true
	})
}

// uuids writes an array of ids; of returns nil for NULL.
func (p *parameters) uuids(n int, nullable bool, of func(i int) *[16]byte) {
	p.array(pgtype.UUIDOID, n, nullable, func(i int) bool {
		id := of(i)
		if id != nil {
			p.buf = append(p.buf, id[:]...)
		}
		return id != nil
	})
}
