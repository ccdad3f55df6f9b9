package model

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns outside text made safe to show on one line of a terminal: each
// control, bidirectional, zero-width, tag or invalid character is spelled out, as in
// <U+202E>, rather than dropped, so that a person sees that it is there.
func Printable(s string) string { return spell(s, false) }

// PrintableLines is Printable for text of several lines: newlines and tabs stay, a
// carriage return before a newline goes.
func PrintableLines(s string) string { return spell(s, true) }

// spell copies clean stretches at once, and nothing at all of a text that is clean.
func spell(s string, lines bool) string {
	var b strings.Builder
	from, spelled := 0, false // what is before from was copied
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c < unicode.MaxASCII || lines && (c == '\n' || c == '\t') {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if shows(r) {
			i += n
			continue
		}
		b.WriteString(s[from:i])
		spelled = true
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, "<0x%02X>", s[i])
		case lines && r == '\r' && strings.HasPrefix(s[i+n:], "\n"):
		default:
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
		i += n
		from = i
	}
	if !spelled {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

// shows reports whether r is shown as itself. unicode.Cf holds the bidirectional
// and zero-width characters and the tags; variation selectors, fillers and the
// braille blank also take no ink.
func shows(r rune) bool {
	switch {
	case r == ' ':
		return true
	case r == utf8.RuneError:
		return false
	case r < unicode.MaxASCII:
		return r > ' '
	case r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0, r == 0x2800, r == 0x034F:
		return false
	case unicode.Is(unicode.Variation_Selector, r):
		return false
	}
	return unicode.IsGraphic(r) && !unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Zl, r) && !unicode.Is(unicode.Zp, r)
}
