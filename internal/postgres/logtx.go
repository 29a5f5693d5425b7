package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// logLock is the key of the advisory lock that orders all writes.
const logLock int64 = 7214683101

// How a transaction of the log begins and ends.
const (
	beginLog  = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
	commitLog = "COMMIT"
)

// MaxLeaves is how many new leaf hashes BeginLog reads along with the head.
const MaxLeaves = 256

// LogNeed says what a log transaction wants to know under the lock.
type LogNeed struct {
	Size    int64       // size of the log as known before
	Records []uuid.UUID // records whose newest version number is wanted
	Sources [][]byte    // source HMACs that may belong to a record already
	News    bool        // whether the nominals written after Since are wanted
	Since   int64       // log index
}

// MaxNews is how many nominals written since BeginLog reads at most.
const MaxNews = 1000

// News is a version that was written since.
type News struct {
	Record   uuid.UUID
	N        int32
	LogIndex int64
}

// LogHead is the state of the log under the lock.
type LogHead struct {
	Size int64     // 0 while the log is empty
	Time time.Time // time of the last entry
	Root []byte
	// Sanction is the log index of the newest change of a sanction, -1 if there is none.
	Sanction int64
	// Version is the log index of the newest version of any record, -1 if there is none.
	Version int64
	Leaves  [][]byte                  // leaf hashes from LogNeed.Size on, at most MaxLeaves
	Known   map[uuid.UUID]KnownRecord // those of the records that exist
	Taken   map[string]bool           // source HMACs that belong to a record
	News    []News                    // nominals written after LogNeed.Since, in log order; at most MaxNews
}

// KnownRecord is what the log's writer needs to know of a record.
type KnownRecord struct {
	Kind  Kind
	Force string
	N     int32 // newest version number
}

// LogTx is a transaction that holds the log's lock. End it by Commit or
// Rollback.
type LogTx struct {
	db   *DB
	conn *pgxpool.Conn
}

// BeginLog begins a transaction, takes the lock and reads the head, in one
// round trip. When it fails nothing was written. A connection that broke while
// it lay idle is replaced without a word.
func (db *DB) BeginLog(ctx context.Context, need LogNeed) (*LogTx, LogHead, error) {
	for attempt := 0; ; attempt++ {
		tx, head, err := db.beginLog(ctx, need)
		if err == nil || attempt == 2 || !connectionLost(err) || ctx.Err() != nil {
			return tx, head, err
		}
	}
}

// connectionLost is true for faults that a new connection may cure.
func connectionLost(err error) bool {
	var server *ServerError
	if errors.As(err, &server) && !errors.Is(err, ErrNoConnection) {
		return strings.HasPrefix(server.Code, "08") || strings.HasPrefix(server.Code, "57P0")
	}
	return !errors.Is(err, ErrNoConnection)
}

func (db *DB) beginLog(ctx context.Context, need LogNeed) (*LogTx, LogHead, error) {
	conn, err := db.log.Acquire(ctx)
	if err != nil {
		return nil, LogHead{}, fmt.Errorf("%w: %w", ErrNoConnection, describe(err))
	}
	tx := &LogTx{db: db, conn: conn}
	head, err := tx.begin(ctx, need)
	if err != nil {
		tx.Rollback()
		return nil, LogHead{}, fmt.Errorf("begin log transaction: %w", describe(err))
	}
	return tx, head, nil
}

func (tx *LogTx) begin(ctx context.Context, need LogNeed) (head LogHead, err error) {
	b := &pgx.Batch{}
	b.Queue(beginLog)
	b.Queue(qLockLog, logLock)
	// Statements after the lock see all that earlier holders committed.
	b.Queue(qLockHead)
	b.Queue(qLeaves, need.Size, MaxLeaves)
	if len(need.Records) > 0 {
		b.Queue(qCurrentNumbers, raw(need.Records))
	}
	if len(need.Sources) > 0 {
		b.Queue(qSourcesTaken, need.Sources)
	}
	if need.News {
		b.Queue(qNews, need.Since, string(KindNominal), MaxNews)
	}
	results := tx.conn.SendBatch(ctx, b)
	defer func() { err = errors.Join(err, results.Close()) }()
	for range 2 {
		if _, err := results.Exec(); err != nil {
			return head, err
		}
	}
	head.Sanction, head.Version = -1, -1
	err = results.QueryRow().Scan(&head.Size, &head.Time, &head.Root, &head.Sanction, &head.Version)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return head, err
	}
	head.Time = head.Time.UTC()
	if head.Leaves, err = collect(results, pgx.RowTo[[]byte]); err != nil {
		return head, err
	}
	if len(need.Records) > 0 {
		if head.Known, err = known(results); err != nil {
			return head, err
		}
	}
	if len(need.Sources) > 0 {
		taken, err := collect(results, pgx.RowTo[[]byte])
		if err != nil {
			return head, err
		}
		head.Taken = make(map[string]bool, len(taken))
		for _, s := range taken {
			head.Taken[string(s)] = true
		}
	}
	if need.News {
		head.News, err = collect(results, func(row pgx.CollectableRow) (n News, err error) {
			return n, row.Scan((*[16]byte)(&n.Record), &n.N, &n.LogIndex)
		})
	}
	return head, err
}

