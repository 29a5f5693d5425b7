package tlogfile

import (
	"fmt"
	"strconv"
	"strings"
)

// DisposalMethod is the method of the entries that tell which sealed bodies are about
// to be dropped.
const DisposalMethod = "retention.dispose"

// disposalMark begins the mark of such an entry that names the tiles.
const disposalMark = "retention:tiles:"

// DisposalMark is the mark that names the tiles of 256 entries whose bodies are about
// to be dropped: their numbers, in rising order, runs as "3-7".
func DisposalMark(tiles []int64) string {
	var b strings.Builder
	b.WriteString(disposalMark)
	for i := 0; i < len(tiles); {
		last := i
		for last+1 < len(tiles) && tiles[last+1] == tiles[last]+1 {
			last++
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(tiles[i], 10))
		if last > i {
			fmt.Fprintf(&b, "-%d", tiles[last])
		}
		i = last + 1
	}
	return b.String()
}

// Disposed are the tiles that an entry says to be about to lose their bodies: the
// first and the last of each run. An error says that its marks are malformed.
func (e *Entry) Disposed() ([][2]int64, error) {
	var out [][2]int64
	for _, mark := range e.Marks {
		list, ok := strings.CutPrefix(mark, disposalMark)
		if !ok {
			continue
		}
		for run := range strings.SplitSeq(list, ",") {
			from, to, more := strings.Cut(run, "-")
			first, err := strconv.ParseInt(from, 10, 64)
			last := first
			if err == nil && more {
				last, err = strconv.ParseInt(to, 10, 64)
			}
			if err != nil || first < 0 || last < first || (len(out) > 0 && first <= out[len(out)-1][1]) {
				return nil, fmt.Errorf("tlogfile: %q names no tiles", mark)
			}
			out = append(out, [2]int64{first, last})
		}
	}
	return out, nil
}
