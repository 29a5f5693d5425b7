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

// ready prepares statements and their parameters: a round trip for each the first
// time on a connection, none after.
func (tx *LogTx) ready(ctx context.Context, calls []call) ([]ready, error) {
	conn := tx.conn.Conn()
	out := make([]ready, len(calls))
	for i, c := range calls {
		s, err := conn.Prepare(ctx, c.sql, c.sql)
		if err != nil {
			return nil, err
		}
		values, err := c.values(conn, s)
		if err != nil {
			return nil, err
		}
		out[i] = ready{s, values}
	}
	return out, nil
}

// send executes statements in one round trip; done is how many succeeded before the
// first that failed. The last must be a COMMIT.
func (tx *LogTx) send(ctx context.Context, all []ready) (done int, err error) {
	p := tx.conn.Conn().PgConn().StartPipeline(ctx)
	for _, r := range all {
		p.SendQueryStatement(r.statement, r.values, binaryForm, nil)
	}
	if err = p.Sync(); err == nil {
		done, err = results(p, len(all), true, func(int) {})
	}
	if closeErr := p.Close(); err == nil {
		err = closeErr
	}
	return done, err
}

// binaryForm says that all parameters are in binary form.
var binaryForm = []int16{pgx.BinaryFormatCode}

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

// results reads those of n statements, the last of them a COMMIT or not, and tells of
// each that succeeded how many have.
func results(p *pgconn.Pipeline, n int, commits bool, tell func(done int)) (done int, err error) {
	for done < n {
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
		if commits && done == n-1 && tag.String() != "COMMIT" { // it rolled back
			return done, &pgconn.PgError{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: "25P02"}
		}
		done++
		tell(done)
	}
	return done, nil
}
