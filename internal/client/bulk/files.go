package bulk

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

// Files keep what an import must remember, beside the input: the state, by
// which an interrupted import goes on; the rejects with their reasons; and the
// flags of records that were taken. The state holds numbers only, the others
// the source's references and never a value. The zero Files keep the counts in
// memory. Safe for concurrent use.
type Files struct {
	mu       sync.Mutex
	path     string
	state    state
	rejects  *lineFile
	flags    *lineFile
	finished bool
}

// state is the content of the state file.
type state struct {
	// Input is a digest of the input and of how it is read: other input or
	// another mapping begins afresh.
	Input string `json:"input"`
	// Acknowledged is, for each force, the number of its last record that was
	// answered; answers come in order. The records refused here stand under "".
	Acknowledged map[string]int64 `json:"acknowledged"`
	Counts       Counts           `json:"counts"`
}

// Note is one line of the rejects or flags file.
type Note struct {
	// Line is where the record begins in the input, from 1.
	Line int64 `json:"line"`
	// Reference is the source's reference of the record.
	Reference string `json:"reference,omitempty"`
	// Status and Reason are those of the register; INVALID_ARGUMENT and
	// UNREADABLE for what was refused before it was sent.
	Status string `json:"status,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Message says what is wrong in words.
	Message string `json:"message,omitempty"`
	// Fields say what is wrong with which field.
	Fields []NoteField `json:"fields,omitempty"`
}

// NoteField says what is wrong with one field.
type NoteField struct {
	Field       string `json:"field"`
	Code        string `json:"code,omitempty"`
	Description string `json:"description"`
}

// OpenFiles opens the files beside an input. input is a digest of the input
// and of how it is read. When the state of an interrupted import of the same
// input is there, resumed is true and the import goes on from it.
func OpenFiles(path, input string) (f *Files, resumed bool, err error) {
	f = &Files{path: path + ".state.json"}
	data, err := os.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, false, fmt.Errorf("state: %w", err)
	default:
		// A damaged state is no harm: registration is idempotent.
		if json.Unmarshal(data, &f.state) == nil && f.state.Input == input {
			resumed = true
		}
	}
	if !resumed {
		f.state = state{Input: input}
	}
	if f.rejects, err = openLines(path+".rejects.jsonl", resumed); err != nil {
		return nil, false, err
	}
	if f.flags, err = openLines(path+".flags.jsonl", resumed); err != nil {
		return nil, false, errors.Join(err, f.rejects.close())
	}
	return f, resumed, nil
}

func (f *Files) counts() Counts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state.Counts
}

// acknowledged reports whether an earlier run has the record's answer.
func (f *Files) acknowledged(item *Item) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return item.Seq <= f.state.Acknowledged[item.Force]
}

func (f *Files) acknowledge(force string, seq int64) {
	if f.state.Acknowledged == nil {
		f.state.Acknowledged = map[string]int64{}
	}
	f.state.Acknowledged[force] = seq
}

// rejectedHere notes a record that is not sent.
func (f *Files) rejectedHere(item *Item) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if item.Seq <= f.state.Acknowledged[""] {
		return
	}
	f.state.Counts.Rejected++
	n := Note{Line: item.Line, Reference: item.Reference, Status: "INVALID_ARGUMENT", Reason: "UNREADABLE"}
	for _, v := range item.Faults {
		n.Fields = append(n.Fields, NoteField{Field: v.Field, Description: v.Description})
	}
	f.rejects.add(n)
	f.acknowledge("", item.Seq)
}

// answered notes an answer and returns the counts.
func (f *Files) answered(item *Item, answer *registerv1.RegisterRecordsResponse) Counts {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := Note{Line: item.Line, Reference: item.Reference}
	if e := answer.GetError(); e != nil {
		f.state.Counts.Rejected++
		n.Status, n.Reason, n.Message = e.GetStatus(), e.GetReason(), e.GetMessage()
		for _, v := range e.GetViolations() {
			n.Fields = append(n.Fields, NoteField{Field: v.GetField(), Description: v.GetDescription()})
		}
		if len(n.Fields) > 0 {
			n.Message = "" // it says the same
		}
		f.rejects.add(n)
	} else {
		done := result(answer)
		switch done.GetOutcome() {
		case registerv1.RegisterOutcome_REGISTER_OUTCOME_CREATED:
			f.state.Counts.Created++
		case registerv1.RegisterOutcome_REGISTER_OUTCOME_UPDATED:
			f.state.Counts.Updated++
		default:
			f.state.Counts.Unchanged++
		}
		f.flag(item, done.GetFlags(), n)
	}
	f.acknowledge(item.Force, item.Seq)
	return f.state.Counts
}

// registered is what every good answer says.
type registered interface {
	GetOutcome() registerv1.RegisterOutcome
	GetFlags() []*registerv1.Flag
}

// result is the good answer to a record, of whichever kind.
func result(answer *registerv1.RegisterRecordsResponse) registered {
	m := answer.ProtoReflect()
	if f := m.WhichOneof(m.Descriptor().Oneofs().ByName("result")); f != nil {
		if done, ok := m.Get(f).Message().Interface().(registered); ok {
			return done
		}
	}
	return answer.GetNominal()
}

// flag notes what was taken with something to look at.
func (f *Files) flag(item *Item, flags []*registerv1.Flag, n Note) {
	for _, v := range item.Left {
		n.Fields = append(n.Fields, NoteField{Field: v.Field, Code: "LEFT_OUT", Description: v.Description})
	}
	for _, v := range flags {
		n.Fields = append(n.Fields, NoteField{Field: v.GetField(), Code: v.GetCode(), Description: v.GetMessage()})
	}
	if len(item.Left) > 0 {
		f.state.Counts.LeftOut++
	}
	if len(flags) > 0 {
		f.state.Counts.Flagged++
	}
	if len(n.Fields) > 0 {
		f.flags.add(n)
	}
}

// save writes the state. What it counts stands in the other files before.
func (f *Files) save() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.saveLocked()
}

func (f *Files) saveLocked() error {
	if f.path == "" || f.finished {
		return nil
	}
	if err := errors.Join(f.rejects.flush(), f.flags.flush()); err != nil {
		return err
	}
	data, err := json.Marshal(f.state)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	tmp := filepath.Join(filepath.Dir(f.path), "."+filepath.Base(f.path)+".new")
	if err := os.WriteFile(tmp, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if err := os.Rename(tmp, f.path); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return nil
}

// close saves what is there. The state of a complete import is removed, and so
// is an empty file of rejects or flags.
func (f *Files) close(complete bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" {
		return nil
	}
	err := f.saveLocked()
	if complete && err == nil {
		err = os.Remove(f.path)
	}
	f.finished = true
	return errors.Join(err, f.rejects.close(), f.flags.close())
}

// Rejects is the name of the rejects file; empty when nothing was refused.
func (f *Files) Rejects() string { return f.rejects.name() }

// Flags is the name of the flags file; empty when there was nothing to note.
func (f *Files) Flags() string { return f.flags.name() }

// lineFile is a file of JSON lines. A nil one keeps nothing.
type lineFile struct {
	path string
	file *os.File
	w    *bufio.Writer
	any  bool
	err  error
}

func openLines(path string, appending bool) (*lineFile, error) {
	mode := os.O_TRUNC
	if appending {
		mode = os.O_APPEND
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|mode, 0o600)
	if err != nil {
		return nil, fmt.Errorf("notes of the import: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &lineFile{path: path, file: file, w: bufio.NewWriter(file), any: info.Size() > 0}, nil
}

func (l *lineFile) add(n Note) {
	if l == nil {
		return
	}
	l.any = true
	data, err := json.Marshal(n)
	if err == nil {
		_, err = l.w.Write(append(data, '\n'))
	}
	l.err = errors.Join(l.err, err)
}

func (l *lineFile) flush() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.err, l.w.Flush())
}

func (l *lineFile) close() error {
	if l == nil {
		return nil
	}
	err := errors.Join(l.flush(), l.file.Close())
	if !l.any && err == nil {
		err = os.Remove(l.path)
	}
	return err
}

func (l *lineFile) name() string {
	if l == nil || !l.any {
		return ""
	}
	return client.Clean(l.path)
}
