package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/client/bulk"
)

type importCmd struct {
	File   string `arg:"" help:"The file; - for standard input, which cannot be resumed."`
	Format string `help:"csv or jsonl; else by the file's name." enum:"csv,jsonl,auto" default:"auto"`

	Map       []string `help:"Columns of a table and what they hold: COLUMN=FIELD,… Fields: reference, given, surname, name, alias, dob, sex, ethnicity, postcode, address, phone, email, handle, handle:PLATFORM, vehicle, identifier:KIND, warning, description, revision." placeholder:"COLUMN=FIELD" group:"Tables:"`
	System    string   `help:"Name of the source system." group:"Tables:"`
	Revision  int64    `help:"Revision of the records, unless a column holds it." default:"1" group:"Tables:"`
	Delimiter string   `help:"What parts the columns; \\t for tabs." default:"," group:"Tables:"`
	Separator string   `help:"What parts several values in one cell." placeholder:"TEXT" group:"Tables:"`
	Encoding  string   `help:"utf-8, windows-1252 or utf-16." enum:"utf-8,windows-1252,utf-16" default:"utf-8" group:"Tables:"`
	MonthLead bool     `help:"Read 3/2/2001 as 2 March." name:"month-first" group:"Tables:"`
	Lenient   bool     `help:"Leave out dates and codes that cannot be read, and say so, instead of refusing the record." group:"Tables:"`

	Force        string   `help:"Force that owns the records." placeholder:"CODE" group:"Whose the records are:"`
	ForceColumn  string   `help:"Column with the code of the owner force." placeholder:"COLUMN" group:"Whose the records are:"`
	SpreadForces []string `help:"Spread data without a force over these, by a hash of a column." placeholder:"CODE" group:"Whose the records are:"`
	SpreadBy     string   `help:"The column to spread by; else the reference." placeholder:"COLUMN" group:"Whose the records are:"`
	CertDir      string   `help:"Folder with a client certificate for each force: 33-NAME.pem and 33-NAME-key.pem." type:"path" placeholder:"FOLDER" group:"Whose the records are:"`

	Window int  `help:"How many records of a force may wait for their answers." default:"1000"`
	DryRun bool `help:"Read and map only: show what would be refused before sending."`
	Fresh  bool `help:"Begin afresh, not from where an interrupted import stopped."`
}

// Run imports.
func (c *importCmd) Run(a *app) error {
	input, err := c.open(a)
	if err != nil {
		return err
	}
	defer func() { _ = input.close() }()
	source, err := c.source(input.reader)
	if err != nil {
		return usageError{err}
	}
	files, err := c.files(a, input)
	if err != nil {
		return err
	}
	bar := newProgress(a, input.records)
	var summary *bulk.Summary
	if c.DryRun {
		summary, err = bulk.Check(source, files)
	} else {
		lanes := &laneClients{app: a, certDir: c.CertDir, system: c.System}
		defer lanes.close()
		summary, err = bulk.Import(a.ctx, source, bulk.Options{
			Client: lanes.client, Window: c.Window, Files: files, Say: bar.say, Progress: bar.done, Load: input.load(),
		})
	}
	bar.end()
	return c.report(a, summary, files, err)
}

// input is the opened file.
type input struct {
	reader  io.Reader
	close   func() error
	digest  string // empty for standard input
	records int64  // how many there seem to be; -1 when unknown
}

func (c *importCmd) open(a *app) (*input, error) {
	if c.Format == "auto" {
		switch ext := strings.ToLower(filepath.Ext(c.File)); ext {
		case ".csv", ".tsv", ".txt":
			c.Format = "csv"
		case ".jsonl", ".ndjson", ".json":
			c.Format = "jsonl"
		default:
			return nil, usageError{errors.New("say the --format: csv or jsonl")}
		}
	}
	if c.Format == "csv" && len(c.Map) == 0 {
		return nil, usageError{errors.New("say by --map which column holds what")}
	}
	if c.File == "-" {
		return &input{reader: a.in, close: func() error { return nil }, records: -1}, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, usageError{err}
	}
	in := &input{reader: f, close: f.Close}
	if in.digest, in.records, err = c.survey(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return in, nil
}

// load names the load of history that the input is: a file is one however often it is
// sent.
func (in *input) load() string {
	if in.digest == "" {
		return uuid.NewString()
	}
	return in.digest
}

// survey digests the file together with how it is read, and counts the
// records: line ends outside quotes, for a table without its head.
func (c *importCmd) survey(f io.ReadSeeker) (digest string, records int64, err error) {
	h := sha256.New()
	how := *c
	how.Window, how.DryRun, how.Fresh, how.CertDir = 0, false, false, ""
	if err := json.NewEncoder(h).Encode(how); err != nil {
		return "", 0, fmt.Errorf("input: %w", err)
	}
	quoted, filled := false, false
	r := bufio.NewReaderSize(io.TeeReader(f, h), 256<<10)
	for {
		b, err := r.ReadByte()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", 0, fmt.Errorf("input: %w", err)
		}
		switch {
		case b == '"' && c.Format == "csv":
			quoted = !quoted
		case b == '\n' && !quoted:
			if filled {
				records++
			}
			filled = false
		case b != '\r' && b != 0:
			filled = true
		}
	}
	if filled {
		records++
	}
	if c.Format == "csv" {
		records--
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", 0, fmt.Errorf("input: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), max(records, 0), nil
}

