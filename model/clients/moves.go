package clients

import (
	"fmt"

	"ferry/model"
)

// Moves reports whether the draft points a stored client somewhere else: to another
// origin of its base URL, token URL, issuer or device URL, through another proxy, or to a
// server that is trusted by another certificate or name, or by none at all. Whoever can do
// that would otherwise have the stored secrets sent to a server of theirs, so they are
// kept only if given again.
func (d *Draft) Moves(stored *model.Client) bool {
	if stored == nil {
		return false
	}
	was := &stored.Auth
	return model.Origin(d.BaseURL) != model.Origin(stored.BaseURL) ||
		movedFrom(was.TokenURL, d.TokenURL) || movedFrom(was.Issuer, d.Issuer) || d.movesDevice(was) ||
		d.TLS.CAPEM != stored.TLS.CAPEM || d.TLS.ServerName != stored.TLS.ServerName ||
		d.TLS.Insecure && !stored.TLS.Insecure ||
		usesProxy(d.Transport.Proxy) && movedFrom(stored.Transport.Proxy, d.Transport.Proxy)
}

// movedFrom reports whether an optional URL changes its origin. One that is added or
// removed counts: then another place decides where the token request goes.
func movedFrom(was, is string) bool { return model.Origin(was) != model.Origin(is) }

// movesDevice reports whether another place than before starts the device grant: not one
// that the token request, or the discovery of it, goes to anyway.
func (d *Draft) movesDevice(was *model.Auth) bool {
	return d.DeviceURL != "" && movedFrom(was.DeviceURL, d.DeviceURL) &&
		movedFrom(d.TokenURL, d.DeviceURL) && movedFrom(d.Issuer, d.DeviceURL)
}

// usesProxy reports whether a proxy is named. Going direct, or as the environment of this
// host says, is nowhere that an edit could choose.
func usesProxy(proxy string) bool { return proxy != "" && proxy != model.ProxyNone }

// lost returns the fields whose stored secret a moving draft does not give again, headers
// by their number.
func lost(d *Draft, stored *model.Client) []string {
	var out []string
	add := func(field string, e SecretEdit, was model.Secret) {
		if e.Keep && was.IsSet() {
			out = append(out, field)
		}
	}
	if d.Method == model.AuthOAuth2 {
		add("client_secret", d.ClientSecret, stored.Auth.ClientSecret)
		add("password", d.Password, stored.Auth.Password)
		add("key", d.Key, stored.Auth.Assertion.Key)
		for i, h := range d.TokenHeaders {
			add(fmt.Sprintf("token_headers.%d", i), h.Value, headerValue(stored.Auth.Headers, h.Name))
		}
	}
	if d.TLS.CertPEM != "" {
		add("cert_key", d.TLSKey, stored.TLS.KeyPEM)
	}
	if d.Transport.ProxyUser != "" {
		add("proxy_password", d.ProxyPassword, stored.Transport.ProxyPassword)
	}
	for i, h := range d.Headers {
		add(fmt.Sprintf("headers.%d", i), h.Value, headerValue(stored.Headers, h.Name))
	}
	return out
}
