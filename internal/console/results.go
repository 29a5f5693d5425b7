package console

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/console/picture"
)

type resultsView struct {
	Frame
	Heading     string
	Hit         bool
	Why         string
	Searched    []asked
	NotSearched []string
	Notices     []string
	Candidates  []candidateView
	Until       string // until when candidates can be opened
	MayOpen     bool
	Made        string
}

// asked is one thing that was searched by.
type asked struct{ What, Value string }

type candidateView struct {
	Number       string
	Address      string
	Name, Born   string
	Strength     string
	Percent      string
	Warnings     []string
	Unconfirmed  bool
	AskOwner     bool
	Facts        []asked
	Waterfall    picture.Waterfall
	Terms        []termView
	LeftHead     string
	RightHead    string
	Contacts     []contactView
	PossiblySame string
	Open         bool
}

type termView struct{ Field, Asked, Record, Verdict, Class, Bits, Rule string }

type contactView struct {
	Force, Team, Phone, Email, Hours string
	Code                             string // the force's
	Ask                              string // where it is asked about what is shown
}

// showSearch shows a search as it was answered.
func (c *Console) showSearch(v *visit) error {
	name := "searches/" + v.r.PathValue("search")
	s, err := c.searches.GetSearch(v.ctx, &registerv1.GetSearchRequest{Name: name}, v.noted())
	if err != nil {
		return err
	}
	view := &resultsView{Frame: v.page("Search result"), Hit: s.GetOutcome() == registerv1.SearchOutcome_SEARCH_OUTCOME_HIT, MayOpen: v.may("candidate.read")}
	view.Back, view.BackText = "/search", "New search"
	view.Why = c.words.reason(s.GetReason())
	if s.GetReference() != "" {
		view.Why += ", " + s.GetReference()
	}
	view.Made = dateTime(s.GetCreateTime().AsTime())
	view.Searched, view.NotSearched = c.words.criteria(s.GetCriteria())
	if len(view.NotSearched) > 0 {
		view.NotSearched[0] = sentenceCase(view.NotSearched[0])
	}
	for _, n := range s.GetNotices() {
		view.Notices = append(view.Notices, c.noticeText(n))
	}
	if s.GetExpireTime().AsTime().After(c.now()) {
		view.Until = s.GetExpireTime().AsTime().In(london).Format("15:04 on 2 January")
	} else {
		view.MayOpen = false
	}
	for i, k := range s.GetCandidates() {
		one := c.candidateView(k, i == 0)
		if view.MayOpen {
			v.asking(one.Contacts, k.GetName())
		}
		view.Candidates = append(view.Candidates, one)
	}
	switch len(view.Candidates) {
	case 0:
		view.Heading = "No record found"
	case 1:
		view.Heading = "1 person found"
	default:
		view.Heading = fmt.Sprintf("%d people found", len(view.Candidates))
	}
	view.Title = view.Heading
	view.Receipt = v.receipt()
	if i := slices.IndexFunc(v.s.data.Receipts, func(k keptReceipt) bool { return k.Search == name }); i >= 0 {
		k := v.s.data.Receipts[i]
		view.Receipt = &receiptView{Entry: k.Entry, Receipt: k.Receipt}
	}
	return v.show("results", view)
}

// noticeText is a notice in words, with what it is about.
func (c *Console) noticeText(n *registerv1.SearchNotice) string {
	about := ""
	switch {
	case strings.Contains(n.GetField(), "names"):
		about = "The name "
	case strings.Contains(n.GetField(), "birth"):
		about = "The date of birth "
	case strings.Contains(n.GetField(), "postcode"):
		about = "The postcode "
	case strings.Contains(n.GetField(), "candidates/"):
		about = "Person " + n.GetField()[strings.LastIndex(n.GetField(), "/")+1:] + ": "
	}
	return sentence(about + n.GetMessage())
}

func (c *Console) candidateView(k *registerv1.Candidate, first bool) candidateView {
	out := candidateView{
		Number: k.GetName()[strings.LastIndex(k.GetName(), "/")+1:], Address: "/" + k.GetName(), Name: k.GetDisplayName(), Born: partialDate(k.GetBirthDate()),
		Warnings: c.words.warnings(k.GetWarnings()), Unconfirmed: k.GetUnconfirmed(), AskOwner: k.GetAskOwner(),
		Contacts: c.words.contacts(k.GetContacts()), Open: first, LeftHead: "You asked", RightHead: "On record",
	}
	switch k.GetStrength() {
	case registerv1.MatchStrength_MATCH_STRENGTH_STRONG:
		out.Strength, out.Percent = "Strong match", percent(k.GetProbability())
	case registerv1.MatchStrength_MATCH_STRENGTH_POSSIBLE:
		out.Strength, out.Percent = "Possible match", percent(k.GetProbability())
	default: // nothing may be shown of a restricted record
	}
	if out.Name == "" {
		out.Name = "Restricted record"
	}
	var steps []picture.Step
	for _, t := range k.GetTerms() {
		out.Terms = append(out.Terms, termOf(t))
		steps = append(steps, picture.Step{Label: fieldTitle(t.GetField()), Bits: t.GetBits()})
	}
	if len(steps) > 0 {
		out.Waterfall = picture.NewWaterfall("waterfall-"+out.Number, "Why "+out.Name+" matched", k.GetPrior(), steps)
	}
	var same []string
	for _, s := range k.GetPossiblySame() {
		same = append(same, s[strings.LastIndex(s, "/")+1:])
	}
	out.PossiblySame = list(same)
	out.Facts = c.words.pattern(k.GetPattern(), k.GetRecords())
	return out
}

