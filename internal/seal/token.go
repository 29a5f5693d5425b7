package seal

import (
	"github.com/perpetrator-register/register/internal/conduct/victim"
)

// maxLayers bounds the onion: a layer is a rotation, and each costs every token a step.
const maxLayers = 1000

// VictimTokens returns the tokens of a victim at the current layer: several, each of
// one aspect of her identity, in a fixed order and without duplicates. None can be
// read back; with the keys a guess can be tested, so they are pseudonymous only.
func (k *KeyRing) VictimTokens(d victim.Details) []victim.Token {
	loaded := k.keys.Load()
	materials := victim.Materials(d)
	tokens := make([]victim.Token, 0, len(materials))
	for _, m := range materials {
		t := victim.Token{Kind: m.Kind, Layer: 1}
		in := encode([]byte("victim"), []byte{byte(m.Kind)}, []byte(m.Value))
		copy(t.Sum[:], compute(loaded.layers[0], in, victim.Size))
		tokens = append(tokens, loaded.lift(t))
	}
	return tokens
}

// Lift brings a stored token to the current layer, for which no name is needed. A
// token of a later layer than the current one gives ErrLayer.
func (k *KeyRing) Lift(t victim.Token) (victim.Token, error) {
	loaded := k.keys.Load()
	if t.Layer == 0 || t.Layer > loaded.layer {
		return victim.Token{}, ErrLayer
	}
	return loaded.lift(t), nil
}

// TokenLayer is the number of the current layer, from 1.
func (k *KeyRing) TokenLayer() uint16 { return k.keys.Load().layer }

func (k *keys) lift(t victim.Token) victim.Token {
	for ; t.Layer < k.layer; t.Layer++ {
		copy(t.Sum[:], compute(k.layers[t.Layer], t.Sum[:], victim.Size))
	}
	return t
}
