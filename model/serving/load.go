package serving

import (
	"context"
	"slices"
	"strings"
	"time"

	"ferry/model"
)

// pageSize is how many records one scan reads.
const pageSize = 1000

// Load reads everything that a server needs. It refuses nothing: a directory without
// users is one.
//
// It is one transaction of several scans, so that the picture is of one moment: a key
// never lacks its user, nor a user its space.
func (s *Service) Load(ctx context.Context) (*Directory, error) {
	now := s.now()
	var d *Directory
	err := s.store.View(ctx, func(tx model.Tx) (err error) {
		d, err = load(tx, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

func load(tx model.Tx, now time.Time) (*Directory, error) {
	d := &Directory{
		Loaded: now, spaces: map[string]*model.Space{}, users: map[string]*User{},
		byID: map[model.ID]*User{}, keys: map[model.ID]*Key{}, revoked: map[string]time.Time{},
		clients: map[model.ID]*model.Client{}, called: map[place]*model.Client{}, rules: map[ruled]*model.GatewayRule{},
	}
	stored, err := tx.Serving().Config()
	if err != nil {
		return nil, err
	}
	d.Config = withDefaults(stored)
	if d.Signing, err = tx.Serving().SigningKeys(); err != nil {
		return nil, err
	}
	err = pages(tx.Spaces().Page, func(sp model.Space) model.ID { return sp.ID }, func(sp model.Space) error {
		if sp.Deleting {
			return nil
		}
		d.spaces[strings.ToLower(sp.Name)] = &sp
		return d.loadSpace(tx, &sp)
	})
	if err != nil {
		return nil, err
	}
	page := func(after model.ID, limit int) ([]model.RevokedToken, error) {
		return tx.Serving().Revoked(string(after), limit)
	}
	err = pages(page, func(t model.RevokedToken) model.ID { return model.ID(t.ID) }, func(t model.RevokedToken) error {
		d.revoked[t.ID] = t.Expires
		return nil
	})
	return d, err
}

// loadSpace reads the users, keys and rules of one space, and the clients that its users may call.
func (d *Directory) loadSpace(tx model.Tx, sp *model.Space) error {
	names := d.clientNames(tx, sp.ID)
	users := func(after model.ID, limit int) ([]model.APIUser, error) { return tx.Users().Page(sp.ID, after, limit) }
	err := pages(users, func(u model.APIUser) model.ID { return u.ID }, func(m model.APIUser) error {
		u := &User{APIUser: m, Space: sp}
		d.users[m.Username], d.byID[m.ID] = u, u
		return u.resolve(names)
	})
	if err != nil {
		return err
	}
	err = model.EachRule(tx, sp.ID, func(r *model.GatewayRule) {
		// What is left of a user or a client that is gone stands for nothing.
		if d.byID[r.User] != nil && d.clients[r.Client] != nil {
			d.rules[ruled{r.User, r.Client}] = r
		}
	})
	if err != nil {
		return err
	}
	keys := func(after model.ID, limit int) ([]model.APIKey, error) { return tx.Keys().Page(sp.ID, after, limit) }
	return pages(keys, func(k model.APIKey) model.ID { return k.ID }, func(m model.APIKey) error {
		u := d.byID[m.User]
		if u == nil || u.Space != sp {
			return nil // of a user whose deletion was cut off
		}
		k := &Key{APIKey: m, Owner: u}
		d.keys[m.ID] = k
		if m.Revoked.At.IsZero() {
			u.Keys = append(u.Keys, k)
		}
		return nil
	})
}

// resolve fills in the scopes. The permission to call a client that is gone is none.
func (u *User) resolve(names func(model.ID) (string, error)) error {
	u.Names = make(map[string]model.Permission, len(u.Permissions))
	u.Scopes = make([]string, 0, len(u.Permissions))
	for _, p := range u.Permissions {
		scope := string(p)
		if id, ok := p.Callee(); ok {
			name, err := names(model.ID(id))
			if err != nil {
				return err
			}
			if name == "" {
				continue
			}
			scope = string(model.CallPermission(model.ID(name)))
		}
		if _, twice := u.Names[scope]; !twice {
			u.Names[scope] = p
			u.Scopes = append(u.Scopes, scope)
		}
	}
	slices.Sort(u.Scopes)
	u.Scope = strings.Join(u.Scopes, " ")
	return nil
}

// clientNames returns a look-up that asks the store once for each client that a
// permission refers to, "" for one that is gone: there may be far more clients than that.
// Those that it finds are kept in d.
func (d *Directory) clientNames(tx model.Tx, space model.ID) func(model.ID) (string, error) {
	known := map[model.ID]string{}
	return func(id model.ID) (string, error) {
		if name, ok := known[id]; ok {
			return name, nil
		}
		c, err := tx.Clients().Get(space, id)
		if err != nil && model.CodeOf(err) != model.ENotFound {
			return "", err
		}
		known[id] = c.Name
		if err == nil {
			d.keep(&c)
		}
		return c.Name, nil
	}
}

// keep puts a client into d, without what no decision needs: a picture of the store that lives
// as long as the server is no place for secrets.
func (d *Directory) keep(c *model.Client) {
	kept := &model.Client{
		ID: c.ID, Space: c.Space, Name: c.Name, Type: c.Type, BaseURL: c.BaseURL, State: c.State, Protected: c.Protected,
		Gateway: c.Gateway, Timeout: c.Timeout, Revision: c.Revision,
	}
	d.clients[c.ID], d.called[place{c.Space, strings.ToLower(c.Name)}] = kept, kept
}

// pages hands every record to fn, page by page.
func pages[T any](page func(after model.ID, limit int) ([]T, error), id func(T) model.ID, fn func(T) error) error {
	for after := model.ID(""); ; {
		got, err := page(after, pageSize)
		if err != nil {
			return err
		}
		for _, r := range got {
			if err := fn(r); err != nil {
				return err
			}
		}
		if len(got) < pageSize {
			return nil
		}
		after = id(got[len(got)-1])
	}
}
