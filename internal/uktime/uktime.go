// Package uktime tells what the clocks show where the register is read.
package uktime

import (
	"time"
	_ "time/tzdata" // on a host without a table of zones every time of a summer would be an hour wrong
)

// London is the zone of all forces of the United Kingdom: by it days begin, nights are told
// from days, and times are written for people.
var London = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err) // the table is part of the program
	}
	return l
}()
