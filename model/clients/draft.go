package clients

import (
	"cmp"
	"time"

	"ferry/model"
)

// Draft is what a form or a command line says about a client. Check it with Check,
// save it with Create or Update.
type Draft struct {
	Name         string
	BaseURL      string
	Method       model.AuthMethod // "" means none
	TokenURL     string
	Issuer       string
	ClientID     string
	ClientSecret SecretEdit
	Username     string // with Password: the password grant; the grant is derived
	Password     SecretEdit
	Scopes       []string
	Audience     string
	Params       []model.Param
	Send         model.ClientAuth // "" means auto
	Headers      []HeaderDraft
	Resources    []string
	DeviceURL    string // given, or Device: the device grant
	Device       bool   // the device grant, its URL discovered unless DeviceURL is given
	// Key is the private key of private_key_jwt (Send is SendKey); Assertion is all else of it,
	// its own Key unused.
	Key          SecretEdit
	Assertion    model.Assertion
	TokenHeaders []HeaderDraft
	Place        model.Place
	// Transport and TLS are taken as they are, but for their secrets: those of the fields here.
	Transport     model.Transport
	ProxyPassword SecretEdit
	TLS           model.TLS
	TLSKey        SecretEdit
	KeepBodies    bool
	Protected     bool
	AllowHTTP     bool
	Timeout       time.Duration
	State         model.State // "" leaves it as it is; a new client is active
	Revision      uint64      // the revision that was edited; a save over another is a conflict
}

// SecretEdit is what an edit does to a secret: keep the stored one, or replace it by
// Value, where an empty Value means none.
type SecretEdit struct {
	Keep  bool
	Value model.Secret
}

// Set returns the edit that replaces a secret by text.
func Set(text string) SecretEdit { return SecretEdit{Value: model.NewSecret(text)} }

// Keep returns the edit that leaves a secret as it is stored.
func Keep() SecretEdit { return SecretEdit{Keep: true} }

// HeaderDraft is one header in a draft. The value of a secret header may be kept.
type HeaderDraft struct {
	Name   string
	Value  SecretEdit
	Secret bool
}

// DraftOf returns the draft that changes nothing in c: the start of an edit. Secrets
// are kept, never copied into the draft.
func DraftOf(c model.Client) Draft {
	d := Draft{
		Name: c.Name, BaseURL: c.BaseURL, Method: c.Auth.Method, TokenURL: c.Auth.TokenURL,
		Issuer: c.Auth.Issuer, ClientID: c.Auth.ClientID, Username: c.Auth.Username,
		Scopes: c.Auth.Scopes, Audience: c.Auth.Audience, Params: c.Auth.Params, Send: c.Auth.Send,
		Protected: c.Protected, AllowHTTP: c.AllowHTTP, TLS: c.TLS, Timeout: c.Timeout, Revision: c.Revision,
		Resources: c.Auth.Resources, DeviceURL: c.Auth.DeviceURL, Device: c.Auth.Grant == model.GrantDevice,
		Assertion: c.Auth.Assertion, Place: c.Auth.Place, Transport: c.Transport, KeepBodies: c.KeepBodies,
		ClientSecret:  SecretEdit{Keep: c.Auth.ClientSecret.IsSet()},
		Password:      SecretEdit{Keep: c.Auth.Password.IsSet()},
		Key:           SecretEdit{Keep: c.Auth.Assertion.Key.IsSet()},
		ProxyPassword: SecretEdit{Keep: c.Transport.ProxyPassword.IsSet()},
		TLSKey:        SecretEdit{Keep: c.TLS.KeyPEM.IsSet()},
		Headers:       headerDrafts(c.Headers), TokenHeaders: headerDrafts(c.Auth.Headers),
	}
	d.Assertion.Key, d.Transport.ProxyPassword, d.TLS.KeyPEM = model.Secret{}, model.Secret{}, model.Secret{}
	return d
}

