package accesslog

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// schemaVersion is the version of the metadata's form.
const schemaVersion = 1

const (
	timeForm   = "2006-01-02T15:04:05.000000Z"
	timeOffset = len(`{"v":1,"id":"00000000-0000-0000-0000-000000000000","time":"`)
)

// fields passes over the fields in the order in which an entry has them: the one
// place that says so, for writing and for reading. The first three have a fixed
// length, so that the time can be set without writing the whole anew.
func (m *Metadata) fields(f *form) {
	f.open()
	number(f, "v", &m.V, always)
	f.id("id", &m.ID)
	f.time("time", &m.Time)
	if f.key("actor", true) {
		f.open()
		f.text("sub", &m.Actor.Sub, filled)
		f.text("force", &m.Actor.Force, filled)
		f.text("collar", &m.Actor.Collar, filled)
		f.text("assurance", (*string)(&m.Actor.Assurance), filled)
		f.text("kind", (*string)(&m.Actor.Kind), always)
		f.close('}')
	}
	f.texts("roles", &m.Roles)
	f.text("acr", &m.ACR, filled)
	f.text("client", &m.Client, filled)
	f.text("addr", &m.Addr, filled)
	f.text("method", &m.Method, always)
	f.text("operation", &m.Operation, filled)
	f.text("reason", &m.Reason, filled)
	f.text("reference_hmac", &m.ReferenceHMAC, filled)
	f.text("on_behalf_of", &m.OnBehalfOf, filled)
	f.texts("terms", &m.Terms)
	list(f, "results", &m.Results, f.uuid)
	number(f, "result_count", &m.ResultCount, always)
	f.texts("marks", &m.Marks)
	list(f, "versions", &m.Versions, f.version)
	if f.key("decision", m.Decision != (Decision{})) {
		f.open()
		f.text("effect", (*string)(&m.Decision.Effect), filled)
		f.text("line", &m.Decision.Line, filled)
		f.text("policy", &m.Decision.Policy, filled)
		f.close('}')
	}
	f.text("outcome", &m.Outcome, always)
	f.texts("recipients", &m.Recipients)
	f.text("trace", &m.Trace, filled)
	f.bytes("body_hash", &m.BodyHash, filled)
	number(f, "count", &m.Count, filled)
	f.text("source", &m.Source, filled)
	f.close('}')
}

func (f *form) version(v *VersionRef) {
	f.open()
	f.id("record", &v.Record)
	number(f, "n", &v.N, always)
	f.bytes("digest", &v.Digest, always)
	f.close('}')
}

// marshal writes the metadata in its one form.
func (m *Metadata) marshal() ([]byte, error) {
	f := form{b: make([]byte, 0, 640+len(m.Results)*40+len(m.Versions)*112)}
	m.fields(&f)
	return f.b, f.fault
}

// stamp sets the time in marshalled metadata.
func stamp(meta []byte, t time.Time) {
	var form [len(timeForm) + 8]byte // formatting writes some bytes beyond the end
	copy(meta[timeOffset:], t.AppendFormat(form[:0], timeForm))
}

var errNotMetadata = errors.New("not an entry's metadata")

// ParseMetadata reads an entry's metadata, which must be in its one form: what
// was read would be written as the same bytes.
func ParseMetadata(b []byte) (Metadata, error) {
	m := Metadata{}
	f := form{b: b, reading: true}
	m.fields(&f)
	if f.fault != nil || len(f.b) > 0 {
		return Metadata{}, errNotMetadata // the cause may quote the entry
	}
	if m.V != schemaVersion {
		return Metadata{}, fmt.Errorf("%w: schema version %d", errNotMetadata, m.V)
	}
	if again, err := m.marshal(); err != nil || !bytes.Equal(again, b) {
		return Metadata{}, errNotMetadata
	}
	return m, nil
}

// form writes metadata, or reads what it has written: JSON without spaces, byte for
// byte as encoding/json writes it. It reads no other, and needs to be strict in
// nothing, because what was read is written again and compared. Every call writes an
// entry and whoever watches the log reads them all: with reflection that took a third
// of a server's time.
type form struct {
	b       []byte // written, or left to read
	reading bool
	first   bool // whether an object or a list was just opened
	fault   error
}

// When a field is there.
const (
	filled = false // unless it is empty
	always = true
)

func (f *form) fail() bool {
	f.fault = errNotMetadata
	return false
}

// take reads a text that must, or may, come next.
func (f *form) take(text string) bool {
	if f.fault != nil || len(f.b) < len(text) || string(f.b[:len(text)]) != text {
		return false
	}
	f.b = f.b[len(text):]
	return true
}

func (f *form) put(text string) {
	if !f.reading {
		f.b = append(f.b, text...)
	} else if !f.take(text) {
		f.fail()
	}
}

