package form

import (
	"reflect"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screens/merge"
)

// merged returns what they saved with what was typed laid over it: a field that mine
// changed from base stays mine. Both tells, for each field that both changed to
// something different, what theirs says; a secret says only that it was changed.
func merged(base, mine, theirs clients.Draft) (out clients.Draft, both merge.Both) {
	out, both = theirs, merge.Both{}
	merge.Value(both, "name", &out.Name, base.Name, mine.Name, merge.Text)
	merge.Value(both, "base_url", &out.BaseURL, base.BaseURL, mine.BaseURL, merge.Text)
	merge.Value(both, "auth", &out.Method, base.Method, mine.Method, func(m model.AuthMethod) string { return string(m) })
	merge.Value(both, "token_url", &out.TokenURL, base.TokenURL, mine.TokenURL, merge.Text)
	merge.Value(both, "issuer", &out.Issuer, base.Issuer, mine.Issuer, merge.Text)
	merge.Value(both, "client_id", &out.ClientID, base.ClientID, mine.ClientID, merge.Text)
	merge.Value(both, "username", &out.Username, base.Username, mine.Username, merge.Text)
	merge.Value(both, "audience", &out.Audience, base.Audience, mine.Audience, merge.Text)
	merge.Value(both, "send", &out.Send, base.Send, mine.Send, func(s model.ClientAuth) string { return string(s) })
	merge.Value(both, "protected", &out.Protected, base.Protected, mine.Protected, merge.OnOff)
	merge.Value(both, "allow_http", &out.AllowHTTP, base.AllowHTTP, mine.AllowHTTP, merge.OnOff)
	merge.Value(both, "timeout", &out.Timeout, base.Timeout, mine.Timeout, durationText)
	merge.Value(both, "tls_server_name", &out.TLS.ServerName, base.TLS.ServerName, mine.TLS.ServerName, merge.Text)
	merge.Value(both, "tls_min_version", &out.TLS.MinVersion, base.TLS.MinVersion, mine.TLS.MinVersion, merge.Text)
	merge.Value(both, "ca", &out.TLS.CAPEM, base.TLS.CAPEM, mine.TLS.CAPEM, func(string) string { return "other certificates" })
	merge.List(both, "scopes", &out.Scopes, base.Scopes, mine.Scopes, func(l []string) string { return strings.Join(l, " ") })
	merge.List(both, "params", &out.Params, base.Params, mine.Params, func([]model.Param) string { return "other parameters" })
	mergeMore(both, &out, &base, &mine)
	// A secret that was typed, or cleared on purpose, stays so.
	for _, e := range []struct{ to, base, mine *clients.SecretEdit }{
		{&out.ClientSecret, &base.ClientSecret, &mine.ClientSecret},
		{&out.Password, &base.Password, &mine.Password},
		{&out.Key, &base.Key, &mine.Key},
		{&out.TLSKey, &base.TLSKey, &mine.TLSKey},
		{&out.ProxyPassword, &base.ProxyPassword, &mine.ProxyPassword},
	} {
		if *e.mine != *e.base {
			*e.to = *e.mine
		}
	}
	out.TokenHeaders = mergeHeaders(base.TokenHeaders, mine.TokenHeaders, theirs.TokenHeaders)
	out.Headers = mergeHeaders(base.Headers, mine.Headers, theirs.Headers)
	return out, both
}

// mergeMore merges what most clients leave alone.
func mergeMore(both merge.Both, out, base, mine *clients.Draft) {
	text := func(field string, to *string, base, mine string) {
		merge.Value(both, field, to, base, mine, merge.Text)
	}
	onOff := func(field string, to *bool, base, mine bool) { merge.Value(both, field, to, base, mine, merge.OnOff) }
	wait := func(field string, to *time.Duration, base, mine time.Duration) {
		merge.Value(both, field, to, base, mine, durationText)
	}
	onOff("grant", &out.Device, base.Device, mine.Device)
	text("device_url", &out.DeviceURL, base.DeviceURL, mine.DeviceURL)
	text("key_id", &out.Assertion.KeyID, base.Assertion.KeyID, mine.Assertion.KeyID)
	text("key_alg", &out.Assertion.Algorithm, base.Assertion.Algorithm, mine.Assertion.Algorithm)
	merge.Value(both, "key_audience", &out.Assertion.Audience, base.Assertion.Audience, mine.Assertion.Audience,
		func(a model.AssertionAudience) string { return string(a) })
	merge.List(both, "resources", &out.Resources, base.Resources, mine.Resources, func(l []string) string { return strings.Join(l, " ") })
	merge.Value(both, "place", &out.Place, base.Place, mine.Place, func(model.Place) string { return "another place" })
	t, b, m := &out.Transport, &base.Transport, &mine.Transport
	text("proxy", &t.Proxy, b.Proxy, m.Proxy)
	text("proxy_user", &t.ProxyUser, b.ProxyUser, m.ProxyUser)
	text("user_agent", &t.UserAgent, b.UserAgent, m.UserAgent)
	wait("connect_timeout", &t.Connect, b.Connect, m.Connect)
	wait("first_byte_timeout", &t.FirstByte, b.FirstByte, m.FirstByte)
	merge.Value(both, "rate_limit", &t.RateLimit, b.RateLimit, m.RateLimit, rateText)
	onOff("keep_bodies", &out.KeepBodies, base.KeepBodies, mine.KeepBodies)
	words := func(l []string) string { return strings.Join(l, ", ") }
	merge.List(both, "cors_origins", &out.Gateway.Origins, base.Gateway.Origins, mine.Gateway.Origins, words)
	merge.List(both, "cors_methods", &out.Gateway.Methods, base.Gateway.Methods, mine.Gateway.Methods, words)
	onOff("gateway_upgrades", &out.Gateway.Upgrades, base.Gateway.Upgrades, mine.Gateway.Upgrades)
	onOff("gateway_cookies", &out.Gateway.Cookies, base.Gateway.Cookies, mine.Gateway.Cookies)
	onOff("gateway_realm", &out.Gateway.Realm, base.Gateway.Realm, mine.Gateway.Realm)
	onOff("insecure", &out.TLS.Insecure, base.TLS.Insecure, mine.TLS.Insecure)
	merge.Value(both, "cert", &out.TLS.CertPEM, base.TLS.CertPEM, mine.TLS.CertPEM, func(string) string { return "another certificate" })
}

// mergeHeaders goes by names: what mine changed, added or removed is as in mine, the
// rest as in theirs.
func mergeHeaders(base, mine, theirs []clients.HeaderDraft) []clients.HeaderDraft {
	var out []clients.HeaderDraft
	for _, h := range mine {
		was, had := header(base, h.Name)
		now, has := header(theirs, h.Name)
		switch {
		case !had || !reflect.DeepEqual(was, h):
			out = append(out, h)
		case has:
			out = append(out, now)
		}
	}
	for _, h := range theirs {
		_, inMine := header(mine, h.Name)
		if _, had := header(base, h.Name); !inMine && !had {
			out = append(out, h)
		}
	}
	return out
}

func header(hs []clients.HeaderDraft, name string) (clients.HeaderDraft, bool) {
	for _, h := range hs {
		if strings.EqualFold(h.Name, name) {
			return h, true
		}
	}
	return clients.HeaderDraft{}, false
}
