package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/perpetrator-register/register/internal/identity"
)

func tableFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "people.csv")
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
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
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tables{Columns: columns, truth: "person"}
			set, err := c.read(tableFile(t, text), 0)
			must(t, err)
			if e := identity.Evaluate(identity.DefaultModel(), set, nil); e.Records != 2 || e.Queries != 2 || e.RecallAt1 != 1 {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestWholeNamesAndSeveralAddresses(t *testing.T) {
	t.Parallel()
	c := tables{Columns: []string{"name=full name", "address=street", "address=town", "postcode=pc", "phone=phone", "email=email", "handle=handle", "vehicle=vrm", "identifier=nr"}, truth: `id~p-(\d+)`}
	set, err := c.read(tableFile(t, `id,full name,street,town,pc,phone,email,handle,vrm,nr
p-1-a,"LONSDALE, Zoe",14 High Street,Leicester,LE1 3GG,07700 900123,zoe@example.org,@zoe.l,LE19 ABC,A12
p-1-b,Zoe Lonsdale,14 High St,Leicester,,,,,,
elsewhere,Ann Quill,,,,,,,,
`), 0)
	must(t, err)
	if set[0].Person != "1" || set[1].Person != "1" || set[2].Person == "" || set[2].Person == "1" {
		t.Errorf("persons %q, %q, %q", set[0].Person, set[1].Person, set[2].Person)
	}
	if e := identity.Evaluate(identity.DefaultModel(), set, nil); e.Records != 2 || e.Queries != 1 || e.RecallAt1 != 1 {
		t.Errorf("%+v", e)
	}
}

func TestTwoFilesWhoseTruthDiffers(t *testing.T) {
	t.Parallel()
	held := tableFile(t, "person,given,surname\n1,Zoe,Lonsdale\n2,Ann,Quill\n")
	asked := tableFile(t, "person,given,surname\n1,Zoe,Lonsdal\n3,Some,Body\n")
	c := evaluateCmd{Data: []string{held, asked}, tables: tables{Columns: []string{"given=given", "surname=surname"}}, Truth: "person", JSON: true}
	must(t, c.Run(t.Context()))
}

func TestTablesTellTheirFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, column, truth, want string }{
		"no such column": {"person,given\n1,Zoe\n", "given=forename", "person", `no column "forename"; there are ["person" "given"]`},
		"no such truth":  {"person,given\n1,Zoe\n", "given=given", "who", `no column "who"`},
		"no truth":       {"person,given\n,Zoe\n,Ann\n", "given=given", "person", "tells nobody's person"},
		"too wide":       {"person,given\n1,Zoe\n1,Zoe,Lonsdale\n", "given=given", "person", "record 2 has 3 values, the header 2"},
		"empty":          {"", "given=given", "person", "it is empty"},
		"UTF-16":         {"\xff\xfep\x00", "given=given", "person", "UTF-16"},
	} {
		c := tables{Columns: []string{tt.column}, truth: tt.truth}
		if _, err := c.read(tableFile(t, tt.text), 0); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
