package service

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// PageSize is the size of a page that was asked for; 0 means the standard one.
func PageSize(asked int32, standard int) int {
	if asked == 0 {
		return standard
	}
	return int(asked)
}

// AskedOf is what binds a page token to a whole question: all of the request but which
// page it asks for.
func AskedOf(list string, req proto.Message) string {
	m := proto.Clone(req).ProtoReflect()
	for _, name := range []protoreflect.Name{"page_token", "page_size"} {
		if f := m.Descriptor().Fields().ByName(name); f != nil {
			m.Clear(f)
		}
	}
	sum, _ := ContentHash(m.Interface()) // it was read from the wire: it can be written
	return list + "|" + hex.EncodeToString(sum)
}

// PageToken makes the token of the next page, bound to its request: a token
// used with another request is refused.
func (d *Deps) PageToken(binding string, after uuid.UUID) string { return d.token(binding, after[:]) }

// ReadPageToken reads the record after which a page begins; an empty token leaves after
// as it is, one of another request is refused.
func (d *Deps) ReadPageToken(token, binding string, after *uuid.UUID) error {
	return d.readToken(token, binding, after[:])
}

// token makes a page token of a place in a list, bound to its request.
func (d *Deps) token(binding string, place []byte) string {
	return base64.RawURLEncoding.EncodeToString(place) + "." + d.Keys.TermHMAC("page", binding+"|"+hex.EncodeToString(place))
}

// readToken reads the place that a token was made of; an empty token leaves it
// as it is.
func (d *Deps) readToken(token, binding string, place []byte) error {
	if token == "" {
		return nil
	}
	bad := Invalid(ReasonInvalidFields, []Violation{{"page_token", "is not a token of this listing: start again with an empty one"}})
	text, mac, ok := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || len(raw) != len(place) {
		return bad
	}
	for _, want := range d.Keys.TermHMACs("page", binding+"|"+hex.EncodeToString(raw)) {
		if hmac.Equal([]byte(want), []byte(mac)) {
			copy(place, raw)
			return nil
		}
	}
	return bad
}

// indexIn reads the index of a path such as "identifiers[3]".
func indexIn(path, list string) (int, bool) {
	rest, ok := strings.CutPrefix(path, list+"[")
	if !ok {
		return 0, false
	}
	digits, _, ok := strings.Cut(rest, "]")
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(digits)
	return i, err == nil
}
