package widget

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"ferry/ui/keymap"
	"ferry/ui/theme"
)

// Viewer shows text of any length: it scrolls, searches, wraps and numbers lines, and
// costs what the visible lines cost. What it is given must be sanitised already.
type Viewer struct {
	st *theme.Styles
	// Highlight styles one visible line, nil for plain text.
	Highlight func(st *theme.Styles, line string) string

	text          lines
	lower         string // the text in lower case, byte for byte, made when a search begins
	width, height int
	top, sub      int // the first piece that shows, and how many of its rows are above
	left          int // cells scrolled to the right when lines do not wrap
	wrap, numbers bool
	digits        int

	search textinput.Model
	typing bool
	query  string  // lower case
	hits   []int32 // the pieces that hold the query, in order
	found  int     // which of hits was gone to, -1 for none
}

// viewerKeys are the keys of a Viewer, for the tables of screens that hold one.
var viewerKeys = keymap.Map{
	{keymap.Down, keymap.Up, keymap.Bind("/", "search", "/"), keymap.Bind("n", "next match", "n"), keymap.Bind("N", "previous match", "N")},
	{
		keymap.Top, keymap.Bottom, keymap.HalfDown, keymap.HalfUp, keymap.Bind("w", "wrap lines", "w"), keymap.Bind("#", "line numbers", "#"),
		keymap.Bind("l →", "right", "l", "right"), keymap.Bind("h ←", "left", "h", "left"),
	},
}

// NewViewer returns an empty viewer that wraps lines.
func NewViewer(st *theme.Styles) *Viewer {
	return &Viewer{st: st, wrap: true, search: NewInput(st, false), found: -1}
}

// Keys is the table of the viewer's keys.
func (v *Viewer) Keys() keymap.Map { return viewerKeys }

// SetText replaces the text and goes to its top.
func (v *Viewer) SetText(text string) {
	v.text = cut(text)
	v.digits = len(strconv.Itoa(v.text.count()))
	v.lower, v.query, v.hits, v.found, v.typing = "", "", nil, -1, false
	v.top, v.sub, v.left = 0, 0, 0
}

// SetContent is SetText for lines.
func (v *Viewer) SetContent(lines []string) {
	v.SetText(strings.Join(lines, "\n") + "\n")
}

// Replace replaces the text by another state of it: the place stays.
func (v *Viewer) Replace(lines []string) {
	top, sub, left := v.top, v.sub, v.left
	v.SetContent(lines)
	v.top, v.sub, v.left = top, sub, left
	v.clamp()
}

// SetSize sets the room there is, the line of a search included.
func (v *Viewer) SetSize(width, height int) {
	v.width, v.height = max(width, 0), max(height, 0)
	v.sub = 0
	v.search.SetWidth(max(v.width-24, 1))
	v.clamp()
}

// Capturing reports whether a search is being typed.
func (v *Viewer) Capturing() bool { return v.typing }

// Back ends a search, and reports whether there was one.
func (v *Viewer) Back() bool {
	had := v.typing || v.query != ""
	v.typing, v.query, v.hits, v.found = false, "", v.hits[:0], -1
	return had
}

// Update handles a key or a paste. What is not a key of the viewer does nothing.
func (v *Viewer) Update(msg tea.Msg) tea.Cmd {
	k, isKey := msg.(tea.KeyPressMsg)
	switch {
	case v.typing:
		return v.typed(msg)
	case !isKey:
		return nil
	}
	half := max(v.rows()/2, 1)
	switch first, second := viewerKeys[0], viewerKeys[1]; {
	case key.Matches(k, keymap.Down):
		v.scroll(1)
	case key.Matches(k, keymap.Up):
		v.scroll(-1)
	case key.Matches(k, keymap.HalfDown):
		v.scroll(half)
	case key.Matches(k, keymap.HalfUp):
		v.scroll(-half)
	case key.Matches(k, keymap.Top):
		v.top, v.sub = 0, 0
	case key.Matches(k, keymap.Bottom):
		v.bottom()
	case key.Matches(k, first[2]):
		v.typing = true
		v.search.SetValue("")
		return v.search.Focus()
	case key.Matches(k, first[3]):
		v.goTo(v.found + 1)
	case key.Matches(k, first[4]):
		v.goTo(v.found - 1)
	case key.Matches(k, second[4]):
		v.wrap, v.sub, v.left = !v.wrap, 0, 0
	case key.Matches(k, second[5]):
		v.numbers, v.sub = !v.numbers, 0
	case key.Matches(k, second[6]) && !v.wrap:
		v.left = min(v.left+8, maxPiece)
	case key.Matches(k, second[7]):
		v.left = max(v.left-8, 0)
	}
	return nil
}

