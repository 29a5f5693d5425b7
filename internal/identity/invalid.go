package identity

// Invalid is the error of every normaliser. Its text says what would be right
// and never repeats the value, so that it may be returned to a caller and
// logged.
type Invalid struct { //nolint:errname // read as identity.Invalid
	// Code is a stable lower-case word: empty, format, length, check_letter,
	// range, ambiguous.
	Code string
	// Message says what would be right.
	Message string
}

// Error returns the message.
func (e *Invalid) Error() string { return e.Message }

func invalid(code, message string) error { return &Invalid{Code: code, Message: message} }
