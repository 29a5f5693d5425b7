package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/alecthomas/kong"

	"github.com/perpetrator-register/register/internal/identity"
)

func tableFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "people.csv")
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// utf16LE writes a text as Excel does when it is asked for Unicode.
func utf16LE(text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return out
}

// TestTablesOfAnyForm checks that tables are read as programs and people write
// them: each holds the same two people, twice.
func TestTablesOfAnyForm(t *testing.T) {
	t.Parallel()
	columns := []string{"given=given", "surname=surname", "dob=born"}
	for name, text := range map[string]string{
		"plain":           "person,given,surname,born\n1,Zoë,Lonsdale,14/06/1984\n1,Zoe,Lonsdale,1984-06-14\n2,Ann,Quill,\n2,Ann,Quill,\n",
		"a mark":          "\ufeffperson,given,surname,born\n1,Zoe,Lonsdale,19840614\n1,Zoe,Lonsdale,1984-06-14T10:30:00Z\n2,Ann,Quill,\n2,Ann,Quill,\n",
		"a mark, quotes":  "\ufeff\"person\",\"given\",\"surname\",\"born\"\r\n\"1\",\"Zoe\",\"Lonsdale\",\"1984-06-14 00:00:00\"\r\n\"1\",\"Zoe\",\"Lonsdale\",\"14/06/1984 10:30\"\r\n2,Ann,Quill,\r\n2,Ann,Quill,\r\n",
		"semicolons":      "person;given;surname;born\n1;Zoe;Lonsdale;14.06.1984\n1;Zoe;Lonsdale;14 June 1984\n2;Ann;Quill;NULL\n2;Ann;Quill;NaN\n",
		"tabs":            "person\tgiven\tsurname\tborn\n1\tZoe\tLonsdale\t1984-06-14\n1\tZoe\tLonsdale\t1984-06-14\n2\tAnn\tQuill\t\n2\tAnn\tQuill\t\n",
		"spaces":          " person , given , surname , born \n 1 , Zoe , Lonsdale , 1984-06-14 \n1,Zoe,Lonsdale,1984-06-14\n2,Ann,Quill,\n2,Ann,Quill\n",
		"Latin-1":         "person,given,surname,born\n1,Zo\xeb,Lonsdale,1984-06-14\n1,Zoe,Lonsdale,1984-06-14\n2,Ann,Quill,\n2,Ann,Quill,\n",
		"a loose quote":   "person,given,surname,born\n1,Zoe,Lonsdale,1984-06-14\n1,Zoe \"Zed\",Lonsdale,1984-06-14\n2,Ann,Quill,\n2,Ann,Quill,\n",
		"another case":    "Person,GIVEN,Surname,Born\n1,Zoe,Lonsdale,1984-06-14\n1,Zoe,Lonsdale,1984-06-14\n2,Ann,Quill,\n2,Ann,Quill,\n",
		"columns besides": "x,person,given,surname,y,born,z\n,1,Zoe,Lonsdale,,1984-06-14,\n,1,Zoe,Lonsdale,,1984-06-14,\n,2,Ann,Quill,,,\n,2,Ann,Quill,,,,,\n",
		"UTF-16":          string(utf16LE("\ufeffperson\tgiven\tsurname\tborn\r\n1\tZoë\tLonsdale\t1984-06-14\r\n1\tZoe\tLonsdale\t1984-06-14\r\n2\tAnn\tQuill\t\r\n2\tAnn\tQuill\t\r\n")),
		"Windows-1252":    "person,given,surname,born\n1,Zoe,O\x92Brien,1984-06-14\n1,Zoe,O'Brien,1984-06-14\n2,Ann,Quill,\n2,Ann,Quill,\n",
		"old Macintosh":   "person,given,surname,born\r1,Zoe,Lonsdale,1984-06-14\r1,Zoe,Lonsdale,1984-06-14\r2,Ann,Quill,\r2,Ann,Quill,\r",
		"told separator":  "sep=;\r\nperson;given;surname;born\r\n1;Zoe;Lonsdale;1984-06-14\r\n1;Zoe;Lonsdale;1984-06-14\r\n2;Ann;Quill;\r\n2;Ann;Quill;\r\n",
		"quoted header":   "\"person\";given;surname;born;\"a, b, c, d\nand e\"\n1;Zoe;Lonsdale;1984-06-14;\n1;Zoe;Lonsdale;1984-06-14;\n2;Ann;Quill;;\n2;Ann;Quill;;\n",
		"quoted lines":    "person,note,given,surname,born\r\n1,\"met at,\r\nand \"\"followed\"\"\r\n\",Zoe,Lonsdale,1984-06-14\r\n1,,Zoe,Lonsdale,1984-06-14\r\n2,,Ann,Quill,\r\n2,,Ann,Quill,\r\n",
		"an open quote":   "person,given,surname,born\n1,\"Zoe,Lonsdale,1984-06-14\n1,\"Zoe\" Zed,Lonsdale,1984-06-14\n2,\"Ann\",Quill,\n2,\"Ann\",Quill,",
		"empty lines":     "\n\nperson,given,surname,born\n\n1,Zoe,Lonsdale,1984-06-14\n1,Zoe,Lonsdale,1984-06-14\n,,,\n2,Ann,Quill,\n2,Ann,Quill,\n\n",
		"fractions":       "person,given,surname,born\n1.0,Zoe,Lonsdale,19840614.0\n1,Zoe,Lonsdale,19840614\n2.0,Ann,Quill,\n2,Ann,Quill,\n",
		"month first":     "person,given,surname,born\n1,Zoe,Lonsdale,06/14/1984\n1,Zoe,Lonsdale,14 June 1984\n2,Ann,Quill,2/28/1990 0:00\n2,Ann,Quill,28-Feb-90\n",
		"wide records":    "person,given,surname,born\n1,Zoe,Lonsdale,1984-06-14,and,more\n1,Zoe,Lonsdale,1984-06-14\n2,Ann,Quill,\n2,Ann,Quill,\n",
		"one name twice":  "person,given,surname,born,given\n1,Zoe,Lonsdale,1984-06-14,x\n1,Zoe,Lonsdale,1984-06-14,y\n2,Ann,Quill,,z\n2,Ann,Quill,,z\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tables{Columns: columns, truth: "person"}
			sets, err := c.read([]string{tableFile(t, text)}, slog.New(slog.DiscardHandler))
			must(t, err)
			if e := identity.Evaluate(identity.DefaultModel(), sets[0], nil); e.Records != 2 || e.Queries != 2 || e.RecallAt1 != 1 {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestWholeNamesAndSeveralAddresses(t *testing.T) {
	t.Parallel()
	c := tables{Columns: []string{"name=full name", "address=street", "address=town", "postcode=pc", "phone=phone", "email=email", "handle=handle", "vehicle=vrm", "identifier=nr"}, truth: `id~p-(\d+)`}
	sets, err := c.read([]string{tableFile(t, `id,full name,street,town,pc,phone,email,handle,vrm,nr
p-1-a,"LONSDALE, Zoe",14 High Street,Leicester,LE1 3GG,07700 900123,zoe@example.org,@zoe.l,LE19 ABC,A12
p-1-b,Zoe Lonsdale,14 High St,Leicester,,,,,,
elsewhere,Ann Quill,,,,,,,,
`)}, slog.New(slog.DiscardHandler))
	must(t, err)
	set := sets[0]
	if set[0].Person != "1" || set[1].Person != "1" || set[2].Person == "" || set[2].Person == "1" {
		t.Errorf("persons %q, %q, %q", set[0].Person, set[1].Person, set[2].Person)
	}
	if e := identity.Evaluate(identity.DefaultModel(), set, nil); e.Records != 2 || e.Queries != 1 || e.RecallAt1 != 1 {
		t.Errorf("%+v", e)
	}
}

// evaluated runs the command as its flags are given, and returns what it
// printed and told.
func evaluated(t *testing.T, args ...string) (printed map[string]float64, told string, err error) {
	t.Helper()
	var c evaluateCmd
	parser, err := kong.New(&c, kong.Name("evaluate"))
	must(t, err)
	if _, err := parser.Parse(args); err != nil {
		return nil, "", err
	}
	var out, journal strings.Builder
	c.out = &out
	if err := c.Run(t.Context(), slog.New(slog.NewTextHandler(&journal, nil))); err != nil {
		return nil, journal.String(), err
	}
	decoder := json.NewDecoder(strings.NewReader(out.String()))
	must(t, decoder.Decode(&printed))
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		t.Errorf("more than one object is printed: %s", out.String())
	}
	return printed, journal.String(), nil
}

// TestEvaluatePrintsOneObject checks the agreed members of the JSON, and that
// nothing else is printed.
func TestEvaluatePrintsOneObject(t *testing.T) {
	t.Parallel()
	path := tableFile(t, "person,given,born\n1,Zoe,1984-06-14\n1,Zoe,1984-06-14\n2,,\n2,,\n3,Ann,\n")
	printed, _, err := evaluated(t, "--data", path, "--columns", "given=given, DOB = born", "--truth", "person", "--query", " Given,dob", "--json")
	must(t, err)
	want := []string{"mrr", "p50_ms", "p99_ms", "pairs_f1", "pairs_precision", "pairs_recall", "queries", "recall_at_1", "recall_at_10", "records"}
	if got := slices.Sorted(maps.Keys(printed)); !slices.Equal(got, want) {
		t.Errorf("members %q", got)
	}
	if printed["records"] != 3 || printed["queries"] != 2 || printed["recall_at_1"] != 0.5 {
		t.Errorf("%v", printed)
	}
}

// TestTwoFiles checks the second file's records against the first's.
func TestTwoFiles(t *testing.T) {
	t.Parallel()
	held := "person,given,surname\nrec-1-org,Zoe,Lonsdale\nrec-2-org,Ann,Quill\n"
	for name, tt := range map[string]struct{ asked, columns, told string }{
		"the same columns": {"person,given,surname\nrec-1-dup-0,Zoe,Lonsdal\nrec-3-dup-0,Some,Body\n", "given=given,surname=surname", ""},
		"another order":    {"surname;person;given\nLonsdal;rec-1-dup-0;Zoe\nBody;rec-3-dup-0;Some\n", "given=given,surname=surname", ""},
		"other names":      {"Person,forename,family\nrec-1-dup-0,Zoe,Lonsdal\nrec-3-dup-0,Some,Body\n", "given=given,surname=surname,given=forename,surname=family", "column=family"},
		"fewer columns":    {"person,surname\nrec-1-dup-0,Lonsdal\nrec-3-dup-0,Body\n", "given=given,surname=surname", "column=given"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			printed, told, err := evaluated(t, "--data", tableFile(t, held)+","+tableFile(t, tt.asked), "--columns", tt.columns, "--truth", `person~rec-(\d+)-`, "--json")
			must(t, err)
			if printed["records"] != 2 || printed["queries"] != 1 || printed["recall_at_1"] != 1 || !strings.Contains(told, tt.told) || tt.told == "" && told != "" {
				t.Errorf("%v, told %s", printed, told)
			}
		})
	}
}

// TestTruth checks how a column tells persons.
func TestTruth(t *testing.T) {
	t.Parallel()
	text := "id,who~what,given\nrec-7-org,a,Zoe\nrec-7-dup-1,a,Zoe\n8-other,b,Zoe\n,b,Zoe\n"
	for truth, want := range map[string][4]string{
		"id":                             {"rec-7-org", "rec-7-dup-1", "8-other", "*"},
		`id~rec-(\d+)-`:                  {"7", "7", "*", "*"},
		`id~rec-\d+`:                     {"rec-7", "rec-7", "*", "*"},
		`id~rec-(\d+)-org|rec-(\d+)-dup`: {"7", "7", "*", "*"},
		`ID ~rec-(\d+)-`:                 {"7", "7", "*", "*"},
		"who~what":                       {"a", "a", "b", "b"},
	} {
		c := tables{Columns: []string{"given=given"}, truth: truth}
		sets, err := c.read([]string{tableFile(t, text)}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Errorf("%s: %v", truth, err)
			continue
		}
		seen := map[string]bool{}
		for i, w := range want {
			got := sets[0][i].Person
			if w != "*" && got != w || w == "*" && (seen[got] || !strings.HasPrefix(got, "\x00")) {
				t.Errorf("%s: record %d is of %q", truth, i, got)
			}
			seen[got] = true
		}
	}
}

func TestTablesTellTheirFaults(t *testing.T) {
	t.Parallel()
	const text = "person,given,born\n1,Zoe,1984\n2,Ann,1985\n"
	for name, tt := range map[string]struct {
		text string
		args []string
		want []string
	}{
		"no such columns": {text, []string{"--columns", "given=forename,surname=family", "--truth", "person"}, []string{`no column "forename"`, `no column "family"`, `has ["person" "given" "born"]`}},
		"no such field":   {text, []string{"--columns", "forename=given", "--truth", "person"}, []string{`"forename=given" is not FIELD=COLUMN with one of given, surname`}},
		"no column told":  {text, []string{"--columns", "given", "--truth", "person"}, []string{`"given" is not FIELD=COLUMN`}},
		"no such truth":   {text, []string{"--columns", "given=given", "--truth", "who~x"}, []string{`--truth: no column "who"; there are ["person" "given" "born"]`}},
		"no expression":   {text, []string{"--columns", "given=given", "--truth", "person~("}, []string{"--truth: error parsing regexp"}},
		"no truth":        {"person,given\n,Zoe\n,Ann\n", []string{"--columns", "given=given", "--truth", "person"}, []string{"tells nobody's person"}},
		"not mapped":      {text, []string{"--columns", "given=given", "--truth", "person", "--query", "given,surname"}, []string{`--query: --columns gives no column for "surname"`}},
		"empty":           {"", []string{"--columns", "given=given", "--truth", "person"}, []string{"it is empty"}},
		"three files":     {text, []string{"--data", "x", "--data", "y", "--columns", "given=given", "--truth", "person"}, []string{"--data: takes one file or two"}},
	} {
		_, _, err := evaluated(t, append(tt.args, "--json", "--data", tableFile(t, tt.text))...)
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	_, told, err := evaluated(t, "--json", "--columns", "given=given", "--truth", "person", "--data", tableFile(t, text))
	if err != nil || !strings.Contains(told, "nobody was looked for") {
		t.Errorf("%v, told %q", err, told)
	}
}

// TestRubbish checks that values which cannot be read hinder nothing.
func TestRubbish(t *testing.T) {
	t.Parallel()
	path := tableFile(t, `id,given,surname,name,dob,address,postcode,phone,email,handle,vehicle,nr
1,???,"-","",sometime,,not a postcode,ask mother,at home,@,?????,/
1,Zoe,Lonsdale,"LONSDALE, ",31/31/9999,"","`+"\x00"+`",`+strings.Repeat("9", 5000)+`,@@@,"🙂",🚗,`+strings.Repeat("é", 5000)+`
2,,,,,,,,,,,
2,`+strings.Repeat("Zoe ", 3000)+`,`+strings.Repeat("z", 9000)+`,,,,,,,,,
`)
	columns := "given=given,surname=surname,name=name,dob=dob,address=address,postcode=postcode,phone=phone,email=email,handle=handle,vehicle=vehicle,identifier=nr"
	printed, _, err := evaluated(t, "--json", "--data", path, "--columns", columns, "--truth", "id")
	if err != nil || printed["records"] != 2 || printed["queries"] != 2 {
		t.Errorf("%v, %v", printed, err)
	}
}

// TestColumnsOfOneName checks that a field takes as many columns of one name as it is
// given, and none of them twice.
func TestColumnsOfOneName(t *testing.T) {
	t.Parallel()
	path := tableFile(t, "id,given,street,street,Given\n1,Zoe,14 High Street,9 Mill Lane,x\n")
	for columns, want := range map[string]identity.Raw{
		"given=given,address=street":                               {Names: []identity.RawName{{Given: "Zoe"}}, Addresses: []string{"14 High Street"}},
		"given=given,given=given,address=street,address=street":    {Names: []identity.RawName{{Given: "Zoe"}}, Addresses: []string{"14 High Street", "9 Mill Lane"}},
		"given=GIVEN,address=street,address=street,address=street": {Names: []identity.RawName{{Given: "Zoe"}}, Addresses: []string{"14 High Street", "9 Mill Lane"}},
	} {
		c := tables{Columns: strings.Split(columns, ","), truth: "id"}
		sets, err := c.read([]string{path}, slog.New(slog.DiscardHandler))
		must(t, err)
		record, _ := identity.NewRecord(want)
		if !reflect.DeepEqual(sets[0][0].Record, record) {
			t.Errorf("%s: %+v, want %+v", columns, sets[0][0].Record, record)
		}
	}
}
