// Package call is the screen for test calls: a request is written, sent with the
// client's credentials, and its answer looked at, searched, filtered and saved.
//
// It imports the contract of screens, the widgets and the use-cases of clients and
// calls. It sends nothing by itself, and large bodies are made ready for the eye in
// commands, so that a key never waits for one.
package call

import (
	"context"
	"strings"
	"time"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/widget/field"
)

// Call is the screen.
type Call struct {
	env  screen.Env
	id   screen.ID
	size struct{ width, height int }

	target  model.ID
	client  *model.Client // nil until it was read
	gone    *model.Error  // why it cannot be read
	history []model.HistoryEntry
	calls   []model.SavedCall
	paths   []string // those that are offered while a path is typed
	name    string   // of the saved call that is in the editor, or ""

	req      request
	focus    string // key of the focused item of the request
	reading  bool   // the answer has the focus, not the request
	top      int    // first line of the request that shows
	settling int    // pastes whose tail may still arrive as keys
	sentBody string // the body as it was last sent

	sent    model.Request // the request under way, or answered
	began   time.Time
	answer  *answer      // nil before the first
	failed  *model.Error // why the last call got no answer
	view    view         // which part of the answer shows
	filter  *field.Line  // the jq filter that is typed, nil when none is
	applied string       // the jq filter that was applied
	last    string       // the jq filter that was last used with this client
	then    string       // the jq filter of a saved call, for its answer
	badJQ   *model.Error

	asking question
	path   string // the file that a question is about
	doomed string // the saved call that a question is about

	down    *download // where the body under way goes, nil when it is kept here
	confirm string    // the name that was typed for the call that goes to a file

	load, call, jq, save, keeping, source, editor, recall screen.Requests
}

// New returns the test call of a client, started with the route's request.
func New(env screen.Env, r screen.Call) screen.Screen {
	c := &Call{env: env, id: screen.NewID(), target: r.ID, focus: "path"}
	c.fill(r.Request)
	return c
}

// ID implements screen.Screen.
func (c *Call) ID() screen.ID { return c.id }

// Title implements screen.Screen.
func (c *Call) Title() string {
	if c.client == nil {
		return "Test call"
	}
	return c.client.Name + " › Test call"
}

// SetSize implements screen.Screen.
func (c *Call) SetSize(width, height int) {
	c.size.width, c.size.height = max(width, 0), max(height, 0)
	c.arrange()
}

// Capturing implements screen.Capturer.
func (c *Call) Capturing() bool {
	switch {
	case c.filter != nil:
		return true
	case c.reading:
		return c.answer != nil && c.answer.viewer(c.view).Capturing()
	}
	it := c.focused()
	return it != nil && (it.kind == kindText || it.kind == kindArea)
}

// Close implements screen.Closer.
func (c *Call) Close() {
	for _, r := range []*screen.Requests{&c.load, &c.call, &c.jq, &c.save, &c.keeping, &c.source, &c.editor, &c.recall} {
		r.Cancel()
	}
}

// Cancel implements screen.Canceler.
func (c *Call) Cancel() bool {
	switch {
	case c.call.Running():
		c.call.Cancel()
		c.down = nil
		c.failed = model.Errorf(model.EInterrupted, "cancelled; the request may have reached the API")
	case c.jq.Running():
		c.jq.Cancel()
		c.applied = ""
	default:
		return false
	}
	return true
}

// Back implements screen.Backer: it undoes what is under way, typed or filtered first.
func (c *Call) Back() bool {
	switch {
	case c.Cancel():
	case c.filter != nil:
		c.filter, c.badJQ = nil, nil
	case c.reading && c.answer != nil && c.answer.viewer(c.view).Back():
	case c.applied != "":
		c.unfilter()
	default:
		return false
	}
	c.arrange()
	return true
}

// Ticking implements screen.Ticker.
func (c *Call) Ticking() bool { return c.call.Running() || c.jq.Running() }

// Unsaved implements screen.Guard: a body that was typed and never sent.
func (c *Call) Unsaved() string {
	if body := c.req.body.Value(); strings.TrimSpace(body) != "" && body != c.sentBody {
		return "the request body that was not sent"
	}
	return ""
}

