// Package keymap makes key tables: one table of bindings a screen feeds matching, the
// help line and the ? page.
//
// It imports bubbles' key package only.
package keymap

import "charm.land/bubbles/v2/key"

// Map is the table of one screen, in groups: the first group is the help line, all of
// them are the ? page. It implements help.KeyMap.
type Map [][]key.Binding

// ShortHelp returns the bindings of the help line.
func (m Map) ShortHelp() []key.Binding {
	if len(m) == 0 {
		return nil
	}
	return m[0]
}

// FullHelp returns every binding, grouped.
func (m Map) FullHelp() [][]key.Binding { return m }

// Bind returns a binding of keys (in Bubble Tea's names), shown as show, that does desc.
func Bind(show, desc string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(show, desc))
}

// The bindings that mean the same everywhere.
var (
	Enter    = Bind("↵", "open", "enter")
	Back     = Bind("esc", "back", "esc", "backspace")
	Up       = Bind("k ↑", "up", "k", "up")
	Down     = Bind("j ↓", "down", "j", "down")
	Top      = Bind("g", "top", "g", "home")
	Bottom   = Bind("G", "bottom", "G", "end")
	HalfUp   = Bind("^u", "half page up", "ctrl+u", "pgup")
	HalfDown = Bind("^d", "half page down", "ctrl+d", "pgdown")
	Filter   = Bind("/", "filter", "/")
	Command  = Bind(":", "command", ":")
	Help     = Bind("?", "help", "?")
	New      = Bind("n", "new", "n")
	Edit     = Bind("e", "edit", "e")
	Token    = Bind("t", "token", "t")
	Call     = Bind("x", "test call", "x")
	More     = Bind("m", "more actions", "m")
	Copy     = Bind("y", "copy", "y")
	Reveal   = Bind("v", "reveal/hide", "v")
	Mark     = Bind("space", "mark", "space")
	Delete   = Bind("D", "delete", "D")
	Refresh  = Bind("R", "refresh", "R")
	Save     = Bind("^s", "save", "ctrl+s")
	FullScr  = Bind("f", "full screen", "f")
	Spaces   = Bind("S", "spaces", "S")
	Quit     = Bind("q", "back", "q")
	Next     = Bind("tab", "next", "tab")
	Prev     = Bind("⇧tab", "previous", "shift+tab")
)

// Moving are the keys that move a cursor in rows, for the second group of a table.
var Moving = []key.Binding{Up, Down, Top, Bottom, HalfUp, HalfDown}
