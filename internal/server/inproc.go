package server

import (
	"context"
	"io"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// inproc is a gRPC connection to services in the same process. Calls go
// through the same interceptors as those from the network, without a socket
// and without encoding. It is both where services register and what clients,
// such as the REST gateway, call.
type inproc struct {
	unary   grpc.UnaryServerInterceptor
	stream  grpc.StreamServerInterceptor
	methods map[string]localMethod
}

type localMethod struct {
	service any
	unary   *grpc.MethodDesc
	stream  *grpc.StreamDesc
}

func newInproc(unary grpc.UnaryServerInterceptor, stream grpc.StreamServerInterceptor) *inproc {
	return &inproc{unary: unary, stream: stream, methods: map[string]localMethod{}}
}

// RegisterService implements grpc.ServiceRegistrar.
func (p *inproc) RegisterService(d *grpc.ServiceDesc, service any) {
	for i := range d.Methods {
		p.methods["/"+d.ServiceName+"/"+d.Methods[i].MethodName] = localMethod{service: service, unary: &d.Methods[i]}
	}
	for i := range d.Streams {
		p.methods["/"+d.ServiceName+"/"+d.Streams[i].StreamName] = localMethod{service: service, stream: &d.Streams[i]}
	}
}

type localAddr struct{}

func (localAddr) Network() string { return "inproc" }
func (localAddr) String() string  { return "inproc" }

// serverContext is the context of the server's side: what the caller sent as
// metadata arrives, what the caller has in hand to send does not.
func serverContext(ctx context.Context) context.Context {
	md, _ := metadata.FromOutgoingContext(ctx)
	ctx = metadata.NewIncomingContext(ctx, md)
	ctx = metadata.NewOutgoingContext(ctx, metadata.MD{})
	return peer.NewContext(ctx, &peer.Peer{Addr: net.Addr(localAddr{})})
}

// Invoke implements grpc.ClientConnInterface.
func (p *inproc) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	m, ok := p.methods[method]
	if !ok || m.unary == nil {
		return status.Error(codes.Unimplemented, "there is no such method")
	}
	note := &transportNote{method: method}
	ctx = grpc.NewContextWithServerTransportStream(serverContext(ctx), note)
	decode := func(into any) error { return move(into, args) }
	out, err := m.unary.Handler(m.service, ctx, decode, p.unary)
	note.hand(opts)
	if err != nil {
		return status.Convert(err).Err()
	}
	return move(reply, out)
}

// move copies a message's fields; the two share what they point at, and the
// source is not used afterwards.
func move(into, from any) error {
	dst, ok := into.(proto.Message)
	src, ok2 := from.(proto.Message)
	if !ok || !ok2 {
		return status.Error(codes.Internal, "not a message")
	}
	proto.Merge(dst, src)
	return nil
}

// transportNote keeps the header and trailer that a handler sets.
type transportNote struct {
	method string

	mu              sync.Mutex
	header, trailer metadata.MD
}

// Method implements grpc.ServerTransportStream.
func (n *transportNote) Method() string { return n.method }

// SetHeader implements grpc.ServerTransportStream.
func (n *transportNote) SetHeader(md metadata.MD) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.header = metadata.Join(n.header, md)
	return nil
}

// SendHeader implements grpc.ServerTransportStream.
func (n *transportNote) SendHeader(md metadata.MD) error { return n.SetHeader(md) }

// SetTrailer implements grpc.ServerTransportStream.
func (n *transportNote) SetTrailer(md metadata.MD) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.trailer = metadata.Join(n.trailer, md)
	return nil
}

func (n *transportNote) hand(opts []grpc.CallOption) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range opts {
		switch o := o.(type) {
		case grpc.HeaderCallOption:
			*o.HeaderAddr = n.header
		case grpc.TrailerCallOption:
			*o.TrailerAddr = n.trailer
		}
	}
}

