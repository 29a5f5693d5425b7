package main

import (
	"context"
	"slices"
	"strconv"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// clientCounts are the numbers of clients of most measurements.
var clientCounts = []int{1, 8}

// step spreads the clients over the questions.
const step = 7919

// ask returns a caller that searches, and what gives its connections back.
func (r *run) ask(ctx context.Context, on *replica, clients int, questions []question) (caller, func(), error) {
	conns, contexts, err := on.investigators(ctx, clients, usersOfClient)
	if err != nil {
		return nil, nil, err
	}
	services := make([]registerv1.SearchServiceClient, clients)
	for i, c := range conns {
		services[i] = registerv1.NewSearchServiceClient(c)
	}
	return func(_ context.Context, client, n int) (answer, error) {
		q := &questions[(client*step+n)%len(questions)]
		// The client's own context carries the token.
		found, err := services[client].CreateSearch(contexts[client][n/callsOfUser%usersOfClient], q.request)
		if err != nil {
			return answer{}, err
		}
		var a answer
		for i, c := range found.GetCandidates() {
			is := c.GetDisplayName() == q.name
			a.hit, a.first, a.shown = true, a.first || is && i == 0, a.shown || is
		}
		return a, nil
	}, func() { closeAll(conns) }, nil
}

// self returns a caller that makes the emptiest call there is.
func (r *run) self(ctx context.Context, on *replica, clients int) (caller, func(), error) {
	conns, contexts, err := on.investigators(ctx, clients, usersOfClient)
	if err != nil {
		return nil, nil, err
	}
	services := make([]registerv1.DirectoryServiceClient, clients)
	for i, c := range conns {
		services[i] = registerv1.NewDirectoryServiceClient(c)
	}
	return func(_ context.Context, client, n int) (answer, error) {
		_, err := services[client].GetSelf(contexts[client][n/callsOfUser%usersOfClient], &registerv1.GetSelfRequest{})
		return answer{}, err
	}, func() { closeAll(conns) }, nil
}

// searches compares searches with the log on and off, the emptiest call, and
// the same questions to pg_trgm.
func (r *run) searches(ctx context.Context) error {
	on, err := r.site.start(ctx, "register", database)
	if err != nil {
		return err
	}
	defer func() { _ = on.stop() }() // its figures are taken
	all := []*variant{r.searching("search", on, r.people.questions), r.callingSelf("empty call (GetSelf)", on)}
	var off *replica
	if r.Nominals <= maxTwice {
		if off, err = r.site.start(ctx, "register-bench", database, "REGISTER_BENCH_LOG=off"); err != nil {
			return err
		}
		defer func() { _ = off.stop() }() // likewise
		all = append(all, r.searching("search, log off", off, r.people.questions), r.callingSelf("empty call, log off", off))
	}
	var trigrams *variant
	if !r.Alone {
		if err := r.usePeer(ctx); err != nil {
			return err
		}
		trigrams = r.peerVariant(r.people.questions)
		all = append(all, trigrams)
	}
	if err := r.inTurn(ctx, clientCounts, all); err != nil {
		return err
	}
	r.out.heading("Searches")
	r.out.paragraph("gRPC over TLS, one connection a client, a mix of %d kinds of question in equal shares. With the log on, each answer waits for its durable entry. "+
		"pg_trgm, unless it is left out: a table of the same people with a GIN trigram index a column, `%%` at its default threshold, best 10, asked straight over the database's protocol; it has no log, no sealing and no explanation.", len(kinds))
	var rows [][]string
	for _, v := range all {
		for _, n := range clientCounts {
			rows = append(rows, slices.Concat(v.measures[n].row(v.name, strconv.Itoa(n)), v.measures[n].perCall()))
		}
	}
	r.out.table(slices.Concat(usual, perCallColumns), rows)
	header := []string{"clients"}
	if trigrams != nil {
		header = append(header, "register ÷ pg_trgm")
	}
	if off != nil {
		header = append(header, "price of the log (rate without ÷ with)")
	}
	var ratios [][]string
	for _, n := range clientCounts {
		cells := []string{strconv.Itoa(n)}
		if trigrams != nil {
			cells = append(cells, ratio(all[0].measures[n].rate(), trigrams.measures[n].rate()))
		}
		if off != nil {
			cells = append(cells, ratio(all[2].measures[n].rate(), all[0].measures[n].rate()))
		}
		ratios = append(ratios, cells)
	}
	if len(header) > 1 {
		r.out.table(header, ratios)
	}
	return nil
}

// maxTwice is the largest register that is held by two servers at a time.
const maxTwice = 2_000_000

func (r *run) searching(name string, on *replica, questions []question) *variant {
	return &variant{name: name, server: on, open: func(ctx context.Context, n int) (caller, func(), error) { return r.ask(ctx, on, n, questions) }}
}

func (r *run) callingSelf(name string, on *replica) *variant {
	return &variant{name: name, server: on, open: func(ctx context.Context, n int) (caller, func(), error) { return r.self(ctx, on, n) }}
}

func (r *run) peerVariant(questions []question) *variant {
	return &variant{name: "pg_trgm", open: func(context.Context, int) (caller, func(), error) { return r.peer.ask(questions) }}
}

// searchKinds compares the register with pg_trgm for each kind of question by
// itself.
func (r *run) searchKinds(ctx context.Context) error {
	on, err := r.site.start(ctx, "register", database)
	if err != nil {
		return err
	}
	defer func() { _ = on.stop() }() // its figures are taken
	if err := r.usePeer(ctx); err != nil {
		return err
	}
	var times, finds [][]string
	short := *r.options // there are many kinds
	short.Time = short.Time * 2 / 5
	r = &run{options: &short, site: r.site, people: r.people, peer: r.peer, out: r.out}
	for i, k := range kinds {
		ours, theirs := r.searching(k.name, on, r.people.byKind[i]), r.peerVariant(r.people.byKind[i])
		if err := r.inTurn(ctx, clientCounts, []*variant{ours, theirs}); err != nil {
			return err
		}
		for _, n := range clientCounts {
			a, b := ours.measures[n], theirs.measures[n]
			times = append(times, []string{
				k.name, strconv.Itoa(n), count(a.rate()), ms(a.quantile(0.5)), ms(a.quantile(0.99)),
				count(b.rate()), ms(b.quantile(0.5)), ms(b.quantile(0.99)), ratio(a.rate(), b.rate()),
			})
		}
		a, b := tallied(ours.measures[1], ours.measures[8]), tallied(theirs.measures[1], theirs.measures[8])
		finds = append(finds, []string{
			k.name, percent(a.firsts, a.calls), percent(a.shown, a.calls), percent(a.hits, a.calls),
			percent(b.firsts, b.calls), percent(b.shown, b.calls), percent(b.hits, b.calls),
		})
	}
	r.out.heading("Searches by kind of question")
	r.out.paragraph("Each kind by itself, register and pg_trgm in turn.")
	r.out.table([]string{"kind", "clients", "a second", "p50", "p99", "pg_trgm a second", "p50", "p99", "register ÷ pg_trgm"}, times)
	r.out.paragraph("*First*: the best answer bears the recorded name of the one looked for; *shown*: one of the ten does. Namesakes count as found.")
	r.out.table([]string{"kind", "first", "shown", "anybody", "pg_trgm first", "shown", "anybody"}, finds)
	return nil
}
