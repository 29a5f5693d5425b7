package access_test

import (
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/policies"
)

// used are the pairs that calls name today.
var used = permissions(
	"nominal register", "nominal read", "nominal list", "nominal cancel", "nominal restrict", "nominal erase", "nominal find",
	"course register", "course read", "course list", "course cancel", "course erase",
	"search create", "search read", "candidate read", "log list", "log prove",
	"link list", "link read", "link decide", "alert list", "alert acknowledge",
	"duty list", "duty read", "duty assign", "duty close", "duty approve", "prompt judge", "prompt read",
	"sanction impose", "sanction lift", "sanction list", "log unseal", "log inquire", "evidence make", "log review",
	"sample begin", "sample commit", "sample take_part", "sample judge", "hold place", "hold list",
	"fact put", "flag list", "misuse_case list", "misuse_case read", "misuse_case work",
	"counter review", "question answer", "question ask", "question list", "question read", "transfer offer", "transfer answer", "transfer read", "transfer list",
	"subscription create", "subscription delete", "subscription list",
	"directory read", "directory update", "client list", "self read",
	"victim settle", "assessment regrade", "history read", "history export", "history list",
)

func permissions(names ...string) []access.Permission {
	out := make([]access.Permission, 0, len(names))
	for _, n := range names {
		resource, action, _ := strings.Cut(n, " ")
		out = append(out, access.Permission{Resource: resource, Action: action})
	}
	return out
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := fs.ReadFile(policies.Files, name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func shipped(t testing.TB) *access.Policy {
	t.Helper()
	p, err := loadShipped()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Policies are immutable: the tests share one.
var loadShipped = sync.OnceValues(func() (*access.Policy, error) {
	s, err := access.OpenPolicy(policies.Files, used)
	if err != nil {
		return nil, err
	}
	return s.Current(), nil
})

func TestShippedPolicyPassesItsTests(t *testing.T) {
	p := shipped(t)
	ran, faults, err := access.CheckTests(p, file(t, "permissions_test.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Errorf("line %d: %s: %s", f.Line, f.Text, f.Problem)
	}
	if ran < 9*len(used) {
		t.Errorf("ran %d tests, want at least one per role and permission", ran)
	}
	if w := p.Warnings(); len(w) != 0 {
		t.Errorf("warnings: %v", w)
	}
	if len(p.Hash()) != 64 {
		t.Errorf("hash %q", p.Hash())
	}
}

// What must hold whatever else the policy comes to say.
func TestSeparationOfDuties(t *testing.T) {
	p := shipped(t)
	allowed := func(role access.Roles, perm access.Permission) bool {
		_, ok := p.Decide(role, perm.Resource, perm.Action)
		return ok
	}
	for _, perm := range used {
		record := perm.Resource == "nominal" || perm.Resource == "course" || perm.Resource == "candidate" || perm.Resource == "search" ||
			perm.Resource == "link" || perm.Resource == "alert" || perm.Resource == "duty" || perm.Resource == "prompt"
		if record && (allowed(access.RoleAdmin, perm) || allowed(access.RoleAuditor, perm)) {
			t.Errorf("admin or auditor has %s", perm)
		}
		for _, r := range access.AllRoles() {
			if perm.String() == "nominal restrict" && allowed(r, perm) != (r == access.RolePSD) {
				t.Errorf("%s: %s", r, perm)
			}
			if perm.String() == "link decide" && allowed(r, perm) != (r == access.RoleSPOC || r == access.RoleSupervisor) {
				t.Errorf("%s: %s", r, perm)
			}
			if perm.Resource != "search" && perm.Resource != "candidate" && record {
				if g, ok := p.Decide(r, perm.Resource, perm.Action); ok && g.Scope != access.ScopeOwnForce {
					t.Errorf("%s reaches other forces by %s", r, perm)
				}
			}
		}
	}
	psd := access.Actor{Roles: access.RolePSD, Force: "33"}
	if !p.MaySeeSilent(psd, "33") || p.MaySeeSilent(psd, "10") || p.MaySeeSilent(psd, "") {
		t.Error("SILENT is for the owner's PSD alone")
	}
	if p.MaySeeSilent(access.Actor{Roles: ^access.RolePSD, Force: "33"}, "33") {
		t.Error("SILENT is seen without PSD")
	}
}

func TestLoadPolicyRefuses(t *testing.T) {
	model := string(file(t, "model.conf"))
	const line = "p, admin, self, read, any\n"
	one := permissions("self read", "log list")
	for name, c := range map[string]struct {
		model, csv, want string
		used             []access.Permission
	}{
		"nothing used":            {model, line, "no permissions are in use", nil},
		"empty policy":            {model, "", "empty", one},
		"comments only":           {model, "# nothing\n\n", "empty", one},
		"empty model":             {"", line, "model", one},
		"garbled model":           {"\x00\xff[[", line, "model", one},
		"binary policy":           {model, "p, admin\x00", "not a text file", one},
		"unknown role":            {model, "p, root, self, read, any\n", "unknown role", one},
		"unknown scope":           {model, "p, admin, self, read, all\n", "unknown scope", one},
		"unknown resource":        {model, "p, admin, shelf, read, any\n", "no call uses", one},
		"unknown action":          {model, "p, admin, self, raed, any\n", "no call uses", one},
		"wildcard":                {model, "p, *, self, read, any\n", "unknown role", one},
		"short line":              {model, "p, admin, self, read\n", "want: p", one},
		"long line":               {model, "p, admin, self, read, any, deny\n", "want: p", one},
		"grouping line":           {model, line + "g, admin, psd\n", "want: p", one},
		"user line":               {model, line + "g, alice, admin, x, y\n", "want: p", one},
		"quotes":                  {model, `p, admin, "self", read, any` + "\n", "quotes", one},
		"repeated line":           {model, line + line, "already says", one},
		"two scopes for one role": {model, "p, psd, log, list, own_log\np, psd, log, list, all_logs\n", "already says", one},
		"scopes of two families":  {model, "p, psd, log, list, own_log\np, auditor, log, list, any\n", "cannot be compared", one},
		"joining characters":      {model, "p, admin, self$$read, read, any\n", "no call uses", one},
		"ill-formed use":          {model, line, "ill-formed", permissions("self$$read read")},
		"model allows more":       {strings.Replace(model, "r.action == p.action && ", "", 1), "p, admin, self, read, any\n", "differ", permissions("self read", "self update")},
		"model allows less":       {strings.Replace(model, "covers(p.scope, r.scope)", "p.scope == r.scope", 1), "p, auditor, log, list, all_logs\n", "differ", one},
		"model allows everything": {strings.Replace(model, "m = ", "m = true || ", 1), line, "differ", one},
		"model ignores the role":  {strings.Replace(model, "r.role == p.role && ", "", 1), line, "differ", one},
		"model with deny effect":  {strings.Replace(model, "some(where (p.eft == allow))", "!some(where (p.eft == deny))", 1), line, "differ", one},
		"matcher calls unknown":   {strings.ReplaceAll(model, "covers(", "reaches("), line, "model", one},
		"matcher wrong type":      {strings.Replace(model, "r.role == p.role", "r.role", 1), line, "", one},
		"no effect":               {strings.Split(model, "[policy_effect]")[0], line, "model", one},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // that it was refused once, or another was proved, spares it nothing
				p, err := access.LoadPolicy([]byte(c.model), []byte(c.csv), c.used)
				if err == nil {
					t.Fatal("was loaded")
				}
				if p != nil {
					t.Error("a policy came with the error")
				}
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %q does not say %q", err, c.want)
				}
			}
		})
	}
}

