package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

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
