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

// ServerError is a fault that the server reported, without its detail and
// message, since those may quote a row.
type ServerError struct {
	Code       string // SQLSTATE
	Constraint string // name of the constraint, if any
}

// Error implements error.
func (e *ServerError) Error() string {
	if e.Constraint != "" {
		return fmt.Sprintf("SQLSTATE %s (%s)", e.Code, e.Constraint)
	}
	return "SQLSTATE " + e.Code
}

// Is matches ErrConstraint for integrity and data faults.
func (e *ServerError) Is(target error) bool {
	return target == ErrConstraint && (strings.HasPrefix(e.Code, "23") || strings.HasPrefix(e.Code, "22"))
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
