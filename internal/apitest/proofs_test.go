package apitest

import (
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/servertest"
)

func (w *world) replicaOrigin() string { return servertest.Origin }

func hashes(raw [][]byte) []tlog.Hash {
	out := make([]tlog.Hash, len(raw))
	for i, r := range raw {
		out[i] = tlog.Hash(r)
	}
	return out
}

func checkInclusion(t *testing.T, p *pb.InclusionProof) {
	t.Helper()
	if err := tlog.CheckRecord(tlog.RecordProof(hashes(p.GetHashes())), p.GetTreeSize(), tlog.Hash(p.GetRootHash()), p.GetIndex(), tlog.Hash(p.GetLeafHash())); err != nil {
		t.Errorf("entry %d in the tree of %d: %v", p.GetIndex(), p.GetTreeSize(), err)
	}
}

func checkConsistency(t *testing.T, p *pb.ConsistencyProof) {
	t.Helper()
	if err := tlog.CheckTree(tlog.TreeProof(hashes(p.GetHashes())), p.GetSecondTreeSize(), tlog.Hash(p.GetSecondRootHash()), p.GetFirstTreeSize(), tlog.Hash(p.GetFirstRootHash())); err != nil {
		t.Errorf("the tree of %d in that of %d: %v", p.GetFirstTreeSize(), p.GetSecondTreeSize(), err)
	}
}

// checkReceipts proves that the entry of every call is in the log, and that
// all checkpoints that were handed out are of one history.
func checkReceipts(t *testing.T, w *world, made []logged) {
	if len(made) == 0 {
		t.Fatal("no calls")
	}
	ask := func(method string, m proto.Message) proto.Message {
		t.Helper()
		a := w.call(t.Context(), overToken, "auditor", method, m)
		if a.err != nil {
			t.Fatalf("%s: %v", method, a.err)
		}
		return a.response()
	}
	seen := map[int64]bool{}
	sizes := map[int64]tlog.Hash{}
	for i, l := range made {
		if seen[l.index] {
			t.Errorf("two calls have entry %d", l.index)
		}
		seen[l.index] = true
		if root, ok := sizes[l.checkpoint.Tree.N]; ok && root != l.checkpoint.Tree.Hash {
			t.Errorf("two roots of the tree of %d", l.checkpoint.Tree.N)
		}
		sizes[l.checkpoint.Tree.N] = l.checkpoint.Tree.Hash
		if i%5 > 0 {
			continue // a proof is a call too: every fifth will do
		}
		p := ask(getInclusionProof, &pb.GetInclusionProofRequest{Index: l.index, TreeSize: l.checkpoint.Tree.N}).(*pb.InclusionProof)
		checkInclusion(t, p)
		if tlog.Hash(p.GetLeafHash()) != l.receipt.Leaf || tlog.Hash(p.GetRootHash()) != l.checkpoint.Tree.Hash {
			t.Errorf("receipt and proof of entry %d differ", l.index)
		}
	}
	var order []int64
	for n := range sizes {
		order = append(order, n)
	}
	slices.Sort(order)
	for i := 1; i < len(order); i += 5 {
		p := ask(getConsistencyProof, &pb.GetConsistencyProofRequest{FirstTreeSize: order[i-1], SecondTreeSize: order[i]}).(*pb.ConsistencyProof)
		checkConsistency(t, p)
		if tlog.Hash(p.GetFirstRootHash()) != sizes[order[i-1]] || tlog.Hash(p.GetSecondRootHash()) != sizes[order[i]] {
			t.Errorf("roots of %d and %d are not those of the checkpoints", order[i-1], order[i])
		}
	}
}

// readLog lists all entries that a reader sees under a parent.
func readLog(t *testing.T, w *world, who, parent string) map[int64]*pb.LogEntry {
	t.Helper()
	out := map[int64]*pb.LogEntry{}
	request := entriesOf(parent)
	request.PageSize = 500
	for {
		a := w.call(t.Context(), overToken, who, listEntries, request)
		if a.err != nil {
			t.Fatalf("%s lists %s: %v", who, parent, a.err)
		}
		page := a.response().(*pb.ListEntriesResponse)
		for _, e := range page.GetEntries() {
			if out[e.GetIndex()] != nil {
				t.Errorf("entry %d is listed twice", e.GetIndex())
			}
			out[e.GetIndex()] = e
		}
		if request.PageToken = page.GetNextPageToken(); request.GetPageToken() == "" {
			return out
		}
	}
}

// checkLog compares the calls with what the log shows of them: each force's
// to its own PSD alone, all of them to the auditor.
func checkLog(t *testing.T, w *world, made []logged) {
	all := readLog(t, w, "auditor", "forces/-")
	own := map[string]map[int64]*pb.LogEntry{}
	for _, force := range servertest.Forces {
		own[force] = readLog(t, w, "psd-"+force, "forces/"+force)
		for _, e := range own[force] {
			if e.GetForce() != "forces/"+force {
				t.Errorf("PSD of %s sees an entry of %q", force, e.GetForce())
			}
		}
	}
	for _, l := range made {
		e := all[l.index]
		if e == nil {
			t.Errorf("entry %d of %s is not shown to the auditor", l.index, l.method)
			continue
		}
		force := w.accounts[l.who].force
		if force != "" && !proto.Equal(own[force][l.index], e) {
			t.Errorf("entry %d: PSD of %s sees %v, the auditor %v", l.index, force, own[force][l.index], e)
		}
		if want := w.subject(t, l.who); e.GetSubject() != want || (force != "" && e.GetForce() != "forces/"+force) {
			t.Errorf("entry %d of %s: subject %q of %q, want %q", l.index, l.method, e.GetSubject(), e.GetForce(), want)
		}
		if e.GetMethod() != l.method || e.GetOutcome() != l.outcome || tlog.Hash(e.GetLeafHash()) != l.receipt.Leaf {
			t.Errorf("entry %d: %s %s, want %s %s", l.index, e.GetMethod(), e.GetOutcome(), l.method, l.outcome)
		}
		if want := w.methods[l.method].Operation; e.GetOperation() != want {
			t.Errorf("entry %d of %s: operation %s, want %s", l.index, l.method, e.GetOperation(), want)
		}
		if verified := !isSystem(l.who) && e.GetCollarNumber() != ""; e.GetOfficerVerified() != verified && force != "" {
			t.Errorf("entry %d of %s by %s: verified %t", l.index, l.method, l.who, e.GetOfficerVerified())
		}
		if l.outcome != "OK" && e.GetResultCount() != 0 {
			t.Errorf("entry %d: a refusal with %d results", l.index, e.GetResultCount())
		}
	}
}

// subject is how a caller stands in the log.
func (w *world) subject(t *testing.T, who string) string {
	t.Helper()
	if isSystem(who) {
		return "register://forces/" + w.accounts[who].force + "/systems/" + servertest.System
	}
	if who == "nobody-33" {
		who = "investigator-33"
	}
	account := who
	switch who {
	case "psd2-33", "psd3-33":
		account = "psd-33"
	case "auditor2":
		account = "auditor"
	}
	issuer, err := w.site.IDP.Issuer(account)
	if err != nil {
		t.Fatal(err)
	}
	return issuer + "#" + who
}
