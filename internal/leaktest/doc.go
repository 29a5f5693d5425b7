// Package leaktest holds tests that the register gives nothing away: while its
// log cannot be written, in what it writes about itself, in what it stores, and
// about records that must not be known.
package leaktest
