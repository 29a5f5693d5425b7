package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// form is a form as it was sent, with its faults. The fields of a page are made
// from it, so that a form that was refused comes back as it was.
type form struct {
	values url.Values
	faults []fieldError
}

// readForm reads a form that was posted.
func readForm(r *http.Request) (*form, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	return &form{values: r.PostForm}, nil
}

func emptyForm() *form { return &form{values: url.Values{}} }

func (f *form) get(name string) string { return strings.TrimSpace(f.values.Get(name)) }

func (f *form) set(name, value string) *form {
	f.values.Set(name, value)
	return f
}

// fault notes what is wrong with a field, once.
func (f *form) fault(id, message string) {
	if f.faultOf(id) == "" {
		f.faults = append(f.faults, fieldError{id, sentenceCase(message)})
	}
}

func (f *form) faultOf(id string) string {
	i := slices.IndexFunc(f.faults, func(e fieldError) bool { return e.ID == id })
	if i < 0 {
		return ""
	}
	return f.faults[i].Message
}

// textField is a line or an area of text.
type textField struct {
	ID, Label, Hint, Value, Error string
	Class                         string // width
	Type, Mode, Autocomplete      string
	Rows, Max                     int
	LabelClass                    string
}

func (f *form) text(id, label, hint, class string) textField {
	return textField{ID: id, Label: label, Hint: hint, Value: f.values.Get(id), Error: f.faultOf(id), Class: class, Type: "text", Autocomplete: "off"}
}

func (f *form) area(id, label, hint string, rows, limit int) textField {
	t := f.text(id, label, hint, "")
	t.Rows, t.Max = rows, limit
	return t
}

// dateField is a date in three fields.
type dateField struct {
	ID, Legend, Hint, Error string
	Day, Month, Year        string
}

func (f *form) date(id, legend, hint string) dateField {
	return dateField{
		ID: id, Legend: legend, Hint: hint, Error: f.faultOf(id + "-day"),
		Day: f.values.Get(id + "-day"), Month: f.values.Get(id + "-month"), Year: f.values.Get(id + "-year"),
	}
}

// choice is one option of a list, radio or check box.
type choice struct {
	ID, Value, Title, Hint string
	Chosen                 bool
}

// choiceField is a list, radios or check boxes.
type choiceField struct {
	ID, Label, Hint, Error string
	Choices                []choice
	Columns                bool
	Inline                 bool // radios side by side
}

func (f *form) choices(id, label, hint string, options []choice) choiceField {
	chosen := f.values[id]
	out := choiceField{ID: id, Label: label, Hint: hint, Error: f.faultOf(id)}
	for i, o := range options {
		o.ID = id
		if i > 0 {
			o.ID = id + "-" + strconv.Itoa(i+1)
		}
		o.Chosen = slices.Contains(chosen, o.Value)
		out.Choices = append(out.Choices, o)
	}
	return out
}

// partialDate reads a date of three fields, parts of which may be unknown; nil
// when none was given.
func (f *form) partialDate(id, what string) *registerv1.PartialDate {
	day, month, year := f.get(id+"-day"), f.get(id+"-month"), f.get(id+"-year")
	if day == "" && month == "" && year == "" {
		return nil
	}
	number := func(s string, low, high int) int32 {
		if s == "" {
			return 0
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < low || n > high {
			return -1
		}
		return int32(n) //nolint:gosec // between low and high
	}
	d := &registerv1.PartialDate{Year: number(year, 1500, 2100), Month: number(month, 1, 12), Day: number(day, 1, 31)}
	switch {
	case year == "":
		f.fault(id+"-day", what+" must include a year")
	case d.GetYear() < 0:
		f.fault(id+"-day", what+" must have a year of four digits")
	case d.GetMonth() < 0:
		f.fault(id+"-day", what+" must have a month between 1 and 12")
	case d.GetDay() < 0:
		f.fault(id+"-day", what+" must be a real date")
	case day != "" && month == "":
		f.fault(id+"-day", what+" must include a month")
	default:
		return d
	}
	return nil
}
