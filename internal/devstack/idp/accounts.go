package idp

import "slices"

// Account is somebody who can sign in.
type Account struct {
	// Login names the account, for login_hint; it is also the token's sub.
	Login string
	// Name is shown on the sign-in page.
	Name string
	// Force is the two-digit code; empty for a national account.
	Force string
	// Collar is the collar number; national accounts have none.
	Collar string
	// Roles are role names.
	Roles []string
}

// path is where the account's issuer stands on the listener.
func (a Account) path() string {
	if a.Force == "" {
		return "/national"
	}
	return "/forces/" + a.Force
}

// forceRoles are those that a force's own provider may grant. What reaches
// over all forces, auditing and administration, is granted nationally.
var forceRoles = []string{"investigator", "control_room", "spoc", "supervisor", "psd", "dpo"}

var nationalRoles = []string{"auditor", "admin"}

// DemoAccounts returns one account for each role in each of three forces (10,
// 33 and 43), such as investigator-33, and the national auditor and admin. What takes
// two people of one role has a second: psd2-33 and so on, and auditor2.
func DemoAccounts() []Account {
	// Invented names, by the forces' order below.
	names := map[string][3]string{
		"investigator": {"Ada Quill", "Ben Osier", "Cai Thorn"},
		"control_room": {"Dee Marsh", "Eli Furze", "Fay Sedge"},
		"spoc":         {"Gus Alder", "Hal Bracken", "Ivy Rowan"},
		"supervisor":   {"Jo Linden", "Kit Hazel", "Lee Elder"},
		"psd":          {"May Reed", "Ned Gorse", "Oz Fern"},
		"dpo":          {"Pia Moss", "Ria Heath", "Sal Briar"},
	}
	var out []Account
	for f, force := range []string{"10", "33", "43"} {
		for r, role := range forceRoles {
			out = append(out, Account{
				Login: role + "-" + force, Name: names[role][f], Force: force,
				Collar: force + string(rune('1'+r)) + "01", Roles: []string{role},
			})
		}
		out = append(out, Account{Login: "psd2-" + force, Name: [...]string{"Uli Heron", "Val Teal", "Wyn Crake"}[f], Force: force, Collar: force + "502", Roles: []string{"psd"}})
	}
	for i, role := range nationalRoles {
		out = append(out, Account{Login: role, Name: [...]string{"Tam Willow", "Una Birch"}[i], Roles: []string{role}})
	}
	out = append(out, Account{Login: "auditor2", Name: "Xan Plane", Roles: []string{"auditor"}})
	return slices.Clip(out)
}
