package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/core/registry"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
)

// KeySet names one of the rotating sets of keys.
type KeySet string

// The rotating sets; each is also the name of its secret.
const (
	RecordKeys KeySet = "record-keys.json"
	HMACKeys   KeySet = "hmac-keys.json"
	TokenKeys  KeySet = "token-keys.json" // #nosec G101 -- a file name
)

// KeyInfo describes one key of a set, without the key.
type KeyInfo struct {
	Version uint32 // from 1, never reused
	Primary bool   // new values are made with it
}

// Generate makes a fresh key ring in p. Origin is the access log's name, e.g.
// "register.example/log". It refuses to replace keys that exist.
func Generate(ctx context.Context, p Provider, origin string) error {
	for _, name := range []string{string(RecordKeys), string(HMACKeys), string(TokenKeys), logSigners} {
		switch _, err := p.Load(ctx, name); {
		case err == nil:
			return fmt.Errorf("%w: %s exists already and is not replaced", ErrKeys, name)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	signer, err := newLogSigner(origin)
	if err != nil {
		return err
	}
	for _, set := range []KeySet{RecordKeys, HMACKeys, TokenKeys} {
		ks := &tinkpb.Keyset{}
		v, err := addKey(ks, set)
		if err != nil {
			return err
		}
		ks.PrimaryKeyId = v
		if err := store(ctx, p, set, ks); err != nil {
			return err
		}
	}
	return p.Store(ctx, logSigners, []byte(signer+"\n"))
}

// AddKey adds a fresh key to a set and returns its version. It is not used for new
// values before PromoteKey: first let every replica reload. Functions that change keys
// must not run side by side: the last one to store wins.
func AddKey(ctx context.Context, p Provider, set KeySet) (version uint32, err error) {
	ks, err := load(ctx, p, set)
	if err != nil {
		return 0, err
	}
	if version, err = addKey(ks, set); err != nil {
		return 0, err
	}
	return version, store(ctx, p, set, ks)
}

// PromoteKey makes a version the one used for new values. Versions only go up.
//
// While replicas differ in their primary HMAC version, two first registrations of one
// source record at the same instant could be stored under both: promote HMAC keys
// when force systems are not writing.
func PromoteKey(ctx context.Context, p Provider, set KeySet, version uint32) error {
	ks, err := load(ctx, p, set)
	if err != nil {
		return err
	}
	if find(ks, version) < 0 {
		return fmt.Errorf("%w: %s holds no version %d", ErrKeys, set, version)
	}
	if version < ks.GetPrimaryKeyId() {
		return fmt.Errorf("%w: %s: version %d is older than the one in use", ErrKeys, set, version)
	}
	ks.PrimaryKeyId = version
	return store(ctx, p, set, ks)
}

// RetireKey destroys an old version of a set: what is still under it is lost. Token
// layers cannot be retired, as every token goes through all of them.
func RetireKey(ctx context.Context, p Provider, set KeySet, version uint32) error {
	if set == TokenKeys {
		return fmt.Errorf("%w: a token layer cannot be retired", ErrKeys)
	}
	ks, err := load(ctx, p, set)
	if err != nil {
		return err
	}
	i := find(ks, version)
	if i < 0 {
		return fmt.Errorf("%w: %s holds no version %d", ErrKeys, set, version)
	}
	// Never the newest: the next version would get its number again.
	if version >= ks.GetPrimaryKeyId() {
		return fmt.Errorf("%w: %s: only versions older than the one in use can be retired", ErrKeys, set)
	}
	ks.Key = slices.Delete(ks.Key, i, i+1)
	return store(ctx, p, set, ks)
}

// ListKeys describes the keys of a set, oldest first.
func ListKeys(ctx context.Context, p Provider, set KeySet) ([]KeyInfo, error) {
	ks, err := load(ctx, p, set)
	if err != nil {
		return nil, err
	}
	infos := make([]KeyInfo, 0, len(ks.GetKey()))
	for _, k := range ks.GetKey() {
		infos = append(infos, KeyInfo{Version: k.GetKeyId(), Primary: k.GetKeyId() == ks.GetPrimaryKeyId()})
	}
	slices.SortFunc(infos, func(a, b KeyInfo) int { return int(a.Version) - int(b.Version) })
	return infos, nil
}

func addKey(ks *tinkpb.Keyset, set KeySet) (uint32, error) {
	template := prf.HMACSHA256PRFKeyTemplate()
	switch set {
	case RecordKeys:
		template = aead.AES256GCMKeyTemplate()
	case HMACKeys, TokenKeys:
	default:
		return 0, fmt.Errorf("%w: unknown key set", ErrKeys)
	}
	data, err := registry.NewKeyData(template)
	if err != nil {
		return 0, fmt.Errorf("%w: %s: %w", ErrKeys, set, err)
	}
	var version uint32 = 1
	for _, k := range ks.GetKey() {
		version = max(version, k.GetKeyId()+1)
	}
	ks.Key = append(ks.Key, &tinkpb.Keyset_Key{
		KeyData:          data,
		Status:           tinkpb.KeyStatusType_ENABLED,
		KeyId:            version,
		OutputPrefixType: template.GetOutputPrefixType(),
	})
	return version, nil
}

func find(ks *tinkpb.Keyset, version uint32) int {
	return slices.IndexFunc(ks.GetKey(), func(k *tinkpb.Keyset_Key) bool { return k.GetKeyId() == version })
}

func load(ctx context.Context, p Provider, set KeySet) (*tinkpb.Keyset, error) {
	secret, err := p.Load(ctx, string(set))
	if err != nil {
		return nil, err
	}
	return parseKeyset(set, secret)
}

// parseKeyset reads a keyset and checks what this package relies on. Its errors leave
// out the library's own, which may quote the text.
func parseKeyset(set KeySet, secret []byte) (*tinkpb.Keyset, error) {
	ks, err := keyset.NewJSONReader(bytes.NewReader(secret)).Read()
	if err != nil {
		return nil, fmt.Errorf("%w: %s is not a key set", ErrKeys, set)
	}
	if err := keyset.Validate(ks); err != nil {
		return nil, fmt.Errorf("%w: %s is not a valid key set", ErrKeys, set)
	}
	seen := map[uint32]bool{}
	for _, k := range ks.GetKey() {
		if k.GetStatus() != tinkpb.KeyStatusType_ENABLED || k.GetKeyId() == 0 || seen[k.GetKeyId()] {
			return nil, fmt.Errorf("%w: %s: each key must be enabled and have a version of its own", ErrKeys, set)
		}
		seen[k.GetKeyId()] = true
	}
	if set == TokenKeys {
		for i := range ks.GetKey() {
			if !seen[uint32(i)+1] { // #nosec G115 -- a keyset is far smaller
				return nil, fmt.Errorf("%w: %s: a layer is missing", ErrKeys, set)
			}
		}
	}
	return ks, nil
}

func store(ctx context.Context, p Provider, set KeySet, ks *tinkpb.Keyset) error {
	var b bytes.Buffer
	if err := keyset.NewJSONWriter(&b).Write(ks); err != nil {
		return fmt.Errorf("%w: %s cannot be written", ErrKeys, set)
	}
	return p.Store(ctx, string(set), b.Bytes())
}

// handle opens a keyset for use. The provider has already protected it at rest.
func handle(set KeySet, ks *tinkpb.Keyset) (*keyset.Handle, error) {
	var b bytes.Buffer
	err := keyset.NewBinaryWriter(&b).Write(ks)
	if err != nil {
		return nil, fmt.Errorf("%w: %s cannot be opened", ErrKeys, set)
	}
	h, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(&b))
	if err != nil {
		return nil, fmt.Errorf("%w: %s cannot be opened", ErrKeys, set)
	}
	return h, nil
}
