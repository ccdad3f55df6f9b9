package form

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screen"
	"ferry/ui/screens/merge"
)

// lookAgain finds out whether somebody else saved the client that is edited here. What
// is typed stays; the person learns early that saving will ask.
func (f *Form) lookAgain() tea.Cmd {
	if f.stored == nil || f.saved != nil || f.save.Running() || f.load.Running() {
		return nil
	}
	hub, space, id := f.env.Hub, f.env.Hub.Space, f.target
	return screen.Start(f.env.Ctx, f.id, &f.look, func(ctx context.Context) (merge.Newer, error) {
		c, err := hub.Clients.Get(ctx, space, id)
		return merge.Newer{Revision: c.Revision, By: c.Updated.By}, err
	})
}

// becomeNew turns the edit of a client that is gone into a new one. Kept secrets are
// gone with it and are asked for by the check.
func (f *Form) becomeNew() {
	d := f.draft()
	f.target, f.stored, f.trouble = "", nil, nil
	drop := func(e clients.SecretEdit) clients.SecretEdit {
		if e.Keep {
			return clients.SecretEdit{}
		}
		return e
	}
	d.ClientSecret, d.Password = drop(d.ClientSecret), drop(d.Password)
	d.Key, d.ProxyPassword, d.TLSKey = drop(d.Key), drop(d.ProxyPassword), drop(d.TLSKey)
	for _, list := range [][]clients.HeaderDraft{d.Headers, d.TokenHeaders} {
		for i := range list {
			list[i].Value = drop(list[i].Value)
		}
	}
	f.fill(d)
	f.start = clients.Draft{}
	f.refresh()
	f.mayGoOn()
}

// adopt takes over what somebody else saved, except where something was typed.
func (f *Form) adopt(c model.Client, theirs clients.Draft) {
	base, mine := f.start, f.draft()
	all, both := merged(base, mine, theirs)
	f.stored = &c
	f.fill(all)
	f.theirs = both
	if f.Focused() == nil {
		f.Focus = "name"
	}
}