func collect[T any](results pgx.BatchResults, fn pgx.RowToFunc[T]) ([]T, error) {
	rows, err := results.Query()
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, fn)
}

func known(results pgx.BatchResults) (map[uuid.UUID]KnownRecord, error) {
	rows, err := results.Query()
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]KnownRecord)
	var id [16]byte
	var r KnownRecord
	_, err = pgx.ForEachRow(rows, []any{&id, &r.Kind, &r.Force, &r.N}, func() error {
		out[id] = r
		return nil
	})
	return out, err
}

// CurrentByID is DB.CurrentByID under the lock.
func (tx *LogTx) CurrentByID(ctx context.Context, ids []uuid.UUID) ([]Current, error) {
	return collectCurrent(ctx, tx.conn, qCurrentByID, raw(ids))
}

// SanctionsAfter reads the versions of sanctions after a log index, in log order.
func (tx *LogTx) SanctionsAfter(ctx context.Context, after int64) ([]FeedRow, error) {
	return sanctionsAfter(ctx, tx.conn, after)
}

// EdgeHashes is DB.EdgeHashes under the lock.
func (tx *LogTx) EdgeHashes(ctx context.Context, level int, n int64, limit int) ([][]byte, error) {
	return edgeHashes(ctx, tx.conn, level, n, limit)
}

// Replicated tells whether commits are to wait for a standby.
func (tx *LogTx) Replicated(ctx context.Context) (bool, error) {
	var standbys string
	err := tx.conn.QueryRow(ctx, qStandbys).Scan(&standbys)
	return standbys != "", readError(err)
}

// Rollback gives up the transaction and the lock.
func (tx *LogTx) Rollback() {
	if tx.conn == nil {
		return
	}
	if tx.conn.Conn().PgConn().TxStatus() != 'I' && !tx.conn.Conn().IsClosed() {
		// Whatever happened to the caller, the lock must go at once.
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		_, _ = tx.conn.Exec(ctx, "ROLLBACK") // failing that, Release drops the connection
		cancel()
	}
	tx.release()
}

func (tx *LogTx) release() {
	tx.conn.Release()
	tx.conn = nil
}

// Commit writes a batch and commits, in one round trip. It fails with
// ErrMaybeCommitted when the outcome is not known, and with ErrNotReplicated
// when it may not outlive the server; after any other error nothing was
// written. ErrConstraint says that trying again is of no use.
func (tx *LogTx) Commit(ctx context.Context, batch *LogBatch) error {
	return tx.write(ctx, nil, batch)
}

// room is for the parameters of batches.
var room = sync.Pool{New: func() any { return new(parameters) }}

// write sends a batch and the commit after other statements, and lets the connection go.
func (tx *LogTx) write(ctx context.Context, before []call, batch *LogBatch) error {
	warnings := tx.db.warnings.Load()
	p := room.Get().(*parameters)
	defer room.Put(p)
	calls := append(append(before, batch.calls(p)...), call{sql: commitLog})
	done, err := tx.send(ctx, calls)
	if err != nil && done < len(calls) {
		unknown := !errors.Is(err, errNotSent) && lostWhileCommitting(err, done == len(calls)-1)
		tx.Rollback()
		if unknown {
			return fmt.Errorf("%w: %w", ErrMaybeCommitted, describe(err))
		}
		return fmt.Errorf("write to the log: %w", describe(err))
	}
	tx.release() // whatever came after the commit's own answer is the connection's affair
	if tx.db.warnings.Load() != warnings {
		return ErrNotReplicated // a commit has nothing else to warn of
	}
	return nil
}

// lostWhileCommitting tells whether a failed batch may have committed. An error
// that the server reports ends the transaction; only one that ends the session
// may follow a commit that has already happened.
func lostWhileCommitting(err error, atCommit bool) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return true // the connection broke, and we do not know where the server was
	}
	return atCommit && pg.SeverityUnlocalized != "ERROR"
}
