package main

import (
	"context"
	"crypto/sha256"
	"runtime"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/devstack"
	"github.com/perpetrator-register/register/internal/devstack/demo"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
)

// changesAnEntry is how many nominals one entry of the log brings when they are
// stored past the API.
const changesAnEntry = 500

// direct stores the people past the API: it seals them with the server's keys
// and appends them to the access log, hundreds to an entry. What a server then
// starts from is what it would have stored itself, but for the links, which
// only registering makes. It returns the rate of each part.
func (r *run) direct(ctx context.Context) ([]float64, error) {
	_, service, err := r.site.database(ctx, database)
	if err != nil {
		return nil, err
	}
	keys, err := seal.Open(ctx, seal.DirProvider(r.site.keys))
	if err != nil {
		return nil, err
	}
	writer, done, err := r.writer(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	var rates []float64
	for part := range r.parts(maxPart) {
		began := time.Now()
		g, groupCtx := errgroup.WithContext(ctx)
		g.SetLimit(2 * runtime.NumCPU()) // some seal while others wait
		for at := 0; at < len(part); at += changesAnEntry {
			some := part[at:min(at+changesAnEntry, len(part))]
			g.Go(func() error { return storeDirectly(groupCtx, writer, keys, some) })
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		rates = append(rates, float64(len(part))/time.Since(began).Seconds())
		say("%d stored, %.0f a second", len(part), rates[len(rates)-1])
	}
	return rates, nil
}

func storeDirectly(ctx context.Context, writer *accesslog.Writer, keys *seal.KeyRing, nominals []demo.Nominal) error {
	p := &accesslog.Pending{Entry: accesslog.Metadata{
		Actor: accesslog.Actor{Sub: system, Kind: accesslog.System}, Method: "bench.load", Outcome: "OK",
	}}
	for i := range nominals {
		change, err := sealedNominal(keys, &nominals[i])
		if err != nil {
			return err
		}
		p.Changes = append(p.Changes, change)
	}
	_, err := writer.Append(ctx, p)
	return err
}

// sealedNominal is the first version of a nominal, as the register stores it.
func sealedNominal(keys *seal.KeyRing, n *demo.Nominal) (accesslog.Change, error) {
	nominal := devstack.NominalRequest(n).GetNominal()
	nominal.State = registerv1.RecordState_RECORD_STATE_ACTIVE
	plain, err := proto.MarshalOptions{Deterministic: true}.Marshal(nominal)
	if err != nil {
		return accesslog.Change{}, err
	}
	hash := sha256.Sum256(plain)
	if plain, err = proto.Marshal(&storev1.StoredNominal{
		Nominal: nominal, ContentHash: hash[:], UpdateTime: timestamppb.Now(), Registrant: system,
	}); err != nil {
		return accesslog.Change{}, err
	}
	source := keys.SourceHMAC(n.Force, n.System, n.Reference, string(postgres.KindNominal))
	record := postgres.Record{
		ID: uuid.Must(uuid.NewV7()), Kind: postgres.KindNominal, Force: n.Force,
		SourceHMAC: source.Sum, SourceKeyVersion: int32(source.Version), //nolint:gosec // a small counter
	}
	key := seal.NewDataKey()
	v := postgres.Version{Record: record.ID, N: 1, Revision: n.Revision, Salt: seal.NewSalt()}
	if v.Sealed, err = key.Seal(plain, seal.RecordAD(record.ID, string(record.Kind))); err != nil {
		return accesslog.Change{}, err
	}
	v.Digest = seal.Digest(v.Salt, seal.VersionFields{
		Record: record.ID, N: v.N, Kind: string(record.Kind), Force: record.Force, Revision: v.Revision, Sealed: v.Sealed,
	})
	wrapped, err := keys.Wrap(key, record.ID[:])
	return accesslog.Change{Record: record, Version: v, Wrapped: wrapped}, err
}
