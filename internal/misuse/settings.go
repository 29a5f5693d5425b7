package misuse

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Settings are the thresholds of the rules: data, versioned apart from the program,
// shown to those who judge use and never to those who are judged.
type Settings struct {
	// Version names this set; every flag bears it.
	Version string `json:"version"`
	// Horizon is how many days back any rule looks.
	Horizon int `json:"horizon_days"`
	// Claims bound what a reference explains before its force has confirmed it.
	Claims Claims `json:"claims"`
	// Rules are the thresholds of each rule by its code.
	Rules map[string]Thresholds `json:"rules"`
}

// Claims say how far a reference is believed that no force has told of (yet), or
// that is allocated to others.
type Claims struct {
	// Persons is how many people one such reference explains …
	Persons int `json:"persons"`
	// … and for these roles: one incident brings up more people in the control room,
	// the caller, the suspect, who keeps the car, who lives there.
	PersonsByRole map[string]int `json:"persons_by_role"`
	// References is how many such references explain anything in a day …
	References int `json:"references_a_day"`
	// … and for these roles, whose work it is to take in new incidents.
	ReferencesByRole map[string]int `json:"references_a_day_by_role"`
	// Settle is after how many hours a force that tells of its cases must have told
	// of one.
	Settle int `json:"settle_hours"`
}

func (c Claims) references(e *Event) int { return forRole(c.References, c.ReferencesByRole, e) }

func (c Claims) persons(e *Event) int { return forRole(c.Persons, c.PersonsByRole, e) }

// forRole is a bound, or a wider one that a role of the actor has.
func forRole(most int, byRole map[string]int, e *Event) int {
	for _, r := range e.Roles {
		most = max(most, byRole[r])
	}
	return most
}

// Thresholds are the numbers of one rule.
type Thresholds map[string]int

// Names of thresholds that every rule has.
const (
	tOn    = "on"         // 1: the rule is in force
	tAgain = "again_days" // one flag at most about the same in so many days
)

// maxThreshold bounds every threshold.
const maxThreshold = 1_000_000

// ParseSettings reads settings from JSON. Every fault is named at once.
func ParseSettings(data []byte) (*Settings, error) {
	var s Settings
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("misuse rules: not the JSON of thresholds: %w", err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("misuse rules: %w", err)
	}
	return &s, nil
}

func (s *Settings) check() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Version == "" {
		fault("version must not be empty")
	}
	if s.Horizon < 28 || s.Horizon > 400 {
		fault("horizon_days must be from 28 to 400")
	}
	if s.Claims.Persons < 1 || s.Claims.References < 1 || s.Claims.Settle < 1 {
		fault("claims: persons, references_a_day and settle_hours must be at least 1")
	}
	for _, code := range slices.Sorted(maps.Keys(s.Rules)) {
		if _, ok := RuleOf(code); !ok {
			fault("rules: there is no rule %s", code)
		}
	}
	for _, r := range Rules() {
		t, ok := s.Rules[r.Code]
		if !ok {
			fault("rules: %s is missing", r.Code)
			continue
		}
		wanted := map[string]bool{tOn: true, tAgain: true}
		for _, name := range r.Thresholds {
			wanted[name.Name] = true
		}
		for _, name := range slices.Sorted(maps.Keys(t)) {
			v := t[name]
			switch {
			case !wanted[name]:
				fault("rules: %s has no threshold %s", r.Code, name)
			case name == tOn && (v < 0 || v > 1):
				fault("rules: %s: on must be 0 or 1", r.Code)
			case name != tOn && (v < 1 || v > maxThreshold):
				fault("rules: %s: %s must be from 1 to %d", r.Code, name, maxThreshold)
			case isDays(name) && v+t[tAgain] > s.Horizon:
				fault("rules: %s: %s and again_days together must not exceed the horizon", r.Code, name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(wanted)) {
			if _, ok := t[name]; !ok {
				fault("rules: %s: %s is missing", r.Code, name)
			}
		}
	}
	return errors.Join(errs...)
}

func isDays(name string) bool { return name == tDays || name == tLongDays }

func (s *Settings) settle() time.Duration { return time.Duration(s.Claims.Settle) * time.Hour }
