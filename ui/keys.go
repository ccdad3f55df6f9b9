package ui

import (
	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/ui/keymap"
	"ferry/ui/screen"
)

// global are the keys that mean the same on every screen. A screen that has one of the
// later group in its own table keeps it.
var global = keymap.Map{
	{keymap.Command, keymap.Help, keymap.Quit, keymap.Back},
	{
		keymap.Bind("tab", "next place", "tab"), keymap.Bind("⇧tab", "previous place", "shift+tab"),
		keymap.Bind("1–5", "place", "1", "2", "3", "4", "5"),
		keymap.Bind("[", "where I was", "["), keymap.Bind("]", "forward again", "]"), keymap.FullScr,
		keymap.Spaces,
	},
	{keymap.Bind("^c", "cancel; twice: quit", "ctrl+c"), keymap.Bind("^z", "suspend", "ctrl+z")},
}

// key decides who gets a key: ctrl-c and ctrl-z the root; then the command line, the
// top overlay, a field that is typed in; then what is global; then the screen.
func (r *root) key(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	armed := r.armed
	r.armed = ""
	if r.notice.Text != "" {
		r.notice = screen.Notice{}
	}
	switch {
	case name == "ctrl+c":
		return r.interrupt(armed)
	case name == "ctrl+z":
		return r.suspend()
	case r.tooSmall():
		return nil
	case r.cmdline.open:
		return r.cmdlineKey(k)
	}
	if a := r.overlay(); a != nil {
		if r.graced(a) && name != "esc" { // cancelling is always safe
			return nil
		}
		return r.answer(a.id, a.overlay.Update(k))
	}
	l := r.top()
	if l == nil {
		if name == "q" {
			return tea.Quit
		}
		return nil
	}
	if name == "esc" {
		return r.back()
	}
	if c, ok := l.screen.(screen.Capturer); ok && c.Capturing() {
		return r.answer(l.screen.ID(), l.screen.Update(k))
	}
	if cmd, done := r.globalKey(l, k, armed); done {
		return cmd
	}
	return r.answer(l.screen.ID(), l.screen.Update(k))
}

// answer is wrap for what a key led to, also through an overlay that it closed: a request
// to the root is done before the next key.
func (r *root) answer(origin screen.ID, cmd tea.Cmd) tea.Cmd {
	wrapped := r.wrap(origin, cmd)
	if screen.IsSent(cmd) {
		return r.update(wrapped())
	}
	return wrapped
}

// globalKey does what a global key does, and reports whether k is one.
func (r *root) globalKey(l *level, k tea.KeyPressMsg, armed string) (tea.Cmd, bool) {
	switch always := global[0]; {
	case key.Matches(k, always[0]):
		return r.openCmdline(), true
	case key.Matches(k, always[1]):
		return r.help(), true
	case key.Matches(k, always[2]):
		return r.backOrQuit(armed), true
	case key.Matches(k, always[3]):
		return r.back(), true
	case binds(l.screen.Keys(), k):
		return nil, false
	}
	switch own := global[1]; {
	case key.Matches(k, own[0]):
		return r.nextPlace(1), true
	case key.Matches(k, own[1]):
		return r.nextPlace(-1), true
	case key.Matches(k, own[2]):
		return r.place(screen.Place(k.String()[0] - '0')), true
	case key.Matches(k, own[3]):
		return r.history(&r.past, &r.future), true
	case key.Matches(k, own[4]):
		return r.history(&r.future, &r.past), true
	case key.Matches(k, own[5]):
		r.full = !r.full
		r.layout()
		return nil, true
	case key.Matches(k, own[6]) && r.hub != nil:
		return r.pickSpace(false), true
	}
	return nil, false
}

// binds reports whether a table has a binding for k.
func binds(m help.KeyMap, k tea.KeyPressMsg) bool {
	for _, group := range m.FullHelp() {
		if key.Matches(k, group...) {
			return true
		}
	}
	return false
}

// backOrQuit is q: back, and on the first screen the end when it is pressed twice.
func (r *root) backOrQuit(armed string) tea.Cmd {
	if b, ok := r.top().screen.(screen.Backer); ok && b.Back() {
		return nil
	}
	if len(r.stack) > 1 {
		return r.back()
	}
	if armed == "q" {
		return r.quit()
	}
	r.armed = "q"
	return r.notify(screen.Notice{Text: "press q again to quit"})
}

// interrupt is ctrl-c: it stops what is under way; the second in a row quits. When the
// first only met the question about unsaved changes, the second is the answer.
func (r *root) interrupt(armed string) tea.Cmd {
	if armed == "ctrl+c" {
		if r.overlay() != nil {
			return tea.Quit
		}
		r.armed = "ctrl+c"
		return r.guarded(0, func() tea.Cmd { return tea.Quit }) // what runs here pauses without a question
	}
	r.armed = "ctrl+c"
	var cmd tea.Cmd
	text := "press ctrl-c again to quit" + r.pauses()
	if a := r.overlay(); a != nil && !r.cmdline.open {
		cmd, text = r.stopOverlay(a), "cancelled; "+text
	} else if r.stop() {
		text = "cancelled; " + text
	}
	return tea.Batch(cmd, r.notify(screen.Notice{Text: text}))
}

// stop cancels the topmost thing under way and reports whether there was one.
func (r *root) stop() bool {
	if r.cmdline.open {
		r.cmdline.close()
		r.layout()
		return true
	}
	if l := r.top(); l != nil {
		c, ok := l.screen.(screen.Canceler)
		return ok && c.Cancel()
	}
	return false
}

// stopOverlay cancels what an overlay does, or else the overlay.
func (r *root) stopOverlay(a *above) tea.Cmd {
	if c, ok := a.overlay.(screen.Canceler); ok && c.Cancel() {
		return nil
	}
	return r.closeOverlay(a.id, nil)
}

// suspend is ctrl-z. Without a shell to return to, Bubble Tea would hang for ever; with
// a command under way, the store could stay locked for everybody else.
func (r *root) suspend() tea.Cmd {
	switch {
	case r.o.Restricted:
		return nil
	case !canSuspend():
		return r.notify(screen.Notice{Level: screen.Warning, Text: "there is no shell to return to, so ferry stays"})
	case len(r.running) > 0:
		return r.notify(screen.Notice{Level: screen.Warning, Text: "a transfer runs in this console; pause it first (3, p)"})
	case r.underWay.Load() > 0:
		return r.notify(screen.Notice{Level: screen.Warning, Text: "something is under way; press ctrl-z again when it is done"})
	}
	return tea.Suspend
}

// paste hands pasted text to whatever is typed in, and to nothing else: text is never
// taken for keys.
func (r *root) paste(msg tea.PasteMsg) tea.Cmd {
	switch a := r.overlay(); {
	case r.cmdline.open:
		return r.cmdlineKey(msg)
	case a != nil:
		return r.wrap(a.id, a.overlay.Update(msg))
	}
	if l := r.top(); l != nil {
		if c, ok := l.screen.(screen.Capturer); ok && c.Capturing() {
			return r.wrap(l.screen.ID(), l.screen.Update(msg))
		}
	}
	return r.notify(screen.Notice{Level: screen.Warning, Text: "nothing is being typed in here, so the paste was ignored"})
}

// help shows the ? page of the top screen.
func (r *root) help() tea.Cmd {
	l := r.top()
	if _, already := l.route.(screen.Help); already {
		return nil
	}
	return r.navigate(append(r.trail(), screen.Help{}), nil)
}
