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
	Scopes       []string          `json:"scopes,omitempty"`
	Audience     string            `json:"audience,omitempty"`
	Params       map[string]string `json:"params,omitempty"`
	Headers      []HeaderView      `json:"headers"`
	State        model.State       `json:"state"`
	Protected    bool              `json:"protected"`
	AllowHTTP    bool              `json:"allow_http"`
	TLS          *TLSView          `json:"tls,omitempty"`
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

// TLSView is the TLS settings; the certificates themselves are not repeated.
type TLSView struct {
	CA         bool   `json:"ca"`
	ServerName string `json:"server_name,omitempty"`
	MinVersion string `json:"min_version,omitempty"`
}

// ViewOf returns the outside shape of c.
func ViewOf(space model.Space, c *model.Client) View {
	v := View{
		ID: c.ID, Space: space.Name, Name: c.Name, Type: c.Type, BaseURL: c.BaseURL, Auth: c.Auth.Method,
		Headers: []HeaderView{}, State: c.State, Protected: c.Protected, AllowHTTP: c.AllowHTTP,
		Timeout: c.EffectiveTimeout().String(), Revision: c.Revision,
		CreatedAt: c.Created.At.UTC(), CreatedBy: c.Created.By,
		UpdatedAt: c.Updated.At.UTC(), UpdatedBy: c.Updated.By, Missing: Missing(c),
	}
	if c.UsesOAuth() {
		a := &c.Auth
		v.Grant, v.Send, v.TokenURL, v.Issuer, v.ClientID = a.Grant, a.Send, a.TokenURL, a.Issuer, a.ClientID
		v.Username, v.Scopes, v.Audience, v.ClientSecret = a.Username, a.Scopes, a.Audience, &a.ClientSecret
		if a.Grant == model.GrantPassword {
			v.Password = &a.Password
		}
		for _, p := range a.Params {
			if v.Params == nil {
				v.Params = map[string]string{}
			}
			v.Params[p.Name] = p.Value
		}
	}
	for _, h := range c.Headers {
		hv := HeaderView{Name: h.Name, Secret: h.Secret, Value: h.Value.Reveal()}
		if h.Secret {
			hv.Value = h.Value
		}
		v.Headers = append(v.Headers, hv)
	}
	if !c.TLS.IsZero() {
		v.TLS = &TLSView{CA: c.TLS.CAPEM != "", ServerName: c.TLS.ServerName, MinVersion: c.TLS.MinVersion}
	}
	return v
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

// Missing returns the fields that must be given before c can be used: secrets that
// were cleared when it was pointed elsewhere.
func Missing(c *model.Client) []string {
	var out []string
	if c.UsesOAuth() {
		if !c.Auth.ClientSecret.IsSet() && c.Auth.Grant != model.GrantPassword {
			out = append(out, "client_secret")
		}
		if c.Auth.Grant == model.GrantPassword && !c.Auth.Password.IsSet() {
			out = append(out, "password")
		}
	}
	for _, h := range c.Headers {
		if h.Secret && !h.Value.IsSet() {
			out = append(out, "headers."+h.Name)
		}
	}
	return out
}

// RequireUsable is the rule for whatever uses a client: EDisabled when it is
// disabled, EIncomplete when a secret is missing. Nothing is sent then.
func RequireUsable(c *model.Client) error {
	if c.State == model.Disabled {
		return model.Errorf(model.EDisabled, "%q is disabled: it fetches no tokens and makes no calls", c.Name).
			WithNext("ferry client enable %s", c.Name)
	}
	if m := Missing(c); len(m) > 0 {
		return model.Errorf(model.EIncomplete, "%q lacks %s, cleared when it was pointed elsewhere", c.Name, m[0]).
			WithField(m[0]).WithNext("give it again: ferry client update %s %s", c.Name, flagFor(m[0]))
	}
	return nil
}

func flagFor(field string) string {
	switch field {
	case "client_secret":
		return "--client-secret-file FILE"
	case "password":
		return "--password-file FILE"
	}
	return "--secret-header-file NAME=FILE"
}
