package storage

import (
	"bytes"
	"errors"
	"time"

	"ferry/model"
	"ferry/storage/kv"
)

// clients implements model.ClientRepo.
type clients struct{ tx kv.Tx }

func (r clients) Get(space, id model.ID) (model.Client, error) {
	k, err := key(kindClient, space, id)
	if err != nil {
		return model.Client{}, noClient(string(id))
	}
	c, err := get[clientRecord](r.tx, k)
	if errors.Is(err, kv.ErrNotFound) {
		return model.Client{}, noClient(string(id))
	}
	return c.model(), err
}

func (r clients) ByName(space model.ID, name string) (model.Client, error) {
	id, err := r.tx.Get(clientName(space, name))
	if errors.Is(err, kv.ErrNotFound) || errors.Is(err, kv.ErrKey) {
		return model.Client{}, noClient(name)
	}
	if err != nil {
		return model.Client{}, err
	}
	return r.Get(space, model.ID(id))
}

func (r clients) Page(space, from model.ID, limit int) ([]model.Client, error) {
	prefix, err := key(kindClient, space)
	if err != nil {
		return nil, err
	}
	return page(r.tx, after(string(prefix)+"/", from, limit), clientRecord.model)
}

func (r clients) Put(c model.Client) error {
	k, err := key(kindClient, c.Space, c.ID)
	if err != nil {
		return err
	}
	index := clientName(c.Space, c.Name)
	taken, err := claim(r.tx, index, c.ID)
	if err != nil {
		return err
	}
	if taken {
		return model.Errorf(model.EExists, "there is already a client named %s in this space", model.Printable(c.Name)).
			WithField("name").WithNext("choose another name")
	}
	if err := r.forget(k, index); err != nil {
		return err
	}
	return put(r.tx, k, recordOf(c))
}

