package scenario

// Transfer is a matter that goes to another force.
type Transfer struct {
	Course string `yaml:"course"`
	To     string `yaml:"to"`
	// State is OFFERED, which changes nothing, or ACCEPTED.
	State string `yaml:"state"`
}

// Search is a search through the register's interface.
type Search struct {
	Force string `yaml:"force"`
	Role  string `yaml:"role"` // investigator if empty
	Self  bool   `yaml:"self"` // for the searcher himself
	// Unexplained is one for no incident that he names.
	Unexplained bool `yaml:"unexplained"`
	// Times repeats it for as many unknown names.
	Times int `yaml:"times"`
	// Finds says that the suspect must be found; else nobody.
	Finds bool `yaml:"finds"`
}

// Ask is a question about the suspect that one force puts to another, which answers.
type Ask struct {
	Force  string `yaml:"force"`
	Of     string `yaml:"of"`
	Text   string `yaml:"text"`
	Answer string `yaml:"answer"`
}

// Expect is what must hold after a step.
type Expect struct {
	// Open are all prompts that hold: "CODE force", "CODE force x3", "CODE" when no
	// force must act; with "possible" or "unconfirmed" behind where it is so.
	Open []string `yaml:"open"`
	// Told are duties with a role that has been told by now: "NO_ACTION 33 SUPERVISOR";
	// NotYet those with a role that has not.
	Told   []string `yaml:"told"`
	NotYet []string `yaml:"not_yet"`
	// Needs are why a matter must not be closed plainly: "main: SERIAL VIOLENCE".
	Needs []string `yaml:"needs"`
	// Guidance are codes of advice that the card shows, Warnings its warnings in order,
	// Measures the kinds of measures in force in order.
	Guidance []string `yaml:"guidance"`
	Warnings []string `yaml:"warnings"`
	Measures []string `yaml:"measures"`
	// Answered is what the check with a registration of this step answered.
	Answered *Answered `yaml:"answered"`
	// Alerts are alerts by now: "KIND force audience"; through the interface only.
	Alerts []string `yaml:"alerts"`
	// Flags are flags in a force's PSD queue by now: "rule force"; an empty list means
	// that no force's has any. Disclosures are what stands in the log as disclosed by
	// now: "force recipient". Both through the interface only.
	Flags       []string `yaml:"flags"`
	Disclosures []string `yaml:"disclosures"`
}

// Answered is what a force's system is told of the suspect when it asks with a registration.
type Answered struct {
	// Victims are his principal victims at least, Forces those that recorded conduct.
	Victims int      `yaml:"victims"`
	Forces  []string `yaml:"forces"`
	// Prompts are as those of Expect.Open, Warnings and Measures as those of Expect.
	Prompts  []string `yaml:"prompts"`
	Warnings []string `yaml:"warnings"`
	Measures []string `yaml:"measures"`
	// Duties are the codes of the force's open duties; through the interface only.
	Duties []string `yaml:"duties"`
}
