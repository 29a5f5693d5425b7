package devstack

import (
	"context"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// circle are invented people around one woman, none of whom is on the register.
var circle = [...]struct{ given, surname string }{
	{"Iona", "Fulmar"}, {"Piers", "Fulmar"}, {"Greta", "Fulmar"}, {"Otis", "Fulmar"},
	{"Nell", "Dunlin"}, {"Hugo", "Dunlin"}, {"Tess", "Pochard"}, {"Amos", "Gadwall"},
	{"Bryony", "Wigeon"}, {"Felix", "Avocet"}, {"Cora", "Siskin"}, {"Jonty", "Garganey"},
}

// misuse lets a supervisor look up a woman and those around her under one incident
// that no force tells of, so that professional standards have a case to look at.
func (s *Stack) misuse(ctx context.Context) error {
	return s.as(ctx, "supervisor-33", func(ctx context.Context, conn *grpc.ClientConn) error {
		search := registerv1.NewSearchServiceClient(conn)
		for _, p := range circle {
			_, err := search.CreateSearch(ctx, &registerv1.CreateSearchRequest{Search: &registerv1.Search{
				Reason: "CRIME_INVESTIGATION", Reference: "33/4711/26",
				Criteria: &registerv1.SearchCriteria{Names: []*registerv1.PersonName{{Given: p.given, Surname: p.surname}}},
			}})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
