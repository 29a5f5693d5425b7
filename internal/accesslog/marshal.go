package accesslog

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"github.com/google/uuid"
)

// marshal writes the metadata in its one form: that of encoding/json for wire, byte
// for byte, without the reflection. buf is appended to.
func (m *Metadata) marshal(buf []byte) ([]byte, error) {
	w := writing{buf: buf}
	w.raw(`{"v":`)
	w.buf = strconv.AppendInt(w.buf, int64(m.V), 10)
	w.raw(`,"id":`)
	w.id(m.ID)
	w.raw(`,"time":"`)
	w.buf = m.Time.UTC().AppendFormat(w.buf, timeForm)
	w.raw(`","actor":{`)
	from := len(w.buf)
	w.optional(`,"sub":`, m.Actor.Sub)
	w.optional(`,"force":`, m.Actor.Force)
	w.optional(`,"collar":`, m.Actor.Collar)
	w.optional(`,"assurance":`, string(m.Actor.Assurance))
	w.raw(`,"kind":`)
	w.text(string(m.Actor.Kind))
	w.firstOf(from)
	w.raw(`}`)
	w.list(`,"roles":`, m.Roles)
	w.optional(`,"acr":`, m.ACR)
	w.optional(`,"client":`, m.Client)
	w.optional(`,"addr":`, m.Addr)
	w.raw(`,"method":`)
	w.text(m.Method)
	w.optional(`,"operation":`, m.Operation)
	w.optional(`,"reason":`, m.Reason)
	w.optional(`,"reference_hmac":`, m.ReferenceHMAC)
	w.optional(`,"on_behalf_of":`, m.OnBehalfOf)
	w.list(`,"terms":`, m.Terms)
	w.results(m.Results)
	w.raw(`,"result_count":`)
	w.buf = strconv.AppendInt(w.buf, int64(m.ResultCount), 10)
	w.list(`,"marks":`, m.Marks)
	w.versions(m.Versions)
	w.decision(&m.Decision)
	w.raw(`,"outcome":`)
	w.text(m.Outcome)
	w.list(`,"recipients":`, m.Recipients)
	w.optional(`,"trace":`, m.Trace)
	if len(m.BodyHash) > 0 {
		w.raw(`,"body_hash":`)
		w.bytes(m.BodyHash)
	}
	if m.Count != 0 {
		w.raw(`,"count":`)
		w.buf = strconv.AppendInt(w.buf, m.Count, 10)
	}
	w.optional(`,"source":`, m.Source)
	w.raw(`}`)
	return w.buf, w.err
}

// writing is JSON being written.
type writing struct {
	buf []byte
	err error
}

func (w *writing) raw(s string) { w.buf = append(w.buf, s...) }

// firstOf removes the comma that the first member of an object came with.
func (w *writing) firstOf(from int) {
	w.buf = append(w.buf[:from], w.buf[from+1:]...)
}

// optional writes a member unless it is empty.
func (w *writing) optional(name, value string) {
	if value != "" {
		w.raw(name)
		w.text(value)
	}
}

// text writes a string: as it is, where nothing in it needs to be escaped.
func (w *writing) text(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			escaped, err := json.Marshal(s)
			if err != nil {
				w.err = err
			}
			w.buf = append(w.buf, escaped...)
			return
		}
	}
	w.buf = append(w.buf, '"')
	w.raw(s)
	w.buf = append(w.buf, '"')
}

// list writes a member that is a list of strings, unless it is empty.
func (w *writing) list(name string, values []string) {
	for i, v := range values {
		w.between(i, name)
		w.text(v)
	}
	w.end(len(values))
}

// between writes what stands before an element of a list.
func (w *writing) between(i int, name string) {
	if i > 0 {
		w.buf = append(w.buf, ',')
		return
	}
	w.raw(name)
	w.buf = append(w.buf, '[')
}

// end closes a list of n elements.
func (w *writing) end(n int) {
	if n > 0 {
		w.buf = append(w.buf, ']')
	}
}

func (w *writing) id(id uuid.UUID) {
	const form = "00000000-0000-0000-0000-000000000000"
	w.buf = append(w.buf, '"')
	at := len(w.buf)
	w.raw(form)
	encodeUUID(w.buf[at:], id)
	w.buf = append(w.buf, '"')
}

// encodeUUID writes an id in its usual form of 36 bytes.
func encodeUUID(to []byte, id uuid.UUID) {
	const digits = "0123456789abcdef"
	at := 0
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			to[at] = '-'
			at++
		}
		to[at], to[at+1] = digits[b>>4], digits[b&15]
		at += 2
	}
}

// bytes writes bytes in base64.
func (w *writing) bytes(b []byte) {
	if b == nil {
		w.raw("null")
		return
	}
	w.buf = append(w.buf, '"')
	w.buf = base64.StdEncoding.AppendEncode(w.buf, b)
	w.buf = append(w.buf, '"')
}

func (w *writing) results(ids []uuid.UUID) {
	for i, id := range ids {
		w.between(i, `,"results":`)
		w.id(id)
	}
	w.end(len(ids))
}

func (w *writing) versions(refs []VersionRef) {
	for i := range refs {
		v := &refs[i]
		w.between(i, `,"versions":`)
		w.raw(`{"record":`)
		w.id(v.Record)
		w.raw(`,"n":`)
		w.buf = strconv.AppendInt(w.buf, int64(v.N), 10)
		w.raw(`,"digest":`)
		w.bytes(v.Digest)
		w.raw(`}`)
	}
	w.end(len(refs))
}

func (w *writing) decision(d *Decision) {
	if *d == (Decision{}) {
		return
	}
	w.raw(`,"decision":{`)
	from := len(w.buf)
	w.optional(`,"effect":`, string(d.Effect))
	w.optional(`,"line":`, d.Line)
	w.optional(`,"policy":`, d.Policy)
	w.firstOf(from)
	w.raw(`}`)
}
