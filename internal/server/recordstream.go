package server

import (
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
	bounded := &boundedReader{r: r}
	records := &recordDecoder{json: json.NewDecoder(bounded), bounded: bounded, options: j.UnmarshalOptions, max: j.maxRecord}
	return runtime.DecoderFunc(func(v any) error {
		if m, ok := v.(*registerv1.RegisterRecordsRequest); ok {
			return records.decode(m)
		}
		return plain.Decode(v)
	})
}

type recordDecoder struct {
	json    *json.Decoder
	bounded *boundedReader
	options protojson.UnmarshalOptions
	max     int64
	broken  bool
}

func (d *recordDecoder) decode(m *registerv1.RegisterRecordsRequest) error {
	if d.broken {
		return io.EOF // where the next record begins cannot be known
	}
	d.bounded.left = d.max
	var raw json.RawMessage
	err := d.json.Decode(&raw)
	switch {
	case errors.As(err, new(*json.SyntaxError)), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, errRecordTooLarge):
		d.broken = true
		return nil
	case err != nil:
		return err
	}
	if d.options.Unmarshal(raw, m) == nil {
		return nil
	}
	proto.Reset(m)
	// The answer should carry the sender's number, if that much can be read.
	var numbered struct{ Sequence json.RawMessage }
	if json.Unmarshal(raw, &numbered) == nil && numbered.Sequence != nil {
		if protojson.Unmarshal([]byte(`{"sequence":`+string(numbered.Sequence)+`}`), m) != nil {
			proto.Reset(m)
		}
	}
	return nil
}

var errRecordTooLarge = errors.New("the record is too large")

// boundedReader reads at most left bytes for one record.
type boundedReader struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRecordTooLarge
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
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
