package main

import (
	"testing"

	"google.golang.org/grpc/metadata"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/servertest"
)

// A key-management key is rotated while the register serves: what was sealed
// before opens after, under the new key alone.
func TestRotationOfTheKeyManagementKey(t *testing.T) {
	t.Parallel()
	site := servertest.NewSite(t, nil)
	replica := site.Start(nil)
	ctx := site.As(t.Context(), "investigator-33")
	registered, err := registerv1.NewNominalServiceClient(replica.Dial("33")).RegisterNominal(t.Context(), &registerv1.RegisterNominalRequest{
		Parent: "forces/33",
		Nominal: &registerv1.Nominal{
			Source: &registerv1.SourceKey{System: "niche", Reference: "R1", Revision: 1},
			Names:  []*registerv1.PersonName{{Given: "Wenceslas", Surname: "Quillfeather"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	conn := replica.Dial("")
	search, err := registerv1.NewSearchServiceClient(conn).CreateSearch(ctx, &registerv1.CreateSearchRequest{Search: &registerv1.Search{
		Reason: "CRIME_INVESTIGATION", Reference: "33/1/26",
		Criteria: &registerv1.SearchCriteria{Names: []*registerv1.PersonName{{Given: "Wenceslas", Surname: "Quillfeather"}}},
	}})
	if err != nil || len(search.GetCandidates()) != 1 {
		t.Fatalf("search: %v, %d candidates", err, len(search.GetCandidates()))
	}

	provider := seal.DirProvider(site.KeyDir)
	version, err := seal.AddKey(t.Context(), provider, seal.RecordKeys)
	must(t, err)
	replica.Server.Reload(t.Context())
	must(t, seal.PromoteKey(t.Context(), provider, seal.RecordKeys, version))
	replica.Server.Reload(t.Context())
	keys, err := seal.Open(t.Context(), provider)
	must(t, err)
	db := pgtest.Connect(t, site.DB)
	if n, err := rewrapRecords(t.Context(), keys, db); err != nil || n != 1 {
		t.Fatalf("records wrapped afresh: %d, %v", n, err)
	}
	if n, err := rewrapBodies(t.Context(), keys, db); err != nil || n != 1 {
		t.Fatalf("bodies wrapped afresh: %d, %v", n, err)
	}
	must(t, seal.RetireKey(t.Context(), provider, seal.RecordKeys, 1))

	fresh := site.Start(nil)
	ctx = metadata.NewOutgoingContext(t.Context(), metadata.Pairs("authorization", "Bearer "+site.Token("investigator-33", nil)))
	conn = fresh.Dial("")
	again, err := registerv1.NewSearchServiceClient(conn).GetSearch(ctx, &registerv1.GetSearchRequest{Name: search.GetName()})
	must(t, err)
	if got := again.GetCandidates()[0].GetDisplayName(); got != "Wenceslas Quillfeather" {
		t.Errorf("the old search shows %q", got)
	}
	nominal, err := registerv1.NewNominalServiceClient(conn).GetNominal(ctx, &registerv1.GetNominalRequest{Name: registered.GetName()})
	must(t, err)
	if got := nominal.GetNames()[0].GetSurname(); got != "Quillfeather" {
		t.Errorf("the record holds %q", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
