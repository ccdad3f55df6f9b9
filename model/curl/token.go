package curl

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"ferry/model"
	"ferry/model/clients"
)

// tokenForm returns the form of a token request (RFC 6749 §4.3.2, §4.4.2), where the line
// makes one: it posts a grant type, or posts credentials to a URL that ends in /token.
func (c *command) tokenForm(u *url.URL) ([]model.Param, bool) {
	if c.get || c.head || c.method != "" && !strings.EqualFold(c.method, http.MethodPost) {
		return nil, false
	}
	isToken := strings.HasSuffix(strings.TrimSuffix(u.Path, "/"), "/token")
	form, ok := c.formOf()
	if ok && value(form, "grant_type") != "" {
		return form, true
	}
	inQuery, exact := pairs(u.RawQuery)
	if exact && value(inQuery, "grant_type") != "" && (c.hasData || strings.EqualFold(c.method, http.MethodPost)) {
		c.note("the parameters of the token request stand in the URL: ferry sends them in the body, where no log shows them")
		u.RawQuery = ""
		return append(inQuery, form...), true
	}
	posts := c.hasData || strings.EqualFold(c.method, http.MethodPost)
	_, _, hasBasic := c.basic()
	if isToken && posts && (hasBasic || value(form, "client_id") != "") {
		c.note("the line names no grant type: client_credentials is taken, or password with a user name")
		return form, true
	}
	return nil, false
}

// formOf returns the body as parameters: of a form, or of a flat JSON object.
func (c *command) formOf() ([]model.Param, bool) {
	if !c.hasData {
		return nil, false
	}
	body := c.body()
	kind := ""
	if h := c.header("Content-Type"); h != nil {
		kind = strings.ToLower(h.Value)
	}
	if strings.Contains(kind, "json") {
		form, ok := jsonForm(body)
		if ok && value(form, "grant_type") != "" {
			c.note("the line asks for a token with JSON: ferry sends a form, as RFC 6749 §4 says; look whether the server takes it")
		}
		return form, ok
	}
	if kind != "" && !strings.Contains(kind, "x-www-form-urlencoded") {
		return nil, false
	}
	form, ok := pairs(strings.Trim(body, "& \r\n"))
	return form, ok
}

// jsonForm reads a flat JSON object in its order; values that are no text are left out.
func jsonForm(body string) ([]model.Param, bool) {
	d := json.NewDecoder(bytes.NewReader([]byte(body)))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	var out []model.Param
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, false
		}
		key, _ := name.(string)
		if text, ok := v.(string); ok {
			out = append(out, model.Param{Name: key, Value: text})
		}
	}
	return out, true
}

func value(form []model.Param, name string) string {
	for _, p := range form {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// buildToken makes the OAuth 2.0 fields of the draft from a token request.
func (c *command) buildToken(u *url.URL, form []model.Param) error {
	d := &c.draft
	d.Method = model.AuthOAuth2
	d.TokenURL = c.tokenURL(u)
	c.note("the line asks for a token: the base URL of the API is guessed from it; set it with --base-url")
	if c.fromFile {
		c.note("a part of the token request comes from a file, which is not read: look at the client's fields")
	}
	if err := c.grant(value(form, "grant_type")); err != nil {
		return err
	}
	for _, p := range form {
		c.field(p)
	}
	c.clientAuth(form)
	fromBrowser := c.fromBrowser()
	for _, h := range c.headers {
		name := textproto.CanonicalMIMEHeaderKey(h.Name)
		switch {
		case name == "Authorization", name == "Content-Type", name == "Accept", c.skipped(name, h.Value, fromBrowser):
		default:
			d.TokenHeaders = c.addTo(d.TokenHeaders, h)
		}
	}
	return nil
}

// tokenURL returns the URL of a token request without what is secret by its name: a client
// shows its token URL.
func (c *command) tokenURL(u *url.URL) string {
	var kept []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err != nil || SecretParam(plain) {
			c.note("a secret in the query of the token URL is left out")
			continue
		}
		kept = append(kept, part)
	}
	u.RawQuery = strings.Join(kept, "&")
	return u.String()
}

// grant refuses the grants that a client cannot use by itself.
func (c *command) grant(grant string) error {
	switch model.Grant(grant) {
	case "", model.GrantClientCredentials, model.GrantPassword:
		return nil
	case model.GrantDevice, "device_code":
		c.draft.Device = true
		return nil
	}
	shown := "of a kind that ferry does not know"
	switch grant {
	case "authorization_code", "refresh_token", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer",
		"urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:saml2-bearer":
		shown = grant
	}
	return problem("the grant of this token request is %s", shown).WithField("grant_type").
		WithNext("ferry uses client_credentials, password and device_code: paste the token request of one of these")
}

// field puts one parameter of a token request into the field it has.
func (c *command) field(p model.Param) {
	d := &c.draft
	switch p.Name {
	case "grant_type", "device_code":
	case "client_id":
		d.ClientID = p.Value
	case "client_secret":
		d.ClientSecret = clients.Set(p.Value)
	case "username":
		d.Username = p.Value
	case "password":
		d.Password = clients.Set(p.Value)
	case "scope":
		for scope := range strings.FieldsSeq(p.Value) {
			d.Scopes = append(d.Scopes, scope)
		}
	case "audience":
		d.Audience = p.Value
	case "resource":
		d.Resources = append(d.Resources, p.Value)
	case "client_assertion":
		d.Send = model.SendKey
		c.note("the client assertion ends soon and is left out: give the key that signs it with --key-file")
	case "client_assertion_type":
	default:
		if SecretParam(p.Name) || p.Name == "refresh_token" {
			c.note("a parameter of the token request that is secret by its name is left out")
			return
		}
		d.Params = append(d.Params, p)
	}
}

// clientAuth finds out how client id and secret travel.
func (c *command) clientAuth(form []model.Param) {
	d := &c.draft
	name, password, hasBasic := c.basic()
	switch {
	case d.Send == model.SendKey:
	case hasBasic:
		d.Send, d.ClientID, d.ClientSecret = model.SendHeader, name, clients.Set(password)
		if url.QueryEscape(name) != name || url.QueryEscape(password) != password {
			c.note("client id or secret hold characters that curl sends as they are and ferry escapes, as RFC 6749 §2.3.1 says")
		}
	case d.ClientSecret.Value.IsSet():
		d.Send = model.SendBody
	case d.Device && value(form, "client_id") != "":
		d.Send = model.SendNone
	}
}
