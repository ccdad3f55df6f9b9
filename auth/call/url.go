package call

import (
	"fmt"
	"net/url"
	"strings"

	"ferry/auth/wire"
	"ferry/model"
)

// BuildURL joins a request's path and query to a client's base URL. Escapes stay as
// they are written, and what a URL cannot hold is escaped. It refuses, with EInvalid
// and field "path" or "query", whatever would leave the origin or the path of the base
// URL: another origin, a "..", userinfo, a fragment, a control character.
func BuildURL(c *model.Client, r model.Request) (*url.URL, error) {
	base, err := wire.CheckURL(c, c.BaseURL, "base_url")
	if err != nil {
		return nil, err
	}
	raw, err := relative(c, base, r.Path)
	if err != nil {
		return nil, err
	}
	path, query, hasQuery := strings.Cut(raw, "?")
	if path, err = escape(path, pathBytes); err != nil {
		return nil, err
	}
	joined := strings.TrimSuffix(base.EscapedPath(), "/")
	switch {
	case path == "":
		joined = base.EscapedPath()
	case strings.HasPrefix(path, "/"):
		joined += path
	default:
		joined += "/" + path
	}
	if joined, err = clean(joined, strings.TrimSuffix(base.EscapedPath(), "/")); err != nil {
		return nil, err
	}
	u := *base
	u.RawPath = joined
	if u.Path, err = url.PathUnescape(joined); err != nil {
		return nil, badPath("holds a %% that is no escape")
	}
	if hasQuery {
		if query, err = escape(query, queryBytes); err != nil {
			return nil, err
		}
	}
	u.RawQuery, err = addQuery(base.RawQuery, query, r.Query)
	return &u, err
}

func badPath(format string, args ...any) error {
	return model.Errorf(model.EInvalid, "the path "+format, args...).WithField("path").
		WithNext("give a path below the base URL, such as /orders?page=1")
}

// relative returns path and query below the base URL. An absolute URL is taken when
// it is on the same origin and below the same path, as "next" links are.
func relative(c *model.Client, base *url.URL, raw string) (string, error) {
	for i := range len(raw) {
		if raw[i] < ' ' || raw[i] == 0x7f {
			return "", badPath("holds the control character <U+%04X> at position %d", raw[i], i+1)
		}
	}
	if strings.Contains(raw, "#") {
		return "", badPath("holds a fragment (#), which is never sent; write %%23 if the character is meant")
	}
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || strings.ContainsAny(scheme, "/?") {
		return raw, nil
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	u, err := url.Parse(scheme + "://" + rest[:end])
	switch {
	case err != nil || u.Host == "":
		return "", badPath("is not a URL that can be read")
	case u.User != nil:
		return "", badPath("holds a user name or password")
	case model.Origin(u.String()) != model.Origin(c.BaseURL):
		return "", badPath("leads to %s, and the credentials of %q are for %s only", model.Printable(u.Host), model.Printable(c.Name), model.Printable(base.Host))
	}
	prefix := strings.TrimSuffix(base.EscapedPath(), "/")
	below := rest[end:]
	if tail := strings.TrimPrefix(below, prefix); len(tail) < len(below) || prefix == "" {
		if tail == "" || tail[0] == '/' || tail[0] == '?' {
			return tail, nil
		}
	}
	return "", badPath("is outside the base URL's path %s", model.Printable(prefix))
}

// What stands in a path and in a query as it is, beside letters and digits
// (RFC 3986 §3.3, §3.4).
const (
	pathBytes  = "-._~!$&'()*+,;=:@/"
	queryBytes = pathBytes + "?"
)

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// escape keeps escapes and escapes whatever else may not stand there.
func escape(s, allowed string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if i+2 >= len(s) || !hex(s[i+1]) || !hex(s[i+2]) {
				return "", badPath("holds a %% that is no escape; write %%25 if the character is meant")
			}
			if v := unhex(s[i+1])<<4 | unhex(s[i+2]); v < ' ' || v == 0x7f {
				return "", badPath("holds the control character %%%02X", v)
			}
			b.WriteByte(c)
		case alnum(c) || strings.IndexByte(allowed, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String(), nil
}

func hex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

// clean resolves "." and ".." and refuses to go above prefix. A ".." hidden behind
// escapes or a backslash is refused, because servers differ in whether they see it.
func clean(path, prefix string) (string, error) {
	depth := strings.Count(prefix, "/")
	segments := strings.Split(path, "/")
	var out []string
	for i, seg := range segments {
		plain, err := url.PathUnescape(seg)
		if err != nil {
			return "", badPath("holds a %% that is no escape")
		}
		last := i == len(segments)-1
		switch {
		case seg == ".":
			if last {
				out = append(out, "")
			}
		case seg == "..":
			if len(out) <= depth+1 {
				return "", badPath("leaves the base URL's path with ..")
			}
			out = out[:len(out)-1]
			if last {
				out = append(out, "")
			}
		case hidden(plain):
			return "", badPath("hides a .. behind an escape")
		default:
			out = append(out, seg)
		}
	}
	return strings.Join(out, "/"), nil
}

func hidden(plain string) bool {
	for _, part := range strings.FieldsFunc(plain, func(r rune) bool { return r == '/' || r == '\\' }) {
		// A second round of escapes, as %252e is.
		again, err := url.PathUnescape(part)
		if part == ".." || part == "." && plain != "." || err == nil && (again == ".." || strings.Contains(again, "../") || strings.Contains(again, `..\`)) {
			return true
		}
	}
	return plain == "."
}

// addQuery joins the parts of a query, in the order in which they were given.
func addQuery(base, own string, params []model.Param) (string, error) {
	var parts []string
	for _, p := range []string{base, own} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	for _, p := range params {
		if p.Name == "" {
			return "", model.Errorf(model.EInvalid, "a query parameter has no name").WithField("query")
		}
		for _, s := range []string{p.Name, p.Value} {
			if strings.ContainsAny(s, "\r\n\x00") {
				return "", model.Errorf(model.EInvalid, "the query parameter %q holds a line break or NUL", model.Printable(p.Name)).WithField("query")
			}
		}
		parts = append(parts, escapeValue(p.Name)+"="+escapeValue(p.Value))
	}
	return strings.Join(parts, "&"), nil
}

// escapeValue escapes one side of a parameter. What OData and friends write plainly
// ($top, a comma) stays readable; a space is %20, which every server decodes.
func escapeValue(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; alnum(c) || strings.IndexByte("-._~$,:@/!*'()", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
