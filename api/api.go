// Package api holds the contract as generated from proto/: Go packages below
// this one, and the OpenAPI document.
package api

import _ "embed"

// OpenAPI is the OpenAPI 3.1 document of the REST gateway, JSON.
//
//go:embed register.openapi.json
var OpenAPI []byte

// Descriptors is the contract as a FileDescriptorSet, for clients such as
// grpcurl that read no .proto files.
//
//go:embed register.binpb
var Descriptors []byte
