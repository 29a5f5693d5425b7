package client_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/perpetrator-register/register/internal/client"
)

func TestConfig(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sub", "registerctl.yaml")
	if c, err := client.LoadConfig(path, false); err != nil {
		t.Error(err)
	} else if name, _, err := c.Select(""); name != "" || err != nil {
		t.Errorf("an empty configuration: %q, %v", name, err)
	}
	if _, err := client.LoadConfig(path, true); err == nil {
		t.Error("a file that was asked for and is missing must be an error")
	}
	saved := &client.Config{Profiles: map[string]client.Profile{
		"investigator-33": {Server: "127.0.0.1:1", CA: "pki/root.pem", Issuer: "https://127.0.0.1:2/forces/33", Account: "investigator-33"},
		"system-33":       {Cert: "/abs/33.pem", Key: "33-key.pem"},
	}}
	if err := saved.Save(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	c, err := client.LoadConfig(path, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Select(""); err == nil || !strings.Contains(err.Error(), "investigator-33, system-33") {
		t.Errorf("no profile chosen: %v", err)
	}
	if _, _, err := c.Select("nobody"); err == nil {
		t.Error("an unknown profile must be an error")
	}
	_, p, err := c.Select("system-33")
	if err != nil || p.Cert != "/abs/33.pem" || p.Key != filepath.Join(dir, "sub", "33-key.pem") {
		t.Errorf("%+v, %v", p, err)
	}
	if got := c.TokenPath(); got != filepath.Join(dir, "sub", "registerctl.tokens.json") {
		t.Error(got)
	}
	c.Profile = "investigator-33"
	if name, p, err := c.Select(""); name != "investigator-33" || p.CA != filepath.Join(dir, "sub", "pki", "root.pem") || err != nil {
		t.Errorf("default: %q, %+v, %v", name, p, err)
	}
	for name, text := range map[string]string{
		"unknown field":    "profiles: {a: {servr: x}}",
		"cert without key": "profiles: {a: {cert: x.pem}}",
		"not yaml":         "profiles: [",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := client.LoadConfig(path, true); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
