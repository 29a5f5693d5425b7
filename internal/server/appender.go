//go:build !bench

package server

import "github.com/perpetrator-register/register/internal/accesslog"

// appenderFor is where entries go: the log.
func appenderFor(w *accesslog.Writer) accesslog.Appender { return w }

// watching is whether the log is watched for misuse: always.
func watching() bool { return true }

// confirming is whether the log makes sure that answers hold where their entries stand.
func confirming() bool { return true }
