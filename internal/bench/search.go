package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// clientCounts are the numbers of clients of most measurements.
var clientCounts = []int{1, 8}

// step spreads the clients over the questions.
const step = 7919

// ask returns a caller that searches, and what gives its connections back.
func (r *run) ask(ctx context.Context, on *replica, clients int) (caller, func(), error) {
	conns, contexts, err := on.investigators(ctx, clients)
	if err != nil {
		return nil, nil, err
	}
	services := make([]registerv1.SearchServiceClient, clients)
	for i, c := range conns {
		services[i] = registerv1.NewSearchServiceClient(c)
	}
	questions := r.people.questions
	return func(_ context.Context, client, n int) (answer, error) {
		q := &questions[(client*step+n)%len(questions)]
		// The client's own context carries the token.
		found, err := services[client].CreateSearch(contexts[client], q.request)
		if err != nil {
			return answer{}, err
		}
		a := answer{kind: q.kind, hit: len(found.GetCandidates()) > 0}
		a.first = a.hit && found.GetCandidates()[0].GetDisplayName() == q.name
		return a, nil
	}, func() { closeAll(conns) }, nil
}

// self returns a caller that makes the emptiest call there is.
func (r *run) self(ctx context.Context, on *replica, clients int) (caller, func(), error) {
	conns, contexts, err := on.investigators(ctx, clients)
	if err != nil {
		return nil, nil, err
	}
	services := make([]registerv1.DirectoryServiceClient, clients)
	for i, c := range conns {
		services[i] = registerv1.NewDirectoryServiceClient(c)
	}
	return func(_ context.Context, client, _ int) (answer, error) {
		_, err := services[client].GetSelf(contexts[client], &registerv1.GetSelfRequest{})
		return answer{}, err
	}, func() { closeAll(conns) }, nil
}

// variant is one of several things that are compared, turn by turn.
type variant struct {
	name string
	// server, unless nil, is the one whose processor time is told.
	server   *replica
	open     func(ctx context.Context, clients int) (caller, func(), error)
	measures map[int]*measure // by number of clients
}

// inTurn measures the variants, each for each number of clients, repeat by
// repeat, so that what else the machine does strikes all of them alike.
func (r *run) inTurn(ctx context.Context, clients []int, variants []*variant) error {
	for _, v := range variants {
		v.measures = map[int]*measure{}
		for _, n := range clients {
			v.measures[n] = &measure{}
		}
	}
	for repeat := range r.Repeats {
		for _, n := range clients {
			for _, v := range variants {
				if err := r.turn(ctx, v, n, repeat == 0); err != nil {
					return fmt.Errorf("%s, %d clients: %w", v.name, n, err)
				}
			}
		}
	}
	return nil
}

func (r *run) turn(ctx context.Context, v *variant, clients int, first bool) error {
	call, done, err := v.open(ctx, clients)
	if err != nil {
		return err
	}
	defer done()
	before := r.Time / 10 // for connections and caches
	if first {
		before = r.Time / 3
	}
	if err := warm(ctx, clients, before, call); err != nil {
		return err
	}
	m := v.measures[clients]
	earlier := r.site.effort(v.server)
	err = m.take(ctx, clients, r.Time, call)
	m.used = m.used.plus(r.site.effort(v.server).minus(earlier))
	return err
}

// searches compares searches with the log on and off, the emptiest call, and
// the same questions to pg_trgm.
func (r *run) searches(ctx context.Context) error {
	on, err := r.site.start(ctx, "register", database)
	if err != nil {
		return err
	}
	defer func() { _ = on.stop() }() // its figures are taken
	off, err := r.site.start(ctx, "register-bench", database, "REGISTER_BENCH_LOG=off")
	if err != nil {
		return err
	}
	defer func() { _ = off.stop() }() // likewise
	peer, err := r.newPeer(ctx)
	if err != nil {
		return err
	}
	defer peer.close()
	logged := &variant{name: "search", server: on, open: func(ctx context.Context, n int) (caller, func(), error) { return r.ask(ctx, on, n) }}
	unlogged := &variant{name: "search, log off", server: off, open: func(ctx context.Context, n int) (caller, func(), error) { return r.ask(ctx, off, n) }}
	empty := &variant{name: "empty call (GetSelf)", server: on, open: func(ctx context.Context, n int) (caller, func(), error) { return r.self(ctx, on, n) }}
	emptyUnlogged := &variant{name: "empty call, log off", server: off, open: func(ctx context.Context, n int) (caller, func(), error) { return r.self(ctx, off, n) }}
	trigrams := &variant{name: "pg_trgm", open: peer.ask}
	all := []*variant{logged, unlogged, empty, emptyUnlogged, trigrams}
	if err := r.inTurn(ctx, clientCounts, all); err != nil {
		return err
	}
	r.out.heading("Searches")
	r.out.paragraph("gRPC over TLS, one connection a client, a mix of %d kinds of question in equal shares. With the log on, each answer waits for its durable entry. "+
		"pg_trgm: a table of the same people with a GIN trigram index a column, `%%` at its default threshold, best 10, asked straight over the database's protocol; it has no log, no sealing and no explanation.", len(kinds))
	var rows [][]string
	for _, v := range all {
		for _, n := range clientCounts {
			rows = append(rows, slices.Concat(v.measures[n].row(v.name, strconv.Itoa(n)), v.measures[n].perCall()))
		}
	}
	r.out.table(slices.Concat(usual, perCallColumns), rows)
	var ratios [][]string
	for _, n := range clientCounts {
		ratios = append(ratios, []string{
			strconv.Itoa(n),
			ratio(unlogged.measures[n].rate(), logged.measures[n].rate()),
			ratio(logged.measures[n].rate(), trigrams.measures[n].rate()),
		})
	}
	r.out.table([]string{"clients", "price of the log (rate without ÷ with)", "register ÷ pg_trgm"}, ratios)
	r.byKind(logged.measures[1], logged.measures[8], trigrams.measures[1])
	return nil
}

// byKind shows the kinds of question one by one.
func (r *run) byKind(one, eight, peer *measure) {
	var rows [][]string
	for i, k := range kinds {
		calls, hits, firsts := one.found(i)
		more, moreHits, moreFirsts := eight.found(i)
		peerCalls, _, peerFirsts := peer.found(i)
		rows = append(rows, []string{
			k.name, ms(one.quantile(i, 0.5)), ms(one.quantile(i, 0.99)), ms(eight.quantile(i, 0.99)),
			percent(hits+moreHits, calls+more), percent(firsts+moreFirsts, calls+more),
			ms(peer.quantile(i, 0.5)), ms(peer.quantile(i, 0.99)), percent(peerFirsts, peerCalls),
		})
	}
	r.out.paragraph("By kind of question. *First*: the best answer bears the recorded name of the one looked for.")
	r.out.table([]string{"kind", "p50, 1 client", "p99, 1", "p99, 8", "hits", "first", "pg_trgm p50", "pg_trgm p99", "pg_trgm first"}, rows)
}
