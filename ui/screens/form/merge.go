package form

import (
	"reflect"
	"strings"

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
	// A secret that was typed, or cleared on purpose, stays so.
	if mine.ClientSecret != base.ClientSecret {
		out.ClientSecret = mine.ClientSecret
	}
	if mine.Password != base.Password {
		out.Password = mine.Password
	}
	out.Headers = mergeHeaders(base.Headers, mine.Headers, theirs.Headers)
	return out, both
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