func (c *importCmd) source(r io.Reader) (bulk.Source, error) {
	if c.Format == "jsonl" {
		return bulk.NewJSONLines(r, c.Force), nil
	}
	delimiter, size := utf8.DecodeRuneInString(strings.ReplaceAll(c.Delimiter, `\t`, "\t"))
	if size == 0 {
		return nil, errors.New("the delimiter is empty")
	}
	decoded, err := bulk.Decode(r, c.Encoding)
	if err != nil {
		return nil, err
	}
	m := bulk.Mapping{
		Columns: c.Map, System: c.System, Force: c.Force, ForceColumn: c.ForceColumn, Spread: c.SpreadForces, SpreadBy: c.SpreadBy,
		Revision: c.Revision, Separator: c.Separator, Lenient: c.Lenient,
	}
	if c.MonthLead {
		m.Dates = client.MonthFirst
	}
	return bulk.NewCSV(decoded, delimiter, m)
}

func (c *importCmd) files(a *app, in *input) (*bulk.Files, error) {
	if in.digest == "" {
		a.warn("Standard input: what is refused is counted and not written down, and the import cannot be resumed.")
		return &bulk.Files{}, nil
	}
	path := c.File
	if c.DryRun {
		path += ".dry-run"
	}
	digest := in.digest
	if c.Fresh {
		if err := os.Remove(path + ".state.json"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	files, resumed, err := bulk.OpenFiles(path, digest)
	if resumed {
		a.warn("Going on from where the last import of this file stopped.")
	}
	return files, err
}

func (c *importCmd) report(a *app, s *bulk.Summary, files *bulk.Files, err error) error {
	if a.JSON {
		if jsonErr := a.printValue(s); jsonErr != nil {
			return errors.Join(err, jsonErr)
		}
	} else {
		c.tell(a, s)
	}
	if name := files.Rejects(); name != "" {
		a.warn("What was refused, and why: %s", name)
	}
	if name := files.Flags(); name != "" {
		a.warn("What was taken and should be looked at: %s", name)
	}
	if err != nil {
		a.warn("The import is NOT complete. Give the same command again to go on.")
		if a.ctx.Err() != nil {
			return exitError(exitFault)
		}
		return err
	}
	if s.Rejected > 0 {
		return exitError(exitRejects)
	}
	return nil
}

func (c *importCmd) tell(a *app, s *bulk.Summary) {
	if c.DryRun {
		a.say("%d records would be sent (%d of them without a value that cannot be read), %d refused before sending.", s.Created, s.LeftOut, s.Rejected)
		return
	}
	a.say("%d created, %d updated, %d unchanged, %d rejected; %d flagged, %d with a value left out.", s.Created, s.Updated, s.Unchanged, s.Rejected, s.Flagged, s.LeftOut)
	if s.Earlier > 0 {
		a.say("%d of them by the import that was interrupted.", s.Earlier)
	}
	a.say("%.1f seconds, %.0f records per second.", s.Seconds, s.PerSecond)
}

// laneClients gives each force its connection: with its own certificate from
// the folder, else the one connection of the command.
type laneClients struct {
	app     *app
	certDir string
	system  string
	conns   []*grpc.ClientConn
}

func (l *laneClients) client(force string) (registerv1.RegistrationServiceClient, error) {
	if l.certDir == "" {
		conn, err := l.app.connect()
		if err != nil {
			return nil, err
		}
		return registerv1.NewRegistrationServiceClient(conn), nil
	}
	_, p, err := l.app.profile()
	if err != nil {
		return nil, err
	}
	if p.Cert, p.Key, err = certificateOf(l.certDir, force, l.system); err != nil {
		return nil, err
	}
	conn, err := client.Dial(p, nil, l.app.Officer)
	if err != nil {
		return nil, err
	}
	l.conns = append(l.conns, conn)
	return registerv1.NewRegistrationServiceClient(conn), nil
}

func (l *laneClients) close() {
	for _, c := range l.conns {
		_ = c.Close()
	}
}

// certificateOf finds a force's certificate: that of the source system, or the
// only one.
func certificateOf(dir, force, system string) (cert, key string, err error) {
	found, err := filepath.Glob(filepath.Join(dir, force+"-*.pem"))
	if err != nil {
		return "", "", fmt.Errorf("certificates: %w", err)
	}
	var certs []string
	for _, f := range found {
		if strings.HasSuffix(f, "-key.pem") {
			continue
		}
		if filepath.Base(f) == force+"-"+system+".pem" {
			certs = []string{f}
			break
		}
		certs = append(certs, f)
	}
	if len(certs) != 1 {
		return "", "", fmt.Errorf("the certificate folder holds %d certificates of force %s where one is needed", len(certs), client.Clean(force))
	}
	return certs[0], strings.TrimSuffix(certs[0], ".pem") + "-key.pem", nil
}
