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
		c.actions.Forget()
		if c.list.Typing {
			return c.list.Typed(msg)
		}
		return c.key(msg)
	case tea.PasteMsg:
		if c.list.Typing {
			return c.list.Typed(msg)
		}
		return nil
	case screen.Changed:
		return c.list.Reload()
	}
	if fresh, cmd, mine := c.list.Update(msg); mine {
		if fresh != nil {
			c.dropMarks()
			cmd = tea.Batch(cmd, screen.Send(screen.Count{Place: screen.PlaceClients, N: len(fresh.Rows)}))
		}
		return cmd
	}
	res, cmd, mine := c.actions.Update(msg)
	if mine && res.Changed {
		c.marks = map[model.ID]bool{}
		cmd = tea.Batch(cmd, c.list.Reload())
		c.list.Resize()
	}
	return cmd
}

// Resume implements screen.Resumer.
func (c *Clients) Resume(result any) tea.Cmd {
	cmd, mine := c.actions.Resume(result)
	if mine {
		return cmd
	}
	return c.list.Reload()
}

// Back implements screen.Backer: it ends the filter, then the marks.
func (c *Clients) Back() bool {
	switch {
	case c.list.Back():
	case len(c.marks) > 0:
		c.marks = map[model.ID]bool{}
		c.list.Resize()
	default:
		return false
	}
	return true
}

func (c *Clients) key(k tea.KeyPressMsg) tea.Cmd {
	if cmd, mine := c.list.Key(k); mine {
		return cmd
	}
	switch {
	case key.Matches(k, keymap.New):
		return screen.Send(screen.Push{Route: screen.NewClient{}})
	case key.Matches(k, sortKey):
		c.resort()
		return nil
	}
	if at := c.list.Current(); at != nil {
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
	case key.Matches(k, exportKey):
		return c.actions.Do(actions.Export, []actions.Target{one})
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
	for i := range c.list.Rows {
		if c.marks[c.list.Rows[i].ID] {
			out = append(out, target(&c.list.Rows[i]))
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
	c.list.Resize()
	c.list.Scroll.Move(c.list.Scroll.Cursor + 1)
}

func (c *Clients) resort() {
	at := c.list.CurrentID()
	c.sort = (c.sort + 1) % orders
	if c.sort != byName {
		byName.apply(c.list.Rows)
	}
	c.sort.apply(c.list.Rows)
	c.list.Refilter()
	c.list.Place(at)
}
