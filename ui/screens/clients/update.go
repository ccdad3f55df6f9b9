package clients

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/actions"
)

// Update implements screen.Screen.
func (c *Clients) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if c.typing {
			return c.typed(msg)
		}
		return c.key(msg)
	case tea.PasteMsg:
		if c.typing {
			return c.typed(msg)
		}
		return nil
	case screen.Changed:
		return c.reload()
	case progress:
		c.loaded = msg.n
		return c.listen(msg.ch)
	case screen.Reply[list]:
		return c.accept(msg)
	}
	res, cmd, mine := c.actions.Update(msg)
	if mine && res.Changed {
		c.marks = map[model.ID]bool{}
		cmd = tea.Batch(cmd, c.reload())
		c.resize()
	}
	return cmd
}

// Resume implements screen.Resumer.
func (c *Clients) Resume(result any) tea.Cmd {
	cmd, mine := c.actions.Resume(result)
	if mine {
		return cmd
	}
	return c.reload()
}

// Back implements screen.Backer: it ends the filter, then the marks.
func (c *Clients) Back() bool {
	switch {
	case c.typing || c.query != "":
		c.typing = false
		c.setQuery("")
		c.filter.SetValue("")
	case len(c.marks) > 0:
		c.marks = map[model.ID]bool{}
		c.resize()
	default:
		return false
	}
	return true
}

// typed handles what is typed into the filter; the arrows still move.
func (c *Clients) typed(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "enter":
			c.typing = false
			c.resize()
			return nil
		case "up":
			c.scroll.Move(c.scroll.Cursor - 1)
			return nil
		case "down":
			c.scroll.Move(c.scroll.Cursor + 1)
			return nil
		case "backspace":
			if c.filter.Value() == "" {
				c.Back()
				return nil
			}
		}
	}
	var cmd tea.Cmd
	c.filter, cmd = c.filter.Update(msg)
	c.setQuery(c.filter.Value())
	return cmd
}

func (c *Clients) setQuery(q string) {
	if q == c.query {
		c.resize()
		return
	}
	at := c.current()
	c.query = q
	c.refilter()
	c.scroll.Move(0)
	if q == "" {
		c.place(at)
	}
}

func (c *Clients) key(k tea.KeyPressMsg) tea.Cmd {
	if c.scroll.Key(k) {
		return nil
	}
	switch {
	case key.Matches(k, keymap.New):
		return screen.Send(screen.Push{Route: screen.NewClient{}})
	case key.Matches(k, keymap.Filter):
		c.typing = true
		c.resize()
		return c.filter.Focus()
	case key.Matches(k, keymap.Refresh):
		return c.reload()
	case key.Matches(k, sortKey):
		c.resort()
		return nil
	}
	if at := c.current(); at != nil {
		return c.keyOn(at, k)
	}
	return nil
}

// keyOn handles the keys that need a client.
func (c *Clients) keyOn(at *clients.Summary, k tea.KeyPressMsg) tea.Cmd {
	one := target(at)
	switch {
	case key.Matches(k, keymap.Enter):
		return screen.Send(screen.Push{Route: screen.Client{ID: at.ID}})
	case key.Matches(k, keymap.Edit):
		return screen.Send(screen.Push{Route: screen.EditClient{ID: at.ID}})
	case key.Matches(k, keymap.Token):
		if at.Method != model.AuthOAuth2 {
			return screen.Send(screen.Notice{Level: screen.Warning, Text: at.Name + " has no authentication, so it has no token"})
		}
		return screen.Send(screen.Push{Route: screen.Token{ID: at.ID}})
	case key.Matches(k, keymap.Call):
		return screen.Send(screen.Push{Route: screen.Call{ID: at.ID}})
	case key.Matches(k, keymap.Mark):
		c.mark(at.ID)
	case key.Matches(k, keymap.More):
		return c.actions.Menu(c.targets(one))
	case key.Matches(k, keymap.Copy):
		return c.actions.Copy(one)
	case key.Matches(k, keymap.Delete):
		return c.actions.Do(actions.Delete, []actions.Target{one})
	}
	return nil
}

func target(s *clients.Summary) actions.Target {
	return actions.Target{ID: s.ID, Name: s.Name, State: s.State, Protected: s.Protected}
}

// targets is what more actions are for: the marked clients, or else the one.
func (c *Clients) targets(one actions.Target) []actions.Target {
	if len(c.marks) == 0 {
		return []actions.Target{one}
	}
	var out []actions.Target
	for i := range c.rows {
		if c.marks[c.rows[i].ID] {
			out = append(out, target(&c.rows[i]))
		}
	}
	return out
}

// mark marks a client or takes its mark off, and goes on to the next one.
func (c *Clients) mark(id model.ID) {
	if c.marks[id] {
		delete(c.marks, id)
	} else {
		c.marks[id] = true
	}
	c.resize()
	c.scroll.Move(c.scroll.Cursor + 1)
}

func (c *Clients) resort() {
	at := c.current()
	var id model.ID
	if at != nil {
		id = at.ID
	}
	c.sort = (c.sort + 1) % orders
	if c.sort != byName {
		byName.apply(c.rows)
	}
	c.sort.apply(c.rows)
	c.refilter()
	c.place(&clients.Summary{ID: id})
}
