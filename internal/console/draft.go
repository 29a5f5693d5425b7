package console

import (
	"net/url"
	"strings"
)

// draft is a report that is being registered. It stands in the session, sealed,
// until it is registered or the sign-in ends. The victim is never part of it,
// nor is free text in which she might be named.
type draft struct {
	ID string `json:"id"` // the report's reference as a source of its own
	// Revision counts what was sent, so that the register takes what comes later.
	Revision int64  `json:"revision"`
	Nominal  string `json:"nominal"` // of the suspect, once registered or when chosen
	Chosen   bool   `json:"chosen"`  // an own record that was there before
	// Sent says that the suspect as he stands here is registered, which is kept
	// when the report on him is not accepted yet; Links and Flags are what came of
	// it.
	Sent    bool       `json:"sent"`
	Links   []madeLink `json:"links"`
	Flags   []string   `json:"flags"`
	Label   string     `json:"label"` // the suspect's name, to show
	Suspect url.Values `json:"suspect"`
	Conduct url.Values `json:"conduct"`
	Search  string     `json:"search"` // the possible matches
}

// registered is what the registration of a report, or of a breach, came to.
type registered struct {
	Breach  bool         `json:"breach,omitempty"`
	Label   string       `json:"label,omitempty"` // the suspect's name; empty for a breach
	Nominal string       `json:"nominal"`
	Flags   []string     `json:"flags"`
	Receipt *receiptView `json:"receipt"`
	// Links and Check, a PersonCheck, are what the register answered that it knows of
	// him. They are shown once, and not kept: who looks again is logged again.
	Links []madeLink `json:"links,omitempty"`
	Check []byte     `json:"check,omitempty"`
	Shown bool       `json:"shown,omitempty"`
}

type madeLink struct {
	Name, State, Force, Probability string
}

// withoutVictim copies a form without what must not be kept.
func withoutVictim(v url.Values) url.Values {
	out := url.Values{}
	for name, values := range v {
		if !strings.HasPrefix(name, "victim") && name != "narrative" && name != "action" {
			out[name] = values
		}
	}
	return out
}
