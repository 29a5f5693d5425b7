package evidence

import (
	_ "embed"
	"html/template"
	"io"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

//go:embed report.html.tmpl
var reportText string

var reportPage = template.Must(template.New("report").Parse(reportText))

// columns are what is told of an entry, beside its index.
var columns = []string{"Time", "Who", "Force, roles", "From", "Call", "Ground", "Outcome"}

// reportRow is an entry in the words of the report.
type reportRow struct {
	Index int64
	File  string
	Cells [][]line // a cell for each column, with its lines
}

// line is a line of a cell, in the parts between which it may be broken.
type line []string

// writeReport writes the page that people read.
func writeReport(w io.Writer, b *bundle, tree tlog.Tree) error {
	page := struct {
		tlogfile.EvidenceManifest
		Columns []string
		Rows    []reportRow
		Maker   string
		Size    int64
		Root    string
	}{EvidenceManifest: b.manifest, Columns: columns, Size: tree.N, Root: tree.Hash.String()}
	for i := range b.entries {
		m, err := accesslog.ParseMetadata(b.entries[i].Meta)
		if err != nil {
			return err
		}
		page.Rows = append(page.Rows, newRow(b.entries[i].Index, &m))
	}
	own, err := accesslog.ParseMetadata(b.own.Meta)
	if err != nil {
		return err
	}
	page.Maker = strings.TrimSuffix(strings.Join(who(&own), ", "), ", ")
	return reportPage.Execute(w, &page)
}

func newRow(index int64, m *accesslog.Metadata) reportRow {
	operation := strings.TrimSuffix(m.Operation, "NONE") // which says nothing to a reader
	if m.Count > 1 {
		operation = strings.TrimPrefix(operation+", "+strconv.FormatInt(m.Count, 10)+" calls", ", ")
	}
	records := ""
	switch {
	case m.ResultCount == 1:
		records = "1 record"
	case m.ResultCount > 1:
		records = strconv.Itoa(m.ResultCount) + " records"
	}
	return reportRow{
		Index: index, File: tlogfile.EvidenceEntryPath(index),
		Cells: [][]line{
			cell(m.Time.Format("2006-01-02"), m.Time.Format("15:04:05.000000")), cell(who(m)...), cell(m.Actor.Force, strings.Join(m.Roles, ", ")),
			cell(m.Client, m.Addr), cell(m.Method, operation), cell(m.Reason, m.ReferenceHMAC), cell(m.Outcome, records),
		},
	}
}

// who says who called, as far as it is known.
func who(m *accesslog.Metadata) []string {
	switch {
	case m.Actor.Collar != "":
		return []string{"collar number " + m.Actor.Collar + " (" + string(m.Actor.Assurance) + ")", m.Actor.Sub}
	case m.Actor.Kind == accesslog.Anonymous:
		return []string{"not signed in", m.Actor.Sub}
	}
	return []string{m.Actor.Sub}
}

// cell makes a cell of the lines that are there. They may be broken after a mark within
// a name, so that it is not broken within a word.
func cell(texts ...string) (out []line) {
	for _, text := range texts {
		if text == "" {
			continue
		}
		var parts line
		for {
			i := strings.IndexAny(text, "./#_")
			if i < 0 || i == len(text)-1 {
				break
			}
			parts, text = append(parts, text[:i+1]), text[i+1:]
		}
		out = append(out, append(parts, text))
	}
	return out
}
