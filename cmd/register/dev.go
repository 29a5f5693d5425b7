package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/perpetrator-register/register/api"
	"github.com/perpetrator-register/register/internal/devstack"
	"github.com/perpetrator-register/register/internal/devstack/demo"
	"github.com/perpetrator-register/register/internal/server"
)

type devCmd struct {
	Dir    string `help:"Folder of all data." default:".run"`
	Policy string `help:"Folder of the policy." default:"policies" type:"existingdir"`
	GRPC   string `name:"grpc" help:"Address of gRPC." default:"127.0.0.1:9090"`
	REST   string `name:"rest" help:"Address of REST." default:"127.0.0.1:8080"`
	Admin  string `help:"Address of metrics and health." default:"127.0.0.1:9091"`
	IDP    string `name:"idp" help:"Address of the development OpenID provider." default:"127.0.0.1:8081"`
	Empty  bool   `help:"Leave out the demonstration data."`
}

// Run runs the stack until the process is told to stop.
func (c *devCmd) Run(ctx context.Context, log *slog.Logger) error {
	began := time.Now()
	if err := c.free(ctx); err != nil {
		return err
	}
	stack, err := devstack.Start(ctx, devstack.Options{
		Dir: c.Dir, GRPC: c.GRPC, REST: c.REST, Admin: c.Admin, IDP: c.IDP, PolicyDir: c.Policy, Empty: c.Empty, Log: log,
	})
	if err != nil {
		return err
	}
	if err := c.serve(ctx, stack, began); err != nil {
		return fmt.Errorf("%w (stop: %v)", err, stack.Stop(ctx)) //nolint:errorlint // the first is what matters
	}
	return stack.Stop(ctx)
}

// free says which of the addresses are taken, all at once.
func (c *devCmd) free(ctx context.Context) error {
	var lc net.ListenConfig
	var taken []error
	for _, one := range []struct{ flag, addr string }{{"--grpc", c.GRPC}, {"--rest", c.REST}, {"--admin", c.Admin}, {"--idp", c.IDP}} {
		l, err := lc.Listen(ctx, "tcp", one.addr)
		if err == nil {
			err = l.Close()
		}
		if err != nil {
			taken = append(taken, fmt.Errorf("  %s %s: %w", one.flag, one.addr, err))
		}
	}
	if len(taken) == 0 {
		return nil
	}
	return fmt.Errorf("is a register running already? Choose other addresses by bin/register dev, such as 127.0.0.1:0 for a free port, in place of\n%w", errors.Join(taken...))
}

func (c *devCmd) serve(ctx context.Context, stack *devstack.Stack, began time.Time) error {
	if err := stack.Serve(ctx); err != nil {
		return err
	}
	if err := c.writeClientFiles(stack); err != nil {
		return err
	}
	if err := c.greet(stack, time.Since(began)); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- stack.Wait() }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return err
	}
}

// profile is one way to call the register from registerctl.
type profile struct{ Name, Cert, Key, Issuer, Account string }

// writeClientFiles writes the configuration of registerctl and the descriptors
// for grpcurl.
func (c *devCmd) writeClientFiles(stack *devstack.Stack) error {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	var profiles []profile
	for _, a := range stack.IDP.Accounts() {
		issuer, err := stack.IDP.Issuer(a.Login)
		if err != nil {
			return err
		}
		profiles = append(profiles, profile{Name: a.Login, Issuer: issuer, Account: a.Login})
	}
	for _, force := range []string{"10", "33", "43"} {
		base := filepath.Join(dir, "pki", "clients", force+"-"+devstack.System)
		profiles = append(profiles, profile{Name: "system-" + force, Cert: base + ".pem", Key: base + "-key.pem"})
	}
	var b strings.Builder
	if err := clientConfig.Execute(&b, map[string]any{
		"Server": stack.Server.GRPCAddr(), "CA": filepath.Join(dir, "pki", "root.pem"), "LogKey": stack.Server.LogVerifiers()[0], "WitnessKey": stack.WitnessKey, "Profiles": profiles,
	}); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "registerctl.yaml"), []byte(b.String()), 0o600); err != nil {
		return err
	}
	// For the operator's commands, such as export and verify, and those that read the
	// server's configuration, such as misuse replay.
	config, err := operatorConfig(*stack.Config)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "register.yaml"), config, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "operator.env"), []byte("export REGISTER_DATABASE_URL='"+stack.Config.Database.URL+"'\n"), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "register.binpb"), api.Descriptors, 0o600)
}

