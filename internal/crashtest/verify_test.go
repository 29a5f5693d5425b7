package crashtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/servertest"
)

// verifiers are the public keys of a site's log.
func verifiers(tb testing.TB, site *servertest.Site) note.Verifiers {
	tb.Helper()
	var known []note.Verifier
	for _, text := range site.Keys.LogVerifiers() {
		v, err := note.NewVerifier(text)
		if err != nil {
			tb.Fatal(err)
		}
		known = append(known, v)
	}
	return note.VerifierList(known...)
}

// checkWhole checks every entry, version, tile and checkpoint of a site's
// database, and that no two entries are the same call.
func checkWhole(tb testing.TB, site *servertest.Site) {
	tb.Helper()
	ctx := tb.Context()
	db := pgtest.Connect(tb, site.DB)
	audit, err := accesslog.CheckIntegrity(ctx, db, servertest.Origin, verifiers(tb, site))
	if err != nil {
		tb.Fatal(err)
	}
	seen := map[uuid.UUID]int64{}
	for from := int64(0); from < audit.Entries; from += 1000 {
		entries, err := db.Entries(ctx, from, from+1000, 1000)
		if err != nil {
			tb.Fatal(err)
		}
		for _, e := range entries {
			m, err := accesslog.ParseMetadata(e.Meta)
			if err != nil {
				tb.Fatal(err)
			}
			if first, twice := seen[m.ID]; twice {
				tb.Errorf("entries %d and %d have one id (%s %s)", first, e.Index, m.Method, m.Outcome)
			}
			seen[m.ID] = e.Index
		}
	}
	tb.Logf("whole: %+v", audit)
}

// verify compares what was acknowledged with what is there.
func (l *load) verify(t *testing.T, p *servertest.Program) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, err := range l.faults {
		t.Error(err)
	}
	t.Logf("%d acknowledged, refusals %v, %d records, %d receipts", l.acks.Load(), l.refusals, len(l.records), len(l.receipts))
	l.verifyRecords(t, p)
	l.verifySearches(t, p)
	checkWhole(t, l.site)
	l.verifyReceipts(t)
}

