package crashtest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/servertest"
	"github.com/perpetrator-register/register/internal/view"
)

// Sizes of the linking test.
const (
	linkWriters = 8
	linkPeople  = 500
)

// report is how one writer knows a person: the name may have a slip in it, and
// each force has some of the details.
func report(writer, person int) *registerv1.RegisterNominalRequest {
	force := servertest.Forces[writer%len(servertest.Forces)]
	req := nominal(force, fmt.Sprintf("w%d/%d", writer, person), 1, person)
	n := req.GetNominal()
	n.Identifiers = append(n.Identifiers, &registerv1.Identifier{
		Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE, Value: fmt.Sprintf("07700 9%05d", person),
	})
	switch writer % 4 {
	case 1: // two letters of the surname have changed places
		s := []byte(n.GetNames()[0].GetSurname())
		s[2], s[3] = s[3], s[2]
		n.Names[0].Surname = string(s)
	case 2: // day and month unknown to this force
		n.BirthDates[0] = &registerv1.PartialDate{Year: n.GetBirthDates()[0].GetYear()}
	case 3:
		n.Addresses = append(n.Addresses, &registerv1.Address{Postcode: fmt.Sprintf("LE%d %dAB", 1+person%9, person/9%10)})
	}
	return req
}

// Eight writers at two replicas register the same people for three forces, each
// person at about the same moment. In the end every one is one person, whatever
// committed in between, and no force was told anything twice.
func TestLinkedUnderFire(t *testing.T) {
	t.Parallel()
	site := servertest.NewSite(t, nil)
	replicas := []*servertest.Program{site.StartProgram(site.Config()), site.StartProgram(site.Config())}
	names := make([][]identity.ID, linkPeople)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range linkWriters {
		conn := replicas[w%2].Dial(servertest.Forces[w%len(servertest.Forces)])
		wg.Go(func() {
			for p := range linkPeople {
				id, err := registerReport(t.Context(), conn, w, p)
				if err != nil {
					t.Errorf("writer %d, person %d: %v", w, p, err)
					return
				}
				mu.Lock()
				names[p] = append(names[p], id)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}

	v := loadView(t, site)
	alerts := map[string]bool{}
	of := map[identity.ID]int{}
	for p, ids := range names {
		for _, id := range ids {
			of[id] = p
		}
	}
	states := map[string]int{}
	for p, ids := range names {
		person := v.Person(ids[0])
		if len(person.Members) != linkWriters {
			t.Errorf("person %d: %d of %d nominals are linked", p, len(person.Members), linkWriters)
		}
		for _, id := range ids {
			for _, l := range v.LinksOf(id) {
				if l.A == id {
					states[fmt.Sprintf("%s, same person %v", l.State, of[l.Other(id)] == p)]++
				}
			}
		}
	}
	t.Logf("links: %v", states)
	for _, force := range servertest.Forces {
		last := [2]int64{-1, -1}
		for _, a := range v.Alerts(force, -1, 0) {
			key := fmt.Sprint(force, a.Kind, uuid.UUID(a.Link))
			if alerts[key] {
				t.Errorf("force %s was told twice of one link", force)
			}
			alerts[key] = true
			if at := [2]int64{a.Index, int64(a.Ordinal)}; at[0] < last[0] || at[0] == last[0] && at[1] <= last[1] {
				t.Errorf("alerts are out of order: %v after %v", at, last)
			} else {
				last = at
			}
		}
	}
	checkWhole(t, site)
}

func registerReport(ctx context.Context, conn *grpc.ClientConn, writer, person int) (identity.ID, error) {
	done, err := registerv1.NewNominalServiceClient(conn).RegisterNominal(ctx, report(writer, person))
	if err != nil {
		return identity.ID{}, err
	}
	id, err := uuid.Parse(call.RecordID(done.GetName()))
	return identity.ID(id), err
}

// loadView reads the whole register as a replica does when it starts.
func loadView(t *testing.T, site *servertest.Site) *view.View {
	t.Helper()
	db := pgtest.Connect(t, site.DB)
	v := view.New(db, site.Keys, conduct.NewRules(refdata.Default()), identity.DefaultModel(), slog.New(slog.DiscardHandler))
	if err := v.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return v
}
