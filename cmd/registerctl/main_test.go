package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/client/clienttest"
	"github.com/perpetrator-register/register/internal/devstack/idp"
	"github.com/perpetrator-register/register/internal/devstack/pki"
)

var update = flag.Bool("update", false, "write the golden files")

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// bench is a fake register and a configuration with which to call it.
type bench struct {
	t    *testing.T
	fake *fake
	site *clienttest.Site
	dir  string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	t.Setenv("REGISTER_TOKEN", "")
	b := &bench{t: t, fake: &fake{}, dir: t.TempDir()}
	b.site = clienttest.Serve(t, b.fake.register, pki.System{Force: "33", Name: "crime"}, pki.System{Force: "10", Name: "crime"}, pki.System{Force: "10", Name: "other"})
	c := &client.Config{Profiles: map[string]client.Profile{
		"system-33": b.site.Profile(pki.System{Force: "33", Name: "crime"}),
		"nobody":    b.site.Profile(pki.System{}),
	}, Profile: "system-33"}
	path := filepath.Join(b.dir, "registerctl.yaml")
	if err := c.Save(path); err != nil {
		t.Fatal(err)
	}
	t.Setenv("REGISTERCTL_CONFIG", path)
	return b
}

// run runs the program and checks that nothing it prints can harm a terminal.
func (b *bench) run(in string, args ...string) (code int, out, errOut string) {
	b.t.Helper()
	var o, e strings.Builder
	code = run(b.t.Context(), args, strings.NewReader(in), &o, &e)
	for _, r := range o.String() + e.String() {
		if unicode.IsControl(r) && r != '\n' || r == '\u202e' {
			b.t.Errorf("%v prints %U", args, r)
		}
	}
	return code, o.String(), e.String()
}

