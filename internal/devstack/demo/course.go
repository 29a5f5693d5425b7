package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// scene is a kind of incident: behaviours that come together, how it is recorded, and
// what an officer writes. The summaries name nobody.
type scene struct {
	behaviours []string
	offence    string
	included   []string
	summary    string
	grave      bool
}

var scenes = []scene{
	{[]string{"CONTACT"}, "MALICIOUS_COMMUNICATIONS", nil, "Dozens of messages from several numbers after being told to stop.", false},
	{[]string{"CONTACT", "PUBLISHING"}, "CA03009", nil, "Posts about the complainant under an invented account; messages to the same effect.", false},
	{[]string{"FOLLOWING", "WATCHING"}, "PH97006", nil, "Followed on foot between the station and the workplace on three mornings.", false},
	{[]string{"LOITERING", "ATTENDING_HOME"}, "PH97004", nil, "Stood opposite the address for two hours; left before officers arrived.", false},
	{[]string{"ATTENDING_WORKPLACE", "CONTACT"}, "PH97006", nil, "Came to the workplace with flowers and refused to leave when asked.", false},
	{[]string{"UNWANTED_GIFTS", "CONTACT"}, "PH97004", nil, "Parcels and handwritten letters left on the doorstep.", false},
	{[]string{"THIRD_PARTY_CONTACT", "CONTACT"}, "PH97006", nil, "Rang relatives and colleagues to ask for the new number.", false},
	{[]string{"MONITORING", "HACKING"}, "COMPUTER_MISUSE", []string{"PH97006"}, "E-mail and location history read through a shared account.", false},
	{[]string{"TRACKING", "FOLLOWING"}, "PH97011", nil, "Tracking tag found inside the lining of a bag.", true},
	{[]string{"PROPERTY", "ATTENDING_HOME"}, "CRIMINAL_DAMAGE", []string{"PH97006"}, "Tyres cut and paint poured over the bonnet during the night.", false},
	{[]string{"ENLISTING_OTHERS", "CONTACT"}, "PH97006", nil, "Had acquaintances send requests and report back.", false},
	{[]string{"INTIMATE_IMAGES", "PUBLISHING"}, "INTIMATE_IMAGES", []string{"PH97011"}, "Threatened to send private pictures to relatives.", true},
	{[]string{"THREATS_TO_HARM", "CONTACT"}, "PH97010", nil, "Voicemail with threats of violence, kept as an exhibit.", true},
	{[]string{"THREATS_TO_KILL", "ATTENDING_HOME"}, "THREATS_TO_KILL", []string{"PH97010"}, "Shouted threats to kill through the letter box.", true},
	{[]string{"THREATS_OF_SUICIDE", "CONTACT"}, "PH97011", nil, "Threatened suicide unless there was a reply.", false},
	{[]string{"ASSAULT", "ATTENDING_HOME"}, "COMMON_ASSAULT", []string{"PH97010"}, "Pushed past the door and struck out; minor injury.", true},
	{[]string{"STRANGULATION", "ASSAULT"}, "STRANGULATION", []string{"PH97010"}, "Hands around the throat; breathing restricted for some seconds.", true},
	{[]string{"WEAPON", "THREATS_TO_HARM"}, "WEAPON", []string{"PH97010"}, "Showed a knife from a parked car.", true},
	{[]string{"ARSON", "THREATS_TO_KILL"}, "ARSON", []string{"PH97010"}, "Burning paper pushed under the front door.", true},
	{[]string{"CHILD_CONTACT_ABUSE", "CONTACT"}, "PH97006", nil, "Used handover of the children to pass messages and demand a meeting.", false},
	{[]string{"VEXATIOUS_COMPLAINTS"}, "PH97004", nil, "Fourth complaint to the landlord and to the employer, none with substance.", false},
	{[]string{"CONTACT", "ATTENDING_HOME"}, "ST19001", []string{"PH97006"}, "Seen inside the excluded area; contact forbidden by the order.", false},
	{[]string{"CONTACT", "LOITERING"}, "FL96001", []string{"PH97006"}, "Waited outside in breach of the order not to approach.", false},
}

// earlier says how an offence was recorded before it came into force.
var earlier = map[string]struct{ from, offence string }{
	"STRANGULATION":   {"2022-06-07", "ASSAULT_ABH"},
	"INTIMATE_IMAGES": {"2024-01-31", "MALICIOUS_COMMUNICATIONS"},
	"ST19001":         {"2020-01-20", "PH97004"},
}

