// Package scenario holds the cases of the published reviews as data: day by day what is
// reported and done, and what the register must and must not raise. The same files run
// through the pure rules and through the register's own interface.
//
// The cases are written from anonymised published accounts. Names, dates and numbers
// are invented; what was added to make a case executable is marked as added.
package scenario

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

//go:embed cases/*.yaml
var files embed.FS

// Case is one case.
type Case struct {
	// ID is the case's name, as of its file.
	ID    string `yaml:"id"`
	Title string `yaml:"title"`
	// Source is the published account, Account what happened in short, Added what was
	// added to make it executable.
	Source  string   `yaml:"source"`
	Account string   `yaml:"account"`
	Added   []string `yaml:"added"`
	// Begins is day 0, YYYY-MM-DD; all times are of that zone's clock, UTC.
	Begins string `yaml:"begins"`
	// Suspect is the person as forces know him; Victims and Courses are by short names
	// that the steps use.
	Suspect Person            `yaml:"suspect"`
	Victims map[string]Person `yaml:"victims"`
	Courses map[string]Course `yaml:"courses"`
	Steps   []Step            `yaml:"steps"`
	// RulesOnly is a case that runs through the rules and not through the interface.
	RulesOnly bool `yaml:"rules_only"`
	// Never are the codes of prompts that must not be raised at any step.
	Never []string `yaml:"never"`
	begin time.Time
}

// Person is an invented person.
type Person struct {
	Given   []string `yaml:"given"`
	Surname string   `yaml:"surname"`
	Born    string   `yaml:"born"`
	Phone   string   `yaml:"phone"`
}

// Course is a course of conduct: one force's part against one victim.
type Course struct {
	Force        string   `yaml:"force"`
	Victim       string   `yaml:"victim"`
	Relationship string   `yaml:"relationship"`
	Motivation   string   `yaml:"motivation"`
	Officer      string   `yaml:"officer"`
	Four         []string `yaml:"four"` // fixated, obsessive, unwanted, repeated
	Associated   []string `yaml:"associated"`
	Unconfirmed  bool     `yaml:"unconfirmed"`
	// Suspect, if given, is another man than the case's own suspect, or one whom nobody
	// knows to be the same: the register has two persons.
	Suspect *Person `yaml:"suspect"`
	// Restriction is that of the nominal: SILENT, CONTACT or SAFETY.
	Restriction string `yaml:"restriction"`
}

// Step is a moment: what is recorded then, in any combination, and what must hold after.
type Step struct {
	// At is the moment, "3d14:05": the day counted from 0, and the time.
	At string `yaml:"at"`
	// Says tells it in words.
	Says        string       `yaml:"says"`
	Reports     []Report     `yaml:"reports"`
	Acts        []Act        `yaml:"acts"`
	Measures    []Measure    `yaml:"measures"`
	Changes     []Change     `yaml:"changes"`
	Breaches    []Breach     `yaml:"breaches"`
	Assessments []Assessment `yaml:"assessments"`
	Regrades    []Regrade    `yaml:"regrades"`
	Plans       []Plan       `yaml:"plans"`
	Statements  []Dated      `yaml:"statements"`
	Informed    []Dated      `yaml:"informed"`
	Standings   []Dated      `yaml:"standings"`
	Closures    []Closure    `yaml:"closures"`
	Exhibits    []Exhibit    `yaml:"exhibits"`
	Checks      []Check      `yaml:"checks"`
	Counters    []Counter    `yaml:"counters"`
	Four        []FourSigns  `yaml:"four"`
	Reclassify  []Reclassify `yaml:"reclassify"`
	// Transfers hand a matter over to another force. A step that has one records nothing
	// else, and nothing is recorded of that matter after it.
	Transfers []Transfer `yaml:"transfers"`
	// Searches are made, and Asks put to other forces and answered, through the register's
	// interface only.
	Searches []Search `yaml:"searches"`
	Asks     []Ask    `yaml:"asks"`
	Expect   *Expect  `yaml:"expect"`
	// RulesOnly is a step that the register's interface does not let happen.
	RulesOnly bool `yaml:"rules_only"`
	at        time.Time
}

// Report is one incident.
type Report struct {
	Course     string   `yaml:"course"`
	Ref        string   `yaml:"ref"`
	Occurred   string   `yaml:"occurred"` // as At; the step's moment if empty
	Reported   string   `yaml:"reported"`
	Behaviours []string `yaml:"behaviours"`
	Offence    string   `yaml:"offence"`
	Included   []string `yaml:"included"`
	Source     string   `yaml:"source"`
	Grade      string   `yaml:"grade"` // 3x5x2 assessment
	Nation     string   `yaml:"jurisdiction"`
}

// Act is what was done about a report or breach.
type Act struct {
	On   string `yaml:"on"` // the reference of a report or the short name of a breach
	Code string `yaml:"code"`
	Why  string `yaml:"why"`
}

// Measure begins or is applied for.
type Measure struct {
	ID       string      `yaml:"id"`
	Force    string      `yaml:"force"` // that of the first course if empty
	Courses  []string    `yaml:"courses"`
	Kind     string      `yaml:"kind"`
	Status   string      `yaml:"status"` // IN_FORCE if empty
	From     string      `yaml:"from"`   // the step's moment if empty
	Until    string      `yaml:"until"`
	Conds    []Condition `yaml:"conditions"`
	Rejected []Rejected  `yaml:"rejected"`
	// Notified are codes of what he has notified by then.
	Notified []string `yaml:"notified"`
}

