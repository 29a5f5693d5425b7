// Package misuse finds, in the access log, use of the register that may be
// misuse: somebody who looks up people for reasons of his own.
//
// It is pure. An Engine is fed the events of the log in their order, with the facts
// that forces have given of their work (cases, rosters, staff), and returns flags.
// Explanations go first: what an allocated case, an incident or a role accounts for
// is not held against anyone. The same feed gives the same flags, wherever and
// whenever it is read: a flag depends on what happened within Settings.Horizon
// before it and on nothing else, so an engine that begins that much earlier agrees
// with one that began with the log.
//
// A flag is a question for professional standards, never a verdict.
package misuse
