package ui

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"ferry/ui/widget"
)

// isUTF8 reports whether the locale's character set is UTF-8 (POSIX: LC_ALL, then
// LC_CTYPE, then LANG). Where none is set, as in many containers, the terminal is
// taken to know it; LC_ALL=C says that it does not.
func isUTF8(environ []string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(env(environ, name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}

// plain has an ASCII character of the same width for every glyph the console draws.
var plain = map[rune]byte{
	'▌': '>', '▸': '>', '●': '*', '○': 'o', '◆': '!', '›': '>', '─': '-', '│': '|', '…': '.', '·': '-', '•': '*',
	'–': '-', '×': 'x', '✓': '+', '✗': 'x', '↵': '<', '⇧': '^', '⌫': '<', '↑': '^', '↓': 'v', '←': '<', '→': '>',
	'╭': '+', '╮': '+', '╰': '+', '╯': '+', '█': '#', '░': '.', '“': '"', '”': '"', '’': '\'', '▏': '|', '▾': 'v',
	'▁': '_', '▂': '.', '▃': '-', '▄': '=', '▅': '+', '▆': '*', '▇': '%', '┃': '|',
}

// toASCII replaces everything that is not ASCII, width for width.
func toASCII(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		switch p, known := plain[c]; {
		case c < utf8.RuneSelf:
			b.WriteByte(s[i])
		case known:
			b.WriteByte(p)
		default:
			b.WriteString(strings.Repeat("?", ansi.StringWidth(s[i:i+n])))
		}
		i += n
	}
	return b.String()
}

// splice puts text of a width over line, from cell x on.
func splice(line, text string, x, width int) string {
	left := widget.Fit(ansi.Truncate(line, x, ""), x)
	right := ""
	if widget.Width(line) > x+width {
		right = ansi.TruncateLeft(line, x+width, "")
	}
	return left + "\x1b[m" + widget.Fit(text, width) + "\x1b[m" + right
}
