package server

import "testing"

func TestAnonymous(t *testing.T) {
	for line, want := range map[string][2]uintptr{
		"2789e0800000-2789ed400000 rw-p 00000000 00:00 0 ":                           {0x2789e0800000, 0x2789ed400000},
		"2789e0812000-2789ed4ff000 rw-p 00000000 00:00 0 ":                           {0x2789e0a00000, 0x2789ed400000},
		"2789e0800000-2789ed400000 rw-p 00000000 00:00 0          [anon: Go: heap]":  {0x2789e0800000, 0x2789ed400000},
		"2789e0800000-2789ed400000 ---p 00000000 00:00 0 ":                           {},
		"2789e0800000-2789ed400000 rw-s 00000000 00:00 0 ":                           {},
		"7ffd2c595000-7ffd2cab6000 rw-p 00000000 00:00 0          [stack]":           {},
		"00400000-00aac000 rw-p 00000000 fe:00 9986177            /usr/bin/register": {},
		"": {},
	} {
		from, to := anonymous(line)
		if (want == [2]uintptr{}) && from >= to {
			continue
		}
		if from != want[0] || to != want[1] {
			t.Errorf("%q: %x to %x, not %x to %x", line, from, to, want[0], want[1])
		}
	}
}