// each runs a check over n things, several at a time.
func each(t *testing.T, n int, check func(ctx context.Context, i int) error) {
	t.Helper()
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(8)
	for i := range n {
		g.Go(func() error { return check(ctx, i) })
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

func (l *load) verifyRecords(t *testing.T, p *servertest.Program) {
	t.Helper()
	conns, listed := map[string]*grpc.ClientConn{}, map[string]*registerv1.NominalKey{}
	for _, force := range servertest.Forces {
		conns[force] = p.Dial(force)
		req := &registerv1.ListNominalsRequest{Parent: "forces/" + force, PageSize: 1000}
		for {
			page, err := registerv1.NewNominalServiceClient(conns[force]).ListNominals(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range page.GetNominals() {
				listed[k.GetName()] = k
			}
			if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
				break
			}
		}
	}
	each(t, len(l.records), func(ctx context.Context, i int) error {
		r := l.records[i]
		if r.name == "" {
			return nil // never acknowledged
		}
		if r.course {
			return checkCourse(ctx, conns[r.force], r)
		}
		if err := checkKey(r, listed[r.name]); err != nil {
			return err
		}
		return checkNominal(ctx, conns[r.force], r)
	})
}

func checkKey(r *record, k *registerv1.NominalKey) error {
	switch {
	case r.erased && k != nil:
		return fmt.Errorf("%s was erased and is listed", r.reference)
	case r.erased, r.erasing:
		return nil
	case k == nil:
		return fmt.Errorf("%s was acknowledged and is not listed", r.reference)
	case k.GetVersion() < r.version || k.GetVersion() > r.version+r.unknown:
		return fmt.Errorf("%s: version %d acknowledged (%d unknown), %d listed", r.reference, r.version, r.unknown, k.GetVersion())
	}
	return nil
}

func checkNominal(ctx context.Context, conn *grpc.ClientConn, r *record) error {
	n, err := registerv1.NewNominalServiceClient(conn).GetNominal(ctx, &registerv1.GetNominalRequest{Name: r.name})
	if status.Code(err) == codes.NotFound && (r.erased || r.erasing) {
		return nil
	}
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", r.reference, err)
	case r.erased:
		return fmt.Errorf("%s was erased and is there", r.reference)
	case n.GetVersion() < r.version || n.GetVersion() > r.version+r.unknown:
		return fmt.Errorf("%s: version %d acknowledged (%d unknown), %d is there", r.reference, r.version, r.unknown, n.GetVersion())
	case r.unknown > 0:
		return nil
	case n.GetSource().GetRevision() != r.revision || n.GetDescription() != fmt.Sprintf("revision %d", r.revision):
		return fmt.Errorf("%s: revision %d acknowledged, %d is there", r.reference, r.revision, n.GetSource().GetRevision())
	case r.cancelled != (n.GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED):
		return fmt.Errorf("%s: cancelled is %t, and its state %s", r.reference, r.cancelled, n.GetState())
	}
	return nil
}

func checkCourse(ctx context.Context, conn *grpc.ClientConn, r *record) error {
	c, err := registerv1.NewConductServiceClient(conn).GetCourse(ctx, &registerv1.GetCourseRequest{Name: r.name})
	gone := status.Code(err) == codes.NotFound
	switch {
	case r.suspect.erased && !gone:
		return fmt.Errorf("course %s was erased with its nominal, and the answer is: %w", r.reference, err)
	case r.suspect.erasing && gone:
		return nil
	case err != nil:
		return fmt.Errorf("course %s: %w", r.reference, err)
	case c.GetVersion() != r.version:
		return fmt.Errorf("course %s: version %d acknowledged, %d is there", r.reference, r.version, c.GetVersion())
	}
	return nil
}

// verifySearches opens acknowledged searches again.
func (l *load) verifySearches(t *testing.T, p *servertest.Program) {
	t.Helper()
	conns := map[string]*grpc.ClientConn{}
	var names []string
	for name, force := range l.searches {
		names = append(names, name)
		if conns[force] == nil {
			conns[force] = p.Dial(force)
		}
	}
	each(t, len(names), func(ctx context.Context, i int) error {
		_, err := registerv1.NewSearchServiceClient(conns[l.searches[names[i]]]).GetSearch(ctx, &registerv1.GetSearchRequest{Name: names[i]})
		if err != nil {
			return fmt.Errorf("%s was acknowledged: %w", names[i], err)
		}
		return nil
	})
}

// verifyReceipts proves each receipt against the final checkpoint.
func (l *load) verifyReceipts(t *testing.T) {
	t.Helper()
	db := pgtest.Connect(t, l.site.DB)
	head, err := db.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	known := verifiers(t, l.site)
	final, err := accesslog.OpenCheckpoint(head.Note, servertest.Origin, known)
	if err != nil {
		t.Fatal(err)
	}
	reader := accesslog.NewReader(db)
	indexes := map[int64]string{}
	for _, r := range l.receipts {
		if what, twice := indexes[r.index]; twice {
			t.Errorf("entry %d stands for %s and for %s", r.index, what, r.what)
		}
		indexes[r.index] = r.what
	}
	each(t, len(l.receipts), func(ctx context.Context, i int) error {
		r := l.receipts[i]
		leaf, err := tlog.ParseHash(r.leaf)
		if err != nil {
			return err
		}
		proof, err := reader.Inclusion(ctx, r.index, final.Tree.N)
		if err != nil {
			return fmt.Errorf("%s: entry %d: %w", r.what, r.index, err)
		}
		if err := tlog.CheckRecord(proof, final.Tree.N, final.Tree.Hash, r.index, leaf); err != nil {
			return fmt.Errorf("%s: entry %d is not the one acknowledged: %w", r.what, r.index, err)
		}
		return nil
	})
	l.verifyCheckpoints(t, reader, known, final)
}

// verifyCheckpoints proves that earlier checkpoints lead to the final one; of
// very many, some.
func (l *load) verifyCheckpoints(t *testing.T, reader *accesslog.Reader, known note.Verifiers, final accesslog.Checkpoint) {
	t.Helper()
	const most = 600
	var notes [][]byte
	for _, r := range l.receipts {
		if len(r.checkpoint) > 0 {
			notes = append(notes, r.checkpoint)
		}
	}
	rand.New(rand.NewPCG(*seed, 0)).Shuffle(len(notes), func(i, j int) { notes[i], notes[j] = notes[j], notes[i] })
	each(t, min(most, len(notes)), func(ctx context.Context, i int) error {
		c, err := accesslog.OpenCheckpoint(notes[i], servertest.Origin, known)
		if err != nil {
			return err
		}
		proof, err := reader.Consistency(ctx, c.Tree.N, final.Tree.N)
		if err != nil {
			return err
		}
		return tlog.CheckTree(proof, final.Tree.N, final.Tree.Hash, c.Tree.N, c.Tree.Hash)
	})
}
