package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/perpetrator-register/register/internal/client"
)

// printJSON prints a message as JSON, indented, the same on each run.
func (a *app) printJSON(m proto.Message) error {
	data, err := protojson.Marshal(m)
	if err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return a.printRaw(data)
}

// printValue prints a value of this program as JSON.
func (a *app) printValue(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return a.printRaw(data)
}

func (a *app) printRaw(data []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	b.WriteByte('\n')
	return client.CleanJSON(a.out, b.Bytes())
}

// table prints rows in columns. Every cell is cleaned.
func (a *app) table(head []string, rows [][]string) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		for i, cell := range row {
			if i > 0 {
				_, _ = fmt.Fprint(w, "\t") // to memory
			}
			_, _ = fmt.Fprint(w, client.Clean(cell))
		}
		_, _ = fmt.Fprintln(w)
	}
	_ = w.Flush()
	for line := range strings.Lines(b.String()) {
		a.say("%s", strings.TrimRight(line, " \n"))
	}
}

// text prints free text, indented and wrapped at spaces.
func (a *app) text(indent, s string) {
	const width = 100
	for _, line := range client.Lines(s) {
		var out string
		for _, word := range strings.Fields(line) {
			if out != "" && len(indent)+len(out)+1+len(word) > width {
				a.say("%s%s", indent, out)
				out = ""
			}
			if out != "" {
				out += " "
			}
			out += word
		}
		a.say("%s%s", indent, out)
	}
}

// words makes "possible" of MATCH_STRENGTH_POSSIBLE; an unspecified value is empty.
func words(prefix string, e fmt.Stringer) string {
	s := strings.TrimPrefix(e.String(), prefix)
	if s == "UNSPECIFIED" {
		return ""
	}
	return client.Clean(strings.ToLower(strings.ReplaceAll(s, "_", " ")))
}

// clean cleans each value.
func clean(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = client.Clean(s)
	}
	return out
}

func day(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Format("2006-01-02")
}

func minute(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Local().Format("2006-01-02 15:04 MST")
}

// forceCode makes "33" of "forces/33".
func forceCode(force string) string { return client.Clean(strings.TrimPrefix(force, "forces/")) }

func forceCodes(forces []string) string {
	out := make([]string, len(forces))
	for i, f := range forces {
		out[i] = forceCode(f)
	}
	return strings.Join(out, ", ")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// ownFile is a new file that none but its owner can read.
type ownFile struct{ *os.File }

// newOwnFile makes one where there is none yet.
func newOwnFile(path string) (ownFile, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return ownFile{}, usageError{err}
	}
	return ownFile{file}, nil
}

// end closes the file. Unless all of it could be written nothing of it stays.
func (f ownFile) end(err error) error {
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(f.Name()) // what failed is told
	}
	return err
}
