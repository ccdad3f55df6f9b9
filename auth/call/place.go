package call

import (
	"net/http"
	"net/url"
	"strings"

	"ferry/auth/wire"
	"ferry/model"
)

// placed returns the header that carries the token: Authorization with Bearer (RFC 6750
// §2.1) unless the client says otherwise. "" when none does.
func placed(p *model.Place, t model.Token) (name, value string) {
	value = t.Access.Reveal()
	switch {
	case value == "" || p.Query != "":
		return "", ""
	case p.Header == "":
		name = "Authorization"
	default:
		name = http.CanonicalHeaderKey(p.Header)
	}
	prefix := p.Prefix
	if prefix == "" && p.Header == "" {
		prefix = "Bearer"
	}
	if prefix != "" {
		value = prefix + " " + value
	}
	return name, value
}

// unplaced is the error for a token or a place that HTTP does not take.
func unplaced(c *model.Client, where string) error {
	return model.Errorf(model.EInvalid, "the access token cannot be put into a %s", where).
		WithNext("fetch a new one: ferry token %s --fresh", model.Printable(c.Name))
}

// placeInQuery adds the token to u where that is its place (RFC 6750 §2.3). A parameter
// of that name that is there already is the request's own, and stays.
func placeInQuery(c *model.Client, t model.Token, u *url.URL) error {
	name, value := c.Auth.Place.Query, t.Access.Reveal()
	if name == "" || value == "" {
		return nil
	}
	if strings.ContainsAny(name+value, "\r\n\x00") {
		return unplaced(c, "query")
	}
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		if named(part, name) {
			return nil
		}
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	// Every reserved character is escaped, a form that masking knows.
	u.RawQuery += url.QueryEscape(name) + "=" + url.QueryEscape(value)
	return nil
}

// named reports whether a parameter of a query has this name.
func named(part, name string) bool {
	key, _, _ := strings.Cut(part, "=")
	if plain, err := url.QueryUnescape(key); err == nil {
		key = plain
	}
	return key == name
}

// takeOut removes the token from the query of u, which leads to another origin. It
// reports false when the URL still holds it.
func takeOut(p *model.Place, t model.Token, u *url.URL) bool {
	if !t.Access.IsSet() {
		return true
	}
	red := wire.NewRedactor([]model.Secret{t.Access})
	var kept []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		plain, err := url.QueryUnescape(part)
		if p.Query != "" && named(part, p.Query) || red.Holds(part) || err == nil && red.Holds(plain) {
			continue
		}
		kept = append(kept, part)
	}
	u.RawQuery = strings.Join(kept, "&")
	return !red.Holds(u.String()) && !red.Holds(u.Path)
}
