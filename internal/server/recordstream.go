package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"sync/atomic"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
)

// contractJSON is the JSON of the REST edge. A record of a stream that is not
// of the contract's form becomes an empty one, which is then refused and
// logged like any other: the gateway alone would end the stream as if all were
// well.
type contractJSON struct {
	*runtime.JSONPb
	maxRecord int64
}

// NewDecoder implements runtime.Marshaler.
func (j *contractJSON) NewDecoder(r io.Reader) runtime.Decoder {
	plain := j.JSONPb.NewDecoder(r)
	body, named := r.(*pathBody)
	records := &recordDecoder{lines: bufio.NewReaderSize(r, 64<<10), options: j.UnmarshalOptions, max: j.maxRecord}
	return runtime.DecoderFunc(func(v any) error {
		if m, ok := v.(*registerv1.RegisterRecordsRequest); ok {
			return records.decode(m)
		}
		if err := plain.Decode(v); err != nil || !named {
			return err
		}
		return body.contradicts(v)
	})
}

// recordDecoder reads one record a line. After a line that is no record it
// goes on with the next.
type recordDecoder struct {
	lines   *bufio.Reader
	options protojson.UnmarshalOptions
	max     int64
}

func (d *recordDecoder) decode(m *registerv1.RegisterRecordsRequest) error {
	line, err := d.line()
	if err != nil || d.options.Unmarshal(line, m) == nil {
		return err
	}
	proto.Reset(m)
	// The answer should carry the sender's number, if that much can be read.
	var numbered struct{ Sequence json.RawMessage }
	if json.Unmarshal(line, &numbered) == nil && numbered.Sequence != nil {
		if protojson.Unmarshal([]byte(`{"sequence":`+string(numbered.Sequence)+`}`), m) != nil {
			proto.Reset(m)
		}
	}
	return nil
}

// line reads the next line that is not blank. Of one that is too long only the
// beginning is kept, which is no record.
func (d *recordDecoder) line() ([]byte, error) {
	for {
		var line []byte
		for {
			part, err := d.lines.ReadSlice('\n')
			if room := d.max - int64(len(line)); room > 0 {
				line = append(line, part[:min(int64(len(part)), room)]...)
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if err != nil && (!errors.Is(err, io.EOF) || len(bytes.TrimSpace(line)) == 0) {
				return nil, err
			}
			break
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
	}
}

// streamReceipt hands the receipt of a stream from the chain to the REST edge,
// which can send it only when the stream has ended, as an HTTP trailer.
type streamReceipt struct {
	receipt atomic.Pointer[accesslog.Receipt]
}

type streamReceiptKey struct{}

func withStreamReceipt(ctx context.Context) (context.Context, *streamReceipt) {
	r := new(streamReceipt)
	return context.WithValue(ctx, streamReceiptKey{}, r), r
}

func noteStreamReceipt(ctx context.Context, receipt accesslog.Receipt) {
	if r, ok := ctx.Value(streamReceiptKey{}).(*streamReceipt); ok {
		r.receipt.Store(&receipt)
	}
}

func (r *streamReceipt) setTrailer(w http.ResponseWriter) {
	receipt := r.receipt.Load()
	if receipt == nil {
		return
	}
	w.Header().Set(http.TrailerPrefix+textproto.CanonicalMIMEHeaderKey(accesslog.ReceiptKey), receipt.String())
	w.Header().Set(http.TrailerPrefix+textproto.CanonicalMIMEHeaderKey(accesslog.EntryKey), strconv.FormatInt(receipt.Index, 10))
}
