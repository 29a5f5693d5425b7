package bulk

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

// Item is one record of the input.
type Item struct {
	// Seq counts the records from 1; Line is where the record begins.
	Seq, Line int64
	// Force is the two-digit code of the owner; Reference the source's.
	Force, Reference string
	// Record is what to send; nil when Faults say why it cannot be.
	Record *registerv1.RegisterRecordsRequest
	// Left is what was left out of the record; Faults why it is refused here.
	Left, Faults []client.Violation

	attempts int
}

// Source gives the records of an input in order, and io.EOF after the last.
type Source interface {
	Next() (*Item, error)
}

// maxRecord bounds one record as sent; the register refuses larger ones.
const maxRecord = 1 << 20

// Decode returns a reader of UTF-8 without a byte-order mark from an encoding:
// utf-8, windows-1252 or utf-16.
func Decode(r io.Reader, encoding string) (io.Reader, error) {
	switch encoding {
	case "", "utf-8":
		b := bufio.NewReaderSize(r, 64<<10)
		if mark, err := b.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
			if _, err := b.Discard(3); err != nil {
				return nil, err
			}
		}
		return b, nil
	case "windows-1252":
		return charmap.Windows1252.NewDecoder().Reader(r), nil
	case "utf-16":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(r), nil
	}
	return nil, fmt.Errorf("no encoding %q is known: utf-8, windows-1252, utf-16", client.Clean(encoding))
}

type csvSource struct {
	r      *csv.Reader
	mapper *Mapper
	seq    int64
}

// NewCSV reads a table whose first row names the columns.
func NewCSV(r io.Reader, delimiter rune, m Mapping) (Source, error) {
	c := csv.NewReader(r)
	c.Comma = delimiter
	c.FieldsPerRecord = -1
	c.TrimLeadingSpace = true
	c.ReuseRecord = true
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	mapper, err := NewMapper(m, append([]string(nil), header...))
	if err != nil {
		return nil, err
	}
	return &csvSource{r: c, mapper: mapper}, nil
}

// Next implements Source.
func (s *csvSource) Next() (*Item, error) {
	row, err := s.r.Read()
	if malformed := (*csv.ParseError)(nil); errors.As(err, &malformed) {
		s.seq++
		return &Item{Seq: s.seq, Line: int64(malformed.StartLine), Faults: []client.Violation{{Field: "row", Description: malformed.Err.Error()}}}, nil
	}
	if err != nil {
		return nil, err
	}
	s.seq++
	line, _ := s.r.FieldPos(0)
	req, left, faults := s.mapper.Map(row)
	item := &Item{Seq: s.seq, Line: int64(line), Left: left, Faults: faults}
	if req != nil {
		item.set(&registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Nominal{Nominal: req}})
	}
	return item, nil
}

// set completes the item from its record.
func (i *Item) set(r *registerv1.RegisterRecordsRequest) {
	r.Sequence = i.Seq
	parent, source := outline(r)
	i.Force, i.Reference = strings.TrimPrefix(parent, "forces/"), source.GetReference()
	if len(i.Faults) == 0 && !forceCode.MatchString(i.Force) {
		i.Faults = []client.Violation{{Field: "parent", Description: "names no force: give forces/33, or the force of the import"}}
	}
	if len(i.Faults) == 0 && proto.Size(r) > maxRecord {
		i.Faults = []client.Violation{{Field: "record", Description: fmt.Sprintf("is larger than %d bytes", maxRecord)}}
	}
	if len(i.Faults) == 0 {
		i.Record = r
	}
}

type jsonSource struct {
	r     *bufio.Reader
	force string
	seq   int64
	line  int64
}

// NewJSONLines reads one record a line; see ParseRecord. force, if set, owns
// the records that name no parent.
func NewJSONLines(r io.Reader, force string) Source {
	return &jsonSource{r: bufio.NewReaderSize(r, maxRecord), force: force}
}

// Next implements Source.
func (s *jsonSource) Next() (*Item, error) {
	for {
		line, err := s.r.ReadSlice('\n')
		if len(line) == 0 && err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		s.line++
		tooLong := errors.Is(err, bufio.ErrBufferFull)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = s.r.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if !tooLong && len(strings.TrimSpace(string(line))) == 0 {
			continue
		}
		s.seq++
		item := &Item{Seq: s.seq, Line: s.line}
		if tooLong {
			item.Faults = []client.Violation{{Field: "line", Description: fmt.Sprintf("is longer than %d bytes", maxRecord)}}
			return item, nil
		}
		if record, fault := ParseRecord(line, s.force); fault != nil {
			item.Faults = []client.Violation{{Field: "line", Description: fault.Error()}}
		} else {
			item.set(record)
		}
		return item, nil
	}
}

// ParseRecord reads one record in protojson: a RegisterRecordsRequest, or one of the
// requests that it may hold, such as a RegisterNominalRequest. force, if set, owns
// the record if it names no parent.
func ParseRecord(data []byte, force string) (*registerv1.RegisterRecordsRequest, error) {
	out := &registerv1.RegisterRecordsRequest{}
	var target proto.Message = out
	if f := bareRecord(data); f != nil {
		inner := out.ProtoReflect().NewField(f)
		out.ProtoReflect().Set(f, inner)
		target = inner.Message().Interface()
	}
	if err := protojson.Unmarshal(data, target); err != nil {
		return nil, fmt.Errorf("is not a record: %s", client.Shorten(client.Clean(err.Error()), 200))
	}
	if out.GetRecord() == nil {
		return nil, errors.New("is not a record: it holds neither a nominal nor a course, a measure, a breach, an assessment or a plan")
	}
	if parent, _ := outline(out); force != "" && parent == "" {
		request := out.ProtoReflect().Get(recordField(out)).Message()
		request.Set(request.Descriptor().Fields().ByName("parent"), protoreflect.ValueOfString("forces/"+force))
	}
	return out, nil
}

// recordField is the field of the record that a request holds, nil if it holds none.
func recordField(r *registerv1.RegisterRecordsRequest) protoreflect.FieldDescriptor {
	m := r.ProtoReflect()
	return m.WhichOneof(m.Descriptor().Oneofs().ByName("record"))
}

// outline is whose a record is, and how the source knows it.
func outline(r *registerv1.RegisterRecordsRequest) (parent string, source *registerv1.SourceKey) {
	f := recordField(r)
	if f == nil {
		return "", nil
	}
	request := r.ProtoReflect().Get(f).Message()
	fields := request.Descriptor().Fields()
	parent = request.Get(fields.ByName("parent")).String()
	// The record within bears the same name as it does in the stream.
	if record, ok := request.Get(fields.ByName(f.Name())).Message().Interface().(interface {
		GetSource() *registerv1.SourceKey
	}); ok {
		source = record.GetSource()
	}
	return parent, source
}

// bareRecord tells by its outermost names a request that stands alone from one in a
// RegisterRecordsRequest; nil for the latter.
func bareRecord(data []byte) protoreflect.FieldDescriptor {
	var outer map[string]json.RawMessage
	if json.Unmarshal(data, &outer) != nil {
		return nil
	}
	fields := (&registerv1.RegisterRecordsRequest{}).ProtoReflect().Descriptor().Oneofs().ByName("record").Fields()
	for i := range fields.Len() {
		key := fields.Get(i).JSONName()
		inside, ok := outer[key]
		if !ok {
			continue
		}
		var inner map[string]json.RawMessage
		if json.Unmarshal(inside, &inner) == nil {
			if _, wrapped := inner[key]; wrapped {
				return nil
			}
		}
		return fields.Get(i)
	}
	return nil
}
