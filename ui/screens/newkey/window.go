package newkey

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/savefile"
	"ferry/ui/widget"
)

// window is the key, the one time that it is shown.
type window struct {
	text     model.Secret
	username string
	label    string
	expires  time.Time
	made     time.Time
	oldName  string    // the key that it replaces, "" for none
	oldUntil time.Time // how long that one stays valid

	hidden  bool
	closing bool // s was pressed; y closes
	kept    bool // it was saved to a file, or sent to the clipboard
	sign    string
	status  string
}

func newWindow(n made, now time.Time) *window {
	k := n.issued.Key
	w := &window{
		text: n.issued.Text, username: model.Printable(n.issued.Username), label: model.Printable(k.Label),
		expires: k.Expires, made: now,
	}
	if n.old != nil {
		w.oldName, w.oldUntil = Name(*n.old), n.old.Expires
	}
	return w
}

var (
	keyClip  = keymap.Bind("c", "clipboard", "c")
	keyWrite = keymap.Bind("w", "save to a file", "w")
	keySaved = keymap.Bind("s", "saved: close", "s")
	keyYes   = keymap.Bind("y", "close, it is saved", "y")
	keyNot   = keymap.Bind("n", "not yet", "n", "esc")
	keyQuit  = keymap.Bind("^c", "twice: quit", "ctrl+c")
)

var (
	windowKeys     = keymap.Map{{keySaved, keyClip, keyWrite, keymap.Bind("v", "hide/show", "v"), keyQuit}}
	restrictedKeys = keymap.Map{{keySaved, keyClip, keymap.Bind("v", "hide/show", "v"), keyQuit}}
	closingKeys    = keymap.Map{{keyYes, keyNot}}
	nothing        = keymap.Map{{}}
)

func (w *window) say(sign, text string) { w.sign, w.status = sign, text }

// stay is what follows a key that closes other things.
func (w *window) stay() {
	w.closing = false
	w.say("!", "this window stays until the key is saved: press s, then y")
}

func (m *Maker) key(k tea.KeyPressMsg) tea.Cmd {
	w := m.win
	if w.closing {
		return m.answer(k)
	}
	switch {
	case key.Matches(k, keySaved):
		w.closing = true
	case key.Matches(k, keymap.Reveal):
		w.hidden = !w.hidden
		w.say("", "")
	case key.Matches(k, keyClip):
		w.kept = true
		w.say("✓", "sent to the terminal's clipboard, which never confirms: paste it somewhere before closing")
		return tea.SetClipboard(w.text.Reveal())
	case key.Matches(k, keyWrite) && m.env.Restricted:
		w.say("!", "saving files is switched off here (--restricted): send it to the clipboard or select it")
	case key.Matches(k, keyWrite):
		return m.askPath(w.username + ".key")
	default:
		w.stay()
	}
	return nil
}

// answer is what was pressed after s.
func (m *Maker) answer(k tea.KeyPressMsg) tea.Cmd {
	if !key.Matches(k, keyYes) {
		m.win.closing = false
		m.win.say("", "not closed")
		return nil
	}
	name := m.win.username
	m.wipe()
	return screen.Send(screen.Notice{Level: screen.Success, Text: "Closed: the new API key of " + name + " cannot be shown again"})
}

func (m *Maker) askPath(start string) tea.Cmd {
	return m.ask.Open(widget.NewPrompt(m.env.Styles, widget.PromptOptions{
		Title: "Save the key", Body: []string{"The file is readable by you alone (0600). Whoever has the key can sign in as " + m.win.username + "."},
		Label: "File", Value: start, Check: func(s string) string {
			if strings.TrimSpace(s) == "" {
				return "a file name is needed"
			}
			return ""
		},
	}), func(v any) tea.Cmd { return m.write(v.(string), false) })
}

// saved is the outcome of saving the key to a file: its name as it was given, and from the
// root of the file system on.
type saved struct{ path, whole string }

func (m *Maker) write(path string, overwrite bool) tea.Cmd {
	if m.win == nil {
		return nil
	}
	text := m.win.text
	return screen.Start(m.env.Ctx, m.self, &m.save, func(context.Context) (saved, error) {
		whole, err := filepath.Abs(strings.TrimSpace(path))
		if err != nil || strings.HasPrefix(path, "~") {
			whole = path
		}
		return saved{path, whole}, savefile.Write(path, []byte(text.Reveal()+"\n"), overwrite)
	})
}

