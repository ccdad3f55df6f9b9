package clients

import "ferry/model/hub"

// Rebind implements screen.Rebinder.
func (c *Clients) Rebind(h *hub.Hub) {
	c.env.Hub = h
	c.actions.Rebind(h)
}
