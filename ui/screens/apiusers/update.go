package apiusers

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model/apiusers"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/useractions"
)

// Update implements screen.Screen.
func (u *Users) Update(msg tea.Msg) tea.Cmd {
	if res, cmd, mine := u.actions.Update(msg); mine {
		if res.Changed {
			cmd = tea.Batch(cmd, u.list.Reload())
		}
		return cmd
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		u.actions.Forget()
		if u.list.Typing {
			return u.list.Typed(msg)
		}
		return u.key(msg)
	case tea.PasteMsg:
		if u.list.Typing {
			return u.list.Typed(msg)
		}
		return nil
	case screen.Changed:
		return u.list.Reload()
	}
	fresh, cmd, _ := u.list.Update(msg)
	if fresh != nil {
		u.ending, _ = fresh.Extra.(int)
		u.soon = u.soon && u.ending > 0
		u.refilter()
		cmd = tea.Batch(cmd, screen.Send(screen.Count{Place: screen.PlaceAPIUsers, N: len(fresh.Rows)}))
	}
	return cmd
}

// Resume implements screen.Resumer.
func (u *Users) Resume(result any) tea.Cmd {
	if cmd, mine := u.actions.Resume(result); mine {
		return cmd
	}
	return u.list.Reload()
}

// Back implements screen.Backer: it ends the filter, then the list of what expires. A
// new key that is shown stays.
func (u *Users) Back() bool {
	switch {
	case u.actions.Keys.Back(), u.list.Back():
	case u.soon:
		u.soon = false
		u.refilter()
	default:
		return false
	}
	return true
}

func (u *Users) key(k tea.KeyPressMsg) tea.Cmd {
	if cmd, mine := u.list.Key(k); mine {
		return cmd
	}
	switch {
	case key.Matches(k, keymap.New):
		return screen.Send(screen.Push{Route: screen.NewAPIUser{}})
	case key.Matches(k, sortKey):
		at := u.list.CurrentID()
		u.sort = (u.sort + 1) % orders
		u.sort.apply(u.list.Rows)
		u.list.Refilter()
		u.list.Place(at)
		return nil
	case key.Matches(k, soonKey):
		return u.toggleSoon()
	}
	if at := u.list.Current(); at != nil {
		return u.keyOn(at, k)
	}
	return nil
}

// toggleSoon shows only users with keys that expire soon, or all of them again.
func (u *Users) toggleSoon() tea.Cmd {
	if u.ending == 0 {
		return screen.Send(screen.Notice{Text: "no key expires within 14 days"})
	}
	u.soon = !u.soon
	u.refilter()
	return nil
}

// refilter keeps the cursor on its user.
func (u *Users) refilter() {
	at := u.list.CurrentID()
	u.list.Refilter()
	u.list.Place(at)
}

// keyOn handles the keys that need a user.
func (u *Users) keyOn(at *apiusers.Summary, k tea.KeyPressMsg) tea.Cmd {
	one := useractions.Target{User: at.User}
	switch {
	case key.Matches(k, keymap.Enter):
		return screen.Send(screen.Push{Route: screen.APIUser{ID: at.User.ID}})
	case key.Matches(k, keymap.Edit):
		return screen.Send(screen.Push{Route: screen.EditAPIUser{ID: at.User.ID}})
	case key.Matches(k, addKey):
		return u.actions.Do(useractions.Generate, one)
	case key.Matches(k, keymap.More):
		return u.actions.Menu(one)
	case key.Matches(k, keymap.Copy):
		return u.actions.Copy(one)
	case key.Matches(k, keymap.Delete):
		return u.actions.Do(useractions.Delete, one)
	}
	return nil
}
