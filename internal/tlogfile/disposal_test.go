package tlogfile

import (
	"reflect"
	"testing"
)

func TestDisposalMark(t *testing.T) {
	t.Parallel()
	mark := DisposalMark([]int64{0, 1, 2, 5, 7, 8})
	if mark != "retention:tiles:0-2,5,7-8" {
		t.Errorf("mark %s", mark)
	}
	got, err := (&Entry{Marks: []string{"retention:before:2304:tiles:6:bodies:9", mark}}).Disposed()
	if want := [][2]int64{{0, 2}, {5, 5}, {7, 8}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read as %v, %v", got, err)
	}
	for _, bad := range []string{"", "x", "3-", "-3", "5-4", "4,3", "4,4", "1,,2"} {
		if got, err := (&Entry{Marks: []string{disposalMark + bad}}).Disposed(); err == nil {
			t.Errorf("%q is read as %v", bad, got)
		}
	}
}
