package authority

import (
	"net/http"
	"net/netip"
	"strings"

	"ferry/model"
)

// inactive is the answer to a token that is not good, is not known, or is none of the
// caller's business (RFC 7662 §2.2): which of them it is, is not told.
var inactive = introspected{}

// introspected is the answer of the introspection endpoint.
type introspected struct {
	Active    bool     `json:"active"`
	Scope     string   `json:"scope,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	Username  string   `json:"username,omitempty"`
	TokenType string   `json:"token_type,omitempty"`
	Expires   int64    `json:"exp,omitempty"`
	IssuedAt  int64    `json:"iat,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	Audience  Audience `json:"aud,omitempty"`
	Issuer    string   `json:"iss,omitempty"`
	ID        string   `json:"jti,omitempty"`
	Space     string   `json:"space,omitempty"`
}

// introspect answers one request (RFC 7662 §2). The caller authenticates as a client or
// with an access token of its own.
func (m *realm) introspect(w http.ResponseWriter, r *http.Request) {
	form, fault := ReadForm(w, r)
	if fault != nil {
		m.answer(w, fault)
		return
	}
	caller, permits, ok := m.caller(w, r, &form)
	if !ok {
		return
	}
	text := form.Get("token")
	if text == "" {
		m.answer(w, errNoToken)
		return
	}
	WriteJSON(w, http.StatusOK, m.look(text, caller, permits))
}

// caller says who asks and what it may do; when it cannot, it has answered.
func (m *realm) caller(w http.ResponseWriter, r *http.Request, form *Form) (model.ID, model.Permits, bool) {
	if scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		if form.Get("client_secret") != "" || form.Get("client_assertion") != "" {
			m.answer(w, errTwoMethods)
			return "", nil, false
		}
		a, fault := m.hub.Verify(r)
		if fault == nil && a.Space.ID != m.space.ID {
			m.refuse("token_of_another_space")
			fault = InvalidToken("the access token is of another space")
		}
		if fault != nil {
			fault.Write(w)
			return "", nil, false
		}
		return a.User.ID, a.Permits, true
	}
	auth := m.authenticator()
	client, fault := auth.Authenticate(r, form)
	if fault != nil {
		m.answer(w, fault)
		return "", nil, false
	}
	u := client.Key.Owner
	return u.ID, u.Permits(u.Scopes), true
}

// look says what a token is worth now. A user sees its own tokens, and those of others
// of its space with tokens:introspect.
func (m *realm) look(text string, caller model.ID, permits model.Permits) introspected {
	t, fault := m.hub.read(m.dir, text, m.now)
	if fault != nil || t.user == nil || t.space.ID != m.space.ID || m.now.Unix() >= t.claims.Expires {
		return inactive
	}
	if t.user.ID != caller && !permits.Has(model.TokensIntrospect) {
		return inactive
	}
	// From where its bearer comes is not known here, so that rule is left to whoever sees it.
	var from netip.Addr
	if len(t.user.Networks) > 0 {
		from = t.user.Networks[0].Addr()
	}
	if m.hub.mayUse(m.dir, &t.token, from, m.now) != "" {
		return inactive
	}
	c := t.claims
	return introspected{
		Active: true, Scope: strings.Join(t.access.Scopes, " "), ClientID: c.ClientID, Username: t.user.Username,
		TokenType: "Bearer", Expires: c.Expires, IssuedAt: c.IssuedAt, Subject: c.Subject,
		Audience: c.Audience, Issuer: c.Issuer, ID: c.ID, Space: c.Space,
	}
}

// answer answers a fault and notes it.
func (m *realm) answer(w http.ResponseWriter, fault *Error) {
	m.refuse(string(fault.Code))
	fault.Write(w)
}