var (
	relationships = weighted(map[string]float64{"EX_PARTNER": 50, "PARTNER": 4, "ACQUAINTANCE": 14, "COLLEAGUE": 7,
		"NEIGHBOUR": 7, "STRANGER": 7, "FRIEND": 4, "FAMILY": 3, "OTHER_PROFESSIONAL": 2, "UNKNOWN": 2})
	motivations = weighted(map[string]float64{"REJECTED": 50, "RESENTFUL": 12, "INTIMACY_SEEKING": 10,
		"INCOMPETENT_SUITOR": 12, "PREDATORY": 3, "UNKNOWN": 13})
	standings = weighted(map[string]float64{"REPORTED": 15, "UNDER_INVESTIGATION": 20, "CHARGED": 9, "CONVICTED": 16,
		"ACQUITTED": 3, "NO_FURTHER_ACTION": 20, "VICTIM_DOES_NOT_SUPPORT": 14, "CANCELLED": 3})
	assessments = weighted(map[string]float64{"A": 30, "B": 30, "C": 15, "D": 20, "E": 3})
	sources     = weighted(map[string]float64{"1": 40, "2": 55, "3": 5})
)

// weighted makes a picker in a fixed order.
func weighted(weights map[string]float64) picker {
	keys := make([]string, 0, len(weights))
	for k := range weights {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var p picker
	for _, k := range keys {
		p.add(k, weights[k])
	}
	return p
}

// courses gives what one nominal did. Victims may be known to several forces: those
// of the person are drawn from one list.
func courses(r *rand.Rand, n *Nominal, victims []Victim) {
	count := 1
	if r.IntN(4) == 0 {
		count = 2
	}
	for range min(count, len(victims)) {
		v := victims[r.IntN(len(victims))]
		if slices.ContainsFunc(n.Courses, func(c Course) bool { return c.Principal.Person == v.Person }) {
			continue
		}
		n.Courses = append(n.Courses, course(r, n, v))
	}
}

func course(r *rand.Rand, n *Nominal, v Victim) Course {
	c := Course{
		Reference:    fmt.Sprintf("CRS/%s-%d", strings.TrimPrefix(n.Reference, "NOM/"), len(n.Courses)+1),
		Relationship: relationships.pick(r), Motivation: motivations.pick(r), Standing: standings.pick(r),
		Principal: v, Source: sources.pick(r), Assessment: assessments.pick(r), Handling: "P",
	}
	if r.IntN(5) == 0 {
		c.Associated = append(c.Associated, relative(r, v))
	}
	day := today.AddDate(0, 0, -r.IntN(6*365)-1)
	for range 1 + r.IntN(4) + r.IntN(4) {
		c.Incidents = append(c.Incidents, incident(r, n, day))
		day = day.AddDate(0, 0, 1+r.IntN(40))
		if day.After(today) {
			break
		}
	}
	return c
}

func incident(r *rand.Rand, n *Nominal, day time.Time) Incident {
	s := one(r, scenes)
	if s.grave && r.IntN(2) == 0 { // the grave ones are the rarer
		s = one(r, scenes)
	}
	date := day.Format(time.DateOnly)
	if e, young := earlier[s.offence]; young && date < e.from {
		s.offence = e.offence
	}
	return Incident{
		Reference:  fmt.Sprintf("%s/%06d/%02d", n.Force, r.IntN(1_000_000), day.Year()%100),
		Date:       date,
		Behaviours: s.behaviours, Offence: s.offence, Included: s.included, Summary: s.summary,
	}
}

// newVictim makes a victim's details: most are women near his age.
func newVictim(r *rand.Rand, number int, p person) Victim {
	men := r.IntN(6) == 0
	w := newPerson(r, number, 18, 1, p.force, phone(r))
	if men {
		w.female = false
		w.given = []string{theBook().givenOf(r, w.origin, false)}
		w.contact(r)
	}
	v := Victim{
		Person: number, Given: w.given, Surname: w.surname, DOB: w.birth.Format(time.DateOnly),
		Phones: []string{w.phone}, Postcodes: []string{w.home.Postcode},
	}
	if r.IntN(2) == 0 {
		v.Emails = []string{w.email}
	}
	if r.IntN(3) == 0 {
		v.Handles = []string{w.handle.Value}
	}
	return v
}

// relative makes somebody of the victim's family.
func relative(r *rand.Rand, v Victim) Victim {
	b := theBook()
	born, err := time.Parse(time.DateOnly, v.DOB)
	if err != nil {
		born = today.AddDate(-30, 0, 0)
	}
	return Victim{
		Person: v.Person + 1_000_000, Given: []string{b.femalesOf[0].pick(r)}, Surname: v.Surname,
		DOB:    born.AddDate(-20-r.IntN(12), r.IntN(12), r.IntN(28)).Format(time.DateOnly),
		Phones: []string{phone(r)}, Postcodes: v.Postcodes,
	}
}