// typed handles what is typed into the search: the view follows the first match.
func (v *Viewer) typed(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "enter":
			v.typing = false
			return nil
		case "esc":
			v.Back()
			return nil
		}
	}
	var cmd tea.Cmd
	v.search, cmd = v.search.Update(msg)
	v.seek(lowered(v.search.Value()))
	return cmd
}

// Prepare makes the text ready to be searched, which takes a while for a large one: it
// is for the command that makes a viewer, so that no key waits.
func (v *Viewer) Prepare() {
	if v.lower == "" {
		v.lower = lowered(v.text.all)
	}
}

// seek finds every piece with a match, and goes to the first of them from where the view
// is. A query that only became longer is looked for in what the shorter one had found.
func (v *Viewer) seek(query string) {
	longer := v.query != "" && strings.HasPrefix(query, v.query)
	v.query, v.found = query, -1
	if query == "" {
		v.hits = v.hits[:0]
		return
	}
	v.Prepare()
	if longer {
		v.hits = v.text.among(v.lower, query, v.hits)
	} else {
		v.hits = v.text.holding(v.lower, query, v.hits[:0])
	}
	at, _ := slices.BinarySearch(v.hits, offset(v.top))
	v.goTo(at)
}

// goTo shows the match of number n, around the ends.
func (v *Viewer) goTo(n int) {
	if len(v.hits) == 0 {
		return
	}
	v.found = (n%len(v.hits) + len(v.hits)) % len(v.hits)
	if i := int(v.hits[v.found]); i < v.top || i >= v.top+v.rows() {
		v.top, v.sub = i, 0
		v.scroll(-v.rows() / 3)
	}
}

// rows is how many rows of text show.
func (v *Viewer) rows() int {
	if v.typing || v.query != "" {
		return max(v.height-1, 0)
	}
	return v.height
}

func (v *Viewer) textWidth() int {
	if v.numbers {
		return max(v.width-v.digits-2, 1)
	}
	return max(v.width, 1)
}

// height of a piece in rows.
func (v *Viewer) rowsOf(i int) int {
	if !v.wrap {
		return 1
	}
	return max((Width(v.text.piece(i))+v.textWidth()-1)/v.textWidth(), 1)
}

func (v *Viewer) scroll(by int) {
	for ; by > 0 && v.text.len() > 0 && !v.atEnd(); by-- {
		if v.sub++; v.sub >= v.rowsOf(v.top) {
			v.top, v.sub = v.top+1, 0
		}
	}
	for ; by < 0 && (v.top > 0 || v.sub > 0); by++ {
		if v.sub--; v.sub < 0 {
			v.top--
			v.sub = v.rowsOf(v.top) - 1
		}
	}
	v.clamp()
}

// More reports whether there is text below what shows.
func (v *Viewer) More() bool { return v.text.len() > 0 && !v.atEnd() }

// atEnd reports whether the last row of the text shows.
func (v *Viewer) atEnd() bool {
	rows := -v.sub
	for i := v.top; i < v.text.len(); i++ {
		if rows += v.rowsOf(i); rows > v.rows() {
			return false
		}
	}
	return true
}

func (v *Viewer) bottom() {
	v.top, v.sub = max(v.text.len()-1, 0), 0
	if v.text.len() > 0 {
		v.scroll(-(v.rows() - v.rowsOf(v.top)))
	}
}

func (v *Viewer) clamp() {
	if v.top > v.text.len()-1 {
		v.top, v.sub = max(v.text.len()-1, 0), 0
	}
}
