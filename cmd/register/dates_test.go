package main

import "testing"

// TestDatesOfAColumn checks that the dates of a column are read in the order
// that suits them best, and that what needs no order is left alone.
func TestDatesOfAColumn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ values, want []string }{
		"day first":        {[]string{"05/06/1984", "14/06/1984", "", "5.6.1984 10:30"}, []string{"1984-06-05", "1984-06-14", "", "1984-6-5"}},
		"month first":      {[]string{"05/06/1984", "06/14/1984", "12/31/1990 12:00:00 AM"}, []string{"1984-05-06", "1984-06-14", "1990-12-31"}},
		"mostly":           {[]string{"14/06/1984", "15/06/1984", "06/16/1984"}, []string{"1984-06-14", "1984-06-15", "1984-16-06"}},
		"year first":       {[]string{"1984-06-05", "1984/06/14T00:00:00Z"}, []string{"1984-06-05", "1984-06-14"}},
		"year, day, month": {[]string{"1984-05-06", "1984-14-06"}, []string{"1984-06-05", "1984-06-14"}},
		"digits":           {[]string{"19840605", "20061014", "1984061"}, []string{"1984-06-05", "2006-10-14", "0198-40-61"}},
		"digits, day last": {[]string{"05061984", "14062006", "5061984"}, []string{"1984-06-05", "2006-06-14", "1984-06-05"}},
		"short years":      {[]string{"05/06/84", "14/06/05"}, []string{"1984-06-05", "2005-06-14"}},
		"short, year first": {
			[]string{"84-06-05", "84-06-14"}, []string{"1984-06-05", "1984-06-14"},
		},
		"six digits":  {[]string{"140684", "050684"}, []string{"1984-06-14", "1984-06-05"}},
		"months":      {[]string{"198406", "200512"}, []string{"1984-06", "2005-12"}},
		"month names": {[]string{"14-Jun-84", "June 14, '84", "14 June 1984", "June 14 1984"}, []string{"14-Jun-1984", "June 14, '1984", "14 June 1984", "June 14 1984"}},
		"others":      {[]string{"1984", "about 1984", "06/1984", "1984-06", "sometime"}, []string{"1984", "about 1984", "06/1984", "1984-06", "sometime"}},
	} {
		read := dateReader(tt.values)
		for i, v := range tt.values {
			if got := read(v); got != tt.want[i] {
				t.Errorf("%s: %q is read as %q, not %q", name, v, got, tt.want[i])
			}
		}
	}
}
