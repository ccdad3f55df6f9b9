package userform

import "ferry/model/hub"

// Rebind implements screen.Rebinder.
func (f *Form) Rebind(h *hub.Hub) {
	f.env.Hub = h
}
