package field

import (
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"ferry/model"
	"ferry/ui/theme"
)

// Line is a one-line text field. The zero value is empty and ready.
type Line struct {
	// Secret shows dots while it is typed in and a mask of one length otherwise.
	Secret bool
	// Placeholder is shown faintly while the field is empty.
	Placeholder string
	// Lead is what the field is filled with for a start. Text that brings it along takes
	// its place instead of doubling it.
	Lead string

	text  []rune
	pos   int // where the cursor stands, in runes
	first int // the first rune shown
	width int // in cells
}

// NewLine returns a field that holds text.
func NewLine(text string) *Line {
	l := &Line{}
	l.Set(text)
	return l
}

// Value returns what is in the field.
func (l *Line) Value() string { return string(l.text) }

// Text returns what is in the field without the spaces around it.
func (l *Line) Text() string { return strings.TrimSpace(l.Value()) }

// List returns the values in the field that stand between commas, semicolons, spaces or
// line breaks; nil when there is none.
func (l *Line) List() []string {
	list := strings.FieldsFunc(l.Value(), func(r rune) bool { return strings.ContainsRune(", \t\r\n;", r) })
	if len(list) == 0 {
		return nil
	}
	return list
}

// Empty reports whether nothing is in the field.
func (l *Line) Empty() bool { return len(l.text) == 0 }

// Set replaces the text and puts the cursor at its end.
func (l *Line) Set(text string) {
	l.text = []rune(text)
	l.pos, l.first = len(l.text), 0
}

// AtEnd reports whether the cursor stands behind the text.
func (l *Line) AtEnd() bool { return l.pos == len(l.text) }

// SetWidth sets the cells the field may take.
func (l *Line) SetWidth(cells int) { l.width = max(cells, 1) }

// Paste puts text in at the cursor. Line breaks at its ends come from how it was
// copied and go; those inside stay and are spelled out, for the person to see.
func (l *Line) Paste(text string) {
	l.insert([]rune(strings.Trim(text, "\r\n")))
}

func (l *Line) insert(rs []rune) {
	if l.Lead != "" && l.Value() == l.Lead && strings.HasPrefix(string(rs), l.Lead) {
		l.Set("")
	}
	l.text = slices.Insert(l.text, l.pos, rs...)
	l.pos += len(rs)
}

// Key does what a key means in a field and reports whether it meant anything.
func (l *Line) Key(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "left":
		l.pos = max(l.pos-1, 0)
	case "right":
		l.pos = min(l.pos+1, len(l.text))
	case "home":
		l.pos = 0
	case "end", "ctrl+e":
		l.pos = len(l.text)
	case "ctrl+left", "alt+left", "alt+b":
		l.pos = wordLeft(l.text, l.pos)
	case "ctrl+right", "alt+right", "alt+f":
		l.pos = wordRight(l.text, l.pos)
	case "backspace", "ctrl+h":
		l.remove(l.pos-1, l.pos)
	case "delete":
		l.remove(l.pos, l.pos+1)
	case "ctrl+w", "alt+backspace":
		l.remove(wordLeft(l.text, l.pos), l.pos)
	case "ctrl+u":
		l.remove(0, l.pos)
	default:
		if k.Text == "" {
			return false
		}
		l.insert([]rune(k.Text))
	}
	return true
}

func (l *Line) remove(from, to int) {
	from, to = max(from, 0), min(to, len(l.text))
	if from < to {
		l.text = slices.Delete(l.text, from, to)
		l.pos = from
	}
}

// View returns the field, exactly as wide as was set.
func (l *Line) View(st *theme.Styles, focused bool) string {
	if l.width <= 0 {
		return ""
	}
	switch {
	case l.Empty():
		return st.Faint.Render(fit(model.Printable(l.Placeholder), l.width, "…"))
	case l.Secret && !focused:
		return fit(model.Mask, l.width, "")
	case !focused:
		return fit(model.Printable(string(l.text[:min(len(l.text), 4*l.width)])), l.width, "…")
	}
	l.scroll()
	to := l.first
	for to < min(len(l.text), l.first+4*l.width) && l.cells(l.first, to+1) <= l.width {
		to++
	}
	return fit(l.shown(l.first, to), l.width, "")
}

// Cursor returns the cell at which the cursor stands, counted from the field's left.
func (l *Line) Cursor() int {
	l.scroll()
	return min(l.cells(l.first, l.pos), max(l.width-1, 0))
}

// scroll keeps the cursor, and one cell for it, inside the field. It looks at no more
// text than there are cells, so that a long paste costs no more than a short one.
func (l *Line) scroll() {
	l.first = max(min(l.first, l.pos), l.pos-max(l.width, 1))
	for l.first < l.pos && l.cells(l.first, l.pos) >= l.width {
		l.first++
	}
}

// cells is how wide a part is. It is measured as a whole, because characters combine.
func (l *Line) cells(from, to int) int { return ansi.StringWidth(l.shown(from, to)) }

func (l *Line) shown(from, to int) string {
	if l.Secret {
		return strings.Repeat("•", to-from)
	}
	return model.Printable(string(l.text[from:to]))
}

// fit cuts or pads text to exactly width cells.
func fit(text string, width int, tail string) string {
	text = ansi.Truncate(text, width, tail)
	return text + pad(width-ansi.StringWidth(text))
}

func pad(n int) string { return strings.Repeat(" ", max(n, 0)) }

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func wordLeft(text []rune, pos int) int {
	for pos > 0 && !isWord(text[pos-1]) {
		pos--
	}
	for pos > 0 && isWord(text[pos-1]) {
		pos--
	}
	return pos
}

func wordRight(text []rune, pos int) int {
	for pos < len(text) && !isWord(text[pos]) {
		pos++
	}
	for pos < len(text) && isWord(text[pos]) {
		pos++
	}
	return pos
}
