package view

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
)

// BenchmarkDecode measures what a start does with each nominal before it goes
// into the index: unwrap its key, unseal, unmarshal, map and normalise.
func BenchmarkDecode(b *testing.B) {
	dir := seal.DirProvider(b.TempDir() + "/keys")
	if err := seal.Generate(b.Context(), dir, "register.example/bench"); err != nil {
		b.Fatal(err)
	}
	keys, err := seal.Open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	rows := make([]postgres.FeedRow, 64)
	for i := range rows {
		rows[i] = sealedNominal(b, keys, i)
	}
	d := decoder{keys: keys}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if _, err := d.decode(&rows[n%len(rows)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

// sealedNominal is the version of a nominal of the usual size.
func sealedNominal(b *testing.B, keys *seal.KeyRing, i int) postgres.FeedRow {
	b.Helper()
	id := uuid.New()
	plain, err := proto.Marshal(&storev1.StoredNominal{
		Registrant: "crime-33", ContentHash: make([]byte, 32),
		Nominal: &registerv1.Nominal{
			Names:      []*registerv1.PersonName{{Given: "Darren Lee", Surname: fmt.Sprintf("Quill%cfeather", 'a'+i%26)}},
			BirthDates: []*registerv1.PartialDate{{Year: 1984, Month: 6, Day: int32(1 + i%28)}},
			Identifiers: []*registerv1.Identifier{
				{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE, Value: fmt.Sprintf("07700 900%03d", i)},
				{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL, Value: fmt.Sprintf("d.quill%d@example.com", i)},
			},
			Addresses: []*registerv1.Address{{Lines: []string{fmt.Sprintf("%d Station Road", i+1)}, Postcode: "LE1 3GG"}},
			Source:    &registerv1.SourceKey{System: "crime", Reference: fmt.Sprintf("NOM/%09d", i), Revision: 1},
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	key := seal.NewDataKey()
	sealed, err := key.Seal(plain, seal.RecordAD(id, string(postgres.KindNominal)))
	if err != nil {
		b.Fatal(err)
	}
	wrapped, err := keys.Wrap(key, id[:])
	if err != nil {
		b.Fatal(err)
	}
	return postgres.FeedRow{
		Record:  postgres.Record{ID: id, Kind: postgres.KindNominal, Force: "33"},
		Version: postgres.Version{Record: id, N: 1, Sealed: sealed}, Wrapped: wrapped,
	}
}