// NewStream implements grpc.ClientConnInterface.
func (p *inproc) NewStream(ctx context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	m, ok := p.methods[method]
	if !ok || m.stream == nil {
		return nil, status.Error(codes.Unimplemented, "there is no such method")
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &localStream{
		ctx: ctx, cancel: cancel, note: &transportNote{method: method}, many: m.stream.ClientStreams,
		up: make(chan proto.Message), down: make(chan proto.Message), ended: make(chan struct{}),
	}
	info := &grpc.StreamServerInfo{FullMethod: method, IsClientStream: m.stream.ClientStreams, IsServerStream: m.stream.ServerStreams}
	go func() {
		defer cancel()
		s.err = p.stream(m.service, &localServerStream{s: s, ctx: serverContext(ctx)}, info, m.stream.Handler)
		close(s.ended)
	}()
	return s, nil
}

// localStream is the client's side of a stream in the process.
type localStream struct {
	ctx      context.Context //nolint:containedctx // a stream has the context it was made with
	cancel   context.CancelFunc
	note     *transportNote
	many     bool // of messages the client may send
	up, down chan proto.Message
	closeUp  sync.Once
	ended    chan struct{} // closed when the handler has returned err
	err      error
}

// Header returns what the server has set so far.
func (s *localStream) Header() (metadata.MD, error) {
	s.note.mu.Lock()
	defer s.note.mu.Unlock()
	return s.note.header, nil
}

// Trailer returns what the server has set, once the stream has ended.
func (s *localStream) Trailer() metadata.MD {
	s.note.mu.Lock()
	defer s.note.mu.Unlock()
	return s.note.trailer
}

// CloseSend tells the server that no more messages come.
func (s *localStream) CloseSend() error {
	s.closeUp.Do(func() { close(s.up) })
	return nil
}

// Context returns the stream's context.
func (s *localStream) Context() context.Context { return s.ctx }

// SendMsg hands a message to the server.
func (s *localStream) SendMsg(m any) error {
	message, ok := m.(proto.Message)
	if !ok {
		return status.Error(codes.Internal, "not a message")
	}
	select {
	case s.up <- proto.Clone(message):
		return nil
	case <-s.ctx.Done():
	case <-s.ended:
	}
	select {
	case <-s.ended: // which cancels the context too
		if !s.many {
			return nil // as over the network: what the call came to is received
		}
		return io.EOF
	default:
		return status.FromContextError(s.ctx.Err()).Err()
	}
}

// RecvMsg waits for a message of the server, or for the stream's end.
func (s *localStream) RecvMsg(m any) error {
	select {
	case got := <-s.down:
		return move(m, got)
	case <-s.ended:
		select {
		case got := <-s.down:
			return move(m, got)
		default:
		}
		if s.err == nil {
			return io.EOF
		}
		return status.Convert(s.err).Err()
	}
}

// localServerStream is the server's side.
type localServerStream struct {
	s   *localStream
	ctx context.Context //nolint:containedctx // a stream has the context it was made with
}

// SetHeader implements grpc.ServerStream.
func (t *localServerStream) SetHeader(md metadata.MD) error { return t.s.note.SetHeader(md) }

// SendHeader implements grpc.ServerStream.
func (t *localServerStream) SendHeader(md metadata.MD) error { return t.s.note.SetHeader(md) }

// SetTrailer implements grpc.ServerStream.
func (t *localServerStream) SetTrailer(md metadata.MD) { _ = t.s.note.SetTrailer(md) }

// Context implements grpc.ServerStream.
func (t *localServerStream) Context() context.Context { return t.ctx }

// SendMsg implements grpc.ServerStream.
func (t *localServerStream) SendMsg(m any) error {
	message, ok := m.(proto.Message)
	if !ok {
		return status.Error(codes.Internal, "not a message")
	}
	select {
	case t.s.down <- message:
		return nil
	case <-t.ctx.Done():
		return status.FromContextError(t.ctx.Err()).Err()
	}
}

// RecvMsg implements grpc.ServerStream.
func (t *localServerStream) RecvMsg(m any) error {
	select {
	case got, ok := <-t.s.up:
		if !ok {
			return io.EOF
		}
		return move(m, got)
	case <-t.ctx.Done():
		return status.FromContextError(t.ctx.Err()).Err()
	}
}
