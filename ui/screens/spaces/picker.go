package spaces

import (
	"context"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// Manage is the picker's result for going to the list of spaces.
type Manage struct{}

// Picker is the overlay in which a space is chosen by typing a part of its name. Its
// result is a model.Space, or Manage.
type Picker struct {
	env           screen.Env
	id            screen.ID
	surprise      bool
	width, height int

	rows   []model.Space
	match  []int
	known  bool
	chosen bool // enter came before the list did
	load   screen.Requests
	err    error
	filter textinput.Model
	scroll widget.Scroll
}

var pickerKeys = keymap.Map{{
	keymap.Bind("↵", "work there", "enter"), keymap.Bind("↑ ↓", "move", "up", "down", "ctrl+p", "ctrl+n"),
	keymap.Bind("tab", "manage spaces", "tab"), keymap.Bind("esc", "stay", "esc"),
}}

// NewPicker returns the picker. One that comes as a surprise to the person takes no keys
// for a moment.
func NewPicker(env screen.Env, surprise bool) *Picker {
	p := &Picker{env: env, id: screen.NewID(), surprise: surprise, filter: widget.NewInput(env.Styles, false)}
	p.filter.Placeholder = "type to filter"
	p.filter.Focus()
	return p
}

// ID implements screen.Replied.
func (p *Picker) ID() screen.ID { return p.id }

// Graced implements screen.Graced.
func (p *Picker) Graced() bool { return p.surprise }

// Keys implements screen.Overlay.
func (p *Picker) Keys() help.KeyMap { return pickerKeys }

// Init loads the spaces.
func (p *Picker) Init() tea.Cmd {
	h := p.env.Hub
	return screen.Start(p.env.Ctx, p.id, &p.load, func(ctx context.Context) ([]model.Space, error) { return h.Spaces.List(ctx) })
}

// Update implements screen.Overlay.
func (p *Picker) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case screen.Reply[[]model.Space]:
		return p.accept(msg)
	case tea.KeyPressMsg:
		return p.key(msg)
	case tea.PasteMsg:
		return p.typed(msg)
	}
	return nil
}

func (p *Picker) accept(reply screen.Reply[[]model.Space]) tea.Cmd {
	if !screen.Accept(&p.load, reply) {
		return nil
	}
	p.rows, p.err, p.known = reply.Value, reply.Err, reply.Err == nil
	p.refilter()
	if p.chosen && p.known {
		return p.choose()
	}
	return nil
}

func (p *Picker) key(k tea.KeyPressMsg) tea.Cmd {
	switch row := pickerKeys[0]; {
	case key.Matches(k, row[0]):
		return p.choose()
	case key.Matches(k, row[1]):
		by := 1
		if k.String() == "up" || k.String() == "ctrl+p" {
			by = -1
		}
		p.scroll.Move(p.scroll.Cursor + by)
		return nil
	case key.Matches(k, row[2]):
		return screen.Send(screen.Close{Result: Manage{}})
	case key.Matches(k, row[3]):
		return screen.Send(screen.Close{})
	case k.String() == "backspace" && p.filter.Value() == "":
		return screen.Send(screen.Close{})
	}
	p.chosen = false
	return p.typed(k)
}

func (p *Picker) typed(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	was := p.filter.Value()
	p.filter, cmd = p.filter.Update(msg)
	if p.filter.Value() != was {
		p.refilter()
	}
	return cmd
}

// refilter puts the cursor on the first match, and without a filter on the space that
// is worked in.
func (p *Picker) refilter() {
	p.match = filter(p.match[:0], p.rows, p.filter.Value())
	p.resize()
	p.scroll.Move(0)
	if p.filter.Value() != "" {
		return
	}
	for i, at := range p.match {
		if p.rows[at].ID == p.env.Hub.Space.ID {
			p.scroll.Move(i)
		}
	}
}

func (p *Picker) choose() tea.Cmd {
	switch {
	case !p.known:
		p.chosen = p.err == nil
		return nil
	case p.scroll.Cursor >= len(p.match):
		return nil
	}
	sp := p.rows[p.match[p.scroll.Cursor]]
	switch {
	case sp.Deleting:
		return screen.Send(screen.Notice{Level: screen.Warning, Text: "the space " + sp.Name + " is being deleted"})
	case sp.ID == p.env.Hub.Space.ID:
		return screen.Send(screen.Close{})
	}
	return screen.Send(screen.Close{Result: sp})
}

// SetSize implements screen.Overlay.
func (p *Picker) SetSize(width, height int) {
	p.width, p.height = width, height
	p.filter.SetWidth(max(p.inner()-3, 1))
	p.resize()
}

// headRows are the title, the filter and the empty line below them.
const headRows = 3

func (p *Picker) resize() {
	p.scroll.Resize(len(p.match), max(p.height-p.env.Styles.Dialog.GetVerticalFrameSize()-headRows, 1))
}

func (p *Picker) inner() int {
	return max(min(p.width, 56)-p.env.Styles.Dialog.GetHorizontalFrameSize(), 0)
}

// View implements screen.Overlay.
func (p *Picker) View() string {
	st, w := p.env.Styles, p.inner()
	if w == 0 {
		return ""
	}
	lines := []string{st.Bold.Render("Work in another space"), st.Accent.Render("/") + " " + p.filter.View(), ""}
	switch {
	case p.err != nil:
		lines = append(lines, st.Danger.Render("✗ "+widget.Truncate(model.AsError(p.err).Message, w-2)))
	case !p.known:
		lines = append(lines, "loading …")
	case len(p.match) == 0:
		lines = append(lines, widget.Truncate("No space matches “"+model.Printable(p.filter.Value())+"”.", w))
	}
	from, to := p.scroll.Window()
	for i := from; i < to; i++ {
		lines = append(lines, p.row(&p.rows[p.match[i]], i == p.scroll.Cursor, w))
	}
	return st.Dialog.Width(w + st.Dialog.GetHorizontalFrameSize()).Render(strings.Join(lines, "\n"))
}

func (p *Picker) row(sp *model.Space, selected bool, width int) string {
	st, marker, note := p.env.Styles, " ", ""
	if selected {
		marker = st.Marker.Render("▌")
	}
	switch {
	case sp.Deleting:
		note = "being deleted"
	case sp.ID == p.env.Hub.Space.ID:
		note = "you are here"
	}
	room := width - 2
	if note != "" {
		room -= widget.Width(note) + 1
	}
	return marker + " " + widget.Fit(label(sp, room), room) + " " + st.Muted.Render(note)
}

// Cursor is in the filter, relative to the view.
func (p *Picker) Cursor() *tea.Cursor {
	c := p.filter.Cursor()
	if c != nil {
		frame := p.env.Styles.Dialog
		c.X += frame.GetBorderLeftSize() + frame.GetPaddingLeft() + 2
		c.Y = frame.GetBorderTopSize() + 1
	}
	return c
}

// label is a space's name, with ◆ when it is protected.
func label(sp *model.Space, width int) string {
	name := model.Printable(sp.Name)
	if sp.Protected {
		return widget.Truncate(name, width-2) + " ◆"
	}
	return widget.Truncate(name, width)
}

// filter appends to dst the positions of the spaces whose name holds every word of query,
// ignoring case.
func filter(dst []int, rows []model.Space, query string) []int {
	words := model.Words(query)
	for i := range rows {
		if model.HasWords(strings.ToLower(rows[i].Name), words) {
			dst = append(dst, i)
		}
	}
	return dst
}
