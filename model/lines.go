package model

import (
	"fmt"
	"unicode/utf8"
)

// LineProblem says what is wrong with a description or a label: text of one line of at
// most limit characters, all of which can be seen. "" when nothing is.
func LineProblem(text string, limit int) string {
	switch {
	case utf8.RuneCountInString(text) > limit:
		return fmt.Sprintf("at most %d characters", limit)
	case Printable(text) != text:
		return "one line, without control characters or any that cannot be seen"
	}
	return ""
}
