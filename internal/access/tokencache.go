package access

import (
	"crypto/sha256"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
)

// maxVerified bounds the memory; a full cache starts anew. Only tokens that an
// issuer signed get in, so strangers cannot fill it.
const maxVerified = 8192

// tokenCache remembers whose signature a token bears, since checking it costs
// a hundred times what looking it up does. All else about a token (times,
// force, roles, strength, binding) is decided afresh on each call.
type tokenCache struct {
	mu       sync.RWMutex
	verified map[[sha256.Size]byte]verifiedToken
}

type verifiedToken struct {
	issuer *issuer
	// keys verified it. When they are renewed the token is verified anew.
	keys   oidc.KeySet
	claims tokenClaims
}

func (c *tokenCache) get(sum [sha256.Size]byte) (verifiedToken, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok := c.verified[sum]
	return v, ok
}

func (c *tokenCache) put(sum [sha256.Size]byte, v verifiedToken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.verified == nil || len(c.verified) >= maxVerified {
		c.verified = make(map[[sha256.Size]byte]verifiedToken)
	}
	c.verified[sum] = v
}