var (
	keySend      = keymap.Bind("^r", "send", "ctrl+r")
	keyEnter     = keymap.Bind("↵ ^r", "send", "enter", "ctrl+r")
	keyAgain     = keymap.Bind("r", "resend", "r", "ctrl+r")
	keyHistory   = keymap.Bind("^o", "history", "ctrl+o")
	keyTokenPage = keymap.Bind("^t", "token", "ctrl+t")
	keyPast      = keymap.Bind("H", "history", "H", "ctrl+o")
	keyToken     = keymap.Bind("t", "token", "t", "ctrl+t")
	keyNext      = keymap.Bind("tab ↓", "next", "tab", "down")
	keyPrev      = keymap.Bind("⇧tab ↑", "previous", "shift+tab", "up")
	keyEdit      = keymap.Bind("e", "edit", "e", "tab", "shift+tab")
	keyPart      = keymap.Bind("i", "headers", "i")
	keyJQ        = keymap.Bind("|", "jq", "|")
	keySave      = keymap.Bind("s", "save", "s", "ctrl+s")
	keyKeep      = keymap.Bind("^s", "save", "ctrl+s")
	keyKept      = keymap.Bind("^l", "saved", "ctrl+l")
	keyKeepThis  = keymap.Bind("a", "save the request", "a")
	keyOpenKept  = keymap.Bind("o", "saved requests", "o", "ctrl+l")
	keyNextPage  = keymap.Bind(">", "next page", ">")
	keyExport    = keymap.Bind("X", "export this", "X")
	keySets      = keymap.Bind("E", "entity sets", "E")
	keyCancel    = keymap.Bind("esc", "cancel", "esc")
	keySides     = keymap.Bind("← →", "method", "left", "right")
	keyTake      = keymap.Bind("→", "complete the path", "right")
	keyApply     = keymap.Bind("↵", "filter", "enter")
	keyClose     = keymap.Bind("esc", "close", "esc")
)

// Keys implements screen.Screen.
func (c *Call) Keys() help.KeyMap {
	switch {
	case c.call.Running():
		return keymap.Map{{keyCancel}}
	case c.filter != nil:
		return keymap.Map{{keyApply, keyClose}}
	case c.reading && c.answer != nil:
		first := []key.Binding{keyEdit, keyAgain, keymap.Bind("/", "search", "/"), keyJQ, keyPart, keySave, keymap.Copy, keyPast, keymap.Back}
		if c.answer.resp.Status == 0 { // no answer came: there is nothing to filter or to save
			first = []key.Binding{keyEdit, keyAgain, keyPart, keyToken, keymap.Copy, keyPast, keymap.Back}
		}
		if c.answer.next != "" {
			first = append([]key.Binding{keyNextPage}, first...)
		}
		if len(c.answer.sets) > 0 {
			first = append([]key.Binding{keySets}, first...)
		}
		return append(keymap.Map{first, {keyKeepThis, keyOpenKept, keyNextPage, keySets, keyExport, keyToken}}, c.answer.viewer(c.view).Keys()...)
	}
	first := []key.Binding{keySend, keyNext, keyKeep, keyKept, keyHistory, keymap.Back}
	if c.focus == "path" {
		first[0] = keyEnter
	}
	return keymap.Map{
		first,
		{keyPrev, keyTokenPage, keySides, keyTake, keymap.Bind("space", "press", "space")},
	}
}

// Init implements screen.Screen.
func (c *Call) Init() tea.Cmd { return c.reload() }

// read is the client and its history.
type read struct {
	client  model.Client
	history []model.HistoryEntry
	calls   []model.SavedCall
	filter  string
}

func (c *Call) reload() tea.Cmd {
	hub, space, id := c.env.Hub, c.env.Hub.Space, c.target
	return screen.Start(c.env.Ctx, c.id, &c.load, func(ctx context.Context) (read, error) {
		client, err := hub.Clients.Get(ctx, space, id)
		if err != nil {
			return read{}, err
		}
		r := read{client: client}
		if r.history, err = hub.Calls.History(ctx, &client); err != nil {
			return r, err
		}
		if r.calls, err = hub.Calls.Saved(ctx, &client); err != nil {
			return r, err
		}
		r.filter, err = hub.Calls.Filter(ctx, &client)
		return r, err
	})
}

func (c *Call) loaded(r screen.Reply[read]) tea.Cmd {
	if !screen.Accept(&c.load, r) {
		return nil
	}
	if r.Err != nil {
		c.gone = model.AsError(r.Err)
		return nil
	}
	c.client, c.gone, c.last = &r.Value.client, nil, r.Value.filter
	c.know(r.Value.calls, r.Value.history)
	return nil
}
