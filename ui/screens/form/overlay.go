package form

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/curl"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/theme"
	"ferry/ui/widget"
)

// frame puts lines into a dialog as wide as the screen allows.
func frame(st *theme.Styles, width, height int, lines []string) string {
	inner := min(width, 72) - st.Dialog.GetHorizontalFrameSize()
	rows := height - st.Dialog.GetVerticalFrameSize()
	if inner <= 0 || rows <= 0 {
		return ""
	}
	lines = lines[:min(len(lines), rows)]
	for i, l := range lines {
		lines[i] = widget.Truncate(l, inner)
	}
	return st.Dialog.Width(inner + st.Dialog.GetHorizontalFrameSize()).Render(strings.Join(lines, "\n"))
}

var keyDone = keymap.Bind("↵", "done", "enter", "ctrl+s")

// pasted is the dialog that takes a curl command. What is pasted never shows: it mostly
// holds a secret.
type pasted struct {
	st            *theme.Styles
	width, height int
	text          []rune
	problem       string
}

func newPasted(st *theme.Styles) screen.Overlay { return &pasted{st: st} }

var pastedKeys = keymap.Map{{
	keymap.Bind("↵", "read it", "enter"), keymap.Bind("^u", "clear", "ctrl+u"), keymap.Bind("esc", "cancel", "esc"),
}}

// Keys implements screen.Overlay.
func (p *pasted) Keys() help.KeyMap { return pastedKeys }

// SetSize implements screen.Overlay.
func (p *pasted) SetSize(width, height int) { p.width, p.height = width, height }

// maxLine is how much of a command line is taken, in characters.
const maxLine = 256 << 10

// Update implements screen.Overlay.
func (p *pasted) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		p.add(msg.Content)
		return nil
	case tea.KeyPressMsg:
		switch k := msg.String(); {
		case k == "esc":
			return screen.Send(screen.Close{})
		case k == "ctrl+u":
			p.text, p.problem = nil, ""
		case k == "backspace":
			p.text = p.text[:max(len(p.text)-1, 0)]
		case k == "enter" && strings.HasSuffix(string(p.text), `\`):
			p.add("\n") // a line that goes on, pasted where the terminal does not mark a paste
		case k == "enter":
			return p.read()
		case msg.Text != "":
			p.add(msg.Text)
		}
	}
	return nil
}

func (p *pasted) add(text string) {
	p.problem = ""
	p.text = append(p.text, []rune(newlines(text))...)
	p.text = p.text[:min(len(p.text), maxLine)]
}

func (p *pasted) read() tea.Cmd {
	line := strings.TrimPrefix(strings.TrimSpace(string(p.text)), "$ ")
	if line == "" {
		p.problem = "paste a command that begins with curl"
		return nil
	}
	got, err := curl.Parse(line)
	if err != nil {
		p.problem = model.AsError(err).Message
		return nil
	}
	return screen.Send(screen.Close{Result: got})
}

// View implements screen.Overlay.
func (p *pasted) View() string {
	said := "nothing pasted yet"
	if n := len(p.text); n > 0 {
		said = fmt.Sprintf("%s %d characters in %d lines", model.Mask, n, strings.Count(string(p.text), "\n")+1)
	}
	lines := []string{p.st.Bold.Render("From a curl command"), ""}
	lines = append(lines, widget.Wrap("Paste the command, then press enter. It is not shown, as it may hold secrets, and nothing is run or stored.", max(min(p.width, 72)-4, 10))...)
	lines = append(lines, "", p.st.Accent.Render(said))
	for _, l := range widget.Wrap(model.Printable(p.problem), max(min(p.width, 72)-8, 10)) {
		if l != "" {
			lines = append(lines, p.st.FieldError.Render("✗ "+l))
		}
	}
	return frame(p.st, p.width, p.height, lines)
}

// picker is the dialog that chooses among the scopes an issuer names.
type picker struct {
	st            *theme.Styles
	width, height int
	all           []string
	on            map[string]bool
	other         []string // typed, but not named by the issuer: they stay
	scroll        widget.Scroll
}

var (
	keyMark    = keymap.Bind("space", "choose", "space", "x")
	pickerKeys = keymap.Map{{keyMark, keyDone, keymap.Bind("esc", "cancel", "esc")}, {keymap.Up, keymap.Down, keymap.Top, keymap.Bottom}}
)

// pickScopes opens the choice of scopes.
func (f *Form) pickScopes() tea.Cmd {
	p := &picker{st: f.Env.Styles, all: f.offered().Scopes, on: map[string]bool{}}
	for _, s := range strings.Fields(f.in.scopes.Value()) {
		if slices.Contains(p.all, s) {
			p.on[s] = true
		} else {
			p.other = append(p.other, s)
		}
	}
	p.scroll.Resize(len(p.all), len(p.all))
	return f.Flow.Open(p, func(chosen any) tea.Cmd {
		f.in.scopes.Set(strings.Join(chosen.([]string), " "))
		f.chose("scopes")
		return nil
	})
}

// Keys implements screen.Overlay.
func (p *picker) Keys() help.KeyMap { return pickerKeys }

// SetSize implements screen.Overlay.
func (p *picker) SetSize(width, height int) {
	p.width, p.height = width, height
	p.scroll.Resize(len(p.all), max(height-p.st.Dialog.GetVerticalFrameSize()-2, 1))
}

// Update implements screen.Overlay.
func (p *picker) Update(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch {
	case key.Matches(k, pickerKeys[0][2]):
		return screen.Send(screen.Close{})
	case key.Matches(k, keyDone):
		out := slices.Clone(p.other)
		for _, s := range p.all {
			if p.on[s] {
				out = append(out, s)
			}
		}
		return screen.Send(screen.Close{Result: out})
	case key.Matches(k, keyMark) && p.scroll.Cursor < len(p.all):
		s := p.all[p.scroll.Cursor]
		p.on[s] = !p.on[s]
		p.scroll.Move(p.scroll.Cursor + 1)
		return nil
	}
	p.scroll.Key(k)
	return nil
}

// View implements screen.Overlay.
func (p *picker) View() string {
	lines := []string{p.st.Bold.Render("Scopes that the issuer names"), ""}
	from, to := p.scroll.Window()
	for i := from; i < to; i++ {
		mark, box := "  ", "[ ] "
		if i == p.scroll.Cursor {
			mark = p.st.Marker.Render("▌") + " "
		}
		if p.on[p.all[i]] {
			box = "[x] "
		}
		lines = append(lines, mark+box+model.Printable(p.all[i]))
	}
	return frame(p.st, p.width, p.height, lines)
}
