package client

import "ferry/model/hub"

// Rebind implements screen.Rebinder.
func (c *Client) Rebind(h *hub.Hub) {
	c.env.Hub = h
	c.actions.Rebind(h)
}
