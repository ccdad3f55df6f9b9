package form

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/ui/screen"
	"ferry/ui/screens/editing"
	"ferry/ui/screens/merge"
	"ferry/ui/widget"
)

func load(ctx context.Context, h *hub.Hub, id model.ID) (model.Client, error) {
	return h.Clients.Get(ctx, h.Space, id)
}

func (f *Form) took(c model.Client) *editing.Stored[clients.Draft] {
	f.stored = &c
	return &editing.Stored[clients.Draft]{Draft: clients.DraftOf(c), Revision: c.Revision}
}

func newest(ctx context.Context, h *hub.Hub, id model.ID) (merge.Newer, error) {
	c, err := h.Clients.Get(ctx, h.Space, id)
	return merge.Newer{Revision: c.Revision, By: c.Updated.By}, err
}

// nameOf asks for the name of the client, or of the space that a new one comes into.
func (f *Form) nameOf() widget.TypedNameOptions {
	name := f.Env.Hub.Space.Name
	if f.stored != nil {
		name = f.stored.Name
	}
	return widget.TypedNameOptions{Title: name + " is protected", Body: []string{"Saving changes how it is used."}, Name: name, Action: "save"}
}

func (f *Form) save(h *hub.Hub, id model.ID, d clients.Draft, confirm string) func(context.Context) (clients.Saved, error) {
	paths := f.paths()
	f.probe = probe{}
	f.test.Cancel()
	return func(ctx context.Context) (clients.Saved, error) {
		if err := withFiles(&d, paths); err != nil {
			return clients.Saved{}, err
		}
		if id == "" {
			return h.Clients.Create(ctx, h.Space, d, confirm)
		}
		return h.Clients.Update(ctx, h.Space, id, d, confirm)
	}
}

func (f *Form) wasSaved(s clients.Saved) tea.Cmd {
	f.saved = &s
	verb := "Created "
	if f.Target != "" {
		verb = "Saved "
	}
	notice := screen.Notice{Level: screen.Success, Text: verb + s.Client.Name}
	if n := len(s.Warnings); n > 0 {
		w := s.Warnings[0]
		notice.Level = screen.Warning
		notice.Text += ": " + fieldName(w.Field) + ": " + w.Message
		if n > 1 {
			notice.Text += fmt.Sprintf(" (and %d more)", n-1)
		}
	}
	if f.asksToCall() {
		return tea.Batch(screen.Send(notice), f.offerCall())
	}
	return tea.Sequence(screen.Send(screen.Pop{Result: s}), screen.Send(notice))
}

// anew is the draft of a client that is gone for a new one. Kept secrets are gone with it
// and are asked for by the check.
func (f *Form) anew(d clients.Draft) clients.Draft {
	f.stored = nil
	drop := func(e clients.SecretEdit) clients.SecretEdit {
		if e.Keep {
			return clients.SecretEdit{}
		}
		return e
	}
	d.Revision = 0
	d.ClientSecret, d.Password = drop(d.ClientSecret), drop(d.Password)
	d.Key, d.ProxyPassword, d.TLSKey = drop(d.Key), drop(d.ProxyPassword), drop(d.TLSKey)
	for _, list := range [][]clients.HeaderDraft{d.Headers, d.TokenHeaders} {
		for i := range list {
			list[i].Value = drop(list[i].Value)
		}
	}
	return d
}
