package call

import (
	"context"
	"runtime/debug"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/calls"
	"ferry/ui/screen"
	"ferry/ui/widget"
	"ferry/ui/widget/field"
)

// question is what an open overlay of the screen asks.
type question int

const (
	askNothing question = iota
	askName
	askHistory
	askCopy
	askPath
	askOverwrite
	askKeepName
	askKept
	askForget
	askBodyFile
	askWhole
	askStreamPath
	askStreamOver
	askAgain
	askSet
)

// called is a call that was made: its answer, or the exchange of its failure.
type called struct {
	answer  *answer
	client  model.Client
	history []model.HistoryEntry
}

// send makes the call. What changes data of a protected client asks for its name first.
func (c *Call) send() tea.Cmd {
	if c.call.Running() {
		return nil
	}
	r, err := calls.Fill(c.build(), c.placed())
	if err != nil {
		c.answer, c.failed = nil, model.AsError(err)
		c.fault(c.failed)
		c.arrange()
		return nil
	}
	if c.guarded(r) {
		c.asking = askName
		return c.askTheName(r)
	}
	return c.sendWith(r, "")
}

// guarded reports whether a request changes data of what is protected.
func (c *Call) guarded(r model.Request) bool {
	return c.client != nil && (c.client.Protected || c.env.Hub.Space.Protected) && !r.Safe()
}

func (c *Call) askTheName(r model.Request) tea.Cmd {
	return screen.Send(screen.Open{Overlay: widget.NewTypedName(c.env.Styles, widget.TypedNameOptions{
		Title: c.client.Name + " is protected", Body: []string{r.Method + " may change data there: " + model.Printable(r.Path)},
		Name: c.client.Name, Action: "send",
	})})
}

func (c *Call) sendWith(r model.Request, confirm string) tea.Cmd {
	hub, space, id := c.env.Hub, c.env.Hub.Space, c.target
	styles := *c.env.Styles // a copy: the root rebuilds its own while commands run
	c.sent, c.sentBody, c.began, c.down = r, c.req.body.Value(), hub.Now(), nil
	c.failed = nil
	c.unfilter()
	return screen.Start(c.env.Ctx, c.id, &c.call, func(ctx context.Context) (called, error) {
		// The client is read anew: an edit or a switch to disabled counts at once.
		client, err := hub.Clients.Get(ctx, space, id)
		if err != nil {
			return called{}, err
		}
		resp, err := hub.Calls.Do(ctx, space, &client, r, confirm)
		out := called{client: client}
		if resp.Status != 0 || resp.Exchange.Method != "" {
			tidy(resp.Body) // what it was read with, before more is needed
			out.answer = prepare(&styles, resp)
		}
		if ctx.Err() == nil {
			out.history, _ = hub.Calls.History(ctx, &client) // the list may be shorter, the answer counts
		}
		return out, err
	})
}

// largeBody is from how many bytes on a body leaves much behind that it was made ready with.
const largeBody = 1 << 20

// tidy gives back what a large body needed on its way to the screen: several times its
// size, which a console that then waits for a person would hold for minutes. It takes some
// milliseconds, and is for commands.
func tidy(body []byte) {
	if len(body) >= largeBody {
		debug.FreeOSMemory()
	}
}

func (c *Call) done(r screen.Reply[called]) tea.Cmd {
	if !screen.Accept(&c.call, r) {
		return nil
	}
	if r.Value.client.ID != "" {
		client := r.Value.client
		c.client = &client
	}
	if r.Value.history != nil {
		c.know(c.calls, r.Value.history)
	}
	old := c.answer
	c.answer, c.view = r.Value.answer, viewBody
	c.reading = c.answer != nil
	return tea.Batch(c.outcome(r.Err), tidied(old, c.answer))
}

// tidied is tidy when none but the last of the answers is needed any more.
func tidied(answers ...*answer) tea.Cmd {
	var largest []byte
	for _, a := range answers {
		if a != nil && len(a.resp.Body) > len(largest) {
			largest = a.resp.Body
		}
	}
	if len(largest) < largeBody {
		return nil
	}
	return func() tea.Msg {
		debug.FreeOSMemory()
		return nil
	}
}

// outcome shows how a call went.
func (c *Call) outcome(err error) tea.Cmd {
	if err != nil {
		c.failed = model.AsError(err)
		c.fault(c.failed)
		if c.failed.Code == model.EProtected {
			return c.protectedMeanwhile()
		}
		if c.answer != nil {
			c.view = viewExchange
		}
	}
	c.arrange()
	if then := c.then; then != "" && c.answer != nil && c.answer.kind == kindJSON && c.failed == nil {
		return c.startFilter(then)
	}
	return nil
}

// fault puts the focus where a request that cannot be sent went wrong.
func (c *Call) fault(e *model.Error) {
	if e.Code != model.EInvalid {
		return
	}
	switch e.Field {
	case "path":
		c.focus = "path"
		for _, name := range calls.Places(c.req.path.Value()) {
			if c.place(name).Empty() {
				c.focus = "place." + name
				break
			}
		}
	case "method":
		c.focus = "method"
	case "query":
		if len(c.req.query) > 0 {
			c.focus = c.req.query[0].id
		}
	case "headers":
		if len(c.req.headers) > 0 {
			c.focus = c.req.headers[0].id
		}
	}
	c.reading = false
}

// protectedMeanwhile asks for the name after all: somebody protected the client after
// the screen had read it.
func (c *Call) protectedMeanwhile() tea.Cmd {
	c.failed = nil
	if c.client == nil {
		return nil
	}
	c.client.Protected = true
	return c.send()
}

// applyFilter runs the typed jq filter; an empty one shows the whole body again.
func (c *Call) applyFilter() tea.Cmd {
	expr := c.filter.Value()
	c.badJQ = nil
	if expr == "" {
		c.filter = nil
		c.unfilter()
		return c.remember("")
	}
	return c.startFilter(expr)
}

func (c *Call) startFilter(expr string) tea.Cmd {
	styles := *c.env.Styles
	body := c.answer.resp.Body
	c.began = c.env.Hub.Now()
	return screen.Start(c.env.Ctx, c.id, &c.jq, func(ctx context.Context) (filtered, error) {
		defer tidy(body)
		return runFilter(ctx, &styles, expr, body)
	})
}

// remember keeps the filter for the next time with this client.
func (c *Call) remember(expr string) tea.Cmd {
	c.last = expr
	if c.client == nil {
		return nil
	}
	hub, client := c.env.Hub, c.client.Clone()
	return screen.Start(c.env.Ctx, c.id, &c.recall, func(ctx context.Context) (string, error) {
		return expr, hub.Calls.SetFilter(ctx, &client, expr) // the answer counts, not whether this was kept
	})
}

func (c *Call) filterDone(r screen.Reply[filtered]) tea.Cmd {
	if !screen.Accept(&c.jq, r) || c.answer == nil {
		return nil
	}
	if r.Err != nil {
		// Beside the filter, which stays open to be mended.
		if c.badJQ = model.AsError(r.Err); c.filter == nil {
			c.filter = field.NewLine(r.Value.expr)
		}
		c.arrange()
		return nil
	}
	c.filter, c.applied, c.view = nil, r.Value.expr, viewBody
	c.answer.filtered = r.Value.viewer
	c.arrange()
	if r.Value.expr == c.last {
		return nil
	}
	return c.remember(r.Value.expr)
}

func (c *Call) unfilter() {
	c.jq.Cancel()
	c.filter, c.applied, c.badJQ = nil, "", nil
	if c.answer != nil {
		c.answer.filtered = nil
	}
}
