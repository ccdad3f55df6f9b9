package storage

import (
	"time"

	"ferry/model"
)

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
	CertPEM   string         `cbor:"20,keyasint,omitempty"`
	KeyPEM    string         `cbor:"21,keyasint,omitempty"`
	Insecure  bool           `cbor:"22,keyasint,omitempty"`
	Bodies    bool           `cbor:"23,keyasint,omitempty"`

	Transport *transportRecord `cbor:"24,keyasint,omitempty"`
	Gateway   *exposureRecord  `cbor:"25,keyasint,omitempty"`
}

// exposureRecord is how a client is reached through the gateway.
type exposureRecord struct {
	Origins  []string `cbor:"1,keyasint,omitempty"`
	Methods  []string `cbor:"2,keyasint,omitempty"`
	Upgrades bool     `cbor:"3,keyasint,omitempty"`
	Cookies  bool     `cbor:"4,keyasint,omitempty"`
	Realm    bool     `cbor:"5,keyasint,omitempty"`
}

type transportRecord struct {
	Proxy         string  `cbor:"1,keyasint,omitempty"`
	ProxyUser     string  `cbor:"2,keyasint,omitempty"`
	ProxyPassword string  `cbor:"3,keyasint,omitempty"`
	Connect       int64   `cbor:"4,keyasint,omitempty"` // nanoseconds
	FirstByte     int64   `cbor:"5,keyasint,omitempty"` // nanoseconds
	UserAgent     string  `cbor:"6,keyasint,omitempty"`
	RateLimit     float64 `cbor:"7,keyasint,omitempty"`
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

	Resources   []string       `cbor:"13,keyasint,omitempty"`
	DeviceURL   string         `cbor:"14,keyasint,omitempty"`
	Key         string         `cbor:"15,keyasint,omitempty"` // of the assertion
	KeyID       string         `cbor:"16,keyasint,omitempty"`
	Algorithm   string         `cbor:"17,keyasint,omitempty"`
	KeyAudience string         `cbor:"18,keyasint,omitempty"`
	Headers     []headerRecord `cbor:"19,keyasint,omitempty"`
	PlaceHeader string         `cbor:"20,keyasint,omitempty"`
	PlacePrefix string         `cbor:"21,keyasint,omitempty"`
	PlaceQuery  string         `cbor:"22,keyasint,omitempty"`
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
			Resources: c.Auth.Resources, DeviceURL: c.Auth.DeviceURL,
			Key: c.Auth.Assertion.Key.Reveal(), KeyID: c.Auth.Assertion.KeyID, Algorithm: c.Auth.Assertion.Algorithm,
			KeyAudience: string(c.Auth.Assertion.Audience), Headers: headerRecords(c.Auth.Headers),
			PlaceHeader: c.Auth.Place.Header, PlacePrefix: c.Auth.Place.Prefix, PlaceQuery: c.Auth.Place.Query,
		},
		State: string(c.State), Protected: c.Protected, AllowHTTP: c.AllowHTTP,
		CAPEM: c.TLS.CAPEM, TLSName: c.TLS.ServerName, TLSMin: c.TLS.MinVersion,
		CertPEM: c.TLS.CertPEM, KeyPEM: c.TLS.KeyPEM.Reveal(), Insecure: c.TLS.Insecure, Bodies: c.KeepBodies,
		Timeout: int64(c.Timeout), Revision: c.Revision,
		CreatedAt: at(c.Created.At), CreatedBy: c.Created.By, UpdatedAt: at(c.Updated.At), UpdatedBy: c.Updated.By,
	}
	r.Headers = headerRecords(c.Headers)
	if t := c.Transport; t != (model.Transport{}) {
		r.Transport = &transportRecord{
			Proxy: t.Proxy, ProxyUser: t.ProxyUser, ProxyPassword: t.ProxyPassword.Reveal(),
			Connect: int64(t.Connect), FirstByte: int64(t.FirstByte), UserAgent: t.UserAgent, RateLimit: t.RateLimit,
		}
	}
	if g := c.Gateway; !g.IsZero() {
		r.Gateway = &exposureRecord{Origins: g.Origins, Methods: g.Methods, Upgrades: g.Upgrades, Cookies: g.Cookies, Realm: g.Realm}
	}
	return r
}

func headerRecords(list []model.Header) []headerRecord {
	var out []headerRecord
	for _, h := range list {
		out = append(out, headerRecord{Name: h.Name, Value: h.Value.Reveal(), Secret: h.Secret})
	}
	return out
}

func headers(list []headerRecord) []model.Header {
	var out []model.Header
	for _, h := range list {
		out = append(out, model.Header{Name: h.Name, Value: model.NewSecret(h.Value), Secret: h.Secret})
	}
	return out
}

func (r clientRecord) model() model.Client {
	c := model.Client{
		ID: model.ID(r.ID), Space: model.ID(r.Space), Name: r.Name, Type: model.ClientType(r.Type), BaseURL: r.BaseURL,
		Auth: model.Auth{
			Method: model.AuthMethod(r.Auth.Method), Grant: model.Grant(r.Auth.Grant), Send: model.ClientAuth(r.Auth.Send),
			TokenURL: r.Auth.TokenURL, Issuer: r.Auth.Issuer, ClientID: r.Auth.ClientID,
			ClientSecret: model.NewSecret(r.Auth.Secret), Username: r.Auth.Username, Password: model.NewSecret(r.Auth.Password),
			Scopes: r.Auth.Scopes, Audience: r.Auth.Audience, Params: params(r.Auth.Params),
			Resources: r.Auth.Resources, DeviceURL: r.Auth.DeviceURL, Headers: headers(r.Auth.Headers),
			Assertion: model.Assertion{
				Key: model.NewSecret(r.Auth.Key), KeyID: r.Auth.KeyID, Algorithm: r.Auth.Algorithm,
				Audience: model.AssertionAudience(r.Auth.KeyAudience),
			},
			Place: model.Place{Header: r.Auth.PlaceHeader, Prefix: r.Auth.PlacePrefix, Query: r.Auth.PlaceQuery},
		},
		State: model.State(r.State), Protected: r.Protected, AllowHTTP: r.AllowHTTP,
		TLS: model.TLS{
			CAPEM: r.CAPEM, ServerName: r.TLSName, MinVersion: r.TLSMin,
			CertPEM: r.CertPEM, KeyPEM: model.NewSecret(r.KeyPEM), Insecure: r.Insecure,
		},
		KeepBodies: r.Bodies,
		Timeout:    time.Duration(r.Timeout), Revision: r.Revision,
		Created: model.Stamp{At: r.CreatedAt.time(), By: r.CreatedBy},
		Updated: model.Stamp{At: r.UpdatedAt.time(), By: r.UpdatedBy},
	}
	c.Headers = headers(r.Headers)
	if t := r.Transport; t != nil {
		c.Transport = model.Transport{
			Proxy: t.Proxy, ProxyUser: t.ProxyUser, ProxyPassword: model.NewSecret(t.ProxyPassword),
			Connect: time.Duration(t.Connect), FirstByte: time.Duration(t.FirstByte), UserAgent: t.UserAgent, RateLimit: t.RateLimit,
		}
	}
	if g := r.Gateway; g != nil {
		c.Gateway = model.Exposure{Origins: g.Origins, Methods: g.Methods, Upgrades: g.Upgrades, Cookies: g.Cookies, Realm: g.Realm}
	}
	return c
}
