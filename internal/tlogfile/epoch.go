package tlogfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// EpochMethod is the method of the entry with which a log goes on under another
// name, after a lawful restore.
const EpochMethod = "log.epoch"

// Epoch is what such an entry says.
type Epoch struct {
	// Origin is the new name, Previous what the name before it had signed last as
	// far as was known, Kept the tree before the entry.
	Origin         string
	PreviousOrigin string
	Previous, Kept tlog.Tree
}

func (s Epoch) marks() []string {
	return []string{
		"origin:" + s.Origin,
		"previous-origin:" + s.PreviousOrigin,
		fmt.Sprintf("previous-size:%d", s.Previous.N), "previous-root:" + s.Previous.Hash.String(),
		fmt.Sprintf("kept-size:%d", s.Kept.N), "kept-root:" + s.Kept.Hash.String(),
	}
}

// ParseEpoch reads what the entry of an epoch says, in its one form.
func ParseEpoch(e *Entry) (Epoch, error) {
	malformed := errors.New("it begins an epoch and is malformed")
	if e.Method != EpochMethod || len(e.Marks) != 6 {
		return Epoch{}, malformed
	}
	value := func(i int) string {
		_, v, _ := strings.Cut(e.Marks[i], ":")
		return v
	}
	tree := func(i int) (t tlog.Tree, err error) {
		if t.N, err = strconv.ParseInt(value(i), 10, 64); err == nil {
			t.Hash, err = tlog.ParseHash(value(i + 1))
		}
		return t, err
	}
	s := Epoch{Origin: value(0), PreviousOrigin: value(1)}
	var errPrevious, errKept error
	s.Previous, errPrevious = tree(2)
	s.Kept, errKept = tree(4)
	if errPrevious != nil || errKept != nil || !slices.Equal(s.marks(), e.Marks) {
		return Epoch{}, malformed
	}
	return s, nil
}