// Condition is one condition of a measure.
type Condition struct {
	Code   string `yaml:"code"`
	Zone   string `yaml:"zone"`
	Metres int    `yaml:"metres"`
}

// Rejected is what was considered and not imposed.
type Rejected struct {
	Code string `yaml:"code"`
	Why  string `yaml:"why"`
}

// Change changes a measure.
type Change struct {
	Measure string      `yaml:"measure"`
	Status  string      `yaml:"status"`
	Until   string      `yaml:"until"`
	Conds   []Condition `yaml:"conditions"`
}

// Breach is a contravention of a measure.
type Breach struct {
	ID         string   `yaml:"id"`
	Measure    string   `yaml:"measure"`
	Force      string   `yaml:"force"` // that of the measure if empty
	Occurred   string   `yaml:"occurred"`
	Conditions []string `yaml:"conditions"`
	Behaviours []string `yaml:"behaviours"`
}

// Assessment is an assessment of risk.
type Assessment struct {
	ID     string   `yaml:"id"`
	Course string   `yaml:"course"`
	Tool   string   `yaml:"tool"`
	Yes    []string `yaml:"yes"`
	Grade  string   `yaml:"grade"`
}

// Regrade is a supervisor's grade.
type Regrade struct {
	Assessment string `yaml:"assessment"`
	Grade      string `yaml:"grade"`
	Rationale  string `yaml:"rationale"`
}

// Plan is a safety plan.
type Plan struct {
	ID      string       `yaml:"id"`
	Course  string       `yaml:"course"`
	Actions []PlanAction `yaml:"actions"`
	Refer   []string     `yaml:"referrals"`
}

// PlanAction is one action of a plan.
type PlanAction struct {
	Code string `yaml:"code"`
	Due  string `yaml:"due"`
	Done string `yaml:"done"`
}

// Dated is a code of a matter: a statement, what she was told, or a standing.
type Dated struct {
	Course string `yaml:"course"`
	Code   string `yaml:"code"`
}

// Closure closes a matter.
type Closure struct {
	Course   string `yaml:"course"`
	Standing string `yaml:"standing"`
	Reason   string `yaml:"reason"`
	Second   bool   `yaml:"second"`
	Informed bool   `yaml:"informed"`
	// Refused says that the register must refuse it; then it changes nothing.
	Refused bool `yaml:"refused"`
}

// Exhibit is something seized.
type Exhibit struct {
	Course   string `yaml:"course"`
	Code     string `yaml:"code"`
	Expected string `yaml:"expected"`
	Done     bool   `yaml:"done"` // the one seized before is examined now
}

// Check is a search for a matter.
type Check struct {
	Force string `yaml:"force"`
	Ref   string `yaml:"ref"` // the reference of a report or the short name of a breach
	// Registered says that nobody searched: the force's system asked with the registration
	// of the report or breach.
	Registered bool `yaml:"registered"`
}

// Counter is an accusation both ways.
type Counter struct {
	Course     string `yaml:"course"`
	OtherForce string `yaml:"other_force"`
	Later      bool   `yaml:"later"`
	Reviewed   bool   `yaml:"reviewed"`
	Upheld     bool   `yaml:"upheld"`
}

// FourSigns are signs of stalking that officers saw in a matter.
type FourSigns struct {
	Course string   `yaml:"course"`
	Signs  []string `yaml:"signs"`
}

// Reclassify changes the recorded offence of a report.
type Reclassify struct {
	Ref      string   `yaml:"ref"`
	Offence  string   `yaml:"offence"`
	Included []string `yaml:"included"`
}

// Load reads and checks all cases, by id. It reports every fault at once.
func Load() ([]Case, error) {
	names, err := fs.Glob(files, "cases/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	var cases []Case
	var faults []error
	for _, name := range names {
		c, err := load(name)
		if err != nil {
			faults = append(faults, fmt.Errorf("scenario: %s: %w", name, err))
			continue
		}
		cases = append(cases, *c)
	}
	return cases, errors.Join(faults...)
}

func load(name string) (*Case, error) {
	data, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var c Case
	d := yaml.NewDecoder(strings.NewReader(string(data)))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		return nil, err
	}
	if c.ID != strings.TrimSuffix(strings.TrimPrefix(name, "cases/"), ".yaml") {
		return nil, errors.New("the id must be that of the file")
	}
	if c.begin, err = time.Parse(time.DateOnly, c.Begins); err != nil {
		return nil, errors.New("begins must be YYYY-MM-DD")
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		if s.at, err = c.Time(s.At); err != nil {
			return nil, err
		}
		for _, x := range s.Transfers {
			if x.State != "OFFERED" && x.State != "ACCEPTED" {
				return nil, fmt.Errorf("step %s: a transfer must be OFFERED or ACCEPTED", s.At)
			}
		}
		if i > 0 && s.at.Before(c.Steps[i-1].at) {
			return nil, fmt.Errorf("step %s comes before the one above it", s.At)
		}
	}
	return &c, nil
}

// Time reads a moment of the case, "3d14:05".
func (c *Case) Time(at string) (time.Time, error) {
	var d, h, m int
	if _, err := fmt.Sscanf(at, "%dd%d:%d", &d, &h, &m); err != nil || h > 23 || m > 59 {
		return time.Time{}, fmt.Errorf("%q must be a day and a time, as 3d14:05", at)
	}
	return c.begin.AddDate(0, 0, d).Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute), nil
}

// When is the step's moment.
func (s *Step) When() time.Time { return s.at }
