package widget

import (
	"strings"

	"charm.land/lipgloss/v2"

	"ferry/ui/theme"
)

// HighlightJSON styles one line of JSON. It needs no more than the line, so that only
// what is visible costs anything; what is not JSON is left as it is.
func HighlightJSON(st *theme.Styles, line string) string {
	var b strings.Builder
	for i := 0; i < len(line); {
		c, from := line[i], i
		switch {
		case c == '"':
			i = stringEnd(line, i)
			style := st.JSONString
			if strings.HasPrefix(strings.TrimLeft(line[i:], " "), ":") {
				style = st.JSONKey
			}
			put(&b, style, line[from:i])
		case c == '-' || isDigit(c):
			for i++; i < len(line) && strings.IndexByte("0123456789+-.eE", line[i]) >= 0; i++ {
			}
			put(&b, st.JSONNumber, line[from:i])
		case isLetter(c):
			for i++; i < len(line) && (isLetter(line[i]) || isDigit(line[i])); i++ {
			}
			switch word := line[from:i]; word {
			case "true", "false", "null":
				put(&b, st.JSONWord, word)
			default:
				b.WriteString(word)
			}
		default:
			for i++; i < len(line) && line[i] != '"' && line[i] != '-' && !isDigit(line[i]) && !isLetter(line[i]); i++ {
			}
			b.WriteString(line[from:i])
		}
	}
	return b.String()
}

// HighlightXML styles one line of XML or HTML: names of tags, of attributes, their
// values, comments.
func HighlightXML(st *theme.Styles, line string) string {
	var b strings.Builder
	for line != "" {
		open := strings.IndexByte(line, '<')
		if open < 0 {
			break
		}
		b.WriteString(line[:open])
		line = line[open:]
		end := strings.IndexByte(line, '>')
		if strings.HasPrefix(line, "<!--") {
			if end = strings.Index(line, "-->"); end >= 0 {
				end += 2
			}
		}
		if end < 0 {
			end = len(line) - 1
		}
		tag(&b, st, line[:end+1])
		line = line[end+1:]
	}
	b.WriteString(line)
	return b.String()
}

// tag styles one tag, its brackets included.
func tag(b *strings.Builder, st *theme.Styles, s string) {
	if strings.HasPrefix(s, "<!") || strings.HasPrefix(s, "<?") {
		put(b, st.Faint, s)
		return
	}
	i := 1
	for i < len(s) && strings.IndexByte(" />\t", s[i]) < 0 || i == 1 && i < len(s) && s[i] == '/' {
		i++
	}
	put(b, st.JSONKey, s[:i])
	for i < len(s) {
		from := i
		switch c := s[i]; {
		case c == '"' || c == '\'':
			if n := strings.IndexByte(s[i+1:], c); n >= 0 {
				i += n + 2
			} else {
				i = len(s)
			}
			put(b, st.JSONString, s[from:i])
		case isLetter(c):
			for i++; i < len(s) && strings.IndexByte("=/> \t", s[i]) < 0; i++ {
			}
			put(b, st.JSONWord, s[from:i])
		default:
			i++
			b.WriteByte(c)
		}
	}
}

func put(b *strings.Builder, style lipgloss.Style, s string) { b.WriteString(style.Render(s)) }

// stringEnd returns one past the string that begins at i, or the end of the line.
func stringEnd(line string, i int) int {
	for i++; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(line)
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
