package identity

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// made are the shares at which madePeople goes wrong.
var made = struct{ surnameTypo, givenOther, dateDigit, postcodeOther float64 }{0.12, 0.06, 0.15, 0.3}

// madePeople returns people of whom two in three have a second record, which
// differs from the first at known rates; and it returns the rates met.
func madePeople(people int) (records []Labelled, met map[string]float64) {
	rng := rand.New(rand.NewPCG(7, 7))
	syllables := []string{"ba", "ne", "ro", "ti", "ku", "les", "mar", "gon", "vid", "sha", "pol", "wen"}
	word := func(n int) string {
		w := ""
		for range n {
			// the square makes some far commoner than others
			x := rng.Float64()
			w += syllables[int(x*x*float64(len(syllables)))]
		}
		return w
	}
	date := func() Birth { return Birth{Year: 1940 + rng.IntN(65), Month: 1 + rng.IntN(12), Day: 10 + rng.IntN(17)} }
	postcode := func() string {
		letter := func() byte { return byte('A' + rng.IntN(8)) }
		return fmt.Sprintf("%c%c%d %d%c%c", letter(), letter(), 1+rng.IntN(9), 1+rng.IntN(9), letter(), letter())
	}
	met = map[string]float64{}
	pairs := 0.0
	add := func(who int, given, surname string, d Birth, p string) {
		l := Labelled{Person: fmt.Sprint(who)}
		l.ID = numbered(len(records) + 1)
		l.Record, _ = NewRecord(Raw{
			Names: []RawName{{Given: given, Surname: surname}}, Births: []RawBirth{{Value: d.String()}}, Postcodes: []string{p},
		})
		l.Query = QueryOf(l.Record)
		records = append(records, l)
	}
	for i := range people {
		given, surname, d, p := word(3), word(4), date(), postcode()
		add(i, given, surname, d, p)
		if i%3 == 0 {
			continue
		}
		pairs++
		goes := func(what string, share float64) bool {
			wrong := rng.Float64() < share
			if wrong {
				met[what]++
			}
			return wrong
		}
		if goes("surname", made.surnameTypo) {
			b := []byte(surname)
			b[3] = 'z'
			surname = string(b)
		}
		if goes("given", made.givenOther) {
			given = "xo" + word(3) + "ff"
		}
		if goes("date", made.dateDigit) {
			d.Year = d.Year/10*10 + (d.Year+3)%10
		}
		if goes("postcode", made.postcodeOther) {
			p = "YZ" + postcode()[2:]
		}
		add(i, given, surname, d, p)
	}
	for k := range met {
		met[k] /= pairs
	}
	return records, met
}

// TestFitUnlabelled checks that learning without labels finds the shares that
// the records were made with.
func TestFitUnlabelled(t *testing.T) {
	records, met := madePeople(1600)
	truth := truePairs(records)
	unknown := make([]Labelled, len(records))
	copy(unknown, records)
	for i := range unknown {
		unknown[i].Person = ""
	}
	learnt, err := FitUnlabelled(DefaultModel(), "made", unknown)
	if err != nil {
		t.Fatal(err)
	}
	if !learnt.Settled {
		t.Errorf("not settled after %d rounds", learnt.Rounds)
	}
	if math.Abs(learnt.Pairs/float64(truth)-1) > 0.03 {
		t.Errorf("expects %.0f pairs of one person, there are %d", learnt.Pairs, truth)
	}
	for _, tt := range []struct {
		field field
		rule  rule
		want  float64
	}{
		{fieldSurname, ruleOneLetter, met["surname"]},
		{fieldGiven, ruleDifferent, met["given"]},
		{fieldBirth, ruleOneDigit, met["date"]},
		{fieldPostcode, ruleDifferent, met["postcode"]},
		{fieldGiven, ruleExact, 1 - met["given"]},
		{fieldBirth, ruleExact, 1 - met["date"]},
	} {
		if got := learnt.Model.table[tt.field][tt.rule].M; math.Abs(got-tt.want) > 0.02 {
			t.Errorf("%s %s: learnt %.3f, made %.3f", tt.field, tt.rule, got, tt.want)
		}
	}
	if learnt.Model.Thresholds != DefaultModel().Thresholds {
		t.Error("the thresholds have changed")
	}
}

// TestFitUnlabelledIsTheSameTwice checks that the same records give the same
// weights.
func TestFitUnlabelledIsTheSameTwice(t *testing.T) {
	records, _ := madePeople(320)
	for i := range records {
		records[i].Person = ""
	}
	var files [2][]byte
	for i := range files {
		learnt, err := FitUnlabelled(DefaultModel(), "made", records)
		if err != nil {
			t.Fatal(err)
		}
		if files[i], err = learnt.Model.Marshal(); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the same records give other weights the second time")
	}
}

// TestFitUnlabelledHeedsLabels checks that labels decide where both records
// have one.
func TestFitUnlabelledHeedsLabels(t *testing.T) {
	records, _ := madePeople(320)
	for i := range records {
		records[i].Person = fmt.Sprint(i) // everybody is somebody else
	}
	learnt, err := FitUnlabelled(DefaultModel(), "labels", records)
	if err != nil {
		t.Fatal(err)
	}
	if learnt.Pairs != 0 {
		t.Errorf("expects %v pairs against the labels", learnt.Pairs)
	}
	if got, want := learnt.Model.table[fieldGiven][ruleExact].M, DefaultModel().table[fieldGiven][ruleExact].M; got != want {
		t.Errorf("without a pair of one person m is %v, not as it was, %v", got, want)
	}
}

func TestFitUnlabelledNeedsRecords(t *testing.T) {
	if _, err := FitUnlabelled(DefaultModel(), "few", make([]Labelled, leastRecords-1)); !errors.Is(err, ErrTooFew) {
		t.Errorf("got %v", err)
	}
}

// TestFitUnlabelledNearLabels checks on real records that learning without
// labels comes near to learning with them.
func TestFitUnlabelledNearLabels(t *testing.T) {
	if testing.Short() {
		t.Skip("learns from a whole data set")
	}
	set := febrl(t, "dataset1.csv", everything)
	labelled, err := Fit(DefaultModel(), "labelled", set)
	if err != nil {
		t.Fatal(err)
	}
	unknown := make([]Labelled, len(set))
	for i, l := range set {
		unknown[i] = Labelled{ID: l.ID, Record: l.Record, Query: l.Query}
	}
	learnt, err := FitUnlabelled(DefaultModel(), "unlabelled", unknown)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rounds, settled %v, %.0f of %d pairs", learnt.Rounds, learnt.Settled, learnt.Pairs, truePairs(set))
	if d := change(labelled, learnt.Model); d > 0.02 {
		t.Errorf("a share differs by %.3f from that learnt with labels", d)
	}
}
