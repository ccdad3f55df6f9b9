package apiusers

import (
	"context"
	"slices"

	"ferry/model"
)

// resolve turns the names in call permissions into ids of clients of the space. EInvalid
// names the first that is not there.
func resolve(tx model.Tx, space model.ID, typed []model.Permission) ([]model.Permission, error) {
	var out []model.Permission
	for _, p := range typed {
		if name, ok := p.Callee(); ok {
			c, err := tx.Clients().ByName(space, name)
			if model.CodeOf(err) == model.ENotFound {
				return nil, noCallee(name)
			}
			if err != nil {
				return nil, err
			}
			p = model.CallPermission(c.ID)
		}
		out = append(out, p)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func noCallee(name string) error {
	msg := "there is no API client " + name + " in this space to be called"
	return &model.Error{
		Code: model.EInvalid, Message: "permissions: " + msg, Field: "permissions",
		Fields: []model.FieldError{{Field: "permissions", Message: msg}},
		Next:   "see the names with: ferry client list",
	}
}

// shown returns permissions as people write them, sorted; those for clients that are
// not in names are left out.
func shown(list []model.Permission, names map[model.ID]string) []string {
	out := make([]string, 0, len(list))
	for _, p := range list {
		callee, ok := p.Callee()
		name, there := names[model.ID(callee)]
		switch {
		case !ok:
			out = append(out, string(p))
		case there:
			out = append(out, string(model.CallPermission(model.ID(name))))
		}
	}
	slices.Sort(out)
	return out
}

// callees is model.CalleeNames in a transaction of its own.
func (s *Service) callees(ctx context.Context, space model.Space, list []model.Permission) (names map[model.ID]string, err error) {
	err = s.store.View(ctx, func(tx model.Tx) (err error) {
		names, err = model.CalleeNames(tx, space.ID, list)
		return err
	})
	return names, err
}
