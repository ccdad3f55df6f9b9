package clients

import (
	"slices"
	"strings"

	"ferry/model"
)

// warnings are what a person should know about a draft that can be saved, sorted by field.
func warnings(d *Draft, c, stored *model.Client) []model.FieldError {
	w := &problems{}
	if c.AllowHTTP {
		for field, raw := range map[string]string{"base_url": c.BaseURL, "token_url": c.Auth.TokenURL, "device_url": c.Auth.DeviceURL} {
			if plainHTTP(raw) {
				w.addf(field, "plain http: whatever is sent can be read on the way")
			}
		}
	}
	if c.TLS.Insecure {
		w.addf("insecure", "certificates are not checked: anybody on the way can read and change whatever is sent")
	}
	if c.Transport.ProxyUser != "" && plainHTTP(c.Transport.Proxy) {
		w.addf("proxy", "the proxy's password travels to it in plain http and can be read on the way")
	}
	if c.Auth.Place.Query != "" {
		w.addf("place", "a token in the query ends up in logs: use it only where nothing else is offered")
	}
	if c.Auth.Grant == model.GrantPassword {
		w.addf("username", "the password grant is legacy: use it only where nothing else is offered")
	}
	if d.Moves(stored) {
		for _, f := range lost(d, stored) {
			w.addf(f, "the stored secret is cleared, because the client now points elsewhere: give it again")
		}
	}
	slices.SortStableFunc(w.list, func(a, b model.FieldError) int { return strings.Compare(a.Field, b.Field) })
	return w.list
}

// plainHTTP reports whether what is sent to raw leaves this host in the clear.
func plainHTTP(raw string) bool {
	return strings.HasPrefix(model.Origin(raw), "http://") && !model.IsLoopback(host(raw))
}