func TestLoadPolicyNamesEveryFault(t *testing.T) {
	_, err := access.LoadPolicy(file(t, "model.conf"), []byte("p, root, self, read, any\np, admin, self, read, all\n"), used)
	if err == nil || !strings.Contains(err.Error(), "line 1") || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("error %v does not name both lines", err)
	}
}

func TestUnreachableCallIsAWarning(t *testing.T) {
	p, err := access.LoadPolicy(file(t, "model.conf"), []byte("p, admin, self, read, any\n"), permissions("self read", "log list"))
	if err != nil {
		t.Fatal(err)
	}
	if w := p.Warnings(); len(w) != 1 || w[0] != "no role has log list" {
		t.Errorf("warnings %q", w)
	}
}

func TestDecide(t *testing.T) {
	p := shipped(t)
	g, ok := p.Decide(access.RolePSD|access.RoleAuditor, "log", "list")
	if !ok || g.Scope != access.ScopeAllLogs || !strings.HasSuffix(g.Line, ": p, auditor, log, list, all_logs") || g.PolicyHash != p.Hash() {
		t.Errorf("widest grant: %+v %t", g, ok)
	}
	// The trap of caches that join keys with $$.
	for _, perm := range [][2]string{{"nominal$$read", ""}, {"", "nominal$$read"}, {"nominal", "read$$own_force"}, {"", ""}} {
		if g, ok := p.Decide(^access.Roles(0), perm[0], perm[1]); ok {
			t.Errorf("%q allowed: %+v", perm, g)
		}
	}
	if _, ok := p.Decide(0, "self", "read"); ok {
		t.Error("no role is enough")
	}
	if _, ok := p.Decide(1<<15, "self", "read"); ok {
		t.Error("a role that does not exist is enough")
	}
	var none *access.Policy
	if _, ok := none.Decide(access.RoleAdmin, "self", "read"); ok {
		t.Error("no policy allows")
	}
	if _, ok := new(access.Policy).Decide(access.RoleAdmin, "self", "read"); ok {
		t.Error("the zero policy allows")
	}
}

