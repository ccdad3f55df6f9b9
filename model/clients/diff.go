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
	var out []model.Change
	text := func(field, a, b string) {
		if a != b {
			out = append(out, model.Change{Field: field, From: a, To: b})
		}
	}
	secret := func(field string, a, b model.Secret) {
		switch {
		case a.Equal(b):
		case !a.IsSet():
			out = append(out, model.Change{Field: field, To: "set"})
		case !b.IsSet():
			out = append(out, model.Change{Field: field, From: "set", To: "cleared"})
		default:
			out = append(out, model.Change{Field: field, From: "set", To: "changed"})
		}
	}
	text("name", was.Name, is.Name)
	text("base_url", was.BaseURL, is.BaseURL)
	text("state", string(was.State), string(is.State))
	text("auth", string(was.Auth.Method), string(is.Auth.Method))
	text("grant", string(was.Auth.Grant), string(is.Auth.Grant))
	text("send", string(was.Auth.Send), string(is.Auth.Send))
	text("token_url", was.Auth.TokenURL, is.Auth.TokenURL)
	text("issuer", was.Auth.Issuer, is.Auth.Issuer)
	text("client_id", was.Auth.ClientID, is.Auth.ClientID)
	secret("client_secret", was.Auth.ClientSecret, is.Auth.ClientSecret)
	text("username", was.Auth.Username, is.Auth.Username)
	secret("password", was.Auth.Password, is.Auth.Password)
	text("scopes", strings.Join(was.Auth.Scopes, " "), strings.Join(is.Auth.Scopes, " "))
	text("audience", was.Auth.Audience, is.Auth.Audience)
	text("params", paramText(was.Auth.Params), paramText(is.Auth.Params))
	out = append(out, headerChanges(was.Headers, is.Headers)...)
	text("protected", strconv.FormatBool(was.Protected), strconv.FormatBool(is.Protected))
	text("allow_http", strconv.FormatBool(was.AllowHTTP), strconv.FormatBool(is.AllowHTTP))
	text("tls_server_name", was.TLS.ServerName, is.TLS.ServerName)
	text("tls_min_version", was.TLS.MinVersion, is.TLS.MinVersion)
	if was.TLS.CAPEM != is.TLS.CAPEM {
		out = append(out, model.Change{Field: "ca", From: present(was.TLS.CAPEM), To: present(is.TLS.CAPEM)})
	}
	text("timeout", was.Timeout.String(), is.Timeout.String())
	return out
}

func headerChanges(was, is []model.Header) []model.Change {
	var out []model.Change
	for _, h := range is {
		old, had := findHeader(was, h.Name)
		field := "header " + h.Name
		switch {
		case !had:
			out = append(out, model.Change{Field: field, To: shown(h)})
		case old.Secret != h.Secret || !old.Value.Equal(h.Value):
			to := shown(h)
			if !h.Value.IsSet() {
				to = "cleared"
			} else if h.Secret {
				to = "changed"
			}
			out = append(out, model.Change{Field: field, From: shown(old), To: to})
		}
	}
	for _, h := range was {
		if _, has := findHeader(is, h.Name); !has {
			out = append(out, model.Change{Field: "header " + h.Name, From: shown(h), To: "removed"})
		}
	}
	return out
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
