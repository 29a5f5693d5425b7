package main

import (
	"strings"
	"testing"
)

// What is no sample's id is a mistake of the command line; an id that the log does
// not know is a fault.
func TestSampleIsNamed(t *testing.T) {
	r := newRegistry(t)
	r.append(read())
	dir := string(r.export(nil))
	const id, unknown, none = "01980000-0000-7000-8000-0123456789ab", "the log does not say", "is no sample"
	for name, tt := range map[string]struct {
		code int
		says string
	}{
		id:                               {exitFault, unknown},
		"forces/33/samples/" + id:        {exitFault, unknown},
		"nope":                           {exitUsage, none},
		"":                               {exitUsage, none},
		"01980000":                       {exitUsage, none},
		strings.ToUpper(id):              {exitUsage, none},
		"forces/33/samples/nope":         {exitUsage, none},
		"forces/33/samples/":             {exitUsage, none},
		"forces//samples/" + id:          {exitUsage, none},
		"forces/33/holds/" + id:          {exitUsage, none},
		"forces/33/samples/" + id + "/x": {exitUsage, none},
		"forces/33/x/samples/" + id:      {exitUsage, none},
		"/forces/33/samples/" + id:       {exitUsage, none},
	} {
		code, a := r.program("sample", name, dir)
		said := a.errors
		if a.Fault != nil {
			said = a.Fault.What
		}
		if code != tt.code || !strings.Contains(said, tt.says) {
			t.Errorf("%q: exit %d, %s", name, code, said)
		}
	}
}
