package server

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
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

// A value that a setting does not take is told by the setting's name, in words that say
// what it takes, and all such at once.
func TestUnreadableSettingsAreNamed(t *testing.T) {
	t.Parallel()
	text := soundConfig + `limits:
  call_timeout: ten
  search_ttl: 8
  burst: many
  per_second: fast
  colour: red
  max_message: [1]
  burst: 7
witnesses: {list: {key: a}}
console: {url: "https://a.example", providers: [{titel: x}]}
shade: dark
`
	_, err := ReadConfig(strings.NewReader(text), false)
	if err == nil {
		t.Fatal("it is read")
	}
	want := `limits.call_timeout: takes a length of time such as 10s, not "ten", at line 11
limits.search_ttl: takes a length of time such as 10s, not "8", at line 12
limits.burst: takes a whole number such as 50, not "many", at line 13
limits.per_second: takes a number such as 500, not "fast", at line 14
there is no setting limits.colour, at line 15
limits.max_message: takes a whole number such as 50, not a list, at line 16
limits.burst: stands twice, at lines 13 and 17
witnesses.list: takes a list such as [a, b], not settings, at line 18
there is no setting console.providers[0].titel, at line 19
there is no setting shade, at line 20`
	if err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if _, err := ReadConfig(strings.NewReader("grpc: &port {listen: 127.0.0.1:1}\nrest: {<<: *port, lisen: x}\n"), true); err == nil || err.Error() != "there is no setting rest.lisen, at line 2" {
		t.Errorf("with a group taken over: %v", err)
	}
	if _, err := ReadConfig(strings.NewReader("just words\n"), true); err == nil || !strings.HasPrefix(err.Error(), "configuration: takes settings") {
		t.Errorf("words: %v", err)
	}
}

// Of the limits, each that is negative is named.
func TestNegativeLimits(t *testing.T) {
	t.Parallel()
	names := []string{"per_second", "burst", "person_per_second", "person_burst", "max_message", "search_ttl", "call_timeout", "header_timeout", "proposals_per_day", "body_timeout"}
	if n := reflect.TypeFor[Limits]().NumField(); n != len(names) {
		t.Errorf("there are %d limits", n)
	}
	for _, name := range names {
		value := "-1"
		if strings.HasSuffix(name, "timeout") || strings.HasSuffix(name, "ttl") {
			value = "-1s"
		}
		_, err := ReadConfig(strings.NewReader(soundConfig+"limits: {"+name+": "+value+"}\n"), false)
		if err == nil || !strings.HasPrefix(err.Error(), "limits."+name+": ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a server cannot read at its start is told by the setting and the file.
func TestUnreadableFilesAreNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	words, none := filepath.Join(dir, "README.md"), filepath.Join(dir, "none")
	if err := os.WriteFile(words, []byte("# Words\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := Server{config: &Config{
		GRPC:      Listener{Cert: words, Key: words, ClientCA: words, CRLDir: dir},
		REST:      Listener{Cert: words, Key: words, ClientCA: none, CRLDir: none},
		PolicyDir: dir, Weights: words, Keys: Keys{Dir: none},
	}}
	if err := os.WriteFile(filepath.Join(dir, MisuseFile), []byte("# Words\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, keys := s.config.Keys.Open(t.Context())
	_, rules := s.config.MisuseSettings()
	_, token := Keys{KMS: vaultScheme + "a.example/transit/keys/k", TokenFile: none}.Provider()
	got := errors.Join(s.openTLS(), s.readData(), keys, rules, token).Error()
	for _, want := range []string{
		"grpc.cert: " + words + " with the key " + words + ": ", "rest.client_ca: open " + none + ": no such", "rest.crl_dir: open " + none + ": no such",
		"weights: " + words + ": not the JSON", "keys.dir: " + none + ": ", "policy_dir: " + filepath.Join(dir, MisuseFile) + ": ", "keys.token_file: open " + none,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n"); n != 6 {
		t.Errorf("%d lines:\n%s", n+1, got)
	}
}

// The admin port is on loopback in development too: it has no authentication.
func TestAdminIsOnLoopback(t *testing.T) {
	t.Parallel()
	for _, development := range []bool{false, true} {
		_, err := ReadConfig(strings.NewReader(strings.Replace(soundConfig, "admin: 127.0.0.1", "admin: 0.0.0.0", 1)), development)
		if err == nil || !strings.HasPrefix(err.Error(), "admin: ") {
			t.Errorf("development %v: %v", development, err)
		}
	}
}

// Whoever gives a command the configuration of the development register is told what it
// is; whoever forgot a setting of a real one is not shown a way around it.
func TestDevelopmentConfigurationIsTold(t *testing.T) {
	t.Parallel()
	const development = `
database: {url: "postgres://register_service@127.0.0.1/register"}
keys: {dir: keys}
issuers: [{url: "http://127.0.0.1:8081", forces: ["33"], roles: [investigator], min_acr: aal2, allow_loopback_http: true}]
policy_dir: policies
origin: register.example/log
`
	without := func(part string) string { return strings.Replace(soundConfig, part, "", 1) }
	for name, c := range map[string]struct {
		text string
		told bool
	}{
		"development":             {development, true},
		"development, but broken": {development + "limits: {burst: -1}\n", false},
		"without a key service":   {without(`, kms: "hcvault://vault.example:8200/transit/keys/register", token_file: token`), false},
		"without client roots":    {without(`, client_ca: ca.pem`), false},
	} {
		path := filepath.Join(t.TempDir(), "register.yaml")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadConfig(path, false)
		if err == nil || strings.HasPrefix(err.Error(), path+" is a development configuration") != c.told || strings.Contains(err.Error(), "--development") != c.told {
			t.Errorf("%s: %v", name, err)
		}
		if c.told && !strings.Contains(err.Error(), "\nkeys.kms: ") {
			t.Errorf("%s: the faults are missing: %v", name, err)
		}
		if _, err := LoadConfig(path, true); c.told && err != nil {
			t.Errorf("%s: %v", name, err)
		}
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
