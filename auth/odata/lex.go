package odata

import (
	"strconv"
	"strings"
	"time"
)

// token is one word of a $filter. Literals carry their value and kind.
type token struct {
	text  string // as written; "" at the end
	kind  Kind   // of a literal, else ""
	value any
	glued bool // a string literal that follows a word without a space: duration'…'
}

// lex cuts a $filter into tokens, with an empty one at the end.
func lex(s string) ([]token, *Error) {
	var out []token
	for i := 0; i < len(s); {
		switch s[i] {
		case ' ', '\t':
			i++
		case '(', ')', ',':
			out = append(out, token{text: s[i : i+1]})
			i++
		case '\'':
			text, n, ok := lexString(s[i:])
			if !ok {
				return nil, bad("$filter: a string is not closed")
			}
			glued := i > 0 && !strings.ContainsRune(" \t(,", rune(s[i-1]))
			out = append(out, token{text: s[i : i+n], kind: String, value: text, glued: glued})
			i += n
		default:
			n := strings.IndexAny(s[i:], " \t(),'")
			if n < 0 {
				n = len(s) - i
			}
			t, err := lexWord(s[i : i+n])
			if err != nil {
				return nil, err
			}
			out = append(out, t)
			i += n
		}
	}
	return append(out, token{}), nil
}

// lexString reads a quoted string; a quote inside it is doubled.
func lexString(s string) (text string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 == len(s) || s[i+1] != '\'' {
			return b.String(), i + 1, true
		}
		b.WriteByte('\'')
		i++
	}
	return "", 0, false
}

func lexWord(w string) (token, *Error) {
	switch w {
	case "true", "false":
		return token{text: w, kind: Boolean, value: w == "true"}, nil
	case "null":
		return token{text: w, kind: null}, nil
	case "INF", "-INF", "NaN":
		return token{}, unsupported("$filter: %s", w)
	}
	if c := w[0]; c != '-' && (c < '0' || c > '9') {
		return token{text: w}, nil
	}
	if w[0] == '-' && (len(w) == 1 || w[1] < '0' || w[1] > '9') {
		return token{}, unsupported("$filter: arithmetic")
	}
	return lexNumber(w)
}

// lexNumber reads what begins like a number: a number, a date or a point in time.
func lexNumber(w string) (token, *Error) {
	if n, err := strconv.ParseInt(w, 10, 64); err == nil {
		return token{text: w, kind: Int64, value: n}, nil
	}
	if t, err := time.Parse(time.DateOnly, w); err == nil {
		return token{text: w, kind: Date, value: t}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, w); err == nil {
			return token{text: w, kind: DateTimeOffset, value: t}, nil
		}
	}
	// ParseFloat alone would also take hexadecimal, underscores and words.
	if strings.Trim(w, "0123456789+-.eE") == "" && !strings.HasSuffix(w, ".") {
		if f, err := strconv.ParseFloat(w, 64); err == nil {
			return token{text: w, kind: Double, value: f}, nil
		}
	}
	return token{}, bad("$filter: %s is not a number, a date or a point in time", w)
}