func TestDecideDoesNotAllocate(t *testing.T) {
	p := shipped(t)
	roles := access.RoleInvestigator | access.RolePSD | access.RoleAuditor
	if n := testing.AllocsPerRun(1000, func() {
		if _, ok := p.Decide(roles, "log", "list"); !ok {
			t.Error("denied")
		}
	}); n != 0 {
		t.Errorf("%v allocations a decision", n)
	}
}

func TestHashTellsTheFilesApart(t *testing.T) {
	model, csv := file(t, "model.conf"), smallPolicy
	hashes := map[string]bool{shipped(t).Hash(): true}
	for _, c := range [][2]string{
		{string(model), csv},
		{string(model) + "\n", csv},
		{string(model), csv + "\n"},
		{string(model) + "#x\n", csv},
	} {
		p, err := access.LoadPolicy([]byte(c[0]), []byte(c[1]), used)
		if err != nil {
			t.Fatal(err)
		}
		hashes[p.Hash()] = true
	}
	if len(hashes) != 5 {
		t.Errorf("%d different hashes, want 5", len(hashes))
	}
}

func TestCheckTests(t *testing.T) {
	p, err := access.LoadPolicy(file(t, "model.conf"), []byte("p, psd, nominal, read, own_force\np, auditor, log, list, all_logs\n"), used)
	if err != nil {
		t.Fatal(err)
	}
	const good = "psd, 33, nominal, read, 33, allow\nauditor, -, log, list, 33, allow\n"
	for name, c := range map[string]struct {
		tests, problem string
		garbled        bool
	}{
		"good":             {good, "", false},
		"wrongly allowed":  {good + "psd, 33, nominal, read, 33, deny\n", "want deny, got allow by line 1: p, psd, nominal, read, own_force", false},
		"wrongly denied":   {good + "dpo, 33, nominal, read, 33, allow\n", "no line grants it", false},
		"out of reach":     {good + "psd, 33, nominal, read, 10, allow\n", "does not reach that force", false},
		"untested line":    {"psd, 33, nominal, read, 33, allow\n", "no allow test exercises policy line 2", false},
		"empty":            {"# none\n", "", true},
		"short line":       {"psd, 33, nominal, read, 33\n", "", true},
		"unknown role":     {"root, 33, nominal, read, 33, allow\n", "", true},
		"unknown outcome":  {"psd, 33, nominal, read, 33, maybe\n", "", true},
		"ill-formed force": {"psd, 333, nominal, read, 33, allow\n", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults, err := access.CheckTests(p, []byte(c.tests))
			if (err != nil) != c.garbled {
				t.Fatalf("error %v", err)
			}
			switch {
			case c.problem == "" && len(faults) > 0:
				t.Errorf("faults %+v", faults)
			case c.problem != "" && (len(faults) != 1 || !strings.Contains(faults[0].Problem, c.problem)):
				t.Errorf("faults %+v do not say %q", faults, c.problem)
			}
		})
	}
}

func BenchmarkDecide(b *testing.B) {
	p := shipped(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := p.Decide(access.RoleInvestigator|access.RoleSPOC, "candidate", "read"); !ok {
			b.Fatal("denied")
		}
	}
}

func BenchmarkLoadPolicy(b *testing.B) {
	model, csv := file(b, "model.conf"), file(b, "permissions.csv")
	for b.Loop() {
		if _, err := access.LoadPolicy(model, csv, used); err != nil {
			b.Fatal(err)
		}
	}
}
