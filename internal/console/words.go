package console

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/uktime"
)

// words turns codes into what a person reads. A code that is not known is
// shown as it stands.
type words struct{ ref *refdata.Set }

// force is the name of a force, by code or resource name.
func (w *words) force(code string) string {
	code = strings.TrimPrefix(code, "forces/")
	if f, ok := w.ref.Force(code); ok {
		return f.Name
	}
	return code
}

func (w *words) behaviour(code string) string {
	if b, ok := w.ref.Behaviour(code); ok {
		return b.Title
	}
	return code
}

func (w *words) warning(code string) string {
	if x, ok := w.ref.Warning(code); ok {
		return x.Title
	}
	return code
}

func (w *words) warnings(codes []string) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = w.warning(c)
	}
	return out
}

func (w *words) offence(code string) string {
	if o, ok := w.ref.Offence(code); ok {
		return o.Title
	}
	return code
}

func (w *words) offences(codes []string) string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = w.offence(c)
	}
	return strings.Join(out, "; ")
}

func (w *words) reason(code string) string {
	if r, ok := w.ref.Reason(code); ok {
		return r.Title
	}
	if p, ok := w.ref.Item(refdata.LogPurposes, code); ok {
		return p.Title
	}
	return code
}

func (w *words) item(l refdata.List, code string) string {
	if i, ok := w.ref.Item(l, code); ok {
		return printed(i.Title)
	}
	return code
}

func (w *words) standing(s registerv1.Standing) string {
	code := strings.TrimPrefix(s.String(), "STANDING_")
	if x, ok := w.ref.Standing(code); ok {
		return x.Title
	}
	return code
}

// roleTitle names a role as on the sign-in page.
func roleTitle(role string) string {
	switch role {
	case "spoc":
		return "Single point of contact"
	case "psd":
		return "Professional standards"
	case "dpo":
		return "Data protection officer"
	case "auditor":
		return "National auditor"
	case "admin":
		return "Administrator"
	}
	return sentenceCase(strings.ReplaceAll(role, "_", " "))
}

// list joins words as in a sentence.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func sentenceCase(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// series joins titles as one phrase: the first stands as it is, the others do not begin
// with a capital, but for names in capitals such as MARAC.
func series(titles []string, between string) string {
	out := slices.Clone(titles)
	for i := 1; i < len(out); i++ {
		out[i] = uncapitalised(out[i])
	}
	return strings.Join(out, between)
}

func uncapitalised(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if second, _ := utf8.DecodeRuneInString(s[n:]); n == 0 || !unicode.IsLower(second) && second != ' ' {
		return s
	}
	return string(unicode.ToLower(first)) + s[n:]
}

// printed writes apostrophes as they are printed.
func printed(s string) string { return strings.ReplaceAll(s, "'", "’") }

// sentence makes a message of the register a sentence.
func sentence(s string) string {
	s = printed(sentenceCase(strings.TrimSpace(s)))
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// count writes a number with its noun.
func count[N int | int32 | int64](n N, one, many string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", one)
	}
	return fmt.Sprintf("%d %s", n, many)
}

func dateTime(t time.Time) string {
	if t.IsZero() || t.Unix() == 0 {
		return ""
	}
	return t.In(uktime.London).Format("2 January 2006, 15:04")
}

func date(t time.Time) string {
	if t.IsZero() || t.Unix() == 0 {
		return ""
	}
	return t.In(uktime.London).Format("2 January 2006")
}

// until writes until when a measure holds, within a sentence.
func until(t *timestamppb.Timestamp) string {
	if t == nil {
		return "further order"
	}
	return date(t.AsTime())
}

// month writes "2023-04" as April 2023.
func month(s string) string {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return s
	}
	return t.Format("January 2006")
}

// partialDate writes a date of which parts may be unknown.
func partialDate(d *registerv1.PartialDate) string {
	if d.GetYear() == 0 {
		return ""
	}
	out := fmt.Sprint(d.GetYear())
	if d.GetMonth() > 0 {
		out = time.Month(d.GetMonth()).String() + " " + out
		if d.GetDay() > 0 {
			out = fmt.Sprint(d.GetDay()) + " " + out
		}
	}
	if d.GetApproximate() {
		out = "about " + out
	}
	return out
}

func personName(n *registerv1.PersonName) string {
	if n.GetFull() != "" {
		return n.GetFull()
	}
	return strings.TrimSpace(n.GetGiven() + " " + n.GetSurname())
}

// enum writes the name of an enum's value as words.
func enum(prefix, name string) string {
	name = strings.TrimPrefix(name, prefix)
	if name == "UNSPECIFIED" {
		return ""
	}
	return sentenceCase(strings.ToLower(strings.ReplaceAll(name, "_", " ")))
}

// percent writes a probability without false certainty.
func percent(p float64) string {
	switch {
	case p > 0.9999:
		return "over 99.99%"
	case p > 0.999:
		return strings.TrimSuffix(fmt.Sprintf("%.2f", p*100), "0") + "%"
	case p < 0.001:
		return "under 0.1%"
	}
	return fmt.Sprintf("%.1f%%", p*100)
}
