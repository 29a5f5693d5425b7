package view

import (
	"crypto/rand"
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

// checkedLog is a log with searches of a few records and references.
type checkedLog struct {
	*testing.T
	random     *mathrand.Rand
	view       *View
	writer     *accesslog.Writer
	records    []uuid.UUID
	references []string
	suspects   map[identity.ID]identity.ID
}

func newCheckedLog(t *testing.T) *checkedLog {
	t.Helper()
	_, db := pgtest.Open(t)
	secret, _, err := note.GenerateKey(rand.Reader, "register.example/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	w, err := accesslog.NewWriter(db, accesslog.Options{Origin: "register.example/log", Signers: []note.Signer{signer}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	l := &checkedLog{T: t, random: mathrand.New(mathrand.NewPCG(3, 5)), writer: w, suspects: map[identity.ID]identity.ID{}}
	l.view = &View{db: db, checked: newChecked(db, func(course identity.ID) (identity.ID, bool) { s, ok := l.suspects[course]; return s, ok })}
	for i := range 6 {
		l.records = append(l.records, uuid.UUID{0: 7, 15: byte(i)})
		l.references = append(l.references, fmt.Sprintf("1:%02d", i))
	}
	return l
}

// entry draws an entry that shows some of the records.
func (l *checkedLog) entry() *accesslog.Pending {
	force := []string{"10", "33", "43"}[l.random.IntN(3)]
	p := &accesslog.Pending{Entry: accesslog.Metadata{
		Actor:  accesslog.Actor{Sub: "s", Force: force, Kind: accesslog.Person},
		Method: []string{"SearchService.CreateSearch", "SearchService.CreateSearch", "SearchService.GetCandidate"}[l.random.IntN(3)], Outcome: "OK",
	}}
	show := func(id uuid.UUID) {
		if p.Entry.ResultCount++; len(p.Entry.Results) < accesslog.MaxResults {
			p.Entry.Results = append(p.Entry.Results, id)
		}
		p.Touches = append(p.Touches, postgres.Touch{Record: id, Force: force})
	}
	switch l.random.IntN(8) {
	case 0: // refused: it shows nothing
		p.Entry.Outcome = "PERMISSION_DENIED"
		return p
	case 1: // more than an entry names
		for range accesslog.MaxResults {
			show(uuid.New())
		}
	}
	if l.random.IntN(4) == 0 { // a registration, of which some were checks of the suspect
		p.Entry.Method = []string{"ConductService.RegisterCourse", "RegistrationService.RegisterRecords"}[l.random.IntN(2)]
		course, suspect := uuid.New(), l.records[l.random.IntN(len(l.records))]
		show(course)
		if l.random.IntN(4) > 0 {
			l.suspects[identity.ID(course)] = identity.ID(suspect)
		}
		if l.random.IntN(3) > 0 {
			p.Entry.Reason = "CRIME_INVESTIGATION"
			p.Touches = append(p.Touches, postgres.Touch{Record: suspect, Force: force, Silent: l.random.IntN(2) == 0})
		}
		return p
	}
	for _, id := range l.records {
		switch l.random.IntN(6) {
		case 0, 1:
			show(id)
		case 2:
			p.Touches = append(p.Touches, postgres.Touch{Record: id, Force: force, Silent: true})
		}
	}
	if l.random.IntN(2) == 0 {
		p.Entry.ReferenceHMAC = l.references[l.random.IntN(len(l.references))]
	}
	return p
}

// write appends entries, many at a time.
func (l *checkedLog) write(n int) {
	l.Helper()
	var wg sync.WaitGroup
	for range n {
		p := l.entry()
		wg.Go(func() {
			if _, err := l.writer.Append(l.Context(), p); err != nil {
				l.Error(err)
			}
		})
	}
	wg.Wait()
}

// same asks for some of the records and references, and compares with the whole log.
func (l *checkedLog) same(step int) {
	l.Helper()
	records := l.records[l.random.IntN(len(l.records)):]
	references := l.references[:l.random.IntN(len(l.references))]
	if err := l.view.PullSearches(l.Context()); err != nil {
		l.Fatal(err)
	}
	got, err := l.view.Checks(l.Context(), records, references)
	if err != nil {
		l.Fatal(err)
	}
	want, err := l.view.ChecksAsOf(l.Context(), records, references, math.MaxInt64)
	if err != nil {
		l.Fatal(err)
	}
	if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)); diff != "" {
		l.Fatalf("step %d: the log tells of other searches:\n%s", step, diff)
	}
}

// What is remembered of searches is what the log tells, whatever has been asked for
// before and however much has come since.
func TestSearchesAreFollowed(t *testing.T) {
	t.Parallel()
	l := newCheckedLog(t)
	l.same(0) // of an empty log
	followed := 0
	for step := range 80 {
		switch l.random.IntN(12) {
		case 0:
			l.write(maxFollowed + 40)
		case 1:
			l.view.checked.forget()
		default:
			l.write(1 + l.random.IntN(4))
		}
		before := l.view.checked.floor
		l.same(step)
		l.same(step)
		if l.view.checked.floor == before {
			followed++
		}
	}
	if followed < 20 {
		t.Errorf("only %d times was the log followed", followed)
	}
}

// Readers who ask while the log grows are told of every search that committed before
// they asked.
func TestSearchesAreFollowedWhileTheLogGrows(t *testing.T) {
	t.Parallel()
	l := newCheckedLog(t)
	for range 10 {
		l.write(5)
		var wg sync.WaitGroup
		p := l.entry()
		wg.Go(func() {
			if _, err := l.writer.Append(l.Context(), p); err != nil {
				l.Error(err)
			}
		})
		for range 4 {
			wg.Go(func() {
				before, err := l.view.ChecksAsOf(l.Context(), l.records, l.references, math.MaxInt64)
				if err != nil {
					l.Error(err)
				}
				if err := l.view.PullSearches(l.Context()); err != nil {
					l.Error(err)
				}
				got, err := l.view.Checks(l.Context(), l.records, l.references)
				if err != nil || len(before) > 0 && (len(got) == 0 || got[0].Index < before[0].Index) {
					l.Errorf("told %v after %v: %v", got, before, err)
				}
			})
		}
		wg.Wait()
		l.same(0)
	}
}
