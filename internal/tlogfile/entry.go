package tlogfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// EntryTime is the form of times in entries: UTC, microseconds.
const EntryTime = "2006-01-02T15:04:05.000000Z"

// SchemaVersion is the version of the metadata's form that this package reads.
const SchemaVersion = 1

// Entry is the metadata of an entry, as docs/access-log.md lists it. The order of
// the fields is the order in the bytes that are hashed. A test keeps it equal to
// what the register writes.
type Entry struct {
	V             int          `json:"v"`
	ID            string       `json:"id"`
	Time          string       `json:"time"`
	Actor         Actor        `json:"actor"`
	Roles         []string     `json:"roles,omitempty"`
	ACR           string       `json:"acr,omitempty"`
	Client        string       `json:"client,omitempty"`
	Addr          string       `json:"addr,omitempty"`
	Method        string       `json:"method"`
	Operation     string       `json:"operation,omitempty"`
	Reason        string       `json:"reason,omitempty"`
	ReferenceHMAC string       `json:"reference_hmac,omitempty"`
	OnBehalfOf    string       `json:"on_behalf_of,omitempty"`
	Terms         []string     `json:"terms,omitempty"`
	Results       []string     `json:"results,omitempty"`
	ResultCount   int          `json:"result_count"`
	Marks         []string     `json:"marks,omitempty"`
	Versions      []VersionRef `json:"versions,omitempty"`
	Decision      *Decision    `json:"decision,omitempty"`
	Outcome       string       `json:"outcome"`
	Recipients    []string     `json:"recipients,omitempty"`
	Trace         string       `json:"trace,omitempty"`
	BodyHash      []byte       `json:"body_hash,omitempty"`
	Count         int64        `json:"count,omitempty"`
	Source        string       `json:"source,omitempty"`
}

// Actor is who called.
type Actor struct {
	Sub       string `json:"sub,omitempty"`
	Force     string `json:"force,omitempty"`
	Collar    string `json:"collar,omitempty"`
	Assurance string `json:"assurance,omitempty"`
	Kind      string `json:"kind"`
}

// VersionRef is what an entry says of a version that commits with it.
type VersionRef struct {
	Record string `json:"record"`
	N      int32  `json:"n"`
	Digest []byte `json:"digest"`
}

// Decision is what the policy said.
type Decision struct {
	Effect string `json:"effect,omitempty"`
	Line   string `json:"line,omitempty"`
	Policy string `json:"policy,omitempty"`
}

var errEntry = errors.New("not an entry's metadata in its one form")

// ParseEntry reads an entry's metadata and its time. It must be in its one form:
// written again it gives the same bytes.
func ParseEntry(b []byte) (*Entry, time.Time, error) {
	var e Entry
	if err := json.Unmarshal(b, &e); err != nil {
		return nil, time.Time{}, errEntry // the cause may quote the entry
	}
	if e.V != SchemaVersion {
		return nil, time.Time{}, fmt.Errorf("schema version %d instead of %d", e.V, SchemaVersion)
	}
	again, err := json.Marshal(&e)
	if err != nil || !bytes.Equal(again, b) {
		return nil, time.Time{}, errEntry
	}
	at, err := time.Parse(EntryTime, e.Time)
	switch {
	case err != nil || at.Format(EntryTime) != e.Time:
		return nil, time.Time{}, errors.New("its time is not in its one form")
	case !isUUID(e.ID):
		return nil, time.Time{}, errors.New("its id is no UUID")
	case e.Actor.Kind == "" || e.Method == "" || e.Outcome == "":
		return nil, time.Time{}, errors.New("its method, outcome or kind of actor is missing")
	case e.BodyHash != nil && len(e.BodyHash) != 32:
		return nil, time.Time{}, errors.New("its body hash is no SHA-256")
	}
	for _, v := range e.Versions {
		if !isUUID(v.Record) || v.N < 1 || len(v.Digest) != 32 {
			return nil, time.Time{}, errors.New("what it says of a version is malformed")
		}
	}
	return &e, at, nil
}

// isUUID accepts the one form of RFC 9562: lower case, with dashes.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}