func (b *bench) golden(name, got string) {
	b.t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		b.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

var because = []string{"--reason", "CRIME_INVESTIGATION", "--reference", "33/1/26"}

func TestSearch(t *testing.T) {
	b := newBench(t)
	args := append([]string{"search", "--given", "Callum", "--surname", "Thackary", "--alias", "Cal, T", "--dob", "~1987-03", "--sex", "m", "--phone", "07700 900123",
		"--handle", "instagram:cal", "--identifier", "pnc:1981/0000034U", "--identifier", "vehicle:AB12CDE", "--on-behalf-of", "4711", "--receipt", filepath.Join(b.dir, "receipts")}, because...)
	code, out, errOut := b.run("", args...)
	if code != exitOK || errOut != "" {
		t.Errorf("exit %d, %s", code, errOut)
	}
	b.golden("search.txt", out)
	b.golden("search-asked.json", asked(t, b.fake))
	if b.fake.names[0] != "register://forces/33/systems/crime" || b.fake.token != "" {
		t.Errorf("called as %q with token %q", b.fake.names, b.fake.token)
	}
	if data, err := os.ReadFile(filepath.Join(b.dir, "receipts")); err != nil || !strings.HasPrefix(string(data), "index=41;leaf=") {
		t.Errorf("receipt %q, %v", data, err)
	}
	code, out, errOut = b.run("", append([]string{"--json", "search", "--surname", "Thackary"}, because...)...)
	if code != exitOK || !strings.Contains(errOut, "entry 41") {
		t.Errorf("exit %d, %s", code, errOut)
	}
	b.golden("search.json", out)
}

func asked(t *testing.T, f *fake) string {
	t.Helper()
	var b strings.Builder
	a := &app{out: &b}
	if err := a.printJSON(f.search); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSearchWithoutAnswer(t *testing.T) {
	b := newBench(t)
	for _, tt := range []struct {
		name    string
		args    []string
		code    int
		out     string // wanted in the output; empty: nothing may be there
		errLine string
	}{
		{"no hit", []string{"--surname", "Nobody"}, exitNoHit, "No record does not mean no risk", ""},
		{"down", []string{"--surname", "Down"}, exitNotAnswered, "", "NOT CHECKED"},
		{"no outcome", []string{"--surname", "Odd"}, exitNotAnswered, "", "NOT CHECKED"},
		{"hit without candidates", []string{"--surname", "Contradiction"}, exitNotAnswered, "", "NOT CHECKED"},
		{"own details", []string{"--surname", "Self"}, exitFault, "", "SELF_SEARCH"},
		{"fields", []string{"--surname", "Bad"}, exitFault, "", "\n  search.criteria.phones[0]: is not a number\n"},
		{"no server", []string{"--surname", "X", "--server", "127.0.0.1:1"}, exitNotAnswered, "", "nothing about the person.\nregisterctl: the register cannot be reached: dial tcp 127.0.0.1:1"},
		{"nobody", []string{"--surname", "X", "--profile", "nobody"}, exitUsage, "", "as whom?"},
		{"no such profile", []string{"--surname", "X", "--profile", "nix"}, exitUsage, "", "system-33"},
		{"bad date", []string{"--surname", "X", "--dob", "yesterday", "--sex", "?", "--identifier", "x"}, exitUsage, "", "--sex: "},
		{"bad flag", []string{"--shoe-size", "9"}, exitUsage, "", "unknown flag"},
	} {
		code, out, errOut := b.run("", append(append([]string{"search"}, tt.args...), because...)...)
		if code != tt.code || tt.out == "" && out != "" || !strings.Contains(out, tt.out) || !strings.Contains(errOut, tt.errLine) {
			t.Errorf("%s: exit %d\n%s%s", tt.name, code, out, errOut)
		}
	}
	if code, _, errOut := b.run("", "search", "--surname", "X"); code != exitUsage || !strings.Contains(errOut, "--reason") {
		t.Errorf("no reason: exit %d, %s", code, errOut)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAnswerThatCannotBeShown(t *testing.T) {
	newBench(t)
	for _, form := range [][]string{nil, {"--json"}} {
		var errOut strings.Builder
		code := run(t.Context(), append(append(form, "search", "--surname", "Nobody"), because...), strings.NewReader(""), fullDisk{}, &errOut)
		if code != exitFault || !strings.Contains(errOut.String(), "NOT CHECKED") {
			t.Errorf("%v: exit %d, %s", form, code, errOut.String())
		}
	}
}

func TestCriteriaFile(t *testing.T) {
	b := newBench(t)
	if code, _, errOut := b.run(`{"names":[{"given":"A","surname":"B"}],"birthDate":{"year":1980,"month":2}}`, append([]string{"search", "--criteria-file", "-", "--dob", "1981", "--phone", "1"}, because...)...); code != exitOK {
		t.Fatalf("exit %d, %s", code, errOut)
	}
	if c := b.fake.search.GetCriteria(); c.GetNames()[0].GetSurname() != "B" || c.GetBirthDate().GetYear() != 1981 || c.GetBirthDate().GetMonth() != 0 || len(c.GetPhones()) != 1 {
		t.Errorf("%v", c)
	}
	whole := `{"reason":"R","justification":"because of it","criteria":{"names":[{"full":"A B"}]}}`
	if code, _, errOut := b.run(whole, "search", "--criteria-file", "-"); code != exitOK || b.fake.search.GetJustification() != "because of it" {
		t.Errorf("exit %d, %s, %v", code, errOut, b.fake.search)
	}
	for _, bad := range []string{"", "[]", `{"shoe":1}`} {
		if code, _, _ := b.run(bad, append([]string{"search", "--criteria-file", "-"}, because...)...); code != exitUsage {
			t.Errorf("%q: exit %d", bad, code)
		}
	}
}

func TestShowAndLists(t *testing.T) {
	b := newBench(t)
	for name, args := range map[string][]string{
		"candidate.txt": {"show", searchID + "/candidates/1"},
		"nominal.json":  {"--json", "show", nominal().GetName()},
		"course.txt":    {"show", course().GetName()},
		"forces.txt":    {"forces"},
		"codes.txt":     {"codes", "search-reasons"},
		"whoami.txt":    {"whoami"},
	} {
		code, out, errOut := b.run("", args...)
		if code != exitOK || errOut != "" {
			t.Errorf("%s: exit %d, %s", name, code, errOut)
		}
		b.golden(name, out)
	}
	if code, out, _ := b.run("", "show", searchID); code != exitOK || !strings.Contains(out, "as it was found then") {
		t.Errorf("show search: exit %d\n%s", code, out)
	}
	if code, _, _ := b.run("", "show", "victims/1"); code != exitUsage {
		t.Errorf("exit %d", code)
	}
	if code, _, _ := b.run("", "--officer", "4711", "whoami"); code != exitOK || b.fake.officer != "4711" {
		t.Errorf("exit %d, officer %q", code, b.fake.officer)
	}
	if code, out, _ := b.run("", "--help"); code != exitOK || !strings.Contains(out, "verify-receipt") {
		t.Errorf("help: exit %d", code)
	}
}

func TestRegister(t *testing.T) {
	b := newBench(t)
	one := `{"parent":"forces/33","nominal":{"source":{"system":"s","reference":"1"},"names":[{"full":"A"}]}}`
	code, out, _ := b.run(one, "register", "-")
	if code != exitOK || !strings.Contains(out, "created, version 1, entry 43\n  probably the same person, unconfirmed (>99.99%): a record of force 10, "+linkID+"\n  look at nominal.identifiers[0]: check letter (UNVERIFIED_IDENTIFIER)") {
		t.Errorf("exit %d\n%s", code, out)
	}
	several := one + "\n" + `{"nominal":{"names":[{"full":"A"}]}}` + "\n" + `{"parent":"forces/33",
		"course":{"source":{"system":"s","reference":"c"}}}`
	code, out, errOut := b.run(several, "register", "-", "--force", "33")
	if code != exitFault || strings.Count(out, "version") != 2 || !strings.Contains(errOut, "record 2 of 3") {
		t.Errorf("exit %d\n%s%s", code, out, errOut)
	}
	code, out, _ = b.run(`{"course":{"source":{"system":"s","reference":"c"}}}`, "register", "-", "--force", "33", "--check", "CRIME_INVESTIGATION")
	for _, want := range []string{"CHECKED (possible, unconfirmed)", "is restricted", "Restraining order, force 10", "A breach: An offence: arrest.", "SERIAL", "NO_ACTION, by "} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("checked: exit %d, no %q\n%s", code, want, out)
		}
	}
	for _, bad := range []string{"", "{", `{"shoe":1}`} {
		if code, _, _ := b.run(bad, "register", "-"); code != exitFault {
			t.Errorf("%q: exit %d", bad, code)
		}
	}
	// All that cannot be read is named at once, and nothing is sent.
	code, out, errOut = b.run(`{"shoe":1}`+one+`{"nominal":{"shoe":1}}{`, "register", "-")
	for _, want := range []string{"nothing was registered", "record 1: ", "record 3: ", "record 4: is not JSON"} {
		if code != exitFault || out != "" || !strings.Contains(errOut, want) {
			t.Errorf("exit %d, no %q\n%s%s", code, want, out, errOut)
		}
	}
}

func TestImport(t *testing.T) {
	b := newBench(t)
	path := filepath.Join(b.dir, "people.csv")
	if err := os.WriteFile(path, []byte("id,\"full\nname\",born\n1,A B,1980\n2,C D,never\n3,E F,2/3/1981\n4,G H,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--json", "import", path, "--system", "crime", "--map", "id=reference,full\nname=name,born=dob", "--spread-forces", "33,10", "--cert-dir", filepath.Join(b.site.PKI.Dir, "clients")}
	code, out, errOut := b.run("", args...)
	var summary map[string]float64
	if err := json.Unmarshal([]byte(out), &summary); err != nil || code != exitRejects || summary["created"] != 3 || summary["rejected"] != 1 || !strings.Contains(errOut, "people.csv.rejects.jsonl") {
		t.Errorf("exit %d, %v\n%s%s", code, err, out, errOut)
	}
	for ref, who := range b.fake.imported {
		if force := who[len("forces/"):][:2]; who != "forces/"+force+" by register://forces/"+force+"/systems/crime" {
			t.Errorf("%s: %s", ref, who)
		}
	}
	if code, _, errOut := b.run("", append(args, "--lenient", "--dry-run")...); code != exitOK {
		t.Errorf("dry run: exit %d, %s", code, errOut)
	}
	b.fake.imported = nil
	lines := `{"nominal":{"source":{"system":"s","reference":"j1"},"names":[{"full":"A"}]}}` + "\n"
	if code, out, errOut := b.run(lines, "import", "-", "--format", "jsonl", "--force", "33"); code != exitOK || len(b.fake.imported) != 1 || !strings.Contains(out, "1 created") {
		t.Errorf("exit %d\n%s%s", code, out, errOut)
	}
	for name, bad := range map[string][]string{
		"no map": {path}, "no format": {filepath.Join(b.dir, "x.dat")}, "no file": {filepath.Join(b.dir, "x.csv"), "--map", "a=b"},
		"bad map": {path, "--map", "id=shoe", "--system", "x", "--force", "33"},
	} {
		if code, _, _ := b.run("", append([]string{"import"}, bad...)...); code != exitUsage {
			t.Errorf("%s: exit %d", name, code)
		}
	}
	if code, _, errOut := b.run("", "import", path, "--system", "nix", "--force", "99", "--map", "id=reference,born=alias", "--cert-dir", b.dir); code != exitFault || !strings.Contains(errOut, "certificates of force 99") {
		t.Errorf("exit %d, %s", code, errOut)
	}
}

func TestLogList(t *testing.T) {
	b := newBench(t)
	code, out, errOut := b.run("", "--json", "log", "list", "--purpose", "self-monitoring", "--reference", "REV/1", "--since", "2d", "--until", "2026-11-20T08:00:00Z", "--limit", "3")
	var got struct {
		Entries       []map[string]any
		NextPageToken string
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitOK || len(got.Entries) != 3 || got.NextPageToken != "2" {
		t.Errorf("exit %d, %v\n%s%s", code, err, out, errOut)
	}
	if l := b.fake.list; l.GetParent() != "forces/33" || l.GetPurpose() != 2 || l.GetPageSize() != 1 || l.GetEndTime().GetSeconds() != 1795161600 {
		t.Errorf("%v", l)
	}
	if code, out, _ := b.run("", "log", "list", "--purpose", "security", "--reference", "REV/1", "--all-forces", "--page-token", "2"); code != exitOK || strings.Count(out, "CreateSearch") != 2 || b.fake.list.GetParent() != "forces/-" {
		t.Errorf("exit %d\n%s", code, out)
	}
	for _, bad := range [][]string{{"--purpose", "curiosity"}, {"--purpose", "security", "--since", "noon"}, {"--purpose", "security", "--all-forces", "--force", "33"}, {"--purpose", "security", "--limit", "0"}} {
		if code, _, _ := b.run("", append([]string{"log", "list", "--reference", "REV/1"}, bad...)...); code != exitUsage {
			t.Errorf("%v: exit %d", bad, code)
		}
	}
}

func TestLoginAndTokens(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	p, err := idp.Start(ctx, idp.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := p.Wait(); err != nil {
			t.Error(err)
		}
	})
	profile := b.site.Profile(pki.System{})
	if profile.Issuer, err = p.Issuer("investigator-33"); err != nil {
		t.Fatal(err)
	}
	profile.Account = "investigator-33"
	c := &client.Config{Profiles: map[string]client.Profile{"investigator-33": profile}}
	if err := c.Save(filepath.Join(b.dir, "registerctl.yaml")); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := b.run("", "whoami"); code != exitFault || !strings.Contains(errOut, "registerctl login") {
		t.Errorf("before: exit %d, %s", code, errOut)
	}
	if code, out, errOut := b.run("", "login"); code != exitOK || !strings.Contains(out, "(investigator-33)") {
		t.Errorf("login: exit %d\n%s%s", code, out, errOut)
	}
	_, token, _ := b.run("", "token")
	token = strings.TrimSpace(token)
	if code, out, _ := b.run("", "whoami"); code != exitOK || b.fake.token != "Bearer "+token || strings.Contains(out, token) {
		t.Errorf("whoami: exit %d, token %q", code, b.fake.token)
	}
	t.Setenv("REGISTER_TOKEN", "from.the.environment")
	if code, _, _ := b.run("", "whoami"); code != exitOK || b.fake.token != "Bearer from.the.environment" {
		t.Errorf("exit %d, token %q", code, b.fake.token)
	}
	t.Setenv("REGISTER_TOKEN", "secret\nheader")
	if code, _, errOut := b.run("", "whoami"); code == exitOK || strings.Contains(errOut, "secret") {
		t.Errorf("a token with a line end: exit %d, %s", code, errOut)
	}
	t.Setenv("REGISTER_TOKEN", "")
	if code, out, _ := b.run("", "logout"); code != exitOK || out != "Signed out.\n" {
		t.Errorf("logout: exit %d, %s", code, out)
	}
	if code, _, _ := b.run("", "token"); code != exitFault {
		t.Errorf("token after logout: exit %d", code)
	}
}
