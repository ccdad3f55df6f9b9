package clients

import (
	"strconv"
	"strings"

	"ferry/model"
)

// changes lists the fields in which two clients differ, was nil for a new one. A
// secret shows as set, changed or cleared, never as its text.
func changes(was, is *model.Client) []model.Change {
	if was == nil {
		was = &model.Client{}
	}
	d := &differ{}
	d.text("name", was.Name, is.Name)
	d.text("base_url", was.BaseURL, is.BaseURL)
	d.text("state", string(was.State), string(is.State))
	d.auth(&was.Auth, &is.Auth)
	d.headers("header ", was.Headers, is.Headers)
	d.flag("protected", was.Protected, is.Protected)
	d.flag("allow_http", was.AllowHTTP, is.AllowHTTP)
	d.tls(&was.TLS, &is.TLS)
	d.transport(&was.Transport, &is.Transport)
	d.flag("keep_bodies", was.KeepBodies, is.KeepBodies)
	d.exposure(&was.Gateway, &is.Gateway)
	d.text("timeout", was.Timeout.String(), is.Timeout.String())
	return d.out
}

// differ collects the fields in which two clients differ.
type differ struct{ out []model.Change }

func (d *differ) text(field, a, b string) {
	if a != b {
		d.out = append(d.out, model.Change{Field: field, From: a, To: b})
	}
}

func (d *differ) flag(field string, a, b bool) {
	d.text(field, strconv.FormatBool(a), strconv.FormatBool(b))
}

// file is a text that is too long to show.
func (d *differ) file(field, a, b string) {
	switch {
	case a == b:
	case a != "" && b != "":
		d.text(field, "set", "changed")
	default:
		d.text(field, present(a), present(b))
	}
}

func (d *differ) secret(field string, a, b model.Secret) {
	switch {
	case a.Equal(b):
	case !a.IsSet():
		d.text(field, "", "set")
	case !b.IsSet():
		d.text(field, "set", "cleared")
	default:
		d.text(field, "set", "changed")
	}
}

func (d *differ) auth(was, is *model.Auth) {
	d.text("auth", string(was.Method), string(is.Method))
	d.text("grant", string(was.Grant), string(is.Grant))
	d.text("send", string(was.Send), string(is.Send))
	d.text("token_url", was.TokenURL, is.TokenURL)
	d.text("issuer", was.Issuer, is.Issuer)
	d.text("device_url", was.DeviceURL, is.DeviceURL)
	d.text("client_id", was.ClientID, is.ClientID)
	d.secret("client_secret", was.ClientSecret, is.ClientSecret)
	d.secret("key", was.Assertion.Key, is.Assertion.Key)
	d.text("key_id", was.Assertion.KeyID, is.Assertion.KeyID)
	d.text("key_alg", was.Assertion.Algorithm, is.Assertion.Algorithm)
	d.text("key_audience", string(was.Assertion.Audience), string(is.Assertion.Audience))
	d.text("username", was.Username, is.Username)
	d.secret("password", was.Password, is.Password)
	d.text("scopes", strings.Join(was.Scopes, " "), strings.Join(is.Scopes, " "))
	d.text("audience", was.Audience, is.Audience)
	d.text("resources", strings.Join(was.Resources, " "), strings.Join(is.Resources, " "))
	d.text("params", paramText(was.Params), paramText(is.Params))
	d.headers("token header ", was.Headers, is.Headers)
	d.text("place", placeText(was.Place), placeText(is.Place))
}

func (d *differ) tls(was, is *model.TLS) {
	d.text("tls_server_name", was.ServerName, is.ServerName)
	d.text("tls_min_version", was.MinVersion, is.MinVersion)
	d.file("ca", was.CAPEM, is.CAPEM)
	d.file("cert", was.CertPEM, is.CertPEM)
	d.secret("cert_key", was.KeyPEM, is.KeyPEM)
	d.flag("insecure", was.Insecure, is.Insecure)
}

func (d *differ) transport(was, is *model.Transport) {
	d.text("proxy", was.Proxy, is.Proxy)
	d.text("proxy_user", was.ProxyUser, is.ProxyUser)
	d.secret("proxy_password", was.ProxyPassword, is.ProxyPassword)
	d.text("connect_timeout", was.Connect.String(), is.Connect.String())
	d.text("first_byte_timeout", was.FirstByte.String(), is.FirstByte.String())
	d.text("user_agent", was.UserAgent, is.UserAgent)
	d.text("rate_limit", rateText(was.RateLimit), rateText(is.RateLimit))
}

func (d *differ) exposure(was, is *model.Exposure) {
	d.text("cors_origins", strings.Join(was.Origins, " "), strings.Join(is.Origins, " "))
	d.text("cors_methods", strings.Join(was.Methods, " "), strings.Join(is.Methods, " "))
	d.flag("gateway_upgrades", was.Upgrades, is.Upgrades)
	d.flag("gateway_cookies", was.Cookies, is.Cookies)
	d.flag("gateway_realm", was.Realm, is.Realm)
}

func rateText(perSecond float64) string { return strconv.FormatFloat(perSecond, 'g', -1, 64) }

// placeText says where a token stands; "" for the usual place. No two places have the
// same text: a change would be missed.
func placeText(p model.Place) string {
	var words []string
	for _, part := range [][2]string{{"header", p.Header}, {"prefix", p.Prefix}, {"query", p.Query}} {
		if part[1] != "" {
			words = append(words, part[0]+" "+part[1])
		}
	}
	return strings.Join(words, ", ")
}

// headers appends the headers that differ, each as a field of its own behind prefix.
func (d *differ) headers(prefix string, was, is []model.Header) {
	for _, h := range is {
		old, had := findHeader(was, h.Name)
		field := prefix + h.Name
		switch {
		case !had:
			d.out = append(d.out, model.Change{Field: field, To: shown(h)})
		case old.Secret != h.Secret || !old.Value.Equal(h.Value):
			to := shown(h)
			if !h.Value.IsSet() {
				to = "cleared"
			} else if h.Secret {
				to = "changed"
			}
			d.out = append(d.out, model.Change{Field: field, From: shown(old), To: to})
		}
	}
	for _, h := range was {
		if _, has := findHeader(is, h.Name); !has {
			d.out = append(d.out, model.Change{Field: prefix + h.Name, From: shown(h), To: "removed"})
		}
	}
}

func findHeader(hs []model.Header, name string) (model.Header, bool) {
	for _, h := range hs {
		if sameHeader(h.Name, name) {
			return h, true
		}
	}
	return model.Header{}, false
}

func shown(h model.Header) string {
	if h.Secret {
		return "set"
	}
	return h.Value.Reveal()
}

func present(s string) string {
	if s == "" {
		return ""
	}
	return "set"
}

func paramText(ps []model.Param) string {
	parts := make([]string, len(ps))
	for i, p := range ps {
		parts[i] = p.Name + "=" + p.Value
	}
	return strings.Join(parts, "&")
}
