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

// reportRow is an entry in the words of the report.
type reportRow struct {
	Index                                              int64
	Time, Who, Force, Roles, Where, What, Why, Outcome string
	Records                                            int
	File                                               string
}

// writeReport writes the page that people read.
func writeReport(w io.Writer, b *bundle, tree tlog.Tree) error {
	page := struct {
		tlogfile.EvidenceManifest
		Rows []reportRow
		Own  reportRow
		Size int64
		Root string
	}{EvidenceManifest: b.manifest, Size: tree.N, Root: tree.Hash.String()}
	for i := range b.entries {
		row, err := newRow(b.entries[i].Index, b.entries[i].Meta)
		if err != nil {
			return err
		}
		page.Rows = append(page.Rows, row)
	}
	var err error
	if page.Own, err = newRow(b.own.Index, b.own.Meta); err != nil {
		return err
	}
	return reportPage.Execute(w, &page)
}

func newRow(index int64, meta []byte) (reportRow, error) {
	m, err := accesslog.ParseMetadata(meta)
	if err != nil {
		return reportRow{}, err
	}
	r := reportRow{
		Index: index, Time: m.Time.Format("2006-01-02 15:04:05.000000"), Who: m.Actor.Sub, Force: m.Actor.Force,
		Roles: strings.Join(m.Roles, ", "), Where: joined(m.Client, m.Addr), What: joined(m.Method, m.Operation),
		Why: joined(m.Reason, m.ReferenceHMAC), Outcome: m.Outcome, Records: m.ResultCount, File: tlogfile.EvidenceEntryPath(index),
	}
	if m.Actor.Collar != "" {
		r.Who = joined("collar number "+m.Actor.Collar+" ("+string(m.Actor.Assurance)+")", r.Who)
	}
	if m.Actor.Kind == accesslog.Anonymous {
		r.Who = joined("not signed in", r.Who)
	}
	if m.Count > 1 {
		r.What += ", " + strconv.FormatInt(m.Count, 10) + " calls"
	}
	return r, nil
}

// joined puts what is there side by side.
func joined(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, " · ")
}
