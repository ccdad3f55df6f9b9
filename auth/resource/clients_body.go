package resource

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/clients"
)

// clientBody is what a request says about an API client; its schema has seen it.
type clientBody struct {
	Name         string            `json:"name"`
	BaseURL      string            `json:"base_url"`
	Auth         model.AuthMethod  `json:"auth"`
	Send         model.ClientAuth  `json:"send"`
	TokenURL     string            `json:"token_url"`
	Issuer       string            `json:"issuer"`
	ClientID     string            `json:"client_id"`
	ClientSecret secretBody        `json:"client_secret"`
	Username     string            `json:"username"`
	Password     secretBody        `json:"password"`
	Scopes       []string          `json:"scopes"`
	Audience     string            `json:"audience"`
	Params       map[string]string `json:"params"`
	Grant        model.Grant       `json:"grant"`
	Key          secretBody        `json:"key"`
	KeyID        string            `json:"key_id"`
	KeyAlg       string            `json:"key_alg"`
	KeyAudience  string            `json:"key_audience"`
	DeviceURL    string            `json:"device_url"`
	Resources    []string          `json:"resources"`
	TokenHeaders []headerBody      `json:"token_headers"`
	Place        placeBody         `json:"place"`
	Headers      []headerBody      `json:"headers"`
	Transport    transportBody     `json:"transport"`
	KeepBodies   bool              `json:"keep_bodies"`
	CORSOrigins  []string          `json:"cors_origins"`
	CORSMethods  []string          `json:"cors_methods"`
	Upgrades     bool              `json:"gateway_upgrades"`
	Cookies      bool              `json:"gateway_cookies"`
	Realm        bool              `json:"gateway_realm"`
	Protected    bool              `json:"protected"`
	AllowHTTP    bool              `json:"allow_http"`
	TLS          tlsBody           `json:"tls"`
	Timeout      string            `json:"timeout"`
}

type headerBody struct {
	Name   string     `json:"name"`
	Value  secretBody `json:"value"`
	Secret *bool      `json:"secret"`
}

type tlsBody struct {
	CA          caBody     `json:"ca"`
	ServerName  string     `json:"server_name"`
	MinVersion  string     `json:"min_version"`
	Certificate caBody     `json:"certificate"`
	Key         secretBody `json:"key"`
	Insecure    bool       `json:"insecure"`
}

type placeBody struct {
	Header string `json:"header"`
	Prefix string `json:"prefix"`
	Query  string `json:"query"`
}

type transportBody struct {
	Proxy         string     `json:"proxy"`
	ProxyUser     string     `json:"proxy_user"`
	ProxyPassword secretBody `json:"proxy_password"`
	Connect       string     `json:"connect_timeout"`
	FirstByte     string     `json:"first_byte_timeout"`
	UserAgent     string     `json:"user_agent"`
	RateLimit     float64    `json:"rate_limit"`
}

// secretBody is a secret in a request: text, null, {"set":true} or nothing at all.
type secretBody struct {
	given bool
	edit  clients.SecretEdit
}

// UnmarshalJSON reads what secretGiven describes.
func (s *secretBody) UnmarshalJSON(raw []byte) error {
	var shown struct {
		Set bool `json:"set"`
	}
	var text *string
	s.given = true
	if err := json.Unmarshal(raw, &text); err == nil {
		if text != nil {
			s.edit = clients.Set(*text)
		}
		return nil
	}
	if err := json.Unmarshal(raw, &shown); err != nil {
		return err
	}
	s.edit = clients.SecretEdit{Keep: shown.Set}
	return nil
}

// orKept is the edit of a secret that a request may leave out.
func (s *secretBody) orKept() clients.SecretEdit {
	if s.given {
		return s.edit
	}
	return clients.Keep()
}

// owned is the edit of a secret that goes with another member, as a key with its
// certificate: only that can clear it, so null keeps it too.
func (s *secretBody) owned() clients.SecretEdit {
	if s.edit.Value.IsSet() {
		return s.edit
	}
	return clients.Keep()
}

// caBody is the certificates in a request: PEM text, or true for those that are stored.
type caBody struct {
	keep bool
	pem  string
}

// UnmarshalJSON reads what tls.ca and tls.certificate may be.
func (b *caBody) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &b.keep) == nil {
		return nil
	}
	return json.Unmarshal(raw, &b.pem)
}

// oauthMembers mean nothing without OAuth 2.0.
var oauthMembers = []string{
	"send", "token_url", "issuer", "client_id", "client_secret", "username", "password", "scopes", "audience", "params",
	"grant", "key", "key_id", "key_alg", "key_audience", "device_url", "resources", "token_headers", "place",
}

