// Package flow is how a screen asks, does and reports: an overlay that asks, then a
// request that does, then a line that says what came of it. Screens build what can be
// done to their records on it.
//
// It imports model, the screen contract and widgets, and holds no rule.
package flow

import (
	"context"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// Flow does things on behalf of one screen. The screen hands it what it is resumed with
// and the replies it gets.
type Flow struct {
	Env  screen.Env
	self screen.ID
	req  screen.Requests

	pending func(result any) tea.Cmd // what the overlay that is open is for
}

// New returns the flow of the screen self.
func New(env screen.Env, self screen.ID) *Flow { return &Flow{Env: env, self: self} }

// Actions is a Flow, or what is built on one: what can be done to the records that a
// screen shows. Such a screen is a list or a page, which hand on what they get.
type Actions interface {
	Update(msg tea.Msg) (res Result, cmd tea.Cmd, mine bool)
	Resume(result any) (cmd tea.Cmd, mine bool)
	Forget()
	Cancel() bool
	Rebind(h *hub.Hub)
}

// Outcome is what a request came to.
type Outcome struct {
	Done bool           // something was changed: the screen looks again
	Text string         // what to say
	Next func() tea.Cmd // what to do then
	Gone bool           // the record was deleted
}

// Result says to a screen what became of an action.
type Result struct {
	Changed bool
	Deleted bool
}

// Rebind goes on with the same hub whose space was renamed or protected.
func (f *Flow) Rebind(h *hub.Hub) { f.Env.Hub = h }

// Busy reports whether an action is under way.
func (f *Flow) Busy() bool { return f.req.Running() }

// Cancel stops the action under way and reports whether there was one.
func (f *Flow) Cancel() bool {
	busy := f.Busy()
	f.req.Cancel()
	return busy
}

// Resume takes the result of an overlay that was opened here.
func (f *Flow) Resume(result any) (cmd tea.Cmd, mine bool) {
	if f.pending == nil {
		return nil, false
	}
	then := f.pending
	f.pending = nil
	if result == nil {
		return nil, true
	}
	return then(result), true
}

// Forget drops the question that is open. A screen that gets a key calls it: no overlay
// is above it then, so the question was cancelled without an answer.
func (f *Flow) Forget() { f.pending = nil }

// Update takes a reply to a request that was made here.
func (f *Flow) Update(msg tea.Msg) (res Result, cmd tea.Cmd, mine bool) {
	reply, ok := msg.(screen.Reply[Outcome])
	if !ok {
		return Result{}, nil, false
	}
	if !screen.Accept(&f.req, reply) {
		return Result{}, nil, true
	}
	if reply.Err != nil {
		// Somebody else may have changed or deleted it, so the screen looks again.
		return Result{Changed: true}, screen.Send(screen.Failed(reply.Err)), true
	}
	out := reply.Value
	if out.Text != "" {
		cmd = screen.Send(screen.Notice{Level: screen.Success, Text: out.Text})
	}
	if out.Next != nil {
		cmd = tea.Batch(cmd, out.Next())
	}
	return Result{Changed: out.Done, Deleted: out.Gone}, cmd, true
}

// Open asks something; then gets the answer unless it is cancelled.
func (f *Flow) Open(o screen.Overlay, then func(any) tea.Cmd) tea.Cmd {
	f.pending = then
	return screen.Send(screen.Open{Overlay: o})
}

// Start does something, one thing after the other.
func (f *Flow) Start(fn func(context.Context) (Outcome, error)) tea.Cmd {
	return screen.Start(f.Env.Ctx, f.self, &f.req, fn)
}

// Refuse says that something is under way.
func (f *Flow) Refuse() tea.Cmd {
	return screen.Send(screen.Notice{Level: screen.Warning, Text: "one thing after the other: something is under way"})
}

// Named runs fn with name as the confirmation when protected, after asking for it; else
// at once with "". Why says in the dialog why it is asked for.
func (f *Flow) Named(protected bool, name, why, title, action string, fn func(confirm string) tea.Cmd) tea.Cmd {
	if !protected {
		return fn("")
	}
	return f.TypeName(widget.TypedNameOptions{Title: title, Body: []string{why}, Name: name, Action: action}, fn)
}

// TypeName asks for a name to be typed before fn runs with it.
func (f *Flow) TypeName(o widget.TypedNameOptions, fn func(confirm string) tea.Cmd) tea.Cmd {
	return f.Open(widget.NewTypedName(f.Env.Styles, o), func(v any) tea.Cmd { return fn(v.(string)) })
}

// Sent is the outcome of handing text to the terminal's clipboard (OSC 52). Nobody
// acknowledges that, so nothing more is claimed.
func Sent(what, text string) Outcome {
	return Outcome{Text: "Sent " + what + " to the terminal's clipboard", Next: func() tea.Cmd { return tea.SetClipboard(text) }}
}

// Shown is Sent for text that is worth showing as well, to be copied by hand: tmux drops
// OSC 52 by default.
func (f *Flow) Shown(what, text, title string) Outcome {
	out := Sent(what, text)
	send := out.Next
	out.Next = func() tea.Cmd {
		return tea.Batch(send(), screen.Send(screen.Open{Overlay: widget.NewShow(f.Env.Styles, title, widget.Lines(text))}))
	}
	return out
}

// Lost is the body of a question about deleting: first what goes, then what goes with it.
func Lost(first string, depends []string) []string {
	body := []string{first}
	if len(depends) > 0 {
		body = append(body, "Lost with it:")
		for _, d := range depends {
			body = append(body, "  • "+model.Printable(d))
		}
	}
	return body
}

// Counted is a number of things in words.
func Counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
