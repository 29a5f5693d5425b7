package seal

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/perpetrator-register/register/internal/conduct/victim"
)

var somebody = victim.Details{
	Given: []string{"Rachel", "Anne"}, Surname: "Ormerod", Former: []string{"Lister"}, DOB: "1989-11-02",
	Phones: []string{"07700 900461"}, Emails: []string{"rachel@example.org"}, Postcodes: []string{"LE2 6VD"}, Handles: []string{"@rach_o"},
}

func TestTokensAreLiftedWithoutNames(t *testing.T) {
	ctx := context.Background()
	k, p := newRing(t)
	old := k.VictimTokens(somebody)
	if len(old) < 15 || k.TokenLayer() != 1 {
		t.Fatalf("%d tokens at layer %d", len(old), k.TokenLayer())
	}
	var third []victim.Token
	for layer := uint32(2); layer <= 3; layer++ {
		if v, err := AddKey(ctx, p, TokenKeys); err != nil || v != layer {
			t.Fatalf("layer %d, %v", v, err)
		}
		if err := PromoteKey(ctx, p, TokenKeys, layer); err != nil {
			t.Fatal(err)
		}
	}
	ahead, err := Open(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	third = ahead.VictimTokens(somebody)
	if ahead.TokenLayer() != 3 || third[0].Layer != 3 {
		t.Fatal("not at the third layer")
	}
	var lifted []victim.Token
	for _, o := range old {
		l, err := ahead.Lift(o)
		if err != nil {
			t.Fatal(err)
		}
		if l.Sum == o.Sum {
			t.Error("a layer changed nothing")
		}
		lifted = append(lifted, l)
	}
	if !slices.Equal(lifted, third) {
		t.Error("lifted tokens are not those made afresh")
	}
	if v, _ := victim.Compare(lifted, third); v != victim.Same {
		t.Error("lifted tokens do not match")
	}
	if v, _ := victim.Compare(old, third); v != victim.Maybe {
		t.Error("tokens of different layers were compared")
	}
	// A replica that has not reloaded yet says so.
	if _, err := k.Lift(third[0]); !errors.Is(err, ErrLayer) {
		t.Errorf("got %v, want ErrLayer", err)
	}
	if _, err := k.Lift(victim.Token{}); !errors.Is(err, ErrLayer) {
		t.Errorf("layer 0: got %v, want ErrLayer", err)
	}
	if err := k.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Lift(third[0]); err != nil || got != third[0] {
		t.Error("a current token must stay as it is")
	}
}

func TestTokensOfTwoRegistersDiffer(t *testing.T) {
	a, _ := newRing(t)
	b, _ := newRing(t)
	for i, x := range a.VictimTokens(somebody) {
		if x.Equal(b.VictimTokens(somebody)[i]) {
			t.Fatal("tokens do not depend on the keys")
		}
	}
}

func FuzzUnwrapAndOpen(f *testing.F) {
	k, _ := newRing(f)
	d := NewDataKey()
	id := [16]byte{7}
	w, err := k.Wrap(d, id[:])
	if err != nil {
		f.Fatal(err)
	}
	s, err := d.Seal([]byte("plain"), RecordAD(id, "nominal"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(w, s)
	f.Add([]byte{}, []byte{sealFormat})
	f.Fuzz(func(t *testing.T, wrapped, sealed []byte) {
		if got, err := k.Unwrap(wrapped, id[:]); err == nil && got != d {
			t.Fatal("something else unwrapped")
		}
		if got, err := d.Open(sealed, RecordAD(id, "nominal")); err == nil && string(got) != "plain" {
			t.Fatal("something else opened")
		}
		_ = WrappedVersion(wrapped)
	})
}

func FuzzKeyFiles(f *testing.F) {
	f.Add([]byte(`{"primaryKeyId":1,"key":[{"keyId":1,"status":"ENABLED"}]}`))
	f.Add([]byte("PRIVATE+KEY+a+b+c"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		for _, set := range []KeySet{RecordKeys, HMACKeys, TokenKeys} {
			if ks, err := parseKeyset(set, b); err == nil {
				_, _ = handle(set, ks)
			}
		}
		_, _, _ = parseSigners(b)
	})
}

func BenchmarkUnwrapAndOpen1kB(b *testing.B) {
	k, _ := newRing(b)
	id := [16]byte{1}
	d := NewDataKey()
	w, err := k.Wrap(d, id[:])
	if err != nil {
		b.Fatal(err)
	}
	ad := RecordAD(id, "nominal")
	s, err := d.Seal(make([]byte, 1024), ad)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		d, err := k.Unwrap(w, id[:])
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.Open(s, ad); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVictimTokens(b *testing.B) {
	k, _ := newRing(b)
	for b.Loop() {
		k.VictimTokens(somebody)
	}
}

func BenchmarkLift(b *testing.B) {
	k, p := newRing(b)
	t := k.VictimTokens(somebody)[0]
	if _, err := AddKey(context.Background(), p, TokenKeys); err != nil {
		b.Fatal(err)
	}
	if err := PromoteKey(context.Background(), p, TokenKeys, 2); err != nil {
		b.Fatal(err)
	}
	if err := k.Reload(context.Background()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := k.Lift(t); err != nil {
			b.Fatal(err)
		}
	}
}
