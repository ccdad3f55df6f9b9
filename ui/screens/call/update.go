package call

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/widget/field"
)

// settled says that keys which follow a paste are the person's own again.
type settled struct{ to screen.ID }

// Addressee implements screen.Addressed.
func (m settled) Addressee() screen.ID { return m.to }

// settleTime is how long keys after a paste may still belong to it: text that holds an
// end-of-paste of its own sends its tail as keys, and that must not send a request.
const settleTime = 40 * time.Millisecond

// Update implements screen.Screen.
func (c *Call) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case screen.Reply[read]:
		return c.loaded(msg)
	case screen.Reply[called]:
		return c.done(msg)
	case screen.Reply[filtered]:
		return c.filterDone(msg)
	case screen.Reply[saved]:
		return c.saveDone(msg)
	case screen.Reply[kept]:
		return c.keptDone(msg)
	case screen.Reply[streamed]:
		return c.streamDone(msg)
	case screen.Reply[body]:
		return c.bodyDone(msg)
	case screen.Reply[editing]:
		return c.editReady(msg)
	case edited:
		return c.editDone(msg)
	case screen.Reply[string]:
		screen.Accept(&c.recall, msg)
	case screen.Changed:
		if !c.call.Running() {
			return c.reload()
		}
	case settled:
		c.settling = max(c.settling-1, 0)
	case tea.PasteMsg:
		return c.paste(msg)
	case tea.KeyPressMsg:
		cmd := c.key(msg)
		c.arrange()
		return cmd
	}
	return nil
}

func (c *Call) paste(msg tea.PasteMsg) tea.Cmd {
	switch it := c.focused(); {
	case c.filter != nil:
		c.filter.Paste(msg.Content)
	case c.reading && c.answer != nil:
		return c.answer.viewer(c.view).Update(msg)
	case it == nil:
		return nil
	case it.kind == kindArea:
		c.req.body.Paste(msg.Content)
	case it.kind == kindText:
		it.line.Paste(msg.Content)
		c.named(it)
	}
	c.arrange()
	c.settling++
	to := c.id
	return tea.Tick(settleTime, func(time.Time) tea.Msg { return settled{to} })
}

func (c *Call) key(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, keyCancel):
		if c.Back() {
			return nil
		}
		return screen.Send(screen.Pop{})
	case c.call.Running():
		return nil
	case c.settling > 0:
		c.tail(k)
		return nil
	case c.filter != nil:
		if key.Matches(k, keyApply) {
			return c.applyFilter()
		}
		c.filter.Key(k)
		return nil
	case c.reading && c.answer != nil:
		return c.keyReading(k)
	}
	return c.keyRequest(k)
}

// tail takes the keys that follow a paste as the text they may be, and as nothing else.
func (c *Call) tail(k tea.KeyPressMsg) {
	it := c.focused()
	switch {
	case k.Text == "":
	case c.filter != nil:
		c.filter.Key(k)
	case c.reading || it == nil:
	case it.kind == kindArea:
		c.req.body.Key(k)
	case it.kind == kindText:
		it.line.Key(k)
	}
}

