package leaktest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/annotations"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/servertest"
)

// wait bounds whatever a test waits for; nothing is asserted about time.
const wait = 60 * time.Second

// answer is what came of one call: for a stream, of all its messages.
type answer struct {
	messages []proto.Message
	err      error
	receipt  string
	raw      string // of REST: status line, headers and body
}

func (a answer) code() codes.Code { return status.Code(a.err) }

// one is the only message of a unary call.
func (a answer) one(tb testing.TB) proto.Message {
	tb.Helper()
	if a.err != nil || len(a.messages) != 1 {
		tb.Fatalf("%d messages, %v", len(a.messages), a.err)
	}
	return a.messages[0]
}

// transport makes any call of the contract.
type transport func(ctx context.Context, m *call.Method, token string, requests ...proto.Message) answer

func methods(tb testing.TB) call.Methods {
	tb.Helper()
	all, err := call.LoadMethods()
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func output(m *call.Method) proto.Message {
	t, err := protoregistry.GlobalTypes.FindMessageByName(m.Descriptor.Output().FullName())
	if err != nil {
		panic(err) // the contract is linked in
	}
	return t.New().Interface()
}

// overGRPC calls by gRPC, with a token if there is one.
func overGRPC(conn *grpc.ClientConn) transport {
	return func(ctx context.Context, m *call.Method, token string, requests ...proto.Message) (a answer) {
		if token != "" {
			ctx = servertest.WithToken(ctx, token)
		}
		var trailer metadata.MD
		if !m.ClientStream && !m.ServerStream {
			out := output(m)
			if a.err = conn.Invoke(ctx, m.Full, requests[0], out, grpc.Trailer(&trailer)); a.err == nil {
				a.messages = append(a.messages, out)
			}
		} else {
			a.messages, trailer, a.err = streamed(ctx, conn, m, requests)
		}
		a.receipt = strings.Join(trailer.Get(accesslog.ReceiptKey), ",")
		return a
	}
}

func streamed(ctx context.Context, conn *grpc.ClientConn, m *call.Method, requests []proto.Message) (out []proto.Message, trailer metadata.MD, err error) {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, m.Full)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range requests {
		if err := stream.SendMsg(r); err != nil {
			break // the reason comes with the answers
		}
	}
	_ = stream.CloseSend() // likewise
	for {
		next := output(m)
		if err := stream.RecvMsg(next); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return out, stream.Trailer(), err
		}
		out = append(out, next)
	}
}

// overREST calls by JSON over HTTPS, as the contract's annotations say.
func overREST(site *servertest.Site, base string) transport {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: site.ClientTLS(""), ForceAttemptHTTP2: true}}
	return func(ctx context.Context, m *call.Method, token string, requests ...proto.Message) (a answer) {
		verb, path, body, err := restRequest(m, requests)
		if err != nil {
			return answer{err: err}
		}
		return send(ctx, client, m, verb, base+path, token, body)
	}
}

var variable = regexp.MustCompile(`\{([a-z_.]+)(=[^}]*)?\}`)

func restRequest(m *call.Method, requests []proto.Message) (verb, path string, body []byte, err error) {
	rule, ok := proto.GetExtension(m.Descriptor.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok {
		return "", "", nil, fmt.Errorf("%s has no route", m.Short)
	}
	req := requests[0].ProtoReflect()
	inPath := map[string]bool{}
	switch p := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		verb, path = http.MethodGet, p.Get
	case *annotations.HttpRule_Post:
		verb, path = http.MethodPost, p.Post
	case *annotations.HttpRule_Put:
		verb, path = http.MethodPut, p.Put
	case *annotations.HttpRule_Delete:
		verb, path = http.MethodDelete, p.Delete
	default:
		return "", "", nil, fmt.Errorf("%s has a route of another kind", m.Short)
	}
	path = variable.ReplaceAllStringFunc(path, func(v string) string {
		field := variable.FindStringSubmatch(v)[1]
		inPath[field] = true
		return (&url.URL{Path: stringAt(req, field)}).EscapedPath()
	})
	switch rule.GetBody() {
	case "":
		query := url.Values{}
		req.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			if !inPath[string(f.Name())] {
				query.Set(string(f.Name()), v.String())
			}
			return true
		})
		if len(query) > 0 {
			path += "?" + query.Encode()
		}
	case "*":
		var lines [][]byte
		for _, r := range requests {
			line, err := protojson.Marshal(r)
			if err != nil {
				return "", "", nil, err
			}
			lines = append(lines, line)
		}
		body = bytes.Join(lines, []byte("\n"))
	default:
		part := req.Get(req.Descriptor().Fields().ByName(protoreflect.Name(rule.GetBody()))).Message()
		body, err = protojson.Marshal(part.Interface())
	}
	return verb, path, body, err
}

func stringAt(m protoreflect.Message, path string) string {
	name, rest, nested := strings.Cut(path, ".")
	v := m.Get(m.Descriptor().Fields().ByName(protoreflect.Name(name)))
	if nested {
		return stringAt(v.Message(), rest)
	}
	return v.String()
}

func send(ctx context.Context, client *http.Client, m *call.Method, verb, target, token string, body []byte) (a answer) {
	req, err := http.NewRequestWithContext(ctx, verb, target, bytes.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }() // only read
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{err: err}
	}
	a.raw = fmt.Sprint(resp.Status, resp.Header, string(raw))
	a.receipt = resp.Header.Get(accesslog.ReceiptKey)
	switch {
	case m != nil && m.ServerStream:
		a.messages, a.err = restStream(m, raw)
	case resp.StatusCode != http.StatusOK:
		var s spb.Status
		if err := protojson.Unmarshal(raw, &s); err != nil {
			return answer{err: fmt.Errorf("%s: %s: %w", resp.Status, raw, err), raw: a.raw}
		}
		a.err = status.ErrorProto(&s)
	case m == nil:
	default:
		out := output(m)
		if a.err = protojson.Unmarshal(raw, out); a.err == nil {
			a.messages = append(a.messages, out)
		}
	}
	return a
}

// restStream reads the lines of a streamed answer.
func restStream(m *call.Method, raw []byte) (out []proto.Message, err error) {
	for line := range bytes.Lines(raw) {
		var part struct{ Result, Error json.RawMessage }
		if err := json.Unmarshal(line, &part); err != nil {
			return out, fmt.Errorf("%s: %w", line, err)
		}
		if part.Result == nil { // refused before it began, the status stands by itself
			var s spb.Status
			refusal := []byte(part.Error)
			if refusal == nil {
				refusal = line
			}
			if err := protojson.Unmarshal(refusal, &s); err != nil {
				return out, err
			}
			return out, status.ErrorProto(&s)
		}
		next := output(m)
		if err := protojson.Unmarshal(part.Result, next); err != nil {
			return out, err
		}
		out = append(out, next)
	}
	return out, nil
}

// eventually repeats a check until it succeeds.
func eventually(tb testing.TB, what string, check func(ctx context.Context) error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), wait)
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			tb.Fatalf("%s: %v", what, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