// operatorConfig is the configuration of the server as it runs, for commands given
// --development. A second server by it would take its ports: it serves anywhere.
func operatorConfig(c server.Config) ([]byte, error) {
	policy, err := filepath.Abs(c.PolicyDir)
	if err != nil {
		return nil, err
	}
	c.PolicyDir, c.GRPC.Listen, c.REST.Listen, c.Admin = policy, "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	data, err := yaml.Marshal(c)
	return append([]byte("# The development register's configuration; written at each start.\n"), data...), err
}

var clientConfig = template.Must(template.New("").Parse(`# Profiles of registerctl for the development register; written at each start.
profiles:
{{- range .Profiles}}
  {{.Name}}:
    server: {{$.Server}}
    ca: {{$.CA}}
    log_key: {{$.LogKey}}
    witness_keys: [{{$.WitnessKey}}]
{{- if .Cert}}
    cert: {{.Cert}}
    key: {{.Key}}
{{- end}}
{{- if .Issuer}}
    issuer: {{.Issuer}}
    client_id: registerctl
    account: {{.Account}}
{{- end}}
{{- end}}
`))

func (c *devCmd) greet(stack *devstack.Stack, took time.Duration) error {
	return greeting.Execute(os.Stdout, map[string]any{
		"Took": took.Round(100 * time.Millisecond), "Dir": c.Dir,
		"GRPC": stack.Server.GRPCAddr(), "REST": stack.Server.RESTAddr(), "Admin": stack.Server.AdminAddr(),
		"Given": demo.HeroQuery.Given, "Surname": demo.HeroQuery.Surname, "DOB": demo.HeroQuery.DOB,
		"Year": demo.HeroQuery.DOB[:4], "Month": strings.TrimLeft(demo.HeroQuery.DOB[5:7], "0"), "Day": strings.TrimLeft(demo.HeroQuery.DOB[8:], "0"),
	})
}

var greeting = template.Must(template.New("").Parse(`
The register is running (ready after {{.Took}}). Invented people only. Ctrl-C stops it; the data stay in {{.Dir}}.

  gRPC   {{.GRPC}}   (TLS; force systems by client certificate, people by access token)
  pages  http://{{.REST}}   (sign in as one of those below)
  REST   http://{{.REST}}   (contract: /openapi.json)
  admin  http://{{.Admin}}   (/metrics /healthz /readyz)

Who can sign in, without a password, on this machine only, in the forces 10, 33 and 43:
  investigator-33  control_room-33  spoc-33  supervisor-33  psd-33  psd2-33  dpo-33   and nationally: auditor  auditor2  admin

Search for a man whose name was misheard:

  bin/registerctl --config {{.Dir}}/registerctl.yaml --profile investigator-33 login
  bin/registerctl --config {{.Dir}}/registerctl.yaml --profile investigator-33 search \
    --given {{.Given}} --surname {{.Surname}} --dob {{.DOB}} --reason CRIME_INVESTIGATION --reference 33/1234/26

  TOKEN=$(bin/registerctl --config {{.Dir}}/registerctl.yaml --profile investigator-33 token)
  SEARCH='{"reason":"CRIME_INVESTIGATION","reference":"33/1234/26","criteria":{"names":[{"given":"{{.Given}}","surname":"{{.Surname}}"}],"birthDate":{"year":{{.Year}},"month":{{.Month}},"day":{{.Day}}}}}'

  curl -s http://{{.REST}}/v1/searches -H "Authorization: Bearer $TOKEN" -d "$SEARCH"

  .tools/bin/grpcurl -cacert {{.Dir}}/pki/root.pem -protoset {{.Dir}}/register.binpb -H "authorization: Bearer $TOKEN" \
    -d "{\"search\":$SEARCH}" {{.GRPC}} register.v1.SearchService/CreateSearch

`))
