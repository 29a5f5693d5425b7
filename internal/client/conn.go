package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	_ "github.com/perpetrator-register/register/internal/wire" // the sizes of buffers
)

// TLS returns how the profile's server is trusted and which client certificate
// is shown to it. TLS 1.3 is the least.
func (p Profile) TLS() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS13}
	if p.CA != "" {
		pem, err := os.ReadFile(p.CA)
		if err != nil {
			return nil, fmt.Errorf("authorities: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("authorities: %s holds no certificate", p.CA)
		}
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	if p.Cert != "" {
		pair, err := tls.LoadX509KeyPair(p.Cert, p.Key)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// TokenFunc returns an access token for a call; an empty one means none.
type TokenFunc func(context.Context) (string, error)

// Dial prepares a connection to the profile's server. token may be nil.
// officer, if set, is the collar number of the officer for whom a force system
// calls.
func Dial(p Profile, token TokenFunc, officer string) (*grpc.ClientConn, error) {
	config, err := p.TLS()
	if err != nil {
		return nil, err
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithUserAgent("registerctl"),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(16 << 20)),
	}
	if token != nil {
		options = append(options, grpc.WithPerRPCCredentials(bearer(token)))
	}
	if officer != "" {
		options = append(options,
			grpc.WithUnaryInterceptor(func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
				return invoke(metadata.AppendToOutgoingContext(ctx, "register-officer", officer), method, req, reply, cc, opts...)
			}),
			grpc.WithStreamInterceptor(func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
				return open(metadata.AppendToOutgoingContext(ctx, "register-officer", officer), desc, cc, method, opts...)
			}))
	}
	server := p.Server
	if server == "" {
		server = DefaultServer
	}
	conn, err := grpc.NewClient(server, options...)
	if err != nil {
		return nil, fmt.Errorf("server %s: %w", Clean(server), err)
	}
	return conn, nil
}

// bearer sends the access token with each call, over TLS only.
type bearer TokenFunc

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b bearer) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, err := b(ctx)
	if err != nil {
		return nil, err
	}
	if token == "" {
		return map[string]string{}, nil
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return nil, errors.New("the access token holds characters that no token has")
		}
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (b bearer) RequireTransportSecurity() bool { return true }
