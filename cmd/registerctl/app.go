package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/perpetrator-register/register/internal/client"
)

// globals are the flags of every command.
type globals struct {
	Config  string        `help:"Configuration file with profiles." env:"REGISTERCTL_CONFIG" type:"path" placeholder:"FILE"`
	Profile string        `help:"Profile of the configuration." env:"REGISTERCTL_PROFILE" placeholder:"NAME"`
	Server  string        `help:"Address of the register (${default_server})." placeholder:"HOST:PORT"`
	CA      string        `help:"Authorities that issue the server's certificate (PEM)." name:"ca" type:"path" placeholder:"FILE"`
	Cert    string        `help:"Client certificate of a force system (PEM)." type:"path" placeholder:"FILE"`
	Key     string        `help:"Key of the client certificate (PEM)." type:"path" placeholder:"FILE"`
	Token   string        `help:"Access token instead of the sign-in. Better in the environment: others can see a command line." env:"REGISTER_TOKEN" placeholder:"TOKEN"`
	Officer string        `help:"Collar number of the officer for whom a force system calls." placeholder:"COLLAR"`
	LogKey  string        `help:"Verifier key of the access log, to check the signatures of its checkpoints." env:"REGISTER_LOG_KEY" placeholder:"KEY"`
	Witness []string      `help:"Verifier key of a witness of the access log, to check its cosignatures; may be repeated." name:"witness-key" sep:"none" placeholder:"KEY"`
	Quorum  int           `help:"How many of the witnesses must have co-signed; else more than half." name:"witness-quorum" placeholder:"N"`
	JSON    bool          `help:"Print JSON." name:"json"`
	Receipt string        `help:"Append the receipt of the call to this file." type:"path" placeholder:"FILE"`
	Timeout time.Duration `help:"How long to wait for an answer." default:"30s"`
}

// app is one run of the program.
type app struct {
	*globals
	ctx    context.Context //nolint:containedctx // one command, one context
	in     io.Reader
	out    io.Writer
	errOut io.Writer

	config   *client.Config
	conn     *grpc.ClientConn
	writeErr error
}

func (a *app) close() {
	if a.conn != nil {
		_ = a.conn.Close()
	}
}

// say prints a line for a person.
func (a *app) say(format string, args ...any) {
	_, err := fmt.Fprintf(a.out, format+"\n", args...)
	a.writeErr = errors.Join(a.writeErr, err)
}

// warn prints a line beside the output. It is cleaned as a whole.
func (a *app) warn(format string, args ...any) {
	for _, line := range client.Lines(fmt.Sprintf(format, args...)) {
		_, _ = fmt.Fprintln(a.errOut, line)
	}
}

// profile returns the chosen profile with what the flags change.
func (a *app) profile() (string, client.Profile, error) {
	if a.config == nil {
		path, required := a.Config, a.Config != ""
		if !required {
			var err error
			if path, err = client.DefaultConfigPath(); err != nil {
				return "", client.Profile{}, err
			}
		}
		var err error
		if a.config, err = client.LoadConfig(path, required); err != nil {
			return "", client.Profile{}, err
		}
	}
	name, p, err := a.config.Select(a.Profile)
	if err != nil {
		return "", p, usageError{err}
	}
	for flag, field := range map[*string]*string{&a.Server: &p.Server, &a.CA: &p.CA, &a.Cert: &p.Cert, &a.Key: &p.Key, &a.LogKey: &p.LogKey} {
		if *flag != "" {
			*field = *flag
		}
	}
	if len(a.Witness) > 0 {
		p.WitnessKeys, p.WitnessQuorum = a.Witness, 0
	}
	if a.Quorum != 0 {
		p.WitnessQuorum = a.Quorum
	}
	return name, p, nil
}

func (a *app) login() (*client.Login, error) {
	name, p, err := a.profile()
	if err != nil {
		return nil, err
	}
	return &client.Login{Name: name, Profile: p, Cache: client.NewTokenCache(a.config.TokenPath()), Say: a.warn}, nil
}

// token returns where calls take their access token from; has is false when a
// force system calls by its certificate alone.
func (a *app) token(p client.Profile) (from client.TokenFunc, has bool, err error) {
	if a.Token != "" {
		token := strings.TrimSpace(a.Token)
		return func(context.Context) (string, error) { return token, nil }, true, nil
	}
	if p.Issuer == "" {
		return nil, false, nil
	}
	l, err := a.login()
	if err != nil {
		return nil, false, err
	}
	ctx, cancel := context.WithTimeout(a.ctx, a.Timeout)
	defer cancel()
	if _, err := l.AccessToken(ctx); err != nil {
		if errors.Is(err, client.ErrNotSignedIn) && p.Cert != "" {
			return nil, false, nil
		}
		return nil, false, err
	}
	return l.AccessToken, true, nil
}

// connect opens the connection to the register.
func (a *app) connect() (*grpc.ClientConn, error) {
	if a.conn != nil {
		return a.conn, nil
	}
	_, p, err := a.profile()
	if err != nil {
		return nil, err
	}
	token, has, err := a.token(p)
	if err != nil {
		return nil, err
	}
	if !has && p.Cert == "" {
		return nil, usageError{errors.New("as whom? Sign in with a profile, or give --token, or --cert and --key")}
	}
	a.conn, err = client.Dial(p, token, a.Officer)
	return a.conn, err
}

// call makes one call with the time limit, and returns the index of its entry
// in the access log, empty if the register gave none.
func (a *app) call(do func(ctx context.Context, opts ...grpc.CallOption) error) (entry string, err error) {
	ctx, cancel := context.WithTimeout(a.ctx, a.Timeout)
	defer cancel()
	var trailer metadata.MD
	err = do(ctx, grpc.Trailer(&trailer))
	return first(trailer, client.EntryKey), errors.Join(err, a.keepReceipt(trailer))
}

func first(md metadata.MD, key string) string {
	if v := md.Get(key); len(v) > 0 {
		return client.Clean(v[0])
	}
	return ""
}

// keepReceipt appends the receipt of a call to the file that was asked for.
func (a *app) keepReceipt(trailer metadata.MD) error {
	receipt := first(trailer, client.ReceiptKey)
	if a.Receipt == "" || receipt == "" {
		return nil
	}
	f, err := os.OpenFile(a.Receipt, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	_, err = f.WriteString(receipt + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	return nil
}

// readInput reads a file that was named, or standard input for "-".
func (a *app) readInput(name string, limit int64) ([]byte, error) {
	in := a.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usageError{err}
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("input: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("input: more than %d bytes", limit)
	}
	return data, nil
}
