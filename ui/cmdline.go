package ui

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/theme"
	"ferry/ui/widget"
)

// cmdline is the command line that : opens, with its history and completion.
type cmdline struct {
	st      *theme.Styles
	in      textinput.Model
	open    bool
	history []string
	at      int      // place in the history, len(history) for the line being typed
	names   names    // for completion; loaded when the line opens
	options []string // what tab goes through
	option  int
}

func newCmdline(st *theme.Styles) cmdline { return cmdline{st: st, in: widget.NewInput(st, false)} }

func (c *cmdline) close() { c.open = false }

func (c *cmdline) setWidth(w int) { c.in.SetWidth(max(w-3, 1)) }

func (c *cmdline) view() string {
	line := " " + c.st.Accent.Render(":") + strings.TrimRight(c.in.View(), " ")
	if len(c.options) > 1 {
		line += "  " + c.st.Muted.Render(strings.Join(c.options[:min(len(c.options), 8)], "  "))
	}
	return widget.Truncate(line, c.in.Width()+3)
}

func (c *cmdline) cursor(y int) *tea.Cursor {
	cur := c.in.Cursor()
	if cur != nil {
		cur.X, cur.Y = cur.X+2, y
	}
	return cur
}

func (r *root) openCmdline() tea.Cmd {
	c := &r.cmdline
	c.open, c.at, c.options = true, len(c.history), nil
	c.in.SetValue("")
	r.layout()
	return tea.Batch(c.in.Focus(), r.loadNames())
}

// names are what the command line completes; a list that could not be read is empty.
type names struct {
	space                  model.ID // whose clients these are
	clients, users, spaces []string
}

// loadNames gets the names for completion.
func (r *root) loadNames() tea.Cmd {
	h := r.hub
	if h == nil {
		return nil
	}
	ctx := h.Context(r.ctx)
	return r.wrap(r.id, func() tea.Msg {
		out := names{space: h.Space.ID}
		if all, err := h.Spaces.List(ctx); err == nil {
			for i := range all {
				out.spaces = append(out.spaces, all[i].Name)
			}
		}
		if rows, err := h.Clients.List(ctx, h.Space, nil); err == nil {
			for i := range rows {
				out.clients = append(out.clients, rows[i].Name)
			}
		}
		if rows, err := h.Users.List(ctx, h.Space, nil); err == nil {
			for i := range rows {
				out.users = append(out.users, rows[i].User.Username)
			}
		}
		return out
	})
}

func (r *root) cmdlineKey(msg tea.Msg) tea.Cmd {
	c := &r.cmdline
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "esc":
			c.close()
			return nil
		case "backspace":
			if c.in.Value() == "" {
				c.close()
				return nil
			}
		case "enter":
			c.close()
			return r.run(c.in.Value())
		case "tab":
			c.complete(1)
			return nil
		case "shift+tab":
			c.complete(-1)
			return nil
		case "up", "ctrl+p":
			c.recall(-1)
			return nil
		case "down", "ctrl+n":
			c.recall(1)
			return nil
		}
	}
	var cmd tea.Cmd
	c.options = nil
	c.in, cmd = c.in.Update(msg)
	return cmd
}

// complete puts the next possible word at the end of the line.
func (c *cmdline) complete(by int) {
	line := c.in.Value()
	head, word := "", line
	if i := strings.LastIndexByte(line, ' '); i >= 0 {
		head, word = line[:i+1], line[i+1:]
	}
	if c.options == nil {
		c.options, c.option = c.candidates(strings.Fields(head), word), -1
		if by < 0 {
			c.option = 0
		}
	}
	if len(c.options) == 0 {
		return
	}
	c.option = (c.option + by + len(c.options)) % len(c.options)
	c.in.SetValue(head + c.options[c.option])
	c.in.CursorEnd()
}

// candidates are the words that may follow before and begin with word.
func (c *cmdline) candidates(before []string, word string) []string {
	var from []string
	switch {
	case len(before) == 0:
		for _, cmd := range commands {
			from = append(from, cmd.name)
		}
	case len(before) == 1 && takesName(before[0]):
		from = c.names.clients
	case len(before) == 1 && before[0] == "user":
		from = c.names.users
	case len(before) == 1 && before[0] == "space":
		from = c.names.spaces
	case len(before) == 2 && before[0] == "call":
		from = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}
	}
	var out []string
	for _, f := range from {
		if len(f) >= len(word) && strings.EqualFold(f[:len(word)], word) {
			out = append(out, f)
		}
	}
	return out
}

func takesName(cmd string) bool { return cmd == "client" || cmd == "token" || cmd == "call" }

// recall goes through the lines that were given before.
func (c *cmdline) recall(by int) {
	c.options = nil
	c.at = min(max(c.at+by, 0), len(c.history))
	line := ""
	if c.at < len(c.history) {
		line = c.history[c.at]
	}
	c.in.SetValue(line)
	c.in.CursorEnd()
}
