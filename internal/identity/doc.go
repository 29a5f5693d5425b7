// Package identity finds the person: it normalises what is known of
// somebody, keeps every nominal of the register in a compact index in memory,
// and answers a question with candidates that are ranked by evidence and
// explained term by term.
//
// It is pure. It knows no database, no network and no generated contract;
// its data files (weights, nicknames, common names) are embedded. Everything
// that validates, imports or searches shares the Normalise functions here, so
// that a value has one normal form in the whole register.
//
// The three steps:
//
//  1. NewRecord and NewQuery normalise raw input and say, field by field, what
//     is wrong with it. Messages never repeat the value.
//  2. Index.Put and Index.Remove follow the change feed; Index.Load builds the
//     index at start, in parallel. An index is a function of the records it
//     holds: whatever the order of changes, it answers as one that was
//     rebuilt from scratch.
//  3. Index.Search reads the rarest posting lists first under a budget, scores
//     each candidate as a sum of log2(m/u) bits and explains the sum.
//     Index.Score does the same for two records, for linking and grouping.
//
// A record that must not be told from no record (SILENT) belongs in an index
// of its own: frequencies and budgets of the open index then know nothing of
// it.
package identity
