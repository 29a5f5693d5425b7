package siem

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Options say what is handed on.
type Options struct {
	// Next is the index of the first entry.
	Next int64
	// Force, if set, selects the entries of its callers; each line says so.
	Force string
	// Every is how often to look for new entries; 0 ends when all are written.
	Every time.Duration
}

// page is how many entries are read at a time.
const page = 1000

// Write writes the entries of the log from an index on, one line each, in the
// order of the log, and returns the index of the next one. No entry is left out: one
// that is missing or malformed is an error. With Options.Every it goes on until the
// context ends, which is no error then.
func Write(ctx context.Context, db *postgres.DB, o Options, w io.Writer) (next int64, err error) {
	s := stream{db: db, o: o, next: o.Next, w: bufio.NewWriter(w)}
	for {
		more, err := s.page(ctx)
		if err == nil {
			err = s.w.Flush()
		}
		switch {
		case o.Every > 0 && errors.Is(err, context.Canceled):
			return s.next, s.w.Flush()
		case err != nil:
			if flushed := s.w.Flush(); !errors.Is(err, flushed) { // a writer that failed says the same again
				err = errors.Join(err, flushed)
			}
			return s.next, err
		case more:
			continue
		case o.Every == 0:
			return s.next, nil
		}
		select {
		case <-ctx.Done():
			return s.next, nil
		case <-time.After(o.Every):
		}
	}
}

type stream struct {
	db     *postgres.DB
	o      Options
	origin string
	next   int64
	w      *bufio.Writer
}

// page writes a page of entries and tells whether there may be more.
func (s *stream) page(ctx context.Context) (more bool, err error) {
	head, err := s.db.Head(ctx)
	if errors.Is(err, postgres.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if s.next > head.Size {
		return false, fmt.Errorf("the log has %d entries, and %d were handed on: it was rolled back", head.Size, s.next)
	}
	if s.origin == "" {
		c, err := checkpoint.Peek(head.Note)
		if err != nil {
			return false, err
		}
		s.origin = c.Origin
	}
	until := min(s.next+page, head.Size)
	entries, err := s.db.Entries(ctx, s.next, until, page)
	if err != nil {
		return false, err
	}
	for i := range entries {
		e := &entries[i]
		if e.Index != s.next {
			break
		}
		m, err := accesslog.ParseMetadata(e.Meta)
		if err != nil {
			return false, fmt.Errorf("entry %d: %w", e.Index, err)
		}
		if s.o.Force == "" || m.Actor.Force == s.o.Force {
			event := NewEvent(s.origin, e.Index, tlog.RecordHash(e.Meta), &m)
			event.Unmapped.Selected = s.o.Force
			line, err := json.Marshal(event)
			if err != nil {
				return false, err
			}
			if _, err := s.w.Write(append(line, '\n')); err != nil {
				return false, err
			}
		}
		s.next++
	}
	if s.next < until {
		return false, fmt.Errorf("entry %d is missing", s.next)
	}
	return until < head.Size, nil
}

// maxLine bounds a line in bytes: an entry has at most 1 MiB.
const maxLine = 8 << 20

// Open opens a file to be continued: what follows its last whole line is cut off.
// next is the index after that of the last line, 0 for a fresh file. A file that is not
// of this log's lines is refused and left as it is, and so is one that would go on with
// other callers (force) or elsewhere (at, if not nil) than where it ends: it would lack lines.
func Open(name, force string, at *int64) (f *os.File, next int64, err error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, 0, err
	}
	if next, err = resume(file, force, at); err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, next, nil
}

// resume brings a file to where it goes on. It is cut only when its last line is ours.
func resume(f *os.File, force string, at *int64) (next int64, err error) {
	line, end, err := lastLine(f)
	if err != nil {
		return 0, err
	}
	if end > 0 {
		e, ok := parseLine(line)
		if !ok {
			return 0, fmt.Errorf("%s does not end with an entry of the log: it is left as it is; name another file", f.Name())
		}
		next = *e.Metadata.Sequence + 1
		switch before := e.Unmapped.Selected; {
		case before != force:
			return 0, fmt.Errorf("%s holds %s: it does not go on with %s; name another file", f.Name(), selection(before), selection(force))
		case at != nil && *at != next:
			return 0, fmt.Errorf("%s goes on with entry %d, not %d: leave --next out, or name another file", f.Name(), next, *at)
		}
	} else if at != nil {
		next = *at
	}
	if err := f.Truncate(end); err != nil {
		return 0, err
	}
	_, err = f.Seek(end, io.SeekStart)
	return next, err
}

// written is what a line tells whoever goes on after it.
type written struct {
	Metadata struct {
		Product  product `json:"product"`
		Sequence *int64  `json:"sequence"`
	} `json:"metadata"`
	Unmapped struct {
		Selected string `json:"selected_force"`
	} `json:"unmapped"`
}

// selection says in words which entries a file holds.
func selection(force string) string {
	if force == "" {
		return "the entries of all callers"
	}
	return "the entries of the callers of force " + force + " alone"
}

// parseLine reads a line and tells whether it is one of ours.
func parseLine(line []byte) (e written, ours bool) {
	if json.Unmarshal(line, &e) != nil {
		return e, false
	}
	return e, e.Metadata.Product == self && e.Metadata.Sequence != nil && *e.Metadata.Sequence >= 0
}

// lastLine reads the last line that is whole, and where it ends; a file without one must
// be empty.
func lastLine(f *os.File) (line []byte, end int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	from := max(0, info.Size()-2*maxLine)
	tail, err := io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
	if err != nil {
		return nil, 0, err
	}
	last := bytes.LastIndexByte(tail, '\n')
	if last < 0 && len(tail) > 0 {
		return nil, 0, fmt.Errorf("%s has no whole line that is an entry of the log: it is left as it is; name another file, or remove it if a first run was cut short", f.Name())
	}
	begin := bytes.LastIndexByte(tail[:max(0, last)], '\n') + 1
	return tail[begin:max(begin, last)], from + int64(last) + 1, nil
}
