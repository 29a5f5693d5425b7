package misuse

import (
	"encoding/binary"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// Code stands for something that the log holds as a keyed code only: a name, a
// telephone number, a reference. Equal things have equal codes. 0 is none.
type Code uint64

// ParseCode reads a code as the log writes it, "key version:hex"; what is not of
// that form gives 0. Codes under different key versions differ.
func ParseCode(text string) Code {
	version, sum, ok := strings.Cut(text, ":")
	v, errVersion := strconv.ParseUint(version, 10, 32)
	s, errSum := strconv.ParseUint(sum, 16, 64)
	if !ok || errVersion != nil || errSum != nil {
		return 0
	}
	return Code(s ^ v*0x9e3779b97f4a7c15)
}

// ParseCodes reads codes, leaving out what is none.
func ParseCodes(texts []string) []Code {
	out := make([]Code, 0, len(texts))
	for _, t := range texts {
		if c := ParseCode(t); c != 0 {
			out = append(out, c)
		}
	}
	return out
}

// CodeOf is the code of a record id or another name that is no secret.
func CodeOf(id []byte) Code {
	h := fnv.New64a()
	_, _ = h.Write(id) // never fails
	return Code(binary.BigEndian.Uint64(h.Sum(nil)))
}

// Kind says what an event is.
type Kind uint8

// The kinds of events.
const (
	Other        Kind = iota // of no concern to any rule
	Look                     // a search, or an attempt at one
	Registration             // a nominal or a course was registered or changed
	Review                   // somebody read the log
)

// Event is what the rules see of one entry of the log.
type Event struct {
	// Index is the entry's index in the log.
	Index int64
	// Time is the entry's time; it never goes back along the log.
	Time time.Time
	// Kind says what it is.
	Kind Kind
	// Actor is who called: the subject as in the log, of a system that names an
	// officer "subject/collar number". Where his force has told whose the collar
	// number is, the engine takes him for the same as he who signs in himself.
	Actor string
	// Asserted says that a force system names him, and no sign-in of his own.
	Asserted bool
	// Force is the actor's force; empty for national roles.
	Force string
	// Roles are the actor's roles.
	Roles []string
	// Collar is the actor's collar number.
	Collar string
	// OnBehalfOf is the collar number of the officer for whom the call was made.
	OnBehalfOf string
	// Reason is the reason code.
	Reason string
	// Reference is the code of the reference given.
	Reference Code
	// Terms are the codes of what was asked for, the person's name first. Of a
	// registration they are those of the person registered.
	Terms []Code
	// Records are the records shown, or those registered.
	Records []Code
	// Checked says of a registration that its caller was told what is known of the
	// person: it is a search too.
	Checked bool
	// Found says how many records were shown.
	Found int
	// Refused says that the call was refused.
	Refused bool
	// Self says that the register itself took it for a search for oneself.
	Self bool
	// Wide says that the criteria fit more people than can be shown.
	Wide bool
	// Silent are the forces whose SILENT records the call met and was not shown.
	Silent []string
	// Victims are the codes of courses of conduct whose victim the criteria fit.
	Victims []Code
	// Accused are the suspects of these courses.
	Accused []Accused
	// Subject is whose use a review is about; empty when it is not of one person.
	Subject string
}

// Accused is somebody whose conduct is recorded.
type Accused struct {
	// Codes are those of his names, alone and with his date of birth.
	Codes []Code
	// Owner is the force that alone may know of the record, when it is SILENT.
	Owner string
}

// person is who was asked for: the name if one was given.
func (e *Event) person() Code {
	if len(e.Terms) > 0 {
		return e.Terms[0]
	}
	return 0
}

// record is the record that the search was evidently for, 0 when it found nobody
// or many.
func (e *Event) record() Code {
	if e.Found >= 1 && e.Found <= maxPlain && len(e.Records) > 0 {
		return e.Records[0]
	}
	return 0
}

// maxPlain is how many records an answer may hold to be of one person: a person
// has nominals in several forces.
const maxPlain = 4

// Role is the actor's role for comparison with peers: the first, as the log
// lists them in order.
func (e *Event) role() string {
	if len(e.Roles) == 0 {
		return ""
	}
	return e.Roles[0]
}

func (e *Event) hasRole(role string) bool {
	for _, r := range e.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// day is a date in UTC as a number.
type day int32

const secondsPerDay = 24 * 60 * 60

func dayOf(t time.Time) day { return day(t.Unix() / secondsPerDay) } //nolint:gosec // until the year 5,000,000

func (d day) String() string {
	return time.Unix(int64(d)*secondsPerDay, 0).UTC().Format(time.DateOnly)
}
