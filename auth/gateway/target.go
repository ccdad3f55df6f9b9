package gateway

import (
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"ferry/auth/wire"
	"ferry/model"
)

// target is where the requests to a client go and what is put into them, as of one revision
// of it. It does not change.
type target struct {
	revision  uint64
	base      *url.URL
	basePath  string // escaped, without a slash at its end
	origin    string
	own       map[string]struct{} // headers that the caller may not set: the client's own and the token's
	headers   http.Header         // the client's own
	secrets   []string            // in them
	agent     string
	place     model.Place
	transport http.RoundTripper
}

// targetOf returns the target of a client. EInvalid when its settings cannot be used.
func (g *Gateway) targetOf(l *lane, c *model.Client) (*target, error) {
	if t := l.target.Load(); t != nil && t.revision == c.Revision {
		return t, nil
	}
	base, err := wire.CheckURL(c, c.BaseURL, "base_url")
	if err != nil {
		return nil, err
	}
	rt, err := g.through(c)
	if err != nil {
		return nil, err
	}
	t := &target{
		revision: c.Revision, base: base, basePath: strings.TrimRight(base.EscapedPath(), "/"), origin: model.Origin(c.BaseURL),
		own: map[string]struct{}{}, headers: http.Header{}, agent: c.Transport.UserAgent, place: c.Auth.Place, transport: rt,
	}
	for _, h := range c.Headers {
		name := textproto.CanonicalMIMEHeaderKey(h.Name)
		t.own[plain(name)] = struct{}{}
		t.headers[name] = []string{h.Value.Reveal()}
		if v := h.Value.Reveal(); h.Secret && len(v) >= minSecret {
			t.secrets = append(t.secrets, v)
		}
	}
	if t.place.Header != "" {
		t.place.Header = textproto.CanonicalMIMEHeaderKey(t.place.Header)
		t.own[plain(t.place.Header)] = struct{}{}
	}
	l.target.Store(t)
	return t, nil
}

// minSecret is how long a secret is that is looked for in answers: "1" is in every one.
const minSecret = 6

// at sets the URL of a request: what was asked for, below the base URL, as it was sent.
func (t *target) at(out *url.URL, rest, query string) {
	joined := t.basePath + rest
	if rest == "" {
		joined = t.base.EscapedPath()
	}
	out.Scheme, out.Host, out.User, out.Opaque, out.Fragment = t.base.Scheme, t.base.Host, nil, "", ""
	out.Path, out.RawPath = joined, ""
	if strings.IndexByte(joined, '%') >= 0 {
		if path, err := url.PathUnescape(joined); err == nil {
			out.Path, out.RawPath = path, joined
		}
	}
	out.ForceQuery, out.RawQuery = false, t.without(query)
}

// without takes the parameter of the token's place out of a query, in every spelling that a
// server may read as it.
func (t *target) without(query string) string {
	if t.place.Query == "" || query == "" {
		return query
	}
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		for _, p := range strings.Split(part, ";") {
			if named(p, t.place.Query) {
				part = ""
			}
		}
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}

func named(part, name string) bool {
	key, _, _ := strings.Cut(part, "=")
	if p, err := url.QueryUnescape(key); err == nil {
		key = p
	}
	return strings.EqualFold(strings.Trim(key, " \t\r\n\x00"), name)
}

// pass is a token as it is put into requests, made once for each.
type pass struct {
	target  *target
	token   string
	name    string   // of the header, "" when it stands in the query
	values  []string // of the header
	query   string   // or the parameter
	secrets []string // what answers may not repeat
}

// pass returns the pass for a token, the one of the request before when it is the same.
func (t *target) pass(l *lane, token model.Token) *pass {
	value := token.Access.Reveal()
	if p := l.pass.Load(); p != nil && p.target == t && p.token == value {
		return p
	}
	p := &pass{target: t, token: value}
	if value != "" {
		p.place(&t.place)
		for _, s := range []string{value, url.QueryEscape(value)} {
			if len(s) >= minSecret && !slices.Contains(p.secrets, s) {
				p.secrets = append(p.secrets, s)
			}
		}
	}
	l.pass.Store(p)
	return p
}

// place says where the token stands: in Authorization as a bearer (RFC 6750 §2.1) unless the
// client has another place for it.
func (p *pass) place(at *model.Place) {
	if at.Query != "" {
		p.query = url.QueryEscape(at.Query) + "=" + url.QueryEscape(p.token)
		return
	}
	prefix, value := at.Prefix, p.token
	if p.name = at.Header; p.name == "" {
		p.name = "Authorization"
		if prefix == "" {
			prefix = "Bearer"
		}
	}
	if prefix != "" {
		value = prefix + " " + value
	}
	p.values = []string{value}
}

// inject puts the client's credentials into a request.
func (p *pass) inject(t *target, out *http.Request) {
	for name, values := range t.headers {
		out.Header[name] = values
	}
	switch {
	case p.name != "":
		out.Header[p.name] = p.values
	case p.query != "" && out.URL.RawQuery != "":
		out.URL.RawQuery += "&" + p.query
	case p.query != "":
		out.URL.RawQuery = p.query
	}
}
