package apitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
)

func grpcCall(ctx context.Context, conn *grpc.ClientConn, m *call.Method, authorization string, requests ...proto.Message) *answer {
	if authorization != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", authorization)
	}
	a := &answer{}
	var trailer metadata.MD
	if m.ClientStream || m.ServerStream {
		a.responses, trailer, a.err = grpcStream(ctx, conn, m, requests)
	} else {
		response := newMessage(m.Descriptor.Output())
		if a.err = conn.Invoke(ctx, m.Full, requests[0], response, grpc.Trailer(&trailer)); a.err == nil {
			a.responses = []proto.Message{response}
		}
	}
	a.receipt, a.entry = strings.Join(trailer.Get(accesslog.ReceiptKey), ","), strings.Join(trailer.Get(accesslog.EntryKey), ",")
	return a
}

func grpcStream(ctx context.Context, conn *grpc.ClientConn, m *call.Method, requests []proto.Message) ([]proto.Message, metadata.MD, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, m.Full)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range requests {
		if err := stream.SendMsg(r); err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return nil, nil, err
	}
	var out []proto.Message
	for {
		response := newMessage(m.Descriptor.Output())
		switch err := stream.RecvMsg(response); {
		case errors.Is(err, io.EOF):
			return out, stream.Trailer(), nil
		case err != nil:
			return out, stream.Trailer(), err
		}
		out = append(out, response)
	}
}

// httpRule is the REST form of a method, as the contract states it.
func httpRule(m *call.Method) (verb, template, body string, ok bool) {
	rule, ok := proto.GetExtension(m.Descriptor.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule == nil {
		return "", "", "", false
	}
	switch p := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, p.Get, rule.GetBody(), true
	case *annotations.HttpRule_Post:
		return http.MethodPost, p.Post, rule.GetBody(), true
	case *annotations.HttpRule_Put:
		return http.MethodPut, p.Put, rule.GetBody(), true
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, p.Patch, rule.GetBody(), true
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, p.Delete, rule.GetBody(), true
	}
	return "", "", "", false
}

var pathVariable = regexp.MustCompile(`\{([a-z_.]+)(?:=[^}]*)?\}`)

// restForm turns a request into verb, path with query, and JSON body.
func restForm(m *call.Method, request proto.Message) (verb, path string, body []byte, err error) {
	verb, template, bodyField, ok := httpRule(m)
	if !ok {
		return "", "", nil, fmt.Errorf("%s has no REST route", m.Short)
	}
	left := proto.Clone(request).ProtoReflect()
	path = pathVariable.ReplaceAllStringFunc(template, func(v string) string {
		return takeString(left, strings.Split(pathVariable.FindStringSubmatch(v)[1], "."))
	})
	switch bodyField {
	case "*":
		body, err = protojson.Marshal(left.Interface())
	case "":
		query := url.Values{}
		left.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			switch {
			case f.IsList():
				for i := range v.List().Len() {
					query.Add(f.JSONName(), fmt.Sprint(v.List().Get(i).Interface()))
				}
			case f.Message() != nil: // a time
				at, _ := protojson.Marshal(v.Message().Interface()) // it has no field that could be wrong
				query.Set(f.JSONName(), strings.Trim(string(at), `"`))
			default:
				query.Set(f.JSONName(), v.String())
			}
			return true
		})
		if len(query) > 0 {
			path += "?" + query.Encode()
		}
	default:
		field := left.Descriptor().Fields().ByName(protoreflect.Name(bodyField))
		body, err = protojson.Marshal(left.Get(field).Message().Interface())
	}
	return verb, path, body, err
}

// takeString reads a string field and clears it.
func takeString(m protoreflect.Message, path []string) string {
	field := m.Descriptor().Fields().ByName(protoreflect.Name(path[0]))
	if len(path) > 1 {
		if !m.Has(field) {
			return ""
		}
		return takeString(m.Mutable(field).Message(), path[1:])
	}
	defer m.Clear(field)
	return m.Get(field).String()
}

func restCall(ctx context.Context, client *http.Client, base string, m *call.Method, authorization string, requests ...proto.Message) *answer {
	if m.ClientStream {
		return restStream(ctx, client, base, m, authorization, requests)
	}
	verb, path, body, err := restForm(m, requests[0])
	if err != nil {
		return &answer{err: err}
	}
	a, raw := rawREST(ctx, client, verb, base+path, authorization, body)
	if a.http != 0 && m.ServerStream { // an error stands in a line too
		a.responses, a.err = readLines(raw, m)
		return a
	}
	if a.err == nil {
		response := newMessage(m.Descriptor.Output())
		if err := protojson.Unmarshal(raw, response); err != nil {
			return &answer{err: fmt.Errorf("not a %s: %w", m.Descriptor.Output().Name(), err)}
		}
		a.responses = []proto.Message{response}
	}
	return a
}

func restStream(ctx context.Context, client *http.Client, base string, m *call.Method, authorization string, requests []proto.Message) *answer {
	var lines bytes.Buffer
	for _, r := range requests {
		line, err := protojson.Marshal(r)
		if err != nil {
			return &answer{err: err}
		}
		lines.Write(line)
		lines.WriteByte('\n')
	}
	verb, template, _, _ := httpRule(m)
	a, raw := rawREST(ctx, client, verb, base+template, authorization, lines.Bytes())
	if a.http != 0 { // an error stands in a line too
		a.responses, a.err = readLines(raw, m)
	}
	return a
}

// rawREST sends a request and reads the answer; an error answer becomes the
// status that stands in it.
func rawREST(ctx context.Context, client *http.Client, verb, target, authorization string, body []byte) (*answer, []byte) {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, verb, target, reader)
	if err != nil {
		return &answer{err: err}, nil
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		return &answer{err: err}, nil
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return &answer{err: err}, nil
	}
	a := &answer{http: response.StatusCode, header: response.Header}
	a.receipt, a.entry = response.Header.Get(accesslog.ReceiptKey), response.Header.Get(accesslog.EntryKey)
	if a.receipt == "" { // a stream's stands at its end
		a.receipt, a.entry = response.Trailer.Get(accesslog.ReceiptKey), response.Trailer.Get(accesslog.EntryKey)
	}
	if response.StatusCode != http.StatusOK {
		a.err = statusOf(raw, response.StatusCode)
	}
	return a, raw
}

func statusOf(raw []byte, code int) error {
	var s spb.Status
	if err := protojson.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("HTTP %d without a status: %w", code, err)
	}
	if codes.Code(s.GetCode()) == codes.OK { //nolint:gosec // a small number
		return fmt.Errorf("HTTP %d with an OK status", code)
	}
	return status.FromProto(&s).Err()
}
