package leaktest

import (
	"cmp"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/servertest"
)

// How long an answer takes does not tell a SILENT record from none: a guess by
// latency alone is about as good as a coin. The two kinds of search alternate
// in random order, and only ranks are compared, so that the speed of the
// machine does not matter; a burst of other work may still fall on one kind
// more than on the other, so a first failure is tried again, twice.
func TestSilentIsNotToldByTime(t *testing.T) {
	site := servertest.NewSite(t, slog.New(slog.DiscardHandler))
	conn := site.Start(nil).Dial("")
	names, random := newCanaries(), rand.New(rand.NewPCG(3, 5))
	r := &register{leaks: &leaks{site: site, methods: methods(t)}, conn: conn}
	// Nobody is like another: each search is for nobody, or for one silent
	// record and nobody else.
	name := func(from int32) (given, surname string, number int32) {
		return names.word("given")[:10], names.word("surname")[:12], from + 100*random.Int32N(336)
	}
	token := r.site.Token("spoc-33", nil)
	for i := range 500 {
		given, surname, number := name(20)
		r.add(t, token, person(fmt.Sprint("seen-", i), given, surname, number))
	}
	searches, ctx := registerv1.NewSearchServiceClient(conn), site.As(t.Context(), "investigator-10")
	// unlike is a person to whom no visible one is alike.
	unlike := func(from int32) (given, surname string, number int32) {
		for {
			given, surname, number = name(from)
			found, err := searches.CreateSearch(ctx, asked(given, surname, number))
			must(t, err)
			if found.GetOutcome() == registerv1.SearchOutcome_SEARCH_OUTCOME_NO_HIT {
				return given, surname, number
			}
		}
	}
	const people = 50
	var kinds [2][]*registerv1.CreateSearchRequest // of none, and of silent records
	psd := r.psdToken()
	for i := range people {
		given, surname, number := unlike(80)
		kinds[0] = append(kinds[0], asked(given, surname, number))
		given, surname, number = unlike(50)
		silent := person(fmt.Sprint("hidden-", i), given, surname, number)
		silent.Nominal.Restriction = registerv1.Restriction_RESTRICTION_SILENT
		if i%2 == 0 {
			r.add(t, psd, silent)
		} else {
			silent.Nominal.Restriction = registerv1.Restriction_RESTRICTION_UNSPECIFIED
			n := r.add(t, token, silent)
			_, err := registerv1.NewNominalServiceClient(conn).RestrictNominal(site.As(t.Context(), "psd-33"), &registerv1.RestrictNominalRequest{
				Name: n.GetName(), Restriction: registerv1.Restriction_RESTRICTION_SILENT, Explanation: "an inquiry under way",
			})
			must(t, err)
		}
		kinds[1] = append(kinds[1], asked(given, surname, number))
	}
	took := func(req *registerv1.CreateSearchRequest) time.Duration {
		began := time.Now()
		found, err := searches.CreateSearch(ctx, req)
		elapsed := time.Since(began)
		must(t, err)
		if found.GetOutcome() != registerv1.SearchOutcome_SEARCH_OUTCOME_NO_HIT {
			t.Fatalf("a hit: %v", found)
		}
		return elapsed
	}
	for range 3 {
		var samples []timed
		for i := range 1000 {
			first := random.IntN(2)
			for _, kind := range []int{first, 1 - first} {
				d := took(kinds[kind][random.IntN(people)])
				if i >= 100 { // everything is warm
					samples = append(samples, timed{d, kind == 1})
				}
			}
		}
		area := auc(samples)
		t.Logf("%d pairs: area under the curve %.3f", len(samples)/2, area)
		if area > 0.4 && area < 0.6 {
			return
		}
	}
	t.Error("searches for silent records are told by their time")
}

type timed struct {
	took   time.Duration
	silent bool
}

// auc is the probability that a search for a silent record took longer than
// one for none: 0.5 when time tells nothing.
func auc(samples []timed) float64 {
	slices.SortFunc(samples, func(a, b timed) int { return cmp.Compare(a.took, b.took) })
	var ranks, silent float64
	for i := 0; i < len(samples); {
		j := i
		for j < len(samples) && samples[j].took == samples[i].took {
			j++
		}
		for _, s := range samples[i:j] {
			if s.silent {
				ranks += float64(i+j+1) / 2 // ties share a rank
				silent++
			}
		}
		i = j
	}
	others := float64(len(samples)) - silent
	return (ranks - silent*(silent+1)/2) / (silent * others)
}
