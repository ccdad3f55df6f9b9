// Package help is the ? page: every key of the screen below it, of the whole console,
// and the command line, from the same tables that match the keys.
//
// It imports the screen contract and widgets.
package help

import (
	"strings"

	bubbles "charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// Group is one part of the page: a title and lines of a key and what it does.
type Group struct {
	Title string
	Lines [][2]string
}

// Keys makes a group of a key table.
func Keys(title string, m bubbles.KeyMap) Group {
	g := Group{Title: title}
	seen := map[string]bool{}
	for _, group := range m.FullHelp() {
		for _, b := range group {
			if h := b.Help(); b.Enabled() && h.Key != "" && !seen[h.Key] {
				seen[h.Key] = true
				g.Lines = append(g.Lines, [2]string{h.Key, h.Desc})
			}
		}
	}
	return g
}

// Help is the screen.
type Help struct {
	env    screen.Env
	id     screen.ID
	groups []Group
	view   *widget.Viewer
}

// New returns the page of groups.
func New(env screen.Env, groups []Group) screen.Screen {
	return &Help{env: env, id: screen.NewID(), groups: groups, view: widget.NewViewer(env.Styles)}
}

// ID implements screen.Screen.
func (h *Help) ID() screen.ID { return h.id }

// Title implements screen.Screen.
func (h *Help) Title() string { return "Help" }

// Init implements screen.Screen.
func (h *Help) Init() tea.Cmd { return nil }

// Keys implements screen.Screen.
func (h *Help) Keys() bubbles.KeyMap {
	return keymap.Map{append([]key.Binding{keymap.Bind("esc q", "back", "esc")}, h.view.Keys()[0]...)}
}

// Update implements screen.Screen.
func (h *Help) Update(msg tea.Msg) tea.Cmd { return h.view.Update(msg) }

// Capturing implements screen.Capturer.
func (h *Help) Capturing() bool { return h.view.Capturing() }

// Back implements screen.Backer.
func (h *Help) Back() bool { return h.view.Back() }

// View implements screen.Screen.
func (h *Help) View() string {
	if h.view.More() {
		return h.view.View() + "\n" + h.env.Styles.Faint.Render(" ↓ more")
	}
	return h.view.View()
}

// Cursor implements screen.CursorHolder.
func (h *Help) Cursor() *tea.Cursor { return h.view.Cursor() }

// SetSize lays the groups out in as many columns as fit.
func (h *Help) SetSize(width, height int) {
	const column = 38
	n := max(min((width-2)/column, 3), 1)
	var lines []string
	for _, g := range h.groups {
		lines = append(lines, "", " "+h.env.Styles.Section.Render(g.Title))
		n, at := n, g.keyWidth()
		if at > 10 { // long ones take a row each
			n = 1
		}
		cell := (width - 2) / n
		rows := (len(g.Lines) + n - 1) / n
		for r := range rows {
			line := " "
			for c := range n {
				if i := c*rows + r; i < len(g.Lines) {
					line += widget.Fit(h.entry(g.Lines[i], at, cell), cell)
				}
			}
			lines = append(lines, strings.TrimRight(line, " "))
		}
	}
	h.view.SetContent(lines[1:])
	h.view.SetSize(width, height-1) // the last row says whether there is more
}

// keyWidth is the width of the column of keys.
func (g Group) keyWidth() int {
	w := 9
	for _, l := range g.Lines {
		w = max(w, widget.Width(l[0]))
	}
	return w
}

func (h *Help) entry(l [2]string, at, width int) string {
	return " " + h.env.Styles.HelpKey.Render(widget.Fit(l[0], at)) + " " + widget.Truncate(l[1], width-at-3)
}

// Rebind implements screen.Rebinder: the page has nothing of a space.
func (h *Help) Rebind(*hub.Hub) {}
