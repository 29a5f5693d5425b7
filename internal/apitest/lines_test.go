package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
)

// readLines reads the answers of a stream over REST, one JSON object a line.
func readLines(raw []byte, m *call.Method) ([]proto.Message, error) {
	var out []proto.Message
	for line := range bytes.Lines(raw) {
		var wrapped struct{ Result, Error json.RawMessage }
		if err := json.Unmarshal(line, &wrapped); err != nil {
			return out, fmt.Errorf("answer line: %w", err)
		}
		if wrapped.Error != nil {
			var s spb.Status
			if err := protojson.Unmarshal(wrapped.Error, &s); err != nil {
				return out, fmt.Errorf("error line: %w", err)
			}
			return out, status.FromProto(&s).Err()
		}
		response := newMessage(m.Descriptor.Output())
		if err := protojson.Unmarshal(wrapped.Result, response); err != nil {
			return out, fmt.Errorf("result line: %w", err)
		}
		out = append(out, response)
	}
	return out, nil
}

func jsonOf(t *testing.T, m proto.Message) string {
	t.Helper()
	b, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// readShortReceipt reads the receipt of a stream's record, which has no
// checkpoint of its own.
func readShortReceipt(t *testing.T, s string) (int64, tlog.Hash) {
	t.Helper()
	r, err := accesslog.ParseReceipt(s + ";checkpoint=")
	if err != nil {
		t.Errorf("receipt %q: %v", s, err)
	}
	return r.Index, r.Leaf
}
