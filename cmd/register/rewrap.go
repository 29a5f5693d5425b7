package main

import (
	"context"
	"log/slog"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
)

type keysRewrapCmd struct {
	keyFolder
	DatabaseURL string `help:"Connection string of the service's account." required:"" env:"REGISTER_DATABASE_URL"`
}

// rewrapPage is how many keys are read and written at a time.
const rewrapPage = 1000

// Run wraps the keys of all records and of all sealed log bodies afresh. It
// may be interrupted and run again; the register may be in use meanwhile.
func (c *keysRewrapCmd) Run(ctx context.Context, log *slog.Logger) error {
	p, err := c.provider()
	if err != nil {
		return err
	}
	keys, err := seal.Open(ctx, p)
	if err != nil {
		return err
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: c.DatabaseURL, MaxConns: 2, ApplicationName: "register keys"})
	if err != nil {
		return err
	}
	defer db.Close()
	records, err := rewrapRecords(ctx, keys, db)
	if err != nil {
		return err
	}
	bodies, err := rewrapBodies(ctx, keys, db)
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "keys wrapped afresh", "records", records, "bodies", bodies)
	return nil
}

func rewrapRecords(ctx context.Context, keys *seal.KeyRing, db *postgres.DB) (total int64, err error) {
	var after uuid.UUID
	for {
		page, err := db.RecordKeys(ctx, after, rewrapPage)
		if err != nil || len(page) == 0 {
			return total, err
		}
		after = page[len(page)-1].Record
		var old, fresh []postgres.RecordKey
		for _, k := range page {
			wrapped, changed, err := keys.Rewrap(k.Wrapped, k.Record[:])
			if err != nil {
				return total, err
			}
			if changed {
				old, fresh = append(old, k), append(fresh, postgres.RecordKey{Record: k.Record, Wrapped: wrapped})
			}
		}
		n, err := db.Rewrap(ctx, old, fresh)
		total += n
		if err != nil {
			return total, err
		}
	}
}

func rewrapBodies(ctx context.Context, keys *seal.KeyRing, db *postgres.DB) (total int64, err error) {
	after := int64(-1)
	for {
		page, err := db.BodyKeys(ctx, after, rewrapPage)
		if err != nil || len(page) == 0 {
			return total, err
		}
		after = page[len(page)-1].Index
		var old []postgres.BodyKey
		var fresh [][]byte
		for _, k := range page {
			meta, err := accesslog.ParseMetadata(k.Meta)
			if err != nil {
				return total, err
			}
			wrapped, changed, err := keys.Rewrap(k.Wrapped, meta.ID[:])
			if err != nil {
				return total, err
			}
			if changed {
				old, fresh = append(old, k), append(fresh, wrapped)
			}
		}
		n, err := db.RewrapBodies(ctx, old, fresh)
		total += n
		if err != nil {
			return total, err
		}
	}
}
