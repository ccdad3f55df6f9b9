package ui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/screen"
	"ferry/ui/screens/spaces"
)

// enterSpace starts anew in a space, after asking about unsaved changes. What the person
// saw of the space before is gone: the stack, the history, the counts.
func (r *root) enterSpace(sp model.Space) tea.Cmd {
	return r.guarded(0, func() tea.Cmd {
		return tea.Batch(r.settleIn(sp), r.notify(screen.Notice{Text: "working in " + sp.Name}))
	})
}

func (r *root) settleIn(sp model.Space) tea.Cmd {
	r.hub = r.hub.In(sp)
	r.past, r.future, r.cmdline.names = nil, nil, names{}
	r.reread.Cancel() // it is about the space before
	for p := range r.counts {
		if p != screen.PlaceServer { // the server is that of the whole store
			delete(r.counts, p)
		}
	}
	r.drop(0)
	return tea.Batch(r.show(trail{screen.Clients{}}, nil), r.countUsers(), r.countTransfers())
}

// readSpace looks at the space that is worked in: somebody else may have renamed,
// protected or deleted it.
func (r *root) readSpace() tea.Cmd {
	h := r.hub
	return r.wrap(r.id, screen.Start(h.Context(r.ctx), r.id, &r.reread, func(ctx context.Context) (model.Space, error) {
		sp, err := h.Spaces.Get(ctx, h.Space.ID)
		if model.CodeOf(err) == model.ENotFound || sp.Deleting {
			return h.Spaces.ByName(ctx, model.DefaultSpace) // where to go on instead
		}
		return sp, err
	}))
}

func (r *root) spaceRead(reply screen.Reply[model.Space]) tea.Cmd {
	if !screen.Accept(&r.reread, reply) || reply.Err != nil {
		return nil // a store that cannot be read shows on every screen
	}
	was, is := r.hub.Space, reply.Value
	switch {
	case is.ID != was.ID:
		return r.spaceGone(was, is)
	case is.Name == was.Name && is.Protected == was.Protected:
		return r.renew()
	}
	r.hub = r.hub.In(is)
	cmd := r.renew()
	var news []string // of what may be two changes that were seen at once
	if is.Name != was.Name {
		news = append(news, "is called "+is.Name+" now")
	}
	switch {
	case is.Protected && !was.Protected:
		news = append(news, "is protected now: changes ask for a name")
	case was.Protected && !is.Protected:
		news = append(news, "is not protected any more")
	}
	text := "the space " + was.Name + " " + strings.Join(news, ", and ")
	return tea.Batch(cmd, r.notify(screen.Notice{Level: screen.Warning, Text: text}))
}

// spaceGone leaves a space that is no more for the default one, and lets the person
// choose another.
func (r *root) spaceGone(was, next model.Space) tea.Cmd {
	return tea.Batch(
		r.settleIn(next), r.pickSpace(true),
		r.notify(screen.Notice{Level: screen.Warning, Text: "the space " + was.Name + " was deleted; choose where to go on, esc stays in " + next.Name}),
	)
}

// renew gives every screen the hub as it is now. One that cannot take it is built anew,
// with those above it, unless that would lose something; the next change tries again.
func (r *root) renew() tea.Cmd {
	first := len(r.stack)
	for n, l := range r.stack {
		if l.hub == r.hub {
			continue
		}
		if b, ok := l.screen.(screen.Rebinder); ok {
			b.Rebind(r.hub)
			l.hub = r.hub
			continue
		}
		first = min(first, n)
	}
	if first == len(r.stack) || len(r.overlays) > 0 {
		return nil
	}
	for _, l := range r.stack[first:] {
		if g, ok := l.screen.(screen.Guard); ok && g.Unsaved() != "" {
			return nil
		}
	}
	to := r.trail()
	r.drop(first)
	return r.show(to, nil)
}

// pickSpace opens the picker. After a surprise it waits a moment before it takes keys.
func (r *root) pickSpace(surprise bool) tea.Cmd {
	env := screen.Env{Ctx: r.hub.Context(r.ctx), Hub: r.hub, Styles: r.styles, Restricted: r.o.Restricted}
	return r.ask(spaces.NewPicker(env, surprise), func(result any) tea.Cmd {
		switch result := result.(type) {
		case model.Space:
			return r.enterSpace(result)
		case spaces.Manage:
			return r.spaces()
		}
		return nil
	})
}

// spaces goes to the list of spaces; back returns here.
func (r *root) spaces() tea.Cmd {
	here := r.trail()
	for i, route := range here {
		if _, already := route.(screen.Spaces); already {
			return r.navigate(here[:i+1], nil)
		}
	}
	return r.navigate(append(here, screen.Spaces{}), nil)
}

// space is the command: it switches to the space that is named, or lets one be chosen.
func (r *root) space(args []string) tea.Cmd {
	if len(args) == 0 {
		return r.pickSpace(false)
	}
	name := strings.Join(args, " ")
	return r.resolve(func(ctx context.Context, h *hub.Hub) resolved {
		sp, err := findSpace(ctx, h, name)
		return resolved{space: &sp, err: err}
	})
}

// findSpace returns the space called name, or says which one was perhaps meant.
func findSpace(ctx context.Context, h *hub.Hub, name string) (model.Space, error) {
	sp, err := h.Spaces.ByName(ctx, name)
	if model.CodeOf(err) == model.ENotFound {
		return sp, unknownSpace(ctx, h, name)
	}
	return sp, err
}

func unknownSpace(ctx context.Context, h *hub.Hub, name string) error {
	text := "there is no space " + model.Printable(name)
	all, err := h.Spaces.List(ctx)
	have := make([]string, 0, len(all))
	for _, sp := range all {
		if !sp.Deleting {
			have = append(have, sp.Name)
		}
	}
	if err == nil && len(have) > 0 {
		text += "; did you mean " + nearest(name, have) + "?"
	}
	return model.Errorf(model.ENotFound, "%s", text)
}
