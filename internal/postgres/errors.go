package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Errors of a log transaction.
var (
	// ErrConstraint says that the database refuses what was to be written; it
	// would refuse it again.
	ErrConstraint = errors.New("refused by a constraint")
	// ErrMaybeCommitted says that the connection was lost while committing.
	ErrMaybeCommitted = errors.New("the outcome of a commit is unknown")
	// ErrNotReplicated says that a transaction has committed, but perhaps not
	// on the standby that was to have it too.
	ErrNotReplicated = errors.New("a commit may not have reached the standby")
)

// ErrAway says that the database could not be read: it is gone, starting,
// stopping, out of resources, or does not let us. Later it may answer.
var ErrAway = errors.New("the database does not answer")

// ErrNoConnection says that the database cannot be reached.
var ErrNoConnection = errors.New("no connection to the database")

// ServerError is a fault that the server reported, without its detail and
// message, since those may quote a row.
type ServerError struct {
	Code       string // SQLSTATE
	Constraint string // name of the constraint, if any
}

// Error implements error.
func (e *ServerError) Error() string {
	switch words := codeWords[e.Code]; {
	case e.Constraint != "":
		return fmt.Sprintf("SQLSTATE %s (%s)", e.Code, e.Constraint)
	case words != "":
		return words + " (SQLSTATE " + e.Code + ")"
	}
	return "SQLSTATE " + e.Code
}

// codeWords say what an operator can mend.
var codeWords = map[string]string{
	"28000": "the database does not let the account in: see its pg_hba.conf",
	"28P01": "the database does not let the account in: the password is wrong, or none was given",
	"3D000": "there is no such database",
	"3F000": "there is no schema yet: run register migrate",
	"42P01": "a table is missing: run register migrate",
	"42704": "a role is missing: see docs/operations.md, First installation",
	"42501": "a grant is missing: run register migrate",
	"53300": "the database has no connection left",
}

// Is matches ErrConstraint for faults of what was to be written: data, integrity
// and limits (classes 22, 23 and 54).
func (e *ServerError) Is(target error) bool {
	return target == ErrConstraint &&
		(strings.HasPrefix(e.Code, "22") || strings.HasPrefix(e.Code, "23") || strings.HasPrefix(e.Code, "54"))
}

// away tells whether a described error is no fault of the statement itself.
func away(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var server *ServerError
	if !errors.As(err, &server) {
		return true // the connection
	}
	switch server.Code[:min(2, len(server.Code))] {
	case "08", "40", "53", "55", "57", "58":
		return true
	}
	return server.Code == "42501" // a grant is missing
}

// describe reduces a server's error to what is safe to log.
func describe(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return &ServerError{Code: pg.Code, Constraint: pg.ConstraintName}
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	// What remains are faults of the connection, which hold no values.
	return err
}
