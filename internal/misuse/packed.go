package misuse

import (
	"encoding/binary"
	"time"
)

// packed is an event in one piece without pointers, as long as it is kept in case it is
// explained later: the garbage collector need not look into it. The time comes first.
type packed []byte

func (p packed) time() time.Time {
	return time.Unix(0, int64(binary.LittleEndian.Uint64(p))).UTC() //nolint:gosec // as pack wrote it
}

// pack packs an event.
func pack(e *Event) packed {
	p := packed(binary.LittleEndian.AppendUint64(nil, uint64(e.Time.UnixNano())))
	flags := uint64(0)
	for i, is := range []bool{e.Asserted, e.Checked, e.Refused, e.Self, e.Wide} {
		if is {
			flags |= 1 << i
		}
	}
	p = binary.AppendUvarint(binary.AppendVarint(p, e.Index), flags)
	p = binary.AppendVarint(append(p, byte(e.Kind)), int64(e.Found))
	p = binary.LittleEndian.AppendUint64(p, uint64(e.Reference))
	for _, text := range []string{e.Actor, e.Force, e.Collar, e.OnBehalfOf, e.Reason, e.Subject} {
		p = p.text(text)
	}
	p = p.texts(e.Roles).texts(e.Silent).codes(e.Terms).codes(e.Records).codes(e.Victims)
	p = binary.AppendUvarint(p, uint64(len(e.Accused)))
	for i := range e.Accused {
		p = p.text(e.Accused[i].Owner).codes(e.Accused[i].Codes)
	}
	return p
}

func (p packed) text(s string) packed { return append(binary.AppendUvarint(p, uint64(len(s))), s...) }

func (p packed) texts(all []string) packed {
	p = binary.AppendUvarint(p, uint64(len(all)))
	for _, s := range all {
		p = p.text(s)
	}
	return p
}

func (p packed) codes(all []Code) packed {
	p = binary.AppendUvarint(p, uint64(len(all)))
	for _, c := range all {
		p = binary.LittleEndian.AppendUint64(p, uint64(c))
	}
	return p
}

// unpack is the event that was packed, whatever stands behind it.
func (p packed) unpack() (e Event) {
	e.Time = p.time()
	r := unpacking(p[8:])
	e.Index = r.signed()
	flags := r.number()
	for i, is := range []*bool{&e.Asserted, &e.Checked, &e.Refused, &e.Self, &e.Wide} {
		*is = flags&(1<<i) != 0
	}
	e.Kind = Kind(r[0])
	r = r[1:]
	e.Found, e.Reference = int(r.signed()), r.code()
	for _, text := range []*string{&e.Actor, &e.Force, &e.Collar, &e.OnBehalfOf, &e.Reason, &e.Subject} {
		*text = r.text()
	}
	e.Roles, e.Silent = list(&r, (*unpacking).text), list(&r, (*unpacking).text)
	e.Terms, e.Records, e.Victims = list(&r, (*unpacking).code), list(&r, (*unpacking).code), list(&r, (*unpacking).code)
	e.Accused = list(&r, func(r *unpacking) Accused {
		owner := r.text()
		return Accused{Owner: owner, Codes: list(r, (*unpacking).code)}
	})
	return e
}

// unpacking is what is left to unpack.
type unpacking []byte

func (r *unpacking) number() uint64 {
	v, n := binary.Uvarint(*r)
	*r = (*r)[n:]
	return v
}

func (r *unpacking) signed() int64 {
	v, n := binary.Varint(*r)
	*r = (*r)[n:]
	return v
}

func (r *unpacking) code() Code {
	c := Code(binary.LittleEndian.Uint64(*r))
	*r = (*r)[8:]
	return c
}

func (r *unpacking) text() string {
	n := r.number()
	s := string((*r)[:n])
	*r = (*r)[n:]
	return s
}

func list[T any](r *unpacking, each func(*unpacking) T) []T {
	n := r.number()
	if n == 0 {
		return nil
	}
	out := make([]T, n)
	for i := range out {
		out[i] = each(r)
	}
	return out
}

// queue keeps packed things in the order in which they came, in pages of many.
type queue struct {
	pages [][]byte
	at    int // of the first in the first page
}

const queuePage = 64 << 10

// push adds one at the end.
func (q *queue) push(p []byte) {
	need := binary.MaxVarintLen64 + len(p)
	last := len(q.pages) - 1
	if last < 0 || cap(q.pages[last])-len(q.pages[last]) < need {
		q.pages = append(q.pages, make([]byte, 0, max(queuePage, need)))
		last++
	}
	q.pages[last] = append(binary.AppendUvarint(q.pages[last], uint64(len(p))), p...)
}

// front is the first, nil when there is none. It is gone after the next pop.
func (q *queue) front() []byte {
	if len(q.pages) == 0 {
		return nil
	}
	n, width := binary.Uvarint(q.pages[0][q.at:])
	return q.pages[0][q.at+width:][:n]
}

// pop takes the first away.
func (q *queue) pop() {
	n, width := binary.Uvarint(q.pages[0][q.at:])
	if q.at += width + int(n); q.at == len(q.pages[0]) { //nolint:gosec // as push wrote it
		q.pages[0] = nil
		q.pages, q.at = q.pages[1:], 0
	}
}
