package token

import "ferry/model/hub"

// Rebind implements screen.Rebinder.
func (p *Panel) Rebind(h *hub.Hub) {
	p.env.Hub = h
}
