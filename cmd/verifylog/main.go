// Command verifylog verifies an export of the access log, and proves with it what
// receipts and checkpoints kept from before say. It believes nothing but the
// public keys it is given: every hash is computed again from the bytes. It is
// built of the standard library, golang.org/x/mod/sumdb and the package tlogfile,
// and of nothing else of the register.
//
//	verifylog DIR --key KEY                      the whole of an export
//	verifylog consistency OLD DIR --key KEY      that it extends checkpoints kept from before
//	verifylog receipt FILE [DIR] --key KEY       that the log holds an entry
//	verifylog evidence DIR --key KEY             a bundle of evidence
//	verifylog sample ID DIR --key KEY            that a dip sample is what its nonces give
//
// It ends with 0 when all is proved, 1 with the first fault, 2 for a mistake in
// the command line or files that cannot be read.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

const (
	exitProved = 0
	exitFault  = 1
	exitUsage  = 2
)

// memory is what the collector aims to stay below: ten million entries fit well.
const memory = 448 << 20

func main() {
	debug.SetMemoryLimit(memory)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// usageError is a mistake in the command line.
type usageError struct{ error }

const usage = `Usage:
  verifylog [flags] DIR                    verify an export of the access log
  verifylog consistency [flags] OLD DIR    that the export extends the checkpoints in the file OLD
  verifylog receipt [flags] FILE [DIR]     that the log holds the entry of a receipt or .tlog-proof
  verifylog evidence [flags] DIR           that a bundle of evidence is as the register made it
  verifylog sample [flags] ID DIR          that a dip sample is the one that its nonces and the log give; ID is
                                           its UUID, or its name: forces/33/samples/UUID

Flags:
  --key KEY        public key of the log's signer, or @FILE with one a line; may be repeated (required);
                   of a log that has begun new epochs, the keys of each name, oldest first
  --witness KEY    public key of a witness, or @FILE; may be repeated
  --quorum N       so many witnesses must have co-signed what is proved: more than half of those
                   given unless said otherwise; 0 checks no witness's signature
  --part           accept an export that does not begin with entry 0
  --json           print JSON
`

// options are the command line.
type options struct {
	keys, witnesses []string
	quorum          *int // nil if it was not given
	part, json      bool
	args            []string
}

func parse(args []string, errOut io.Writer) (o options, err error) {
	f := flag.NewFlagSet("verifylog", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.Usage = func() { _, _ = fmt.Fprint(errOut, usage) }
	f.Func("key", "", func(s string) error { return addKeys(&o.keys, s) })
	f.Func("witness", "", func(s string) error { return addKeys(&o.witnesses, s) })
	f.Func("quorum", "", func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return errors.New("not a number of witnesses")
		}
		o.quorum = &n
		return nil
	})
	f.BoolVar(&o.part, "part", false, "")
	f.BoolVar(&o.json, "json", false, "")
	// Flags may follow arguments.
	for {
		if err := f.Parse(args); err != nil {
			return o, err
		}
		if f.NArg() == 0 {
			return o, nil
		}
		o.args = append(o.args, f.Arg(0))
		args = f.Args()[1:]
	}
}

// addKeys adds a key, or those of a file.
func addKeys(to *[]string, s string) error {
	name, isFile := strings.CutPrefix(s, "@")
	if !isFile {
		*to = append(*to, s)
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	found := strings.Fields(string(data))
	if len(found) == 0 {
		return errors.New("the file holds no key")
	}
	*to = append(*to, found...)
	return nil
}

// trusted reads the keys, and how many witnesses must have co-signed. By a quorum of 0,
// none of their keys is used.
func (o *options) trusted() (*tlogfile.Keys, int, error) {
	keys, err := tlogfile.NewKeys(o.keys, o.witnesses)
	if err != nil {
		return nil, 0, usageError{err}
	}
	switch known := keys.Witnesses(); {
	case o.quorum == nil:
		return keys, tlogfile.Majority(known), nil
	case *o.quorum > known:
		return nil, 0, usageError{fmt.Errorf("a quorum of %d witnesses needs their keys: those of %d are given", *o.quorum, known)}
	case *o.quorum == 0:
		keys, err = tlogfile.NewKeys(o.keys, nil)
	}
	return keys, *o.quorum, err
}

func run(args []string, out, errOut io.Writer) int {
	o, err := parse(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return exitProved
	}
	if err != nil {
		return exitUsage // it has been told
	}
	said, err := perform(o)
	return conclude(o, said, err, out, errOut)
}

// perform does what the command line asks and returns what was proved.
func perform(o options) (said fmt.Stringer, err error) {
	command := "export"
	if len(o.args) > 0 && slices.Contains([]string{"consistency", "receipt", "evidence", "sample"}, o.args[0]) {
		command, o.args = o.args[0], o.args[1:]
	}
	keys, quorum, err := o.trusted()
	if err != nil {
		return nil, err
	}
	switch n := len(o.args); {
	case command == "consistency" && n == 2:
		kept, err := os.ReadFile(o.args[0])
		if err != nil {
			return nil, usageError{err}
		}
		return consistent(kept, folder(o.args[1]), keys, quorum)
	case command == "receipt" && (n == 1 || n == 2):
		data, err := os.ReadFile(o.args[0])
		if err != nil {
			return nil, usageError{err}
		}
		dir := folder("")
		if n == 2 {
			dir = folder(o.args[1])
		}
		return receipts(data, dir, keys, quorum)
	case command == "sample" && n == 2:
		force, id, ok := tlogfile.ParseSampleName(o.args[0])
		if !ok {
			return nil, usageError{fmt.Errorf("%q is no sample: give its id, or forces/33/samples/ID", o.args[0])}
		}
		return redraw(folder(o.args[1]), force, id, keys, quorum)
	case command == "evidence" && n == 1:
		return evidence(o.args[0], keys, quorum)
	case command == "export" && n == 1:
		dir := folder(o.args[0])
		m, err := dir.manifest()
		if err == nil && m.From > 0 && !o.part {
			err = usageError{fmt.Errorf("the export begins with entry %d: give --part to accept that", m.From)}
		}
		if err != nil {
			return nil, err
		}
		return verify(dir, keys, quorum)
	}
	return nil, usageError{errors.New("wrong number of arguments; see --help")}
}

// conclude prints what was proved, or the first fault.
func conclude(o options, said fmt.Stringer, err error, out, errOut io.Writer) int {
	f, isFault := asFault(err)
	if err != nil && !isFault {
		_, _ = fmt.Fprintf(errOut, "verifylog: %v\n", err)
		return exitUsage
	}
	code := exitProved
	if isFault {
		code = exitFault
	}
	switch {
	case o.json:
		answer := struct {
			Proved bool   `json:"proved"`
			Fault  *Fault `json:"fault,omitempty"`
			Result any    `json:"result,omitempty"`
		}{Proved: !isFault, Fault: f}
		if !isFault {
			answer.Result = said
		}
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(answer)
	case isFault:
		_, err = fmt.Fprintf(out, "FAULT. %v\n", f)
	default:
		_, err = fmt.Fprint(out, said)
	}
	if err != nil {
		return exitUsage
	}
	return code
}
