package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Fault is the first thing found wrong in an export.
type Fault struct { //nolint:errname // "FaultError" would say it twice
	// Index is the entry concerned; of a checkpoint, the last entry it covers.
	Index int64 `json:"index"`
	// Through is the last entry concerned: the same as Index unless hashes alone
	// cannot tell more.
	Through int64 `json:"through"`
	// File is where it was seen.
	File string `json:"file,omitempty"`
	// What is wrong, with what was expected and found instead where that says more.
	What     string `json:"what"`
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`

	// leaf marks an entry whose hash is not that of its tile: which of the two is
	// wrong, the next checkpoint decides.
	leaf bool
}

// Error says it in one line.
func (f *Fault) Error() string {
	var b strings.Builder
	if f.Through > f.Index {
		fmt.Fprintf(&b, "entries %d to %d: %s", f.Index, f.Through, f.What)
	} else {
		fmt.Fprintf(&b, "entry %d: %s", f.Index, f.What)
	}
	if f.Expected != "" {
		fmt.Fprintf(&b, "; expected %s", f.Expected)
	}
	if f.Found != "" {
		fmt.Fprintf(&b, "; found %s", f.Found)
	}
	if f.File != "" {
		fmt.Fprintf(&b, " (%s)", f.File)
	}
	return b.String()
}

// at makes the fault of one entry.
func at(index int64, file, what string) *Fault {
	return &Fault{Index: index, Through: index, File: file, What: what}
}

// differ adds what was expected and what was found.
func (f *Fault) differ(expected, found string) *Fault {
	f.Expected, f.Found = expected, found
	return f
}

func (f *Fault) hashes(expected, found tlog.Hash) *Fault {
	return f.differ(expected.String(), found.String())
}

func base64Of(b []byte) string {
	if len(b) == 0 {
		return "none"
	}
	return base64.StdEncoding.EncodeToString(b)
}

// earlier returns the fault of the lower index, the first one if they are equal;
// but an exact fault rather than a range that holds it.
func earlier(a, b *Fault) *Fault {
	switch {
	case a == nil:
		return b
	case b == nil || b.holds(a):
		return a
	case a.holds(b) || b.Index < a.Index:
		return b
	}
	return a
}

// holds tells whether f is a range, and other an exact fault in it.
func (f *Fault) holds(other *Fault) bool {
	return !f.exact() && other.exact() && f.Index <= other.Index && other.Index <= f.Through
}

func (f *Fault) exact() bool { return f.Index == f.Through }

// precedes tells whether f is the first fault, whatever is wrong with the entry.
func (f *Fault) precedes(index int64) bool { return f != nil && earlier(f, at(index, "", "")) == f }

// faultOf is the fault in an error, or that an entry cannot be proved for it.
func faultOf(index int64, err error) *Fault {
	if f, ok := asFault(err); ok {
		return f
	}
	return at(index, "", err.Error())
}

// asFault finds the fault in an error.
func asFault(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}