func (m *Maker) wasSaved(r screen.Reply[saved]) tea.Cmd {
	if !screen.Accept(&m.save, r) || m.win == nil {
		return nil
	}
	path := r.Value.path
	if r.Err == nil {
		m.win.kept = true
		m.win.say("✓", "saved to "+model.Printable(r.Value.whole)+", readable by you alone")
		return nil
	}
	e := model.AsError(r.Err)
	m.win.say("✗", e.Message)
	if e.Code != model.EExists {
		return nil
	}
	return m.ask.Open(widget.NewConfirm(m.env.Styles, widget.ConfirmOptions{
		Title: "Overwrite the file?", Body: []string{e.Message + "."}, Yes: "Overwrite", Danger: true,
	}), func(any) tea.Cmd { return m.write(path, true) })
}

// View is the window, or what is said while the key is made. The key begins in the first
// column and nothing stands beside it, so that selecting it selects nothing else.
func (m *Maker) View() string {
	w, st := m.win, m.env.Styles
	if m.width <= 0 || m.height <= 0 {
		return ""
	}
	if w == nil {
		return "\n  making the key …"
	}
	out := []string{" " + st.Section.Render("NEW API KEY") + " of " + st.Bold.Render(w.username), m.muted(w.about())}
	out = append(out, " "+st.Warn.Render("This is the only time it is shown. It cannot be recovered."))
	if m.height >= 14 {
		out = append(out, "")
	}
	lines := m.keyLines()
	out = append(out, lines...)
	if m.height >= 14 {
		out = append(out, "")
	}
	if !w.closing {
		out = append(out, m.muted(w.hint(len(lines))))
	}
	if w.oldName != "" && !w.closing {
		for _, l := range widget.Wrap(w.old(), m.width-2) {
			out = append(out, " "+l)
		}
	}
	if out[len(out)-1] != "" {
		out = append(out, "")
	}
	return strings.Join(append(out, m.statusLines()...), "\n")
}

func (m *Maker) muted(text string) string {
	return " " + m.env.Styles.Muted.Render(widget.Truncate(text, m.width-1))
}

func (w *window) about() string {
	text := "no label"
	if w.label != "" {
		text = "label " + w.label
	}
	if w.expires.IsZero() {
		return text + " · never expires"
	}
	return text + " · expires " + w.expires.UTC().Format("2006-01-02 15:04") + " UTC"
}

// keyLines is the key in full, in lines of one length where it needs several, so that no
// short rest is overlooked when it is selected.
func (m *Maker) keyLines() []string {
	if m.win.hidden {
		return []string{model.Mask}
	}
	var out []string
	text := m.win.text.Reveal()
	lines := (len(text) + m.width - 1) / m.width
	for length := (len(text) + lines - 1) / max(lines, 1); text != ""; {
		n := min(len(text), length)
		out, text = append(out, text[:n]), text[n:]
	}
	return out
}

func (w *window) hint(lines int) string {
	switch {
	case w.hidden:
		return "hidden; v shows it"
	case lines == 1:
		return fmt.Sprintf("%d characters, without spaces", len(w.text.Reveal()))
	}
	return fmt.Sprintf("%d characters in %d lines: one key, without spaces or breaks", len(w.text.Reveal()), lines)
}

func (w *window) old() string {
	if w.oldUntil.IsZero() {
		return "The old key " + w.oldName + " stays valid."
	}
	if !w.oldUntil.After(w.made) {
		return "The old key " + w.oldName + " is not valid any more."
	}
	return "The old key " + w.oldName + " stays valid until " + w.oldUntil.UTC().Format("2006-01-02 15:04") + " UTC (" + widget.Left(w.oldUntil.Sub(w.made)) + ")."
}

// statusLines say what came of the last key, or ask whether the key is saved.
func (m *Maker) statusLines() []string {
	w, st := m.win, m.env.Styles
	if w.closing {
		text := "Is it saved? Closing forgets it for ever."
		if !w.kept {
			text = "It was neither sent nor saved from here. Closing forgets it for ever."
		}
		return append(m.toned("!", text), "",
			" "+st.HelpKey.Render("y")+" it is saved, close   "+st.HelpKey.Render("n")+" not yet")
	}
	if w.status == "" {
		return nil
	}
	return m.toned(w.sign, w.status)
}

// toned wraps text behind a sign that says how it is meant, in the style that goes with it.
func (m *Maker) toned(sign, text string) []string {
	st := m.env.Styles
	style := st.Muted
	switch sign {
	case "✓":
		style = st.OK
	case "!":
		style = st.Warn
	case "✗":
		style = st.Danger
	}
	lines := widget.Wrap(strings.TrimSpace(sign+" "+text), m.width-2)
	for i, l := range lines {
		lines[i] = " " + style.Render(l)
	}
	return lines
}
