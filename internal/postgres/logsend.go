package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// call is a statement of a batch with its parameters.
type call struct {
	sql  string
	args []any
	// encoded, unless nil, stand in place of args, in binary form.
	encoded [][]byte
}

// errNotSent says that a batch failed before any of it was sent.
var errNotSent = errors.New("not sent")

// binaryForm says that all parameters are in binary form.
var binaryForm = []int16{pgx.BinaryFormatCode}

// send executes statements in one round trip; done is how many succeeded before the
// first that failed. The last must be a COMMIT.
func (tx *LogTx) send(ctx context.Context, calls []call) (done int, err error) {
	conn := tx.conn.Conn()
	statements, values := make([]*pgconn.StatementDescription, len(calls)), make([][][]byte, len(calls))
	for i, c := range calls {
		// A round trip the first time on a connection, none after.
		if statements[i], err = conn.Prepare(ctx, c.sql, c.sql); err != nil {
			return 0, fmt.Errorf("%w: %w", errNotSent, err)
		}
		if values[i], err = c.values(conn, statements[i]); err != nil {
			return 0, fmt.Errorf("%w: %w", errNotSent, err)
		}
	}
	p := conn.PgConn().StartPipeline(ctx)
	for i, s := range statements {
		p.SendQueryStatement(s, values[i], binaryForm, nil)
	}
	if err = p.Sync(); err == nil {
		done, err = results(p, len(calls))
	}
	if closeErr := p.Close(); err == nil {
		err = closeErr
	}
	return done, err
}

// values are the parameters in binary form.
func (c *call) values(conn *pgx.Conn, s *pgconn.StatementDescription) ([][]byte, error) {
	if c.args == nil {
		return c.encoded, nil
	}
	out := make([][]byte, len(c.args))
	for i, arg := range c.args {
		b, err := conn.TypeMap().Encode(s.ParamOIDs[i], pgx.BinaryFormatCode, arg, []byte{})
		if err != nil {
			return nil, fmt.Errorf("parameter %d: %w", i+1, err)
		}
		out[i] = b
	}
	return out, nil
}

// results reads those of n statements, the last of them a COMMIT.
func results(p *pgconn.Pipeline, n int) (done int, err error) {
	for ; done < n; done++ {
		got, err := p.GetResults()
		if err != nil {
			return done, err
		}
		reader, ok := got.(*pgconn.ResultReader)
		if !ok {
			return done, errors.New("no result in place of one")
		}
		tag, err := reader.Close()
		if err != nil {
			return done, err
		}
		if done == n-1 && tag.String() != commitLog { // it rolled back
			return done, &pgconn.PgError{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: "25P02"}
		}
	}
	return done, nil
}