func (f *form) open() { f.put("{"); f.first = true }

func (f *form) close(end byte) {
	f.first = false
	if end == '}' {
		f.put("}")
	} else {
		f.put("]")
	}
}

// key writes the name of a field, if the field is there, or reads it and returns
// whether it is.
func (f *form) key(name string, there bool) bool {
	if !f.reading && !there {
		return false
	}
	before := *f
	if !f.first {
		f.put(",")
	}
	f.put(`"`)
	f.put(name)
	f.put(`":`)
	if f.fault != nil { // another field, so this one is not there
		*f = before
		return false
	}
	f.first = false
	return true
}

func (f *form) text(name string, v *string, there bool) {
	if f.key(name, there || *v != "") {
		f.quoted(v)
	}
}

func (f *form) texts(name string, v *[]string) { list(f, name, v, f.quoted) }

// quoted writes or reads a text in quotation marks.
func (f *form) quoted(v *string) {
	if !f.reading {
		for i := range len(*v) {
			if c := (*v)[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
				quoted, err := json.Marshal(*v)
				f.b, f.fault = append(f.b, quoted...), err
				return
			}
		}
		f.b = append(append(append(f.b, '"'), *v...), '"')
		return
	}
	raw, plain := f.string()
	if plain {
		*v = string(raw)
	} else if json.Unmarshal(raw, v) != nil {
		f.fail()
	}
}

// string reads as far as a text in quotation marks goes. It is plain when nothing in
// it is escaped, and is then given without its marks.
func (f *form) string() (raw []byte, plain bool) {
	if f.fault != nil || len(f.b) == 0 || f.b[0] != '"' {
		return nil, f.fail()
	}
	plain = true
	for i := 1; i < len(f.b); i++ {
		switch f.b[i] {
		case '\\':
			plain = false
			i++
		case '"':
			raw = f.b[:i+1]
			f.b = f.b[i+1:]
			if plain {
				raw = raw[1:i]
			}
			return raw, plain
		}
	}
	return nil, f.fail()
}

func (f *form) id(name string, v *uuid.UUID) {
	if f.key(name, always) {
		f.uuid(v)
	}
}

func (f *form) uuid(v *uuid.UUID) {
	if !f.reading {
		mark := byte('"')
		for _, part := range [][]byte{v[:4], v[4:6], v[6:8], v[8:10], v[10:]} {
			f.b = hex.AppendEncode(append(f.b, mark), part)
			mark = '-'
		}
		f.b = append(f.b, '"')
		return
	}
	raw, _ := f.string()
	id, err := uuid.ParseBytes(raw)
	if err != nil {
		f.fail()
	}
	*v = id
}

func (f *form) time(name string, v *time.Time) {
	if !f.key(name, always) {
		return
	}
	if !f.reading {
		f.b = append(v.UTC().AppendFormat(append(f.b, '"'), timeForm), '"')
		return
	}
	raw, _ := f.string()
	at, err := time.Parse(timeForm, string(raw))
	if err != nil {
		f.fail()
	}
	*v = at.UTC()
}

func (f *form) bytes(name string, v *[]byte, there bool) {
	if !f.key(name, there || len(*v) > 0) {
		return
	}
	if !f.reading {
		f.b = append(base64.StdEncoding.AppendEncode(append(f.b, '"'), *v), '"')
		return
	}
	raw, _ := f.string()
	out, err := base64.StdEncoding.AppendDecode(nil, raw)
	if err != nil {
		f.fail()
	}
	*v = out
}

func number[N int | int32 | int64](f *form, name string, v *N, there bool) {
	if !f.key(name, there || *v != 0) {
		return
	}
	if !f.reading {
		f.b = strconv.AppendInt(f.b, int64(*v), 10)
		return
	}
	end := 0
	for end < len(f.b) && (f.b[end] == '-' || f.b[end] >= '0' && f.b[end] <= '9') {
		end++
	}
	n, err := strconv.ParseInt(string(f.b[:end]), 10, 64)
	if err != nil || int64(N(n)) != n {
		f.fail()
	}
	*v, f.b = N(n), f.b[end:]
}

// list writes or reads a list that is not empty; an empty one is left out.
func list[T any](f *form, name string, v *[]T, one func(*T)) {
	if !f.key(name, len(*v) > 0) {
		return
	}
	f.put("[")
	for i := 0; f.fault == nil; i++ {
		if f.reading {
			*v = append(*v, *new(T))
		}
		one(&(*v)[i])
		if f.reading && !f.take(",") || !f.reading && i == len(*v)-1 {
			break
		}
		if !f.reading {
			f.b = append(f.b, ',')
		}
	}
	f.close(']')
}
