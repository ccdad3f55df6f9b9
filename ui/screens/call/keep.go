package call

import (
	"context"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/calls"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// kept is what saving or deleting a saved call came to.
type kept struct {
	name  string
	left  []string // what was left out because it is secret
	gone  bool     // it was deleted
	calls []model.SavedCall
}

// askKeep asks for the name under which the request is saved.
func (c *Call) askKeep() tea.Cmd {
	c.asking = askKeepName
	return screen.Send(screen.Open{Overlay: widget.NewPrompt(c.env.Styles, widget.PromptOptions{
		Title: "Save the request", Label: "Name", Value: c.name, Check: model.NameProblem,
		Body: []string{"A name that is taken is saved over. What is secret by its name is not saved."},
	})})
}

func (c *Call) keep(name string) tea.Cmd {
	if c.client == nil {
		return nil
	}
	hub, space, client := c.env.Hub, c.env.Hub.Space, c.client.Clone()
	call := model.SavedCall{Name: name, Request: c.build(), PathParams: c.placed(), Filter: c.applied}
	return screen.Start(c.env.Ctx, c.id, &c.keeping, func(ctx context.Context) (kept, error) {
		left, err := hub.Calls.Save(ctx, space, &client, call)
		if err != nil {
			return kept{}, err
		}
		all, err := hub.Calls.Saved(ctx, &client)
		return kept{name: name, left: left, calls: all}, err
	})
}

func (c *Call) forget(name string) tea.Cmd {
	hub, space, client := c.env.Hub, c.env.Hub.Space, c.client.Clone()
	return screen.Start(c.env.Ctx, c.id, &c.keeping, func(ctx context.Context) (kept, error) {
		if err := hub.Calls.Forget(ctx, space, &client, name); err != nil {
			return kept{}, err
		}
		all, err := hub.Calls.Saved(ctx, &client)
		return kept{name: name, gone: true, calls: all}, err
	})
}

func (c *Call) keptDone(r screen.Reply[kept]) tea.Cmd {
	if !screen.Accept(&c.keeping, r) {
		return nil
	}
	if r.Err != nil {
		return screen.Send(screen.Failed(r.Err))
	}
	c.know(r.Value.calls, c.history)
	n := screen.Notice{Level: screen.Success, Text: "Saved as " + r.Value.name}
	switch {
	case r.Value.gone:
		n.Text = "Deleted the saved call " + r.Value.name
		return screen.Send(n)
	case len(r.Value.left) > 0:
		n.Level, n.Text = screen.Warning, n.Text+"; secret and left out: "+strings.Join(r.Value.left, ", ")
	}
	c.name, c.sentBody = r.Value.name, c.req.body.Value()
	return screen.Send(n)
}

// know takes over what is saved and remembered, and the paths that are offered from it.
func (c *Call) know(saved []model.SavedCall, history []model.HistoryEntry) {
	c.calls, c.history = saved, history
	c.paths = nil
	for i := range saved {
		c.paths = append(c.paths, saved[i].Request.Path)
	}
	for i := range history {
		c.paths = append(c.paths, history[i].Path)
	}
}

// openKept offers the saved calls.
func (c *Call) openKept() tea.Cmd {
	if len(c.calls) == 0 {
		return screen.Send(screen.Notice{Text: "no call is saved for this client yet; ^s in the request saves it"})
	}
	wide := 0
	for i := range c.calls {
		wide = max(wide, widget.Width(c.calls[i].Name))
	}
	items := make([]widget.MenuItem, len(c.calls))
	for i := range c.calls {
		r := &c.calls[i].Request
		items[i] = widget.MenuItem{
			Label: widget.Fit(c.calls[i].Name, wide),
			Note:  widget.Truncate(r.Method+" "+model.Printable(r.Path+query(r.Query)), 40), Value: i,
		}
	}
	c.asking = askKept
	return screen.Send(screen.Open{Overlay: &picker{Overlay: widget.NewMenu(c.env.Styles, "Saved calls: enter puts one into the editor", items)}})
}

// picker is a menu in which D asks to delete what the cursor is on.
type picker struct{ screen.Overlay }

// dropped is the result of a picker when its item is to be deleted.
type dropped struct{ value any }

// Keys implements screen.Overlay.
func (p *picker) Keys() help.KeyMap {
	rows := p.Overlay.Keys().FullHelp()
	return append(keymap.Map{append([]key.Binding{keymap.Delete}, rows[0]...)}, rows[1:]...)
}

// Update implements screen.Overlay.
func (p *picker) Update(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok || !key.Matches(k, keymap.Delete) {
		return p.Overlay.Update(msg)
	}
	chosen := p.Overlay.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	if chosen == nil {
		return nil
	}
	if msg, ok := chosen().(screen.Close); ok { // a menu waits for nothing
		return screen.Send(screen.Close{Result: dropped{msg.Result}})
	}
	return nil
}

// pickedKept puts a saved call into the editor, or asks whether to delete it.
func (c *Call) pickedKept(result any) tea.Cmd {
	drop, isDrop := result.(dropped)
	if isDrop {
		result = drop.value
	}
	i, ok := result.(int)
	if !ok || i >= len(c.calls) {
		return nil
	}
	call := c.calls[i]
	if isDrop {
		c.asking, c.doomed = askForget, call.Name
		return screen.Send(screen.Open{Overlay: widget.NewConfirm(c.env.Styles, widget.ConfirmOptions{
			Title: "Delete the saved call " + call.Name + "?", Body: []string{"It cannot be brought back."}, Yes: "Delete", Danger: true,
		})})
	}
	c.fill(call.Request)
	for _, p := range call.PathParams {
		c.place(p.Name).Set(p.Value)
	}
	c.name, c.then, c.focus, c.reading = call.Name, call.Filter, "path", false
	for _, name := range calls.Places(call.Request.Path) {
		if c.place(name).Empty() {
			c.focus = "place." + name
			break
		}
	}
	c.arrange()
	return nil
}
