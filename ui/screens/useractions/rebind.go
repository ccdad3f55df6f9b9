package useractions

import "ferry/model/hub"

// Rebind goes on with the same hub whose space was renamed or protected.
func (a *Actions) Rebind(h *hub.Hub) {
	a.Env.Hub = h
	a.Keys.Rebind(h)
}
