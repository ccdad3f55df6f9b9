package call

import (
	"net/http"
	"net/url"

	"ferry/auth/wire"
	"ferry/model"
)

// follow prepares the next hop when a is a redirect that is followed; n hops were
// made before. A redirect that is not followed is an answer like any other.
func (p *hop) follow(a *wire.Answer, n int) (bool, error) {
	method, ok := nextMethod(p.method, a.Status)
	location := a.Header.Get("Location")
	if !ok || location == "" {
		return false, nil
	}
	bad := func(why string) error {
		return model.Errorf(model.EUpstream, "%s %s", p.target().At(p.url.Host), why).
			WithNext("look at the answer with ferry call -i, or change the base URL: ferry client update %s --base-url URL", model.Printable(p.client.Name))
	}
	if n >= maxRedirects {
		return false, bad("redirected more than 10 times")
	}
	ref, err := url.Parse(location)
	if err != nil {
		return false, bad("redirected to a place that is no URL")
	}
	to := p.url.ResolveReference(ref)
	to.User, to.Fragment, to.RawFragment = nil, "", ""
	if to.Host == "" || to.Scheme != "http" && to.Scheme != "https" {
		return false, bad("redirected to a place that is no http or https URL")
	}
	if err := wire.CheckParsed(p.client, to, "base_url"); err != nil {
		return false, model.AsError(bad("redirected to plain http on "+p.red.Line(to.Host, 200)+", which is not followed")).
			WithNext("call the https URL itself, or allow plain http: ferry client update %s --allow-http", model.Printable(p.client.Name))
	}
	if !p.redirect(to, method, a.Status) {
		return false, bad("redirected to " + p.red.Line(to.Host, 200) + " with the access token in the URL, which is not followed")
	}
	return true, nil
}

// redirect points the hop at to. Nothing of client or request goes to another origin
// (scheme included, so neither does it go down from https), nor comes back once gone. It
// reports false when the server itself put the token where it cannot be taken out.
func (p *hop) redirect(to *url.URL, method string, status int) bool {
	same := !p.left && model.Origin(to.String()) == model.Origin(p.url.String())
	h := p.header.Clone()
	if !same {
		h = p.caller.defaults()
		// Servers that send a client elsewhere often repeat its query.
		if !takeOut(&p.client.Auth.Place, p.token, to) {
			return false
		}
	} else if placeInQuery(p.client, p.token, to) != nil {
		return false
	}
	if !same || method != p.method || status == http.StatusSeeOther {
		p.body = nil
		for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Location", "Digest", "Content-Digest"} {
			h.Del(name)
		}
	}
	p.url, p.method, p.header, p.left = to, method, h, !same
	return true
}

// nextMethod returns the method after a redirect (RFC 9110 §15.4), and whether it is
// followed at all: a method that may change data is not sent to where it was not
// meant to go, but 303 asks for a look at the result.
func nextMethod(method string, status int) (string, bool) {
	switch status {
	case http.StatusSeeOther:
		if method == http.MethodHead {
			return method, true
		}
		return http.MethodGet, true
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return method, model.Request{Method: method}.Safe()
	}
	return method, false
}
