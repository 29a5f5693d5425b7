package tlogfile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
)

// VersionRow is one version of a record, a line of VersionsFile. Bytes are in
// base64.
type VersionRow struct {
	Record   string `json:"record"`    // id of the record, a UUID
	N        int32  `json:"n"`         // number of the version, from 1
	Kind     string `json:"kind"`      // kind of record
	Force    string `json:"force"`     // code of the owner force
	Revision int64  `json:"revision"`  // of the source system
	Erased   bool   `json:"erased"`    // the version that marks the erasure
	LogIndex int64  `json:"log_index"` // of the entry that tells of it
	Salt     []byte `json:"salt"`
	// SealedHash is SHA-256 of the sealed content.
	SealedHash []byte `json:"sealed_sha256"`
	Digest     []byte `json:"digest"` // as stored beside the version
	// Sealed is the sealed content, in exports with content.
	Sealed []byte `json:"sealed,omitempty"`
}

// BodyRow is the sealed body of one entry, a line of BodiesFile. A body that
// retention has dropped has no line.
type BodyRow struct {
	Index      int64  `json:"index"`
	SealedHash []byte `json:"sealed_sha256"`
	Sealed     []byte `json:"sealed,omitempty"` // in exports with content
}

// versionDomain begins the bytes that a version's digest covers.
const versionDomain = "perpetrator-register/version/1"

var errVersion = errors.New("a version row that is malformed")

// ExpectedDigest computes the digest of a version from its salt, identity,
// revision and the hash of its sealed content: SHA-256 over the salt and eight
// parts, each after its length in four bytes big-endian (the domain, the record's
// id, the number in eight bytes, kind, force, the revision in eight bytes, one
// byte for the erasure, the hash).
func (v *VersionRow) ExpectedDigest() ([]byte, error) {
	id, err := hex.DecodeString(strings.ReplaceAll(v.Record, "-", ""))
	if err != nil || !isUUID(v.Record) || v.N < 1 || len(v.SealedHash) != sha256.Size {
		return nil, errVersion
	}
	var erased byte
	if v.Erased {
		erased = 1
	}
	h := sha256.New()
	h.Write(v.Salt)
	for _, part := range [][]byte{
		[]byte(versionDomain), id, binary.BigEndian.AppendUint64(nil, uint64(v.N)), []byte(v.Kind), []byte(v.Force), // #nosec G115 -- not negative
		binary.BigEndian.AppendUint64(nil, uint64(v.Revision)), {erased}, v.SealedHash, // #nosec G115 -- two's complement is meant
	} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) // #nosec G115 -- parts are short
		h.Write(part)
	}
	return h.Sum(nil), nil
}

// ExportFormat names the layout of an export in its manifest.
const ExportFormat = "perpetrator-register/export/1"

// Manifest says what an export holds. Nothing of it is believed but what the
// signed checkpoints prove, and that the database held more than was signed.
type Manifest struct {
	Format string `json:"format"` // ExportFormat
	// From is the index of the first entry exported, a multiple of 256; 0 for
	// a whole log.
	From int64 `json:"from"`
	// Size is the size of the tree of the newest checkpoint: entries From to
	// Size-1 are here.
	Size int64 `json:"size"`
	// StoredEntries and StoredVersions are one more than the largest index of an
	// entry, and than the largest log index of a version, that the database held
	// when that checkpoint was read.
	StoredEntries  int64 `json:"stored_entries"`
	StoredVersions int64 `json:"stored_versions"`
	// WithContent says that sealed bytes are here, not their hashes alone.
	WithContent bool `json:"with_content"`
	// Cut says that the log is longer, by wish: the export ends before its end.
	Cut bool `json:"cut,omitempty"`
	// Complete is false while the export is being written.
	Complete bool `json:"complete"`
	// Next and the lengths say where an export that was interrupted, or that is
	// brought up to date, goes on: all before entry Next (a multiple of 256) is
	// in place, with so many bytes of each file.
	Next        int64 `json:"next"`
	Checkpoints int64 `json:"checkpoints_bytes"`
	Versions    int64 `json:"versions_bytes"`
	Bodies      int64 `json:"bodies_bytes"`
	// CheckpointStep says that one checkpoint for each so many entries is here;
	// 1 means all.
	CheckpointStep int64 `json:"checkpoint_step"`
}
