package gateway

import (
	"net/http"
	"net/url"
	"strings"

	"ferry/model"
)

// relocate rewrites what leads a caller to another place, when that is on the same upstream
// and below its base URL. What leads elsewhere is left as it is, and never followed.
func (f *flight) relocate(resp *http.Response) {
	for _, name := range []string{"Location", "Content-Location"} {
		if v := resp.Header[name]; len(v) > 0 {
			resp.Header[name] = []string{f.moved(v[0], resp.Request)}
		}
	}
	if v := resp.Header["Refresh"]; len(v) > 0 {
		resp.Header["Refresh"] = []string{f.refreshed(v[0], resp.Request)}
	}
	for i, v := range resp.Header["Link"] {
		resp.Header["Link"][i] = f.linked(v, resp.Request)
	}
}

// linked is moved for each target of a Link header (RFC 8288 §3): whoever pages by it stays
// in the gateway. Parameters are left as they are; one may hold a < in quotes.
func (f *flight) linked(raw string, asked *http.Request) string {
	var out strings.Builder
	quoted := false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '\\' && quoted && i+1 < len(raw):
			out.WriteByte(c)
			i++
			c = raw[i]
		case c == '"':
			quoted = !quoted
		case c == '<' && !quoted:
			if end := strings.IndexByte(raw[i:], '>'); end > 0 {
				out.WriteString("<" + f.moved(raw[i+1:i+end], asked))
				i += end
				c = '>'
			}
		}
		out.WriteByte(c)
	}
	return out.String()
}

// moved returns the address under which the caller finds what an upstream calls raw.
func (f *flight) moved(raw string, asked *http.Request) string {
	u, err := url.Parse(raw)
	if err != nil || asked == nil {
		return raw
	}
	full := asked.URL.ResolveReference(u)
	if model.Origin(full.Scheme+"://"+full.Host) != f.target.origin {
		return raw
	}
	path := full.EscapedPath()
	rest, ok := strings.CutPrefix(path, f.target.basePath)
	if !ok || rest != "" && rest[0] != '/' {
		return raw
	}
	out := f.g.public + f.x.at.prefix + rest
	if q := f.target.without(full.RawQuery); q != "" {
		out += "?" + q
	}
	if full.Fragment != "" {
		out += "#" + full.EscapedFragment()
	}
	return out
}

// refreshed is moved for a Refresh header: "5; url=https://…".
func (f *flight) refreshed(raw string, asked *http.Request) string {
	wait, to, ok := strings.Cut(raw, ";")
	if !ok {
		return raw
	}
	name, address, ok := strings.Cut(to, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(name), "url") {
		return raw
	}
	return wait + "; url=" + f.moved(strings.Trim(strings.TrimSpace(address), `"'`), asked)
}
