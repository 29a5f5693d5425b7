package server

import (
	"strings"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

const soundConfig = `
grpc: {listen: "0.0.0.0:9090", cert: c.pem, key: k.pem, client_ca: ca.pem, crl_dir: crl}
rest: {listen: "0.0.0.0:8443", cert: c.pem, key: k.pem}
admin: 127.0.0.1:9091
database: {url: "postgres://register_service@db.example/register?sslmode=verify-full"}
keys: {dir: keys, kms: "hcvault://vault.example:8200/transit/keys/register", token_file: token}
issuers: [{url: "https://login.example", forces: ["33"], roles: [investigator], min_acr: aal2}]
policy_dir: policies
origin: register.example/log
`

func TestSoundConfiguration(t *testing.T) {
	t.Parallel()
	c, err := ReadConfig(strings.NewReader(soundConfig), false)
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits.MaxMessage != 1<<20 || c.Limits.SearchTTL == 0 {
		t.Errorf("standard values are missing: %+v", c.Limits)
	}
}

// Each insecure or incomplete setting is refused by its name.
func TestInsecureConfiguration(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct{ from, to, fault string }{
		"plain gRPC":                {`9090", cert: c.pem, key: k.pem`, `9090"`, "grpc.cert"},
		"plain REST on loopback":    {`"0.0.0.0:8443", cert: c.pem, key: k.pem`, `"127.0.0.1:8080"`, "rest.cert"},
		"certificate without a key": {`8443", cert: c.pem, key: k.pem`, `8443", cert: c.pem`, "rest.cert"},
		"no client certificates":    {`, client_ca: ca.pem`, ``, "grpc.client_ca"},
		"no revocation lists":       {`, crl_dir: crl`, ``, "grpc.crl_dir"},
		"metrics for everybody":     {`admin: 127.0.0.1`, `admin: 0.0.0.0`, "admin"},
		"database without TLS":      {`?sslmode=verify-full`, ``, "database.url"},
		"database unchecked":        {`verify-full`, `require`, "database.url"},
		"database by another host":  {`//register_service@db.example/register?sslmode=verify-full`, `///register?host=db.example`, "database.url"},
		"no database":               {`database: {url: "postgres://register_service@db.example/register?sslmode=verify-full"}`, ``, "database.url"},
		"keys in clear":             {`, kms: "hcvault://vault.example:8200/transit/keys/register", token_file: token`, ``, "keys.kms"},
		"no token for the keys":     {`, token_file: token`, ``, "keys.token_file"},
		"no issuer":                 {`issuers: [{url: "https://login.example", forces: ["33"], roles: [investigator], min_acr: aal2}]`, ``, "issuers"},
		"issuer over plain HTTP":    {`min_acr: aal2`, `min_acr: aal2, allow_loopback_http: true`, "issuers[0].allow_loopback_http"},
		"no policy":                 {`policy_dir: policies`, ``, "policy_dir"},
		"no origin":                 {`origin: register.example/log`, ``, "origin"},
		"unknown key":               {`origin:`, "colour: red\norigin:", "colour"},
		"development in a file":     {`origin:`, "development: true\norigin:", "development"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(soundConfig, change.from, change.to, 1)
			if text == soundConfig {
				t.Fatal("the change changes nothing")
			}
			_, err := ReadConfig(strings.NewReader(text), false)
			if err == nil || !strings.Contains(err.Error(), change.fault) {
				t.Errorf("got %v, want a fault of %s", err, change.fault)
			}
		})
	}
}

// The witnesses have standard values, and each fault its name.
func TestWitnesses(t *testing.T) {
	t.Parallel()
	key := func(name string) string {
		_, verifier, err := checkpoint.GenerateCosigner(name)
		if err != nil {
			t.Fatal(err)
		}
		return verifier
	}
	one := "{key: " + key("a") + ", url: https://a.example}"
	two := "{key: " + key("b") + ", url: https://b.example/witness}"
	three := "{key: " + key("c") + ", url: https://c.example}"
	read := func(witnesses string) (*Config, error) {
		return ReadConfig(strings.NewReader(soundConfig+"witnesses: "+witnesses+"\n"), false)
	}
	c, err := read("{list: [" + one + "," + two + "," + three + "]}")
	if err != nil || c.Witnesses.Quorum != 2 || c.Witnesses.Every != time.Minute || c.Witnesses.WarnAfter != 10*time.Minute {
		t.Errorf("%+v, %v", c.Witnesses, err)
	}
	for text, fault := range map[string]string{
		"{quorum: 2, list: [" + one + "]}":                            "witnesses.quorum",
		"{quorum: -1, list: [" + one + "]}":                           "witnesses.quorum",
		"{quorum: 1}":                                                 "witnesses.list",
		"{every: 1ms, list: [" + one + "]}":                           "witnesses.every",
		"{every: 10m, warn_after: 10m, list: [" + one + "]}":          "witnesses.warn_after",
		"{list: [" + one + "," + one + "]}":                           "witnesses.list[1].key",
		"{list: [{key: x, url: https://a.example}]}":                  "witnesses.list[0].key",
		"{list: [" + strings.Replace(one, "https", "http", 1) + "]}":  "witnesses.list[0].url",
		"{list: [" + strings.Replace(one, "https://a", "a", 1) + "]}": "witnesses.list[0].url",
		"{list: [" + strings.Replace(one, "//a", "//u:p@a", 1) + "]}": "witnesses.list[0].url",
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: %v, want a fault of %s", text, err, fault)
		}
	}
}

func TestEveryFaultIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := ReadConfig(strings.NewReader("admin: 0.0.0.0:1\n"), false)
	if err == nil {
		t.Fatal("an empty configuration is accepted")
	}
	for _, name := range []string{"grpc.cert", "grpc.client_ca", "rest.cert", "admin", "database.url", "keys.dir", "issuers", "policy_dir", "origin"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}
