package ui

import (
	"context"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/screen"
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
	names   []string // of clients, for completion; loaded when the line opens
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

// command is one word of the command line.
type command struct {
	name string
	args string // how the arguments are shown
	does string
	run  func(r *root, args []string) tea.Cmd
}

// commands is filled by init because help refers to it.
var commands []command

func init() {
	commands = []command{
		{"clients", "", "the API clients", func(r *root, _ []string) tea.Cmd { return r.place(screen.PlaceClients) }},
		{"client", "NAME", "one client", named(func(id model.ID, _ []string) (screen.Route, error) { return screen.Client{ID: id}, nil })},
		{"new", "", "a new client", func(r *root, _ []string) tea.Cmd { return r.below(screen.NewClient{}) }},
		{"token", "NAME", "its token", named(func(id model.ID, _ []string) (screen.Route, error) { return screen.Token{ID: id}, nil })},
		{"call", "NAME [METHOD PATH]", "a test call", named(callRoute)},
		{"audit", "", "the audit log", func(r *root, _ []string) tea.Cmd { return r.place(screen.PlaceAudit) }},
		{"space", "NAME", "work in another space", (*root).space},
		{"help", "", "the keys", func(r *root, _ []string) tea.Cmd { return r.help() }},
		{"q", "", "quit", func(r *root, _ []string) tea.Cmd { return r.quit() }},
	}
}

func (r *root) openCmdline() tea.Cmd {
	c := &r.cmdline
	c.open, c.at, c.options = true, len(c.history), nil
	c.in.SetValue("")
	r.layout()
	return tea.Batch(c.in.Focus(), r.loadNames())
}

type names struct{ list []string }

// loadNames gets the names of clients for completion; without them there is none.
func (r *root) loadNames() tea.Cmd {
	h, ctx := r.hub, r.ctx
	if h == nil {
		return nil
	}
	return r.wrap(r.id, func() tea.Msg {
		rows, err := h.Clients.List(h.Context(ctx), h.Space, nil)
		if err != nil {
			return nil
		}
		list := make([]string, len(rows))
		for i := range rows {
			list[i] = rows[i].Name
		}
		return names{list}
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
		from = c.names
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

// run does what a line says.
func (r *root) run(line string) tea.Cmd {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	if h := &r.cmdline.history; len(*h) == 0 || (*h)[len(*h)-1] != line {
		*h = append(*h, line)
	}
	if words[0] == "quit" {
		words[0] = "q"
	}
	for _, cmd := range commands {
		if cmd.name != words[0] {
			continue
		}
		if r.hub == nil && cmd.name != "q" {
			return r.notify(screen.Notice{Level: screen.Warning, Text: "open the vault first"})
		}
		return cmd.run(r, words[1:])
	}
	return r.notify(screen.Notice{Level: screen.Failure, Text: "there is no command :" + words[0] + "; did you mean :" + nearest(words[0]) + "?"})
}

// nearest is the command whose name takes the fewest changes to get from word.
func nearest(word string) string {
	best, least := "", 1<<30
	for _, c := range commands {
		if d := distance(word, c.name); d < least {
			best, least = c.name, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// resolved is a route that a name led to, or another space.
type resolved struct {
	route screen.Route
	space *model.Space
	err   error
}

// named makes a command that begins with a client's name.
func named(to func(model.ID, []string) (screen.Route, error)) func(*root, []string) tea.Cmd {
	return func(r *root, args []string) tea.Cmd {
		if len(args) == 0 {
			return r.notify(screen.Notice{Level: screen.Failure, Text: "a client's name is needed"})
		}
		return r.resolve(func(ctx context.Context, h *hub.Hub) resolved {
			c, err := h.Clients.ByName(ctx, h.Space, args[0])
			if err != nil {
				return resolved{err: err}
			}
			route, err := to(c.ID, args[1:])
			return resolved{route: route, err: err}
		})
	}
}

func callRoute(id model.ID, args []string) (screen.Route, error) {
	route := screen.Call{ID: id}
	switch len(args) {
	case 0:
	case 1:
		route.Request.Path = args[0]
	default:
		route.Request.Method, route.Request.Path = strings.ToUpper(args[0]), strings.Join(args[1:], " ")
	}
	return route, nil
}

func (r *root) space(args []string) tea.Cmd {
	if len(args) != 1 {
		return r.notify(screen.Notice{Level: screen.Failure, Text: "a space's name is needed"})
	}
	return r.resolve(func(ctx context.Context, h *hub.Hub) resolved {
		sp, err := h.Spaces.ByName(ctx, args[0])
		return resolved{space: &sp, err: err}
	})
}

func (r *root) resolve(fn func(context.Context, *hub.Hub) resolved) tea.Cmd {
	h, ctx := r.hub, r.hub.Context(r.ctx)
	return r.wrap(r.id, func() tea.Msg { return fn(ctx, h) })
}

func (r *root) resolvedTo(to resolved) tea.Cmd {
	switch {
	case to.err != nil:
		return r.notify(screen.Notice{Level: screen.Failure, Text: model.AsError(to.err).Message})
	case to.space != nil:
		return r.guarded(0, func() tea.Cmd {
			h := *r.hub
			h.Space = *to.space
			r.hub, r.past, r.future = &h, nil, nil
			r.drop(0)
			return r.show(trail{screen.Clients{}}, nil)
		})
	}
	return r.below(to.route)
}

// below goes to a route as if it had been opened from the list of clients.
func (r *root) below(to screen.Route) tea.Cmd {
	var home screen.Route = screen.Clients{}
	if t := r.trail(); len(t) > 0 {
		if _, ok := t[0].(screen.Clients); ok {
			home = t[0] // with its filter, as it is
		}
	}
	return r.navigate(trail{home, to}, nil)
}
