package clients

import (
	"time"

	"ferry/model"
)

// View is the outside shape of a client: what scripts get as JSON. A secret is
// {"set":true}.
type View struct {
	ID           model.ID          `json:"id"`
	Space        string            `json:"space"` // the space's name
	Name         string            `json:"name"`
	Type         model.ClientType  `json:"type"`
	BaseURL      string            `json:"base_url"`
	Auth         model.AuthMethod  `json:"auth"`
	Grant        model.Grant       `json:"grant,omitempty"`
	Send         model.ClientAuth  `json:"send,omitempty"`
	TokenURL     string            `json:"token_url,omitempty"`
	Issuer       string            `json:"issuer,omitempty"`
	ClientID     string            `json:"client_id,omitempty"`
	ClientSecret *model.Secret     `json:"client_secret,omitempty"`
	Username     string            `json:"username,omitempty"`
	Password     *model.Secret     `json:"password,omitempty"`
	Key          *model.Secret     `json:"key,omitempty"`
	KeyID        string            `json:"key_id,omitempty"`
	KeyAlg       string            `json:"key_alg,omitempty"`
	KeyAudience  string            `json:"key_audience,omitempty"`
	DeviceURL    string            `json:"device_url,omitempty"`
	Scopes       []string          `json:"scopes,omitempty"`
	Audience     string            `json:"audience,omitempty"`
	Resources    []string          `json:"resources,omitempty"`
	Params       map[string]string `json:"params,omitempty"`
	TokenHeaders []HeaderView      `json:"token_headers,omitempty"`
	Place        *PlaceView        `json:"place,omitempty"`
	Headers      []HeaderView      `json:"headers"`
	State        model.State       `json:"state"`
	Protected    bool              `json:"protected"`
	AllowHTTP    bool              `json:"allow_http"`
	TLS          *TLSView          `json:"tls,omitempty"`
	Transport    *TransportView    `json:"transport,omitempty"`
	KeepBodies   bool              `json:"keep_bodies"`
	CORSOrigins  []string          `json:"cors_origins,omitempty"`
	CORSMethods  []string          `json:"cors_methods,omitempty"`
	Upgrades     bool              `json:"gateway_upgrades"`
	Cookies      bool              `json:"gateway_cookies"`
	Realm        bool              `json:"gateway_realm"`
	Timeout      string            `json:"timeout"` // "30s"
	Revision     uint64            `json:"revision"`
	CreatedAt    time.Time         `json:"created_at"`
	CreatedBy    string            `json:"created_by"`
	UpdatedAt    time.Time         `json:"updated_at"`
	UpdatedBy    string            `json:"updated_by"`
	Missing      []string          `json:"missing,omitempty"` // fields to give before it can be used
}

// HeaderView is one header; Value is a string, or {"set":true} when it is secret.
type HeaderView struct {
	Name   string `json:"name"`
	Value  any    `json:"value"`
	Secret bool   `json:"secret"`
}

