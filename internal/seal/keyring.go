package seal

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
	"golang.org/x/mod/sumdb/note"
)

// KeyRing holds the opened keys of one register. It is safe for concurrent use.
type KeyRing struct {
	provider Provider
	reload   sync.Mutex
	keys     atomic.Pointer[keys]
}

// keys is one loaded generation; it never changes.
type keys struct {
	record        tink.AEAD
	recordPrimary uint32
	hmacs         []versioned // primary first, then newest first
	layers        []prf.PRF   // layer n at n-1
	layer         uint16      // the current one
	signers       []note.Signer
	verifiers     []string
}

type versioned struct {
	version uint32
	prf     prf.PRF
}

// Open loads a key ring from its provider.
func Open(ctx context.Context, p Provider) (*KeyRing, error) {
	k := &KeyRing{provider: p}
	if err := k.Reload(ctx); err != nil {
		return nil, err
	}
	return k, nil
}

// Reload reads the keys again, as after a rotation; on an error the ring keeps those
// it has.
func (k *KeyRing) Reload(ctx context.Context) error {
	k.reload.Lock()
	defer k.reload.Unlock()
	loaded, err := loadKeys(ctx, k.provider)
	if err != nil {
		return err
	}
	k.keys.Store(loaded)
	return nil
}

func loadKeys(ctx context.Context, p Provider) (*keys, error) {
	var out keys
	ks, err := load(ctx, p, RecordKeys)
	if err != nil {
		return nil, err
	}
	h, err := handle(RecordKeys, ks)
	if err != nil {
		return nil, err
	}
	if out.record, err = aead.New(h); err != nil {
		return nil, fmt.Errorf("%w: %s holds keys of another kind", ErrKeys, RecordKeys)
	}
	out.recordPrimary = ks.GetPrimaryKeyId()

	hmacs, primary, err := loadPRFs(ctx, p, HMACKeys)
	if err != nil {
		return nil, err
	}
	for version, f := range hmacs {
		out.hmacs = append(out.hmacs, versioned{version, f})
	}
	slices.SortFunc(out.hmacs, func(a, b versioned) int {
		switch {
		case a.version == primary:
			return -1
		case b.version == primary:
			return 1
		default:
			return int(b.version) - int(a.version)
		}
	})

	layers, primary, err := loadPRFs(ctx, p, TokenKeys)
	if err != nil {
		return nil, err
	}
	if len(layers) > maxLayers {
		return nil, fmt.Errorf("%w: %s: more than %d layers", ErrKeys, TokenKeys, maxLayers)
	}
	out.layers = make([]prf.PRF, len(layers))
	for version, f := range layers {
		out.layers[version-1] = f // parseKeyset has seen to it that none is missing
	}
	out.layer = uint16(primary) // #nosec G115 -- at most maxLayers

	out.signers, out.verifiers, err = loadSigners(ctx, p)
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func loadPRFs(ctx context.Context, p Provider, set KeySet) (map[uint32]prf.PRF, uint32, error) {
	ks, err := load(ctx, p, set)
	if err != nil {
		return nil, 0, err
	}
	h, err := handle(set, ks)
	if err != nil {
		return nil, 0, err
	}
	fs, err := prf.NewPRFSet(h)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %s holds keys of another kind", ErrKeys, set)
	}
	return fs.PRFs, fs.PrimaryID, nil
}
