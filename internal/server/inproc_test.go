package server

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// A stream that the chain refuses at once answers with that refusal, however
// soon it comes: not with the cancellation that ends it.
func TestStreamRefusedAtOnce(t *testing.T) {
	refuse := func(any, grpc.ServerStream, *grpc.StreamServerInfo, grpc.StreamHandler) error {
		return status.Error(codes.PermissionDenied, "not allowed")
	}
	conn := newInproc(nil, refuse)
	registerv1.RegisterStandardsServiceServer(conn, registerv1.UnimplementedStandardsServiceServer{})
	client := registerv1.NewStandardsServiceClient(conn)
	for range 5000 {
		stream, err := client.MakeEvidence(t.Context(), &registerv1.MakeEvidenceRequest{})
		if err == nil {
			_, err = stream.Recv()
		}
		if status.Code(err) != codes.PermissionDenied {
			t.Fatalf("refused with %v, want PermissionDenied", err)
		}
	}
}
