package storage

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"time"

	"ferry/model"
	"ferry/storage/kv"
)

// users implements model.UserRepo. The index of usernames leads to "space/id", because
// a username is unique in the whole store.
type users struct{ tx kv.Tx }

func (r users) Get(space, id model.ID) (model.APIUser, error) {
	k, err := key(kindUser, space, id)
	if err != nil {
		return model.APIUser{}, noUser(string(id))
	}
	u, err := get[userRecord](r.tx, k)
	if errors.Is(err, kv.ErrNotFound) {
		return model.APIUser{}, noUser(string(id))
	}
	if err != nil {
		return model.APIUser{}, err
	}
	return u.model(), nil
}

func (r users) ByName(name string) (model.APIUser, error) {
	place, err := r.tx.Get(username(name))
	if errors.Is(err, kv.ErrNotFound) || errors.Is(err, kv.ErrKey) {
		return model.APIUser{}, noUser(name)
	}
	if err != nil {
		return model.APIUser{}, err
	}
	space, id, _ := strings.Cut(string(place), "/")
	return r.Get(model.ID(space), model.ID(id))
}

func (r users) Page(space, from model.ID, limit int) ([]model.APIUser, error) {
	prefix, err := key(kindUser, space)
	if err != nil {
		return nil, err
	}
	return page(r.tx, after(string(prefix)+"/", from, limit), userRecord.model)
}

func (r users) Put(u model.APIUser) error {
	k, err := key(kindUser, u.Space, u.ID)
	if err != nil {
		return err
	}
	rec := userRecordOf(u)
	index := username(u.Username)
	taken, err := claim(r.tx, index, model.ID(rec.place()))
	if err != nil {
		return err
	}
	if taken {
		return model.Errorf(model.EExists, "there is already an API user named %s", model.Printable(u.Username)).
			WithField("username").WithNext("choose another username: it is unique in the whole store")
	}
	old, err := get[userRecord](r.tx, k)
	switch {
	case errors.Is(err, kv.ErrNotFound):
	case err != nil:
		return err
	case !bytes.Equal(username(old.Username), index):
		if err := r.tx.Delete(username(old.Username)); err != nil {
			return err
		}
	}
	return put(r.tx, k, rec)
}

func (r users) Delete(space, id model.ID) error {
	u, err := r.Get(space, id)
	if err != nil {
		return err
	}
	k, err := key(kindUser, space, id)
	if err != nil {
		return err
	}
	if err := r.tx.Delete(username(u.Username)); err != nil {
		return err
	}
	return r.tx.Delete(k)
}

func noUser(name string) error {
	return model.Errorf(model.ENotFound, "there is no API user %s", model.Printable(name)).
		WithNext("see which there are with: ferry user list")
}

// userRecord is an API user as it is stored.
type userRecord struct {
	ID          string   `cbor:"1,keyasint"`
	Space       string   `cbor:"2,keyasint"`
	Username    string   `cbor:"3,keyasint"`
	Description string   `cbor:"4,keyasint,omitempty"`
	State       string   `cbor:"5,keyasint,omitempty"`
	OAuth       bool     `cbor:"6,keyasint,omitempty"`
	TTL         int64    `cbor:"7,keyasint,omitempty"` // nanoseconds
	Permissions []string `cbor:"8,keyasint,omitempty"`
	Networks    []string `cbor:"9,keyasint,omitempty"`
	Expires     instant  `cbor:"10,keyasint,omitempty"`
	Revision    uint64   `cbor:"11,keyasint,omitempty"`
	CreatedAt   instant  `cbor:"12,keyasint,omitempty"`
	CreatedBy   string   `cbor:"13,keyasint,omitempty"`
	UpdatedAt   instant  `cbor:"14,keyasint,omitempty"`
	UpdatedBy   string   `cbor:"15,keyasint,omitempty"`
	BearerKeys  bool     `cbor:"16,keyasint,omitempty"`
}

// place is what the index of usernames holds.
func (r userRecord) place() string { return r.Space + "/" + r.ID }

func userRecordOf(u model.APIUser) userRecord {
	r := userRecord{
		ID: string(u.ID), Space: string(u.Space), Username: u.Username, Description: u.Description,
		State: string(u.State), OAuth: u.OAuth, BearerKeys: u.BearerKeys, TTL: int64(u.TTL), Networks: prefixes(u.Networks), Expires: at(u.Expires),
		Revision: u.Revision, CreatedAt: at(u.Created.At), CreatedBy: u.Created.By, UpdatedAt: at(u.Updated.At), UpdatedBy: u.Updated.By,
	}
	for _, p := range u.Permissions {
		r.Permissions = append(r.Permissions, string(p))
	}
	return r
}

func (r userRecord) model() model.APIUser {
	u := model.APIUser{
		ID: model.ID(r.ID), Space: model.ID(r.Space), Username: r.Username, Description: r.Description,
		State: model.State(r.State), OAuth: r.OAuth, BearerKeys: r.BearerKeys, TTL: time.Duration(r.TTL), Networks: networks(r.Networks), Expires: r.Expires.time(),
		Revision: r.Revision,
		Created:  model.Stamp{At: r.CreatedAt.time(), By: r.CreatedBy},
		Updated:  model.Stamp{At: r.UpdatedAt.time(), By: r.UpdatedBy},
	}
	for _, p := range r.Permissions {
		u.Permissions = append(u.Permissions, model.Permission(p))
	}
	return u
}

func prefixes(list []netip.Prefix) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.String())
	}
	return out
}

// networks reads stored networks. What does not read back stands for no address at all:
// a list that is shorter, or empty, would let more in than was allowed.
func networks(list []string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			p = netip.Prefix{}
		}
		out = append(out, p)
	}
	return out
}