func headerDrafts(list []model.Header) []HeaderDraft {
	var out []HeaderDraft
	for _, h := range list {
		hd := HeaderDraft{Name: h.Name, Secret: h.Secret, Value: SecretEdit{Value: h.Value}}
		if h.Secret {
			hd.Value = SecretEdit{Keep: true}
		}
		out = append(out, hd)
	}
	return out
}

// Moves reports whether the draft points a stored client somewhere else: to another
// origin of its base URL, token URL or issuer, or to a server that is trusted by
// another certificate or name. Whoever can do that would otherwise have the stored
// secrets sent to a server of theirs, so they are kept only if given again.
func (d *Draft) Moves(stored *model.Client) bool {
	if stored == nil {
		return false
	}
	return model.Origin(d.BaseURL) != model.Origin(stored.BaseURL) ||
		movedFrom(stored.Auth.TokenURL, d.TokenURL) || movedFrom(stored.Auth.Issuer, d.Issuer) ||
		d.TLS.CAPEM != stored.TLS.CAPEM || d.TLS.ServerName != stored.TLS.ServerName
}

// movedFrom reports whether an optional URL changes its origin. One that is added or
// removed counts: then another place decides where the token request goes.
func movedFrom(was, is string) bool { return model.Origin(was) != model.Origin(is) }

// build returns the client that the draft describes, over stored when that is not
// nil. Kept secrets are taken over unless the draft moves the client.
func (d *Draft) build(stored *model.Client) model.Client {
	var c model.Client
	if stored != nil {
		c = stored.Clone()
	}
	keep := stored != nil && !d.Moves(stored)
	take := func(e SecretEdit, old model.Secret) model.Secret {
		switch {
		case !e.Keep:
			return e.Value
		case keep:
			return old
		}
		return model.Secret{}
	}
	c.Name, c.Type, c.BaseURL = d.Name, model.APIClient, d.BaseURL
	c.Protected, c.AllowHTTP, c.TLS, c.Timeout = d.Protected, d.AllowHTTP, d.TLS, d.Timeout
	c.State = cmp.Or(d.State, c.State, model.Active)
	old := c.Auth
	c.Auth = model.Auth{Method: model.AuthNone}
	if d.Method == model.AuthOAuth2 {
		c.Auth = model.Auth{
			Method: d.Method, Grant: model.GrantClientCredentials, Send: d.Send,
			TokenURL: d.TokenURL, Issuer: d.Issuer, ClientID: d.ClientID, Username: d.Username,
			Scopes: d.Scopes, Audience: d.Audience, Params: d.Params,
			ClientSecret: take(d.ClientSecret, old.ClientSecret), Password: take(d.Password, old.Password),
			Resources: d.Resources, DeviceURL: d.DeviceURL, Assertion: d.Assertion, Place: d.Place,
			Headers: builtHeaders(d.TokenHeaders, old.Headers, take),
		}
		c.Auth.Assertion.Key = take(d.Key, old.Assertion.Key)
		if c.Auth.Send == "" {
			c.Auth.Send = model.SendAuto
		}
		switch {
		case d.Username != "" || c.Auth.Password.IsSet():
			c.Auth.Grant = model.GrantPassword
		case d.Device || d.DeviceURL != "":
			c.Auth.Grant = model.GrantDevice
		}
	}
	c.Headers = builtHeaders(d.Headers, c.Headers, take)
	return c.Clone()
}

func builtHeaders(list []HeaderDraft, stored []model.Header, take func(SecretEdit, model.Secret) model.Secret) []model.Header {
	var out []model.Header
	for _, h := range list {
		old, _ := findHeader(stored, h.Name)
		out = append(out, model.Header{
			// A kept secret stays one: without its mark it could be read unaudited.
			Name: h.Name, Secret: h.Secret || h.Value.Keep && old.Secret, Value: take(h.Value, old.Value),
		})
	}
	return out
}

func headerValue(hs []model.Header, name string) model.Secret {
	for _, h := range hs {
		if sameHeader(h.Name, name) {
			return h.Value
		}
	}
	return model.Secret{}
}
