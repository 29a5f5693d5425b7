package identity

import "encoding/binary"

// packed is a record as the index keeps it, decoded for scoring: names and
// address words are numbers of symbols. The slices are reused from one record
// to the next.
type packed struct {
	names       []packedName
	births      []Birth
	sex         byte
	identifiers []packedIdentifier
	postcodes   [][]byte
	address     []uint32
	syms        []uint32 // backs the names
}

type packedName struct {
	given, surname []uint32
	joined         uint32
	whole          bool
}

type packedIdentifier struct {
	kind     IdentifierKind
	platform uint32
	value    []byte
}

// noSymbol stands for no word.
const noSymbol = ^uint32(0)

const (
	nameWhole  = 1 << 0
	nameJoined = 1 << 1
	nameGiven  = 2 // shift of three bits
	nameFamily = 5 // shift of three bits
)

// encode appends the packed form of r; name and atom give the numbers of
// words.
func encode(b []byte, r *Record, name, atom func(string) uint32) []byte {
	b = append(b, byte(len(r.names))) //nolint:gosec // at most maxNames
	for i := range r.names {
		n := &r.names[i]
		flags := byte(len(n.given)<<nameGiven | len(n.surname)<<nameFamily) //nolint:gosec // at most maxTokens each
		if n.whole {
			flags |= nameWhole
		}
		if n.joined != "" {
			flags |= nameJoined
		}
		b = append(b, flags)
		for _, w := range n.given {
			b = binary.AppendUvarint(b, uint64(name(w)))
		}
		for _, w := range n.surname {
			b = binary.AppendUvarint(b, uint64(name(w)))
		}
		if n.joined != "" {
			b = binary.AppendUvarint(b, uint64(name(n.joined)))
		}
	}
	b = append(b, byte(len(r.births))) //nolint:gosec // at most maxBirths
	for _, d := range r.births {
		b = binary.AppendUvarint(b, packBirth(d))
	}
	b = append(b, r.sex, byte(len(r.identifiers))) //nolint:gosec // at most maxIdentifiers
	for _, id := range r.identifiers {
		b = append(b, byte(id.kind))
		b = binary.AppendUvarint(b, uint64(atom(id.platform)))
		b = appendString(b, id.value)
	}
	b = append(b, byte(len(r.postcodes))) //nolint:gosec // at most maxPostcodes
	for _, p := range r.postcodes {
		b = appendString(b, p)
	}
	b = append(b, byte(len(r.address))) //nolint:gosec // at most maxRecordWords
	for _, w := range r.address {
		b = binary.AppendUvarint(b, uint64(atom(w)))
	}
	return b
}

// wildBirth marks a date that is packed as its eight decimal digits.
const wildBirth = 1 << 27

func packBirth(d Birth) uint64 {
	if d.wild() {
		return wildBirth | uint64(d.Year*10000+d.Month*100+d.Day) //nolint:gosec // below a hundred million
	}
	v := uint64(d.Year)<<10 | uint64(d.Month)<<6 | uint64(d.Day)<<1 //nolint:gosec // checked when parsed
	if d.Approximate {
		v |= 1
	}
	return v
}

func unpackBirth(packed uint64) Birth {
	v := int(packed) //nolint:gosec // written from small parts
	if v&wildBirth != 0 {
		v &^= wildBirth
		return Birth{Year: v / 10000, Month: v / 100 % 100, Day: v % 100}
	}
	return Birth{Year: v >> 10, Month: v >> 6 & 15, Day: v >> 1 & 31, Approximate: v&1 != 0}
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// reader takes a packed record apart. The bytes are the index's own.
type reader struct {
	b []byte
	i int
}

func (r *reader) byte() byte {
	c := r.b[r.i]
	r.i++
	return c
}

func (r *reader) uvarint() uint64 {
	v := uint64(0)
	for s := 0; ; s += 7 {
		c := r.b[r.i]
		r.i++
		v |= uint64(c&0x7f) << s
		if c < 0x80 {
			return v
		}
	}
}

func (r *reader) sym() uint32 { return uint32(r.uvarint()) } //nolint:gosec // written as 32 bits

func (r *reader) bytes() []byte {
	n := int(r.uvarint()) //nolint:gosec // written from a length
	v := r.b[r.i : r.i+n]
	r.i += n
	return v
}

// decode fills p from the packed form at the start of b.
func (p *packed) decode(b []byte) { p.decodeParts(b, true) }

// decodeParts is decode; without all it stops after names, dates and sex.
func (p *packed) decodeParts(b []byte, all bool) {
	r := reader{b: b}
	p.names, p.births, p.identifiers = p.names[:0], p.births[:0], p.identifiers[:0]
	p.postcodes, p.address, p.syms = p.postcodes[:0], p.address[:0], p.syms[:0]
	for range r.byte() {
		flags := r.byte()
		n := packedName{whole: flags&nameWhole != 0, joined: noSymbol}
		start := len(p.syms)
		given, surname := int(flags>>nameGiven&7), int(flags>>nameFamily&7)
		for range given + surname {
			p.syms = append(p.syms, r.sym())
		}
		n.given = p.syms[start : start+given]
		n.surname = p.syms[start+given : start+given+surname]
		if flags&nameJoined != 0 {
			n.joined = r.sym()
		}
		p.names = append(p.names, n)
	}
	for range r.byte() {
		p.births = append(p.births, unpackBirth(r.uvarint()))
	}
	p.sex = r.byte()
	if !all {
		return
	}
	for range r.byte() {
		kind := IdentifierKind(r.byte())
		platform := r.sym()
		p.identifiers = append(p.identifiers, packedIdentifier{kind, platform, r.bytes()})
	}
	for range r.byte() {
		p.postcodes = append(p.postcodes, r.bytes())
	}
	for range r.byte() {
		p.address = append(p.address, r.sym())
	}
}
