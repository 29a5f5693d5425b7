package seal

import (
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/tink-crypto/tink-go/v2/prf"
)

// HMAC is a keyed code with the version of its key.
type HMAC struct {
	Version uint32
	Sum     []byte // 32 bytes
}

// Equal compares two codes in constant time.
func (h HMAC) Equal(o HMAC) bool {
	return h.Version == o.Version && subtle.ConstantTimeCompare(h.Sum, o.Sum) == 1
}

// SourceHMAC returns the code by which a source record is found again without its
// reference being readable, under the primary key version. The reference is taken as
// it stands: references are the source system's own.
func (k *KeyRing) SourceHMAC(force, system, reference, kind string) HMAC {
	return k.keys.Load().hmacs[0].sum("source", force, system, reference, kind)
}

// SourceHMACs returns that code under every key version, the primary one first: a
// look-up during a rotation must try them all.
func (k *KeyRing) SourceHMACs(force, system, reference, kind string) []HMAC {
	versions := k.keys.Load().hmacs
	sums := make([]HMAC, len(versions))
	for i, v := range versions {
		sums[i] = v.sum("source", force, system, reference, kind)
	}
	return sums
}

// TermHMAC returns the code of a normalised search term as the access log shows it:
// key version, colon, 16 hex digits. Equal terms of a kind have equal codes, so that
// use can be reviewed without the terms being read.
func (k *KeyRing) TermHMAC(kind, value string) string {
	return k.keys.Load().hmacs[0].short("term", kind, value)
}

// TermHMACs returns TermHMAC under every key version, the primary one first.
func (k *KeyRing) TermHMACs(kind, value string) []string {
	return k.keys.Load().shorts("term", kind, value)
}

// ReferenceHMAC returns the code of a crime or incident reference, which is unique
// only together with its force, in the form of TermHMAC.
func (k *KeyRing) ReferenceHMAC(force, reference string) string {
	return k.keys.Load().hmacs[0].short("reference", force, reference)
}

// ReferenceHMACs returns ReferenceHMAC under every key version, the primary one first.
func (k *KeyRing) ReferenceHMACs(force, reference string) []string {
	return k.keys.Load().shorts("reference", force, reference)
}

func (v versioned) sum(purpose string, parts ...string) HMAC {
	in := make([][]byte, 0, 1+len(parts))
	in = append(in, []byte(purpose))
	for _, p := range parts {
		in = append(in, []byte(p))
	}
	return HMAC{Version: v.version, Sum: compute(v.prf, encode(in...), 32)}
}

func (v versioned) short(purpose string, parts ...string) string {
	h := v.sum(purpose, parts...)
	return strconv.FormatUint(uint64(h.Version), 10) + ":" + hex.EncodeToString(h.Sum[:8])
}

func (k *keys) shorts(purpose string, parts ...string) []string {
	out := make([]string, len(k.hmacs))
	for i, v := range k.hmacs {
		out[i] = v.short(purpose, parts...)
	}
	return out
}

// compute panics where Tink fails: only for an output longer than HMAC-SHA-256 gives,
// which loading the keys has ruled out. Going on without the code would be worse.
func compute(f prf.PRF, in []byte, n uint32) []byte {
	out, err := f.ComputePRF(in, n)
	if err != nil {
		panic(fmt.Sprintf("seal: keyed function of %d bytes: %v", n, err))
	}
	return out
}
