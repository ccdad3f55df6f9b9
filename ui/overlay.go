package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/ui/screen"
)

// above is an overlay with who opened it and what its result is for.
type above struct {
	id      screen.ID
	owner   screen.ID
	overlay screen.Overlay
	then    func(result any) tea.Cmd // nil: the screen below is resumed with the result
	opened  time.Time
}

// grace is how long a prompt that destroys takes no keys after it opened: long enough
// for a key that was on its way, short enough not to be noticed.
const grace = 180 * time.Millisecond

func (r *root) overlay() *above {
	if len(r.overlays) == 0 {
		return nil
	}
	return r.overlays[len(r.overlays)-1]
}

// ask puts an overlay on top. Then is what happens with its result.
func (r *root) ask(o screen.Overlay, then func(any) tea.Cmd) tea.Cmd {
	a := &above{id: screen.NewID(), overlay: o, then: then, opened: r.o.Now()}
	if own, ok := o.(screen.Replied); ok {
		a.id = own.ID()
	}
	if l := r.top(); l != nil {
		a.owner = l.screen.ID()
	}
	r.overlays = append(r.overlays, a)
	r.notice = screen.Notice{}
	r.layout()
	if i, ok := o.(interface{ Init() tea.Cmd }); ok {
		return r.wrap(a.id, i.Init())
	}
	return nil
}

// closeOverlay takes the top overlay away, if it is the one that asks for it.
func (r *root) closeOverlay(origin screen.ID, result any) tea.Cmd {
	a := r.overlay()
	if a == nil || a.id != origin {
		return nil
	}
	r.overlays = r.overlays[:len(r.overlays)-1]
	if a.then != nil {
		return a.then(result)
	}
	return r.resume(result)
}

// graced reports whether the top overlay still lets keys fall through the floor.
func (r *root) graced(a *above) bool {
	g, ok := a.overlay.(screen.Graced)
	if !ok || !g.Graced() {
		return false
	}
	passed := r.o.Now().Sub(a.opened)
	return passed >= 0 && passed < grace
}