// clientDraft returns the draft that a request describes; stored is nil for a new client.
func clientDraft(want object, stored *model.Client) (clients.Draft, error) {
	if want["auth"] != string(model.AuthOAuth2) {
		for _, name := range oauthMembers {
			if v := want[name]; v == nil {
				continue
			}
			// What a patch that turns authentication off leaves behind goes with it.
			if stored == nil || !stored.UsesOAuth() {
				return clients.Draft{}, faulty(name, `means nothing without "auth": "oauth2"`)
			}
		}
	}
	var b clientBody
	if err := want.into(&b); err != nil {
		return clients.Draft{}, err
	}
	d := clients.Draft{
		Name: b.Name, BaseURL: b.BaseURL, Method: b.Auth, Send: b.Send, TokenURL: b.TokenURL, Issuer: b.Issuer,
		ClientID: b.ClientID, ClientSecret: b.ClientSecret.orKept(), Username: b.Username, Password: b.Password.orKept(),
		Scopes: b.Scopes, Audience: b.Audience, Resources: b.Resources, Protected: b.Protected, AllowHTTP: b.AllowHTTP,
		DeviceURL: b.DeviceURL, Device: b.Grant == model.GrantDevice, Key: b.Key.orKept(), KeepBodies: b.KeepBodies,
		Assertion: model.Assertion{KeyID: b.KeyID, Algorithm: b.KeyAlg, Audience: model.AssertionAudience(b.KeyAudience)},
		Place:     model.Place(b.Place),
		Gateway:   model.Exposure{Origins: b.CORSOrigins, Methods: b.CORSMethods, Upgrades: b.Upgrades, Cookies: b.Cookies, Realm: b.Realm},
		TLS: model.TLS{
			CAPEM: b.TLS.CA.pem, ServerName: b.TLS.ServerName, MinVersion: b.TLS.MinVersion,
			CertPEM: b.TLS.Certificate.pem, Insecure: b.TLS.Insecure,
		},
		TLSKey: b.TLS.Key.owned(), ProxyPassword: b.Transport.ProxyPassword.owned(),
		Transport: model.Transport{
			Proxy: b.Transport.Proxy, ProxyUser: b.Transport.ProxyUser, UserAgent: b.Transport.UserAgent, RateLimit: b.Transport.RateLimit,
		},
	}
	if err := b.spans(&d); err != nil {
		return d, err
	}
	if b.Username == "" && d.Password.Keep {
		d.Password = clients.SecretEdit{} // it goes with the name it belongs to
	}
	for _, name := range slices.Sorted(maps.Keys(b.Params)) {
		d.Params = append(d.Params, model.Param{Name: name, Value: b.Params[name]})
	}
	var was model.Client
	if stored != nil {
		was = *stored
		b.asStored(&d, stored)
	}
	d.Headers, d.TokenHeaders = headerDrafts(b.Headers, was.Headers), headerDrafts(b.TokenHeaders, was.Auth.Headers)
	// As it is stored, it is what the other members made of it, and they may say otherwise now.
	if b.Grant != "" && b.Grant != was.Auth.Grant && b.Grant != d.Grant() {
		return d, faulty("grant", "follows from the other members, and they make it "+string(d.Grant()))
	}
	return d, nil
}

// spans reads the spans of time.
func (b *clientBody) spans(d *clients.Draft) error {
	for _, f := range []struct {
		field, text string
		to          *time.Duration
	}{
		{"timeout", b.Timeout, &d.Timeout},
		{"transport.connect_timeout", b.Transport.Connect, &d.Transport.Connect},
		{"transport.first_byte_timeout", b.Transport.FirstByte, &d.Transport.FirstByte},
	} {
		var err error
		if *f.to, err = duration(f.text); err != nil {
			return faulty(f.field, `must be a span of time as in "30s"`)
		}
	}
	return nil
}

func duration(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err == nil && d <= 0 {
		err = strconv.ErrRange
	}
	return d, err
}

// asStored takes over what an answer cannot show as it is stored: certificates, the
// default behind a timeout, the order of parameters.
func (b *clientBody) asStored(d *clients.Draft, stored *model.Client) {
	if b.TLS.CA.keep {
		d.TLS.CAPEM = stored.TLS.CAPEM
	}
	if b.TLS.Certificate.keep {
		d.TLS.CertPEM = stored.TLS.CertPEM
	}
	if d.Timeout == stored.EffectiveTimeout() {
		d.Timeout = stored.Timeout
	}
	was := map[string]string{}
	for _, p := range stored.Auth.Params {
		was[p.Name] = p.Value
	}
	if maps.Equal(was, b.Params) {
		d.Params = stored.Auth.Params
	}
}

func headerDrafts(list []headerBody, stored []model.Header) []clients.HeaderDraft {
	var out []clients.HeaderDraft
	for i := range list {
		out = append(out, list[i].draft(stored))
	}
	return out
}

// draft returns the header in a draft. Its value may be left out only when it is secret
// and stored; a name that is known to carry a credential is secret unless it says not.
func (h *headerBody) draft(stored []model.Header) clients.HeaderDraft {
	secret := clients.SecretByName(h.Name)
	for _, old := range stored {
		secret = secret || old.Secret && strings.EqualFold(old.Name, h.Name)
	}
	if h.Secret != nil {
		secret = *h.Secret
	}
	d := clients.HeaderDraft{Name: h.Name, Secret: secret, Value: h.Value.edit}
	if !h.Value.given && secret {
		d.Value = clients.Keep()
	}
	return d
}
