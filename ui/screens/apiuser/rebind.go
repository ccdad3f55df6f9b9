package apiuser

import "ferry/model/hub"

// Rebind implements screen.Rebinder.
func (u *User) Rebind(h *hub.Hub) {
	u.env.Hub = h
	u.actions.Rebind(h)
}
