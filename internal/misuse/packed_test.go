package misuse

import (
	"bytes"
	"math/rand"
	"reflect"
	"testing"
	"testing/quick"
	"time"
)

// What is unpacked is what was packed, each field of it: a field that is added to Event and
// not packed fails here.
func TestPackedIsTheEvent(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(1))
	for range 500 {
		e := Event{Time: time.Unix(0, random.Int63()).UTC()}
		v := reflect.ValueOf(&e).Elem()
		for i := range v.NumField() {
			if f := v.Field(i); f.Type() != reflect.TypeFor[time.Time]() {
				filled, _ := quick.Value(f.Type(), random)
				f.Set(filled)
			}
		}
		if got := pack(&e).unpack(); !reflect.DeepEqual(tidied(e), got) {
			t.Fatalf("got %+v, want %+v", got, e)
		}
	}
	if got := pack(&Event{Time: monday}).unpack(); !reflect.DeepEqual(got, Event{Time: monday}) {
		t.Errorf("of an event with nothing but a time: %+v", got)
	}
}

// tidied has no empty lists, which are the same as none.
func tidied(e Event) Event {
	for i := range e.Accused {
		if len(e.Accused[i].Codes) == 0 {
			e.Accused[i].Codes = nil
		}
	}
	v := reflect.ValueOf(&e).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice && f.Len() == 0 {
			f.SetZero()
		}
	}
	return e
}

// A queue gives back what was put into it, in order, whatever is put and taken.
func TestQueueKeepsOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(5))
	var q queue
	var want [][]byte
	for range 20_000 {
		if len(want) > 0 && random.Intn(5) < 2 {
			if got := q.front(); !bytes.Equal(got, want[0]) {
				t.Fatalf("%d bytes in front, want %d", len(got), len(want[0]))
			}
			q.pop()
			want = want[1:]
			continue
		}
		p := bytes.Repeat([]byte{byte(random.Uint32())}, random.Intn(600))
		if random.Intn(2000) == 0 {
			p = make([]byte, 3*queuePage)
		}
		q.push(p)
		want = append(want, p)
	}
	for ; len(want) > 0; want = want[1:] {
		if !bytes.Equal(q.front(), want[0]) {
			t.Fatal("not in order")
		}
		q.pop()
	}
	if q.front() != nil || len(q.pages) != 0 {
		t.Error("it is not empty")
	}
}
