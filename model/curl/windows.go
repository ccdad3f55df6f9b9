package curl

import "strings"

// windows reports whether a line is quoted for cmd.exe, as browsers copy it: a caret
// outside of a shell's quotes stands before a quote or at the end of a line. No shell
// gives that a meaning.
func windows(line string) bool {
	var quote byte // what ends the part that is quoted; $ for the ' of a $'…'
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quote == '\'':
			if c == '\'' {
				quote = 0
			}
		case c == '\\':
			i++
		case quote == '$':
			if c == '\'' {
				quote = 0
			}
		case quote == '"':
			if c == '"' {
				quote = 0
			}
		case c == '$' && strings.HasPrefix(line[i+1:], "'"):
			quote = '$'
			i++
		case c == '\'' || c == '"':
			quote = c
		case c == '^':
			rest := line[i+1:]
			if strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "\n") || strings.HasPrefix(rest, "\r\n") {
				return true
			}
		}
	}
	return false
}

// splitWindows cuts a line as cmd.exe and then the C run-time of Windows do.
func splitWindows(line string) ([]string, error) {
	if strings.Contains(line, "\\\n") || strings.Contains(line, "\\\r\n") {
		return nil, problem(`the line is continued both with ^ and with \`).WithNext("copy the command once more, as cURL (bash)")
	}
	// Browsers double every backslash, which the run-time would undo before quotes only.
	doubled := strings.Contains(line, `^\^\`)
	line, err := carets(line)
	if err != nil {
		return nil, err
	}
	return arguments(line, doubled)
}

// carets does what cmd.exe does before it starts a program: ^ takes the meaning from the
// next character outside of quotes, and joins lines.
func carets(line string) (string, error) {
	var out strings.Builder
	quoted := false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '"':
			quoted = !quoted
			out.WriteByte(c)
		case c == '%' && fills(line[i+1:]):
			return "", problem("cmd.exe would fill a variable in for the %% at %s", where(line, i)).
				WithNext("paste the line with the value in its place")
		case c == '\n' && quoted:
			return "", problem("a line ends inside of quotes at %s", where(line, i)).WithNext("copy the command once more, as cURL (bash)")
		case quoted:
			out.WriteByte(c)
		case c == '\n':
			if rest := left(line[i:]); rest != "" {
				return "", problem("a second command begins at %s", where(line, len(line)-len(rest))).
					WithNext("if it belongs to the first, end the line before it with a ^")
			}
			return out.String(), nil
		case c == '&' || c == '|' || c == '<' || c == '>':
			return "", problem("%c stands outside of quotes at %s", c, where(line, i)).WithNext("paste one curl command alone")
		case c == '^':
			i = caret(line, i, &out)
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), nil
}

// caret takes the ^ at i with what it escapes, and returns where that ends. Behind a line
// that is joined, a second line break is one of the text.
func caret(line string, i int, out *strings.Builder) int {
	rest := line[i+1:]
	for _, eol := range []string{"\r\n", "\n"} {
		if after, ok := strings.CutPrefix(rest, eol); ok {
			i += len(eol)
			for _, second := range []string{"\r\n", "\n"} {
				if strings.HasPrefix(after, second) {
					out.WriteByte('\n')
					return i + len(second)
				}
			}
			return i
		}
	}
	if rest == "" {
		return i
	}
	out.WriteByte(rest[0])
	return i + 1
}

// fills reports whether a % with text behind it is a variable, as in %NAME%. Two escapes
// of a URL, as in %AB%20, are none.
func fills(rest string) bool {
	name, after, ok := strings.Cut(rest, "%")
	if !ok || name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for i := range len(name) {
		if !isName(name[i]) {
			return false
		}
	}
	return !isHex(name) || !isHex(after)
}

func isHex(s string) bool {
	return len(s) >= 2 && strings.IndexByte("0123456789abcdef", lower(s[0])) >= 0 && strings.IndexByte("0123456789abcdef", lower(s[1])) >= 0
}

// arguments cuts a command line as the C run-time of Windows does: blanks outside of
// quotes, \ special before a quote only (or, where each is doubled, everywhere), "" inside of
// quotes one quote.
func arguments(line string, doubled bool) ([]string, error) {
	var words []string
	var word strings.Builder
	open, quoted := false, false
	for i := 0; i < len(line); {
		switch c := line[i]; {
		case c == '\\':
			n := len(line[i:]) - len(strings.TrimLeft(line[i:], `\`))
			i += n
			open = true
			if !strings.HasPrefix(line[i:], `"`) {
				if doubled {
					n = (n + 1) / 2
				}
				word.WriteString(strings.Repeat(`\`, n))
				continue
			}
			word.WriteString(strings.Repeat(`\`, n/2))
			if n%2 == 1 {
				word.WriteByte('"')
				i++
			}
		case c == '"' && quoted && strings.HasPrefix(line[i:], `""`):
			word.WriteByte('"')
			i += 2
		case c == '"':
			open, quoted = true, !quoted
			i++
		case !quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
			i++
		default:
			open = true
			word.WriteByte(c)
			i++
		}
	}
	if quoted {
		return nil, problem("a quote is not closed").WithNext("paste the whole command")
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}
