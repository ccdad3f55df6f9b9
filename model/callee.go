package model

// CalleeNames returns the names of the clients that the call permissions in list are
// for, by id. A client that is gone is not in it.
func CalleeNames(tx Tx, space ID, list []Permission) (map[ID]string, error) {
	out := map[ID]string{}
	for _, p := range list {
		callee, ok := p.Callee()
		if _, known := out[ID(callee)]; !ok || known {
			continue
		}
		c, err := tx.Clients().Get(space, ID(callee))
		switch {
		case CodeOf(err) == ENotFound:
		case err != nil:
			return nil, err
		default:
			out[c.ID] = c.Name
		}
	}
	return out, nil
}

// Standing returns list without the call permissions for clients that are not in names:
// they permit nothing, so nobody has to hold them.
func Standing(list []Permission, names map[ID]string) []Permission {
	var out []Permission
	for _, p := range list {
		if callee, ok := p.Callee(); ok {
			if _, there := names[ID(callee)]; !there {
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// StandingOf is Standing of what u may do, read in tx.
func StandingOf(tx Tx, u *APIUser) ([]Permission, error) {
	names, err := CalleeNames(tx, u.Space, u.Permissions)
	return Standing(u.Permissions, names), err
}
