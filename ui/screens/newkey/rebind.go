package newkey

import "ferry/model/hub"

// Rebind goes on with the same hub whose space was renamed or protected.
func (m *Maker) Rebind(h *hub.Hub) {
	m.env.Hub = h
}
