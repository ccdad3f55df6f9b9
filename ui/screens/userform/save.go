package userform

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/hub"
	"ferry/model/keys"
	"ferry/ui/screen"
	"ferry/ui/screens/editing"
	"ferry/ui/screens/merge"
	"ferry/ui/widget"
)

// read is what the form needs from the store.
type read struct {
	user  *model.APIUser // nil for a new one
	draft apiusers.Draft
	names []string // of clients
	ttl   time.Duration
}

// load reads the user with id, if there is one, and what can be chosen.
func load(ctx context.Context, h *hub.Hub, id model.ID) (read, error) {
	r := read{names: []string{}}
	cfg, err := h.Serving.Config(ctx)
	if err != nil {
		return r, err
	}
	r.ttl = cfg.DefaultTTL
	list, err := h.Clients.List(ctx, h.Space, nil)
	if err != nil {
		return r, err
	}
	for i := range list {
		r.names = append(r.names, list[i].Name)
	}
	if id == "" {
		return r, nil
	}
	u, err := h.Users.Get(ctx, h.Space, id)
	if err != nil {
		return r, err
	}
	r.user = &u
	r.draft, err = h.Users.DraftOf(ctx, h.Space, u)
	return r, err
}

func (f *Form) took(r read) *editing.Stored[apiusers.Draft] {
	f.names, f.ttl = r.names, r.ttl
	f.hintTTL()
	if r.user == nil {
		return nil
	}
	f.stored = r.user
	return &editing.Stored[apiusers.Draft]{Draft: r.draft, Revision: r.user.Revision}
}

func newest(ctx context.Context, h *hub.Hub, id model.ID) (merge.Newer, error) {
	u, err := h.Users.Get(ctx, h.Space, id)
	return merge.Newer{Revision: u.Revision, By: u.Updated.By}, err
}

// merged returns what they saved with what was typed laid over it.
func merged(base, mine, theirs apiusers.Draft) (out apiusers.Draft, both merge.Both) {
	out, both = theirs, merge.Both{}
	merge.Value(both, "username", &out.Username, base.Username, mine.Username, merge.Text)
	merge.Value(both, "description", &out.Description, base.Description, mine.Description, merge.Text)
	merge.Value(both, "oauth2", &out.OAuth, base.OAuth, mine.OAuth, merge.OnOff)
	merge.Value(both, "bearer_keys", &out.BearerKeys, base.BearerKeys, mine.BearerKeys, merge.OnOff)
	merge.Value(both, "ttl_minutes", &out.TTL, base.TTL, mine.TTL, minutesText)
	merge.Value(both, "expires_at", &out.Expires, base.Expires, mine.Expires, keys.ExpiryText)
	merge.List(both, "from", &out.Networks, base.Networks, mine.Networks, func(l []string) string { return strings.Join(l, ", ") })
	merge.Set(&out.Permissions, base.Permissions, mine.Permissions)
	return out, both
}

// named asks for the name of the user, or of the space that a new one comes into.
func (f *Form) named() widget.TypedNameOptions {
	if f.stored != nil {
		return widget.TypedNameOptions{Title: "The space is protected", Body: []string{"A change asks for the user's name."}, Name: f.stored.Username, Action: "save"}
	}
	return widget.TypedNameOptions{
		Title: "The space is protected", Body: []string{"A new API user asks for the space's name."}, Name: f.Env.Hub.Space.Name, Action: "create it",
	}
}

func save(h *hub.Hub, id model.ID, d apiusers.Draft, confirm string) func(context.Context) (model.APIUser, error) {
	return func(ctx context.Context) (model.APIUser, error) {
		if id == "" {
			return h.Users.Create(ctx, h.Space, d, confirm)
		}
		return h.Users.Update(ctx, h.Space, id, d, confirm)
	}
}

func (f *Form) saved(u model.APIUser) tea.Cmd {
	if f.Target != "" {
		return tea.Sequence(screen.Send(screen.Pop{Result: u}), screen.Send(screen.Notice{Level: screen.Success, Text: "Saved " + u.Username}))
	}
	return tea.Sequence(screen.Send(screen.Replace{Route: screen.APIUser{ID: u.ID}}),
		screen.Send(screen.Notice{Level: screen.Success, Text: "Created " + u.Username + "; a generates its API token"}))
}

func (f *Form) anew(d apiusers.Draft) apiusers.Draft {
	f.stored, d.Revision = nil, 0
	return d
}