func termOf(t *registerv1.MatchTerm) termView {
	out := termView{
		Field: fieldTitle(t.GetField()), Asked: t.GetQueryValue(), Record: t.GetRecordValue(), Bits: picture.Signed(t.GetBits()),
		Rule: strings.ReplaceAll(t.GetRule(), "_", " "), Verdict: "Says nothing",
	}
	switch {
	case t.GetBits() > 0:
		out.Verdict, out.Class = "Agrees", "agree"
	case t.GetBits() < 0:
		out.Verdict, out.Class = "Differs", "differ"
	}
	if out.Record == "" {
		out.Record = "not recorded"
	}
	if f := t.GetFrequency(); f > 0 && t.GetBits() > 0 {
		out.Rule += ", about 1 in " + thousands(int(1/f+0.5))
	}
	out.Asked, out.Record = writtenDate(out.Asked), writtenDate(out.Record)
	return out
}

// writtenDate writes a date of the evidence as dates are written elsewhere; what is no
// whole date stays as it is.
func writtenDate(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return t.Format("2 January 2006")
}

// thousands writes a number with commas.
func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// fieldTitle names a field of the evidence.
func fieldTitle(field string) string {
	switch field {
	case "given":
		return "Given names"
	case "birth", "birth_date":
		return "Date of birth"
	case "phone":
		return "Telephone"
	case "email":
		return "E-mail"
	case "pnc", "cro", "asn":
		return strings.ToUpper(field)
	}
	return sentenceCase(strings.ReplaceAll(field, "_", " "))
}

func (w *words) contacts(contacts []*registerv1.ForceContact) []contactView {
	var out []contactView
	for _, k := range contacts {
		out = append(out, contactView{
			Force: w.force(k.GetForce()), Team: k.GetTeam(), Phone: k.GetPhone(), Email: k.GetEmail(), Hours: k.GetHours(), Code: strings.TrimPrefix(k.GetForce(), "forces/"),
		})
	}
	return out
}

// pattern says what a person is known to have done, by count and period.
func (w *words) pattern(p *registerv1.Pattern, records []*registerv1.ForceRecords) []asked {
	var out []asked
	add := func(what, value string) {
		if value != "" {
			out = append(out, asked{what, value})
		}
	}
	if p == nil {
		return nil
	}
	victims := fmt.Sprint(p.GetVictimsMin())
	if p.GetVictimsMax() > p.GetVictimsMin() {
		victims = fmt.Sprintf("%d to %d", p.GetVictimsMin(), p.GetVictimsMax())
	}
	if n := p.GetVictimsUnresolved(); n > 0 {
		victims += fmt.Sprintf(", %d unresolved", n)
	}
	add("Victims", victims)
	if p.GetAssociatedVictims() != "" && p.GetAssociatedVictims() != "none" {
		add("Others harmed", p.GetAssociatedVictims())
	}
	switch p.GetSerial() {
	case registerv1.SerialTier_SERIAL_TIER_CONVICTED:
		add("Serial", "Convicted")
	case registerv1.SerialTier_SERIAL_TIER_ALLEGED:
		add("Serial", "Alleged")
	default:
		if p.GetRepeat() {
			add("Pattern", "Repeat: more than one incident against one victim")
		}
	}
	var forces []string
	for _, r := range records {
		forces = append(forces, w.force(r.GetForce()))
	}
	add("Forces", list(forces))
	period := month(p.GetFirstMonth())
	if p.GetLastMonth() != p.GetFirstMonth() {
		period += " to " + month(p.GetLastMonth())
	}
	add("Period", period)
	if p.GetCourses() > 0 {
		add("Conduct", count(p.GetIncidents(), "incident", "incidents")+" in "+count(p.GetCourses(), "course", "courses"))
	}
	var standings []string
	for _, s := range p.GetStandings() {
		standings = append(standings, fmt.Sprintf("%d %s", s.GetCourses(), strings.ToLower(w.standing(s.GetStanding()))))
	}
	add("Standing", strings.Join(standings, ", "))
	return out
}

// criteria says what was searched by, and what was not.
func (w *words) criteria(k *registerv1.SearchCriteria) (by []asked, not []string) {
	add := func(what string, values ...string) {
		values = slices.DeleteFunc(values, func(s string) bool { return s == "" })
		if len(values) == 0 {
			not = append(not, strings.ToLower(what[:1])+what[1:])
			return
		}
		by = append(by, asked{what, strings.Join(values, ", ")})
	}
	var names, handles, identifiers []string
	for _, n := range k.GetNames() {
		names = append(names, personName(n))
	}
	for _, h := range k.GetHandles() {
		handles = append(handles, strings.TrimSpace(h.GetValue()+" "+h.GetPlatform()))
	}
	for _, i := range k.GetIdentifiers() {
		identifiers = append(identifiers, identifierTitle(i.GetKind())+" "+i.GetValue())
	}
	add("Name", names...)
	add("Date of birth", partialDate(k.GetBirthDate()))
	add("Telephone number", k.GetPhones()...)
	add("E-mail address", k.GetEmails()...)
	add("User name online", handles...)
	add("Vehicle", k.GetVehicles()...)
	add("Postcode", k.GetPostcodes()...)
	add("Other identifier", identifiers...)
	return by, not
}

func identifierTitle(k registerv1.IdentifierKind) string {
	switch k {
	case registerv1.IdentifierKind_IDENTIFIER_KIND_PNC, registerv1.IdentifierKind_IDENTIFIER_KIND_CRO, registerv1.IdentifierKind_IDENTIFIER_KIND_ASN:
		return strings.TrimPrefix(k.String(), "IDENTIFIER_KIND_")
	case registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL:
		return "E-mail"
	case registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE:
		return "Telephone"
	case registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE:
		return "User name"
	default:
	}
	return enum("IDENTIFIER_KIND_", k.String())
}
