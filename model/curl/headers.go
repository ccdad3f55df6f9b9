package curl

import (
	"encoding/base64"
	"net/textproto"
	"slices"
	"strings"

	"ferry/model"
	"ferry/model/clients"
)

// madeHeaders are made anew for each request, by the connection or by ferry itself.
var madeHeaders = map[string]bool{
	"Connection": true, "Content-Length": true, "Keep-Alive": true, "Te": true, "Trailer": true, "Transfer-Encoding": true,
	"Upgrade": true, "Accept-Encoding": true, "Proxy-Connection": true, "Expect": true,
}

// browserHeaders say something about a browser or its page, and are in every line that is
// copied from one.
var browserHeaders = map[string]bool{
	"Dnt": true, "Priority": true, "Upgrade-Insecure-Requests": true, "Pragma": true, "Cache-Control": true, "Accept-Language": true,
	"Origin": true, "Referer": true, "X-Requested-With": true, "Save-Data": true,
}

// requestHeaders belong to one request, not to every one of a client.
var requestHeaders = map[string]bool{
	"Content-Type": true, "Content-Language": true, "Content-Encoding": true, "Content-Disposition": true, "Range": true, "Prefer": true,
	"Idempotency-Key": true, "X-Http-Method-Override": true, "X-Http-Method": true, "Referer": true, "Content-Md5": true, "Digest": true,
}

// keepHeaders puts the headers of an API call where they belong: secrets sealed into the
// draft, those of one request into r, all others plain into the draft.
func (c *command) keepHeaders(r *model.Request) {
	fromBrowser, hasKey := c.fromBrowser(), c.hasKey()
	for _, h := range c.headers {
		name := textproto.CanonicalMIMEHeaderKey(h.Name)
		switch {
		case c.skipped(name, h.Value, fromBrowser):
		case name == "Authorization":
			c.authorization(h, hasKey)
		case requestHeaders[name] || strings.HasPrefix(name, "If-"):
			r.Headers = append(r.Headers, h)
		default:
			c.draft.Headers = c.addTo(c.draft.Headers, h)
		}
	}
}

func (c *command) fromBrowser() bool {
	for _, h := range c.headers {
		if strings.HasPrefix(textproto.CanonicalMIMEHeaderKey(h.Name), "Sec-") {
			return true
		}
	}
	h := c.header("User-Agent")
	return h != nil && strings.HasPrefix(h.Value, "Mozilla/")
}

// skipped leaves a header out, with a note where that changes what is asked.
func (c *command) skipped(name, value string, fromBrowser bool) bool {
	switch {
	case madeHeaders[name]:
		return true
	case name == "Cookie":
		c.cookie()
		return true
	case name == "Host":
		c.note("the header Host is left out: it follows from the base URL")
		return true
	case name == "Proxy-Authorization":
		c.note("the header Proxy-Authorization is left out: give the proxy's user and password")
		return true
	case name == "User-Agent":
		if !fromBrowser && c.agent == "" {
			c.draft.Transport.UserAgent = value
		}
		return true
	case strings.HasPrefix(name, "Sec-"), fromBrowser && browserHeaders[name]:
		c.note("headers that only say something about the browser are left out")
		return true
	}
	return false
}

// authorization keeps the header Authorization of an API call. A bearer token ends soon,
// so it is kept only where nothing else authenticates.
func (c *command) authorization(h model.Param, hasKey bool) {
	scheme, _, _ := strings.Cut(h.Value, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		c.draft.Headers = c.addTo(c.draft.Headers, h)
		return
	}
	if hasKey {
		c.note("the bearer token is left out: it ends soon; let ferry fetch tokens with --token-url, --client-id and --client-secret-file")
		return
	}
	c.draft.Headers = c.addTo(c.draft.Headers, h)
	c.note("the bearer token is kept as a secret header, and ends soon; let ferry fetch tokens with --auth oauth2 instead")
}

// hasKey reports whether something else than Authorization and cookies authenticates.
func (c *command) hasKey() bool {
	return slices.ContainsFunc(c.headers, func(h model.Param) bool {
		return clients.SecretByName(h.Name) && !strings.EqualFold(h.Name, "Authorization") && !strings.EqualFold(h.Name, "Cookie")
	})
}

// addTo adds a header. One that comes twice is joined (RFC 9110 §5.3), or, where it is a
// secret, the last one counts.
func (c *command) addTo(list []clients.HeaderDraft, h model.Param) []clients.HeaderDraft {
	secret := clients.SecretByName(h.Name)
	for i := range list {
		if !strings.EqualFold(list[i].Name, h.Name) {
			continue
		}
		if secret {
			c.note("a secret header is given twice: the last one counts")
			list[i].Value = clients.Set(h.Value)
		} else {
			list[i].Value = clients.Set(list[i].Value.Value.Reveal() + ", " + h.Value)
		}
		return list
	}
	return append(list, clients.HeaderDraft{Name: h.Name, Value: clients.Set(h.Value), Secret: secret})
}

// basic returns the name and password of the line: of -u, the URL, or the header.
func (c *command) basic() (name, password string, ok bool) {
	var both string
	switch h := c.header("Authorization"); {
	case h != nil:
		scheme, text, _ := strings.Cut(h.Value, " ")
		if !strings.EqualFold(scheme, "Basic") {
			return "", "", false
		}
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil {
			return "", "", false
		}
		both = string(raw)
	case c.user != nil:
		both = *c.user
	default:
		return "", "", false
	}
	name, password, _ = strings.Cut(both, ":")
	return name, password, true
}
