package seal

import (
	"context"
	"errors"
	"testing"
)

func TestRotationOfRecordKeys(t *testing.T) {
	ctx := context.Background()
	k, p := newRing(t)
	type row struct {
		id [16]byte
		w  []byte
		d  DataKey
	}
	var rows []row
	wrap := func() {
		for range 5 {
			d := NewDataKey()
			id := [16]byte{byte(len(rows))}
			w, err := k.Wrap(d, id[:])
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row{id, w, d})
		}
	}
	wrap()
	v, err := AddKey(ctx, p, RecordKeys)
	if err != nil || v != 2 {
		t.Fatalf("version %d, %v", v, err)
	}
	// Another replica may promote first: this one must open what that one wraps.
	if err := k.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	if err := PromoteKey(ctx, p, RecordKeys, 2); err != nil {
		t.Fatal(err)
	}
	ahead, err := Open(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	d := NewDataKey()
	id := [16]byte{99}
	w, err := ahead.Wrap(d, id[:])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.Unwrap(w, id[:]); err != nil || got != d {
		t.Fatal("a replica that has the key but not the promotion cannot unwrap")
	}
	if err := k.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	wrap()
	renewed := map[[16]byte][]byte{}
	for _, r := range rows {
		fresh, changed, err := k.Rewrap(r.w, r.id[:])
		if err != nil {
			t.Fatal(err)
		}
		if changed {
			renewed[r.id] = fresh
		}
	}
	if len(renewed) != 5 {
		t.Fatalf("%d keys rewrapped, want the 5 old ones", len(renewed))
	}
	if err := RetireKey(ctx, p, RecordKeys, 1); err != nil {
		t.Fatal(err)
	}
	if err := k.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		w := r.w
		if n, ok := renewed[r.id]; ok {
			if _, err := k.Unwrap(w, r.id[:]); !errors.Is(err, ErrOpen) {
				t.Error("the retired version still opens")
			}
			w = n
		}
		if WrappedVersion(w) != 2 {
			t.Errorf("row %d is under version %d", i, WrappedVersion(w))
		}
		if got, err := k.Unwrap(w, r.id[:]); err != nil || got != r.d {
			t.Errorf("row %d does not unwrap after the rotation", i)
		}
	}
	infos, err := ListKeys(ctx, p, RecordKeys)
	if err != nil || len(infos) != 1 || infos[0] != (KeyInfo{Version: 2, Primary: true}) {
		t.Errorf("keys: %v, %v", infos, err)
	}
	// A version number never comes again.
	if v, err := AddKey(ctx, p, RecordKeys); err != nil || v != 3 {
		t.Errorf("next version is %d, %v", v, err)
	}
}

func TestRewrapOfNonsense(t *testing.T) {
	k, _ := newRing(t)
	if _, _, err := k.Rewrap([]byte("nonsense"), make([]byte, 16)); !errors.Is(err, ErrOpen) {
		t.Errorf("got %v", err)
	}
}

func TestRotationRules(t *testing.T) {
	ctx := context.Background()
	_, p := newRing(t)
	for name, err := range map[string]error{
		"promote unknown": PromoteKey(ctx, p, HMACKeys, 7),
		"retire primary":  RetireKey(ctx, p, HMACKeys, 1),
		"retire unknown":  RetireKey(ctx, p, HMACKeys, 9),
		"retire layer":    RetireKey(ctx, p, TokenKeys, 1),
		"unknown set":     func() error { _, err := AddKey(ctx, p, "other.json"); return err }(),
		"generate again":  Generate(ctx, p, "register.example/log"),
	} {
		if !errors.Is(err, ErrKeys) {
			t.Errorf("%s: got %v, want ErrKeys", name, err)
		}
	}
	if _, err := AddKey(ctx, p, HMACKeys); err != nil {
		t.Fatal(err)
	}
	if err := PromoteKey(ctx, p, HMACKeys, 2); err != nil {
		t.Fatal(err)
	}
	if err := PromoteKey(ctx, p, HMACKeys, 1); !errors.Is(err, ErrKeys) {
		t.Error("a version went down")
	}
}