func (c *Call) keyReading(k tea.KeyPressMsg) tea.Cmd {
	v := c.answer.viewer(c.view)
	switch {
	case v.Capturing():
		return v.Update(k)
	case key.Matches(k, keyEdit):
		c.reading = false
		if k.String() == "e" {
			c.focus = "path"
		}
	case key.Matches(k, keyAgain):
		return c.send()
	case key.Matches(k, keyPart):
		c.view = (c.view + 1) % views
	case key.Matches(k, keyJQ):
		if c.answer.kind != kindJSON {
			return screen.Send(screen.Notice{Level: screen.Warning, Text: "the body is not JSON, so there is nothing to filter"})
		}
		start := c.applied
		if start == "" {
			start = c.last
		}
		c.view, c.filter = viewBody, field.NewLine(start)
		if start == "" {
			c.filter.Placeholder = "(a jq filter, as in .[0].name; empty shows all)"
		}
	case key.Matches(k, keySave):
		return c.askSave()
	case key.Matches(k, keyKeepThis):
		return c.askKeep()
	case key.Matches(k, keyOpenKept):
		return c.openKept()
	case key.Matches(k, keyNextPage):
		return c.nextPage()
	case key.Matches(k, keyExport):
		return c.exportThis()
	case key.Matches(k, keySets):
		return c.openSets()
	case key.Matches(k, keymap.Copy):
		return c.openCopy()
	case key.Matches(k, keyPast):
		return c.openHistory()
	case key.Matches(k, keyToken):
		return screen.Send(screen.Push{Route: screen.Token{ID: c.target}})
	default:
		return v.Update(k)
	}
	return nil
}

func (c *Call) keyRequest(k tea.KeyPressMsg) tea.Cmd {
	it := c.focused()
	switch {
	case it == nil:
		c.focus = "path"
		return nil
	case key.Matches(k, keySend):
		return c.send()
	case key.Matches(k, keyHistory):
		return c.openHistory()
	case key.Matches(k, keyKeep):
		return c.askKeep()
	case key.Matches(k, keyKept):
		return c.openKept()
	case key.Matches(k, keyTokenPage):
		return screen.Send(screen.Push{Route: screen.Token{ID: c.target}})
	case k.String() == "tab":
		c.step(1)
		return nil
	case k.String() == "shift+tab":
		c.step(-1)
		return nil
	}
	switch it.kind {
	case kindArea:
		if c.req.body.Key(k) {
			return nil
		}
	case kindMethod:
		if c.keyMethod(k) {
			return nil
		}
	case kindButton:
		switch k.String() {
		case "enter", "space":
			return it.do()
		case "left":
			c.step(-1)
			return nil
		case "right":
			c.step(1)
			return nil
		}
	case kindText:
		return c.keyText(it, k)
	}
	c.moveRow(k)
	return nil
}

func (c *Call) keyText(it *item, k tea.KeyPressMsg) tea.Cmd {
	if it.key == "path" {
		if rest := c.suggestion(); rest != "" && key.Matches(k, keyTake) {
			it.line.Set(it.line.Value() + rest)
			return nil
		}
		if k.String() == "enter" {
			return c.send()
		}
	}
	if it.line.Key(k) {
		c.named(it)
		return nil
	}
	if k.String() == "enter" {
		c.step(1)
		return nil
	}
	c.moveRow(k)
	return nil
}

func (c *Call) moveRow(k tea.KeyPressMsg) {
	switch k.String() {
	case "down":
		c.stepRow(1)
	case "up":
		c.stepRow(-1)
	case "enter":
		c.step(1)
	}
}

// keyMethod chooses a method by arrows or by its first letter.
func (c *Call) keyMethod(k tea.KeyPressMsg) bool {
	at := slices.Index(methods, c.req.method)
	switch name := k.String(); name {
	case "left":
		at = (at + len(methods) - 1) % len(methods)
	case "right", "space":
		at = (at + 1) % len(methods)
	default:
		return false
	}
	c.req.method = methods[at]
	return true
}

// named follows the name of a header: the value of one known to carry a credential is
// masked.
func (c *Call) named(it *item) {
	for _, rows := range [][]*pair{c.req.headers, c.req.query, c.req.form} {
		for _, h := range rows {
			if h.id == it.key {
				h.value.Secret = clients.SecretByName(h.name.Value())
			}
		}
	}
}

// replay puts a remembered call into the editor. It is not sent.
func (c *Call) replay(h model.HistoryEntry) {
	c.fill(model.Request{Method: h.Method, Path: h.Path, Query: h.Query, Headers: h.Headers, Body: h.Body})
	c.focus, c.reading, c.name, c.then = "path", false, "", ""
	c.arrange()
}
