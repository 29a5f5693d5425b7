package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
)

// logClients are the numbers of clients of the log alone.
var logClients = []int{1, 8, 32, 64}

// logMatters is for how many crime references entries are made.
const logMatters = 100_000

// sealedBytes is about what a search's sealed body comes to.
const sealedBytes = 600

// logAlone measures the access log without the rest of the register, beside
// simpler logs on the same server: one plain INSERT a request, and a chain of
// hashes whose head is locked row by row.
func (r *run) logAlone(ctx context.Context) error {
	owner, service, err := r.site.database(ctx, "logs")
	if err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, owner); err != nil {
		return err
	}
	one, closeOne, err := r.writer(ctx, service)
	if err != nil {
		return err
	}
	defer closeOne()
	two, closeTwo, err := r.writer(ctx, service)
	if err != nil {
		return err
	}
	defer closeTwo()
	pool, err := pgxpool.New(ctx, r.site.postgres.URL("logs")+"&pool_max_conns=64")
	if err != nil {
		return err
	}
	defer pool.Close()
	for _, s := range []string{
		"CREATE TABLE plain (idx bigserial PRIMARY KEY, time timestamptz NOT NULL DEFAULT now(), meta bytea NOT NULL, body bytea NOT NULL)",
		"CREATE TABLE asked (LIKE register.entry_projection INCLUDING ALL, meta bytea NOT NULL, search_id uuid UNIQUE, body bytea NOT NULL)",
		"ALTER TABLE asked ALTER idx SET DEFAULT nextval('plain_idx_seq'), ALTER time SET DEFAULT now()",
		"CREATE TABLE chain (idx bigint PRIMARY KEY, hash bytea NOT NULL, meta bytea NOT NULL, body bytea NOT NULL)",
		"CREATE TABLE chain_head (n bigint NOT NULL, hash bytea NOT NULL)",
		"INSERT INTO chain_head VALUES (0, '')",
	} {
		if _, err := pool.Exec(ctx, s); err != nil {
			return err
		}
	}
	sealed := make([]byte, sealedBytes)
	_, _ = rand.Read(sealed) // never fails
	// The others write the metadata of a true entry.
	if _, err := one.Append(ctx, entry(sealed, 0)); err != nil {
		return err
	}
	var example []byte
	if err := pool.QueryRow(ctx, "SELECT meta FROM register.entry ORDER BY idx LIMIT 1").Scan(&example); err != nil {
		return err
	}
	write := func(writers ...*accesslog.Writer) caller {
		return func(ctx context.Context, client, n int) (answer, error) {
			_, err := writers[client%len(writers)].Append(ctx, entry(sealed, client*step+n))
			return answer{}, err
		}
	}
	log, twoLogs := alone("access log, one replica", write(one)), alone("access log, two replicas", write(one, two))
	plain := alone("plain INSERT a request", func(ctx context.Context, _, _ int) (answer, error) {
		_, err := pool.Exec(ctx, "INSERT INTO plain (meta, body) VALUES ($1, $2)", example, sealed)
		return answer{}, err
	})
	asked := alone("plain INSERT that answers the same questions", func(ctx context.Context, client, n int) (answer, error) {
		e := entry(sealed, client*step+n)
		_, err := pool.Exec(ctx, `INSERT INTO asked (force, actor, method, operation, outcome, reference_hmac, reason, records, meta, search_id, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			e.Entry.Actor.Force, e.Entry.Actor.Sub, e.Entry.Method, e.Entry.Operation, e.Entry.Outcome, e.Entry.ReferenceHMAC, e.Entry.Reason,
			e.Entry.ResultCount, example, e.Body.SearchID.UUID.String(), sealed)
		return answer{}, err
	})
	// One round trip; two would only make it slower.
	chain := alone("row-locked hash chain", func(ctx context.Context, _, _ int) (answer, error) {
		sum := sha256.Sum256(example)
		_, err := pool.Exec(ctx, `WITH head AS (UPDATE chain_head SET n = n + 1, hash = sha256(hash || $1) RETURNING n, hash)
			INSERT INTO chain SELECT n, hash, $2, $3 FROM head`, sum[:], example, sealed)
		return answer{}, err
	})
	variants := []*variant{log, twoLogs, plain, asked, chain}
	if err := r.inTurn(ctx, logClients, variants); err != nil {
		return err
	}
	r.out.heading("The access log alone")
	r.out.paragraph("No RPC. An entry as a search makes it: %d bytes of metadata and %d sealed; with projection, tree, tiles and signed checkpoint. "+
		"The others write the same bytes, each client on its own connection: the plain INSERT and the chain nothing else, "+
		"so that they can be asked for nothing but an entry by its number; and once with the columns and indexes by which the log is asked, in one table.", len(example), sealedBytes)
	var rows, ratios [][]string
	for _, v := range variants {
		for _, n := range logClients {
			m := v.measures[n]
			rows = append(rows, append(m.row(v.name, strconv.Itoa(n)), m.perCall()[1:]...))
		}
	}
	r.out.table(append(slices.Clone(usual), perCallColumns[1:]...), rows)
	for _, n := range logClients {
		rate := func(v *variant) float64 { return v.measures[n].rate() }
		ratios = append(ratios, []string{
			strconv.Itoa(n), ratio(rate(log), rate(plain)), ratio(rate(log), rate(asked)), ratio(rate(log), rate(chain)), ratio(rate(twoLogs), rate(plain)),
			ratio(plain.measures[n].processor().Seconds(), log.measures[n].processor().Seconds()),
		})
	}
	r.out.table([]string{"clients", "one replica ÷ plain INSERT", "÷ plain INSERT that answers", "÷ hash chain", "two replicas ÷ plain INSERT", "processor time of a plain INSERT ÷ one replica's"}, ratios)
	return nil
}

func alone(name string, call caller) *variant {
	return &variant{name: name, open: func(context.Context, int) (caller, func(), error) { return call, func() {}, nil }}
}

// writer opens a writer with connections of its own, as a replica has.
func (r *run) writer(ctx context.Context, url string) (*accesslog.Writer, func(), error) {
	keys, err := seal.Open(ctx, seal.DirProvider(r.site.keys))
	if err != nil {
		return nil, nil, err
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: url})
	if err != nil {
		return nil, nil, err
	}
	if err := db.Durable(ctx); err != nil {
		db.Close()
		return nil, nil, errors.Join(errors.New("not a durable server"), err)
	}
	w, err := accesslog.NewWriter(db, accesslog.Options{Origin: origin, Signers: keys.LogSigners(), Log: quiet()})
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return w, func() { w.Close(); db.Close() }, nil
}

// policy stands for the policy's hash.
var policy = fmt.Sprintf("%064x", 1)

// entry is an entry as a search makes it; n tells whose it is and for what matter.
func entry(sealed []byte, n int) *accesslog.Pending {
	subject, force := userName(n % entryUsers)
	return &accesslog.Pending{
		Entry: accesslog.Metadata{
			Actor: accesslog.Actor{Sub: subject, Force: force, Collar: "33101", Assurance: accesslog.Verified, Kind: accesslog.Person},
			Roles: []string{"investigator"}, ACR: "aal2", Client: "registerctl", Addr: "192.0.2.7",
			Method: "SearchService.CreateSearch", Operation: "CONSULTATION", Reason: "CRIME_INVESTIGATION",
			ReferenceHMAC: referenceCode(n % logMatters), Terms: []string{"1:0123456789abcdef", "1:fedcba9876543210"}, ResultCount: 3,
			Decision: accesslog.Decision{Effect: accesslog.Allow, Line: "12: p, investigator, search, create, any_force", Policy: policy},
			Outcome:  "OK",
		},
		Body: &postgres.Body{
			SearchID: uuid.NullUUID{UUID: uuid.Must(uuid.NewV7()), Valid: true}, Wrapped: sealed[:100], Sealed: sealed,
		},
	}
}
