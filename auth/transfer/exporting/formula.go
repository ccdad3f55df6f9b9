package exporting

import (
	"bytes"
	"regexp"
)

// Formula reports whether a spreadsheet may take the text of a cell for a formula, so that
// it gets a leading ' in CSV: it begins with = + - @ TAB or CR and is neither a number nor
// a telephone number. A text that has such a ' itself gets another one, so that taking one
// off a cell always gives back the text.
func Formula(text []byte) bool {
	text = bytes.TrimLeft(text, "'")
	if len(text) == 0 {
		return false
	}
	switch text[0] {
	case '=', '@', '\t', '\r':
		return true
	case '+', '-':
		return !number.Match(text) && !telephone.Match(text)
	}
	return false
}

var (
	number = regexp.MustCompile(`^[+-](?:[0-9]{1,40}(?:[.,][0-9]{0,40})?|[.,][0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?%?$`)
	// The international form (ITU-T E.123): a plus, and digits in groups.
	telephone = regexp.MustCompile(`^\+[0-9](?:[ ./()-]{0,2}[0-9]){5,16}$`)
)
