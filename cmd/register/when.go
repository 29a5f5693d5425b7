package main

import (
	"time"

	"github.com/perpetrator-register/register/internal/uktime"
)

// when is a time given on the command line. A server's own clock is seldom that of
// London, by which days begin.
type when struct{ time.Time }

// UnmarshalText reads a time as registerctl does.
func (w *when) UnmarshalText(text []byte) (err error) {
	w.Time, err = uktime.Moment(string(text), time.Now(), uktime.London)
	return err
}