// forget frees the name that the record under k had, unless it keeps it.
func (r clients) forget(k, keep []byte) error {
	old, err := get[clientRecord](r.tx, k)
	if errors.Is(err, kv.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	index := clientName(model.ID(old.Space), old.Name)
	if bytes.Equal(index, keep) {
		return nil
	}
	return r.tx.Delete(index)
}

func (r clients) Delete(space, id model.ID) error {
	c, err := r.Get(space, id)
	if err != nil {
		return err
	}
	k, err := key(kindClient, space, id)
	if err != nil {
		return err
	}
	if err := r.tx.Delete(clientName(space, c.Name)); err != nil {
		return err
	}
	return r.tx.Delete(k)
}

func noClient(name string) error {
	return model.Errorf(model.ENotFound, "there is no client %s", model.Printable(name)).
		WithNext("see which there are with: ferry client list")
}

// clientRecord is a client as it is stored.
type clientRecord struct {
	ID        string         `cbor:"1,keyasint"`
	Space     string         `cbor:"2,keyasint"`
	Name      string         `cbor:"3,keyasint"`
	Type      string         `cbor:"4,keyasint,omitempty"`
	BaseURL   string         `cbor:"5,keyasint,omitempty"`
	Auth      authRecord     `cbor:"6,keyasint"`
	Headers   []headerRecord `cbor:"7,keyasint,omitempty"`
	State     string         `cbor:"8,keyasint,omitempty"`
	Protected bool           `cbor:"9,keyasint,omitempty"`
	AllowHTTP bool           `cbor:"10,keyasint,omitempty"`
	CAPEM     string         `cbor:"11,keyasint,omitempty"`
	TLSName   string         `cbor:"12,keyasint,omitempty"`
	TLSMin    string         `cbor:"13,keyasint,omitempty"`
	Timeout   int64          `cbor:"14,keyasint,omitempty"` // nanoseconds
	Revision  uint64         `cbor:"15,keyasint,omitempty"`
	CreatedAt instant        `cbor:"16,keyasint,omitempty"`
	CreatedBy string         `cbor:"17,keyasint,omitempty"`
	UpdatedAt instant        `cbor:"18,keyasint,omitempty"`
	UpdatedBy string         `cbor:"19,keyasint,omitempty"`
}

type authRecord struct {
	Method   string        `cbor:"1,keyasint,omitempty"`
	Grant    string        `cbor:"2,keyasint,omitempty"`
	Send     string        `cbor:"3,keyasint,omitempty"`
	TokenURL string        `cbor:"4,keyasint,omitempty"`
	Issuer   string        `cbor:"5,keyasint,omitempty"`
	ClientID string        `cbor:"6,keyasint,omitempty"`
	Secret   string        `cbor:"7,keyasint,omitempty"`
	Username string        `cbor:"8,keyasint,omitempty"`
	Password string        `cbor:"9,keyasint,omitempty"`
	Scopes   []string      `cbor:"10,keyasint,omitempty"`
	Audience string        `cbor:"11,keyasint,omitempty"`
	Params   []paramRecord `cbor:"12,keyasint,omitempty"`
}

type headerRecord struct {
	Name   string `cbor:"1,keyasint"`
	Value  string `cbor:"2,keyasint,omitempty"`
	Secret bool   `cbor:"3,keyasint,omitempty"`
}

func recordOf(c model.Client) clientRecord {
	r := clientRecord{
		ID: string(c.ID), Space: string(c.Space), Name: c.Name, Type: string(c.Type), BaseURL: c.BaseURL,
		Auth: authRecord{
			Method: string(c.Auth.Method), Grant: string(c.Auth.Grant), Send: string(c.Auth.Send),
			TokenURL: c.Auth.TokenURL, Issuer: c.Auth.Issuer, ClientID: c.Auth.ClientID,
			Secret: c.Auth.ClientSecret.Reveal(), Username: c.Auth.Username, Password: c.Auth.Password.Reveal(),
			Scopes: c.Auth.Scopes, Audience: c.Auth.Audience, Params: paramRecords(c.Auth.Params),
		},
		State: string(c.State), Protected: c.Protected, AllowHTTP: c.AllowHTTP,
		CAPEM: c.TLS.CAPEM, TLSName: c.TLS.ServerName, TLSMin: c.TLS.MinVersion,
		Timeout: int64(c.Timeout), Revision: c.Revision,
		CreatedAt: at(c.Created.At), CreatedBy: c.Created.By, UpdatedAt: at(c.Updated.At), UpdatedBy: c.Updated.By,
	}
	for _, h := range c.Headers {
		r.Headers = append(r.Headers, headerRecord{Name: h.Name, Value: h.Value.Reveal(), Secret: h.Secret})
	}
	return r
}

func (r clientRecord) model() model.Client {
	c := model.Client{
		ID: model.ID(r.ID), Space: model.ID(r.Space), Name: r.Name, Type: model.ClientType(r.Type), BaseURL: r.BaseURL,
		Auth: model.Auth{
			Method: model.AuthMethod(r.Auth.Method), Grant: model.Grant(r.Auth.Grant), Send: model.ClientAuth(r.Auth.Send),
			TokenURL: r.Auth.TokenURL, Issuer: r.Auth.Issuer, ClientID: r.Auth.ClientID,
			ClientSecret: model.NewSecret(r.Auth.Secret), Username: r.Auth.Username, Password: model.NewSecret(r.Auth.Password),
			Scopes: r.Auth.Scopes, Audience: r.Auth.Audience, Params: params(r.Auth.Params),
		},
		State: model.State(r.State), Protected: r.Protected, AllowHTTP: r.AllowHTTP,
		TLS:     model.TLS{CAPEM: r.CAPEM, ServerName: r.TLSName, MinVersion: r.TLSMin},
		Timeout: time.Duration(r.Timeout), Revision: r.Revision,
		Created: model.Stamp{At: r.CreatedAt.time(), By: r.CreatedBy},
		Updated: model.Stamp{At: r.UpdatedAt.time(), By: r.UpdatedBy},
	}
	for _, h := range r.Headers {
		c.Headers = append(c.Headers, model.Header{Name: h.Name, Value: model.NewSecret(h.Value), Secret: h.Secret})
	}
	return c
}
