// Package scenariotest runs the cases of internal/scenario through the register's own
// interface: real forces, real records, a real database, and a clock that stands where
// the case is.
package scenariotest
