package widget

import (
	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/theme"
)

// MenuItem is one choice of a menu.
type MenuItem struct {
	Key      string // one letter that chooses it directly, or ""
	Label    string
	Note     string // said beside it, muted
	Value    any    // the result
	Disabled string // why it cannot be chosen now, "" when it can
}

type menu struct {
	dialog
	title  string
	items  []MenuItem
	scroll Scroll
}

var menuKeys = keymap.Map{
	{keymap.Bind("↵", "choose", "enter"), keymap.Up, keymap.Down, keymap.Bind("esc", "close", "esc", "backspace", "q")},
	{keymap.Top, keymap.Bottom},
}

// NewMenu returns an overlay to choose one of items; its result is the item's Value.
func NewMenu(st *theme.Styles, title string, items []MenuItem) screen.Overlay {
	m := &menu{dialog: dialog{st: st}, title: title, items: items}
	m.scroll.Resize(len(items), len(items))
	return m
}

func (m *menu) Keys() help.KeyMap { return menuKeys }

func (m *menu) SetSize(width, height int) {
	m.dialog.SetSize(width, height)
	m.scroll.Resize(len(m.items), max(m.rows()-2, 1))
}

func (m *menu) Update(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	for i, it := range m.items {
		if it.Key != "" && k.String() == it.Key {
			m.scroll.Move(i)
			return m.choose()
		}
	}
	switch {
	case key.Matches(k, menuKeys[0][3]):
		return screen.Send(screen.Close{})
	case key.Matches(k, menuKeys[0][0]):
		return m.choose()
	}
	m.scroll.Key(k)
	return nil
}

func (m *menu) choose() tea.Cmd {
	if m.scroll.Cursor >= len(m.items) {
		return screen.Send(screen.Close{})
	}
	it := m.items[m.scroll.Cursor]
	if it.Disabled != "" {
		return screen.Send(screen.Notice{Level: screen.Warning, Text: it.Label + ": " + it.Disabled})
	}
	return screen.Send(screen.Close{Result: it.Value})
}

func (m *menu) View() string {
	lines := []string{m.st.Bold.Render(Truncate(m.title, m.inner())), ""}
	keyed := false
	for _, it := range m.items {
		keyed = keyed || it.Key != ""
	}
	from, to := m.scroll.Window()
	for i := from; i < to; i++ {
		lines = append(lines, m.line(i, keyed))
	}
	return m.frame(lines)
}

func (m *menu) line(i int, keyed bool) string {
	it, mark := m.items[i], "  "
	if i == m.scroll.Cursor {
		mark = m.st.Marker.Render("▌") + " "
	}
	if keyed {
		mark += m.st.HelpKey.Render(Fit(it.Key, 1)) + "  "
	}
	label, note := it.Label, it.Note
	if it.Disabled != "" {
		label, note = m.st.Faint.Render(label), it.Disabled
	}
	if note != "" {
		label = Fit(label, m.labels()) + "  " + m.st.Muted.Render(note)
	}
	return mark + label
}

// labels is the width of the longest label, so that notes stand in a column.
func (m *menu) labels() int {
	w := 0
	for _, it := range m.items {
		w = max(w, Width(it.Label))
	}
	return w
}