// PlaceView is where the token stands in API requests, when that is not the header
// Authorization.
type PlaceView struct {
	Header string `json:"header,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	Query  string `json:"query,omitempty"`
}

// TLSView is the TLS settings; the certificates themselves are not repeated.
type TLSView struct {
	CA          bool          `json:"ca"`
	ServerName  string        `json:"server_name,omitempty"`
	MinVersion  string        `json:"min_version,omitempty"`
	Certificate bool          `json:"certificate"`
	Key         *model.Secret `json:"key,omitempty"`
	Insecure    bool          `json:"insecure"`
}

// TransportView is how requests travel; what is not set is left out. Times as in "5s".
type TransportView struct {
	Proxy         string        `json:"proxy,omitempty"`
	ProxyUser     string        `json:"proxy_user,omitempty"`
	ProxyPassword *model.Secret `json:"proxy_password,omitempty"`
	Connect       string        `json:"connect_timeout,omitempty"`
	FirstByte     string        `json:"first_byte_timeout,omitempty"`
	UserAgent     string        `json:"user_agent,omitempty"`
	RateLimit     float64       `json:"rate_limit,omitempty"` // requests a second
}

// ViewOf returns the outside shape of c.
func ViewOf(space model.Space, c *model.Client) View {
	v := View{
		ID: c.ID, Space: space.Name, Name: c.Name, Type: c.Type, BaseURL: c.BaseURL, Auth: c.Auth.Method,
		Headers: []HeaderView{}, State: c.State, Protected: c.Protected, AllowHTTP: c.AllowHTTP,
		TLS: tlsView(&c.TLS), Transport: transportView(&c.Transport), KeepBodies: c.KeepBodies,
		CORSOrigins: c.Gateway.Origins, CORSMethods: c.Gateway.Methods,
		Upgrades: c.Gateway.Upgrades, Cookies: c.Gateway.Cookies, Realm: c.Gateway.Realm,
		Timeout: c.EffectiveTimeout().String(), Revision: c.Revision,
		CreatedAt: c.Created.At.UTC(), CreatedBy: c.Created.By,
		UpdatedAt: c.Updated.At.UTC(), UpdatedBy: c.Updated.By, Missing: Missing(c),
	}
	if c.UsesOAuth() {
		v.addAuth(&c.Auth)
	}
	v.Headers = append(v.Headers, headerViews(c.Headers)...)
	return v
}

func (v *View) addAuth(a *model.Auth) {
	v.Grant, v.Send, v.TokenURL, v.Issuer, v.ClientID = a.Grant, a.Send, a.TokenURL, a.Issuer, a.ClientID
	v.Username, v.Scopes, v.Audience, v.ClientSecret = a.Username, a.Scopes, a.Audience, &a.ClientSecret
	v.DeviceURL, v.Resources, v.TokenHeaders = a.DeviceURL, a.Resources, headerViews(a.Headers)
	if a.Grant == model.GrantPassword {
		v.Password = &a.Password
	}
	if a.Send == model.SendKey || a.Assertion.Key.IsSet() {
		v.Key = &a.Assertion.Key
	}
	v.KeyID, v.KeyAlg, v.KeyAudience = a.Assertion.KeyID, a.Assertion.Algorithm, string(a.Assertion.Audience)
	if a.Place != (model.Place{}) {
		v.Place = &PlaceView{Header: a.Place.Header, Prefix: a.Place.Prefix, Query: a.Place.Query}
	}
	for _, p := range a.Params {
		if v.Params == nil {
			v.Params = map[string]string{}
		}
		v.Params[p.Name] = p.Value
	}
}

func headerViews(list []model.Header) []HeaderView {
	var out []HeaderView
	for _, h := range list {
		hv := HeaderView{Name: h.Name, Secret: h.Secret, Value: h.Value.Reveal()}
		if h.Secret {
			hv.Value = h.Value
		}
		out = append(out, hv)
	}
	return out
}

func tlsView(t *model.TLS) *TLSView {
	if t.IsZero() {
		return nil
	}
	v := &TLSView{
		CA: t.CAPEM != "", ServerName: t.ServerName, MinVersion: t.MinVersion,
		Certificate: t.CertPEM != "", Insecure: t.Insecure,
	}
	if t.CertPEM != "" {
		v.Key = &t.KeyPEM
	}
	return v
}

func transportView(t *model.Transport) *TransportView {
	if *t == (model.Transport{}) {
		return nil
	}
	v := &TransportView{
		Proxy: t.Proxy, ProxyUser: t.ProxyUser, UserAgent: t.UserAgent, RateLimit: t.RateLimit,
		Connect: spanText(t.Connect), FirstByte: spanText(t.FirstByte),
	}
	if t.ProxyUser != "" {
		v.ProxyPassword = &t.ProxyPassword
	}
	return v
}

func spanText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// ListedView is a client in a list: its View, and what happened to it lately.
type ListedView struct {
	View
	TokenExpiresAt *time.Time `json:"token_expires_at"` // null: no token, or of unknown lifetime
	LastCallAt     *time.Time `json:"last_call_at"`     // null: never called
	LastStatus     int        `json:"last_status"`      // 0: no call yet, or no answer came
}

func listedView(space model.Space, c *model.Client, run model.Runtime) ListedView {
	return ListedView{
		View: ViewOf(space, c), TokenExpiresAt: model.OrNull(run.TokenExpires),
		LastCallAt: model.OrNull(run.LastCallAt), LastStatus: run.LastStatus,
	}
}
