// Command protodeps prints the third-party .proto files that the contract
// imports into a folder that buf.yaml lists as a module.
//
// They are printed from the descriptors linked into the Go packages of go.mod,
// so the schema buf reads is the one the generated code links, and no schema
// registry is needed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jhump/protoreflect/desc"
	"github.com/jhump/protoreflect/desc/protoprint"

	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	_ "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv3/options"
	_ "google.golang.org/genproto/googleapis/api/annotations"
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
)

// roots are the files the contract imports, and the details of its errors, which no
// message of it holds; their own imports follow.
var roots = []string{
	"buf/validate/validate.proto",
	"google/api/annotations.proto",
	"google/api/field_behavior.proto",
	"google/api/resource.proto",
	"google/rpc/error_details.proto",
	"protoc-gen-openapiv3/options/annotations.proto",
}

func main() {
	out := flag.String("o", ".protodeps", "folder to write to")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "protodeps:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	p := printer{out: out, done: map[string]bool{}, pp: protoprint.Printer{Compact: true}}
	var errs []error
	for _, r := range roots {
		fd, err := desc.LoadFileDescriptor(r)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r, err))
			continue
		}
		errs = append(errs, p.print(fd))
	}
	return errors.Join(errs...)
}

type printer struct {
	out  string
	done map[string]bool
	pp   protoprint.Printer
}

func (p *printer) print(fd *desc.FileDescriptor) error {
	name := fd.GetName()
	// buf carries the well-known types itself.
	if p.done[name] || strings.HasPrefix(name, "google/protobuf/") {
		return nil
	}
	p.done[name] = true
	for _, d := range fd.GetDependencies() {
		if err := p.print(d); err != nil {
			return err
		}
	}
	text, err := p.pp.PrintProtoToString(fd)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	path := filepath.Join(p.out, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}
