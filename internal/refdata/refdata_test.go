package refdata

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestBuiltInListsLoad(t *testing.T) {
	s, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	territorial := 0
	for _, f := range s.Forces() {
		if f.Kind == "territorial" {
			territorial++
		}
	}
	if territorial != 43 || len(s.Forces()) != 50 {
		t.Errorf("got %d territorial forces of %d, want 43 of 50", territorial, len(s.Forces()))
	}
	for i, b := range s.Behaviours() {
		if int(b.Ordinal) != i {
			t.Errorf("behaviour %s has ordinal %d, want %d", b.Code, b.Ordinal, i)
		}
	}
	statute := 0
	for _, b := range s.Behaviours() {
		if b.Statute {
			statute++
		}
	}
	if statute != 7 {
		t.Errorf("%d behaviours of s2A(3), want 7", statute)
	}
	for _, l := range PlainLists() {
		if len(s.Items(l)) < 2 {
			t.Errorf("list %s has %d items", l, len(s.Items(l)))
		}
	}
	if len(s.Items(LogPurposes)) != 4 {
		t.Error("DPA 2018 s62(4) has four uses")
	}
	if first, second := Default(), Default(); first != second {
		t.Error("Default loads twice")
	}
}

func TestLookups(t *testing.T) {
	s := Default()
	for _, alias := range strings.Fields("70 74 76 78 80 82 84 87") {
		if f, ok := s.Force(alias); !ok || f.Code != "84" {
			t.Errorf("force %s is not Police Scotland", alias)
		}
	}
	if f, ok := s.Force("33"); !ok || f.Name != "Leicestershire" {
		t.Error("force 33 is not Leicestershire")
	}
	if _, ok := s.Force("99"); ok {
		t.Error("force 99 exists")
	}
	if o, ok := s.Offence("195/12"); !ok || o.Unverified || o.Kind != "stalking" {
		t.Error("195/12 is not verified stalking")
	}
	o, ok := s.Offence("PH97006")
	if !ok || !o.Unverified || o.InForce("2012-11-24") || !o.InForce("2012-11-25") || !o.InForce("2030-01-01") {
		t.Error("PH97006: wrong dates or flag")
	}
	if b, ok := s.Behaviour("STRANGULATION"); !ok || len(b.Warnings) != 2 {
		t.Error("STRANGULATION implies two warnings")
	}
	for code, want := range map[string][2]bool{
		"REPORTED": {true, false}, "CONVICTED": {true, true}, "ACQUITTED": {false, false},
		"CANCELLED": {false, false}, "NO_FURTHER_ACTION": {true, false}, "VICTIM_DOES_NOT_SUPPORT": {true, false},
	} {
		if st, ok := s.Standing(code); !ok || st.Counts != want[0] || st.Convicts != want[1] {
			t.Errorf("standing %s: counts and convicts must be %v", code, want)
		}
	}
	if a, ok := s.Assessment("E"); !ok || a.Counts {
		t.Error("assessment E must count towards nothing")
	}
	if r, ok := s.Reason("THREAT_TO_LIFE"); !ok || r.NeedsReference {
		t.Error("a threat to life must need no reference")
	}
	if w := s.Warnings(); w[0].Code != "FIREARM" || w[1].Gravity > w[0].Gravity {
		t.Error("warnings are not in order of gravity")
	}
	if _, ok := s.Item("no-such-list", "X"); ok || s.Has(Sexes, "X") || !s.Has(Sexes, "NS") {
		t.Error("look-up in plain lists")
	}
}

func TestNewForceNeedsNoRelease(t *testing.T) {
	data, err := fs.ReadFile(builtIn, "data/forces.csv")
	if err != nil {
		t.Fatal(err)
	}
	more := fstest.MapFS{"forces.csv": {Data: append(data, "95,Newtown,territorial,england,96 97\n"...)}}
	s, err := Load(more)
	if err != nil {
		t.Fatal(err)
	}
	if f, ok := s.Force("97"); !ok || f.Code != "95" || len(s.Forces()) != 51 {
		t.Error("the new force is not found by its alias")
	}
}

