package retention_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/retention"
	"github.com/perpetrator-register/register/internal/seal"
)

const origin = "register.example/log"

// site is a log of six tiles, one a day, and a part of a seventh.
type site struct {
	*testing.T
	d    retention.Disposal
	by   *postgres.Disposer
	w    *accesslog.Writer
	now  time.Time
	keys note.Verifiers
}

var began = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func newSite(t *testing.T) *site {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	s := &site{T: t, now: began}
	provider := seal.DirProvider(filepath.Join(t.TempDir(), "keys"))
	must(t, seal.Generate(t.Context(), provider, origin))
	keys, err := seal.Open(t.Context(), provider)
	must(t, err)
	var known []note.Verifier
	for _, text := range keys.LogVerifiers() {
		v, err := note.NewVerifier(text)
		must(t, err)
		known = append(known, v)
	}
	s.keys = note.VerifierList(known...)
	service := pgtest.Connect(t, db)
	s.w, err = accesslog.NewWriter(service, accesslog.Options{Origin: origin, Signers: keys.LogSigners(), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return s.now }})
	must(t, err)
	t.Cleanup(s.w.Close)
	s.d = retention.Disposal{DB: service, Log: s.w, Keys: keys, Forces: []string{"10", "33"}, Operator: "tester"}
	s.by, err = postgres.OpenDisposer(t.Context(), db.SuperURL)
	must(t, err)
	t.Cleanup(func() { _ = s.by.Close(context.Background()) })
	for day := range 6 {
		s.now = began.AddDate(0, 0, day)
		done := make(chan error, 256)
		for i := range 256 {
			go func() { done <- s.search(day, i) }()
		}
		for range 256 {
			must(t, <-done)
		}
	}
	s.now = began.AddDate(0, 0, 6)
	must(t, s.search(6, 0))
	return s
}

// record is the one that the searches of a day show.
func record(day int) uuid.UUID { return uuid.UUID{15: byte(day + 1)} }

func (s *site) search(day, i int) error {
	sealed := make([]byte, 100)
	_, _ = rand.Read(sealed)
	p := &accesslog.Pending{
		Entry: accesslog.Metadata{
			Actor: accesslog.Actor{Sub: []string{"anne", "bob", "carol", "dan", "eve", "fay", "gus"}[day], Force: "33", Kind: accesslog.Person}, Method: "SearchService.CreateSearch",
			Operation: "CONSULTATION", Outcome: "OK", ReferenceHMAC: s.d.Keys.ReferenceHMAC("33", "CR/"+string(rune('0'+day))),
		},
		Body: &postgres.Body{SearchID: uuid.NullUUID{UUID: uuid.New(), Valid: true}, Wrapped: []byte("key"), Sealed: sealed},
	}
	if i == 0 {
		p.Touches = []postgres.Touch{{Record: record(day), Force: "33"}}
	}
	_, err := s.w.Append(s.Context(), p)
	return err
}

// hold stores a hold as the register does.
func (s *site) hold(force string, h *registerv1.Hold) {
	s.Helper()
	id := uuid.Must(uuid.NewV7())
	key := seal.NewDataKey()
	plain, err := proto.Marshal(&storev1.StoredHold{Hold: h})
	must(s, err)
	sealed, err := key.Seal(plain, seal.RecordAD(id, string(postgres.KindHold)))
	must(s, err)
	wrapped, err := s.d.Keys.Wrap(key, id[:])
	must(s, err)
	source := s.d.Keys.SourceHMAC(force, "standards", id.String(), "hold")
	c := accesslog.Change{
		Record:  postgres.Record{ID: id, Kind: postgres.KindHold, Force: force, SourceHMAC: source.Sum, SourceKeyVersion: 1},
		Version: postgres.Version{Record: id, N: 1, Revision: 1, Salt: seal.NewSalt(), Sealed: sealed}, Wrapped: wrapped,
	}
	c.Version.Digest = seal.Digest(c.Version.Salt, seal.VersionFields{Record: id, N: 1, Kind: "hold", Force: force, Revision: 1, Sealed: sealed})
	_, err = s.w.Append(s.Context(), &accesslog.Pending{
		Entry:   accesslog.Metadata{Actor: accesslog.Actor{Sub: "psd", Force: force, Kind: accesslog.Person}, Method: "StandardsService.PlaceHold", Operation: "NONE", Outcome: "OK"},
		Changes: []accesslog.Change{c},
	})
	must(s, err)
}

func (s *site) plan(days int) retention.Plan {
	s.Helper()
	p, err := s.d.Plan(s.Context(), began.AddDate(0, 0, days).Add(time.Hour))
	must(s, err)
	return p
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// Only tiles that are old as a whole go, all hashes stay, and nothing that is held
// goes, in whichever way it is held.
func TestDispose(t *testing.T) {
	s := newSite(t)
	if p := s.plan(6); p.Until != 6*256 || p.Tiles != 6 || p.Bodies != 6*256 || p.Bytes != 6*256*103 {
		t.Errorf("plan without holds: %+v", p)
	}
	if p := s.plan(-1); p.Until != 0 || p.Bodies != 0 {
		t.Errorf("plan of what is too young: %+v", p)
	}
	s.hold("33", &registerv1.Hold{Subject: "anne"})
	s.hold("10", &registerv1.Hold{Subject: "bob"}) // of another force
	s.hold("33", &registerv1.Hold{Record: "forces/33/nominals/" + record(2).String()})
	s.hold("33", &registerv1.Hold{CrimeReference: "CR/3"})
	s.hold("33", &registerv1.Hold{FromIndex: 4*256 + 17, UntilIndex: 4*256 + 18})
	s.hold("33", &registerv1.Hold{Subject: "fay", LiftTime: timestamppb.Now()})
	p := s.plan(6)
	if p.Tiles != 2 || p.Bodies != 2*256 || p.HeldTiles != 4 || p.HeldBodies != 4*256 || p.Holds != 5 {
		t.Errorf("plan with holds: %+v", p)
	}
	// One that is placed after the plan was made counts too.
	s.hold("33", &registerv1.Hold{Subject: "fay"})
	dropped, err := s.d.Apply(t.Context(), p, s.by)
	if err != nil || dropped != 256 {
		t.Errorf("dropped %d, %v", dropped, err)
	}
	for index, there := range map[int64]bool{0: true, 256: false, 511: false, 512: true, 768: true, 1024: true, 1280: true, 1536: true} {
		if _, err := s.d.DB.BodyByIndex(t.Context(), index); (err == nil) != there {
			t.Errorf("body %d: %v", index, err)
		}
	}
	if p := s.plan(6); p.Bodies != 0 {
		t.Errorf("plan afterwards: %+v", p)
	}
	audit, err := accesslog.CheckIntegrity(t.Context(), s.d.DB, origin, s.keys)
	if err != nil || audit.Bodies != 5*256+1 {
		t.Errorf("audit %+v: %v", audit, err)
	}
	entries, err := s.d.DB.ListEntries(t.Context(), postgres.EntryFilter{Method: retention.Method})
	if err != nil || len(entries) != 1 {
		t.Fatalf("the log tells of %d disposals, %v", len(entries), err)
	}
	meta, err := accesslog.ParseMetadata(entries[0].Meta)
	if err != nil || len(meta.Marks) != 2 || meta.Marks[1] != "retention:tiles:1,5" {
		t.Errorf("it tells: %q, %v", meta.Marks, err)
	}
}
