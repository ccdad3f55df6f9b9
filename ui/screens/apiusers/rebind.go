package apiusers

import "ferry/model/hub"

// Rebind implements screen.Rebinder.
func (u *Users) Rebind(h *hub.Hub) {
	u.env.Hub = h
	u.actions.Rebind(h)
}
