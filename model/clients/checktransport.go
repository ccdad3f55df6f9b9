package clients

import (
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"ferry/model"
)

// minWait is the shortest part of a time limit.
const minWait = 100 * time.Millisecond

// The limits of a client's own rate limit, in requests a second.
const (
	minRate = 0.01
	maxRate = 1000
)

// maxShort bounds what stands on one line of a header: user agent, prefix, parameter name.
const maxShort = 256

func checkTransport(p *problems, c *model.Client) {
	t := &c.Transport
	checkProxy(p, t)
	for _, f := range []struct {
		field string
		value time.Duration
	}{{"connect_timeout", t.Connect}, {"first_byte_timeout", t.FirstByte}} {
		if f.value != 0 && (f.value < minWait || f.value > c.EffectiveTimeout()) {
			p.addf(f.field, "between %s and the timeout of the whole exchange, %s", minWait, c.EffectiveTimeout())
		}
	}
	if len(t.UserAgent) > maxShort || strings.ContainsFunc(t.UserAgent, notPlain) || strings.TrimSpace(t.UserAgent) != t.UserAgent {
		p.addf("user_agent", "one line of at most %d printable ASCII characters", maxShort)
	}
	// Written so that a value that is no number is refused too.
	if t.RateLimit != 0 && !(t.RateLimit >= minRate && t.RateLimit <= maxRate) {
		p.addf("rate_limit", "between %g and %d requests a second, or 0 for no limit of ferry's", minRate, maxRate)
	}
}

func notPlain(r rune) bool { return r < ' ' || r > '~' }

func checkProxy(p *problems, t *model.Transport) {
	checkText(p, "proxy_user", t.ProxyUser)
	checkSecret(p, "proxy_password", t.ProxyPassword)
	if t.ProxyUser == "" && t.ProxyPassword.IsSet() {
		p.addf("proxy_user", "a proxy password needs its user, or leave both empty")
	}
	if !usesProxy(t.Proxy) {
		if t.ProxyUser != "" {
			p.addf("proxy", "a proxy user needs the URL of its proxy")
		}
		return
	}
	u, err := url.Parse(t.Proxy)
	switch {
	case err == nil && u.User != nil:
		p.addf("proxy", "the URL of a proxy cannot hold a user name or password: use the fields of their own (--proxy-user)")
		return
	case err != nil || len(t.Proxy) > maxURL || strings.ContainsFunc(t.Proxy, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		p.addf("proxy", "this is no URL: write it as in http://proxy.example.com:3128, or none")
		return
	case !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme):
		p.addf("proxy", "the URL of a proxy begins with http://, https://, socks5:// or socks5h://, or is none")
		return
	case u.Hostname() == "" || u.Port() == "" || !validPort(u):
		p.addf("proxy", "a proxy needs its host and port, as in %s://proxy.example.com:3128", u.Scheme)
		return
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		p.addf("proxy", "the URL of a proxy ends with its port")
	}
	socks := strings.HasPrefix(u.Scheme, "socks5")
	switch {
	case !socks && strings.Contains(t.ProxyUser, ":"):
		p.addf("proxy_user", "a user name cannot hold ':' (RFC 7617)")
	case socks && len(t.ProxyUser) > 255:
		p.addf("proxy_user", "at most 255 bytes (RFC 1929)")
	case socks && len(t.ProxyPassword.Reveal()) > 255:
		p.addf("proxy_password", "at most 255 bytes (RFC 1929)")
	}
}

// placesOfFerry are headers that a token cannot stand in: they say what the body is.
var placesOfFerry = []string{"Content-Type", "Content-Encoding", "Accept-Encoding"}

// checkPlace checks where the token stands in API requests.
func checkPlace(p *problems, c *model.Client) {
	place := &c.Auth.Place
	if place.Query != "" {
		if place.Header != "" || place.Prefix != "" {
			p.addf("place", "a token stands in a header or in the query, not in both")
		}
		if len(place.Query) > maxShort || strings.ContainsFunc(place.Query, func(r rune) bool { return r == ' ' || notPlain(r) }) {
			p.addf("place", "the name of a query parameter is made of printable ASCII characters without a space")
		}
	}
	if len(place.Prefix) > maxShort || strings.ContainsFunc(place.Prefix, notPlain) || strings.TrimSpace(place.Prefix) != place.Prefix {
		p.addf("place", "a prefix is made of printable ASCII characters; the space behind it is added")
	}
	if place.Header == "" {
		return
	}
	key := textproto.CanonicalMIMEHeaderKey(place.Header)
	_, taken := findHeader(c.Headers, place.Header)
	switch {
	case !model.IsToken(place.Header) || len(place.Header) > maxShort:
		p.addf("place", "%q is no header name: letters, digits and !#$%%&'*+-.^_`|~ only", model.Printable(clip(place.Header)))
	case slices.Contains(reservedHeaders, key) || slices.Contains(placesOfFerry, key):
		p.addf("place", "a token cannot stand in %s: it is set by the connection or the body", place.Header)
	case taken:
		p.addf("place", "%s is among the client's headers already", place.Header)
	}
}
