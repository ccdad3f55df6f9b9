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
	Send         model.ClientAuth // "" means auto; for a device grant without a secret, none
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
	Gateway       model.Exposure // how others reach it; origins and methods as they are typed
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
		Assertion: c.Auth.Assertion, Place: c.Auth.Place, Transport: c.Transport, KeepBodies: c.KeepBodies, Gateway: c.Clone().Gateway,
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
	c.Protected, c.AllowHTTP, c.KeepBodies, c.Timeout = d.Protected, d.AllowHTTP, d.KeepBodies, d.Timeout
	oldKey, oldProxy := c.TLS.KeyPEM, c.Transport.ProxyPassword
	c.TLS, c.Transport = d.TLS, d.Transport
	c.TLS.KeyPEM, c.Transport.ProxyPassword = take(d.TLSKey, oldKey), take(d.ProxyPassword, oldProxy)
	// A kept secret goes with what it belongs to.
	if c.TLS.CertPEM == "" && d.TLSKey.Keep {
		c.TLS.KeyPEM = model.Secret{}
	}
	if c.Transport.ProxyUser == "" && d.ProxyPassword.Keep {
		c.Transport.ProxyPassword = model.Secret{}
	}
	c.Gateway = exposure(d.Gateway)
	c.State = cmp.Or(d.State, c.State, model.Active)
	c.Auth = d.buildAuth(c.Auth, take)
	c.Headers = builtHeaders(d.Headers, c.Headers, take)
	return c.Clone()
}

// buildAuth returns how the client authenticates; old is how it did.
func (d *Draft) buildAuth(old model.Auth, take func(SecretEdit, model.Secret) model.Secret) model.Auth {
	if d.Method != model.AuthOAuth2 {
		return model.Auth{Method: model.AuthNone}
	}
	a := model.Auth{
		Method: d.Method, Grant: d.Grant(), Send: d.Send,
		TokenURL: d.TokenURL, Issuer: d.Issuer, ClientID: d.ClientID, Username: d.Username,
		Scopes: d.Scopes, Audience: d.Audience, Params: d.Params,
		ClientSecret: take(d.ClientSecret, old.ClientSecret), Password: take(d.Password, old.Password),
		Resources: d.Resources, DeviceURL: d.DeviceURL, Assertion: d.Assertion, Place: d.Place,
		Headers: builtHeaders(d.TokenHeaders, old.Headers, take),
	}
	a.Assertion.Key = take(d.Key, old.Assertion.Key)
	if a.Password.IsSet() {
		a.Grant = model.GrantPassword
	}
	if a.Send == "" {
		a.Send = model.SendAuto
		// Whoever logs in on another device mostly does so to a public client.
		if a.Grant == model.GrantDevice && !a.ClientSecret.IsSet() && !(d.ClientSecret.Keep && old.ClientSecret.IsSet()) {
			a.Send = model.SendNone
		}
	}
	return a
}

// Grant returns the grant that the draft asks for by what it gives.
func (d *Draft) Grant() model.Grant {
	switch {
	case d.Username != "" || d.Password.Value.IsSet():
		return model.GrantPassword
	case d.device():
		return model.GrantDevice
	}
	return model.GrantClientCredentials
}

// device reports whether the draft asks for the device grant.
func (d *Draft) device() bool { return d.Device || d.DeviceURL != "" }

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
