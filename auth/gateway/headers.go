package gateway

import (
	"net/http"
	"net/textproto"
	"strings"

	"ferry/model"
)

func set(names ...string) map[string]struct{} {
	out := make(map[string]struct{}, len(names))
	for _, n := range names {
		out[n] = struct{}{}
	}
	return out
}

// taken are the headers of a caller that never reach an upstream: its credentials, what
// belongs to one hop (RFC 9110 §7.6.1), and what proxies and servers believe about where a
// request came from or goes to. Names that begin with takenPrefixes are too.
var taken = set(
	"Authorization", "Cookie", "Cookie2", "X-Request-Id",
	"Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Http2-Settings",
	"Forwarded", "Via", "X-Real-Ip", "X-Real-Port", "True-Client-Ip", "Cf-Connecting-Ip", "Cf-Connecting-Ipv6", "Cf-Pseudo-Ipv4",
	"Fastly-Client-Ip", "Fly-Client-Ip", "Client-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Envoy-External-Address",
	"X-Remote-Ip", "X-Remote-Addr", "Remote-Addr", "Remote-User", "X-Remote-User",
	"X-Original-Url", "X-Rewrite-Url", "X-Original-Host", "X-Host",
	"Access-Control-Request-Method", "Access-Control-Request-Headers", "Access-Control-Request-Private-Network",
)

var takenPrefixes = []string{"Proxy-", "X-Forwarded-", "X-Proxyuser-", "X-Original-Forwarded-"}

// framing says how long a body is: only a spelling that is not its own is taken away.
var framing = set("Content-Length", "Host")

// overrides name another method than the one that the rules saw.
var overrides = set("X-Http-Method", "X-Http-Method-Override", "X-Method-Override")

// kept back from a caller: what an upstream says about its own origin, its credentials and its
// connections, and what steers the proxies before us. Ours are set instead where there are any.
var withheld = set(
	"Strict-Transport-Security", "Public-Key-Pins", "Public-Key-Pins-Report-Only", "Expect-Ct", "Alt-Svc", "Clear-Site-Data",
	"Nel", "Report-To", "Reporting-Endpoints", "Timing-Allow-Origin", "X-Sendfile", "X-Lighttpd-Send-File",
	"Service-Worker-Allowed", "X-Request-Id", "X-Content-Type-Options",
)

var withheldPrefixes = []string{"Access-Control-", "X-Accel-", "Proxy-Connection"}

var (
	cookies = set("Set-Cookie", "Set-Cookie2")
	realm   = set(
		"Www-Authenticate", "Proxy-Authenticate", "Authentication-Info", "Proxy-Authentication-Info", "Authorization",
		"Proxy-Authorization", "Authentication-Control",
	)
)

// plain returns a header's name as servers see it that know no difference between "-", "_"
// and other characters, as behind CGI: X_Forwarded_For is X-Forwarded-For to them.
func plain(name string) string {
	for i := range len(name) {
		if c := name[i]; !alnum(c) && c != '-' {
			return textproto.CanonicalMIMEHeaderKey(strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
					return r
				}
				return '-'
			}, name))
		}
	}
	return name
}

func has(names map[string]struct{}, name string) bool {
	_, ok := names[name]
	return ok
}

func hasPrefix(prefixes []string, name string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// takeFrom removes from a caller's headers whatever may not reach the upstream: what has such a
// name, and what repeats the caller's credential. net/http took away what the caller's Connection
// header lists, but not the twins of that.
func (t *target) takeFrom(h http.Header, x *asked) {
	may := x.mayPass()
	for name, values := range h {
		if !may.pass(t, name, values) {
			delete(h, name)
		}
	}
}

// keep is takeFrom for headers from which net/http took nothing yet: it returns what is left.
func (t *target) keep(h http.Header, x *asked) http.Header {
	may, left := x.mayPass(), make(http.Header, len(h)+len(t.headers)+2)
	for name, values := range h {
		if may.pass(t, name, values) {
			left[name] = values
		}
	}
	return left
}

// passing is what is asked of each header of one request.
type passing struct {
	narrowed   bool     // a rule says which methods
	listing    []string // the caller's Connection header
	credential string
}

func (x *asked) mayPass() passing {
	return passing{
		narrowed: x.rule != nil && (x.rule.ReadOnly || len(x.rule.Methods) > 0), listing: x.r.Header["Connection"], credential: x.credential(),
	}
}

func (m *passing) pass(t *target, name string, values []string) bool {
	p := plain(name)
	return !t.takes(p) && (p == name || !has(framing, p)) && !(m.narrowed && has(overrides, p)) && !listed(m.listing, p) && !repeats(values, m.credential)
}

// takes reports whether a header, or trailer, of a caller never reaches the upstream.
func (t *target) takes(plain string) bool {
	return has(taken, plain) || has(t.own, plain) || hasPrefix(takenPrefixes, plain)
}

// minCredential is how long a credential is that is looked for in the rest of a request: access
// tokens and API keys are longer, and "a" is in every one.
const minCredential = 16

// credential is what the caller presented, as one word.
func (x *asked) credential() string {
	_, c, _ := strings.Cut(x.r.Header.Get("Authorization"), " ")
	if c = strings.Trim(c, " "); len(c) < minCredential {
		return ""
	}
	return c
}

func repeats(values []string, credential string) bool {
	for _, v := range values {
		if credential != "" && strings.Contains(v, credential) {
			return true
		}
	}
	return false
}

func listed(names []string, name string) bool {
	for _, line := range names {
		for item := range strings.SplitSeq(line, ",") {
			if textproto.CanonicalMIMEHeaderKey(strings.Trim(item, " \t")) == name {
				return true
			}
		}
	}
	return false
}

// withhold removes from an upstream's headers, or trailers, what may not reach the caller.
func (t *target) withhold(h http.Header, e *model.Exposure, secrets []string) {
	for name, values := range h {
		p := plain(name)
		if has(withheld, p) || hasPrefix(withheldPrefixes, p) || !e.Cookies && has(cookies, p) || !e.Realm && has(realm, p) || t.holds(values, secrets) {
			delete(h, name)
		}
	}
}

// holds reports whether a value repeats a credential that was put in.
func (t *target) holds(values, secrets []string) bool {
	for _, s := range secrets {
		if repeats(values, s) {
			return true
		}
	}
	for _, s := range t.secrets {
		if repeats(values, s) {
			return true
		}
	}
	return false
}

// upgrade returns the one protocol that a request asks to switch to, "" when it may not: more
// than one, or one that carries requests of its own past every check (h2c smuggling).
func upgrade(h http.Header) string {
	lines := h["Upgrade"]
	if len(lines) != 1 || !model.IsToken(lines[0]) && !strings.EqualFold(lines[0], "websocket") {
		return ""
	}
	if p := strings.ToLower(lines[0]); strings.HasPrefix(p, "h2") || strings.HasPrefix(p, "http") || strings.HasPrefix(p, "tls") {
		return ""
	}
	return lines[0]
}
