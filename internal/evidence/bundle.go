package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// mustBeEmpty refuses a folder that holds something.
func mustBeEmpty(dir string) error {
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(list) > 0 {
		return errors.New("the folder is not empty")
	}
	return nil
}

// folder is a Sink that writes files.
type folder string

// Put implements Sink.
func (d folder) Put(name string, data []byte) error {
	path := filepath.Join(string(d), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// bundle is one being written.
type bundle struct {
	ctx     context.Context //nolint:containedctx // one bundle, one context
	to      Sink
	maker   *Maker
	request *Request
	receipt accesslog.Receipt
	entries []postgres.Entry
	own     postgres.Entry // that of the disclosure

	manifest tlogfile.EvidenceManifest
}

// write writes the files; the signature comes last, so that without it the
// bundle is not finished.
func (b *bundle) write() error {
	b.manifest = tlogfile.EvidenceManifest{
		Format: tlogfile.EvidenceFormat, Origin: b.maker.Origin, Made: b.receipt.Time.UTC().Truncate(time.Second),
		Recipient: b.request.Recipient, Reference: b.request.Reference, Selection: b.request.Selection(),
		Disclosure: b.receipt.Index, Files: map[string]string{},
	}
	signed, err := checkpoint.Peek(b.receipt.Checkpoint)
	if err != nil {
		return err
	}
	reader := accesslog.NewReader(b.maker.DB)
	all := slices.Concat(b.entries, []postgres.Entry{b.own})
	for i := range all {
		e := &all[i]
		if i < len(b.entries) {
			b.manifest.Entries = append(b.manifest.Entries, e.Index)
		}
		hashes, err := reader.Inclusion(b.ctx, e.Index, signed.Tree.N)
		if err != nil {
			return err
		}
		proof := tlogfile.Proof{Index: e.Index, Leaf: tlog.RecordHash(e.Meta), Hashes: hashes, Note: b.receipt.Checkpoint}
		if err := tlog.CheckRecord(hashes, signed.Tree.N, signed.Tree.Hash, e.Index, proof.Leaf); err != nil {
			return accesslog.ErrCorrupt
		}
		if err := errors.Join(b.file(tlogfile.EvidenceEntryPath(e.Index), e.Meta), b.file(tlogfile.EvidenceProofPath(e.Index), proof.Marshal())); err != nil {
			return err
		}
	}
	var report bytes.Buffer
	if err := writeReport(&report, b, signed.Tree); err != nil {
		return err
	}
	if err := errors.Join(b.file(tlogfile.CheckpointFile, b.receipt.Checkpoint), b.file(tlogfile.ReportFile, report.Bytes())); err != nil {
		return err
	}
	return b.sign()
}

// file writes a file and notes its hash.
func (b *bundle) file(name string, data []byte) error {
	sum := sha256.Sum256(data)
	b.manifest.Files[name] = hex.EncodeToString(sum[:])
	return b.to.Put(name, data)
}

func (b *bundle) sign() error {
	manifest, err := json.MarshalIndent(&b.manifest, "", "  ")
	if err != nil {
		return err
	}
	signers, err := accesslog.SignersOf(b.maker.Keys.LogSigners(), b.maker.Origin)
	if err != nil {
		return err
	}
	signed, err := note.Sign(&note.Note{Text: tlogfile.EvidenceText(b.maker.Origin, manifest)}, signers...)
	if err != nil {
		return err
	}
	if err := b.to.Put(tlogfile.EvidenceFile, manifest); err != nil {
		return err
	}
	return b.to.Put(tlogfile.EvidenceNoteFile, signed)
}
