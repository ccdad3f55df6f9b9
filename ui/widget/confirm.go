package widget

import (
	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/theme"
)

// ConfirmOptions is what a yes-or-no question says.
type ConfirmOptions struct {
	Title  string
	Body   []string
	Yes    string // the button that goes on; "Yes" when empty
	No     string // the button that does not, which is chosen first; "Cancel" when empty
	Danger bool   // something is lost by going on: the dialog is red and waits a moment
}

type confirm struct {
	dialog
	o   ConfirmOptions
	yes bool
}

var confirmKeys = keymap.Map{{
	keymap.Bind("↵", "choose", "enter"),
	keymap.Bind("tab", "other", "tab", "shift+tab", "left", "right", "h", "l"),
	keymap.Bind("y", "yes", "y"),
	keymap.Bind("n esc", "no", "n", "esc", "backspace", "q"),
}}

// NewConfirm returns an overlay that asks yes or no; its result is true for yes, and
// nil otherwise.
func NewConfirm(st *theme.Styles, o ConfirmOptions) screen.Overlay {
	if o.Yes == "" {
		o.Yes = "Yes"
	}
	if o.No == "" {
		o.No = "Cancel"
	}
	return &confirm{dialog: dialog{st: st, danger: o.Danger}, o: o}
}

func (c *confirm) Keys() help.KeyMap { return confirmKeys }

// Graced makes the dialog wait a moment before it takes keys.
func (c *confirm) Graced() bool { return c.o.Danger }

func (c *confirm) Update(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch row := confirmKeys[0]; {
	case key.Matches(k, row[1]):
		c.yes = !c.yes
	case key.Matches(k, row[2]), key.Matches(k, row[0]) && c.yes:
		return screen.Send(screen.Close{Result: true})
	case key.Matches(k, row[3]), key.Matches(k, row[0]):
		return screen.Send(screen.Close{})
	}
	return nil
}

func (c *confirm) View() string {
	focus := 0
	if c.yes {
		focus = 1
	}
	lines := append([]string{c.heading(c.o.Title), ""}, c.body(c.o.Body)...)
	lines = append(lines, "", buttons(c.st, focus, c.o.No, c.o.Yes))
	return c.frame(lines)
}