func TestEveryFaultAtOnce(t *testing.T) {
	bad := fstest.MapFS{
		"forces.csv":       {Data: []byte("code,name,kind,nation,aliases\n01,A,territorial,england,02\n02,,odd,england,\n01,B,agency,wales,02 x\n")},
		"offences.csv":     {Data: []byte("code,scheme,title,jurisdiction,act,from,to,kind,unverified,warnings,purpose\nx y,CJS,T,england,,2020-13-01,2019-01-01,stalking,perhaps,NOPE,p\n")},
		"behaviours.csv":   {Data: []byte("code,ordinal,title,statute,warnings,purpose\nA,64,T,true,,p\nB,-1,T,true,,p\nC,5,T,true,, p\n")},
		"reasons.csv":      {Data: []byte("code,title,purpose,colour\nA,T,p,red\n")},
		"motivations.csv":  {Data: []byte("code,title\n\"A,T\n")},
		"sexes.csv":        {Data: nil},
		"standings.csv":    {Data: []byte("code,title,counts,convicts,purpose\nX,T,false,true,p\n")},
		"relationship.csv": {Data: []byte("code\nA\n")},
	}
	_, err := Load(bad)
	if err == nil {
		t.Fatal("faulty lists loaded")
	}
	for _, want := range []string{
		"forces.csv: line 3: name must not be empty",
		"forces.csv: line 3: kind must be one of",
		"forces.csv: line 4: code must not be used twice",
		`forces.csv: line 4: aliases holds the unknown code "x"`,
		"forces.csv: code 02 is also an alias",
		"offences.csv: line 2: code must be 1 to 40",
		"offences.csv: line 2: jurisdiction must be one of",
		"offences.csv: line 2: from must be YYYY-MM-DD",
		"offences.csv: line 2: to must not be before from",
		"offences.csv: line 2: unverified must be true or false",
		`offences.csv: line 2: warnings holds the unknown code "NOPE"`,
		"behaviours.csv: line 2: ordinal must be a whole number from 0 to 63",
		"behaviours.csv: line 3: ordinal must be a whole number",
		"behaviours.csv: line 4: purpose must not begin or end with a space",
		`reasons.csv: unknown column "colour"`,
		`reasons.csv: column "needs_reference" is missing`,
		"motivations.csv: line",
		"sexes.csv: is empty",
		"standings.csv: line 2: convicts needs counts",
		"relationship.csv: no such list",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q; it says:\n%v", want, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range files() {
		data, err := fs.ReadFile(builtIn, "data/"+name+".csv")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		s, err := Load(fstest.MapFS{name + ".csv": {Data: data}})
		if (s == nil) == (err == nil) {
			t.Fatal("neither a set nor an error, or both")
		}
	})
}

// An installation's own wording of a questionnaire is taken; codes that records may hold must stay.
func TestOwnWording(t *testing.T) {
	data, err := fs.ReadFile(builtIn, "data/questions.csv")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Load(fstest.MapFS{"questions.csv": {Data: []byte(strings.Replace(string(data), "Is she very frightened?", "Is the victim very frightened?", 1))}})
	if err != nil {
		t.Fatal(err)
	}
	if q, ok := s.Questionnaires("33").Question("S_DASH.FRIGHTENED"); !ok || q.Title != "Is the victim very frightened?" {
		t.Errorf("the question reads %q", q.Title)
	}
	lines := strings.SplitAfter(string(data), "\n")
	_, err = Load(fstest.MapFS{"questions.csv": {Data: []byte(lines[0] + strings.Join(lines[2:], ""))}})
	if err == nil || !strings.Contains(err.Error(), "questions.csv: must keep the codes S_DASH.FRIGHTENED:") {
		t.Errorf("a list without a code that records may hold: %v", err)
	}
}
