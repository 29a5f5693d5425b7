package view

import (
	"log/slog"
	"testing"

	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/refdata"
)

// What is kept of a record is of the version that stands, and is gone once the record
// changes or is erased, however late it was made.
func TestOpenedFallsWithItsVersion(t *testing.T) {
	t.Parallel()
	ref, err := refdata.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := New(nil, nil, conduct.NewRules(ref), identity.DefaultModel(), slog.New(slog.DiscardHandler))
	nominal := identity.ID{9}
	records := map[string]struct {
		id      identity.ID
		version func(n int32) decoded
	}{
		"nominal": {identity.ID{1}, func(n int32) decoded {
			return decoded{kind: postgres.KindNominal, nominal: &Nominal{ID: identity.ID{1}, Force: "33", Version: int64(n)}}
		}},
		"course": {identity.ID{2}, func(int32) decoded {
			return decoded{kind: postgres.KindCourse, course: &conduct.Course{Nominal: conduct.ID(nominal)}}
		}},
		"measure": {identity.ID{3}, func(n int32) decoded {
			return decoded{kind: postgres.KindMeasure, part: &Part{Kind: postgres.KindMeasure, Nominal: nominal, Version: n}}
		}},
	}
	for name, r := range records {
		put := func(n int32) {
			d := r.version(n)
			d.id, d.n = r.id, n
			v.take([]decoded{d})
		}
		kept := func() any {
			into := make([]any, 1)
			v.Opened([]identity.ID{r.id}, into)
			return into[0]
		}
		epoch := v.Opened([]identity.ID{r.id}, make([]any, 1))
		if v.KeepOpened(epoch, r.id, 1, name, 1); kept() != nil {
			t.Errorf("%s: kept before it stands", name)
		}
		put(1)
		if v.KeepOpened(epoch, r.id, 1, name, 1); kept() != name {
			t.Errorf("%s: not kept", name)
		}
		if put(2); kept() != nil {
			t.Errorf("%s: kept though it changed", name)
		}
		if v.KeepOpened(epoch, r.id, 1, name, 1); kept() != nil {
			t.Errorf("%s: an old version is kept", name)
		}
		v.KeepOpened(epoch, r.id, 2, name, 1)
		v.take([]decoded{{id: r.id, n: 3, kind: r.version(3).kind}})
		if kept() != nil {
			t.Errorf("%s: kept though it was erased", name)
		}
		if v.KeepOpened(epoch, r.id, 2, name, 1); kept() != nil {
			t.Errorf("%s: kept after it was erased", name)
		}
		put(4)
		v.KeepOpened(epoch, r.id, 4, name, 1)
		v.mu.Lock()
		v.forgetOpened()
		v.mu.Unlock()
		if v.KeepOpened(epoch, r.id, 4, name, 1); kept() != nil {
			t.Errorf("%s: kept what was opened with keys that were read afresh since", name)
		}
	}
}

// What a force was told is gone once any of the records that it was made of changes or is
// erased, and stays while others do.
func TestToldFallsWithAnyRecord(t *testing.T) {
	t.Parallel()
	ref, err := refdata.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := New(nil, nil, conduct.NewRules(ref), identity.DefaultModel(), slog.New(slog.DiscardHandler))
	nominal, course, measure, other := identity.ID{1}, identity.ID{2}, identity.ID{3}, identity.ID{4}
	put := func(id identity.ID, n int32) {
		d := decoded{id: id, n: n, kind: postgres.KindCourse, course: &conduct.Course{Nominal: conduct.ID(nominal)}}
		if id == measure {
			d = decoded{id: id, n: n, kind: postgres.KindMeasure, part: &Part{Kind: postgres.KindMeasure, Nominal: nominal, Version: n}}
		}
		v.take([]decoded{d})
	}
	for _, id := range []identity.ID{course, measure, other} {
		put(id, 1)
	}
	made := []RecordVersion{{course, 1}, {measure, 1}}
	told := func() any {
		what, _ := v.Told("33", nominal)
		return what
	}
	_, epoch := v.Told("33", nominal)
	keep := func() { v.KeepTold(epoch, "33", nominal, made, "what", 1) }
	keep()
	if put(other, 2); told() != "what" {
		t.Error("not kept while another record changes")
	}
	if what, _ := v.Told("10", nominal); what != nil {
		t.Error("another force is told the same")
	}
	if put(measure, 2); told() != nil {
		t.Error("kept though a record changed")
	}
	if keep(); told() != nil {
		t.Error("an old version is kept")
	}
	made[1].N = 2
	keep()
	v.KeepTold(epoch, "33", other, made[1:], "another's", 1)
	if v.take([]decoded{{id: course, n: 2, kind: postgres.KindCourse}}); told() != nil {
		t.Error("kept though a record was erased")
	}
	if what, _ := v.Told("33", other); what != "another's" {
		t.Error("what was not made of it has gone too")
	}
	if len(v.told.of) != 1 {
		t.Errorf("of records there are left %v", v.told.of)
	}
	v.mu.Lock()
	v.forgetOpened()
	v.mu.Unlock()
	v.KeepTold(epoch, "33", other, made[1:], "another's", 1)
	if what, _ := v.Told("33", other); what != nil || len(v.told.of) != 0 {
		t.Errorf("%v is kept, made with keys that were read afresh since", what)
	}
}
