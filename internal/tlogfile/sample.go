package tlogfile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Sample is what the marks of a log's entries say of one dip sample (see
// docs/standards.md). The zero Sample has met none of them.
type Sample struct {
	ID          string
	Force       string // whose callers' entries are drawn
	From, Until int64  // From ≤ index < Until
	Size        int    // how many are drawn
	begin       string // the mark itself
	commitments [2][32]byte
	nonces      [2]*[32]byte
	Begun       int64 // index of the entry that begins it
	Committed   int64 // of that with the second commitment; 0 before
	Tree        int64 // size of the tree that the draw rests on; 0 before the draw
	DrawnAt     int64 // index of the entry that records the draw
	drawn       [32]byte
}

// ParseSampleName reads a sample's id, or its whole name: forces/33/samples/ID. Of an id
// alone, the force is empty.
func ParseSampleName(name string) (force, id string, ok bool) {
	id = name
	if rest, whole := strings.CutPrefix(name, "forces/"); whole {
		force, id, ok = strings.Cut(rest, "/samples/")
		if !ok || force == "" || strings.Contains(force, "/") {
			return "", "", false
		}
	}
	return force, id, isUUID(id)
}

var errSample = errors.New("what it says of the sample is malformed, out of turn or contradicts what was said before")

// Note takes in the marks of an entry.
func (s *Sample) Note(index int64, marks []string) error {
	for _, m := range marks {
		rest, ok := strings.CutPrefix(m, "sample:v1:"+s.ID+":")
		if !ok {
			continue
		}
		if !s.note(index, m, strings.Split(rest, ":")) {
			return errSample
		}
	}
	return nil
}

func (s *Sample) note(index int64, mark string, p []string) bool {
	last, ok := hash32(p[len(p)-1])
	if !ok {
		return false
	}
	switch {
	case p[0] == "begin" && len(p) == 6 && s.begin == "":
		var errs [3]error
		s.Force = p[1]
		s.From, errs[0] = strconv.ParseInt(p[2], 10, 64)
		s.Until, errs[1] = strconv.ParseInt(p[3], 10, 64)
		s.Size, errs[2] = strconv.Atoi(p[4])
		s.begin, s.Begun, s.commitments[0] = mark, index, last
		return errors.Join(errs[:]...) == nil && 0 <= s.From && s.From < s.Until && s.Until <= index && s.Size > 0
	case p[0] == "commit" && len(p) == 2 && s.begin != "" && s.Committed == 0:
		s.Committed, s.commitments[1] = index, last
		return true
	case p[0] == "reveal" && len(p) == 2 && s.Committed > 0 && s.Tree == 0:
		hash := sha256.Sum256(last[:])
		for i := range s.commitments {
			if s.commitments[i] == hash && s.nonces[i] == nil {
				s.nonces[i] = &last
				return true
			}
		}
	case p[0] == "drawn" && len(p) == 3 && s.Committed > 0 && s.Tree == 0:
		var err error
		s.Tree, err = strconv.ParseInt(p[1], 10, 64)
		s.DrawnAt, s.drawn = index, last
		return err == nil && s.Tree > s.Committed && s.Tree <= index
	}
	return false
}

func hash32(s string) (out [32]byte, ok bool) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != len(out) || strings.ToLower(s) != s {
		return out, false
	}
	return [32]byte(raw), true
}

// Missing names the parties that did not reveal their nonce.
func (s *Sample) Missing() (names []string) {
	for i, name := range []string{"PSD", "IOPC"} {
		if s.nonces[i] == nil {
			names = append(names, name)
		}
	}
	return names
}

// Of reports whether an entry is of the population.
func (s *Sample) Of(index int64, e *Entry) bool {
	return s.From <= index && index < s.Until && e.Actor.Force == s.Force && e.Operation != "" && e.Operation != "NONE"
}

// Redo draws anew from the population, in the order of the log, and the text of the
// checkpoint. It fails when something else was drawn.
func (s *Sample) Redo(population []int64, checkpoint string) ([]int64, error) {
	h := sha256.New()
	var parts [2][]byte
	for i, n := range s.nonces {
		parts[i] = s.commitments[i][:] // the rule for a nonce that was not revealed
		if n != nil {
			parts[i] = n[:]
		}
	}
	for _, part := range [][]byte{[]byte(s.begin), []byte(checkpoint), parts[0], parts[1]} {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part)))) // never fails
		_, _ = h.Write(part)
	}
	drawn := draw([32]byte(h.Sum(nil)), population, s.Size)
	text := make([]string, len(drawn))
	for i, n := range drawn {
		text[i] = strconv.FormatInt(n, 10)
	}
	if found := sha256.Sum256([]byte(strings.Join(text, ","))); found != s.drawn {
		return drawn, fmt.Errorf("other entries were drawn than the nonces and the checkpoint give: their hash is %x instead of %x", s.drawn, found)
	}
	return drawn, nil
}

// draw shuffles the beginning of a copy of the population.
func draw(seed [32]byte, population []int64, size int) []int64 {
	all := slices.Clone(population)
	size = min(size, len(all))
	counter := uint64(0)
	for i := range size {
		n := uint64(len(all) - i) // #nosec G115 -- positive
		for {
			sum := sha256.Sum256(binary.BigEndian.AppendUint64(slices.Clone(seed[:]), counter))
			counter++
			v := binary.BigEndian.Uint64(sum[:8])
			// The largest multiple of n below 2⁶⁴ bounds what is taken.
			_, over := bits.Div64(0, ^uint64(0), n)
			if v < ^uint64(0)-over {
				j := i + int(v%n) // #nosec G115 -- below len(all)
				all[i], all[j] = all[j], all[i]
				break
			}
		}
	}
	out := all[:size]
	slices.Sort(out)
	return out
}
