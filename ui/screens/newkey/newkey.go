// Package newkey makes API keys for a screen: a small dialog that asks for label and
// expiry, then the window that shows the key, the one time that it can be shown.
//
// The window takes the place of its screen until it is confirmed that the key is saved,
// by two keys that nothing else asks for. Esc, q, enter, history, places and the command
// line do not close it; ctrl-c twice asks first, as for any unsaved change. Then the
// key is forgotten: it is in no list, log, audit entry, history or file of ferry's.
//
// A connection that drops, or a process that is killed, while the window is open takes
// the key with it: it stays valid, and nobody knows it. Its line in the list of keys
// says that it was never used; revoke it there and generate another.
//
// It imports model, the screen contract and widgets, and holds no rule.
package newkey

import (
	"context"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/keys"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/widget"
)

// User is whom a key is made for.
type User struct {
	ID       model.ID
	Username string
	Useless  string // why a key of it gets no access token now, "" when it does
}

// Maker makes keys on behalf of one screen. While Held it is all that the screen shows,
// and every key and paste is for it.
type Maker struct {
	env           screen.Env
	self          screen.ID
	ask           *flow.Flow
	make          screen.Requests
	save          screen.Requests
	again         func(confirm string) tea.Cmd // once more, with the name that was lacking
	win           *window
	width, height int
}

// New returns the maker of the screen self, which asks through ask.
func New(env screen.Env, self screen.ID, ask *flow.Flow) *Maker {
	return &Maker{env: env, self: self, ask: ask}
}

// made is a new key on its way to the window.
type made struct {
	issued keys.Issued
	old    *model.APIKey // what it replaces, as it is now; nil for a key of its own
}

// Held reports whether a key is being made or shown. The screen must not be left then.
func (m *Maker) Held() bool { return m.win != nil || m.make.Running() }

// Unsaved says what would be lost by leaving, "" when nothing.
func (m *Maker) Unsaved() string {
	switch {
	case m.win != nil:
		return "The new API key of " + m.win.username + " is not confirmed as saved. It is valid, and nothing can show it again."
	case m.make.Running():
		return "An API key is being made. It would be valid, and nothing could show it."
	}
	return ""
}

// Close forgets the key.
func (m *Maker) Close() {
	m.make.Cancel()
	m.save.Cancel()
	m.wipe()
}

func (m *Maker) wipe() {
	if m.win != nil {
		m.win.text = model.Secret{}
		m.win = nil
	}
	m.again = nil
}

// named makes a key, after asking for the username where the space is protected.
func (m *Maker) named(u User, title, action string, retry func() tea.Cmd, fn func(context.Context, *hub.Hub, string) (made, error)) tea.Cmd {
	run := func(confirm string) tea.Cmd {
		h := m.env.Hub // as it is now: the next may be another
		return screen.Start(m.env.Ctx, m.self, &m.make, func(ctx context.Context) (made, error) { return fn(ctx, h, confirm) })
	}
	ask := func() tea.Cmd {
		return m.ask.TypeName(widget.TypedNameOptions{
			Title: title, Body: []string{"The space is protected: a change asks for the user's name."}, Name: u.Username, Action: action,
		}, run)
	}
	m.again = func(code string) tea.Cmd {
		if model.Code(code) == model.EProtected {
			return ask()
		}
		return retry()
	}
	if m.env.Hub.Space.Protected {
		return ask()
	}
	return run("")
}

// Update takes keys and pastes while Held, and the replies to requests that were made
// here. Changed reports whether there is a key more than before.
func (m *Maker) Update(msg tea.Msg) (changed bool, cmd tea.Cmd, mine bool) {
	switch msg := msg.(type) {
	case screen.Reply[made]:
		changed, cmd = m.accept(msg)
		return changed, cmd, true
	case screen.Reply[saved]:
		return false, m.wasSaved(msg), true
	case tea.KeyPressMsg:
		if m.win != nil {
			return false, m.key(msg), true
		}
		return false, nil, m.Held()
	case tea.PasteMsg:
		if m.win != nil {
			m.win.say("", "nothing is typed in here, so the paste was ignored")
		}
		return false, nil, m.Held()
	}
	return false, nil, false
}

func (m *Maker) accept(r screen.Reply[made]) (changed bool, cmd tea.Cmd) {
	if !screen.Accept(&m.make, r) {
		return false, nil
	}
	if r.Err == nil {
		m.again = nil
		m.win = newWindow(r.Value, m.env.Hub.Now())
		return true, nil
	}
	e := model.AsError(r.Err)
	cmd = screen.Send(screen.Failed(r.Err))
	if (e.Code == model.EInvalid || e.Code == model.EProtected) && m.again != nil {
		return false, tea.Sequence(m.again(string(e.Code)), cmd)
	}
	m.again = nil
	return true, cmd // whatever failed, the list may be out of date
}

// Back tells the person what to do instead; it reports whether it did.
func (m *Maker) Back() bool {
	if !m.Held() {
		return false
	}
	if m.win != nil {
		m.win.stay()
	}
	return true
}

// SetSize sets the room of the window.
func (m *Maker) SetSize(width, height int) { m.width, m.height = width, height }

// Title is the window's part of the breadcrumb.
func (m *Maker) Title() string { return "New API key" }

// Keys are those of the window.
func (m *Maker) Keys() help.KeyMap {
	switch {
	case m.win == nil:
		return nothing
	case m.win.closing:
		return closingKeys
	case m.env.Restricted:
		return restrictedKeys
	}
	return windowKeys
}

// Name is what a key is called in a sentence: its label, or the end of its id.
func Name(k model.APIKey) string {
	if k.Label != "" {
		return model.Printable(k.Label)
	}
	return "…" + Short(k.ID)
}

// Short is the end of a key's id, which is what tells ids of one day apart.
func Short(id model.ID) string {
	s := string(id)
	return s[max(len(s)-8, 0):]
}
