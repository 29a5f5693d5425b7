package main

import (
	"fmt"
	"strings"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// String is the report for people.
func (r Report) String() string {
	var b strings.Builder
	if r.From > 0 {
		fmt.Fprintf(&b, "PROVED. Entries %d to %d of %s are as they were signed; those before were not exported.\n", r.From, r.Size-1, r.Origin)
	} else {
		fmt.Fprintf(&b, "PROVED. All %d entries of %s are as they were signed.\n", r.Size, r.Origin)
	}
	fmt.Fprintf(&b, "from %s to %s\n", r.First.Format(tlogfile.EntryTime), r.Last.Format(tlogfile.EntryTime))
	fmt.Fprintf(&b, "%d versions, %d of them erasures; %d bodies, %d dropped; %d tiles, %d checkpoints\n",
		r.Versions, r.Erasures, r.Bodies, r.Dropped, r.Tiles, r.Checkpoints)
	if r.Erasures > 0 {
		b.WriteString("What an erasure left is what was logged: the record's key is gone, its versions and their digests stand.\n")
	}
	switch {
	case r.Unaccounted > 0:
		fmt.Fprintf(&b, "Of %d bodies that were dropped no disposal tells in this part of the log: ask for the log up to its end.\n", r.Unaccounted)
	case r.Dropped > 0:
		b.WriteString("Each body that was dropped went by whole tiles, by a disposal that the log tells of; its hash stands in its entry.\n")
	}
	fmt.Fprintf(&b, "root %s\n", r.Root)
	if r.Witnessed > 0 {
		fmt.Fprintf(&b, "co-signed up to entry %d by %s\n", r.Witnessed-1, strings.Join(r.Witnesses, ", "))
	} else {
		b.WriteString(compare)
	}
	return b.String()
}

// compare is said of a root where no quorum was asked for.
const compare = unwitnessed + ": compare the root with a checkpoint kept elsewhere.\n"

// String is what consistency proved.
func (s Span) String() string {
	told := compare
	if s.Witnessed > 0 {
		told = fmt.Sprintf("co-signed up to entry %d by %s\n", s.Witnessed-1, strings.Join(s.Witnesses, ", "))
	}
	return fmt.Sprintf("PROVED. The log of %d entries extends each of the %d checkpoints kept from before, up to that of %d entries.\nroot %s\n%s",
		s.Newer, s.Checked, s.Older, s.Root, told)
}

// HeldList is what receipts proved.
type HeldList []Held

// String is the list for people.
func (l HeldList) String() string {
	var b strings.Builder
	checked := true
	for _, h := range l {
		fmt.Fprintf(&b, "PROVED. The log holds entry %d, leaf %s, in its signed tree of %d entries.\n", h.Index, h.Leaf, h.Size)
		if h.Witnessed > 0 {
			fmt.Fprintf(&b, "co-signed, in the tree of %d entries, by %s\n", h.Witnessed, strings.Join(h.Witnesses, ", "))
		}
		checked = checked && h.Witnessed > 0
	}
	if !checked {
		b.WriteString(unwitnessed + ".\n")
	}
	return b.String()
}

// String is what a bundle of evidence was proved to be.
func (b Bundle) String() string {
	told := compare
	if len(b.Witnesses) > 0 {
		told = fmt.Sprintf("co-signed by %s\n", strings.Join(b.Witnesses, ", "))
	}
	return fmt.Sprintf("PROVED. The bundle is as %s made it for %s, reference %s: %s.\n%d entries, and entry %d that records the disclosure, are in its signed tree of %d entries.\nroot %s\n%s",
		b.Origin, b.Recipient, b.Reference, b.Selection, b.Entries, b.Disclosure, b.Size, b.Root, told)
}
