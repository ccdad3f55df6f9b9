package command

import (
	"strings"
	"unicode"

	"ferry/model"
)

// maxCommandLine is the longest command line taken from SSH, in bytes.
const maxCommandLine = 64 << 10

// splitWords splits a line into words as a POSIX shell does as far as quoting goes
// ('…', "…", \x), and does nothing else that a shell does: no variable, no command,
// no pattern, no operator is looked at. EUsage for a quote that is never closed.
func splitWords(line string) ([]string, error) {
	if len(line) > maxCommandLine || strings.ContainsRune(line, 0) {
		return nil, model.Errorf(model.EUsage, "the command line is too long or holds a NUL byte")
	}
	var words []string
	var word strings.Builder
	open, quote := false, rune(0)
	runes := []rune(line)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case quote == '\'':
			if r == '\'' {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case r == '\\':
			i++
			if i == len(runes) {
				return nil, model.Errorf(model.EUsage, "the command line ends in a backslash")
			}
			// Inside "…" a backslash is itself unless it guards one of these.
			if quote == '"' && !strings.ContainsRune("\"\\$`\n", runes[i]) {
				word.WriteRune(r)
			}
			word.WriteRune(runes[i])
			open = true
		case quote == '"':
			if r == '"' {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case r == '\'' || r == '"':
			quote, open = r, true
		case unicode.IsSpace(r):
			if open {
				words = append(words, word.String())
				word.Reset()
				open = false
			}
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if quote != 0 {
		return nil, model.Errorf(model.EUsage, "the command line has a %c that is never closed", quote)
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}
