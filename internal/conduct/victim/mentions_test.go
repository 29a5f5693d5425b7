package victim

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var guarded = Details{
	Given: []string{"Siân", "Grace"}, Surname: "O’Connell-Price", Former: []string{"Llewellyn"}, DOB: "1991-02-03",
	Phones: []string{"07700 900123", "+44 1632 960111"}, Emails: []string{"sian.oconnell@example.org"},
	Postcodes: []string{"LE2 6VD"}, Addresses: []string{"12 Acacia Road, Leicester"}, Handles: []string{"@sian_oc"},
}

func TestMentions(t *testing.T) {
	for text, want := range map[string][]Mention{
		"He was seen loitering outside.":     nil,
		"":                                   nil,
		"He told SIAN to come out.":          {MentionGivenName},
		"siân's door was damaged":            {MentionGivenName},
		"Si\u00e2n\u2019s door":              {MentionGivenName},
		"si\u00adan":                         {MentionGivenName},
		"Sia\u0302n":                         {MentionGivenName},
		"Grace was there":                    {MentionGivenName},
		"gracefully left":                    nil,
		"Gracechurch Street":                 nil,
		"Miss O'Connell-Price":               {MentionSurname},
		"Ms oconnell price said":             {MentionSurname},
		"OCONNELLPRICE":                      {MentionSurname},
		"the Llewellyns were in":             {MentionFormerName},
		"the Llewellynson family":            nil,
		"known as Llewellyn before":          {MentionFormerName},
		"o'connell wrote":                    {MentionSurname},
		"a fair price was asked":             nil,
		"Mrs Price":                          {MentionSurname},
		"Sian O'Connell-Price":               {MentionFullName, MentionGivenName, MentionSurname},
		"O'Connell-Price, Siân":              {MentionFullName, MentionGivenName, MentionSurname},
		"rang 07700900123 again":             {MentionPhone},
		"rang +44 7700 900 123":              {MentionPhone},
		"rang 0044-7700-900-123":             {MentionPhone},
		"(07700) 900.123":                    {MentionPhone},
		"+44 (0)7700 900123":                 {MentionPhone},
		"７７００ ９００１２３":                        {MentionPhone},
		"01632960111":                        {MentionPhone},
		"rang 07700 900124":                  nil,
		"07700, then 900123 pounds":          nil,
		"mail to Sian.OConnell@EXAMPLE.org!": {MentionEmail},
		"sian.oconnell at example dot org":   {MentionEmail, MentionGivenName, MentionSurname},
		"sian.oconnell (at) example.org":     {MentionEmail, MentionGivenName, MentionSurname},
		"lives at LE2 6VD":                   {MentionPostcode},
		"lives at le26vd.":                   {MentionPostcode},
		"LE2 6VE":                            nil,
		"ALE2 6VD":                           nil,
		"born 1991-02-03":                    {MentionDOB},
		"born 03/02/1991":                    {MentionDOB},
		"born 3.2.91":                        {MentionDOB},
		"born 3rd of February 1991":          {MentionDOB},
		"born February 3, 1991":              {MentionDOB},
		"born 3 Feb 91":                      {MentionDOB},
		"dob 03021991":                       {MentionDOB},
		"dob 19910203":                       {MentionDOB},
		"born 02/03/1991":                    {MentionDOB}, // the other order
		"born 04/02/1991":                    nil,
		"in February 1991 he moved":          nil,
		"on 3 February 2021":                 nil,
		"waited at 12 acacia rd for an hour": {MentionAddress},
		"waited at 12, Acacia Road":          {MentionAddress},
		"waited at 112 Acacia Road":          nil,
		"waited in Acacia Road":              nil,
		"posted to @Sian_OC daily":           {MentionGivenName, MentionHandle},
		"account sian_oc.":                   {MentionGivenName, MentionHandle},
		"sian_ocean":                         {MentionGivenName},
	} {
		got := Mentions(text, guarded)
		// The handle and the e-mail address hold her given name themselves.
		if slices.Contains(want, MentionEmail) {
			got = slices.DeleteFunc(got, func(m Mention) bool { return m == MentionGivenName || m == MentionSurname })
			want = []Mention{MentionEmail}
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestMentionsOfNamesThatAreWords(t *testing.T) {
	for _, c := range []struct {
		given, surname, text string
		want                 []Mention
	}{
		{"May", "White", "he may come; a white van was seen", nil},
		{"May", "White", "he said May was home", []Mention{MentionGivenName}},
		{"May", "White", "it was White's car", []Mention{MentionSurname}},
		{"May", "White", "may white was home", []Mention{MentionFullName}},
		{"Will", "Young", "he will go; a young man", nil},
		{"Jo", "Li", "jo and li", nil},
		{"Jo", "Li", "he saw Jo Li there", []Mention{MentionFullName}},
		{"Jo", "Li", "he saw Ms Li there", []Mention{MentionSurname}},
		{"Jo", "Li", "he saw Li, Jo there", []Mention{MentionFullName}},
		{"Katherine", "Bell", "told kate to leave", []Mention{MentionGivenName}},
		{"Kate", "Bellamy", "told Katherine to leave", []Mention{MentionGivenName}},
		{"Anne", "Bellamy", "Mary Anne K Bellamy", []Mention{MentionFullName, MentionGivenName, MentionSurname}},
		{"Ewa", "van der Berg", "met Van Der Berg at work", []Mention{MentionSurname}},
		{"Ewa", "van der Berg", "met Vanderberg at work", []Mention{MentionSurname}},
		{"Ольга", "Иванова", "Ivanova was called", []Mention{MentionSurname}},
		{"Ольга", "Иванова", "вызвали Иванову и Ольга", []Mention{MentionGivenName}},
		{"小明", "王", "昨天王小明来了", []Mention{MentionFullName, MentionGivenName, MentionSurname}},
		{"Rachel", "Ormerod", "rachels car", []Mention{MentionGivenName}},
		{"Mark", "Field", "a field with marks of tyres", nil},
		{"Unknown", "N/K", "an unknown man, name NK", nil},
		{"", "", "nothing to find", nil},
	} {
		got := Mentions(c.text, Details{Given: []string{c.given}, Surname: c.surname})
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s %s in %q: got %q, want %q", c.given, c.surname, c.text, got, c.want)
		}
	}
}

// Whatever stands around it, a detail that stands apart is found.
func TestMentionsInAnyText(t *testing.T) {
	details := []struct {
		text string
		want Mention
	}{
		{"Sian", MentionGivenName}, {"O'Connell-Price", MentionSurname}, {"Llewellyn", MentionFormerName},
		{"sian.oconnell@example.org", MentionEmail}, {"@sian_oc", MentionHandle}, {"LE2 6VD", MentionPostcode},
		{"07700 900123", MentionPhone}, {"3 February 1991", MentionDOB}, {"12 Acacia Road", MentionAddress},
	}
	words := rapid.StringMatching(`[a-z]{1,8}([ ,.\n][a-zA-Zé]{1,8}){0,10}`)
	rapid.Check(t, func(t *rapid.T) {
		d := details[rapid.IntRange(0, len(details)-1).Draw(t, "detail")]
		text := words.Draw(t, "before") + ", " + d.text + "; " + words.Draw(t, "after")
		if rapid.Bool().Draw(t, "upper") {
			text = strings.ToUpper(text)
		}
		if !slices.Contains(Mentions(text, guarded), d.want) {
			t.Fatalf("%s not found in %q", d.want, text)
		}
	})
}

func FuzzMentions(f *testing.F) {
	f.Add("Siân rang 07700 900123", "Siân", "O'Brien", "1991-02-03", "07700 900123")
	f.Add("\u200dx\ufeff", "\u0301", "-", "3", "+")
	f.Fuzz(func(t *testing.T, text, given, surname, dob, other string) {
		got := Mentions(text, Details{Given: []string{given}, Surname: surname, Former: []string{other}, DOB: dob,
			Phones: []string{other}, Emails: []string{other}, Postcodes: []string{other}, Addresses: []string{other}, Handles: []string{other}})
		if !slices.IsSorted(got) {
			t.Fatal("not sorted")
		}
	})
}

// Long hostile texts must not take long: each search passes over the text once.
func BenchmarkMentionsHostile(b *testing.B) {
	text := strings.Repeat("sian 1 12 acacia oconnell 0 le2 3 feb sian.oconnell@exampl ", 2000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Mentions(text, guarded)
	}
}

func BenchmarkMentions(b *testing.B) {
	for b.Loop() {
		Mentions("Stood opposite the address for two hours; left before officers arrived.", guarded)
	}
}
