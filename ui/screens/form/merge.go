package form

import (
	"reflect"
	"slices"
	"strings"

	"ferry/model"
	"ferry/model/clients"
)

// merge returns what they saved with what was typed laid over it: a field that mine
// changed from base stays mine. Both tells, for each field that both changed to
// something different, what theirs says; a secret says only that it was changed.
func merge(base, mine, theirs clients.Draft) (merged clients.Draft, both map[string]string) {
	merged, both = theirs, map[string]string{}
	pick(both, "name", &merged.Name, base.Name, mine.Name, identity)
	pick(both, "base_url", &merged.BaseURL, base.BaseURL, mine.BaseURL, identity)
	pick(both, "auth", &merged.Method, base.Method, mine.Method, func(m model.AuthMethod) string { return string(m) })
	pick(both, "token_url", &merged.TokenURL, base.TokenURL, mine.TokenURL, identity)
	pick(both, "issuer", &merged.Issuer, base.Issuer, mine.Issuer, identity)
	pick(both, "client_id", &merged.ClientID, base.ClientID, mine.ClientID, identity)
	pick(both, "username", &merged.Username, base.Username, mine.Username, identity)
	pick(both, "audience", &merged.Audience, base.Audience, mine.Audience, identity)
	pick(both, "send", &merged.Send, base.Send, mine.Send, func(s model.ClientAuth) string { return string(s) })
	pick(both, "protected", &merged.Protected, base.Protected, mine.Protected, yesNo)
	pick(both, "allow_http", &merged.AllowHTTP, base.AllowHTTP, mine.AllowHTTP, yesNo)
	pick(both, "timeout", &merged.Timeout, base.Timeout, mine.Timeout, durationText)
	pick(both, "tls_server_name", &merged.TLS.ServerName, base.TLS.ServerName, mine.TLS.ServerName, identity)
	pick(both, "tls_min_version", &merged.TLS.MinVersion, base.TLS.MinVersion, mine.TLS.MinVersion, identity)
	pick(both, "ca", &merged.TLS.CAPEM, base.TLS.CAPEM, mine.TLS.CAPEM, func(string) string { return "other certificates" })
	if !slices.Equal(mine.Scopes, base.Scopes) {
		note(both, "scopes", slices.Equal(theirs.Scopes, base.Scopes) || slices.Equal(theirs.Scopes, mine.Scopes), strings.Join(theirs.Scopes, " "))
		merged.Scopes = mine.Scopes
	}
	if !slices.Equal(mine.Params, base.Params) {
		note(both, "params", slices.Equal(theirs.Params, base.Params) || slices.Equal(theirs.Params, mine.Params), "other parameters")
		merged.Params = mine.Params
	}
	// A secret that was typed, or cleared on purpose, stays so.
	if mine.ClientSecret != base.ClientSecret {
		merged.ClientSecret = mine.ClientSecret
	}
	if mine.Password != base.Password {
		merged.Password = mine.Password
	}
	merged.Headers = mergeHeaders(base.Headers, mine.Headers, theirs.Headers)
	return merged, both
}

func pick[T comparable](both map[string]string, field string, to *T, base, mine T, text func(T) string) {
	theirs := *to
	if mine == base {
		return
	}
	note(both, field, theirs == base || theirs == mine, text(theirs))
	*to = mine
}

func note(both map[string]string, field string, same bool, theirs string) {
	if !same {
		both[field] = theirs
	}
}

func identity(s string) string { return s }

func yesNo(b bool) string {
	if b {
		return "on"
	}
	return "off"
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
