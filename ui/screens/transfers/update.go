package transfers

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/keymap"
	"ferry/ui/screen"
)

// Update implements screen.Screen.
func (t *Transfers) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		t.actions.Forget()
		if t.list.Typing {
			return t.list.Typed(msg)
		}
		return t.key(msg)
	case tea.PasteMsg:
		if t.list.Typing {
			return t.list.Typed(msg)
		}
		return nil
	case screen.Changed, screen.Tick:
		return t.list.Reload()
	}
	if fresh, cmd, mine := t.list.Update(msg); mine {
		if fresh != nil {
			t.rank, _ = fresh.Extra.(map[model.ID]int)
			t.sort.apply(t.list.Rows, t.rank) // it may have been sorted otherwise meanwhile
			t.replace()
			t.dropMarks()
			cmd = tea.Batch(cmd, screen.Send(screen.Count{Place: screen.PlaceTransfers, N: len(fresh.Rows)}))
		}
		return cmd
	}
	res, cmd, mine := t.actions.Update(msg)
	if mine && res.Changed {
		clear(t.marks)
		t.list.Resize()
		cmd = tea.Batch(cmd, t.list.Reload())
	}
	return cmd
}

// replace shows the rows in their new order, with the cursor on the same transfer.
func (t *Transfers) replace() {
	at := t.list.CurrentID()
	t.list.Refilter()
	t.list.Place(at)
}

// Resume implements screen.Resumer.
func (t *Transfers) Resume(result any) tea.Cmd {
	if cmd, mine := t.actions.Resume(result); mine {
		return cmd
	}
	return t.list.Reload()
}

// Back implements screen.Backer: it ends the filter, then the marks.
func (t *Transfers) Back() bool {
	switch {
	case t.list.Back():
	case len(t.marks) > 0:
		clear(t.marks)
		t.list.Resize()
	default:
		return false
	}
	return true
}

func (t *Transfers) key(k tea.KeyPressMsg) tea.Cmd {
	if cmd, mine := t.list.Key(k); mine {
		return cmd
	}
	switch {
	case key.Matches(k, keymap.New):
		return screen.Send(screen.Push{Route: screen.NewTransfer{}})
	case key.Matches(k, sortKey):
		at := t.list.CurrentID()
		t.sort = (t.sort + 1) % orders
		t.sort.apply(t.list.Rows, t.rank)
		t.list.Refilter()
		t.list.Place(at)
		return nil
	}
	if at := t.list.Current(); at != nil {
		return t.keyOn(at, k)
	}
	return nil
}

// keyOn handles the keys that need a transfer.
func (t *Transfers) keyOn(at *transfers.Status, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, keymap.Enter):
		return screen.Send(screen.Push{Route: screen.Transfer{ID: at.Transfer.ID}})
	case key.Matches(k, keymap.Edit):
		return t.actions.Edit(at)
	case key.Matches(k, pauseKey):
		return t.actions.Pause(at)
	case key.Matches(k, stopKey):
		return t.actions.Abort(at)
	case key.Matches(k, runKey):
		return t.actions.Run(at)
	case key.Matches(k, keymap.Mark):
		t.mark(at.Transfer.ID)
	case key.Matches(k, keymap.Copy):
		return t.actions.Copy(at)
	case key.Matches(k, keymap.Delete) && len(t.marks) > 0:
		return t.actions.DeleteAll(t.marked())
	case key.Matches(k, keymap.Delete):
		return t.actions.Delete(at)
	}
	return nil
}

func (t *Transfers) marked() []transfers.Status {
	var out []transfers.Status
	for i := range t.list.Rows {
		if t.marks[t.list.Rows[i].Transfer.ID] {
			out = append(out, t.list.Rows[i])
		}
	}
	return out
}

// mark marks a transfer or takes its mark off, and goes on to the next one.
func (t *Transfers) mark(id model.ID) {
	if t.marks[id] {
		delete(t.marks, id)
	} else {
		t.marks[id] = true
	}
	t.list.Resize()
	t.list.Scroll.Move(t.list.Scroll.Cursor + 1)
}
