package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// Bundle says what a bundle of evidence was proved to be.
type Bundle struct {
	Origin     string `json:"origin"`
	Recipient  string `json:"recipient"`
	Reference  string `json:"reference"`
	Selection  string `json:"selection"`
	Entries    int    `json:"entries"`
	Disclosure int64  `json:"disclosure"`
	Size       int64  `json:"size"` // of the signed tree that holds them
	Root       string `json:"root"`
	// Witnesses are those who have co-signed that tree, if a quorum was asked for.
	Witnesses []string `json:"witnesses,omitempty"`
}

// evidence verifies a bundle: that the log has signed it, that its files are those
// that were signed and no others, and that the signed tree, which the quorum must have
// co-signed, holds every entry.
func evidence(dir string, keys *tlogfile.Keys, quorum int) (Bundle, error) {
	manifest, err := os.ReadFile(filepath.Join(dir, tlogfile.EvidenceFile))
	signed, errNote := folder(dir).read(tlogfile.EvidenceNoteFile)
	switch noManifest, noNote := errors.Is(err, fs.ErrNotExist), errors.Is(errNote, fs.ErrNotExist); {
	case noManifest && noNote:
		return Bundle{}, fmt.Errorf("%s is no bundle of evidence: %w", dir, err)
	case noManifest:
		return Bundle{}, at(0, tlogfile.EvidenceFile, "the file is missing")
	case noNote:
		return Bundle{}, at(0, tlogfile.EvidenceNoteFile, "the file is missing")
	case err != nil || errNote != nil:
		return Bundle{}, errors.Join(err, errNote)
	}
	var m tlogfile.EvidenceManifest
	if err := json.Unmarshal(manifest, &m); err != nil || m.Format != tlogfile.EvidenceFormat {
		return Bundle{}, errors.New("not a bundle of evidence of this program's format")
	}
	if err := keys.OpenEvidence(m.Origin, manifest, signed); err != nil {
		return Bundle{}, at(0, tlogfile.EvidenceFile, "the bundle is not as it was made: "+err.Error())
	}
	b := Bundle{Origin: m.Origin, Recipient: m.Recipient, Reference: m.Reference, Selection: m.Selection, Entries: len(m.Entries), Disclosure: m.Disclosure}
	if err := sameFiles(dir, m); err != nil {
		return b, err
	}
	for _, index := range append(slices.Clone(m.Entries), m.Disclosure) {
		c, err := evidenced(folder(dir), index, keys)
		if err != nil {
			return b, err
		}
		if err := keys.Quorum(c, quorum); err != nil {
			return b, at(index, tlogfile.EvidenceProofPath(index), err.Error())
		}
		if b.Size != 0 && b.Size != c.Tree.N {
			return b, at(index, tlogfile.EvidenceProofPath(index), "its proof is of another tree than the one before")
		}
		b.Size, b.Root, b.Witnesses = c.Tree.N, c.Tree.Hash.String(), c.Witnesses
	}
	return b, nil
}

// sameFiles checks that the files are those of the manifest, and no others.
func sameFiles(dir string, m tlogfile.EvidenceManifest) error {
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		if !tlogfile.LocalPath(name) {
			return at(0, tlogfile.EvidenceFile, fmt.Sprintf("the file name %q leads out of the bundle", name))
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			return at(indexOf(name), name, "the file is missing")
		}
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		if found := hex.EncodeToString(sum[:]); found != m.Files[name] {
			return at(indexOf(name), name, "the file is not as it was made").differ(m.Files[name], found)
		}
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		name := filepath.ToSlash(relative)
		if _, listed := m.Files[name]; err == nil && !listed && name != tlogfile.EvidenceFile && name != tlogfile.EvidenceNoteFile {
			return at(indexOf(name), name, "the file was not part of the bundle")
		}
		return err
	})
}

// indexOf is the entry that a file of a bundle belongs to, 0 if none.
func indexOf(name string) (index int64) {
	_, number, _ := strings.Cut(name, "/")
	if _, err := fmt.Sscanf(number, "%d.", &index); err != nil {
		return 0
	}
	return index
}

// evidenced proves one entry of a bundle.
func evidenced(d folder, index int64, keys *tlogfile.Keys) (tlogfile.Checkpoint, error) {
	name := tlogfile.EvidenceProofPath(index)
	meta, err := os.ReadFile(filepath.Join(string(d), filepath.FromSlash(tlogfile.EvidenceEntryPath(index))))
	if err != nil {
		return tlogfile.Checkpoint{}, err
	}
	data, err := d.read(name)
	if err != nil {
		return tlogfile.Checkpoint{}, err
	}
	p, err := tlogfile.ParseProof(data)
	if err != nil {
		return tlogfile.Checkpoint{}, at(index, name, err.Error())
	}
	if _, _, err := tlogfile.ParseEntry(meta); err != nil {
		return tlogfile.Checkpoint{}, at(index, tlogfile.EvidenceEntryPath(index), err.Error())
	}
	if leaf := tlog.RecordHash(meta); p.Index != index || p.Leaf != leaf {
		return tlogfile.Checkpoint{}, at(index, name, "the proof is of another entry").hashes(leaf, p.Leaf)
	}
	c, err := p.Verify(keys)
	if err != nil {
		return c, at(index, name, err.Error())
	}
	return c, nil
}
