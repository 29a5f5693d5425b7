package console

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/console/picture"
	"github.com/perpetrator-register/register/internal/uktime"
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
	Improbable  []candidateView // those that are folded away
	Unlikely    bool            // none of the candidates is likely to be him
	Until       string          // until when candidates can be opened
	MayOpen     bool
	MayRegister bool
	Made        string
}

// asked is one thing that was searched by.
type asked struct{ What, Value string }

// In is what it is, within a sentence.
func (a asked) In() string { return uncapitalised(a.What) }

type candidateView struct {
	Number       string
	Address      string
	Name, Born   string
	Strength     string
	Percent      string
	Warnings     []string
	Unconfirmed  bool
	AskOwner     bool
	Pattern      patternView
	Waterfall    picture.Waterfall
	Terms        []termView
	LeftHead     string
	RightHead    string
	Contacts     []contactView
	PossiblySame string
	Open         bool // why he matched stands open
	MayOpen      bool
	Improbable   bool
}

// improbable is the probability below which a candidate is folded away where another is
// more likely. By a name alone most of those found are.
const improbable = 0.01

// likely parts the improbable candidates from the rest; all stay, if all are
// improbable. Of whom a force must be asked is never folded away.
func likely(all []candidateView) (rest, folded []candidateView) {
	for _, k := range all {
		if k.Improbable && !k.AskOwner {
			folded = append(folded, k)
		} else {
			rest = append(rest, k)
		}
	}
	if len(rest) == 0 {
		return all, nil
	}
	return rest, folded
}

type termView struct{ Field, Asked, Record, Verdict, Class, Bits, Rule string }

type contactView struct {
	Force, Team, Phone, Email, Hours string
	Code                             string // the force's
	Ask                              string // where it is asked about what is shown
}

// Dial is the telephone number as a telephone takes it.
func (k contactView) Dial() string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, k.Phone)
}

// showSearch shows a search as it was answered.
func (c *Console) showSearch(v *visit) error {
	name := "searches/" + v.r.PathValue("search")
	s, err := c.searches.GetSearch(v.ctx, &registerv1.GetSearchRequest{Name: name}, v.noted())
	if err != nil {
		return err
	}
	view := &resultsView{Frame: v.page("Search result"), Hit: s.GetOutcome() == registerv1.SearchOutcome_SEARCH_OUTCOME_HIT, MayOpen: v.may("candidate.read"), MayRegister: v.may("course.register")}
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
		view.Until = s.GetExpireTime().AsTime().In(uktime.London).Format("15:04 on 2 January 2006")
	} else {
		view.MayOpen = false
	}
	for i, k := range s.GetCandidates() {
		one := c.candidateView(k, i == 0)
		if one.MayOpen = view.MayOpen; view.MayOpen {
			v.asking(one.Contacts, k.GetName())
		}
		view.Candidates = append(view.Candidates, one)
	}
	view.Candidates, view.Improbable = likely(view.Candidates)
	switch n := len(view.Candidates); {
	case n == 0:
		view.Heading = "No record found"
	case view.Candidates[0].Improbable:
		view.Unlikely, view.Heading = true, "No likely match"
	default:
		view.Heading = count(n, "person", "people") + " found"
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
		out.Improbable = k.GetProbability() < improbable
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
	out.Pattern = c.words.pattern(k.GetPattern(), k.GetRecords())
	return out
}

func termOf(t *registerv1.MatchTerm) termView {
	out := termView{
		Field: fieldTitle(t.GetField()), Bits: picture.Signed(t.GetBits()),
		Rule: strings.ReplaceAll(t.GetRule(), "_", " "), Verdict: "Says nothing",
	}
	switch {
	case t.GetBits() > 0:
		out.Verdict, out.Class = "Agrees", "agree"
	case t.GetBits() < 0:
		out.Verdict, out.Class = "Differs", "differ"
	}
	if f := t.GetFrequency(); f > 0 && t.GetBits() > 0 {
		out.Rule += ", about 1 in " + thousands(int(1/f+0.5))
	}
	write := writtenDate
	switch t.GetField() {
	case "given", "middle", "surname":
		write = writtenName
	}
	out.Asked, out.Record = write(t.GetQueryValue()), cmp.Or(write(t.GetRecordValue()), "Not recorded")
	return out
}

// writtenName writes a name that was compared without regard to capitals as names are
// written.
func writtenName(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		words[i] = sentenceCase(w)
	}
	return strings.Join(words, " ")
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
