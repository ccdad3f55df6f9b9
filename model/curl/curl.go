// Package curl reads a curl command line, as people paste it, into the draft of an API
// client and the request that the line makes. Secrets go into the sealed fields of the
// draft and nowhere else.
//
// It imports model and model/clients only. It must never run anything, read a file that a
// line names (@file), or repeat a secret in an error or a note.
package curl

import (
	"ferry/model"
	"ferry/model/clients"
)

// Import is what a line says.
type Import struct {
	Draft   clients.Draft // without a name where none can be guessed
	Request model.Request // what to call; Path relative to the draft's base URL
	Notes   []string      // what was left out or guessed, for a person
	// Token is true when the line itself asks a token endpoint: its form became the draft's
	// OAuth 2.0 fields and there is no request.
	Token bool
}

// MaxLine is the length of the longest line, in bytes.
const MaxLine = 64 << 10

// Parse reads one command line, with POSIX or ANSI-C quoting, line continuations, and the
// short and long options of curl; also as browsers copy it. EInvalid with the field
// at fault: "curl" for the line itself, else that of the draft. Nothing is stored.
func Parse(line string) (Import, error) {
	words, err := split(line)
	if err != nil {
		return Import{}, err
	}
	c, err := read(words)
	if err != nil {
		return Import{}, err
	}
	return c.build()
}

// problem is what is wrong with the line. Its arguments never come from the line, but for
// names of options and headers, because any other word may be a secret.
func problem(format string, args ...any) *model.Error {
	return model.Errorf(model.EInvalid, format, args...).WithField("curl")
}
