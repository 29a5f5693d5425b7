package main

import (
	"errors"
	"strings"
)

// wholeSubject completes a sign-in name to what the log knows its owner by: the provider
// of the force, which is the one that the reader signs in at, and the name there. A name
// that is not whole would fit no entry, and an empty list would look like an answer.
func (a *app) wholeSubject(name string) (string, error) {
	if name == "" || strings.Contains(name, "#") || strings.Contains(name, "://") {
		return name, nil
	}
	_, p, err := a.profile()
	if err != nil {
		return "", err
	}
	self, err := a.self()
	if err != nil {
		return "", err
	}
	if p.Issuer == "" || self.GetForce() == "" {
		return "", usageError{errors.New("--subject: give the whole name, as the log lists it")}
	}
	whole := p.Issuer + "#" + name
	a.warn("--subject: taken for %s", whole)
	return whole, nil
}
