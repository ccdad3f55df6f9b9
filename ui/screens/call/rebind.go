package call

import "ferry/model/hub"

// Rebind implements screen.Rebinder.
func (c *Call) Rebind(h *hub.Hub) {
	c.env.Hub = h
}
