package audit

import "ferry/model/hub"

// Rebind implements screen.Rebinder.
func (a *Audit) Rebind(h *hub.Hub) {
	a.env.Hub = h
}
