package postgres

import (
	"errors"
	"time"

	"github.com/google/uuid"
)

// ErrNotFound says that no row answers the question asked.
var ErrNotFound = errors.New("not found")

// Kind is the kind of a record.
type Kind string

// The kinds of records.
const (
	KindNominal      Kind = "nominal"      // a person of interest
	KindCourse       Kind = "course"       // a course of conduct
	KindForce        Kind = "force"        // a force's entry in the directory
	KindLink         Kind = "link"         // a judgement that two nominals are one person
	KindAlert        Kind = "alert"        // what a force is told unasked
	KindSubscription Kind = "subscription" // a wish of a force to be told of a person
	KindQuestion     Kind = "question"     // what one force asks another about a record
	KindTransfer     Kind = "transfer"     // the offer of a matter to another force
	KindMeasure      Kind = "measure"      // what restrains a person
	KindBreach       Kind = "breach"       // a contravention of a measure
	KindAssessment   Kind = "assessment"   // an assessment of risk
	KindPlan         Kind = "plan"         // a safety plan for one victim
	KindDuty         Kind = "duty"         // what a force must do by a deadline
	KindJudgement    Kind = "judgement"    // what a force made of a prompt
	// KindSanction is what professional standards has ordered for a user.
	KindSanction Kind = "sanction"
	// KindUnsealing is a request to open the sealed part of an entry.
	KindUnsealing Kind = "unsealing"
	// KindCaseAccess is what lets the national auditor unseal entries of a force.
	KindCaseAccess Kind = "case_access"
	// KindSample is a dip sample of the log.
	KindSample Kind = "sample"
	// KindHold keeps retention from dropping sealed parts of entries.
	KindHold Kind = "hold"
	// KindReview is a verdict on somebody's reading of the log.
	KindReview Kind = "review"
	// KindFact is what a force tells of its cases, rosters and staff.
	KindFact Kind = "fact"
	// KindMisuseFlag is a question about somebody's use of the register.
	KindMisuseFlag Kind = "misuse_flag"
	// KindMisuseCase is what professional standards make of flags.
	KindMisuseCase Kind = "misuse_case"
)

// Record is the unchanging part of a record.
type Record struct {
	ID    uuid.UUID
	Kind  Kind
	Force string // owner force's code
	// SourceHMAC is the keyed hash of force, source system, reference and
	// kind; unique among records.
	SourceHMAC []byte
	// SourceKeyVersion names the key under which SourceHMAC was made.
	SourceKeyVersion int32
}

// Version is one version of a record. Versions are never changed.
type Version struct {
	Record   uuid.UUID
	N        int32 // 1 for the first version, then without gaps
	LogIndex int64 // entry that tells of this version; the writer fills it in
	Revision int64 // the source system's revision
	Erased   bool  // the record is erased by this version; Sealed is empty
	Salt     []byte
	Sealed   []byte
	Digest   []byte // SHA-256 over salt and the version's canonical bytes, see package seal
}

// Current is a record with its newest version.
type Current struct {
	Record  Record
	Version Version
	// Wrapped is the record's wrapped data key, nil once the record is erased.
	Wrapped []byte
}

// FeedRow is one version in log order, with what a reader needs to open it.
type FeedRow struct {
	Record  Record
	Version Version
	Wrapped []byte // nil once the record is erased, whatever the version says
}

// RecordKey is a record's wrapped data key.
type RecordKey struct {
	Record  uuid.UUID
	Wrapped []byte
}

// Entry is one entry of the access log as stored.
type Entry struct {
	Index    int64
	Time     time.Time
	Meta     []byte // exactly the bytes that are hashed into the leaf
	BodyHash []byte // SHA-256 of the sealed body, nil without one
	LeafHash []byte // SHA-256(0x00 ‖ Meta)
	Versions int    // number of versions this entry tells of
}

// Projection holds the columns of an entry by which the log is filtered.
type Projection struct {
	Force         string
	Actor         string
	Method        string
	Operation     string
	Outcome       string
	ReferenceHMAC string
	Reason        string
	Records       int32 // how many were shown or changed
}

// Body is the sealed part of an entry.
type Body struct {
	SearchID uuid.NullUUID // set for a search
	Wrapped  []byte        // wrapped data key
	Sealed   []byte
}

// Touch says that an entry showed, changed or met a record.
type Touch struct {
	Record uuid.UUID
	Force  string // owner force's code
	// Silent says that the caller was not told: only the owner force's PSD may
	// learn of it.
	Silent bool
}

// StoredBody is a body with the entry it belongs to.
type StoredBody struct {
	Body
	Entry Entry
}

// Tile is a full tile of the log: 256 hashes of its level.
type Tile struct {
	Level int
	N     int64
	Root  []byte // hash of the whole tile
	Data  []byte // 8192 bytes
}

// Checkpoint is a signed state of the log.
type Checkpoint struct {
	Size int64
	Time time.Time // time of the last entry covered
	Root []byte
	Note []byte // the signed note
}

// EntryFilter selects entries; zero fields select all.
type EntryFilter struct {
	Force     string
	Actor     string
	Method    string
	Operation string
	Outcome   string
	// National selects the entries of callers of no force; not with Force or Record.
	National bool
	// Methods selects the entries of any of these methods; not with Record.
	Methods []string
	// ReferenceHMACs selects the entries with any of these codes of a reference.
	ReferenceHMACs []string
	// Refused selects the entries with any other outcome than OK.
	Refused bool
	// Record selects the entries that touched a record of RecordForce.
	Record      uuid.UUID
	RecordForce string
	From        time.Time // inclusive
	Until       time.Time // exclusive
	// After and Before bound the index, both exclusive; nil means unbounded.
	After, Before *int64
	// NewestFirst lists downwards from the newest.
	NewestFirst bool
	Limit       int // rows, 1 to 1000; 0 means 100
}
