package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/postgres"
)

func TestListEntries(t *testing.T) {
	_, s := newStore(t)
	projections := []postgres.Projection{
		{Force: "33", Actor: "anne", Method: "/search", Operation: "CONSULTATION", Outcome: "OK", ReferenceHMAC: "1:aa"},
		{Force: "33", Actor: "bob", Method: "/search", Operation: "CONSULTATION", Outcome: "PERMISSION_DENIED"},
		{Force: "10", Actor: "carol", Method: "/register", Operation: "COLLECTION", Outcome: "OK"},
		{Force: "33", Actor: "anne", Method: "/register", Operation: "COLLECTION", Outcome: "OK"},
	}
	// Batches of two: each batch has one time, two hours after the one before.
	for i := 0; i < 12; i += 2 {
		s.mustWrite(func(_ postgres.LogHead, b *postgres.LogBatch) {
			for k := range 2 {
				b.Entries = append(b.Entries, entry(fmt.Sprint("entry ", i+k), 0, projections[(i+k)%4]))
			}
		})
	}
	index := func(n int64) *int64 { return &n }
	at := func(hours int) time.Time { return start.Add(time.Duration(hours) * time.Hour) }
	for name, c := range map[string]struct {
		f    postgres.EntryFilter
		want string
	}{
		"all":              {postgres.EntryFilter{}, "0 1 2 3 4 5 6 7 8 9 10 11"},
		"force":            {postgres.EntryFilter{Force: "10"}, "2 6 10"},
		"actor":            {postgres.EntryFilter{Actor: "anne"}, "0 3 4 7 8 11"},
		"force and actor":  {postgres.EntryFilter{Force: "10", Actor: "anne"}, ""},
		"method":           {postgres.EntryFilter{Method: "/search"}, "0 1 4 5 8 9"},
		"operation":        {postgres.EntryFilter{Operation: "COLLECTION"}, "2 3 6 7 10 11"},
		"refused":          {postgres.EntryFilter{Refused: true}, "1 5 9"},
		"outcome":          {postgres.EntryFilter{Outcome: "PERMISSION_DENIED"}, "1 5 9"},
		"reference":        {postgres.EntryFilter{ReferenceHMACs: []string{"1:aa", "2:aa"}}, "0 4 8"},
		"page":             {postgres.EntryFilter{Force: "33", Limit: 3}, "0 1 3"},
		"next page":        {postgres.EntryFilter{Force: "33", Limit: 3, After: index(3)}, "4 5 7"},
		"newest first":     {postgres.EntryFilter{Force: "33", Limit: 3, NewestFirst: true}, "11 9 8"},
		"then older":       {postgres.EntryFilter{Force: "33", Limit: 3, NewestFirst: true, Before: index(8)}, "7 5 4"},
		"from":             {postgres.EntryFilter{From: at(8)}, "8 9 10 11"},
		"from between":     {postgres.EntryFilter{From: at(7)}, "8 9 10 11"},
		"until":            {postgres.EntryFilter{Until: at(4)}, "0 1 2 3"},
		"from and until":   {postgres.EntryFilter{From: at(4), Until: at(8)}, "4 5 6 7"},
		"time and actor":   {postgres.EntryFilter{From: at(4), Until: at(8), Actor: "anne"}, "4 7"},
		"after the end":    {postgres.EntryFilter{From: at(100)}, ""},
		"before the start": {postgres.EntryFilter{Until: at(0)}, ""},
		"time, newest":     {postgres.EntryFilter{Until: at(8), NewestFirst: true, Limit: 2}, "7 6"},
	} {
		entries, err := s.db.ListEntries(t.Context(), c.f)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, fmt.Sprint(e.Index))
			if want := fmt.Sprint("entry ", e.Index); string(e.Meta) != want {
				t.Errorf("%s: entry %d is %q", name, e.Index, e.Meta)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s", name, got, c.want)
		}
	}
}

func TestBodies(t *testing.T) {
	_, s := newStore(t)
	search := uuid.New()
	s.mustWrite(func(_ postgres.LogHead, b *postgres.LogBatch) {
		b.Entries = []postgres.LogEntry{entry("search", 0, postgres.Projection{}), entry("view", 0, postgres.Projection{})}
		b.Entries[0].Body = &postgres.Body{SearchID: uuid.NullUUID{UUID: search, Valid: true}, Wrapped: []byte("k"), Sealed: []byte("body")}
		b.Entries[1].Body = &postgres.Body{Wrapped: []byte("k"), Sealed: nil}
	})
	b, err := s.db.BodyBySearch(t.Context(), search)
	if err != nil || string(b.Sealed) != "body" || b.SearchID.UUID != search || b.Entry.Index != 0 {
		t.Errorf("%+v, %v", b, err)
	}
	if b, err = s.db.BodyByIndex(t.Context(), 1); err != nil || b.SearchID.Valid || b.Entry.Index != 1 {
		t.Errorf("%+v, %v", b, err)
	}
	for _, err := range []error{
		func() error { _, err := s.db.BodyBySearch(t.Context(), uuid.New()); return err }(),
		func() error { _, err := s.db.BodyByIndex(t.Context(), 2); return err }(),
	} {
		if !errors.Is(err, postgres.ErrNotFound) {
			t.Error(err)
		}
	}
}

func TestCheckpoints(t *testing.T) {
	_, s := newStore(t)
	if _, err := s.db.Head(t.Context()); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("head of an empty log: %v", err)
	}
	for range 3 {
		s.mustWrite(func(_ postgres.LogHead, b *postgres.LogBatch) {
			b.Entries = []postgres.LogEntry{entry("a", 0, postgres.Projection{}), entry("b", 0, postgres.Projection{})}
		})
	}
	if head, err := s.db.Head(t.Context()); err != nil || head.Size != 6 || string(head.Note) != "note 4" {
		t.Errorf("%+v, %v", head, err)
	}
	for size, want := range map[int64]int64{1: 2, 2: 2, 3: 4, 6: 6} {
		if c, err := s.db.CheckpointAt(t.Context(), size); err != nil || c.Size != want {
			t.Errorf("at %d: %d, %v", size, c.Size, err)
		}
	}
	if _, err := s.db.CheckpointAt(t.Context(), 7); !errors.Is(err, postgres.ErrNotFound) {
		t.Error(err)
	}
}
