package clients

import (
	"slices"
	"strings"

	"ferry/model"
)

// slot is one secret that a client has or could have.
type slot struct {
	field  string // as Reveal takes it; a header by its name
	value  *model.Secret
	needed string // why the client cannot do without it, or ""
}

// slots returns where the secrets of c are, those that are not set included.
func slots(c *model.Client) []slot {
	var out []slot
	if c.UsesOAuth() {
		a := &c.Auth
		out = append(
			out,
			slot{"client_secret", &a.ClientSecret, needsSecret(a)},
			slot{"password", &a.Password, when(a.Grant == model.GrantPassword, "a username needs its password, or leave both empty")},
			slot{"key", &a.Assertion.Key, when(a.Send == model.SendKey, "private_key_jwt needs the private key that it signs with")},
		)
		out = append(out, headerSlots("token_headers.", a.Headers)...)
	}
	out = append(
		out,
		slot{"cert_key", &c.TLS.KeyPEM, when(c.TLS.CertPEM != "", "a client certificate needs its private key")},
		slot{"proxy_password", &c.Transport.ProxyPassword, when(c.Transport.ProxyUser != "", "a proxy user needs its password, or leave both empty")},
	)
	return append(out, headerSlots("headers.", c.Headers)...)
}

func headerSlots(prefix string, hs []model.Header) []slot {
	var out []slot
	for i := range hs {
		h := &hs[i]
		out = append(out, slot{prefix + h.Name, &h.Value, when(h.Secret, "the value of "+h.Name+" is needed: it is a secret header")})
	}
	return out
}

func when(needed bool, why string) string {
	if needed {
		return why
	}
	return ""
}

// needsSecret says why the client secret is needed. A public client may use the password
// grant without one; key, tls and none do not use it.
func needsSecret(a *model.Auth) string {
	switch a.Send {
	case model.SendKey, model.SendTLS, model.SendNone:
		return ""
	}
	switch a.Grant {
	case model.GrantPassword:
		return ""
	case model.GrantDevice:
		return "the client secret is needed, unless the client is public: send none"
	}
	return "OAuth 2.0 needs the client secret"
}

// Missing returns the fields that must be given before c can be used: secrets that
// were cleared when it was pointed elsewhere.
func Missing(c *model.Client) []string {
	var out []string
	for _, s := range slots(c) {
		if s.needed != "" && !s.value.IsSet() {
			out = append(out, s.field)
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
	name, isTokenHeader := strings.CutPrefix(field, "token_headers.")
	if isTokenHeader {
		return "--secret-token-header-file " + name + "=FILE"
	}
	if _, isHeader := strings.CutPrefix(field, "headers."); isHeader {
		return "--secret-header-file NAME=FILE"
	}
	return "--" + strings.ReplaceAll(field, "_", "-") + "-file FILE"
}

// findSlot returns the slot called field; the names of headers are compared without case.
func findSlot(c *model.Client, field string) (slot, bool) {
	all := slots(c)
	i := slices.IndexFunc(all, func(s slot) bool {
		return s.field == field || strings.Contains(field, "headers.") && strings.EqualFold(s.field, field)
	})
	if i < 0 {
		return slot{}, false
	}
	return all[i], true
}
