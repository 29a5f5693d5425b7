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
// name.
const EpochMethod = "log.epoch"

// Epoch is what such an entry says: from it on, checkpoints bear the name Origin.
// The tree goes on from Kept; what the old name has signed beyond that, as far as
// Previous, is lost.
type Epoch struct {
	Origin, PreviousOrigin string
	Previous, Kept         tlog.Tree
}

var errEpoch = errors.New("the entry of an epoch is malformed")

// ParseEpoch reads what the entry of an epoch says.
func ParseEpoch(e *Entry) (Epoch, error) {
	const fields = 6
	if e.Method != EpochMethod || len(e.Marks) != fields {
		return Epoch{}, errEpoch
	}
	var values [fields]string
	for i, mark := range e.Marks {
		_, values[i], _ = strings.Cut(mark, ":")
	}
	n := Epoch{Origin: values[0], PreviousOrigin: values[1]}
	var errs [4]error
	n.Previous.N, errs[0] = strconv.ParseInt(values[2], 10, 64)
	n.Previous.Hash, errs[1] = tlog.ParseHash(values[3])
	n.Kept.N, errs[2] = strconv.ParseInt(values[4], 10, 64)
	n.Kept.Hash, errs[3] = tlog.ParseHash(values[5])
	again := []string{
		"origin:" + n.Origin, "previous-origin:" + n.PreviousOrigin,
		fmt.Sprint("previous-size:", n.Previous.N), "previous-root:" + n.Previous.Hash.String(),
		fmt.Sprint("kept-size:", n.Kept.N), "kept-root:" + n.Kept.Hash.String(),
	}
	if errors.Join(errs[:]...) != nil || !slices.Equal(again, e.Marks) {
		return Epoch{}, errEpoch
	}
	return n, nil
}
