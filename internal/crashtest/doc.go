// Package crashtest holds tests that run the register as its operators do, as
// programs of their own, and kill, stop, cut off and restart them.
package crashtest
