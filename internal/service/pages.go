package service

import (
	"crypto/hmac"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

func pageSize(asked int32, standard int) int {
	if asked == 0 {
		return standard
	}
	return int(asked)
}

// pageToken makes the token of the next page, bound to its request: a token
// used with another request is refused.
func (d *Deps) pageToken(binding string, after uuid.UUID) string {
	return base64.RawURLEncoding.EncodeToString(after[:]) + "." + d.Keys.TermHMAC("page", binding+"|"+after.String())
}

func (d *Deps) readPageToken(token, binding string, after *uuid.UUID) error {
	if token == "" {
		return nil
	}
	bad := Invalid(ReasonInvalidFields, []Violation{{"page_token", "is not a token of this listing: start again with an empty one"}})
	id, mac, ok := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if !ok || err != nil || len(raw) != len(after) {
		return bad
	}
	copy(after[:], raw)
	for _, want := range d.Keys.TermHMACs("page", binding+"|"+after.String()) {
		if hmac.Equal([]byte(want), []byte(mac)) {
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
