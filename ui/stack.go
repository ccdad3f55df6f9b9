package ui

import (
	"context"
	"reflect"
	"slices"

	tea "charm.land/bubbletea/v2"

	"ferry/model/hub"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// level is one screen of the stack with what it was built from.
type level struct {
	route  screen.Route
	screen screen.Screen
	hub    *hub.Hub // that it was given
	cancel context.CancelFunc
}

// trail is a way from a place to a screen: the routes of a whole stack.
type trail []screen.Route

func (r *root) top() *level {
	if len(r.stack) == 0 {
		return nil
	}
	return r.stack[len(r.stack)-1]
}

func (r *root) trail() trail {
	out := make(trail, len(r.stack))
	for i, l := range r.stack {
		out[i] = l.route
	}
	return out
}

// same is DeepEqual because a route may hold a request, which has no ==.
func same(a, b screen.Route) bool { return reflect.DeepEqual(a, b) }

// show makes the stack be to. What both begin with stays as it is, the rest is popped
// and pushed.
func (r *root) show(to trail, reason error) tea.Cmd {
	n := 0
	for n < len(r.stack) && n < len(to) && same(r.stack[n].route, to[n]) {
		n++
	}
	r.drop(n)
	var cmds []tea.Cmd
	for _, route := range to[n:] {
		cmds = append(cmds, r.push(route, reason))
	}
	r.layout()
	return tea.Batch(cmds...)
}

func (r *root) push(route screen.Route, reason error) tea.Cmd {
	ctx := r.ctx
	if r.hub != nil {
		ctx = r.hub.Context(ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	env := screen.Env{Ctx: ctx, Hub: r.hub, Door: r.o.Door, Styles: r.styles, Runner: r.runner, Restricted: r.o.Restricted}
	s := build(env, route, reason, r.top())
	if s == nil {
		cancel()
		return r.notify(screen.Notice{Level: screen.Warning, Text: "there is no such place"})
	}
	r.stack = append(r.stack, &level{route, s, r.hub, cancel})
	r.layout()
	return r.wrap(s.ID(), s.Init())
}

// drop pops every level from n on, the top one first, and whatever lies above them.
func (r *root) drop(n int) {
	r.overlays = nil
	for len(r.stack) > n {
		l := r.top()
		r.stack = r.stack[:len(r.stack)-1]
		l.cancel()
		if c, ok := l.screen.(screen.Closer); ok {
			c.Close()
		}
	}
}

// navigate goes to a trail, after asking where that would lose unsaved changes. The
// screen that is the top then, if it was there before, is resumed with result.
func (r *root) navigate(to trail, result any) tea.Cmd {
	return r.guarded(keep(r.stack, to), func() tea.Cmd { return r.goTo(to, result, true) })
}

func (r *root) goTo(to trail, result any, record bool) tea.Cmd {
	from := r.trail()
	back := keep(r.stack, to) == len(to)
	cmd := r.show(to, nil)
	if record && !slices.EqualFunc(from, to, same) && lasting(from) {
		r.past, r.future = append(r.past, from), nil
		if len(r.past) > 100 {
			r.past = r.past[1:]
		}
	}
	if back {
		cmd = tea.Batch(cmd, r.resume(result))
	}
	return cmd
}

// keep is how many levels of the stack a trail shares.
func keep(stack []*level, to trail) int {
	n := 0
	for n < len(stack) && n < len(to) && same(stack[n].route, to[n]) {
		n++
	}
	return n
}

// lasting reports whether a trail can be gone to again: a form that was left cannot.
func lasting(t trail) bool {
	for _, route := range t {
		switch route.(type) {
		case screen.NewClient, screen.EditClient, screen.NewAPIUser, screen.EditAPIUser, screen.GatewayRule, screen.NewTransfer, screen.EditSync, screen.Unlock:
			return false
		}
	}
	return len(t) > 0
}

func (r *root) resume(result any) tea.Cmd {
	l := r.top()
	if l == nil {
		return nil
	}
	if s, ok := l.screen.(screen.Resumer); ok {
		return r.answer(l.screen.ID(), s.Resume(result))
	}
	return nil
}

// guarded runs then at once, or after the person agreed to lose the unsaved changes of
// the levels from n on.
func (r *root) guarded(n int, then func() tea.Cmd) tea.Cmd {
	lost := ""
	for _, l := range r.stack[min(n, len(r.stack)):] {
		if g, ok := l.screen.(screen.Guard); ok && g.Unsaved() != "" {
			lost = g.Unsaved()
		}
	}
	if lost == "" {
		return then()
	}
	return r.ask(widget.NewConfirm(r.styles, widget.ConfirmOptions{
		Title: "Leave without saving?", Body: []string{lost}, Yes: "Leave, lose changes", No: "Stay", Danger: true,
	}), func(result any) tea.Cmd {
		if leave, _ := result.(bool); leave {
			return then()
		}
		return nil
	})
}

// back leaves the top screen, or first undoes something of its own.
func (r *root) back() tea.Cmd {
	l := r.top()
	if l == nil {
		return nil
	}
	if b, ok := l.screen.(screen.Backer); ok && b.Back() {
		return nil
	}
	if len(r.stack) < 2 {
		return nil
	}
	return r.navigate(r.trail()[:len(r.stack)-1], nil)
}

// history goes to where the person was before, or forward again.
func (r *root) history(from, to *[]trail) tea.Cmd {
	if len(*from) == 0 {
		return nil
	}
	next := (*from)[len(*from)-1]
	return r.guarded(keep(r.stack, next), func() tea.Cmd {
		*from = (*from)[:len(*from)-1]
		if here := r.trail(); lasting(here) {
			*to = append(*to, here)
		}
		return r.goTo(next, nil, false)
	})
}

// place goes to one of the numbered places.
func (r *root) place(p screen.Place) tea.Cmd {
	for _, have := range places {
		if have.place == p && r.hub != nil {
			return r.navigate(trail{have.route}, nil)
		}
	}
	return nil
}

func hasPlace(p screen.Place) bool {
	return slices.ContainsFunc(places, func(have place) bool { return have.place == p })
}

// nextPlace goes to the place after, or before, the present one.
func (r *root) nextPlace(by int) tea.Cmd {
	i := r.placeIndex()
	return r.place(places[(i+by+len(places))%len(places)].place)
}

// placeIndex is the place that one is in: that whose kind of route lies at the bottom.
func (r *root) placeIndex() int {
	if len(r.stack) == 0 {
		return 0
	}
	return max(slices.IndexFunc(places, func(p place) bool { return p.holds(r.stack[0].route) }), 0)
}

// quit ends the console, after asking where that would lose unsaved changes or pause what
// runs here.
func (r *root) quit() tea.Cmd {
	return r.guarded(0, func() tea.Cmd { return r.afterAskingToPause(tea.Quit) })
}

// request does what a screen or an overlay asks of the root. What was covered or has
// left meanwhile asks in vain: a key pressed twice must not push twice.
func (r *root) request(f fromScreen) tea.Cmd {
	switch msg := f.msg.(type) {
	case screen.Close:
		return r.closeOverlay(f.origin, msg.Result)
	case screen.Count:
		if r.has(f.origin) { // what is counted elsewhere, in another space perhaps, is of no use
			r.count(msg)
		}
		return nil
	}
	l := r.top()
	if l == nil || l.screen.ID() != f.origin {
		return nil
	}
	here := r.trail()
	switch msg := f.msg.(type) {
	case screen.Push:
		return r.navigate(append(here, msg.Route), nil)
	case screen.Replace:
		return r.navigate(append(here[:len(here)-1:len(here)-1], msg.Route), nil)
	case screen.Pop:
		if len(here) > 1 {
			return r.navigate(here[:len(here)-1], msg.Result)
		}
	case screen.Open:
		return r.ask(msg.Overlay, nil)
	case screen.Enter:
		return r.enterSpace(msg.Space)
	}
	return nil
}

// has reports whether a screen is in the stack.
func (r *root) has(id screen.ID) bool {
	return slices.ContainsFunc(r.stack, func(l *level) bool { return l.screen.ID() == id })
}
