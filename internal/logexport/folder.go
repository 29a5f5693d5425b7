package logexport

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// folder is where an export is written. What it holds tells who asked what about
// whom by codes and ids: only the owner of the files may read them.
type folder string

func (d folder) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

// empty is ErrOther unless the folder is empty or is not there.
func (d folder) empty() error {
	list, err := os.ReadDir(string(d))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(list) > 0 {
		return ErrOther
	}
	return nil
}

// write puts a file in place as a whole, or not at all.
func (d folder) write(name string, data []byte) error {
	file := d.path(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	temporary := file + ".new"
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, file)
}

func (d folder) writeJSON(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return d.write(name, append(data, '\n'))
}

// removeAll removes the folder of a partial tile or bundle, whatever its width: an
// earlier, smaller tree had it.
func (d folder) removeAll(partial string) error { return os.RemoveAll(filepath.Dir(d.path(partial))) }

// lines is a file that grows.
type lines struct {
	f      *os.File
	w      *bufio.Writer
	length int64
}

// lines opens a file to go on after so many bytes; what follows is cut off.
func (d folder) lines(name string, length int64) (*lines, error) {
	file := d.path(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() < length {
		err = fmt.Errorf("%s is shorter than the manifest says", name)
	}
	if err == nil {
		err = f.Truncate(length)
	}
	if err == nil {
		_, err = f.Seek(length, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &lines{f: f, w: bufio.NewWriterSize(f, 256<<10), length: length}, nil
}

func (l *lines) write(b []byte) error {
	n, err := l.w.Write(b)
	l.length += int64(n)
	return err
}

// json writes a value as one line.
func (l *lines) json(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return l.write(append(b, '\n'))
}

// note writes a signed note after those before it.
func (l *lines) note(signed []byte) error {
	if l.length > 0 {
		if err := l.write([]byte{'\n'}); err != nil {
			return err
		}
	}
	return l.write(signed)
}

// sync makes what was written durable and returns the file's length.
func (l *lines) sync() (int64, error) {
	if err := l.w.Flush(); err != nil {
		return 0, err
	}
	return l.length, l.f.Sync()
}

func (l *lines) close() error { return errors.Join(l.w.Flush(), l.f.Close()) }
